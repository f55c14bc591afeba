#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# verify_archive.py PROGRAM PACK FOLDER - daybook-verify over archives of BENCH_COUNT (400,000) records of 328 bytes, as a log of payments has
# them: packed as our archives are, packed whole by zlib's level 6 as other writers may, and only put into gzip without packing; by one
# thread and by all. Beside it what zlib and SHA-256 alone need for the same bytes, and the memory at its highest. PACK is the program
# that packs a segment. Prints `name value unit`.
import hashlib
import os
import resource
import subprocess
import sys
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../interop"))
from make_archive import Ledger, Signer, archive_of, segments_of, write  # noqa: E402


def records_of(count):
    ledger = Ledger(1)
    ledger.noise = os.urandom
    ledger.grow(2)
    while len(ledger.records) < count:
        ledger.add(3, os.urandom(220), 1, commit=os.urandom(32), nonce=os.urandom(12))
    return ledger.records


def of_one_core():
    """What this process and those that it waited for had of a core: not less because others want it, too."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def rate(count, work, now=of_one_core):
    begun = now()
    work()
    return int(count / (now() - begun))


def packed_by(program, records, folder):
    """Segments as the writer of archives packs them, and how many records it packs in a second."""
    files, rates = {}, []
    for name, content in segments_of(records, 0).items():
        made = folder + ".segment"
        told = subprocess.run([program, os.path.dirname(made) or ".", made], input=zlib.decompress(content, 31), check=True, stdout=subprocess.PIPE).stdout.split()
        rates.append(int(told[1]))
        with open(made, "rb") as file:
            files[name] = file.read()
        os.remove(made)
    return files, sorted(rates)[len(rates) // 2]


# In a process of its own: what this one needs for its archives would be counted for its children, too.
MEMORY = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print("verify_archive_memory", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, "KiB")
"""


def main():
    program, pack, folder = sys.argv[1:]
    count, rounds, cores = int(os.environ.get("BENCH_COUNT", "400000")), int(os.environ.get("BENCH_ROUNDS", "3")), os.cpu_count()
    signer, records = Signer(b"k" * 32), records_of(count)
    with open(folder + ".pub", "w", encoding="ascii") as file:
        file.write(signer.line())
    figures = {}
    ours, packing = packed_by(pack, records, folder)
    figures["pack_segment"] = [packing]
    kinds = {"packed": (0, ours), "level6": (6, None), "stored": (0, None)}
    for name, (level, known) in kinds.items():
        files = archive_of(records, signer, [count], level, known)
        write(folder + name, files)
        segments = [content for path, content in files.items() if path.startswith("records/")]
        for _ in range(rounds):
            figures.setdefault(f"floor_inflate_{name}", []).append(
                rate(count, lambda: [zlib.decompress(segment, 31) for segment in segments]))  # noqa: B023
    raw = b"".join(records)
    for _ in range(rounds):
        figures.setdefault("floor_sha256_of_the_bytes", []).append(rate(count, lambda: hashlib.sha256(raw).digest()))
        for name in kinds:
            for jobs in dict.fromkeys((1, cores)):
                command = [program, folder + name, "--public-key", folder + ".pub", "--jobs", str(jobs)]
                figures.setdefault(f"verify_archive_{name}_{jobs}", []).append(
                    rate(count, lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL),  # noqa: B023
                         of_one_core if jobs == 1 else time.perf_counter))
    for name, values in figures.items():
        print(name, sorted(values)[len(values) // 2], "records/s")
    sys.stdout.flush()
    subprocess.run([sys.executable, "-c", MEMORY, program, folder + "packed", "--public-key", folder + ".pub"], check=True)


if __name__ == "__main__":
    main()
