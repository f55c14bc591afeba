#!/bin/bash
# SPDX-License-Identifier: MIT
# fuzz.sh FOLDER SECONDS JOBS - runs every fuzz target of FOLDER/fuzz for SECONDS, JOBS at once. What a target finds stays
# in FOLDER/corpus/NAME for the next run; the seeds in tests/fuzz/corpus/NAME are only read. An input that breaks a target is
# kept in FOLDER/broken/. The stories of tests/spec are seeds too, a rule of them at a time, and their words a dictionary.
set -u
folder=$1 seconds=$2 jobs=$3
mkdir -p "$folder/corpus" "$folder/broken" "$folder/logs"

# A rule begins with '##'; the catalog that is loaded before it counts for it too. What is expected is left out, for it only looks.
stories() { # stories FOLDER
    mkdir -p "$1"
    awk -v folder="$1" '
        function next_part() { close(to); to = folder "/" name "-" n++; printf "%s", catalog > to }
        FNR == 1 { name = FILENAME; gsub(/.*\/|\.bill$/, "", name); catalog = ""; n = 0; next_part() }
        /^## / && !rule { next_part() }
        { rule = /^## / }
        /^catalog / { catalog = $0 "\n" }
        !/^(#|$|expect |refused )/ { print > to }' tests/spec/*.bill
    {
        grep -o '^COMMAND.*"' ledger/book/commands.def | grep -oE '"[a-z-]+\.[a-z-]+"'
        sed -nE 's/^  (MAY|MAY_ZERO|NEED|MAY_CHOOSE)\([a-z_]+, *([a-z_]+).*/"\2="/p' ledger/book/commands.def
    } | sort -u >"$1.dict"
}

one() { # one TARGET - 0 when it held
    local name log seeds=() options=()
    name=$(basename "$1")
    log=$folder/logs/$name.log
    mkdir -p "$folder/corpus/$name"
    for place in "tests/fuzz/corpus/$name" "tests/fuzz/corpus/${name#fuzz_}"; do
        [ ! -d "$place" ] || seeds+=("$place")
    done
    if [ "$name" = fuzz_scenario ]; then
        stories "$folder/stories"
        seeds+=("$folder/stories")
        options+=("-dict=$folder/stories.dict" -max_len=512 -entropic=0) # a file is nights of work: short ones, and many
    fi
    if timeout -k 10 $((seconds + 300)) "$1" -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=1024 -timeout=10 \
        -artifact_prefix="$folder/broken/$name-" "${options[@]}" "$folder/corpus/$name" "${seeds[@]}" >"$log" 2>&1; then
        echo "held $name: $(grep -oE 'Done [0-9]+ runs in [0-9]+' "$log" | tail -n 1) s"
    else
        echo "broke $name, see $log"
        grep -vE '^(#[0-9]|INFO:)' "$log" | tail -n 60
    fi
}
export -f one stories
export folder seconds

said=$(printf '%s\n' "$folder"/fuzz/fuzz_* | xargs -P "$jobs" -I{} bash -c 'one "$1"' one {})
echo "$said"
held=$(grep -c '^held ' <<<"$said")
broke=$(grep -c '^broke ' <<<"$said")
echo "$held passed, $broke failed, 0 skipped"
[ "$broke" = 0 ]
