/* SPDX-License-Identifier: MIT */
/* bench_sqlite.c - the peer without encryption. */
#include "tests/bench/sqlite_peer.h"

int main(void)
{
    sqlite_bench("sqlite_wal_full", NULL);
    return 0;
}
