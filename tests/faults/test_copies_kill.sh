#!/bin/bash
# SPDX-License-Identifier: MIT
# test_copies_kill.sh - kill -9 at moments spread over an export, a backup, a restore and a replication: run again, each comes to the same
# bytes as if nobody had disturbed it; in between, nothing half-made passes for whole. And snapshots that are made while others write are
# each a prefix of the ledger.
set -u
daybook=$(realpath "${DAYBOOK:?}")
kills=10 # of each
[ -n "${LONG:-}" ] && kills=120
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$work/$1" --key-file "$work/key" --now 2025-01-31T09:00:00Z "${@:2}"; }
must() { "$@" >"$work/out" 2>"$work/said" || fail "$*: $(cat "$work/said")"; }
customers() { # FILE FROM TO
    awk -v a="$2" -v b="$3" 'BEGIN { print "user_id"; for (i = a; i < b; i++) print "u" i }' >"$1"
}
cd "$work" || exit 1

must "$daybook" --key-file key init ledger
must at ledger key new-checkpoint signer
customers some.csv 0 3000
customers more.csv 3000 9000
must at ledger import customers some.csv
must at ledger audit checkpoint --checkpoint-key signer -o first
must at ledger audit export older --checkpoint first --checkpoint-key signer
must at ledger backup older_backup
must at ledger replicate older_follower
must at ledger import customers more.csv
must at ledger audit checkpoint --checkpoint-key signer -o second

export_to() { at ledger audit export "$1" --checkpoint second --checkpoint-key signer; }
backup_to() { at ledger backup "$1"; }
restore_to() { "$daybook" --key-file key restore calm_backup "$1"; }
replicate_to() { at ledger replicate "$1"; }

# strike WHAT FROM SOUND SAME - kills WHAT_to hit at each of $kills moments, beginning with a copy of FROM; SOUND looks at what is there
# after the kill, SAME when it was run again.
strike() {
    local i pid begin ms
    if [ -n "$2" ]; then cp -r "$2" timed; fi
    begin=$(date +%s%N)
    must "$1_to" timed
    ms=$((($(date +%s%N) - begin) / 1000000 + 1))
    for ((i = 0; i < kills; i++)); do
        rm -rf hit hit.partial hit.anchor
        if [ -n "$2" ]; then cp -r "$2" hit; fi
        "$1_to" hit >/dev/null 2>&1 &
        pid=$!
        sleep "$(awk -v ms="$ms" -v i="$i" -v n="$kills" 'BEGIN { printf "%.3f", ms * i / n / 1000 }')"
        pkill -KILL -P "$pid" 2>/dev/null
        kill -KILL "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
        "$3" "$i"
        if [ "$1" != restore ] || [ ! -e hit ]; then must "$1_to" hit; fi
        "$4" "$i"
    done
    rm -rf timed timed.anchor hit hit.anchor
    echo "ok: $kills kills over $ms ms of $1"
}

# A manifest names what is there: if it is the new one, all of the archive is.
archive_sound() {
    [ -e hit/SHA256SUMS ] || return 0
    cmp -s hit/SHA256SUMS calm/SHA256SUMS || return 0
    (cd hit && sha256sum -c --quiet SHA256SUMS) || fail "export, kill $1: the manifest is ahead of the files"
}
archive_same() { diff -r calm hit >differs || fail "export, kill $1: $(head -n 3 differs)"; }
must export_to calm
strike export older archive_sound archive_same
cp -r older grown && must export_to grown
diff -r calm grown >differs || fail "an archive that grew: $(head -n 3 differs)"
nothing=
strike export "$nothing" archive_sound archive_same

# What a killed one left is no part of any snapshot, and those that are there are whole.
backup_sound() { [ ! -d hit/snapshots ] || must "$daybook" backup verify hit; }
backup_same() {
    must "$daybook" backup verify hit
    must "$daybook" backup prune hit --keep 1
    diff -r calm_backup hit >differs || fail "backup, kill $1: $(head -n 3 differs)"
}
cp -r older_backup calm_backup
must backup_to calm_backup
must "$daybook" backup prune calm_backup --keep 1
strike backup older_backup backup_sound backup_same

# A folder of that name is a whole ledger, or there is none.
restore_sound() { [ ! -e hit ] || must at hit audit verify; }
root_of() { at "$1" --json stats | sed -n 's/.*"root": "\([0-9a-f]*\)".*/\1/p'; }
restore_same() { [ "$(root_of hit)" = "$(root_of ledger)" ] || fail "restore, kill $1: another root"; }
strike restore "$nothing" restore_sound restore_same
[ ! -e hit.partial ] || fail "restore: something half is left"

# However far it came, it is a ledger.
follower_sound() { must at hit audit verify --without-key; }
follower_same() {
    [ "$(root_of hit)" = "$(root_of ledger)" ] || fail "replicate, kill $1: another root"
    must at hit audit verify
}
strike replicate older_follower follower_sound follower_same

# ---- while others write ----
"$daybook" --dir ledger --key-file key import customers <(awk 'BEGIN { print "user_id"; for (i = 0; i < 30000; i++) print "v" i }') \
    --rejects rejects >/dev/null 2>said &
writer=$!
snapshots=0
while kill -0 "$writer" 2>/dev/null; do
    must at ledger backup hot
    must at ledger replicate hot_follower
    snapshots=$((snapshots + 1))
done
wait "$writer" || fail "the import: $(cat said)"
must at ledger backup hot
must "$daybook" backup verify hot
must "$daybook" --key-file key restore hot restored
[ "$(root_of restored)" = "$(root_of ledger)" ] || fail "the last snapshot is not the ledger"
for snapshot in $("$daybook" --json backup list hot | sed -n 's/.*"snapshot": "\([0-9a-f-]*\)".*/\1/p' | head -n 3); do
    rm -rf restored restored.anchor
    must "$daybook" --key-file key restore hot restored --snapshot "$snapshot"
    [ "$(root_of restored | cut -c 1-16)" = "${snapshot#*-}" ] || fail "$snapshot has another root"
done
must at ledger replicate hot_follower
must at hot_follower audit verify
[ "$(root_of hot_follower)" = "$(root_of ledger)" ] || fail "the follower is not the ledger"
echo "ok: $snapshots snapshots and replications while 30,000 customers were imported, each a prefix"
