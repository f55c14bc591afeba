# SPDX-License-Identifier: MIT
"""verify_disclosure.py KEY FILE [CODE] - a verifier of disclosures and receipts, written from ledger/FORMAT.md alone: with Python's
standard library and its cryptography, and nothing of ours. Prints what is disclosed, or fails with the step that it failed at."""
import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def need(fine, what):
    if not fine:
        raise ValueError(what)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text):
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw).decode() == text, "base64")
    return raw


def public_key(line):
    name, ident, key = line.strip().split("+", 2)
    raw = unbase64(key)
    need(len(raw) == 33 and raw[0] == 1 and sha(name.encode() + b"\n", raw)[:4].hex() == ident, "public key")
    return name, raw[1:]


def open_checkpoint(note, name, key):
    at = note.rindex("\n\n")
    text, ours = note[:at + 1], 0
    ident = sha(name.encode() + b"\n\x01", key)[:4]
    need(note.endswith("\n"), "note")
    for line in note[at + 2:-1].split("\n"):
        dash, who, signature = line.split(" ")
        raw = unbase64(signature)
        need(dash == "\u2014" and len(raw) > 4, "signature line")
        if who == name and raw[:4] == ident:
            Ed25519PublicKey.from_public_bytes(key).verify(raw[4:], text.encode())
            ours += 1
    origin, size, root, end = text.split("\n")
    need(ours > 0 and origin == name and end == "" and str(int(size)) == size, "checkpoint")
    root = unbase64(root)
    need(len(root) == 32, "root")
    return int(size), root


def includes(path, index, leaf, size, root):
    """RFC 9162 section 2.1.3.2"""
    fn, sn, r = index, size - 1, leaf
    need(0 <= index < size, "index")
    for p in path:
        need(len(p) == 32 and sn > 0, "path")
        if fn & 1 or fn == sn:
            r = sha(b"\1", p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha(b"\1", r, p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and r == root, "proof")


def unpack(raw, at=0, depth=0):
    """One msgpack value in its shortest form (FORMAT.md section 3); the value and where it ends."""
    need(at < len(raw) and depth <= 12, "msgpack")
    tag, at = raw[at], at + 1

    def number(size, least):
        value = int.from_bytes(raw[at:at + size], "big")
        need(at + size <= len(raw) and value >= least, "msgpack number")
        return value, at + size

    def content(length, at):
        need(at + length <= len(raw), "msgpack length")
        return raw[at:at + length], at + length

    def items(count, at):
        values = []
        for _ in range(count):
            value, at = unpack(raw, at, depth + 1)
            values.append(value)
        return values, at

    if tag < 0x80 or tag >= 0xe0:
        return (tag if tag < 0x80 else tag - 256), at
    if 0xa0 <= tag < 0xc0:
        text, at = content(tag - 0xa0, at)
        return text.decode(), at
    if 0x90 <= tag < 0xa0:
        return items(tag - 0x90, at)
    if tag in (0xc0, 0xc2, 0xc3):
        return {0xc0: None, 0xc2: False, 0xc3: True}[tag], at
    if 0xc4 <= tag <= 0xc6:
        return content(*number(1 << tag - 0xc4, (0, 256, 65536)[tag - 0xc4]))
    if 0xcc <= tag <= 0xcf:
        return number(1 << tag - 0xcc, (128, 1 << 8, 1 << 16, 1 << 32)[tag - 0xcc])
    if 0xd0 <= tag <= 0xd3:
        size = 1 << tag - 0xd0
        value = int.from_bytes(raw[at:at + size], "big", signed=True)
        need(at + size <= len(raw) and value < (-32, -1 << 7, -1 << 15, -1 << 31)[tag - 0xd0], "msgpack number")
        return value, at + size
    if 0xd9 <= tag <= 0xdb:
        text, at = content(*number(1 << tag - 0xd9, (32, 256, 65536)[tag - 0xd9]))
        return text.decode(), at
    need(tag in (0xdc, 0xdd), "msgpack kind")
    return items(*number(2 << tag - 0xdc, (16, 65536)[tag - 0xdc]))


def check_record(r, size, root):
    record, salt, plain = (unbase64(r[name]) for name in ("record", "salt", "plaintext"))
    includes([unbase64(h) for h in r["proof"]], r["seq"], sha(b"\0", record), size, root)
    need(len(record) >= 140 and record[:8] == b"DBKR\1\3\0\0" and int.from_bytes(record[8:16], "big") == r["seq"], "header")
    need(record[16] < 128 and record[24:28] != bytes(4) and int.from_bytes(record[28:32], "big") == len(record) - 108, "header")
    need(len(salt) == 16 and record[64:96] == sha(b"daybook/v1/commit", salt, plain), "commit")
    envelope, end = unpack(plain)
    need(end == len(plain) and (envelope[0], len(envelope)) in ((1, 6), (2, 11)), "plaintext")
    return [event[0] for event in envelope[5]]


def check_disclosure(text, name, key):
    d = json.loads(text)
    need(list(d) == ["format", "checkpoint", "records"] and d["format"] == "daybook-disclosure@v1" and d["records"], "form")
    need(all(list(r) == ["seq", "record", "salt", "plaintext", "proof"] for r in d["records"]), "form")
    need(json.dumps(d, ensure_ascii=False) + "\n" == text, "form")
    size, root = open_checkpoint(d["checkpoint"], name, key)
    seqs = [r["seq"] for r in d["records"]]
    need(seqs == sorted(set(seqs)), "order")
    for r in d["records"]:
        print(r["seq"], *check_record(r, size, root))


def check_receipt(text, code, name, key):
    head, note = text.split("\n\n", 1)
    lines = head.split("\n")
    mark, origin, index, leaf, end = code.split("\n")
    size, root = open_checkpoint(note, name, key)
    need(mark == "daybook-receipt@v1" and origin == name and end == "", "code")
    need(lines[0] == "c2sp.org/tlog-proof@v1" and lines[1] == "index " + index and str(int(index)) == index, "receipt")
    includes([unbase64(h) for h in lines[2:]], int(index), unbase64(leaf), size, root)
    print("record", index)


def read(path):
    with open(path, "rb") as f:
        return f.read().decode()


try:
    signer = public_key(read(sys.argv[1]))
    given = read(sys.argv[2])
    if len(sys.argv) > 3:
        check_receipt(given, read(sys.argv[3]), *signer)
    else:
        check_disclosure(given, *signer)
except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature) as problem:
    sys.exit(f"refused: {problem!r}")
