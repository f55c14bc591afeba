#!/bin/bash
# SPDX-License-Identifier: MIT
# valgrind.sh FOLDER PROGRAM [ARGUMENT...] - runs a test program and the processes that it starts under valgrind. Criterion hides
# how a test's process ended, so what valgrind says goes to files in FOLDER, and any line there is a failure.
set -u
folder=$1 status=0
shift
said=$folder/valgrind-$(basename "$1")
rm -f "$said".*
valgrind -q --trace-children=yes --leak-check=full --show-leak-kinds=definite,indirect \
    --errors-for-leak-kinds=definite,indirect --error-exitcode=9 --log-file="$said.%p" "$@" || status=$?
if [ -n "$(cat "$said".*)" ]; then
    cat "$said".*
    status=9
fi
rm -f "$said".*
exit "$status"
