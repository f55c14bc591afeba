#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# make_archive.py - a third writer of archives, proofs and disclosures, from ledger/FORMAT.md alone: it shares no line with the
# program that writes them nor with the one that verifies them.
#
#   make_archive.py OUT --dump LOG --signer SECRET --checkpoint NOTE...      of a ledger, from what mdb_dump printed
#   make_archive.py OUT --records N [--seed N] [--sizes N,N]                 of a ledger that never was; OUT.pub is its key
#   make_archive.py OUT --records N --claims                                 proofs, receipt and disclosure of such a ledger

import argparse
import base64
import hashlib
import os
import random
import re
import struct
import sys
import zlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SEGMENT, TILE = 65536, 256
ORIGIN = "daybook/0123456789abcdef"
KEY_NAME = bytes(8)  # of the master key, until a KEYS record replaces it


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data):
    return base64.b64encode(data).decode("ascii")


# --- the tree


def leaf_of(record):
    return sha(b"\x00", record)


def root_of(hashes):
    """Of RFC 6962, level by level: a hash that is left over goes up as it is."""
    level = list(hashes)
    while len(level) > 1:
        level = [sha(b"\x01", *level[i : i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
    return level[0]


def place_of(number):
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    return "/".join(groups)


def tiles_of(leaves):
    files, level, hashes = {}, 0, list(leaves)
    while hashes:
        for at in range(0, len(hashes), TILE):
            part = hashes[at : at + TILE]
            tail = "" if len(part) == TILE else f".p/{len(part)}"
            files[f"tile/{level}/{place_of(at // TILE)}{tail}"] = b"".join(part)
        hashes = [root_of(hashes[at : at + TILE]) for at in range(0, len(hashes) - TILE + 1, TILE)]
        level += 1
    return files


# --- the key


class Signer:
    def __init__(self, seed, name=ORIGIN):
        self.seed, self.name = seed, name
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = sha(name.encode(), b"\n\x01", self.public)[:4]

    @staticmethod
    def from_file(path):
        with open(path, encoding="ascii") as file:
            private, key, name, _, secret = file.read().strip().split("+", 4)
        assert (private, key) == ("PRIVATE", "KEY")
        return Signer(base64.b64decode(secret)[1:], name)

    def line(self):
        return self.name + "+" + self.id.hex() + "+" + b64(b"\x01" + self.public) + "\n"

    def signature(self, text, name=None):
        return "\u2014 " + (name or self.name) + " " + b64(self.id + self.key.sign(text.encode())) + "\n"

    def note(self, size, root, origin=None, name=None):
        text = f"{origin or self.name}\n{size}\n{b64(root)}\n"
        return (text + "\n" + self.signature(text, name)).encode()


# --- the archive


def segment_of(records, level=6):
    raw = b"".join(struct.pack(">I", len(r)) + r for r in records)
    packer = zlib.compressobj(level, zlib.DEFLATED, 15 + 16)
    packed = packer.compress(raw) + packer.flush()
    return packed[:4] + bytes(4) + packed[8:]  # mtime 0


def segments_of(records, level=6, known=()):
    files = {}
    for at in range(0, len(records), SEGMENT):
        part = records[at : at + SEGMENT]
        tail = "" if len(part) == SEGMENT else f".p/{len(part)}"
        name = f"records/{place_of(at // SEGMENT)}{tail}.gz"
        files[name] = known[name] if name in known else segment_of(part, level)
    return files


def string(data):
    return struct.pack(">I", len(data)) + data


def seal(files, signer):
    """SHA256SUMS of all files that are there, and its signatures."""
    for name in ("SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.sshsig"):
        files.pop(name, None)
    number = sha(b"daybook/v1/signify", signer.public)[:8]
    files.setdefault("signify.pub", ("untrusted comment: checkpoint key of " + signer.name + "\n"
                                     + b64(b"Ed" + number + signer.public) + "\n").encode())
    files.setdefault("public-keys", signer.line().encode())
    sums = "".join(f"{sha(files[name]).hex()}  {name}\n" for name in sorted(files, key=str.encode)).encode()
    use = string(b"daybook-archive") + string(b"") + string(b"sha512")
    signed = signer.key.sign(b"SSHSIG" + use + string(hashlib.sha512(sums).digest()))
    kind = b"ssh-ed25519"
    blob = b64(b"SSHSIG" + struct.pack(">I", 1) + string(string(kind) + string(signer.public)) + use
               + string(string(kind) + string(signed)))
    lines = "\n".join(blob[at : at + 70] for at in range(0, len(blob), 70))
    files["SHA256SUMS"] = sums
    files["SHA256SUMS.sig"] = ("untrusted comment: verify with signify.pub\n"
                               + b64(b"Ed" + number + signer.key.sign(sums)) + "\n").encode()
    files["SHA256SUMS.sshsig"] = ("-----BEGIN SSH SIGNATURE-----\n" + lines + "\n-----END SSH SIGNATURE-----\n").encode()
    return files


def archive_of(records, signer, sizes, level=6, segments=None):
    """The segments that are known already need not be packed again."""
    leaves = [leaf_of(r) for r in records]
    files = {**segments_of(records, level, segments or {}), **tiles_of(leaves)}
    for size in sizes:
        files[f"checkpoints/{size:020}"] = signer.note(size, root_of(leaves[:size]))
    files["checkpoint"] = files[f"checkpoints/{len(records):020}"]
    return seal(files, signer)


def write(folder, files):
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)


# --- a ledger that never was


def pack(value):
    """Shortest msgpack."""
    if isinstance(value, int):
        for top, form in ((0x7F, None), (0xFF, b"\xcc"), (0xFFFF, b"\xcd"), (0xFFFFFFFF, b"\xce"), (1 << 64, b"\xcf")):
            if value <= top:
                return bytes([value]) if form is None else form + value.to_bytes(1 << (form[0] - 0xCC), "big")
    if isinstance(value, str):
        data = value.encode()
        if len(data) > 0xFF:
            return b"\xda" + len(data).to_bytes(2, "big") + data
        return (bytes([0xA0 | len(data)]) if len(data) < 32 else b"\xd9" + bytes([len(data)])) + data
    if isinstance(value, bytes):
        return b"\xc4" + bytes([len(value)]) + value
    return bytes([0x90 | len(value)]) + b"".join(map(pack, value))


class Ledger:
    """Records one behind the other, right in all; `bend` changes the fields of one before it is put together."""

    def __init__(self, seed=1, bend=None, origin=ORIGIN):
        self.dice, self.bend, self.origin = random.Random(seed), bend or {}, origin
        self.records, self.time, self.epoch, self.epoch_seq = [], 1767225600000000, 0, 0
        self.key_name, self.keys_seq, self.generation = KEY_NAME, 0, 1

    def add(self, kind, body, epoch=0, **more):
        seq = len(self.records)
        self.time += self.dice.randrange(1, 5000)
        f = {"magic": b"DBKR", "version": 1, "class": kind, "zero": 0, "seq": seq, "time": self.time, "epoch": epoch, "body": body,
             "prev": leaf_of(self.records[-1]) if self.records else None, "commit": bytes(32), "nonce": bytes(12), "more": 0, **more}
        if seq in self.bend:
            self.bend[seq](f, self)
        if f["prev"] is None:
            f["prev"] = sha(b"daybook/v1/genesis", f["body"])
        self.records.append(struct.pack(">4sBBHQQII32s32s12s", f["magic"], f["version"], f["class"], f["zero"], f["seq"], f["time"],
                                        f["epoch"], len(f["body"]) + f["more"], f["prev"], f["commit"], f["nonce"]) + f["body"])

    def noise(self, count):
        return self.dice.getrandbits(8 * count).to_bytes(count, "big")

    def begin_epoch(self):
        seq = len(self.records)
        self.epoch += 1
        self.add(2, pack([self.epoch, self.noise(32), self.noise(32), self.key_name, self.epoch_seq]))
        self.epoch_seq = seq

    def rotate(self, name):
        """Another master key, and the epoch that begins with it."""
        seq = len(self.records)
        self.add(4, pack([1, name, self.key_name, self.noise(12), self.noise(48), self.keys_seq]))
        self.key_name, self.keys_seq = name, seq
        self.begin_epoch()

    def lose(self, lost, reason="the disk is gone"):
        """A generation behind the records that are there."""
        self.generation += 1
        root = root_of([leaf_of(r) for r in self.records])
        self.add(5, pack([self.generation, len(self.records), root, lost, self.noise(32), reason]))

    def grow(self, count, every=40):
        while len(self.records) < count:
            seq = len(self.records)
            if seq == 0:
                self.add(1, pack([self.origin, "make_archive", self.time]))
            elif seq % every == 1:
                self.begin_epoch()
            else:
                self.add(3, self.noise(32 + self.dice.randrange(0, 200)), self.epoch, commit=self.noise(32), nonce=self.noise(12))
        return self.records


def put(**changes):
    """A fault of one record: fields that are others."""
    def bend(fields, ledger):
        for name, value in changes.items():
            fields[name] = value(fields, ledger) if callable(value) else value
    return bend


def stranger(name=ORIGIN):
    """Whose key is trusted, too, but for another ledger."""
    return Signer(b"s" * 32, name)


def trusted(signer):
    """The public keys that an auditor has: this ledger's and another's."""
    return signer.line() + stranger("daybook/fedcba9876543210").line()


# --- proofs and disclosures


def way_in(leaves, index):
    """RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < k:
        return way_in(leaves[:k], index) + [root_of(leaves[k:])]
    return way_in(leaves[k:], index - k) + [root_of(leaves[:k])]


def way_on(leaves, old, whole=True):
    """RFC 6962, section 2.1.2."""
    if old == len(leaves):
        return [] if whole else [root_of(leaves)]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if old <= k:
        return way_on(leaves[:k], old, whole) + [root_of(leaves[k:])]
    return way_on(leaves[k:], old - k, False) + [root_of(leaves[:k])]


def lines_of(hashes):
    return "".join(b64(h) + "\n" for h in hashes)


def event_number(name):
    """The place of an event in the tables, counted from 1."""
    names = []
    for table in ("events.def", "events_payments.def"):
        with open(os.path.join(os.path.dirname(__file__), "../../ledger/book", table), encoding="utf-8") as file:
            names += re.findall(r"^EVENT\((\w+),", file.read(), re.M)
    return names.index(name) + 1


PLAINTEXTS = [
    [1, "ann", "payment-method.remove", "", b"", [[event_number("payment_method_detached"), 1, [7, 3, "a \u202e text\x1b[31m\"of\\ tricks"]]]],
    [2, "ann", "invoice.generate", "a key", b"h" * 32, [[event_number("customer_made_known"), 1, [7, "stripe", "cus_1"]]],
     1767225600000000, 20454, 20454, 3599, '{"command":"invoice.generate"}'],
]


class Disclosing(Ledger):
    """A ledger in which records 5 and 9 hold plaintexts that are known."""

    def grow(self, count, every=40):
        self.known = {}
        for seq, plain in zip((5, 9), PLAINTEXTS):
            salt, text = self.noise(16), pack(plain)
            self.known[seq] = (salt, text)
            self.bend[seq] = put(body=self.noise(len(text) + 32), commit=sha(b"daybook/v1/commit", salt, text))
        return super().grow(count, every)


def claims(count, seed=1):
    """Files that are about one ledger: what there is to be verified, and what it is about."""
    signer = Signer(sha(b"seed of a signer", str(seed).encode()))
    ledger = Disclosing(seed)
    records = ledger.grow(count)
    leaves = [leaf_of(r) for r in records]
    note = signer.note(count, root_of(leaves))
    disclosed = ", ".join(
        f'{{"seq": {seq}, "record": "{b64(records[seq])}", "salt": "{b64(salt)}", "plaintext": "{b64(text)}", "proof": ['
        + ", ".join(f'"{b64(h)}"' for h in way_in(leaves, seq)) + "]}"
        for seq, (salt, text) in sorted(ledger.known.items()))
    quoted = note.decode().replace("\n", "\\n")
    old = count * 2 // 3
    return {
        "checkpoint": note,
        "old": signer.note(old, root_of(leaves[:old])),
        "record": records[5],
        "receipt": f"daybook-receipt@v1\n{ORIGIN}\n5\n{b64(leaves[5])}\n".encode(),
        "proof": ("c2sp.org/tlog-proof@v1\nindex 5\n" + lines_of(way_in(leaves, 5)) + "\n").encode() + note,
        "growth": (f"old {old}\n" + lines_of(way_on(leaves, old)) + "\n").encode() + note,
        "disclosure": f'{{"format": "daybook-disclosure@v1", "checkpoint": "{quoted}", "records": [{disclosed}]}}\n'.encode(),
        "pub": signer.line().encode(),
    }


def synthetic(count, bend=None, seed=1, sizes=None):
    """An archive of a ledger that never was, and who signed it."""
    signer = Signer(sha(b"seed of a signer", str(seed).encode()))
    records = Ledger(seed, bend).grow(count)
    sizes = sorted({size for size in sizes or (2, 5, 120, 256, 257, count // 2, count - 1, count) if 0 < size <= count})
    files = archive_of(records, signer, sizes)
    files["timestamps/1"] = b"a time stamp\n"
    return seal(files, signer), signer, records


def dumped(path):
    """The values of the database 'records' in what mdb_dump printed."""
    with open(path, encoding="ascii") as file:
        text = file.read()
    found = re.search(r"database=records\n.*?HEADER=END\n(.*?)DATA=END", text, re.S)
    return [bytes.fromhex(row) for row in found[1].split()[1::2]]


def from_ledger(options):
    records, signer = dumped(options.dump), Signer.from_file(options.signer)
    notes = {}
    for path in options.checkpoint:
        with open(path, "rb") as file:
            note = file.read()
        notes[int(note.split(b"\n")[1])] = note
    size = max(notes)
    files = {**segments_of(records[:size]), **tiles_of([leaf_of(r) for r in records[:size]])}
    files.update({f"checkpoints/{n:020}": note for n, note in notes.items()})
    files["checkpoint"] = notes[size]
    return seal(files, signer), signer


def main():
    parser = argparse.ArgumentParser(description="Writes an archive of a ledger, or of one that never was.")
    parser.add_argument("out", nargs="?")
    parser.add_argument("--dump")
    parser.add_argument("--signer")
    parser.add_argument("--checkpoint", nargs="+")
    parser.add_argument("--records", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", help="of the checkpoints in it, with commas between them")
    parser.add_argument("--claims", action="store_true", help="proofs and a disclosure instead, into the folder OUT")
    options = parser.parse_args()
    if options.claims:
        write(options.out, claims(options.records, options.seed))
        return
    if options.dump:
        files, signer = from_ledger(options)
    else:
        files, signer, _ = synthetic(options.records, None, options.seed, [int(n) for n in (options.sizes or '').split(',') if n])
    write(options.out, files)
    with open(options.out + ".pub", "w", encoding="ascii") as file:
        file.write(trusted(signer))


if __name__ == "__main__":
    main()
