#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# archive_faults.py - archives with one fault each and all else right, every hash and signature after it included: what somebody could
# write who has the signing key. Only the one check that is about the fault can find it.
#
#   archive_faults.py --make FOLDER            writes them all
#   archive_faults.py --verify PROGRAM FOLDER  runs daybook-verify over them, and says which are not found as they must be

import argparse
import base64
import copy
import hashlib
import json
import os
import struct
import subprocess
import sys
import zlib

from archive_stories import HANDS, STORY_FAULTS, STORY_NAMED, at, body, handovers, stories, story_keys
from make_archive import (ORIGIN, SEGMENT, Ledger, Signer, archive_of, b64, leaf_of, pack, put, root_of, seal, segment_of, sha,
                          stranger, string, synthetic, trusted, write)


def header(position, place, form):
    """What stands in the header of another record."""
    return lambda f, ledger: struct.unpack(form, ledger.records[position][place])[0]


# What is wrong with which record, by the rule of FORMAT.md section 5 that it breaks.
RECORD_FAULTS = {
    "magic": at(7, magic=b"DBKS"),
    "zero_bytes": at(7, zero=1),
    "time_beyond": at(79, time=1 << 63),
    "length": at(7, more=1),
    "version": at(7, version=2),
    "class_unknown": at(7, **{"class": 6}),
    "class_zero": at(7, **{"class": 0}),
    "clear_with_epoch": at(41, epoch=1),
    "events_in_clear": at(7, epoch=0, commit=bytes(32), nonce=bytes(12)),
    "clear_with_commit": at(41, commit=b"c" * 32),
    "clear_with_nonce": at(41, nonce=b"n" * 12),
    "sealed_short": at(7, body=bytes(31)),
    "seq": at(7, seq=8),
    "time_same": at(8, time=header(7, slice(16, 24), ">Q")),
    "time_back": at(8, time=header(6, slice(16, 24), ">Q")),
    "second_genesis": at(41, **{"class": 1}, body=body(ORIGIN, "x", 1)),
    "no_genesis": at(0, **{"class": 4}, body=body(1, b"new name", bytes(8), bytes(12), bytes(48), 0)),
    "no_first_epoch": at(1, **{"class": 4}, body=body(1, b"new name", bytes(8), bytes(12), bytes(48), 0)),
    "prev": at(8, prev=b"p" * 32),
    "prev_of_another": at(8, prev=lambda f, l: leaf_of(l.records[6])),
    "genesis_prev": at(0, prev=b"g" * 32),
    "genesis_members": at(0, body=body(ORIGIN, "x")),
    "genesis_origin": at(0, body=body("daybook/0123456789ABCDEF", "x", 1)),
    "genesis_behind": at(0, body=lambda f, l: pack([ORIGIN, "x", 1]) + b"\x00"),
    "genesis_other_ledger": at(0, body=body("daybook/fedcba9876543210", "x", 1)),
    "genesis_not_shortest": at(0, body=lambda f, l: pack([ORIGIN, "x"]).replace(b"\x92", b"\x93", 1) + b"\xcc\x01"),
    "genesis_not_utf8": at(0, body=lambda f, l: pack([ORIGIN, "xy", 1]).replace(b"xy", b"\xff\xfe")),
    "epoch_members": at(41, body=body(2, bytes(32), bytes(32), bytes(8))),
    "epoch_salt": at(41, body=body(2, bytes(31), bytes(32), bytes(8), 1)),
    "epoch_check": at(41, body=body(2, bytes(32), bytes(33), bytes(8), 1)),
    "epoch_key_name": at(41, body=body(2, bytes(32), bytes(32), bytes(9), 1)),
    "epoch_behind": at(41, body=lambda f, l: pack([2, bytes(32), bytes(32), bytes(8), 1]) + b"\xc0"),
    "epoch_skipped": at(41, body=body(3, bytes(32), bytes(32), bytes(8), 1)),
    "epoch_again": at(41, body=body(1, bytes(32), bytes(32), bytes(8), 1)),
    "epoch_zero": at(1, body=body(0, bytes(32), bytes(32), bytes(8), 0)),
    "epoch_huge": at(1, body=body(1 << 32, bytes(32), bytes(32), bytes(8), 0)),
    "epoch_before": at(41, body=body(2, bytes(32), bytes(32), bytes(8), 2)),
    "epoch_not_begun": at(7, epoch=2),
}


def replaced(name, change):
    def fault(files, signer, records):
        files[name] = change(files[name])
    return fault


def flipped(data, at=0):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def removed(name):
    def fault(files, signer, records):
        del files[name]
    return fault


def added(name, content=b"something\n"):
    def fault(files, signer, records):
        files[name] = content
    return fault


def gzipped(raw, **header):
    packer = zlib.compressobj(9, zlib.DEFLATED, 15 + 16)
    packed = packer.compress(raw) + packer.flush()
    return packed[:4] + bytes(4) + packed[8:]


def segment_fault(change):
    """Of the packed segment, 'records/000.p/N.gz'."""
    def fault(files, signer, records):
        name = f"records/000.p/{len(records)}.gz"
        files[name] = change(files[name], records)
    return fault


def checkpoint_fault(size, **change):
    def fault(files, signer, records):
        leaves = [leaf_of(r) for r in records]
        files[f"checkpoints/{size:020}"] = signer.note(change.pop("says", size), change.pop("root", root_of(leaves[:size])), **change)
    return fault


def newest_fault(make):
    def fault(files, signer, records):
        note = make(signer, records, root_of([leaf_of(r) for r in records]))
        files["checkpoint"] = files[f"checkpoints/{len(records):020}"] = note
    return fault


def doubled_signature(signer, records, root):
    note = signer.note(len(records), root)
    return note + b"".join(note.splitlines(True)[-1:])


def other_signify(files, signer, records):
    files["signify.pub"] = ("untrusted comment: x\n" + b64(b"Ed" + sha(b"daybook/v1/signify", signer.public)[:8] + stranger().public) + "\n").encode()


# What is wrong with a file, though SHA256SUMS was written and signed anew: whoever has the signing key can do that.
def false_signature(signer, records, root):
    """Two lines in the name of one key, the second of nothing."""
    line = "\u2014 " + signer.name + " " + b64(signer.id + bytes(64)) + "\n"
    other = Signer(b"t" * 32, signer.name)
    return signer.note(len(records), root).replace(b"\n\n", b"\n\n" + line.encode()) + other.note(2, root).splitlines(True)[-1]


FILE_FAULTS = {
    "tile_leaf": replaced("tile/0/000", lambda d: flipped(d, 40)),
    "tile_leaf_last": replaced("tile/0/001.p/44", lambda d: flipped(d, 43 * 32)),
    "tile_root": replaced("tile/1/000.p/1", flipped),
    "tile_short": replaced("tile/0/001.p/44", lambda d: d[:-32]),
    "tile_long": replaced("tile/0/001.p/44", lambda d: d + bytes(32)),
    "tile_missing": removed("tile/0/000"),
    "tile_above_missing": removed("tile/1/000.p/1"),
    "tile_extra": added("tile/0/002.p/1", bytes(32)),
    "tile_partial_of_full": added("tile/0/000.p/9", bytes(9 * 32)),
    "tile_level_extra": added("tile/2/000.p/1", bytes(32)),
    "segment_missing": removed("records/000.p/300.gz"),
    "segment_extra": added("records/001.p/1.gz"),
    "segment_cut": segment_fault(lambda d, r: d[:-9]),
    "segment_behind": segment_fault(lambda d, r: d + b"\x00"),
    "segment_two_members": segment_fault(lambda d, r: segment_of(r[:100]) + segment_of(r[100:])),
    "segment_empty_member": segment_fault(lambda d, r: d + gzipped(b"")),
    "segment_crc": segment_fault(lambda d, r: flipped(d, len(d) - 7)),
    "segment_time": segment_fault(lambda d, r: flipped(d, 5)),
    "segment_flags": segment_fault(lambda d, r: d[:3] + b"\x08" + d[4:10] + b"name\0" + d[10:]),
    "segment_one_more": segment_fault(lambda d, r: segment_of(r + r[-1:])),
    "segment_one_less": segment_fault(lambda d, r: segment_of(r[:-1])),
    "segment_half_length": segment_fault(lambda d, r: gzipped(b"".join(struct.pack(">I", len(x)) + x for x in r) + b"\0\0")),
    "segment_bomb": segment_fault(lambda d, r: gzipped(struct.pack(">I", 4194304) + r[0] + bytes(64 << 20))),
    "segment_bomb_behind": segment_fault(lambda d, r: gzipped(b"".join(struct.pack(">I", len(x)) + x for x in r) + bytes(64 << 20))),
    "segment_record_huge": segment_fault(lambda d, r: gzipped(struct.pack(">I", 0xFFFFFFFF) + r[0])),
    "segment_record_tiny": segment_fault(lambda d, r: gzipped(struct.pack(">I", 107) + r[0])),
    "segment_not_packed": segment_fault(lambda d, r: b"".join(r)),
    "segment_swapped": segment_fault(lambda d, r: segment_of(r[:5] + [r[6], r[5]] + r[7:])),
    "checkpoint_root": checkpoint_fault(120, root=b"r" * 32),
    "checkpoint_says_more": checkpoint_fault(120, says=121),
    "checkpoint_origin": checkpoint_fault(120, origin="daybook/fedcba9876543210", name=ORIGIN),
    "checkpoint_other_ledger": lambda files, signer, records: checkpoint_fault(120)(files, stranger("daybook/fedcba9876543210"), records),
    "checkpoint_unsigned": lambda files, signer, records: checkpoint_fault(120)(files, stranger(), records),
    "checkpoint_no_note": added(f"checkpoints/{120:020}"),
    "checkpoint_name": added("checkpoints/120"),
    "checkpoint_of_more": added(f"checkpoints/{301:020}"),
    "checkpoint_newest_missing": removed(f"checkpoints/{300:020}"),
    "newest_root": newest_fault(lambda s, r, root: s.note(len(r), b"r" * 32)),
    "newest_size": newest_fault(lambda s, r, root: s.note(len(r) + 1, root)),
    "newest_of_one": newest_fault(lambda s, r, root: s.note(1, leaf_of(r[0]))),
    "newest_by_stranger": newest_fault(lambda s, r, root: stranger().note(len(r), root)),
    "newest_false_signature": newest_fault(false_signature),
    "newest_signed_twice": newest_fault(doubled_signature),
    "newest_four_lines": newest_fault(lambda s, r, root: (lambda t: (t + "\n" + s.signature(t)).encode())(
        f"{ORIGIN}\n{len(r)}\n{b64(root)}\nmore\n")),
    "newest_zero_in_front": newest_fault(lambda s, r, root: (lambda t: (t + "\n" + s.signature(t)).encode())(
        f"{ORIGIN}\n0{len(r)}\n{b64(root)}\n")),
    "signify_key_other": other_signify,
}


def unsealed(change):
    """Faults that SHA256SUMS and its signatures have to find by themselves."""
    def fault(files, signer, records):
        change(files)
    return fault


def sums_lines(change):
    return lambda files: files.update({"SHA256SUMS": b"".join(change(files["SHA256SUMS"].splitlines(True)))})


def resigned_sums(change):
    """SHA256SUMS itself is another, with true signatures."""
    def fault(files, signer, records):
        sums = b"".join(change(files["SHA256SUMS"].splitlines(True)))
        kept = dict(files)
        real, hashlib_sha512 = signer.key, hashlib.sha512
        number = sha(b"daybook/v1/signify", signer.public)[:8]
        use = string(b"daybook-archive") + string(b"") + string(b"sha512")
        signed = real.sign(b"SSHSIG" + use + string(hashlib_sha512(sums).digest()))
        old = base64.b64decode(b"".join(kept["SHA256SUMS.sshsig"].splitlines()[1:-1]))
        blob = b64(old[:-64] + signed)
        files["SHA256SUMS"] = sums
        files["SHA256SUMS.sshsig"] = ("-----BEGIN SSH SIGNATURE-----\n" + "\n".join(
            blob[i : i + 70] for i in range(0, len(blob), 70)) + "\n-----END SSH SIGNATURE-----\n").encode()
        files["SHA256SUMS.sig"] = ("untrusted comment: verify with signify.pub\n" + b64(b"Ed" + number + real.sign(sums)) + "\n").encode()
    return fault


def absent(files):
    """A line for a file that is not there, in its place."""
    def change(lines):
        return sorted(lines + [b"0" * 64 + b"  timestamps/absent\n"], key=lambda line: line[66:])
    return change


SEALED_FAULTS = {
    "sums_missing": unsealed(lambda f: f.pop("SHA256SUMS")),
    "signify_missing": unsealed(lambda f: f.pop("SHA256SUMS.sig")),
    "sshsig_missing": unsealed(lambda f: f.pop("SHA256SUMS.sshsig")),
    "both_signatures_missing": unsealed(lambda f: (f.pop("SHA256SUMS.sig"), f.pop("SHA256SUMS.sshsig"))),
    "signify_key_missing": unsealed(lambda f: f.pop("signify.pub")),
    "public_keys_missing": unsealed(lambda f: f.pop("public-keys")),
    "checkpoint_missing": unsealed(lambda f: f.pop("checkpoint")),
    "older_checkpoint_missing": unsealed(lambda f: f.pop(f"checkpoints/{120:020}")),
    "file_added": unsealed(lambda f: f.update({"notes.txt": b"x"})),
    "file_changed": unsealed(lambda f: f.update({"public-keys": f["public-keys"] + b"\n"})),
    "timestamp_changed": unsealed(lambda f: f.update({"timestamps/1": b"other"})),
    "sums_line_removed": unsealed(sums_lines(lambda lines: lines[:-1])),
    "sums_signed_unsorted": resigned_sums(lambda lines: [lines[1], lines[0]] + lines[2:]),
    "sums_signed_twice": resigned_sums(lambda lines: lines[:1] + lines),
    "sums_signed_upper": resigned_sums(lambda lines: [lines[0].upper()[:64] + lines[0][64:]] + lines[1:]),
    "sums_signed_one_less": resigned_sums(lambda lines: [line for line in lines if b"public-keys" not in line]),
    "sums_signed_one_more": resigned_sums(absent(None)),
    "sums_signed_upwards": resigned_sums(lambda lines: [b"0" * 64 + b"  ../outside\n"] + lines),
    "sums_signed_other_hash": resigned_sums(lambda lines: [b"0" * 64 + line[64:] if b"timestamps/1" in line else line for line in lines]),
    "sums_signed_tile_hash": resigned_sums(lambda lines: [b"0" * 64 + line[64:] if b"tile/0/000" in line else line for line in lines]),
    "sums_signed_above_hash": resigned_sums(lambda lines: [b"0" * 64 + line[64:] if b"tile/1/" in line else line for line in lines]),
    "sums_signed_segment_hash": resigned_sums(lambda lines: [b"0" * 64 + line[64:] if b"records/" in line else line for line in lines]),
    "sums_signed_checkpoint_hash": resigned_sums(lambda lines: [b"0" * 64 + line[64:] if b"checkpoints/" in line else line for line in lines]),
    "sig_by_stranger": unsealed(lambda f: f.update({"SHA256SUMS.sig": ("untrusted comment: verify with signify.pub\n" + b64(
        base64.b64decode(f["SHA256SUMS.sig"].splitlines()[1])[:10] + stranger().key.sign(f["SHA256SUMS"])) + "\n").encode()})),
    "sig_number": unsealed(lambda f: f.update({"SHA256SUMS.sig": ("untrusted comment: verify with signify.pub\n" + b64(
        flipped(base64.b64decode(f["SHA256SUMS.sig"].splitlines()[1]), 5)) + "\n").encode()})),
    "sig_comment": unsealed(lambda f: f.update({"SHA256SUMS.sig": f["SHA256SUMS.sig"].replace(b"signify.pub", b"signify.pbu")})),
    "sshsig_other_use": unsealed(lambda f: f.update({"SHA256SUMS.sshsig": f["SHA256SUMS.sshsig"].replace(b"-----\n", b"-----\n", 1)[:-2]})),
}


def links(folder, name):
    """Faults of the folder, made when it is written."""
    path = os.path.join(folder, "tile/0/000")
    if name == "link_out":
        os.rename(path, folder + ".outside")
        os.symlink(os.path.abspath(folder + ".outside"), path)
    elif name == "link_inside":
        os.rename(path, os.path.join(folder, "tile/0/009"))
        os.symlink("009", path)
    elif name == "folder_is_link":
        os.rename(os.path.join(folder, "tile"), folder + ".outside")
        os.symlink(os.path.abspath(folder + ".outside"), os.path.join(folder, "tile"))
    elif name == "fifo":
        os.remove(path)
        os.mkfifo(path)
    elif name == "folder_for_file":
        os.remove(path)
        os.mkdir(path)
    elif name == "deep":
        os.makedirs(os.path.join(folder, *"abcdefghijklmnop"))


FOLDER_FAULTS = ["link_out", "link_inside", "folder_is_link", "fifo", "folder_for_file", "deep"]

# --- archives of two segments: what only the joiner of both can find

LONG, EVERY = 67100, 1000  # records 66001 and 67001 begin key epochs; the newest one before the second segment is the 66th


class Base:
    """The first segment, the same for all of them, made once."""

    def __init__(self):
        self.ledger = Ledger(3)
        self.ledger.grow(SEGMENT, EVERY)
        self.signer = Signer(sha(b"seed of a signer", b"3"))
        self.files = archive_of(self.ledger.records, self.signer, [SEGMENT])

    def grow(self, bend=None):
        ledger = copy.copy(self.ledger)
        ledger.records, ledger.dice, ledger.bend = list(ledger.records), copy.copy(ledger.dice), bend or {}
        ledger.grow(LONG, EVERY)
        kept = {name: content for name, content in self.files.items() if name.startswith("records/")}
        return archive_of(ledger.records, self.signer, [2, 40000, SEGMENT, 65700, LONG], segments=kept), ledger.records


def epoch_of(change):
    """The body of an EPOCH record with another member."""
    def make(fields, ledger):
        values = [ledger.epoch, bytes(32), bytes(32), bytes(8), ledger.epoch_seq]
        change(values)
        return pack(values)
    return make


def more(place, by=1):
    def change(values):
        values[place] += by
    return epoch_of(change)


LONG_RECORD_FAULTS = {
    "long_prev": at(65536, prev=b"p" * 32),
    "long_time": at(65536, time=header(-1, slice(16, 24), ">Q")),
    "long_epoch_not_begun": at(65540, epoch=67),
    "long_epoch_skipped": at(66001, body=more(0)),
    "long_epoch_before": at(66001, body=more(4)),
    "long_epoch_after": at(66500, epoch=68),
    "long_second_epoch_skipped": at(67001, body=more(0)),
    "long_second_epoch_before": at(67001, body=more(4)),
}
LONG_FILE_FAULTS = {
    "long_top": replaced("tile/2/000.p/1", flipped),
    "long_tile_of_roots": replaced("tile/1/000", lambda d: flipped(d, 255 * 32)),
    "long_tile_of_roots_last": replaced("tile/1/001.p/6", lambda d: flipped(d, 5 * 32)),
    "long_tile_between": replaced("tile/0/256", flipped),
    "long_checkpoint": checkpoint_fault(65700, root=b"r" * 32),
    "long_checkpoint_at_end": checkpoint_fault(SEGMENT, root=b"r" * 32),
    "long_checkpoint_first": checkpoint_fault(40000, root=b"r" * 32),
    "long_segments_swapped": lambda files, signer, records: files.update({"records/000.gz": segment_of(records[1:SEGMENT + 1])}),
}

# What is missing or not known cannot be called tampered with.
INCOMPLETE = {"version", "class_unknown", "class_zero", "tile_missing", "tile_above_missing", "segment_missing", "checkpoint_origin",
              "checkpoint_unsigned", "sums_missing", "signify_missing", "sshsig_missing", "both_signatures_missing", "signify_key_missing", "public_keys_missing",
              "story_key_missing", "story_newest_key_missing", "checkpoint_missing", "older_checkpoint_missing", "sums_signed_one_more"}


def cases():
    """Name, files, signer of each."""
    for name in RECORD_FAULTS:
        files, signer, _ = synthetic(300, dict(RECORD_FAULTS[name]))
        yield name, files, signer
    for name in list(FILE_FAULTS) + list(SEALED_FAULTS) + FOLDER_FAULTS:
        files, signer, records = synthetic(300)
        if name in FILE_FAULTS:
            FILE_FAULTS[name](files, signer, records)
            seal(files, signer)
        if name in SEALED_FAULTS:
            SEALED_FAULTS[name](files, signer, records)
        yield name, files, signer
    for name, files in stories():
        yield name, files, None
    for name, files in handovers():
        yield name, files, HANDS[0]
    base = Base()
    yield "long_sound", base.grow()[0], base.signer
    for name, bend in LONG_RECORD_FAULTS.items():
        yield name, base.grow(dict(bend))[0], base.signer
    for name, fault in LONG_FILE_FAULTS.items():
        files, records = base.grow()
        fault(files, base.signer, records)
        yield name, seal(files, base.signer), base.signer


def make(folder):
    """The large file that nearly all have in common is there once."""
    shared = {}
    for name, files, signer in cases():
        place = os.path.join(folder, name)
        large = {path: content for path, content in files.items() if len(content) > 1 << 20}
        write(place, {path: content for path, content in files.items() if path not in large})
        for path, content in large.items():
            target = os.path.join(place, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if sha(content) in shared:
                os.link(shared[sha(content)], target)
            else:
                write(place, {path: content})
                shared[sha(content)] = target
        if name in FOLDER_FAULTS:
            links(place, name)
        with open(place + ".pub", "w", encoding="ascii") as file:
            file.write(trusted(signer) if signer else story_keys(name))


def wanted_record(name):
    """Which record has to be named, if one has to."""
    if name == "genesis_other_ledger":
        return None
    if name in STORY_NAMED:
        return STORY_NAMED[name]
    bend = RECORD_FAULTS.get(name) or STORY_FAULTS.get(name) or LONG_RECORD_FAULTS.get(name)
    return next(iter(bend)) if bend else None


def verify(program, folder, once):
    good = bad = 0
    names = sorted(entry[:-4] for entry in os.listdir(folder) if entry.endswith(".pub"))
    for name in names:
        place = os.path.join(folder, name)
        for jobs in ("1", "3") if name.startswith("long_") else ("1",):
            ran = subprocess.run([program, place, "--public-key", place + ".pub", "--json", "--jobs", jobs], capture_output=True,
                                 text=True, timeout=60, check=False)
            status = 0 if name in ("long_sound", "story_sound", "handed_sound") else 8 if name in INCOMPLETE else 4
            try:
                said = json.loads(ran.stdout)
            except ValueError:
                said = {"says": ran.stdout + ran.stderr, "fault": {}, "status": None}
            fault = said["fault"]
            fine = ran.returncode == status == said["status"]
            fine = fine and (status == 0 or bool(fault["file"]))
            fine = fine and wanted_record(name) in (None, fault.get("record"))
            good, bad = good + fine, bad + (not fine)
            if not fine:
                print(f"FAIL: {name}, {jobs} jobs: {ran.returncode}, wanted {status}: {said['says'][:300]}")
                if once:
                    return False
    print(f"{good} passed, {bad} failed, 0 skipped")
    return bad == 0 and good > 0


def main():
    parser = argparse.ArgumentParser(description="Archives with one fault each.")
    parser.add_argument("folder")
    parser.add_argument("--make", action="store_true")
    parser.add_argument("--verify", metavar="PROGRAM")
    parser.add_argument("--once", action="store_true", help="ends with the first that is not found")
    options = parser.parse_args()
    if options.make:
        make(options.folder)
    if options.verify and not verify(options.verify, options.folder, options.once):
        sys.exit(1)


if __name__ == "__main__":
    main()
