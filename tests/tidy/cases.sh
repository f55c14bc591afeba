#!/bin/bash
# SPDX-License-Identifier: MIT
# cases.sh - every published case has its test, each section as many of our own, and the sums beside those are right (cases.py).
set -u
command -v python3 >/dev/null || { echo "SKIP: there is no python3" && exit 77; }
exec python3 tests/tidy/cases.py "$@"
