#compdef daybook
# SPDX-License-Identifier: MIT
# Completion of daybook(1) for zsh. The program itself says what a line can go on with.
_daybook() {
    local line value
    local -a offered
    for line in "${(@f)$("${(Q)words[1]}" complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
        '') ;;
        :files) _files ;;
        :folders) _files -/ ;;
        *$'\t'*)
            value=${line%%$'\t'*}
            offered+=("${value//:/\\:}:${line#*$'\t'}")
            ;;
        *) offered+=("${line//:/\\:}") ;;
        esac
    done
    if (( $#offered )); then _describe -V daybook offered; fi
}
if [ "$funcstack[1]" = _daybook ]; then _daybook "$@"; else compdef _daybook daybook; fi
