#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# verify_archive.py - a stranger's verifier of an archive, written from ledger/FORMAT.md ("Archives"). The records are judged by
# verify_format.py; files, tiles, checkpoints and manifest here.
#
#   verify_archive.py ARCHIVE PUBLIC_KEY [--key-file F]
#
# PUBLIC_KEY is a file NAME+ID+KEY that did not come with the archive. Exit status 0: verified; 1: it is not sound; 2: something is missing.

import argparse
import base64
import hashlib
import os
import struct
import sys
import zlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verify_format import Broken, Incomplete, Keys, Ledger, demand, read_key, sha256

SEGMENT = 65536
TILE = 256


def number(n):
    """c2sp.org/tlog-tiles: groups of three digits, all but the last behind an x."""
    text = f"{n % 1000:03}"
    while n >= 1000:
        n //= 1000
        text = f"x{n % 1000:03}/{text}"
    return text


def part(n, width, full):
    return number(n) if width == full else f"{number(n)}.p/{width}"


class Archive:
    def __init__(self, folder):
        self.folder = folder
        self.files = set()
        for where, _, names in os.walk(folder):
            self.files |= {os.path.relpath(os.path.join(where, name), folder) for name in names}

    def read(self, path):
        if path not in self.files:
            raise Incomplete(f"{path} is missing")
        with open(os.path.join(self.folder, path), "rb") as file:
            return file.read()


def open_note(note, public):
    """(origin, size, root) of a checkpoint that the key signed."""
    name, ident, key = public.strip().split("+", 2)
    key = base64.b64decode(key, validate=True)
    demand(key[:1] == b"\x01" and len(key) == 33, "the public key is not of Ed25519")
    demand(sha256(name.encode(), b"\n", key)[:4].hex() == ident, "the public key's id is not its own")
    text, _, lines = note.partition(b"\n\n")
    text += b"\n"
    for line in lines.decode().splitlines():
        dash, who, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        if dash != "\u2014" or who != name or signature[:4].hex() != ident:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature[4:], text)
        except InvalidSignature as error:
            raise Broken("the checkpoint is not what the key signed") from error
        origin, size, root = text.decode().splitlines()
        demand(origin == name, "the checkpoint is of another ledger")
        return origin, int(size), base64.b64decode(root, validate=True)
    raise Broken("the key did not sign the checkpoint")


def records_of(data, count):
    """The records of a segment's file, which is one member of gzip and nothing else."""
    inflating = zlib.decompressobj(wbits=31)
    try:
        content = inflating.decompress(data) + inflating.flush()
    except zlib.error as error:
        raise Broken(f"it is not sound gzip: {error}") from error
    demand(inflating.eof and not inflating.unused_data, "it is not one member of gzip")
    at = 0
    for _ in range(count):
        demand(at + 4 <= len(content), "a record is missing")
        (length,) = struct.unpack_from(">I", content, at)
        demand(at + 4 + length <= len(content), "a record is cut off")
        yield content[at + 4 : at + 4 + length]
        at += 4 + length
    demand(at == len(content), "something stands behind the records")


def verify_manifest(archive):
    manifest = archive.read("SHA256SUMS").decode()
    listed = [(line[66:], line[:64]) for line in manifest.splitlines()]
    demand(listed == sorted(listed, key=lambda row: row[0].encode()), "the manifest is not sorted")
    demand(manifest == "".join(f"{digest}  {path}\n" for path, digest in listed), "the manifest is malformed")
    for path, digest in listed:
        demand(hashlib.sha256(archive.read(path)).hexdigest() == digest, f"{path} is not what the manifest says")
    others = archive.files - {path for path, _ in listed}
    demand(others <= {"SHA256SUMS", "SHA256SUMS.sig", "SHA256SUMS.sshsig"}, f"not in the manifest: {sorted(others)}")


def verify_tiles(archive, leaves):
    """Every tile of a tree with these leaves is there, and none else."""
    due, level, row = set(), 0, leaves
    while row:
        above = []
        for at in range(0, len(row), TILE):
            hashes = row[at : at + TILE]
            path = f"tile/{level}/{part(at // TILE, len(hashes), TILE)}"
            demand(archive.read(path) == b"".join(hashes), f"{path} holds other hashes")
            due.add(path)
            while len(hashes) > 1 and len(row) - at >= TILE:
                hashes = [sha256(b"\x01", *hashes[i : i + 2]) for i in range(0, len(hashes), 2)]
            if len(row) - at >= TILE:
                above += hashes
        level, row = level + 1, above
    demand(due == {path for path in archive.files if path.startswith("tile/")}, "there are tiles of another tree")


def verify(folder, public, keys):
    archive, ledger = Archive(folder), Ledger(keys)
    origin, size, root = open_note(archive.read("checkpoint"), public)
    signed = {}
    for path in archive.files:
        if path.startswith("checkpoints/"):
            _, at, head = open_note(archive.read(path), public)
            demand(path == f"checkpoints/{at:020}", f"{path} is of {at} records")
            signed[at] = head
    demand(signed.get(size) == root, "the checkpoint is not among the checkpoints")
    leaves, due = [], set()
    for first in range(0, size, SEGMENT):
        width = min(SEGMENT, size - first)
        path = f"records/{part(first // SEGMENT, width, SEGMENT)}.gz"
        due.add(path)
        try:
            for record in records_of(archive.read(path), width):
                ledger.add(record)
                leaves.append(ledger.leaf)
                head = signed.pop(ledger.size, None)
                demand(head in (None, ledger.tree.root()), f"the checkpoint of {ledger.size} records has another root")
        except Broken as error:
            raise Broken(f"{path}: record {ledger.size}: {error}") from error
    demand(due == {path for path in archive.files if path.startswith("records/")}, "there are records of another ledger")
    ledger.finish()
    demand(not signed, f"checkpoints beyond the archive: {sorted(signed)}")
    demand(ledger.origin.decode() == origin and ledger.tree.root() == root, "the records do not have the root that was signed")
    verify_tiles(archive, leaves)
    verify_manifest(archive)
    return ledger


def main():
    parser = argparse.ArgumentParser(description="Verifies an archive of a Daybook ledger.")
    parser.add_argument("archive")
    parser.add_argument("public_key")
    parser.add_argument("--key-file", help="the master key: opens what is sealed, too")
    options = parser.parse_args()
    try:
        with open(options.public_key, encoding="utf-8") as file:
            public = file.read()
        ledger = verify(options.archive, public, Keys(read_key(options.key_file)) if options.key_file else None)
        print(f"ok: {ledger.size} records, root {ledger.tree.root().hex()}, {ledger.events} events opened")
    except (Broken, ValueError) as error:
        print(f"not sound: {error}", file=sys.stderr)
        return 1
    except (Incomplete, OSError) as error:
        print(f"not verified: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
