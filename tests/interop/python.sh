#!/bin/bash
# SPDX-License-Identifier: MIT
# python.sh - to be sourced: sets python to one that has the module cryptography, or ends the test as skipped.
export PYTHONDONTWRITEBYTECODE=1
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import cryptography' 2>/dev/null && break
done
[ "$python" != none ] || { echo "SKIP: there is no module cryptography (Debian: python3-cryptography)" && exit 77; }
