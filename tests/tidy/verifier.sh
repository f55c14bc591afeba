#!/bin/bash
# SPDX-License-Identifier: MIT
# verifier.sh - what checks checkpoints and proofs stands on hashes and texts alone: none of these files includes keys, records, the log
# or views, so that a verifier without any of them can be built of them.
set -u
files='hasher merkle proof note checkpoint rotation witness_policy witness time_stamp'
status=0
for file in $files; do
    for path in ledger/store/"$file".[ch]; do
        while read -r included; do
            [[ " $files " == *" $included "* ]] && continue
            echo "$path: includes ledger/store/$included.h, which a verifier has not"
            status=1
        done < <(sed -n 's|^#include "ledger/store/\(.*\)\.h"|\1|p' "$path")
        if grep -n '^#include "ledger/\(book\|ledger\|store\)\.h"\|<lmdb\|<msgpack' "$path"; then status=1; fi
    done
done
exit $status
