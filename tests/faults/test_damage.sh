#!/bin/bash
# SPDX-License-Identifier: MIT
# test_damage.sh - files that are damaged, gone, or not for writing. Damaged views never stand in the way: they are made anew, unasked or
# by 'rebuild', while the log is sound. Verification never calls sound what it could not read, and a copy for reading only is enough for
# it. A crash on a damaged page is one sentence and an exit status of the contract.
set -u
daybook=$(realpath "${DAYBOOK:?}")
work=$(TMPDIR=/tmp mktemp -d) || exit 1 # another user must get there
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
bad=0 good=0 skipped=0
fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
skip() { echo "skipped: $*" && skipped=$((skipped + 1)); }
at() { "$daybook" --dir "$work/d" --key-file "$work/key" --now 2025-01-10T09:00:00Z "$@"; }
# gives STATUSES WHAT COMMAND... - ends with one of them, and with one sentence when it is not 0.
gives() {
    local wanted=$1 what=$2 status=0
    shift 2
    "$@" >"$work/out" 2>"$work/said" || status=$?
    if [[ " $wanted " != *" $status "* ]]; then
        fail "$what: $status, wanted $wanted: $(cat "$work/said")"
    elif [ "$status" != 0 ] && { [ "$(wc -l <"$work/said")" != 1 ] || ! grep -q '^daybook: ' "$work/said"; }; then
        fail "$what: not one sentence: $(cat "$work/said")"
    else
        good=$((good + 1))
    fi
}
fresh() { rm -rf "$work/d" && cp -r "$work/sound" "$work/d"; }
views=$work/d/views/data.mdb
size_of() { stat -c %s "$1"; }
# xored FILE OFFSET BYTES - turns every bit of them.
xored() {
    python3 - "$@" <<'P'
import sys
path, offset, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open(path, 'r+b') as f:
    f.seek(offset)
    old = f.read(count)
    f.seek(offset)
    f.write(bytes(b ^ 0xff for b in old))
P
}
# The next copy of the views counts as one that this machine has open: their marker names the inode of the file.
same_boot() { printf 'daybook views 1\nboot %s\ninode %s\nopen\n' "$(cat /proc/sys/kernel/random/boot_id)" "$(stat -c %i "$views")" >"$work/d/views/state"; }

at init "$work/d" >/dev/null || fail init
for i in $(seq 40); do at customer create "u$i" >/dev/null || fail "customer u$i"; done
at subscription create u1 --tier pro --payment-method pm_card_visa >/dev/null || fail 'subscription create'
at invoice generate u1 >/dev/null || fail 'invoice generate'
mv "$work/d" "$work/sound"

# cured WHAT UNASKED - the views are damaged: the next command heals them by itself (UNASKED 0) or may end with the sentence; 'rebuild'
# always works.
cured() {
    cp -r "$work/d" "$work/damaged"
    gives "$2" "$1: the next command" at customer show u7
    rm -rf "$work/d" && mv "$work/damaged" "$work/d"
    [ "${3:-}" != open ] || same_boot
    gives 0 "$1: rebuild" at rebuild
    gives 0 "$1: a command after the rebuild" at customer show u7
    gives 0 "$1: verification after the rebuild" at audit verify --quiet
}
full=$(size_of "$work/sound/views/data.mdb")
for size in 0 100 4096 5000 8192 12288 20000 $((full / 2)) $((full - 4096)); do
    for state in clean open; do
        fresh && truncate -s "$size" "$views"
        [ $state = clean ] || same_boot
        cured "views cut off at $size, $state" 0 $state
    done
done
for offset in 0 16 24 32 40 48 100 136 144 4112 4136 4196 4240; do
    fresh && xored "$views" "$offset" 8
    cured "views damaged at $offset" '0 4'
done
fresh && xored "$views" 100 64
cured 'views damaged at 100, 64 bytes' 0
for ((page = 2; page * 4096 < full; page++)); do
    fresh && xored "$views" $((page * 4096)) 64
    # Inside a page LMDB cannot tell an entry that is lost from one that never was: then the customer is not found.
    cured "views damaged in page $page" '0 1 4'
done
fresh && head -c "$full" /dev/urandom >"$views"
cured 'views of noise' 0
fresh && xored "$work/d/views/lock.mdb" 0 64
cured 'the lock file of the views damaged' '0 4'
fresh && rm -r "$work/d/views"
cured 'no views' 0

# While somebody else has the views open, rebuilding empties them in place.
fresh
exec 9<"$work/d/views/state.lock" && flock -s 9
inode=$(stat -c %i "$views")
gives 0 'rebuild of views that somebody has open' at rebuild
[ "$inode" = "$(stat -c %i "$views")" ] || fail 'views that somebody has open were deleted'
exec 9<&-
gives 0 'rebuild of sound views' at rebuild
gives 0 'verification of rebuilt views' at audit verify --quiet

# The log is gone: there is no ledger to work with, and nothing is verified.
for gone in 'rm -r log' 'rm log/data.mdb' 'truncate -s 0 log/data.mdb'; do
    fresh && (cd "$work/d" && $gone)
    gives 1 "$gone: a command" at customer show u1
    gives 8 "$gone: verification" at audit verify
    gives 8 "$gone: verification without key" at audit verify --without-key
    [ ! -s "$work/d/log/data.mdb" ] || fail "$gone: a log was made"
done
rm -rf "$work/d"
gives 1 'no directory: verification' at audit verify
mkdir "$work/d"
gives 1 'an empty directory: verification' at audit verify

# A log that is damaged is told, whatever way it is.
log=$work/d/log/data.mdb
full_log=$(size_of "$work/sound/log/data.mdb")
for size in 100 5000 8192 $((full_log / 2)); do
    fresh && truncate -s "$size" "$log"
    gives 4 "log cut off at $size: verification" at audit verify
    gives 4 "log cut off at $size: verification without key" at audit verify --without-key
done

# As somebody else. The program and what it reads must be reachable for them.
as_other() { "$@"; }
can=yes
if [ "$(id -u)" = 0 ]; then
    if command -v setpriv >/dev/null && id nobody >/dev/null 2>&1; then
        as_other() { setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups "$@"; }
    else
        can=no
    fi
fi
cp "$daybook" "$work/daybook" && chmod 755 "$work" "$work/daybook"
if [ $can = no ] || ! as_other "$work/daybook" version >/dev/null 2>&1; then
    skip 'what another user may read: this needs setpriv and a user nobody'
else
    other() { as_other "$work/daybook" --dir "$work/d" --now 2025-01-10 "$@"; }
    fresh && find "$work/d" -type f -exec chmod 444 {} + && find "$work/d" -type d -exec chmod 555 {} +
    before=$(cd "$work/d" && find . -type f -exec sha256sum {} + | sort)
    gives 0 'a copy for reading only' other audit verify --without-key --without-anchor
    [ "$before" = "$(cd "$work/d" && find . -type f -exec sha256sum {} + | sort)" ] || fail 'verification has changed the copy'
    chmod -R u+rwx "$work/d"
    rm "$work/d/log/lock.mdb" && chmod 555 "$work/d/log"
    gives 0 'a copy for reading only, without a lock file' other audit verify --without-key --without-anchor
    rm -f "$work/d.anchor"
    gives 8 'a copy for reading only, whose anchor nobody gave along' other audit verify --without-key
    chmod 000 "$work/d/log"
    gives 6 'a log that may not be looked at' other audit verify --without-key
    grep -q 'Permission denied' "$work/said" || fail "a log that may not be looked at: $(cat "$work/said")"
    chmod 755 "$work/d/log"
fi

[ $bad = 0 ] || { echo "$bad of $((bad + good)) failed" && exit 1; }
echo "ok: $good commands on damaged, missing and read-only files"
[ $skipped = 0 ] || exit 77
