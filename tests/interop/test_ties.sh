#!/bin/bash
# SPDX-License-Identifier: MIT
# test_ties.sh - a quarter in which everything happens (credit notes, voids, write-offs, refunds, prepaid credit, re-rating, reverse charge,
# several rates, currencies of no, two and three decimals, corrections of a closed month): on any day and at any position of the log the
# reports are the accounts. TIES_SEED=N draws other days and positions.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd) daybook=${DAYBOOK:-$here/build/release/daybook}
# shellcheck source=tests/interop/python.sh
source "$here/tests/interop/python.sh"
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
trap 'rm -rf "$work"' EXIT
"$python" "$here/tests/interop/ties.py" "$(realpath "$daybook")" "$here" "$work" "${TIES_SEED:-1}"
