#!/bin/bash
# SPDX-License-Identifier: MIT
# format.sh - every C file stands as clang-format would write it, or is named. The tables (.def) keep their own columns.
set -u
find ledger projections reports importers billing tests fixtures -name '*.[ch]' -print0 | sort -z |
    xargs -0 -r clang-format --dry-run --style=file 2>&1 |
    awk -F: '/code should be clang-formatted/ && !seen[$1]++ { print $1 ":" $2 ": is not as clang-format writes it"; bad = 1 }
             END { exit bad }'
