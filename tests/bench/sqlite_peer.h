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

/* What a usage table would do: each reading once by its id, its customer's total moved. */
static uint64_t sqlite_usage(const char *dir, const char *key_pragma, uint64_t total)
{
    enum { BATCH = 1000, CUSTOMERS = 20000 };
    char path[300], id[32];
    sqlite3 *db = NULL;
    sqlite3_stmt *reading = NULL, *sum = NULL;
    snprintf(path, sizeof path, "%s/usage.db", dir);
    sql_must(NULL, sqlite3_open(path, &db));
    if (key_pragma != NULL) sql(db, key_pragma);
    sql(db, "pragma journal_mode=wal");
    sql(db, "pragma synchronous=full");
    sql(db, "create table reading (id text primary key, customer integer, amount integer) without rowid");
    sql(db, "create table total (customer integer primary key, amount integer)");
    sql_must(db,
             sqlite3_prepare_v2(db, "insert or ignore into reading values (?, ?, ?)", -1, &reading, NULL));
    sql_must(db, sqlite3_prepare_v2(db,
                                    "insert or replace into total values (?1, "
                                    "coalesce((select amount from total where customer = ?1), 0) + ?2)",
                                    -1, &sum, NULL));
    uint64_t begin = world_monotonic_ns();
    for (uint64_t i = 0; i < total; i++) {
        if (i % BATCH == 0) sql(db, "begin immediate");
        snprintf(id, sizeof id, "ev-%09llu", (unsigned long long)i);
        int customer = (int)(i * 7919 % CUSTOMERS), amount = (int)(i % 97 + 1);
        sql_must(db, sqlite3_bind_text(reading, 1, id, -1, SQLITE_STATIC));
        sql_must(db, sqlite3_bind_int(reading, 2, customer));
        sql_must(db, sqlite3_bind_int(reading, 3, amount));
        sql_must(db, sqlite3_step(reading));
        sql_must(db, sqlite3_reset(reading));
        sql_must(db, sqlite3_bind_int(sum, 1, customer));
        sql_must(db, sqlite3_bind_int(sum, 2, amount));
        sql_must(db, sqlite3_step(sum));
        sql_must(db, sqlite3_reset(sum));
        if (i % BATCH == BATCH - 1) sql(db, "commit");
    }
    uint64_t rate = per_second(total, world_monotonic_ns() - begin);
    sql_must(db, sqlite3_finalize(reading));
    sql_must(db, sqlite3_finalize(sum));
    sql_must(db, sqlite3_close(db));
    return rate;
}

static void sqlite_bench(const char *name, const char *key_pragma)
{
    static struct figure figures[3];
    char label[BENCH_NAME_BYTES];
    for (unsigned round = 0; round < bench_rounds(); round++) {
        char dir[256];
        bench_folder(dir);
        snprintf(label, sizeof label, "peer_%s_batch_1", name);
        figure_add(&figures[0], label, "events/s", sqlite_append(dir, key_pragma, 2000, 1));
        snprintf(label, sizeof label, "peer_%s_batch_1000", name);
        figure_add(&figures[1], label, "events/s", sqlite_append(dir, key_pragma, bench_count(200000), 1000));
        snprintf(label, sizeof label, "peer_%s_usage_import", name);
        figure_add(&figures[2], label, "readings/s", sqlite_usage(dir, key_pragma, bench_count(200000)));
        bench_folder_remove(dir);
    }
    for (size_t i = 0; i < 3; i++) figure_print(&figures[i]);
}

#endif
