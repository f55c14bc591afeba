#!/bin/bash
# SPDX-License-Identifier: MIT
# test_copies_full.sh - a disk that fills up under an archive, a backup, a restored ledger and a follower: one sentence, exit status 6; what
# was whole stays whole, and with room again the same command comes to its end. Needs root for small file systems of its own.
set -u
daybook=$(realpath "${DAYBOOK:?}")
work=$(mktemp -d) || exit 1
mkdir "$work/small"
if ! mount -t tmpfs -o size=64m tmpfs "$work/small" 2>/dev/null; then
    rm -rf "$work"
    echo "SKIP: a small tmpfs cannot be mounted here (needs root)"
    exit 77
fi
trap 'umount "$work/small"; rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now 2025-01-31T09:00:00Z "$@"; }
must() { "$@" >"$work/out" 2>"$work/said" || fail "$*: $(cat "$work/said")"; }
small=$work/small
# full KILOBYTES WHAT COMMAND... - with so much room it must fail as told; with all of it, it must not.
full() {
    local status=0
    dd if=/dev/zero of="$small/ballast" bs=4k 2>/dev/null # takes all that is left …
    truncate -s "-$1k" "$small/ballast"                   # … but this
    "${@:3}" >"$work/out" 2>"$work/said" || status=$?
    [ $status = 6 ] || fail "$2: a full disk gave exit status $status: $(cat "$work/said")"
    [ "$(wc -l <"$work/said")" = 1 ] || fail "$2: not one sentence: $(cat "$work/said")"
}
roomy() { rm -f "$small/ballast"; }
cd "$work" || exit 1

must at init ledger
must at key new-checkpoint signer
must at audit export "$small/archive" --checkpoint-key signer
must at backup "$small/backup"
must at replicate "$small/follower"
cp -r "$small/archive" older
awk 'BEGIN { print "user_id"; for (i = 0; i < 9000; i++) print "u" i }' >customers.csv
must at import customers customers.csv
must at audit checkpoint --checkpoint-key signer -o second
must at audit export calm --checkpoint second --checkpoint-key signer
must at backup whole

for room in 0 16 400 2000; do
    rm -rf "$small/archive" && cp -r older "$small/archive"
    full $room 'export' at audit export "$small/archive" --checkpoint second --checkpoint-key signer
    (cd "$small/archive" && sha256sum -c --quiet SHA256SUMS) || fail "export: the older archive is not whole any more"
    roomy
    must at audit export "$small/archive" --checkpoint second --checkpoint-key signer
done
diff -r calm "$small/archive" >differs || fail "export: $(head -n 3 differs)"
rm -r "$small/archive"

for room in 0 16 400 2000; do
    full $room 'backup' at backup "$small/backup"
    must "$daybook" backup verify "$small/backup"
    roomy
done
must at backup "$small/backup"
must "$daybook" backup verify "$small/backup"
must "$daybook" --key-file key restore "$small/backup" restored

for room in 16 400 2000; do
    full $room 'restore' "$daybook" --key-file key restore whole "$small/restored"
    if [ -e "$small/restored" ] || [ -e "$small/restored.partial" ]; then fail "restore: half a ledger is left"; fi
    roomy
done
must "$daybook" --key-file key restore whole "$small/restored"
must "$daybook" --dir "$small/restored" --key-file key audit verify
rm -r "$small/restored"

for room in 16 400 2000; do
    full $room 'replicate' at replicate "$small/follower"
    must "$daybook" --dir "$small/follower" audit verify --without-key
    roomy
done
must at replicate "$small/follower"
must "$daybook" --dir "$small/follower" --key-file key audit verify
echo "ok: a full disk loses nothing of archives, backups, restored ledgers and followers"
