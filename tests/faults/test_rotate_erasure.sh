#!/bin/bash
# SPDX-License-Identifier: MIT
# test_rotate_erasure.sh - the master key is replaced where customers have keys of their own: with every mixture of the files of before
# and after that a kill can leave, the ledger opens, is backed up, restored and erased from, and one copy only is left of the
# key that an erasure destroys.
set -u
daybook=${DAYBOOK:?}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$work/d" --now 2026-01-10 "$@" >"$work/said" 2>&1; }
must() { at "$@" || fail "$state: $*: $(cat "$work/said")"; }
key=$work/d.key state=begin
only() { # FILE - the one that is left of the customers' keys' own
    [ "$(cd "$work" && echo ./*.kek*)" = "./$(basename "$1")" ] || fail "$state: there are $(cd "$work" && echo ./*.kek*)"
    [ ! -e "$work/d/customer-keys.moving" ] || fail "$state: the note is left"
}
keep() { # NAME - all files as they are
    mkdir "$work/$1" && cp -a "$work/d" "$work"/d.* "$work/$1" || exit 1
    [ ! -e "$work/new" ] || cp -a "$work"/new* "$work/$1" || exit 1
}
back() { # NAME - as they were then
    rm -rf "$work/d" "$work"/d.* "$work"/new "$work"/new.* "$work/backup" "$work/again"* && cp -a "$work/$1/." "$work" || exit 1
}
# lives KEYFILE - it opens, texts are read, and copies and an erasure are made.
lives() {
    must --key-file "$1" customer show ann
    grep -q "Ann of Ulm" "$work/said" || fail "$state: her name is not read"
    only "$kek_now"
    must --key-file "$1" audit verify
    must --key-file "$1" backup "$work/backup"
    "$daybook" --key-file "$1" restore "$work/backup" "$work/again" >"$work/said" 2>&1 || fail "$state: restore: $(cat "$work/said")"
    "$daybook" --key-file "$1" --dir "$work/again" customer show ann >"$work/said" 2>&1 || fail "$state: what was restored: $(cat "$work/said")"
    must --key-file "$1" customer erase ann --reason "her letter"
    must --key-file "$1" customer show bob
    grep -q "Bob of Bonn" "$work/said" || fail "$state: another one's name is not read"
    only "$kek_now"
    must --key-file "$1" audit verify
    "$daybook" --key-file "$1" --dir "$work/again" customer show ann >"$work/said" 2>&1
    [ $? = 8 ] || fail "$state: a copy of before is read: $(cat "$work/said")"
}

must init
must customer create ann --name "Ann of Ulm" --email ann@example.com
must customer create bob --name "Bob of Bonn"
must customer create cem --name "Cem of Kiel"
must customer erase cem --reason "his letter" # a first erasure, of before any rotation
kek=$(echo "$key".*.kek)
end=${kek#"$key".}
keep before

# ---- in place: the log knows of the new key, and the files are of before, or some of them
state="a rotation" kek_now=$kek
must key rotate
keep after
old=$(echo "$work"/after/d.key.old-*)
lives "$key"
state="killed before the key's own key was wrapped anew"
back after && cp -a "$work/before/$(basename "$kek")" "$kek"
lives "$key"
state="killed while it was wrapped anew"
back after && cp -a "$work/before/$(basename "$kek")" "$kek" && head -c 40 "$work/after/$(basename "$kek")" >"$kek.wrap"
chmod 600 "$kek.wrap"
lives "$key"
state="killed before the new key was in place"
back after && cp -a "$work/before/$(basename "$kek")" "$kek" && mv "$key" "$key.new" && mv "$work/$(basename "$old")" "$key"
keep unplaced
at stats && fail "$state: the old key opens it"
grep -q "'daybook key rotate' puts it in place" "$work/said" || fail "$state: $(cat "$work/said")"
must key rotate
lives "$key"
state="used by the new key's file before it was in place"
back unplaced
must --key-file "$key.new" customer show bob
must key rotate
lives "$key"

# ---- another file: the KEK goes with it
kek_now=$work/new.$end
back before
state="a rotation to another file"
must key rotate --new-key-file "$work/new"
keep moved
only "$kek_now"
lives "$work/new"
state="killed before the log knew"
back before && cp -a "$work/moved/new" "$work/new" && printf %s "$kek" >"$work/d/customer-keys.moving"
chmod 600 "$work/d/customer-keys.moving"
kek_now=$kek
lives "$key"
kek_now=$work/new.$end
for there in "" "$work/moved/new.$end" "$work/before/d.key.$end"; do # as the new one: none, whole, and one of no use
    state="killed before the old one was destroyed, '$there'"
    back moved && cp -a "$work/before/$(basename "$kek")" "$kek" && rm "$kek_now" && printf %s "$kek" >"$work/d/customer-keys.moving"
    chmod 600 "$work/d/customer-keys.moving"
    [ -z "$there" ] || cp -a "$there" "$kek_now"
    at --key-file "$key" stats && fail "$state: the old key opens it"
    lives "$work/new"
done
state="killed while the old one was destroyed"
back moved && head -c 132 /dev/urandom >"$kek" && chmod 600 "$kek" && printf %s "$kek" >"$work/d/customer-keys.moving"
chmod 600 "$work/d/customer-keys.moving"
lives "$work/new"

if [ "$(id -u)" != 0 ]; then # whom nothing is denied cannot try it
    state="a folder in which nothing may be removed"
    back before && mkdir "$work/sealed" && mv "$key" "$kek" "$work/sealed" && chmod 500 "$work/sealed"
    at --key-file "$work/sealed/d.key" key rotate --new-key-file "$work/new"
    [ $? = 6 ] || fail "$state: $(cat "$work/said")"
    grep -q "cannot take '$work/sealed/d.key.$end' along to the new key: Permission denied" "$work/said" || fail "$state: $(cat "$work/said")"
    must --key-file "$work/sealed/d.key" customer show ann
    chmod 700 "$work/sealed" && rm -r "$work/sealed"
fi

# ---- twice, and an older key's own key
state="two rotations" kek_now=$kek
back before
must key rotate
must key rotate
cp -a "$work/before/$(basename "$kek")" "$kek" # two keys ago: what nothing erased since
lives "$key"
cp -a "$work/before/$(basename "$kek")" "$kek" # of before the erasure: refused, named, and nothing lost
at stats
[ $? = 8 ] || fail "an older key's own key: $(cat "$work/said")"
grep -q "'$kek' of .*: one is an older copy" "$work/said" || fail "the sentence: $(cat "$work/said")"

# ---- what stands in its place
back before && rm "$kek" && mkdir -m 700 "$kek"
at stats
[ $? = 3 ] || fail "a folder: $(cat "$work/said")"
grep -q "'$kek' is not a regular file\$" "$work/said" || fail "a folder: $(cat "$work/said")"

# ---- a backup of before an erasure, with the keys of before and with the newest
state="a backup of before an erasure" kek_now=$kek
back before
must backup "$work/backup"
must customer erase ann --reason "her letter"
"$daybook" --key-file "$key" restore "$work/backup" "$work/again" >"$work/said" 2>&1
[ $? = 8 ] || fail "$state: it was restored: $(cat "$work/said")"
if [ -e "$work/again" ] || [ -e "$work/again.partial" ]; then fail "$state: it is half restored"; fi
cp -a "$work/before/d" "$work/again" && cp -p "$work/before/d.anchor" "$work/again.anchor"
cp -p "$work/d/customer-keys" "$work/again/customer-keys"
"$daybook" --key-file "$key" --dir "$work/again" stats >"$work/said" 2>&1
[ $? = 5 ] || fail "$state: an older log with the newest keys: $(cat "$work/said")"
must customer show bob
grep -q "Bob of Bonn" "$work/said" || fail "$state: the ledger itself"

# ---- a kill at any moment of a move
moves=0
for ((i = 0; i < 12; i++)); do
    back before
    "$daybook" --dir "$work/d" --now 2026-01-10 key rotate --new-key-file "$work/new" >/dev/null 2>&1 &
    pid=$!
    sleep "$(awk -v i="$i" 'BEGIN { printf "%.4f", 0.003 * (i + 1) }')"
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    state="kill $i" kek_now=$kek opens=$key
    at stats || { kek_now=$work/new.$end opens=$work/new moves=$((moves + 1)); }
    lives "$opens"
done
echo "ok: every mixture opens and is erased from; of 12 kills $moves had replaced the key"
