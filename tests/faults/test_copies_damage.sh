#!/bin/bash
# SPDX-License-Identifier: MIT
# test_copies_damage.sh - every object of a backup flipped, cut, doubled, swapped with another, or missing; its manifests changed, cut, or
# an older one in a newer one's place; archives and followers that are another's, ahead, or went another way: each is found, named, and ends
# with the status of the contract; so is a record that was forged (forge.c); nothing is restored of what is damaged, and nothing is written to what does not fit.
set -u
daybook=$(realpath "${DAYBOOK:?}")
forge=$(realpath "${O:?}/faults/forge")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
bad=0 good=0
fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
at() { "$daybook" --dir "$work/$1" --key-file "$work/key" --now 2025-01-10T09:00:00Z "${@:2}"; }
must() { "$@" >"$work/out" 2>"$work/said" || { echo "FAIL: $*: $(cat "$work/said")" && exit 1; }; }
# gives STATUS WORDS WHAT COMMAND... - ends so, with one sentence that holds the words.
gives() {
    local status=0
    "${@:4}" >"$work/out" 2>"$work/said" || status=$?
    if [ "$status" != "$1" ]; then
        fail "$3: $status, wanted $1: $(cat "$work/said")"
    elif [ "$status" != 0 ] && ! { [ "$(wc -l <"$work/said")" = 1 ] && grep -qF -- "$2" "$work/said"; }; then
        fail "$3: does not say '$2' in one sentence: $(cat "$work/said")"
    else
        good=$((good + 1))
    fi
}
flip() { python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read()); b[len(b) * int(sys.argv[2]) // 4] ^= 1; open(sys.argv[1], "wb").write(b)' "$1" "$2"; }
digest() { (cd "$1" && find . -type f ! -name lock.mdb -print0 | sort -z | xargs -0 sha256sum | sha256sum); }
cd "$work" || exit 1

must "$daybook" --key-file key init ledger
must at ledger key new-checkpoint signer
must at ledger customer create ann
must at ledger audit checkpoint --checkpoint-key signer -o first
must at ledger backup sound
cp -r sound early
must at ledger customer create bob
must at ledger audit checkpoint --checkpoint-key signer -o second
must at ledger backup sound
must "$daybook" backup verify sound

# ---- objects ----
fresh() { rm -rf b && cp -r sound b; }
# needed OBJECT - by the newest snapshot: the customers' keys of an older one are not.
needed() { grep -q "${1/\//}" "$(find sound/snapshots -type f | sort | tail -n 1)"; }
# found STATUS NAME WHAT - by whoever verifies, and by whoever restores.
found() {
    gives "$1" "$2" "$3: verify" "$daybook" backup verify b
    case $2 in objects/*) needed "${2#objects/}" || return ;; esac
    gives "$1" "$2" "$3: restore" "$daybook" --key-file key restore b r
    if [ -e r ] || [ -e r.partial ]; then fail "$3: something was restored"; fi
}
objects=$(cd sound && find objects -type f)
previous=$(echo "$objects" | tail -n 1)
for object in $objects; do
    for part in 0 1 2 3; do
        fresh && flip "b/$object" $part
        found 4 "$object" "a flipped bit in $object"
    done
    fresh && truncate -s -1 "b/$object" && found 4 "$object" "$object cut"
    fresh && : >"b/$object" && found 4 "$object" "$object emptied"
    fresh && cat "sound/$object" >>"b/$object" && found 4 "$object" "$object doubled"
    fresh && cp "sound/$previous" "b/$object" && found 4 "$object" "$previous in the place of $object"
    fresh && rm "b/$object" && found 8 "$object" "$object missing"
    previous=$object
done

# ---- manifests ----
old=$(find sound/snapshots -type f | sort | head -n 1) && old=${old##*/}
new=$(find sound/snapshots -type f | sort | tail -n 1) && new=${new##*/}
for part in 0 1 2 3; do fresh && flip "b/snapshots/$new" $part && found 4 "$new" "a flipped bit in a manifest"; done
fresh && sed -i '$d' "b/snapshots/$new" && found 4 "$new" "a manifest without its last line"
fresh && sed -i '5d' "b/snapshots/$new" && found 4 "$new" "a manifest without a segment"
fresh && cp "b/snapshots/$old" "b/snapshots/$new" && found 4 "$new" "an older manifest replayed"
# By somebody who can make the hash at its end fit, too: a segment left out, other records claimed, a path that leads out.
forge() { # SED-SCRIPT
    fresh
    sed "$1" "sound/snapshots/$new" | sed '$d' >text
    { cat text && echo "sha256 $(sha256sum <text | cut -c 1-64)"; } >"b/snapshots/$new"
    found 4 "$new" "a manifest forged by '$1'"
}
forge 5d
forge 's/^records .*/records 4/'
forge 's/^root \(.*\)..$/root \100/'
forge 's/checkpoints\//..\/checkpoints\//'
forge 's/ checkpoints\/.*/ log\/data.mdb/'
forge 's/^ledger .*/ledger daybook\/ffffffffffffffff/'
# An older state that claims a checkpoint of a newer one.
fresh
later=$(grep "checkpoints/.*$(basename "$(find ledger/checkpoints -type f | sort | tail -n 1)")" "sound/snapshots/$new")
sed '$d' "sound/snapshots/$old" | grep -v ' customer-keys$' >text && echo "$later" >>text
grep ' customer-keys$' "sound/snapshots/$old" >>text # by the bytes of their paths
rm "b/snapshots/$new"
{ cat text && echo "sha256 $(sha256sum <text | cut -c 1-64)"; } >"b/snapshots/$old"
found 5 'and there are only' 'a checkpoint of more records than there are'
gives 1 'there is no snapshot' 'a snapshot that is not there' "$daybook" backup verify sound --snapshot "${new/0/1}"
gives 3 'keep at least one' 'pruning the last' "$daybook" backup prune sound --keep 0
gives 0 '' 'one snapshot alone' "$daybook" backup verify sound --snapshot "$old"

# ---- what does not go on ----
must "$daybook" --key-file key restore early fork
before=$(digest sound)
gives 5 "$new" 'backing up a ledger that is behind' at fork backup sound
for i in 1 2 3 4; do must at fork customer create "other$i"; done
gives 4 'do not have the root' 'backing up a ledger that went another way' at fork backup sound
must "$daybook" --key-file key init another
gives 1 'of another ledger' 'backing up another ledger' at another backup sound
gives 3 'inside the ledger' 'a backup inside the ledger' at ledger backup ledger/backup
[ "$before" = "$(digest sound)" ] || fail 'the backup was touched'

# ---- records that do not follow those before them, by whoever may write to the disk and has no key: every copy refuses what the ledger's
# own verification refuses, in its words ----
count=$(find sound/snapshots -type f | sort | tail -n 1) && count=${count##*/} count=$((10#${count%%-*}))
forged() { # KIND STATUS WORDS
    fresh && must "$forge" backup b "$1"
    gives "$2" "$3" "a backup with a forged record ($1): verify" "$daybook" backup verify b
    gives "$2" "$3" "a backup with a forged record ($1): restore" "$daybook" --key-file key restore b r
    if [ "$2" != 0 ] && { [ -e r ] || [ -e r.partial ]; }; then fail "$1: something was restored"; fi
    rm -rf r r.anchor
}
forged next 0 ''
forged generation 4 "record $count: generation 3 does not follow generation 1"
forged epoch 4 "record $count: key epoch"
forged events 4 "record $count: key epoch"
forged keys 4 "record $count: the key that it begins has no epoch behind it"
must at ledger replicate going
for kind in next generation keys; do
    rm -rf f forged && cp -r ledger forged && cp ledger.anchor forged.anchor && cp -r going f && must "$forge" ledger forged $kind
    case $kind in
        next) status=0 words='' ;;
        generation) status=4 words="record $count: generation 3 does not follow generation 1" ;;
        keys) status=4 words="record $count: the key that it begins has no epoch behind it" ;;
    esac
    gives "$status" "$words" "verifying a ledger with a forged record ($kind)" at forged audit verify
    before=$(digest f)
    gives "$status" "$words" "a follower of it that goes on ($kind)" at forged replicate f
    [ $kind = next ] || [ "$before" = "$(digest f)" ] || fail "$kind: the follower was touched"
    gives "$status" "$words" "a new follower of it ($kind)" at forged replicate f2
    gives "$status" "$words" "a backup of it ($kind)" at forged backup b2
    [ $kind = next ] || [ -z "$(find b2/snapshots -type f 2>/dev/null)" ] || fail "$kind: there is a snapshot"
    rm -rf f2 b2
done

must at ledger audit export archive --checkpoint-key signer
before=$(digest archive)
gives 5 'archive' 'an archive that is ahead' at ledger audit export archive --checkpoint first
rm -rf fork fork.anchor && must "$daybook" --key-file key restore early fork
gives 5 'records, and the checkpoint' 'an archive of a ledger that is behind' at fork audit export archive
for i in 1 2 3 4; do must at fork customer create "other$i"; done
gives 4 'signer.last' 'signing what went another way' at fork audit export archive --checkpoint-key signer
gives 3 'inside the ledger' 'an archive inside the ledger' at ledger audit export ledger/archive
[ "$before" = "$(digest archive)" ] || fail 'the archive was touched'

must at ledger replicate follower
before=$(digest follower)
rm -rf fork fork.anchor && must "$daybook" --key-file key restore early fork
gives 5 'and the ledger only' 'a follower that is ahead' at fork replicate follower
for i in 1 2 3 4; do must at fork customer create "other$i"; done
gives 4 'the follower' 'a follower that went another way' at fork replicate follower
gives 1 'follows another ledger' "another ledger's follower" at another replicate follower
gives 1 'no follower' 'replicating to a ledger' at ledger replicate another
[ "$before" = "$(digest follower)" ] || fail 'the follower was touched'
gives 1 'follows another' 'writing to a follower' at follower customer create eve
gives 0 '' 'reading a follower' at follower customer show bob
gives 0 '' 'promoting it' "$daybook" replicate --promote follower
gives 1 'is no follower' 'promoting it twice' "$daybook" replicate --promote follower
gives 0 '' 'writing to it then' at follower customer create eve
echo "$good passed, $bad failed, 0 skipped"
[ "$bad" = 0 ]
