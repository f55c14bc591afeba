# SPDX-License-Identifier: MIT
# Completion of daybook(1) for bash. All words come from the program's own help, so they are those of the program installed.
# shellcheck shell=bash

# The commands, one or two words a line.
_daybook_commands() {
    "$1" help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\( [a-z][a-z-]*\)\{0,1\}\)  .*/\1/p'
}

# The options of a command, and those that stand anywhere.
_daybook_options() {
    "$@" 2>/dev/null | sed -n 's/^  \(-o, \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p'
}

# The words that an option or argument can be, where there are few.
_daybook_values() {
    local program=$1 command=$2 before=$3
    case "$command $before" in
    *' --interval') echo day week month quarter half_year year ;;
    *' --when') echo now period_end ;;
    *' --format') echo csv ;;
    *' --role') echo operator accountant auditor administrator ;;
    'subscription list --status') echo active trialing paused past_due unpaid canceled ;;
    'invoice list --status') echo open paid partially_paid void uncollectible ;;
    'wallet list --status') echo open used expired voided ;;
    'payment list --status') echo pending completed failed refunded partially_refunded action_required ;;
    'imported list --kind') echo customer payment_method subscription invoice charge refund balance_transaction subscription_items ;;
    'import import') "$program" help import 2>/dev/null | sed -n '/^Kinds:/,/^$/s/^  \([a-z_]*\) .*/\1/p' ;;
    'report report') "$program" help report 2>/dev/null | sed -n '/^Reports:/,/^$/s/^  \([a-z_]*\) .*/\1/p' ;;
    *) return 1 ;;
    esac
}

# Which words of the line are the command: those that are no option and no option's value.
_daybook_find_command() {
    local i word
    command='' words=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
        --dir | --key-file | --key-command | --token-file | --token-command | --now | --idempotency-key | --actor) ((i++)) ;;
        -*) ;;
        *) words+=("$word") ;;
        esac
        if [ ${#words[@]} = 2 ]; then break; fi
    done
    local all
    all=$(_daybook_commands "$program")
    if [ ${#words[@]} -ge 2 ] && grep -qx -- "${words[0]} ${words[1]}" <<<"$all"; then
        command="${words[0]} ${words[1]}"
    elif [ ${#words[@]} -ge 1 ] && grep -qx -- "${words[0]}" <<<"$all"; then
        command=${words[0]}
    fi
}

_daybook() {
    local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command words candidates
    COMPREPLY=()
    _daybook_find_command
    if [[ $before =~ ^(--dir|--out)$ ]]; then
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        return
    fi
    if [[ $current == -* ]]; then
        # A command of two words is two arguments of help.
        # shellcheck disable=SC2086
        candidates=$(_daybook_options "$program" help $command)
    elif candidates=$(_daybook_values "$program" "$command" "$before"); then
        :
    elif [ -n "$command" ] || [[ $before =~ ^(--key-file|--token-file|--catalog|--file|--rejects|--output|-o)$ ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    elif [ ${#words[@]} = 0 ]; then
        candidates=$(_daybook_commands "$program" | cut -d ' ' -f 1 | sort -u)
    else
        candidates=$(_daybook_commands "$program" | sed -n "s/^${words[0]//[^a-z-]/} //p")
    fi
    mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
}

complete -o filenames -F _daybook daybook
