#!/bin/bash
# SPDX-License-Identifier: MIT
# check.sh STAGE... - runs the named stages of `make check` and adds up what they say. Every step writes a log of its own
# to $B/check/, and the log of what failed is shown; the last line is the sum over all steps, alone: "N passed, N failed,
# N skipped". It goes on after a failure, so that one run tells everything. Never to be run beside itself on one $B.
set -u
unset MAKEFLAGS MFLAGS MAKELEVEL
MAKE=${MAKE:-make} B=${B:-build} JOBS=${JOBS:-2} FUZZ_SECONDS=${FUZZ_SECONDS:-5}
logs=$B/check
rm -rf "$logs" && mkdir -p "$logs" || exit 1
TMPDIR=$(mktemp -d) || exit 1
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
# Without this a leak found when a test's process ends is printed and forgotten.
export ASAN_OPTIONS=abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1
passed=0 failed=0 skipped=0 failures=

# Adds what a log says: Criterion's synthesis, or a closing line like ours; else the step itself is one, by its status.
# Criterion leaves skipped tests out of its numbers and counts crashes among the failures.
tally() {
    local log=$1 status=$2 p=0 f=0 s=0 numbers
    numbers=$(sed -n 's/.*Synthesis: Tested: [0-9]* | Passing: \([0-9]*\) | Failing: \([0-9]*\) .*/\1 \2/p' "$log" | tail -n 1)
    if [ -n "$numbers" ]; then
        read -r p f <<<"$numbers"
        s=$(grep -c '^\[SKIP\]' "$log")
    else
        numbers=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$log" | tail -n 1)
        if [ -n "$numbers" ]; then
            read -r p f s <<<"$numbers"
        elif [ "$status" = 0 ]; then
            p=1
        elif [ "$status" = 77 ]; then
            s=1
        fi
    fi
    if [ "$status" != 0 ] && [ "$status" != 77 ] && [ "$f" = 0 ]; then f=1; fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    step_says="$p passed" step_failed=$f step_skipped=$s
    [ "$f" = 0 ] || step_says="$step_says, $f failed"
    [ "$s" = 0 ] || step_says="$step_says, $s skipped"
}

# step NAME COMMAND... - at most half an hour, so that a hanging test ends as a failure.
step() {
    local name=$1 start=$SECONDS status=0 log
    shift
    log=$logs/${name//[ \/]/-}.log
    timeout -k 10 1800 "$@" >"$log" 2>&1 </dev/null || status=$?
    [ "$status" != 124 ] || echo "no end after half an hour" >>"$log"
    tally "$log" "$status"
    if [ "$step_failed" = 0 ]; then
        printf '  ok    %-34s %s (%d s)\n' "$name" "$step_says" $((SECONDS - start))
    else
        printf '  FAIL  %-34s %s (%d s)\n' "$name" "$step_says" $((SECONDS - start))
        failures="$failures  $name: $log"$'\n'
        grep -vE '^(\[(RUN |PASS)|  (CC|LD|AR|TIDY) )' "$log" | tail -n 150 | sed 's/^/        /'
    fi
    if [ "$step_skipped" != 0 ]; then
        if [ "$status" = 77 ]; then tail -n 1 "$log"; else grep '^\[SKIP\]' "$log"; fi | sed 's/^/        /'
    fi
    return $((step_failed != 0))
}

build() { # build COMPILER VARIANT TARGET...
    "$MAKE" --no-print-directory -k -j"$JOBS" B="$B" CC="$1" V="$2" "${@:3}"
}
export -f build
export MAKE B JOBS

# All room tests and scenarios of one variant, with whatever of it could be built.
tests_of() { # tests_of COMPILER VARIANT FOLDER
    step "$2 $1 build" bash -c 'build "$@"' build "$1" "$2" tests
    local room
    # Without Criterion's own --timeout: it loses a timer when it ends, which LeakSanitizer then counts as ours.
    for room in $("$MAKE" --no-print-directory -s B="$B" tested-rooms); do
        step "$2 $1 $room" "$3/tests/test_$room" --verbose=1
    done
    scenarios=(tests/spec/*.bill)
    if [ -e "${scenarios[0]}" ]; then step "$2 $1 scenarios" "$3/tests/spec_runner" "${scenarios[@]}"; fi
    local histories=${SIM_HISTORIES:-10000}
    if [ "$2" = asan ]; then histories=$((histories / 10)); fi
    if [ -e tests/sim/main.c ]; then step "$2 $1 simulation" "$3/tests/sim_runner" --histories "$histories"; fi
}

scripts() { # scripts FOLDER GLOB... - test scripts find the program in DAYBOOK and their own programs under O.
    local script
    for script in "${@:2}"; do
        if [ -e "$script" ]; then
            step "$(basename "$script" .sh)" env DAYBOOK="$(realpath -m "$1/daybook")" O="$1" bash "$script"
        fi
    done
}

stage() {
    case $1 in
    tidy) for check in tests/tidy/*.sh; do step "tidy $(basename "$check" .sh)" bash "$check"; done ;;
    clang-tidy) step clang-tidy bash -c 'build gcc debug clang-tidy' ;;
    debug) tests_of gcc debug "$B/debug" ;;
    debug-clang) tests_of clang debug "$B/debug-clang" ;;
    release)
        step "release gcc build" bash -c 'build gcc release build'
        scripts "$B/release" tests/[!f]*/test_*.sh
        if [ -e fixtures/demo.sh ]; then step demo bash fixtures/demo.sh "$B/release/daybook" "$B/demo"; fi
        ;;
    release-clang) step "release clang build" bash -c 'build clang release build' ;;
    asan-clang) tests_of clang asan "$B/asan-clang" ;;
    asan-gcc) tests_of gcc asan "$B/asan" ;;
    analyzer) step "analyzer" bash -c 'build gcc analyzer objects' ;;
    valgrind)
        step "valgrind build" bash -c 'build gcc debug tests'
        # Each test is a process that takes seconds to begin, so these are the rooms where memory is handled by hand.
        for room in base store; do
            step "valgrind $room" bash tests/tools/valgrind.sh "$logs" "$B/debug/tests/test_$room" --timeout 600
        done
        scenarios=(tests/spec/*.bill)
        if [ -e "${scenarios[0]}" ]; then
            step "valgrind scenarios" bash tests/tools/valgrind.sh "$logs" "$B/debug/tests/spec_runner" "${scenarios[@]}"
        fi
        ;;
    faults | faults-long)
        step "faults build" bash -c 'build gcc debug build tests'
        if [ "$1" = faults-long ]; then export LONG=1; fi
        scripts "$B/debug" tests/faults/test_*.sh
        ;;
    fuzz)
        if compgen -G 'tests/fuzz/fuzz_*.c' >/dev/null; then
            step "fuzz build" bash -c 'build clang fuzz fuzzers'
            step "fuzz" bash tests/tools/fuzz.sh "$B/fuzz" "$FUZZ_SECONDS" "$JOBS"
        fi
        ;;
    *) echo "check.sh: no stage '$1'" >&2 && exit 2 ;;
    esac
}

for name in "$@"; do stage "$name"; done
echo
if [ -n "$failures" ]; then printf 'failed:\n%s' "$failures"; fi
echo "$passed passed, $failed failed, $skipped skipped" | tee "$logs/summary"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
