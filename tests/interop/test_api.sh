#!/bin/bash
# SPDX-License-Identifier: MIT
# test_api.sh - the HTTP API asked by Python's own client: the same answers as from the command line, who may ask what, what is no
# request at all, many at once, and a server that is killed under load.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd) daybook=${DAYBOOK:-$here/build/release/daybook}
# shellcheck source=tests/interop/python.sh
source "$here/tests/interop/python.sh"
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
trap 'rm -rf "$work"' EXIT
"$python" "$here/tests/interop/api.py" "$(realpath "$daybook")" "$work"
