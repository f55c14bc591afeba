#!/bin/bash
# SPDX-License-Identifier: MIT
# page.sh - verify.html knows the names that the tables of events have, its policy allows its own script and style, and nothing in it
# reaches for the network or makes markup of a text.
set -u
page=billing/verify.html
python3 tests/tools/page.py $page --check || exit 1
bad=$(grep -nE 'innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|fetch\(|XMLHttpRequest|WebSocket|https?://[a-z]|localStorage| style=| on[a-z]+=' $page)
[ -z "$bad" ] && exit 0
echo "$bad"
exit 1
