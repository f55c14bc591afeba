#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# verify_format.py - a stranger's verifier of a Daybook ledger, written from ledger/FORMAT.md. It shares no line of code
# with the program that it checks; where the two differ, one of them or FORMAT.md is wrong. It reads what mdb_dump prints:
#
#   mdb_dump -a DIR/log | verify_format.py [--key-file F] [--size N] [--root HEX] [--json]
#   verify_format.py --example ledger/FORMAT.md
#
# Without a key: framing, numbers, times, chain, epochs, root, and the head row if it was dumped. With the key: key names, checks,
# every sealed body, its commit and its form. Exit status 0: verified; 1: it is not sound; 2: that cannot be told.

import argparse
import base64
import hashlib
import hmac
import json
import re
import struct
import sys

HEADER = 108
TAG = 16
SALT = 16
LARGEST = 4194304
NESTING = 12
MOST_EVENTS = 4096
GENESIS, EPOCH, EVENTS, KEYS, GENERATION, LAST_CLASS = 1, 2, 3, 4, 5, 5


class Broken(Exception):
    """What was read is not a sound ledger."""


class Incomplete(Exception):
    """It cannot be told whether it is."""


def demand(truth, why):
    if not truth:
        raise Broken(why)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# --- msgpack: a value in its shortest form, and where it ends


def unpack(data, at=0, depth=NESTING):
    demand(depth >= 0, "msgpack: nested too deep")

    def take(count):
        nonlocal at
        demand(at + count <= len(data), "msgpack: cut off")
        at += count
        return data[at - count : at]

    def number(size, least, signed=False):
        value = int.from_bytes(take(size), "big", signed=signed)
        demand(value < 0 if signed else value >= least, "msgpack: not the shortest form")
        demand(not signed or value < least, "msgpack: not the shortest form")
        return value

    def values(count):
        nonlocal at
        for _ in range(count):
            value, at = unpack(data, at, depth - 1)
            yield value

    def text(count):
        try:
            return take(count).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Broken("msgpack: a string is not UTF-8") from error

    kind = take(1)[0]
    if kind <= 0x7F:
        return kind, at
    if 0x90 <= kind <= 0x9F:
        return list(values(kind & 0x0F)), at
    if 0xA0 <= kind <= 0xBF:
        return text(kind & 0x1F), at
    if kind >= 0xE0:
        return kind - 0x100, at
    forms = {
        0xC0: lambda: None,
        0xC2: lambda: False,
        0xC3: lambda: True,
        0xC4: lambda: take(number(1, 0)),
        0xC5: lambda: take(number(2, 1 << 8)),
        0xC6: lambda: take(number(4, 1 << 16)),
        0xCC: lambda: number(1, 1 << 7),
        0xCD: lambda: number(2, 1 << 8),
        0xCE: lambda: number(4, 1 << 16),
        0xCF: lambda: number(8, 1 << 32),
        0xD0: lambda: number(1, -(1 << 5), signed=True),
        0xD1: lambda: number(2, -(1 << 7), signed=True),
        0xD2: lambda: number(4, -(1 << 15), signed=True),
        0xD3: lambda: number(8, -(1 << 31), signed=True),
        0xD9: lambda: text(number(1, 1 << 5)),
        0xDA: lambda: text(number(2, 1 << 8)),
        0xDB: lambda: text(number(4, 1 << 16)),
        0xDC: lambda: list(values(number(2, 1 << 4))),
        0xDD: lambda: list(values(number(4, 1 << 16))),
    }
    demand(kind in forms, f"msgpack: byte {kind:#04x} begins no value that is used here")
    value = forms[kind]()
    return value, at


def unpack_array(data, types):
    """The whole of data as an array of values of these types."""
    array, end = unpack(data)
    demand(end == len(data), "msgpack: bytes after the value")
    demand(isinstance(array, list) and len(array) == len(types), f"msgpack: not an array of {len(types)} values")
    for value, kind in zip(array, types):
        demand(type(value) is kind, "msgpack: a value of another type than stands in the format")
    return array


# --- keys


def hkdf(secret, salt, info):
    """RFC 5869 with SHA-256, one block of output."""
    fresh = hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(fresh, info + b"\x01", hashlib.sha256).digest()


class Keys:
    """What follows from the master key for one ledger."""

    def __init__(self, master):
        self.master = master
        self.name = hkdf(master, None, b"daybook/v1/name")[:8]

    def check(self, origin, number, salt):
        return hkdf(self.master, salt, b"daybook/v1/check" + origin + struct.pack(">I", number))

    def data(self, origin, number, salt):
        return hkdf(self.master, salt, b"daybook/v1/data" + origin + struct.pack(">I", number))

    def replaced(self, origin, name, old_name, nonce, sealed):
        """The keys of the master that this one replaced."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = hkdf(self.master, None, b"daybook/v1/keys" + origin)
        try:
            keys = Keys(AESGCM(key).decrypt(nonce, sealed, origin + name + old_name))
        except InvalidTag as error:
            raise Broken("the seal of the key that was replaced is broken") from error
        demand(keys.name == old_name, "the key that was replaced has another name")
        return keys


def protected(text, passphrase):
    """What a passphrase protects, by hashlib's scrypt and the module cryptography."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    form = rb"daybook-key@v1\nscrypt (\d+) (\d+) (\d+)\n([0-9A-Za-z+/=]+)\n([0-9A-Za-z+/=]+)\n([0-9A-Za-z+/=]+)\n"
    found = re.fullmatch(form, text)
    if not found:
        raise Incomplete("the key file is malformed")
    n, r, p = (int(number) for number in found.group(1, 2, 3))
    salt, nonce, sealed = (base64.b64decode(word, validate=True) for word in found.group(4, 5, 6))
    if n < 1024 or n & (n - 1) or not 1 <= r <= 64 or not 1 <= p <= 16 or 128 * n * r * p > 1 << 30:
        raise Incomplete("the key file asks for more than a reader gives")
    key = hashlib.scrypt(passphrase, salt=salt, n=n, r=r, p=p, maxmem=(1 << 30) + (1 << 20), dklen=32)
    try:
        return AESGCM(key).decrypt(nonce, sealed, text[: found.start(6)])
    except InvalidTag as error:
        raise Incomplete("the passphrase does not open the key file") from error


def read_key(path, passphrase_path=None):
    """64 hexadecimal digits and at most one line end, or 32 bytes as they are; a passphrase may protect them."""
    with open(path, "rb") as file:
        content = file.read()
    if content.startswith(b"daybook-key@v1\n") and passphrase_path:
        with open(passphrase_path, "rb") as file:
            content = protected(content, file.readline().rstrip(b"\r\n"))
    if len(content) == 32:
        return content
    digits = re.fullmatch(rb"([0-9A-Fa-f]{64})(\r?\n)?", content)
    if not digits:
        raise Incomplete("the key file does not hold 64 hexadecimal digits")
    return bytes.fromhex(digits[1].decode("ascii"))


# --- the tree


class Tree:
    """RFC 6962's, grown leaf by leaf: the roots of the perfect subtrees, the largest first, each with its number of leaves."""

    def __init__(self):
        self.peaks = []

    def add(self, leaf):
        count = 1
        while self.peaks and self.peaks[-1][0] == count:
            leaf = sha256(b"\x01", self.peaks.pop()[1], leaf)
            count *= 2
        self.peaks.append((count, leaf))

    def root(self):
        root = None
        for _, peak in reversed(self.peaks):
            root = peak if root is None else sha256(b"\x01", peak, root)
        return root


def plain_root(leaves):
    """The same, as RFC 6962 defines it."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01", plain_root(leaves[:k]), plain_root(leaves[k:]))


# --- records


class Ledger:
    """Records are shown to it one after the other; it stops at the first that does not fit."""

    def __init__(self, keys=None, envelopes=True):
        self.keys = keys  # of the newest master
        self.chain = {keys.name: keys} if keys else {}
        self.envelopes = envelopes
        self.size = self.bytes = 0
        self.time = 0
        self.leaf = None
        self.origin = None
        self.program = None
        self.epochs = []  # (salt, data key or None) of epoch 1, 2 …
        self.newest_epoch_seq = 0
        self.name = None  # of the master key in use
        self.keys_seq = 0
        self.is_replacing = False
        self.generation = 1
        self.tree = Tree()
        self.classes = {}
        self.opened = 0
        self.events = 0

    def add(self, record):
        demand(len(record) >= HEADER, "shorter than a header")
        demand(len(record) <= LARGEST, "longer than a record may be")
        magic, version, kind, zero, seq, time, epoch, length, prev, commit, nonce = struct.unpack(
            ">4sBBHQQII32s32s12s", record[:HEADER]
        )
        demand(magic == b"DBKR", "it does not begin with DBKR")
        if version != 1 or not GENESIS <= kind <= LAST_CLASS:
            raise Incomplete(f"version {version}, class {kind} is not known")
        demand(zero == 0, "bytes 6 and 7 are not zero")
        demand(HEADER + length == len(record), "its length is not what it says")
        body = record[HEADER:]

        if kind in (GENESIS, EPOCH, KEYS, GENERATION):
            demand(epoch == 0, "a body that must be in clear has a key epoch")
        if kind == EVENTS:
            demand(epoch != 0, "events are in clear")
        if epoch == 0:
            demand(commit == bytes(32) and nonce == bytes(12), "in clear, but with a commit or a nonce")
        else:
            demand(length >= SALT + TAG, "too short to be sealed")

        demand(seq == self.size, f"it says that it is record {seq}")
        demand(time < 1 << 63, "the time is beyond 2^63")
        demand(self.size == 0 or time > self.time, "the time is not after that of the record before")
        demand((kind == GENESIS) == (seq == 0), "a genesis record stands at 0, and only there")
        demand(seq != 1 or kind == EPOCH, "record 1 does not begin a key epoch")
        demand(kind == EPOCH or not self.is_replacing, "the master key that was named begins no epoch")
        expected = self.leaf if seq else sha256(b"daybook/v1/genesis", body)
        demand(prev == expected, "prev is not the hash of the record before")

        if kind == GENESIS:
            self.add_genesis(body)
        elif kind == EPOCH:
            self.add_epoch(seq, body)
        elif kind == KEYS:
            self.add_keys(seq, body)
        elif kind == GENERATION:
            self.add_generation(seq, body)
        else:
            demand(epoch <= len(self.epochs), "its key epoch did not begin yet")
        if epoch and self.keys:
            self.open(record, kind, epoch, nonce, commit)

        self.leaf = sha256(b"\x00", record)
        self.tree.add(self.leaf)
        self.time = time
        self.classes[kind] = self.classes.get(kind, 0) + 1
        self.size += 1
        self.bytes += len(record)

    def add_genesis(self, body):
        origin, self.program, _ = unpack_array(body, (str, str, int))
        demand(re.fullmatch(r"daybook/[0-9a-f]{16}", origin), "the origin is malformed")
        self.origin = origin.encode("ascii")

    def add_epoch(self, seq, body):
        number, salt, check, name, before = unpack_array(body, (int, bytes, bytes, bytes, int))
        demand((len(salt), len(check), len(name)) == (32, 32, 8), "an EPOCH value has another size")
        demand(number == len(self.epochs) + 1, f"epoch {number} follows epoch {len(self.epochs)}")
        demand(before == self.newest_epoch_seq, f"the EPOCH record before it is not {before}")
        demand(self.name in (None, name), "the master key changes without a record of it")
        self.name = name
        self.is_replacing = False
        key = None
        # An epoch of another master key is no fault by itself; it matters once a record needs it.
        if name in self.chain:
            demand(check == self.chain[name].check(self.origin, number, salt), "the check is not that of this key")
            key = self.chain[name].data(self.origin, number, salt)
        self.epochs.append((salt, key))
        self.newest_epoch_seq = seq

    def add_keys(self, seq, body):
        kind, name, old_name, nonce, sealed, before = unpack_array(body, (int, bytes, bytes, bytes, bytes, int))
        sizes = (len(name), len(old_name), len(nonce), len(sealed))
        demand(kind == 1 and sizes == (8, 8, 12, 48) and name != old_name, "a KEYS value is another")
        demand(old_name == self.name, "it replaces another master key than the one in use")
        demand(before == self.keys_seq, f"the KEYS record before it is not {before}")
        self.name = name
        self.keys_seq = seq
        self.is_replacing = True

    def learn(self, successions):
        """Opens the master keys that were replaced, from the newest to the oldest: (origin, names, nonce, sealed) each."""
        for origin, name, old_name, nonce, sealed in reversed(successions):
            if name in self.chain:
                self.chain[old_name] = self.chain[name].replaced(origin, name, old_name, nonce, sealed)

    def add_generation(self, seq, body):
        number, restored, root, lost, lost_root, reason = unpack_array(body, (int, int, bytes, int, bytes, str))
        demand((len(root), len(lost_root)) == (32, 32), "a GENERATION value has another size")
        demand(number == self.generation + 1, f"generation {number} follows generation {self.generation}")
        demand(restored == seq, f"its generation goes on from {restored} records")
        demand(root == self.tree.root(), "its generation goes on from another root")
        demand(lost > 0 and (lost, lost_root) != (restored, root), "its generation lost nothing")
        demand(len(reason.encode()) <= 512, "its reason is too long")
        self.generation = number

    def open(self, record, kind, epoch, nonce, commit):
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self.epochs[epoch - 1][1]
        if key is None:
            raise Incomplete(f"the key does not open it: key epoch {epoch} belongs to another master key")
        try:
            plain = AESGCM(key).decrypt(nonce, record[HEADER:], record[:HEADER])
        except InvalidTag as error:
            raise Broken("the seal is broken") from error
        demand(commit == sha256(b"daybook/v1/commit", plain), "the commit is not that of what is sealed")
        self.opened += 1
        if kind == EVENTS and self.envelopes:
            self.add_events(plain[SALT:])

    def add_events(self, plain):
        plainly = (int, str, str, str, bytes, list)
        with_basis = (*plainly, int, int, int, int, str)
        basis = plain[:2] == b"\x9b\x02"
        version, _, _, name, body, events, *rest = unpack_array(plain, with_basis if basis else plainly)
        demand(len(events) <= MOST_EVENTS, "there are too many events")
        demand(version == (2 if basis else 1), "the version of what one command did is neither 1 nor 2")
        demand(not basis or isinstance(json.loads(rest[4]), dict), "the basis is no JSON object")
        demand(len(body) == (32 if name else 0), "a body hash is there exactly if there is an idempotency key")
        for event in events:
            shape = [type(value) for value in event] if isinstance(event, list) else None
            demand(shape == [int, int, list], "an event is not [number, version, fields]")
        self.events += len(events)

    def finish(self):
        demand(self.size > 1, "a genesis record and an epoch are the least that a ledger has")
        demand(not self.is_replacing, "the last record names a master key that begins no epoch")
        if self.keys and self.epochs[-1][1] is None:
            raise Incomplete("the newest key epoch belongs to another master key")

    def check_head(self, row):
        """The row `head`: it is a cache, and must say what was computed."""
        fixed = struct.pack(">BQQQ", 1, self.size, self.time, self.newest_epoch_seq) + self.leaf
        demand(row == fixed + b"".join(peak for _, peak in self.tree.peaks), "the head row does not say what the records say")


# --- what mdb_dump prints


def databases(lines):
    """Yields (name of the database, key, value) for each row of a dump in bytevalue form."""
    name, key, inside = None, None, False
    for line in lines:
        line = line.rstrip("\r\n")
        if not inside:
            if line.startswith("database="):
                name = line[len("database=") :]
            elif line.startswith("format=") and line != "format=bytevalue":
                raise Incomplete("the dump is not in the form bytevalue (mdb_dump without -p)")
            inside = line == "HEADER=END"
        elif line == "DATA=END":
            demand(key is None, "the dump ends between a key and its value")
            name, inside = None, False
        else:
            try:
                row = bytes.fromhex(line)
            except ValueError as error:
                raise Incomplete("a line of the dump is not hexadecimal") from error
            if key is None:
                key = row
            else:
                yield name, key, row
                key = None
    if inside:
        raise Incomplete("the dump has no end")


def successions_of(rows):
    """What the KEYS records hold, whoever wrote them: the newest opens the one before, so all are needed before the first record."""
    found, origin = [], None
    for name, _, value in rows:
        if name not in (None, "records") or len(value) < HEADER:
            continue
        if value[5] == GENESIS and origin is None:
            origin = unpack_array(value[HEADER:], (str, str, int))[0].encode("ascii")
        if value[5] == KEYS:
            found.append((origin, *unpack_array(value[HEADER:], (int, bytes, bytes, bytes, bytes, int))[1:5]))
    return found


def verify_dump(lines, keys):
    lines = list(lines)
    ledger = Ledger(keys)
    if keys:
        ledger.learn(successions_of(databases(lines)))
    head = None
    for name, key, value in databases(lines):
        if name == "head":
            demand(key == b"head" and head is None, "the database head holds something else than one row")
            head = value
        elif name in (None, "records"):
            try:
                demand(key == struct.pack(">Q", ledger.size), "its key is not the next number")
                ledger.add(value)
            except Broken as error:
                raise Broken(f"record {ledger.size}: {error}") from error
            except Incomplete as error:
                raise Incomplete(f"record {ledger.size}: {error}") from error
    ledger.finish()
    if head is not None:
        ledger.check_head(head)
    return ledger, head is not None


# --- the worked example of FORMAT.md


def verify_example(path):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    blocks = re.findall(r"^```hex (\S+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    given = {name: bytes.fromhex(text) for name, text in blocks}
    keys = Keys(given["master"])
    ledger = Ledger(keys, envelopes=False)
    leaves = []

    def same(name, value):
        demand(value == given[name], f"example: {name} is not what FORMAT.md says, but {value.hex()}")

    while f"record-{ledger.size}" in given:
        ledger.add(given[f"record-{ledger.size}"])
        same(f"leaf-{ledger.size - 1}", ledger.leaf)
        leaves.append(ledger.leaf)
    same("root", ledger.tree.root())
    same("root", plain_root(leaves))
    same("key-name", keys.name)
    same("epoch-salt", ledger.epochs[0][0])
    same("check", keys.check(ledger.origin, 1, given["epoch-salt"]))
    same("data-key", ledger.epochs[0][1])
    same("commit", sha256(b"daybook/v1/commit", given["salt"], given["plaintext"]))
    same("nonce", given["record-2"][96:HEADER])
    same("commit", given["record-2"][64:96])
    demand(unpack_array(given["plaintext"], (int, str)) == [1, "hello"], "example: the plaintext is something else")
    text = re.search(r"^```text protected-key\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1].encode("ascii")
    within = protected(text, b"correct horse")
    demand(within == given["master"].hex().encode("ascii") + b"\n", "example: the protected key is another")
    return ledger


def report(ledger, head, as_json):
    root = ledger.tree.root().hex()
    facts = {
        "size": ledger.size,
        "root": root,
        "last_leaf": ledger.leaf.hex(),
        "origin": ledger.origin.decode("ascii"),
        "bytes": ledger.bytes,
        "epochs": len(ledger.epochs),
        "generation": ledger.generation,
        "classes": {str(kind): count for kind, count in sorted(ledger.classes.items())},
        "head_row": head,
        "key": ledger.keys is not None,
        "opened": ledger.opened,
        "events": ledger.events,
    }
    if as_json:
        print(json.dumps(facts))
        return
    print(f"ok: {ledger.size} records of {facts['origin']}, {len(ledger.epochs)} key epochs, root {root}")
    if ledger.keys:
        print(f"    {ledger.opened} bodies opened, {ledger.events} events")


def main():
    parser = argparse.ArgumentParser(description="Verifies a Daybook ledger from what mdb_dump prints.")
    parser.add_argument("dump", nargs="?", help="a file with the output of mdb_dump; standard input without it")
    parser.add_argument("--key-file", help="the master key: opens what is sealed, too")
    parser.add_argument("--passphrase-file", help="the passphrase, if one protects the key file")
    parser.add_argument("--size", type=int, help="the number of records that there must be")
    parser.add_argument("--root", help="the root that there must be")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--example", metavar="FORMAT.md", help="checks the worked example of this page instead")
    options = parser.parse_args()
    try:
        if options.example:
            ledger, head = verify_example(options.example), False
        else:
            keys = Keys(read_key(options.key_file, options.passphrase_file)) if options.key_file else None
            with open(options.dump or 0, encoding="ascii", errors="replace") as lines:
                ledger, head = verify_dump(lines, keys)
        root = ledger.tree.root().hex()
        demand(options.size in (None, ledger.size), f"there are {ledger.size} records, and {options.size} are expected")
        demand(options.root in (None, root), f"the root is {root}, and not what is expected")
        report(ledger, head, options.json)
    except Broken as error:
        print(f"not sound: {error}", file=sys.stderr)
        return 1
    except (Incomplete, OSError, ImportError) as error:
        print(f"not verified: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
