#!/bin/bash
# SPDX-License-Identifier: MIT
# test_reports.sh - every report in every format, of a ledger whose customers are called like formulas: CSV, JSON and workbook have the
# same cells and sums, each file's side file says what is in it, nothing in them runs; the same bytes at any time and place; what was
# reported then is reported again.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd) daybook=${DAYBOOK:-$here/build/release/daybook}
# shellcheck source=tests/interop/python.sh
source "$here/tests/interop/python.sh"
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
trap 'rm -rf "$work"' EXIT
"$python" "$here/tests/interop/reports.py" "$(realpath "$daybook")" "$here" "$work"
