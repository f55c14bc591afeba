#!/bin/bash
# SPDX-License-Identifier: MIT
# manual.sh - the man pages are well-formed.
set -u
pages=(billing/*.[1-8])
if [ ! -e "${pages[0]}" ]; then
    echo "there is no man page yet"
    exit 77
fi
mandoc -Tlint -Wstyle "${pages[@]}"
