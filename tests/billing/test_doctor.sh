#!/bin/bash
# SPDX-License-Identifier: MIT
# test_doctor.sh - 'daybook doctor' tells of each thing that is made wrong here, with the status that it deserves, and
# leaves the ledger as it was, byte for byte.
set -u
daybook=$(realpath "${DAYBOOK:?}")
work=$(mktemp -d) || exit 1
mounted=
end() {
    if [ -n "$mounted" ]; then umount "$mounted"; fi
    rm -rf "$work"
}
trap end EXIT
cd "$work" || exit 1
unset DAYBOOK_DIR DAYBOOK_KEY_FILE DAYBOOK_ANCHOR_FILE DAYBOOK_CHECKPOINT_KEY DAYBOOK_STRIPE_KEY_FILE
good=0 bad=0 skipped=0
day='2025-01-10T12:00:00Z'
at() { "$daybook" --now "$day" --dir "$@"; }

result() { # result OK WHAT
    if [ "$1" = 0 ]; then good=$((good + 1)); else
        bad=$((bad + 1))
        echo "FAIL: $2"
        sed 's/^/    /' out err
    fi
}

# finds WHAT STATUS CHECK STATE PATTERN [ARGUMENT...]: doctor ends with this status, and says of the check this state and a
# sentence like that.
finds() {
    local what=$1 status=$2 check=$3 state=$4 pattern=$5 is
    shift 5
    "$daybook" --now "$day" --json "$@" doctor >out 2>err
    is=$?
    [ "$is" = "$status" ] && python3 - "$check" "$state" "$pattern" <<'PY'
import json, re, sys
check, state, pattern = sys.argv[1:]
rows = [json.loads(line) for line in open("out")]
of = [row for row in rows if row["check"] == check]
assert of and of[0]["state"] == state, of
assert re.search(pattern, of[0]["found"]), of
assert state == "ok" or (of[0]["why"] and (of[0]["advice"] or state == "look")), of
PY
    result $? "$what (status $is)"
}

fresh() { # fresh NAME: a ledger with a customer, whose key, anchor and the rest lie beside it
    at "$1" init --quiet && at "$1" subscription create ann --tier basic --payment-method pm_card_visa --quiet
}

fresh books || exit 1
everything() { find books books.* -type f ! -name lock.mdb -exec sha256sum {} + | sort; }
everything >before
finds 'a sound ledger' 0 log ok 'records' --dir books
finds 'its views' 0 views ok 'as far as the log' --dir books
finds 'its anchor' 0 anchor ok 'sound' --dir books
finds 'its key' 0 key ok 'opens the ledger' --dir books
finds 'no ledger named' 0 ledger look 'no ledger is named'
at books doctor --deep >out 2>err && grep -q 'ok     deep' out
result $? 'deep'
everything >after
cmp -s before after
result $? 'nothing was written'

finds 'a missing directory' 1 files wrong 'no such directory' --dir nowhere

chmod 644 books/log/data.mdb
finds 'others can read the log' 3 files wrong 'mode 0644' --dir books
chmod 600 books/log/data.mdb
chmod 644 books.key
finds 'others can read the key' 3 key wrong 'mode is 0644' --dir books
chmod 600 books.key
mv books.key hidden
finds 'the key is missing' 1 key wrong 'books.key' --dir books
printf '%064d\n' 7 >books.key && chmod 600 books.key
finds 'another key' 3 key wrong 'key' --dir books
finds 'what it takes the key for' 3 views look 'could not be looked at' --dir books 2>/dev/null
mv hidden books.key

kek=$(echo books.key.*.kek)
mv "$kek" hidden
finds 'the kek is missing' 8 customer_keys wrong 'missing' --dir books
mv hidden "$kek"

mv books.anchor hidden
finds 'the anchor is missing' 8 anchor wrong 'missing' --dir books
echo nonsense >books.anchor && chmod 600 books.anchor
finds 'the anchor is damaged' 4 anchor wrong 'anchor' --dir books
mv hidden books.anchor

cp -a books older
at books usage record ann api_calls 5 --quiet
mv books newer && mv older books
finds 'an older copy in its place' 5 anchor wrong 'older copy' --dir books
rm -r books && mv newer books

day='2025-01-10T11:00:00Z'
finds 'the clock is an hour back' 0 clock look '1 hour before the last record' --dir books
day='2024-12-01T00:00:00Z'
finds 'the clock is weeks back' 1 clock wrong '40 days before the last record' --dir books
day='2027-01-01T00:00:00Z'
finds 'the clock is years ahead' 0 clock look 'behind the last record' --dir books
day='2025-01-10T12:00:00Z'

cp -a books/views keep
head -c 5000 /dev/urandom >books/views/data.mdb
finds 'the views are damaged' 0 views look '.' --dir books
rm -r books/views
finds 'the views are gone' 0 views look 'built' --dir books
mv keep books/views

cp -a books torn && cp books.key torn.key && cp -p "$kek" "torn.key${kek#books.key}" && cp -p books.anchor torn.anchor
head -c 9000 /dev/zero >torn/log/data.mdb
finds 'the log is damaged' 4 log wrong 'damaged' --dir torn
head -c 8192 books/log/data.mdb >torn/log/data.mdb
finds 'the log is cut off, and reading it ends a process' 4 ledger wrong 'ended the process' --dir torn

"$daybook" --dir books backup copies --quiet
at books --json doctor --backup copies >out 2>err
grep -q '"check":"backup","state":"ok","found":"0 records behind' out
result $? 'a backup that is up to date'
! at books --json doctor --backup nothing >out 2>err && grep -q '"check":"backup","state":"wrong"' out
result $? 'a backup that is not there'

echo sk_test_1 >stripe && chmod 600 stripe
finds 'a test key of Stripe' 0 gateway ok 'test key' --dir books --stripe-key-file stripe
chmod 644 stripe
finds 'a key of Stripe that others read' 3 gateway wrong 'mode is 0644' --dir books --stripe-key-file stripe
finds 'a checkpoint key that is not there' 1 checkpoint_key wrong 'none' --dir books --checkpoint-key none

echo long-enough-for-a-test >phrase && chmod 600 phrase
at books key protect --new-passphrase-file phrase --quiet
finds 'a protected key, and nobody gives the passphrase' 0 key look 'protected' --dir books </dev/null
finds 'a protected key' 0 key ok 'protected by a passphrase' --dir books --passphrase-file phrase
at books --passphrase-file phrase key unprotect --quiet

mkdir small
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=6m,mode=0700 none small 2>/dev/null; then
    mounted=$work/small
    fresh small/books
    head -c 20m /dev/zero >small/fill 2>/dev/null
    day='2025-01-10T13:00:00Z'
    finds 'a full disk' 6 disk wrong 'free' --dir small/books
    finds 'a ledger in memory' 6 file_system look tmpfs --dir small/books
else
    skipped=$((skipped + 2))
    echo '[SKIP] no small file system can be mounted here'
fi

at books doctor >out 2>err
! grep -q $'\033' out
result $? 'no colours in a pipe'
at books --quiet doctor >out 2>err
! grep -q '^ok' out && grep -q '^look' out
result $? 'quiet leaves out what is as it should be'

echo "$good passed, $bad failed, $skipped skipped"
[ $bad = 0 ]
