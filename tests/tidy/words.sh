#!/bin/bash
# SPDX-License-Identifier: MIT
# words.sh - what may not stand in the code, or only in one place:
#   the time and chance   only in ledger/base/world.c, so that every run can be repeated
#   calendar of the libc  nowhere: it reads the machine's time zone
#   floating point        only where a PDF is drawn (libharu wants it)
#   notes to ourselves    nowhere; what is left to do is an issue
# and every file opens with its licence, and none is longer than 600 lines.
set -u
found=$(mktemp) || exit 1 # a pipe's last part cannot set a variable of ours
trap 'rm -f "$found"' EXIT
rooms=(ledger projections reports importers billing)

complain() { # complain WHY - fails when standard input has a line
    local lines
    lines=$(cat)
    if [ -n "$lines" ]; then
        printf '%s\n' "$lines" | awk -v why="$1" '{ print $0 "   <- " why }'
        echo bad >>"$found"
    fi
}
code() { # code PLACE... - C without comments and strings
    find "$@" \( -name '*.[ch]' -o -name '*.def' \) -print0 | sort -z | xargs -0 -r awk -f tests/tidy/code.awk
}
# A call, and not a member or a longer name.
call() { grep -E "(^|[^A-Za-z0-9_.>])($1) *\(" | grep -vE "(->|\.) *($1) *\("; }

code "${rooms[@]}" | grep -v '^ledger/base/world\.c:' |
    call 'time|clock|gettimeofday|clock_gettime|timespec_get|rand|rand_r|srand|random|srandom|[dlm]rand48|getrandom|getentropy|arc4random[a-z_]*|RAND_(priv_)?bytes' |
    complain 'only ledger/base/world.c asks for the time or for chance'
code "${rooms[@]}" | call 'localtime|gmtime|localtime_r|gmtime_r|mktime|timegm|strftime|strptime|asctime|ctime|tzset|setlocale' |
    complain 'dates are computed in ledger/base/calendar.h only'
code "${rooms[@]}" tests fixtures | grep -vE '^(reports|tests/reports)/([a-z_]*pdf[a-z_]*\.[ch]|sheet_xlsx\.c):' |
    grep -E '(^|[^A-Za-z0-9_])(float|double)([^A-Za-z0-9_]|$)|(^|[^A-Za-z0-9_.])[0-9]+\.[0-9]*([eEfF ;,)]|$)' |
    complain 'no floating point outside reports/pdf*.c and sheet_xlsx.c, whose libraries want it'

files() { find Makefile README.md .ci "${rooms[@]}" tests fixtures -type f "$@" -not -name '*.pyc' -print0 2>/dev/null | sort -z; }
files -not -path tests/tidy/words.sh | xargs -0 -r grep -nwIE 'TODO|FIXME|XXX|HACK' | complain 'what is left to do is an issue'
files \( -name '*.[ch]' -o -name '*.def' -o -name '*.sh' -o -name '*.py' -o -name Makefile \) | xargs -0 -r wc -l |
    awk '$2 != "total" && $1 > 600 { print $2 ": " $1 " lines" }' | complain 'no file is longer than 600 lines'
files \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' \) |
    while IFS= read -r -d '' file; do
        head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
    done | complain 'the licence is the first line'
[ ! -s "$found" ]
