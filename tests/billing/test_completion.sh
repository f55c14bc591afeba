#!/bin/bash
# SPDX-License-Identifier: MIT
# test_completion.sh - bash completes commands, options and words of daybook out of the program's own help.
set -u
daybook=${DAYBOOK:?}
# shellcheck disable=SC1091
. billing/daybook.bash
bad=0 good=0

# completes WORD... WANTED: the last but one word is the one being typed; WANTED must be among what is offered, "!X" must not.
completes() {
    local wanted=${!#}
    COMP_WORDS=("$daybook" "${@:1:$#-1}")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _daybook
    local offered=" ${COMPREPLY[*]-} " ok
    case $wanted in
    !*) [[ $offered != *" ${wanted#!} "* ]] && ok=1 ;;
    *) [[ $offered == *" $wanted "* ]] && ok=1 ;;
    esac
    if [ -n "${ok-}" ]; then good=$((good + 1)); else echo "FAIL: ${*:1:$#-1} gave:$offered (wanted $wanted)" && bad=$((bad + 1)); fi
}

completes '' subscription
completes '' run
completes sub subscription
completes sub '!invoice'
completes subscription '' create
completes subscription '' history
completes subscription up update
completes --dir /tmp payment-method '' default
completes invoice '' '!subscription'
completes subscription create u1 --ti --tier
completes subscription create u1 -- --payment-method
completes subscription create u1 -- --json
completes subscription create u1 -- '!--through'
completes run -- --through
completes invoice pdf INV-1 --out --output
completes --k --key-file
completes subscription create u1 --interval '' year
completes invoice list --status pa partially_paid
completes actor add eve --role au auditor
completes --token-file t actor '' recover
completes token '' revoke
completes --to --token-file
completes import '' usage
completes import '' stripe
completes imported list --kind ch charge
completes report tr trial_balance
echo "$good passed, $bad failed, 0 skipped"
[ $bad = 0 ]
