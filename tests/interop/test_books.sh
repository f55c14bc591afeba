#!/bin/bash
# SPDX-License-Identifier: MIT
# test_books.sh - the fixtures' three months in the books of others: hledger, ledger and beancount come to our trial balance, account by
# account; aging, cash, tax and deferred revenue are their accounts, on any day; the same bytes at any time and place; what was reported
# then is reported again.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd) daybook=${DAYBOOK:-$here/build/release/daybook}
# shellcheck source=tests/interop/python.sh
source "$here/tests/interop/python.sh"
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
trap 'rm -rf "$work"' EXIT
"$python" "$here/tests/interop/books.py" "$(realpath "$daybook")" "$here" "$work"
