/* SPDX-License-Identifier: MIT
   page_driver.js - runs inside a copy of verify.html, behind its own script: what the page must accept, refuse and call incomplete.
   GIVEN holds the files that test_page.sh made. What it found stands in the page as JSON when it is through. */
const wrong = [];
let tried = 0;
function expect(fine, what) {
  tried++;
  if (!fine) wrong.push(what);
}
async function expectState(state, given, what, says) {
  const found = await check({ key: GIVEN.key, text: "", code: "", record: null, ...given });
  const fine = found.state === state && (says === undefined || found.says.includes(says));
  expect(fine, what + ": " + found.state + ": " + found.says);
  return found;
}
const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/* Each character once, by another bit each time. */
async function expectNoOther(name, make, text) {
  for (let i = 0; i < text.length; i++) {
    const other = text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ 1 << i % 7) + text.slice(i + 1);
    const found = await check({ key: GIVEN.key, text: "", code: "", record: null, ...make(other) });
    expect(found.state === "refused" || (found.state === "incomplete" && other.trim() === ""), name + ", character " + i + ": " + found.state);
  }
}

async function receipts() {
  const record = fromBase64(GIVEN.record), receipt = GIVEN.receipt, code = GIVEN.code;
  await expectState("verified", { text: receipt, code }, "a receipt with its code", "finalized this document");
  await expectState("verified", { text: receipt, code: "\n  " + code.replaceAll("\n", " \r\n") }, "a code with blanks around its lines");
  await expectState("verified", { text: receipt, record }, "a receipt with its record");
  await expectState("verified", { text: receipt, record, code }, "a receipt with both");
  await expectState("incomplete", { text: receipt }, "a receipt alone");
  await expectState("incomplete", { text: receipt, code, key: " " }, "a receipt without a key");
  await expectState("incomplete", {}, "nothing");
  await expectState("refused", { text: receipt, code: GIVEN.otherCode }, "another document's code");
  await expectState("refused", { text: receipt, code, key: GIVEN.otherKey }, "another ledger's key");
  await expectState("refused", { text: GIVEN.checkpoint }, "a checkpoint alone");
  await expectState("refused", { text: receipt + receipt.slice(receipt.lastIndexOf("\u2014")), code }, "a checkpoint that one key signed twice");
  record[record.length - 1] ^= 1;
  await expectState("refused", { text: receipt, record }, "a changed record");
  await expectState("refused", { text: receipt, record, code }, "a changed record, with the right code");
  await expectNoOther("receipt", (text) => ({ text, code }), receipt);
  await expectNoOther("code", (text) => ({ text: receipt, code: text }), code.trim());
  await expectNoOther("key", (key) => ({ text: receipt, code, key }), GIVEN.key.trim());
  for (let end = 0; end < receipt.length; end += 5)
    expect((await check({ key: GIVEN.key, text: receipt.slice(0, end), code, record: null })).state !== "verified", "a receipt cut at " + end);
}

async function disclosures() {
  const found = await expectState("verified", { text: GIVEN.disclosure }, "a disclosure");
  expect(found.records.map((r) => r.seq).join() === GIVEN.disclosed.map((r) => r.record).join(), "its records");
  await expectState("refused", { text: GIVEN.disclosure, key: GIVEN.otherKey }, "a disclosure by another ledger's key");
  await expectState("refused", { text: GIVEN.disclosure + " " }, "a disclosure with a blank behind it");
  await expectState("refused", { text: GIVEN.disclosure.replace("{", "{\"note\": \"\", ") }, "a disclosure with a member more");
  await expectNoOther("disclosure", (text) => ({ text }), GIVEN.small);
  /* Every event of a ledger in which much happened says here what it says to 'audit check'. */
  const all = await expectState("verified", { text: GIVEN.all }, "a ledger as a whole");
  const here = all.records.flatMap((r) => r.events.map((event) => event.wire + ": " + event.says));
  const there = GIVEN.allSays;
  expect(here.length === there.length, here.length + " events here, " + there.length + " there");
  there.forEach((says, i) => expect(here[i] === says, "says '" + here[i] + "', not '" + says + "'"));
}

/* A ledger of one record, by somebody who has a key of his own and signs whatever he likes. */
async function forged(change) {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const key = joined([1], raw), name = "daybook/ffffffffffffffff", id = (await sha256(utf8.encode(name + "\n"), key)).subarray(0, 4);
  const plain = Uint8Array.of(0x96, 1, 0xa1, 0x61, 0xa1, 0x62, 0xa0, 0xc4, 0, 0x90), salt = new Uint8Array(16); /* [1, "a", "b", "", "", []] */
  const f = { origin: name, size: 1, version: 1, class: 3, seq: 0n, epoch: 1, length: 32 + plain.length, magic: "DBKR", plain, ...change };
  const record = new Uint8Array(140 + plain.length), view = new DataView(record.buffer);
  record.set(utf8.encode(f.magic));
  record.set([f.version, f.class], 4);
  view.setBigUint64(8, f.seq);
  view.setUint32(24, f.epoch);
  view.setUint32(28, f.length);
  record.set(await sha256(utf8.encode("daybook/v1/commit"), salt, f.plain), 64);
  const leaf = await sha256([0], record), signed = `${f.origin}\n${f.size}\n${base64Of(leaf)}\n`;
  const signature = new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, utf8.encode(signed)));
  const note = `${signed}\n\u2014 ${name} ${base64Of(joined(id, signature))}\n`;
  const text = `{"format": "daybook-disclosure@v1", "checkpoint": ${JSON.stringify(note)}, "records": [{"seq": 0, "record": "${base64Of(record)}", ` +
    `"salt": "${base64Of(salt)}", "plaintext": "${base64Of(f.plain)}", "proof": []}]}\n`;
  return { key: `${name}+${hexOf(id)}+${base64Of(key)}`, text };
}

async function forgeries() {
  await expectState("verified", await forged({}), "a ledger of one record, for comparison");
  await expectState("refused", await forged({ origin: "daybook/0123456789abcdef" }), "a checkpoint of another ledger than the key's");
  await expectState("refused", await forged({ size: 2 }), "a proof that is too short for its checkpoint");
  await expectState("refused", await forged({ seq: 7n }), "a record that says it is another one");
  await expectState("refused", await forged({ class: 2 }), "a record of another class");
  await expectState("refused", await forged({ version: 2 }), "a record of another version");
  await expectState("refused", await forged({ magic: "DBKX" }), "a record without magic");
  await expectState("refused", await forged({ epoch: 0 }), "a record in clear");
  await expectState("refused", await forged({ length: 41 }), "a record of another length");
  const envelope = (...bytes) => Uint8Array.of(0x96, 1, 0xa1, 0x61, 0xa1, 0x62, 0xa0, 0xc4, 0, ...bytes);
  await expectState("refused", await forged({ plain: envelope(0x90, 0) }), "bytes behind the events");
  await expectState("refused", await forged({ plain: envelope(0xdc, 0, 0) }), "a list that is not in its shortest form");
  await expectState("refused", await forged({ plain: envelope(0x91, 0x93, 0xcd, 3, 0xe7, 1, 0x90) }), "an event that nobody knows");
  await expectState("refused", await forged({ plain: envelope(0x91, 0x93, 1, 2, 0x90) }), "an event of another version");
  await expectState("refused", await forged({ plain: envelope(0x91, 0x93, 1, 1, 0x91, 1) }), "an event without its fields");
}

/* RFC 8032 section 7.1: key, message, signature. */
const vectors = [
  ["d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"],
  ["3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"],
  ["fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"],
  ["ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"],
];

async function signatures() {
  for (const [key, message, signature] of vectors.map((v) => v.map(fromHex))) {
    expect(await ed25519ByHand(key, message, signature), "RFC 8032: a vector is refused");
    for (let i = 0; i < 64; i += 3) {
      const other = signature.slice();
      other[i] ^= 1 << i % 8;
      expect(!await ed25519ByHand(key, message, other), "RFC 8032: a changed signature is accepted");
    }
    expect(!await ed25519ByHand(key, Uint8Array.from([...message, 0]), signature), "RFC 8032: another message is accepted");
    /* s + L is the same number to a careless verifier. */
    const large = signature.slice();
    let s = littleEndian(signature.subarray(32)) + ORDER;
    for (let i = 32; i < 64; i++, s >>= 8n) large[i] = Number(s & 255n);
    expect(!await ed25519ByHand(key, message, large), "RFC 8032: a signature with a number too large is accepted");
  }
  crypto.subtle.importKey = () => Promise.reject(new DOMException("not there", "NotSupportedError"));
  await expectState("verified", { text: GIVEN.receipt, code: GIVEN.code }, "a receipt in a browser without Ed25519");
  const at = GIVEN.receipt.length - 20, other = GIVEN.receipt[at] === "A" ? "B" : "A";
  await expectState("refused", { text: GIVEN.receipt.slice(0, at) + other + GIVEN.receipt.slice(at + 1), code: GIVEN.code },
    "a changed signature in a browser without Ed25519");
  delete crypto.subtle.importKey;
}

function choose(id, bytes) {
  const chosen = new DataTransfer();
  if (bytes !== null) chosen.items.add(new File([bytes], "file"));
  byId(id).files = chosen.files;
  byId(id).dispatchEvent(new Event("input"));
}

function type(id, value) {
  byId(id).value = value;
  byId(id).dispatchEvent(new Event("input"));
}

async function page() {
  const answer = byId("answer"), shown = byId("records");
  expect(answer.hidden, "an answer is there before anything was asked");
  for (const control of document.querySelectorAll("textarea, input")) expect(control.labels.length === 1, control.id + " has no label");
  type("key", GIVEN.key);
  type("text", GIVEN.receipt.trim());
  type("code", GIVEN.code);
  await checkWhatIsThere();
  expect(!answer.hidden && answer.className === "answer verified" && answer.textContent.startsWith("Verified"), "a pasted receipt");
  expect(document.activeElement === answer, "the answer has the focus");
  type("code", GIVEN.otherCode);
  expect(answer.hidden, "the answer stays when what was asked about is another");
  await checkWhatIsThere();
  expect(answer.className === "answer refused" && answer.textContent.startsWith("Not verified"), "a pasted receipt with another code");
  type("code", "");
  await checkWhatIsThere();
  expect(answer.className === "answer incomplete" && answer.textContent.startsWith("Incomplete"), "a pasted receipt without code");
  choose("record", fromBase64(GIVEN.record));
  await checkWhatIsThere();
  expect(answer.className === "answer verified", "a pasted receipt with the record's file");
  choose("record", null);
  choose("file", utf8.encode(GIVEN.disclosure));
  await checkWhatIsThere();
  expect(answer.className === "answer incomplete", "a file and a pasted text at once");
  type("text", "");
  await checkWhatIsThere();
  expect(answer.className === "answer verified" && shown.textContent.includes("invoice.finalized"), "a chosen disclosure");
  choose("file", Uint8Array.from([0x7b, 0xff]));
  await checkWhatIsThere();
  expect(answer.className === "answer refused" && shown.childElementCount === 0, "a file that is no text");
}

/* A customer whose name is markup: it stands there as he wrote it. */
async function hostile() {
  const shown = byId("records");
  choose("file", utf8.encode(GIVEN.hostile));
  await checkWhatIsThere();
  expect(byId("answer").className === "answer verified", "a disclosure of hostile texts: " + byId("answer").textContent);
  expect(shown.textContent.includes(GIVEN.hostileName), "a hostile name is not shown as it is");
  expect(shown.querySelector("img, script, iframe, a, svg, style") === null, "a hostile name became markup");
  expect(document.title.startsWith("Check a receipt"), "a hostile name ran");
  expect([...shown.querySelectorAll("bdi")].some((e) => e.textContent === GIVEN.hostileName), "a hostile name does not stand by itself");
  choose("file", null);
}

function sealed() {
  expect(kinds.personal([1n, Uint8Array.of(1, 2)]) === "(sealed)", "a sealed text");
  expect(kinds.personal([1n, Uint8Array.of()]) === "(erased)", "an erased text");
  expect(kinds.personal([0n, "Ann"]) === "Ann", "a text in clear");
}

(async () => {
  try {
    for (const part of [page, hostile, receipts, disclosures, forgeries, signatures, sealed]) await part();
  } catch (problem) {
    wrong.push("the driver failed: " + problem.stack);
  }
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = JSON.stringify({ tried, wrong: wrong.slice(0, 20), more: wrong.length });
  document.body.append(result);
})();
