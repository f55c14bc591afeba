#!/bin/bash
# SPDX-License-Identifier: MIT
# test_functional.sh - books in a functional currency, recomputed with fractions: every entry balances in it, is converted by the rate
# of its day, and settles items at what they stood for; receivables, credit, cash and deferred revenue come to nothing in both
# currencies together; the trial balance and the tax report are the journal's sums. A rate that nobody gave is named.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd) daybook=${DAYBOOK:-$here/build/release/daybook}
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
trap 'rm -rf "$work"' EXIT
python3 "$here/tests/interop/functional.py" "$(realpath "$daybook")" "$here" "$work"
