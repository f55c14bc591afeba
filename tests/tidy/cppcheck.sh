#!/bin/bash
# SPDX-License-Identifier: MIT
# cppcheck.sh - cppcheck over the rooms. What it has seen before is kept under $B, so that a second run is quick.
set -u
cache=${B:-build}/cppcheck
mkdir -p "$cache"
places=()
for room in ledger projections reports importers billing; do
    if [ -n "$(find "$room" -name '*.c' -print -quit)" ]; then places+=("$room"); fi
done
cppcheck --std=c11 --enable=warning,style,performance,portability --inconclusive --inline-suppr -q --error-exitcode=1 \
    --suppressions-list=tests/tidy/cppcheck.suppress -I. --library=tests/tidy/cppcheck.cfg --cppcheck-build-dir="$cache" -j "${JOBS:-2}" "${places[@]}"
