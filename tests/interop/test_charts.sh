#!/bin/bash
# SPDX-License-Identifier: MIT
# test_charts.sh - reports and statements as PDFs, read by programs that no one here wrote: every sum of the CSV stands on the page, in
# each language; the files are PDF/A-3b and the same bytes at any time and place; thirty currencies, hundreds of documents, names that
# are long, Chinese or in no font; nothing to show; and the statements of a month's pack are those of all who are owed one.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd) daybook=${DAYBOOK:-$here/build/release/daybook}
for tool in python3 qpdf pdftotext mutool gs; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }
done
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
trap 'rm -rf "$work"' EXIT
PYTHONDONTWRITEBYTECODE=1 python3 "$here/tests/interop/charts.py" "$(realpath "$daybook")" "$here" "${CHARTS_OUT:-$work}"
