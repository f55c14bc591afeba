#!/bin/bash
# SPDX-License-Identifier: MIT
# test_tamper.sh - whatever is changed in an archive, a checkpoint, a proof or a disclosure, daybook-verify finds it and names the file or
# the record: every byte of small ones, one change each (tamper.c), and TAMPER_TRIALS changes by chance in a larger archive.
set -u
here=$(dirname "$0")
tamper=$(realpath "${O:?}/faults/tamper") maker=$(realpath "$here/../interop/make_archive.py")
# shellcheck source=tests/interop/python.sh
source "$here/../interop/python.sh"
trials=${TAMPER_TRIALS:-$([ -n "${LONG:-}" ] && echo 1000000 || echo 2000)}
jobs=${JOBS:-2}
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0 good=0
fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
make() { "$python" "$maker" "$@" || { echo "FAIL: make_archive.py $*" && exit 1; }; }
# finds WHAT TAMPER-ARGUMENT...
finds() {
    if "$tamper" "${@:2}" >said 2>&1; then
        good=$((good + 1)) && echo "$1: $(tail -n 1 said)"
    else
        fail "$1: $(cat said)"
    fi
}

make claims --records 23 --claims
finds 'a checkpoint' --claim claims/checkpoint claims/pub
finds 'a proof and its record' --claim --record claims/record claims/proof claims/pub
finds 'a proof and its receipt' --claim --record claims/receipt claims/proof claims/pub
finds 'a proof of growth' --claim --old claims/old claims/growth claims/pub
finds 'a disclosure' --claim claims/disclosure claims/pub

make small --records 16 --sizes 2,16
make older --records 13 --sizes 2,13
make other --records 16 --sizes 2,16 --seed 2
finds 'every byte of an archive' --other other --older older small small.pub

make larger_older --records 600
make larger_other --records 700 --seed 2
for job in $(seq "$jobs"); do
    make "larger$job" --records 700
    "$tamper" --trials $((trials / jobs)) --seed "$job" --other larger_other --older larger_older "larger$job" "larger$job.pub" >"said$job" 2>&1 &
    pids[job]=$!
done
for job in $(seq "$jobs"); do
    if wait "${pids[job]}"; then
        good=$((good + 1)) && echo "changes by chance, seed $job: $(tail -n 1 "said$job")"
    else
        fail "changes by chance, seed $job: $(cat "said$job")"
    fi
done
echo "$good passed, $bad failed, 0 skipped"
[ "$bad" = 0 ]
