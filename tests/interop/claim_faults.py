#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# claim_faults.py - checkpoints, proofs, receipts, disclosures and checkpoints that were kept, each with one fault and every signature
# right; and what daybook-verify must say of them.
#
#   claim_faults.py --make FOLDER            writes them all
#   claim_faults.py --verify PROGRAM FOLDER  runs daybook-verify over them, and says which are not found as they must be

import argparse
import os
import subprocess
import sys

from make_archive import (ORIGIN, Disclosing, Ledger, Signer, b64, event_number, leaf_of, lines_of, pack, put, root_of, sha, stranger,
                          synthetic, trusted, way_in, way_on, write)

OTHER = "daybook/fedcba9876543210"
SIGNER = Signer(sha(b"seed of a signer", b"1"))
CASES = []  # status, words, arguments; files are in FOLDER
FILES = {}


def case(status, words, *arguments):
    CASES.append((status, words, arguments))


def file(name, content):
    FILES[name] = content if isinstance(content, bytes) else content.encode()
    return name


def proof(index, path, note):
    return f"c2sp.org/tlog-proof@v1\nindex {index}\n{lines_of(path)}\n".encode() + note


def keys():
    line = trusted(SIGNER).splitlines()[0]
    name, ident, key = line.split("+", 2)
    file("pub", trusted(SIGNER))
    file("stranger.pub", stranger().line())
    file("checkpoint", SIGNER.note(4, bytes(32)))
    case(0, "signed this checkpoint", "checkpoint", "--public-key", "pub")
    case(8, "without its public key", "checkpoint")
    case(4, "none of the keys", "checkpoint", "--public-key", "stranger.pub")
    case(3, "not that of its name and key", "checkpoint", "--public-key", file("pub_id", f"{name}+{ident[::-1]}+{key}"))
    typed = b"\x02" + SIGNER.public
    ident = sha(name.encode(), b"\n", typed)[:4].hex()
    case(3, "not one of Ed25519", "checkpoint", "--public-key", file("pub_type", f"{name}+{ident}+{b64(typed)}"))
    case(3, "NAME+ID+KEY", "checkpoint", "--public-key", file("pub_form", f"{name}\n"))
    case(3, "more than 64 keys", "checkpoint", "--public-key", file("pub_many", line + "\n" + (line + "\n") * 64))
    case(3, "no key", "checkpoint", "--public-key", file("pub_none", ""))
    text = f"{ORIGIN}\n4\n{b64(bytes(32))}\n"
    for name, changed in {"size_zero_in_front": text.replace("\n4", "\n04"), "size_none": text.replace("\n4", "\n"),
                          "size_negative": text.replace("\n4", "\n-4"), "size_huge": text.replace("\n4", "\n18446744073709551616"),
                          "root_short": text.replace(b64(bytes(32)), b64(bytes(31))), "fourth_line": text + "more\n",
                          "no_root": f"{ORIGIN}\n4\n", "root_url": text.replace("A", "_", 1)}.items():
        case(3, "it ", file(name, changed + "\n" + SIGNER.signature(changed)), "--public-key", "pub")
    case(0, "signed", file("other_lines", SIGNER.note(4, bytes(32)) + stranger("witness").signature(text).encode()), "--public-key", "pub")
    case(4, "of another text", file("two_lines", SIGNER.note(4, bytes(32)).replace(b"\n\n", b"\n\n" + (
        "\u2014 " + ORIGIN + " " + b64(SIGNER.id + bytes(64)) + "\n").encode())), "--public-key", "pub")
    case(4, "of another text", file("short_signature", text + "\n\u2014 " + ORIGIN + " " + b64(SIGNER.id + bytes(63)) + "\n"), "--public-key", "pub")
    case(3, "signature 2 is not", file("signature_form", SIGNER.note(4, bytes(32)) + b"\xe2\x80\x94 x\n"), "--public-key", "pub")
    case(3, "more than 64 signatures", file("signatures", SIGNER.note(4, bytes(32)) + b"".join(
        stranger(f"w{i}").signature(text).encode() for i in range(64))), "--public-key", "pub")


def proofs():
    leaves = [leaf_of(r) for r in Ledger(1).grow(9)]
    record = Ledger(1).grow(9)[3]
    note = SIGNER.note(9, root_of(leaves))
    way = way_in(leaves, 3)
    file("record", record)
    file("other_record", Ledger(1).grow(9)[4])
    said = ["--record", "record", "--public-key", "pub"]
    case(0, "the record is in the ledger", file("proof", proof(3, way, note)), *said)
    case(8, "nor --leaf tells", "proof", "--public-key", "pub")
    case(8, "without its public key", "proof", "--record", "record")
    case(2, "--old is not for", "proof", "--old", "checkpoint", *said)
    case(2, "--checkpoint is not for", "proof", "--checkpoint", "checkpoint", *said)
    case(4, "proof is of record 3", "proof", "--record", "other_record", "--public-key", "pub")
    case(4, "not number 3", "proof", "--leaf", b64(leaves[4]), "--public-key", "pub")
    case(0, "is in the ledger", "proof", "--leaf", b64(leaves[3]), "--public-key", "pub")
    case(0, "is in the ledger", "proof", "--leaf", leaves[3].hex(), "--public-key", "pub")
    case(4, "not number 3", "proof", "--leaf", leaves[4].hex(), "--public-key", "pub")
    case(2, "it is not a hash", "proof", "--leaf", leaves[3].hex()[:-2], "--public-key", "pub")
    case(4, "none of the keys", file("proof_by_stranger", proof(3, way, stranger().note(9, root_of(leaves)))), *said)
    case(4, "not number 3", file("proof_short", proof(3, way[:2], SIGNER.note(9, root_of(leaves[:4])))), *said)
    case(4, "not number 3", file("proof_long", proof(3, way + [bytes(32)], note)), *said)
    case(4, "not number 3", file("proof_index_beyond", proof(3, [], SIGNER.note(1, leaves[3]))), *said)
    case(3, "more than 65 hashes", file("proof_hashes", proof(3, [bytes(32)] * 66, note)), *said)
    case(3, "is none", file("proof_hash_short", proof(3, [bytes(31)], note)), *said)
    case(3, "does not say of which record", file("proof_index", proof("03", way, note)), *said)
    case(3, "ends before its checkpoint", file("proof_end", proof(3, way, b"")[:-1]), *said)
    receipt = f"daybook-receipt@v1\n{ORIGIN}\n3\n{b64(leaves[3])}\n"
    for status, words, name, text in ((0, "is in the ledger", "receipt", receipt), (4, "another ledger", "receipt_origin", receipt.replace(ORIGIN, OTHER)),
                                      (4, "it is of record 4", "receipt_number", receipt.replace("\n3\n", "\n4\n")),
                                      (4, "not number 3", "receipt_leaf", receipt.replace(b64(leaves[3]), b64(leaves[4]))),
                                      (3, "not a receipt", "receipt_more", receipt + "x"),
                                      (3, "not in four lines", "receipt_line_ends", receipt.replace("\n", "\r\n")),
                                      (3, "not in four lines", "receipt_behind_mark", "\ufeff" + receipt)):
        case(status, words, "proof", "--record", file(name, text), "--public-key", "pub")


def growth():
    leaves = [leaf_of(r) for r in Ledger(1).grow(9)]
    root = root_of(leaves)
    note = SIGNER.note(9, root)
    said = ["--public-key", "pub", "--old"]
    for old in range(1, 9):
        file(f"old{old}", SIGNER.note(old, root_of(leaves[:old])))
        case(0, "goes on from", file(f"growth{old}", f"old {old}\n{lines_of(way_on(leaves, old))}\n".encode() + note), *said, f"old{old}")
        case(4, "not the first", f"growth{old}", *said, file(f"forged{old}", SIGNER.note(old, b"r" * 32)))
        case(4, "not the first", file(f"growth_root{old}", f"old {old}\n{lines_of(way_on(leaves, old))}\n".encode() + SIGNER.note(9, b"r" * 32)), *said, f"old{old}")
    case(8, "--old names no older", "growth5", "--public-key", "pub")
    case(8, "without its public key", "growth5", "--old", "old5")
    case(2, "--leaf is not for", "growth5", "--leaf", b64(root), *said, "old5")
    case(4, "none of the keys", "growth5", *said, file("old_by_stranger", stranger().note(5, root_of(leaves[:5]))))
    case(4, "not the first", "growth5", *said, file("old_of_other", stranger(OTHER).note(5, root_of(leaves[:5]))))
    case(4, "not the first", "growth5", *said, "old6")
    case(4, "not the first", file("growth_number", f"old 6\n{lines_of(way_on(leaves, 5))}\n".encode() + note), *said, "old5")
    case(4, "not the first", file("growth_from_nothing", b"old 0\n\n" + note), *said, file("old0", SIGNER.note(0, sha())))
    case(4, "not the first", file("growth_without_hashes", b"old 4\n\n" + SIGNER.note(9, root_of(leaves[:4]))), *said, "old4")
    case(0, "goes on from", file("growth_of_same", b"old 9\n\n" + note), *said, file("old9", note))
    case(4, "not the first", "growth_of_same", *said, file("forged9", SIGNER.note(9, b"r" * 32)))


def disclosures():
    ledger = Disclosing(1)
    records = ledger.grow(12)
    leaves = [leaf_of(r) for r in records]
    note = SIGNER.note(12, root_of(leaves))

    def of(seq, record=None, salt=None, text=None, way=None):
        known_salt, known_text = ledger.known[seq] if seq in ledger.known else (bytes(16), b"\x90")
        return (f'{{"seq": {seq}, "record": "{b64(record or records[seq])}", "salt": "{b64(known_salt if salt is None else salt)}", "plaintext": '
                + f'"{b64(text or known_text)}", "proof": [' + ", ".join(f'"{b64(h)}"' for h in way or way_in(leaves, seq)) + "]}")

    def all_of(*parts, by=note, end="\n"):
        return '{"format": "daybook-disclosure@v1", "checkpoint": "' + by.decode().replace("\n", "\\n") + '", "records": [' + ", ".join(parts) + "]}" + end

    said = ["--public-key", "pub"]
    case(0, "payment_method.detached", file("disclosure", all_of(of(5), of(9))), *said)
    case(3, "does not consist of", file("dash", all_of(of(5)).replace("\u2014", "\\u2014")), *said)
    case(8, "without its public key", "disclosure")
    case(2, "--record is not for", "disclosure", "--record", "record", *said)
    case(4, "none of the keys", file("disclosure_by_stranger", all_of(of(5), by=stranger().note(12, root_of(leaves)))), *said)
    case(4, "not behind record 9", file("disclosure_order", all_of(of(9), of(5))), *said)
    case(4, "not behind record 5", file("disclosure_twice", all_of(of(5), of(5))), *said)
    case(4, "says that it is record 9", file("disclosure_other", all_of(of(5, record=records[9], salt=ledger.known[9][0], text=ledger.known[9][1],
                                                                        way=way_in(leaves, 9)))), *said)
    case(4, "not the one that was sealed", file("disclosure_salt", all_of(of(5, salt=bytes(16)))), *said)
    case(4, "does not hold a plaintext", file("disclosure_text", all_of(of(5, text=ledger.known[9][1]))), *said)
    case(4, "not the one that was sealed", file("disclosure_text_changed", all_of(of(5, text=ledger.known[5][1].replace(b"ann", b"bob")))), *said)
    case(4, "it is not number 5", file("disclosure_way", all_of(of(5, way=way_in(leaves, 4)))), *said)
    case(4, "holds no events", file("disclosure_epoch", all_of(of(1))), *said)
    case(3, "discloses nothing", file("disclosure_none", all_of()), *said)
    case(3, "does not end", file("disclosure_end", all_of(of(5), end="")), *said)
    case(3, "does not end", file("disclosure_more", all_of(of(5)) + " "), *said)
    case(3, "is not {seq", file("disclosure_salt_short", all_of(of(5, salt=bytes(15)))), *said)
    case(3, "is not a disclosure", file("disclosure_format", all_of(of(5)).replace("@v1", "@v2")), *said)
    case(3, "is not {seq", file("disclosure_blank", all_of(of(5)).replace('"salt": ', '"salt":')), *said)
    # A salt of another length would make the same commit with another plaintext behind it.
    salt, text = ledger.known[5]
    case(3, "is not {seq", file("disclosure_salt_shifted", all_of(of(5, salt=salt + text[:1], text=text[1:]))), *said)
    plaintexts(said)


def plaintexts(said):
    """Plaintexts that were sealed so, and are not what FORMAT.md says."""
    head = [1, "ann", "x", "", b""]
    detached = event_number("payment_method_detached")
    event = [detached, 1, [7, 3, "gateway"]]
    for status, words, name, text in (
            (8, "not known", "event_unknown", pack(head + [[[9999, 1, []]]])), (8, "not known", "event_version", pack(head + [[[detached, 2, [7, 3, "g"]]]])),
            (8, "not known", "form", pack([3] + head[1:] + [[]])), (4, "not those of", "field_less", pack(head + [[[detached, 1, [7, 3]]]])),
            (4, "not those of", "field_more", pack(head + [[[detached, 1, [7, 3, "g", 1]]]])), (4, "not those of", "field_type", pack(head + [[[detached, 1, ["7", 3, "g"]]]])),
            (4, "[form, actor", "members", pack(head + [[event], 1])), (4, "one msgpack array", "behind", pack(head + [[event]]) + b"\xc0"),
            (4, "one msgpack array", "not_shortest", pack(head + [[event]]).replace(b"\x07", b"\xcc\x07")), (4, "one msgpack array", "not_utf8", pack(head + [[event]]).replace(b"ann", b"\xff\xff\xff")),
            (4, "one msgpack array", "map", b"\x80"), (4, "one msgpack array", "deep", b"\x91" * 14), (4, "one msgpack array", "huge", b"\xdd\xff\xff\xff\xff"),
            (4, "[form, actor", "hash_without_key", pack([1, "ann", "x", "", b"h" * 32, [event]])), (4, "decided with", "no_basis", pack([2] + head[1:] + [[event], 1, 1, 1, 1, ""])),
            (0, "gateway", "sound", pack(head + [[event]]))):
        ledger = Ledger(1, {5: put(body=bytes(32 + len(text)), commit=sha(b"daybook/v1/commit", bytes(16), text))})
        leaves = [leaf_of(r) for r in ledger.grow(8)]
        note = SIGNER.note(8, root_of(leaves)).decode().replace("\n", "\\n")
        whole = (f'{{"format": "daybook-disclosure@v1", "checkpoint": "{note}", "records": [{{"seq": 5, "record": "{b64(ledger.records[5])}", "salt": '
                 + f'"{b64(bytes(16))}", "plaintext": "{b64(text)}", "proof": [' + ", ".join(f'"{b64(h)}"' for h in way_in(leaves, 5)) + "]}]}\n")
        case(status, words, file("plaintext_" + name, whole), *said)


def kept():
    """Archives against a checkpoint that was kept."""
    for name, count in (("archive", 30), ("older", 20)):
        FILES.update({f"{name}/{place}": content for place, content in synthetic(count)[0].items()})
    leaves = [leaf_of(r) for r in Ledger(1).grow(30)]
    said = ["archive", "--public-key", "pub", "--checkpoint"]
    case(0, "all records are those", "archive", "--public-key", "pub")
    case(8, "without its public key", "archive")
    case(4, "none of the keys", "archive", "--public-key", "stranger.pub")
    for size in (2, 17, 30):
        case(0, "go on from", *said, file(f"kept{size}", SIGNER.note(size, root_of(leaves[:size]))))
        case(4, "another root", *said, file(f"kept_forged{size}", SIGNER.note(size, b"r" * 32)))
    case(8, "goes on from the checkpoint", "archive", "--checkpoint", "kept17")
    case(4, "another root", "archive", "--checkpoint", "kept_forged17")
    case(5, "the archive has only 20", "older", "--public-key", "pub", "--checkpoint", "kept30")
    case(4, "none of the keys", *said, file("kept_by_stranger", stranger().note(17, root_of(leaves[:17]))))
    case(4, "another ledger", *said, file("kept_of_other", stranger(OTHER).note(17, root_of(leaves[:17]))))
    case(3, "it is not a signed note", *said, "record")
    case(2, "--old is not for", "archive", "--old", "kept17", "--public-key", "pub")
    case(5, "of only", "kept17", "--public-key", "pub", "--checkpoint", "kept30")
    case(4, "their roots differ", "kept17", "--public-key", "pub", "--checkpoint", "kept_forged17")
    case(0, "signed this checkpoint", "kept17", "--public-key", "pub", "--checkpoint", "kept17")
    case(8, "can tell", "kept30", "--public-key", "pub", "--checkpoint", "kept17")
    case(4, "another ledger", "kept30", "--public-key", "pub", "--checkpoint", "kept_of_other")


def verify(program, folder, once):
    good = bad = 0
    for status, words, arguments in CASES:
        ran = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=folder)
        fine = ran.returncode == status and words in ran.stdout + ran.stderr
        good, bad = good + fine, bad + (not fine)
        if not fine:
            print(f"FAIL: {' '.join(arguments)}: {ran.returncode}, wanted {status} and '{words}': {(ran.stderr + ran.stdout)[:300]}")
            if once:
                return False
    print(f"{good} passed, {bad} failed, 0 skipped")
    return bad == 0 and good > 0


def main():
    parser = argparse.ArgumentParser(description="Claims with one fault each.")
    parser.add_argument("folder")
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--verify", metavar="PROGRAM")
    parser.add_argument("--once", action="store_true", help="ends with the first that is not found")
    options = parser.parse_args()
    for part in (keys, proofs, growth, disclosures, kept):
        part()
    if options.make:
        write(options.folder, FILES)
    if options.verify and not verify(os.path.abspath(options.verify), options.folder, options.once):
        sys.exit(1)


if __name__ == "__main__":
    main()
