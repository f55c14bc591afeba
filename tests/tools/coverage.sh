#!/bin/bash
# SPDX-License-Identifier: MIT
# coverage.sh FOLDER - runs what was built with counters in FOLDER and prints what the tests reached. The aims are 90 % of lines
# and 75 % of branches, and every line of ledger/store and ledger/book; they are told, not enforced.
set -u
folder=$1
trap "rm -f ./*.gcov" EXIT # left when gcovr stops half-way
find "$folder" -name '*.gcda' -delete
for program in "$folder"/tests/test_*; do
    if [ -x "$program" ]; then "$program" >/dev/null 2>&1 || echo "$program failed"; fi
done
if [ -x "$folder/tests/spec_runner" ]; then "$folder/tests/spec_runner" tests/spec/*.bill >/dev/null || echo "scenarios failed"; fi
gcovr --root . --object-directory "$folder" --filter '(ledger|projections|reports|importers|billing)/' --sort-uncovered \
    --html-details "$folder/report.html" --print-summary "$folder"
echo "line by line: $folder/report.html"
