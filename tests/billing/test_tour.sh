#!/bin/bash
# SPDX-License-Identifier: MIT
# test_tour.sh - the tour goes from a new ledger to a verified one, in a folder of its own, and touches nothing of whoever takes
# it; 'daybook' alone says what there is.
set -u
daybook=$(realpath "${DAYBOOK:?}")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset DAYBOOK_DIR DAYBOOK_KEY_FILE DAYBOOK_ANCHOR_FILE DAYBOOK_TOKEN_FILE
export TMPDIR=$work/tmp
mkdir tmp
good=0 bad=0
result() { # result OK WHAT
    if [ "$1" = 0 ]; then good=$((good + 1)); else
        bad=$((bad + 1))
        echo "FAIL: $2"
        tail -n 30 out | sed 's/^/    /'
    fi
}

"$daybook" init mine --quiet || exit 1
everything() { find mine mine.* -type f -exec sha256sum {} + | sort; }
everything >before
export DAYBOOK_DIR=$work/mine DAYBOOK_KEY_FILE=$work/mine.key DAYBOOK_ANCHOR_FILE=$work/mine.anchor DAYBOOK_TOKEN_FILE=$work/none

timeout 60 "$daybook" tour >out 2>&1
result $? 'the tour'
# 36.13: cases/billing.md, P-25. 198.67: that, 99.00 for the next month, and 6,354 calls over the quota at 0.01.
for shown in 'daybook --now 2025-01-01 init books' '198.67' 'prorated charge       36.13' 'verified                  yes' \
    'rm -r '; do
    grep -qF -- "$shown" out
    result $? "it shows: $shown"
done
folder=$(sed -n 's/^To remove it: rm -r //p' out)
[ -d "$folder/books" ] && find "$folder/out" -name INV-2025-000002.pdf | grep -q .
result $? 'its files are where it says'
env -u DAYBOOK_KEY_FILE -u DAYBOOK_ANCHOR_FILE -u DAYBOOK_TOKEN_FILE DAYBOOK_DIR="$folder/books" "$daybook" audit verify >out 2>&1
result $? 'what it leaves is a ledger'
everything | cmp -s - before
result $? 'the ledger of the environment is as it was'

"$daybook" tour --clean --no-wait >out 2>&1
result $? 'the tour that cleans up'
[ "$(find tmp -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
result $? 'it left nothing'

"$daybook" --dir here tour >out 2>&1 && [ -d here/books ]
result $? 'a folder that is named'
"$daybook" --dir here tour >out 2>&1
[ $? = 1 ] && grep -q "there is 'here' already" out
result $? 'a folder that is there already is refused'
"$daybook" --dir no/such/place tour >out 2>&1
[ $? = 6 ]
result $? 'a folder that cannot be made'
"$daybook" --json tour >out 2>&1
[ $? = 2 ]
result $? 'it is for people'

# On a terminal it waits after each step, and ends where somebody has seen enough.
python3 - "$daybook" >out <<'PY'
import os, pty, select, sys
pid, fd = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "tour", "--clean"])
shown, answers = b"", [b"\n", b"q\n"]
while select.select([fd], [], [], 20)[0]:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    shown += data
    if shown.count(b"q: end]") > 2 - len(answers) and answers:
        os.write(fd, answers.pop(0))
print(shown.decode())
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
status=$?
[ $status = 0 ] && [ "$(grep -c 'q: end' out)" = 2 ] && grep -q 'subscription create' out && ! grep -q 'invoice list' out
result $? 'it waits on a terminal, and q ends it'

"$daybook" >out 2>&1 && grep -q 'daybook tour' out && grep -q 'daybook doctor' out && [ "$(wc -l <out)" -le 24 ]
result $? 'daybook alone explains itself on one screen'

echo "$good passed, $bad failed, 0 skipped"
[ $bad = 0 ]
