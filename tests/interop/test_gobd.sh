#!/bin/bash
# SPDX-License-Identifier: MIT
# test_gobd.sh - the export for a German tax audit: index.xml is valid by a DTD written here from the published structure, every column
# that it declares stands in its file and has the declared type, keys tell rows apart, sums are those of the reports, and SHA256SUMS
# holds. A folder with something in it is refused.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd) daybook=${DAYBOOK:-$here/build/release/daybook}
command -v xmllint >/dev/null || { echo "SKIP: there is no xmllint (Debian: libxml2-utils)" && exit 77; }
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
trap 'rm -rf "$work"' EXIT
python3 "$here/tests/interop/gobd.py" "$(realpath "$daybook")" "$here" "$work"
