#!/bin/bash
# SPDX-License-Identifier: MIT
# verifier.sh - daybook-verify stands apart: of the rest of the house its files include the ground (ledger/base.h) and tables, and the
# program is linked with libcrypto, zlib and threads, and with nothing that could write a ledger or hold its keys. And what checks
# checkpoints and proofs in the store stands on hashes and texts alone.
set -u
status=0
complain() {
    local line
    while read -r line; do echo "$line   <- $1" && status=1; done
}

complain 'daybook-verify may not include it' < <(grep -nE '#[ \t]*include' billing/verify/*.[ch] |
    grep -vE '"(billing/verify/[a-z_]+\.h|ledger/base\.h|ledger/(base|store|book)/[a-z_]+\.def)"' |
    grep -vE '<((openssl/(evp|sha)|zlib|pthread|dirent|errno|fcntl|unistd|stdarg|stdio)\.h|sys/(mman|prctl|resource|stat)\.h)>')
# What a secret key, another file written, a connection or another program would need.
complain 'a verifier has no use for it' < <(grep -nwE 'EVP_DigestSign[A-Za-z]*|EVP_PKEY_new_raw_private_key|EVP_Encrypt[A-Za-z_]*|EVP_Decrypt[A-Za-z_]*|secret_[a-z_]*|file_write|file_begin|O_WRONLY|O_RDWR|O_CREAT|fopen|socket|connect|system|popen|exec[lv]p?e?|fork|dlopen' billing/verify/*.[ch])

# What is built is looked at, too, where it is built: by other hands this script runs before anything is.
for program in "${B:-build}"/*/daybook-verify; do
    [ -x "$program" ] || continue
    case $program in */asan* | */coverage* | */fuzz*) continue ;; esac
    complain "$program is linked with it" < <(ldd "$program" | awk '{ print $1 }' |
        grep -vE '^(linux-vdso\.so.*|(/lib.*/)?ld-linux.*|lib(crypto|z|c|pthread|m)\.so.*)$')
    complain "$program holds it" < <(nm "$program" | grep -E ' [TtUuDdBb] (mdb_|msgpack_|json_|curl_|MHD_|log_|ledger_|views?_|seal|master_key|checkpoint_key|record_header|merkle_|note_)' | awk '{ print $NF }' | head -n 5)
done

files='hasher merkle proof note checkpoint rotation witness_policy witness time_stamp'
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
