/* SPDX-License-Identifier: MIT */
/* log_memory.c - a log that lives as long as its handle: for tests, and for computing what would be written.
 * It is held to the same contract as LMDB, except that nothing outlives a close. */
#include <stdlib.h>
#include <string.h>

#include "ledger/store/log_backend.h"

struct stored_record {
    uint8_t *ptr;
    size_t len;
};

struct memory_log {
    struct log_head head;
    struct stored_record *records;
    size_t capacity;
    uint64_t bytes;
};

static enum err memory_open(void **self, const struct log_place *place, struct error *e)
{
    (void)place; /* memory has none */
    (void)e;
    struct memory_log *m = calloc(1, sizeof *m);
    if (m == NULL) WRONG("out of memory");
    *self = m;
    return OK;
}

static void memory_close(void *self)
{
    struct memory_log *m = self;
    if (m == NULL) return;
    for (uint64_t i = 0; i < m->head.range.size; i++) free(m->records[i].ptr);
    free(m->records);
    free(m);
}

static enum err memory_head(void *self, struct log_head *out, struct error *e)
{
    (void)e;
    const struct memory_log *m = self;
    *out = m->head;
    return OK;
}

static void make_room(struct memory_log *m, size_t count)
{
    size_t wanted = (size_t)m->head.range.size + count;
    if (wanted <= m->capacity) return;
    size_t capacity = m->capacity == 0 ? 64 : m->capacity;
    while (capacity < wanted) capacity *= 2;
    struct stored_record *records = realloc(m->records, capacity * sizeof *records);
    if (records == NULL) WRONG("out of memory");
    m->records = records;
    m->capacity = capacity;
}

static enum err memory_append(void *self, uint64_t expected, const struct bytes *records, size_t count,
                              const struct log_head *next, struct error *e)
{
    struct memory_log *m = self;
    assert(next->range.size == expected + count);
    if (m->head.range.size != expected)
        return fail(e, ERR_CONFLICT, "cannot append at %llu: the log has %llu records",
                    (unsigned long long)expected, (unsigned long long)m->head.range.size);
    make_room(m, count);
    for (size_t i = 0; i < count; i++) {
        uint8_t *copy = malloc(records[i].len + 1); /* never 0 */
        if (copy == NULL) WRONG("out of memory");
        bytes_put(copy, records[i]);
        m->records[expected + i] = (struct stored_record){copy, records[i].len};
        m->bytes += records[i].len;
    }
    m->head = *next;
    return OK;
}

static enum err memory_read(void *self, uint64_t from, uint64_t to, log_visit_fn *visit, void *context,
                            struct error *e)
{
    const struct memory_log *m = self;
    uint64_t end = to < m->head.range.size ? to : m->head.range.size;
    for (uint64_t seq = from; seq < end; seq++) {
        struct bytes record = {m->records[seq].ptr, m->records[seq].len};
        enum err err = visit(context, seq, record, e);
        if (err == ERR_NOT_FOUND) return OK;
        if (err != OK) return err;
    }
    return OK;
}

static enum err memory_read_runs(void *self, uint64_t from, uint64_t to, log_visit_run_fn *visit,
                                 void *context, struct error *e)
{
    const struct memory_log *m = self;
    uint64_t end = to < m->head.range.size ? to : m->head.range.size;
    for (uint64_t first = from; first < end;) {
        struct bytes run[LOG_RUN_MAX];
        size_t count = 0;
        for (; count < LOG_RUN_MAX && first + count < end; count++)
            run[count] = (struct bytes){m->records[first + count].ptr, m->records[first + count].len};
        enum err err = visit(context, first, run, count, e);
        if (err == ERR_NOT_FOUND) return OK;
        if (err != OK) return err;
        first += count;
    }
    return OK;
}

static uint64_t memory_stored_bytes(void *self)
{
    const struct memory_log *m = self;
    return m->bytes;
}

const struct log_backend log_memory = {.name = "memory",
                                       .open = memory_open,
                                       .close = memory_close,
                                       .head = memory_head,
                                       .append = memory_append,
                                       .read = memory_read,
                                       .read_runs = memory_read_runs,
                                       .stored_bytes = memory_stored_bytes};
