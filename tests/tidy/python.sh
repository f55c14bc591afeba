#!/bin/bash
# SPDX-License-Identifier: MIT
# python.sh - which members of answers the Python package takes for decimals is printed from what puts them; and its types hold.
set -u
status=0
python3 tests/tools/python_decimals.py --check || status=1
cache=$(mktemp -d) || exit 1
trap 'rm -rf "$cache"' EXIT
(cd billing/python && mypy --strict --python-version 3.11 --cache-dir "$cache" daybook src/system/billing) || status=1
exit $status
