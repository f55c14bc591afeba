#!/bin/bash
# SPDX-License-Identifier: MIT
# test_disk_full.sh - a file system that fills up in the middle of an import and of a nightly run: one sentence, exit status 6, what was
# acknowledged is there, and with room again the work goes on to the end. Needs root for a small tmpfs of its own.
set -u
daybook=${DAYBOOK:?}
work=$(mktemp -d) || exit 1
small=$work/small
mkdir "$small"
if ! mount -t tmpfs -o size=64m tmpfs "$small" 2>/dev/null; then
    rmdir "$small" "$work"
    echo "SKIP: a small tmpfs cannot be mounted here (needs root)"
    exit 77
fi
trap 'umount "$small"; rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$small/d" --key-file "$work/key" --now 2025-01-31 "$@"; }

"$daybook" --key-file "$work/key" --now 2024-12-31 init "$small/d" >/dev/null || fail init
at import customers fixtures/customers.csv >/dev/null 2>&1 || fail "the customers do not fit: make the file system larger"
dd if=/dev/zero of="$small/ballast" bs=4k 2>/dev/null # takes all that is left …
truncate -s -200k "$small/ballast"                    # … but this
at import usage fixtures/usage-2025-01.csv.gz --rejects "$work/rejects" >/dev/null 2>"$work/said"
status=$?
[ $status = 6 ] || fail "a full disk gave exit status $status: $(cat "$work/said")"
[ "$(wc -l <"$work/said")" = 1 ] || fail "not one sentence: $(cat "$work/said")"
rm "$small/ballast"
at audit verify >/dev/null || fail "the ledger does not verify after a full disk"
at import usage fixtures/usage-2025-01.csv.gz --rejects "$work/rejects" >/dev/null || fail "the import does not go on"
at --json usage show user_0002 >/dev/null || fail "no usage"
at audit verify >/dev/null || fail "the ledger does not verify at the end"
at run --through 2025-01-31 --out "$work/out" >/dev/null || fail "run"

# Now the folder of the reports is full: the events are there, the files come with the next run.
mkdir "$work/tiny"
mount -t tmpfs -o size=64k tmpfs "$work/tiny" || fail "mount"
trap 'umount "$work/tiny"; umount "$small"; rm -rf "$work"' EXIT
at run --through 2025-01-31 --out "$work/tiny/out" >/dev/null 2>"$work/said"
status=$?
[ $status = 6 ] || fail "a full report folder gave exit status $status: $(cat "$work/said")"
[ ! -e "$work/tiny/out/run.json" ] || fail "a manifest of files that are not there"
at audit verify >/dev/null || fail "the ledger does not verify"
echo "ok: a full disk loses nothing"
