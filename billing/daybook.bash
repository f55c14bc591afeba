# SPDX-License-Identifier: MIT
# Completion of daybook(1) for bash. The program itself says what a line can go on with.
# shellcheck shell=bash
_daybook() {
    local current=${COMP_WORDS[COMP_CWORD]} line word
    local -a paths
    COMPREPLY=()
    if [ "$current" = = ]; then current=; fi
    while IFS= read -r line; do
        case $line in
        :files | :folders)
            if [ "$line" = :files ]; then mapfile -t paths < <(compgen -f -- "$current"); else mapfile -t paths < <(compgen -d -- "$current"); fi
            COMPREPLY+=("${paths[@]}")
            compopt -o filenames 2>/dev/null
            ;;
        *)
            printf -v word %q "${line%%$'\t'*}"
            COMPREPLY+=("$word")
            ;;
        esac
    done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}

complete -F _daybook daybook
