/* SPDX-License-Identifier: MIT */
/* bench_sqlcipher.c - the peer with encryption: AES-256 a page. */
#include "tests/bench/sqlite_peer.h"

int main(void)
{
    sqlite_bench("sqlcipher_wal_full",
                 "pragma key = \"x'2dd29ca851e7b56e4697b0e1f08507293d761a05ce4d1b628663f411a8086d99'\"");
    return 0;
}
