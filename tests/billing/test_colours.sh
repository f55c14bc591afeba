#!/bin/bash
# SPDX-License-Identifier: MIT
# test_colours.sh - on a terminal headings and statuses have colours; in pipes and files, as JSON and CSV, with NO_COLOR and
# on a dumb terminal nothing has. The terminal is a pseudo-terminal of Python's.
set -u
daybook=$(realpath "${DAYBOOK:?}")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset DAYBOOK_DIR DAYBOOK_KEY_FILE NO_COLOR
export TERM=xterm
good=0 bad=0
result() { # result OK WHAT
    if [ "$1" = 0 ]; then good=$((good + 1)); else
        bad=$((bad + 1))
        echo "FAIL: $2"
        cat -v out
    fi
}

on_terminal() { # on_terminal ARGUMENT... - what the program shows on a terminal, in the file out
    python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$daybook" --now 2025-02-01 --dir books "$@" </dev/null >out
}
coloured() {
    on_terminal "${@:2}" && grep -q $'\033' out
    result $? "$1"
}
plain() {
    on_terminal "${@:2}" && [ -s out ] && ! grep -q $'\033' out
    result $? "$1"
}

"$daybook" --now 2025-01-01 --dir books init --quiet || exit 1
"$daybook" --now 2025-01-01 --dir books subscription create ann --tier basic --payment-method pm_card_visa --quiet
"$daybook" --now 2025-01-01 --dir books run --through 2025-01-01 --out out.d --quiet

coloured 'a table' invoice list
grep -q $'\033\\[1minvoice number\033\\[0m' out && grep -q $'\033\\[32mpaid\033\\[0m' out
result $? 'headings are bold, and what is paid is green'
coloured 'help' help
coloured 'doctor' doctor
coloured 'an error' invoice show INV-9
plain 'JSON' --json invoice list
plain 'a report as CSV' report invoices --format csv
plain 'never' --color never invoice list
NO_COLOR=1 plain 'NO_COLOR' invoice list
NO_COLOR=1 coloured 'asked for all the same' --color always invoice list
TERM=dumb plain 'a dumb terminal' invoice list
NO_COLOR='' coloured 'NO_COLOR that is empty' invoice list

"$daybook" --dir books invoice list >out
! grep -q $'\033' out
result $? 'a pipe'
"$daybook" --dir books --color always invoice list >out
grep -q $'\033' out
result $? 'a pipe that colours are asked for in'
"$daybook" --dir books --color always --json invoice list >out
! grep -q $'\033' out
result $? 'JSON that colours are asked for in'
"$daybook" --dir books --color sometimes invoice list >out 2>&1
[ $? = 2 ] && grep -q 'auto, always or never' out
result $? 'a word that --color does not take'

echo "$good passed, $bad failed, 0 skipped"
[ $bad = 0 ]
