#!/bin/bash
# SPDX-License-Identifier: MIT
# test_verify_mutants.sh - a daybook-verify that skips one of its checks is found out: each line of verify_mutants.txt is built, and the
# cases of archive_faults.py and claim_faults.py must not all end as they do with the whole program. MUTANTS=all tries every line (so
# does LONG), otherwise every MUTANTS-th is tried, beginning at MUTANT_FIRST.
set -u
here=$(dirname "$0")
# shellcheck source=tests/interop/python.sh
source "$here/../interop/python.sh"
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
trap 'rm -rf "$work"' EXIT
built=$(realpath "${O:?}")
"$python" tests/interop/archive_faults.py --make "$work/archives" && "$python" tests/interop/claim_faults.py --make "$work/claims" || exit 1
cat >"$work/try.py" <<'P'
"""Builds one mutant after the other and lets the cases judge it."""
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

work, built, step, first, jobs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
objects = [str(path) for path in pathlib.Path(built, "billing/verify").glob("*.o")]
objects += [f"{built}/ledger/base/{name}.o" for name in ("arena", "base64", "buffer", "card", "error", "sha256", "text")]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def link(to, objects_now):
    return run("gcc", "-o", to, *objects_now, "-lcrypto", "-lz", "-lpthread")


def judged(program, file):
    """True when the cases end as they must. Those that are likely to tell come first."""
    suites = [("claim_faults.py", "claims"), ("archive_faults.py", "archives")]
    if file in ("record.c", "succession.c", "archive.c", "segment.c", "sums.c", "signature.c", "inflate.c", "archive_files.c", "folder.c"):
        suites.reverse()
    return all(run(sys.executable, "tests/interop/" + script, "--once", "--verify", program, f"{work}/{cases}").returncode == 0
               for script, cases in suites)


def mutant(number, line):
    """What is wrong with the mutant, None if it was found out."""
    file, old, new = line.split(" @@ ")
    source = pathlib.Path("billing/verify", file).read_text(encoding="utf-8")
    pattern = r"\s*".join(re.escape(word) for word in re.findall(r"\w+|\S", old))
    found = re.findall(pattern, source)
    if len(found) != 1:
        return f"stands there {len(found)} times, not once"
    name = f"{work}/mutant{number}"
    pathlib.Path(name + ".c").write_text(re.sub(pattern, lambda match: new, source), encoding="utf-8")
    made = run("gcc", "-std=c17", "-D_DEFAULT_SOURCE", "-I.", "-O1", "-w", "-fPIC", "-c", "-o", name + ".o", name + ".c")
    if made.returncode == 0:
        made = link(name, [name + ".o"] + [o for o in objects if not o.endswith("/verify/" + file[:-2] + ".o")])
    if made.returncode != 0:
        return "cannot be built: " + made.stderr
    survives = judged(name, file)
    for end in ("", ".c", ".o"):
        os.remove(name + end)
    return "is not found out" if survives else None


lines = [line for line in pathlib.Path("tests/faults/verify_mutants.txt").read_text(encoding="utf-8").split("\n") if line and line[0] != "#"]
link(work + "/whole", objects)
if not judged(work + "/whole", ""):
    sys.exit("FAIL: the cases do not end as they must with the whole program")
chosen = list(enumerate(lines))[first::step]
with ThreadPoolExecutor(jobs) as pool:
    wrong = 0
    for (_, line), why in zip(chosen, pool.map(lambda item: mutant(*item), chosen)):
        if why:
            print(f"FAIL: {line}: {why}", flush=True)
            wrong += 1
print(f"{len(chosen) - wrong} passed, {wrong} failed, 0 skipped")
sys.exit(bool(wrong))
P
step=${MUTANTS:-$([ -n "${LONG:-}" ] && echo all || echo 12)}
[ "$step" != all ] || step=1
"$python" "$work/try.py" "$work" "$built" "$step" "${MUTANT_FIRST:-0}" "${JOBS:-2}"
