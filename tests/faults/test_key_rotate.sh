#!/bin/bash
# SPDX-License-Identifier: MIT
# test_key_rotate.sh - the master key is replaced, and kill -9 comes at any moment: one of two files opens the ledger, the sentence says
# which, and 'key rotate' once more ends what was begun. The moments between the steps are also made by hand, one by one.
set -u
daybook=${DAYBOOK:?}
kills=25
[ -n "${LONG:-}" ] && kills=300
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$work/d" --now 2026-01-10 "$@"; }
key=$work/d.key
name() { at --key-file "$1" --json key show | python3 -c 'import json, sys; print(json.load(sys.stdin)["key"])'; }
told=$key.told
# ends_told STATUS COMMAND... - ends with it, and says where the new key is.
ends_told() {
    local wanted=$1 status=0
    shift
    "$@" >/dev/null 2>"$told" || status=$?
    if [ "$status" != "$wanted" ] || ! is_told "$told"; then fail "$*: $status: $(cat "$told")"; fi
}
is_told() { grep -q "which is in '$key.new': 'daybook key rotate' puts it in place" "$1"; }
works() { # after WHAT
    at audit verify --quiet >"$work/said" 2>&1 || fail "$1: it does not verify: $(cat "$work/said")"
    at --json customer list | grep -c user_id >"$work/count" || fail "$1: the customers are not there"
    [ "$(cat "$work/count")" = 40 ] || fail "$1: $(cat "$work/count") customers"
}

at init >/dev/null || fail init
head -n 41 fixtures/customers.csv >"$work/customers.csv"
at import customers "$work/customers.csv" >/dev/null || fail "import customers"
first=$(name "$key")

# By hand. Killed before the log knows of the new key: the old one opens, and the new file is taken as it is.
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$key.new"
chmod 600 "$key.new"
works "a new key that is not in use yet"
at --json key rotate >"$work/said" || fail "with a new key's file there"
grep -q "\"old_key\": *\"$first\"" "$work/said" || fail "the old key is not named: $(cat "$work/said")"
second=$(name "$key")
if [ -e "$key.new" ] || [ ! -s "$key.old-$first" ]; then fail "the files are not in place"; fi
works "the first rotation"
at --key-file "$key.old-$first" stats >/dev/null 2>"$work/said"
[ $? = 3 ] || fail "the old key opens it: $(cat "$work/said")"
grep -q "the key $first was replaced on 2026-01-10 by key $second\$" "$work/said" || fail "the sentence: $(cat "$work/said")"

# Killed before the new file is in place.
at key rotate --new-key-file "$key.new" >/dev/null || fail "key rotate --new-key-file"
ends_told 3 at stats
ends_told 8 at audit verify
at --key-file "$key.new" stats >/dev/null || fail "the new file does not open it"
at --json key rotate >"$work/said" || fail "key rotate does not end it"
grep -q '"finished": *true' "$work/said" || fail "it rotated once more: $(cat "$work/said")"
works "a rotation that was ended"

# Killed between the two names of the old file and the new one's last.
third=$(name "$key")
at key rotate --new-key-file "$key.new" >/dev/null || fail "key rotate --new-key-file"
ln "$key" "$key.old-$third"
ends_told 3 at stats
at key rotate >/dev/null || fail "key rotate does not end it"
works "a rotation that was ended late"

# A file that stands where the old one is to be kept is not lost.
fourth=$(name "$key")
echo precious >"$key.old-$fourth"
at key rotate >/dev/null 2>"$work/said" && fail "it replaced a file that was there"
grep -q "'$key.new' opens the ledger" "$work/said" || fail "the sentence: $(cat "$work/said")"
[ "$(cat "$key.old-$fourth")" = precious ] || fail "the file is gone"
rm "$key.old-$fourth"
at key rotate >/dev/null || fail "key rotate does not end it"
works "the file that stood there"

# A key command, beside which the customers' keys' own key is elsewhere, and a key that the ledger had before.
kek=$(echo "$key".*.kek)
mv "$kek" "$work/d.${kek#"$key".}"
"$daybook" --dir "$work/d" --key-command "cat $key" key rotate >/dev/null 2>"$work/said"
[ $? = 2 ] || fail "a key command: $(cat "$work/said")"
mv "$work/d.${kek#"$key".}" "$kek"
cp -p "$key.old-$first" "$work/used"
at key rotate --new-key-file "$work/used" >/dev/null 2>"$work/said"
[ $? = 1 ] || fail "an old key is taken again: $(cat "$work/said")"
at key rotate --new-key-file "$work/d/inside" >/dev/null 2>&1 && fail "the new key lies inside the ledger"
at key rotate --new-key-file "$key" >/dev/null 2>&1 && fail "the new key is the old one's file"
works "what was refused"

# Copies are of the same records: one that is older opens by the key that it had, one that is newer by the new key.
at backup "$work/backup" >/dev/null || fail backup
fifth=$(name "$key")
cp -p "$kek" "$work/kek.kept" # as operations do, elsewhere
at replicate "$work/follower" >/dev/null || fail replicate
at key rotate >/dev/null || fail "a rotation between two backups"
at backup "$work/backup" >/dev/null || fail "backup after a rotation"
at replicate "$work/follower" >/dev/null || fail "replicate after a rotation"
"$daybook" --key-file "$key" restore "$work/backup" "$work/restored" >/dev/null || fail restore
"$daybook" --dir "$work/restored" --key-file "$key" audit verify >/dev/null || fail "what was restored"
snapshot=$("$daybook" --json backup list "$work/backup" | python3 -c 'import json, sys; print(json.load(sys.stdin)["snapshots"][0]["snapshot"])')
mv "$work/kek.kept" "$key.old-$fifth.${kek#"$key".}"
"$daybook" --key-file "$key.old-$fifth" restore "$work/backup" "$work/older" --snapshot "$snapshot" >/dev/null || fail "restore of an older one"
"$daybook" --dir "$work/older" --key-file "$key.old-$fifth" customer list >/dev/null || fail "what was restored of an older one"
"$daybook" --dir "$work/follower" --key-file "$key" audit verify >/dev/null || fail "the follower"

# By kill -9, at moments over the whole of it.
begin=$(date +%s%N)
at key rotate >/dev/null || fail "a rotation"
ms=$((($(date +%s%N) - begin) / 1000000 + 1))
old=0 new=0
for ((i = 0; i < kills; i++)); do
    "$daybook" --dir "$work/d" --now 2026-01-10 key rotate >/dev/null 2>&1 & # itself, not a shell around it
    pid=$!
    sleep "$(awk -v ms="$ms" -v i="$i" -v n="$kills" 'BEGIN { printf "%.4f", ms * (i + 0.5) / n / 1000 }')"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    if at stats >/dev/null 2>"$work/said"; then
        old=$((old + 1))
    elif is_told "$work/said" && at --key-file "$key.new" stats >/dev/null; then
        new=$((new + 1))
        at key rotate >/dev/null || fail "kill $i: key rotate does not end it"
    else
        fail "kill $i: neither file opens it: $(cat "$work/said")"
    fi
    works "kill $i"
done
at key show >"$work/said" || fail "key show"
echo "ok: $kills kills over $ms ms, $new of them before the new file was in place; $(grep -c '^  [0-9a-f]\{16\} ' "$work/said") master keys open it"
