#!/bin/bash
# SPDX-License-Identifier: MIT
# valgrind.sh PROGRAM FOLDER - runs a test program and each of its tests' processes under valgrind. Criterion hides how a test's
# process ended, so what valgrind says goes to files in FOLDER, and any line there is a failure.
set -u
program=$1 folder=$2 status=0
name=$(basename "$program")
rm -f "$folder/valgrind-$name".*
valgrind -q --trace-children=yes --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect \
    --error-exitcode=9 --log-file="$folder/valgrind-$name.%p" "$program" --verbose=1 --timeout 600 || status=$?
if [ -n "$(cat "$folder/valgrind-$name".*)" ]; then
    cat "$folder/valgrind-$name".*
    status=9
fi
rm -f "$folder/valgrind-$name".*
exit "$status"
