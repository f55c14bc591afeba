/* SPDX-License-Identifier: MIT */
/* sqlite_peer.h - the same appends by SQLite and by SQLCipher (which have the same names, so a program has
 * one of them): write-ahead log, synchronous FULL, one row of 200 bytes an event, durable batches. */
#ifndef DAYBOOK_TESTS_BENCH_SQLITE_PEER_H
#define DAYBOOK_TESTS_BENCH_SQLITE_PEER_H

#include <sqlite3.h>

#include "tests/bench/bench.h"

static void sql_must(sqlite3 *db, int rc)
{
    if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW) return;
    fprintf(stderr, "benchmark: SQLite: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void sql(sqlite3 *db, const char *text)
{
    sql_must(db, sqlite3_exec(db, text, NULL, NULL, NULL));
}

static uint64_t sqlite_append(const char *dir, const char *key_pragma, uint64_t total, size_t batch)
{
    enum { VALUE_BYTES = 200 };
    uint8_t value[VALUE_BYTES] = {0};
    char path[300];
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    snprintf(path, sizeof path, "%s/peer.db", dir);
    sql_must(NULL, sqlite3_open(path, &db));
    if (key_pragma != NULL) sql(db, key_pragma);
    sql(db, "pragma journal_mode=wal");
    sql(db, "pragma synchronous=full");
    sql(db, "create table if not exists log (seq integer primary key, record blob)");
    sql_must(db, sqlite3_prepare_v2(db, "insert into log (record) values (?)", -1, &insert, NULL));
    uint64_t begin = world_monotonic_ns();
    for (uint64_t done = 0; done < total; done += batch) {
        sql(db, "begin immediate");
        for (size_t i = 0; i < batch; i++) {
            sql_must(db, sqlite3_bind_blob(insert, 1, value, VALUE_BYTES, SQLITE_STATIC));
            sql_must(db, sqlite3_step(insert));
            sql_must(db, sqlite3_reset(insert));
        }
        sql(db, "commit");
    }
    uint64_t rate = per_second(total, world_monotonic_ns() - begin);
    sql_must(db, sqlite3_finalize(insert));
    sql_must(db, sqlite3_close(db));
    return rate;
}

static void sqlite_bench(const char *name, const char *key_pragma)
{
    static struct figure figures[2];
    char label[BENCH_NAME_BYTES];
    for (unsigned round = 0; round < bench_rounds(); round++) {
        char dir[256];
        bench_folder(dir);
        snprintf(label, sizeof label, "peer_%s_batch_1", name);
        figure_add(&figures[0], label, "events/s", sqlite_append(dir, key_pragma, 2000, 1));
        snprintf(label, sizeof label, "peer_%s_batch_1000", name);
        figure_add(&figures[1], label, "events/s", sqlite_append(dir, key_pragma, bench_count(200000), 1000));
        bench_folder_remove(dir);
    }
    figure_print(&figures[0]);
    figure_print(&figures[1]);
}

#endif
