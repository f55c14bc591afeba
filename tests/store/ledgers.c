/* SPDX-License-Identifier: MIT */
/* ledgers.c - logs for tests, and a backend in memory that can be told to misbehave. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/store/ledgers.h"

struct misbehaviour misbehave;
static void *lasting; /* log_memory's own handle */

struct master_key *key_of(uint8_t byte)
{
    uint8_t key[KEY_BYTES];
    struct master_key *k = NULL;
    memset(key, byte, sizeof key);
    assert_ok(master_key_from_bytes(&k, key, E));
    return k;
}

struct log_options options_lmdb(const char *name, const struct master_key *k)
{
    return (struct log_options){.backend = &log_lmdb,
                                .place = {.dir = test_path(name), .map_bytes = TEST_MAP_BYTES},
                                .master = k,
                                .world = world_real(),
                                .program = "daybook test"};
}

struct log_options options_memory(const struct master_key *k)
{
    struct log_options o = options_lmdb("memory", k);
    o.backend = &lasting_memory;
    return o;
}

/* ---- the lasting, misbehaving backend ---- */

static enum err lasting_open(void **self, const struct log_place *place, struct error *e)
{
    if (misbehave.cannot_open) return fail(e, ERR_STORAGE, "cannot open: told so");
    enum err err = lasting == NULL ? log_memory.open(&lasting, place, e) : OK;
    *self = lasting;
    return err;
}

static void lasting_close(void *self)
{
    (void)self;
}
static enum err lasting_head(void *self, struct log_head *out, struct error *e)
{
    return log_memory.head(self, out, e);
}
static uint64_t lasting_stored_bytes(void *self)
{
    return log_memory.stored_bytes(self);
}

static enum err lasting_append(void *self, uint64_t expected, const struct bytes *records, size_t count,
                               const struct log_head *next, struct error *e)
{
    enum err err = OK;
    switch (misbehave.append) {
    case APPEND_WELL: return log_memory.append(self, expected, records, count, next, e);
    case APPEND_NO_SPACE: return fail(e, ERR_STORAGE, "cannot append: the disk is full");
    case APPEND_UNKNOWN_WRITTEN: err = log_memory.append(self, expected, records, count, next, e); break;
    case APPEND_UNKNOWN_NOT_WRITTEN: break;
    }
    return err != OK ? err : fail(e, ERR_INCOMPLETE, "cannot append: input/output error");
}

struct passing {
    log_visit_fn *visit;
    void *context;
};

static enum err pass_on(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    const struct passing *p = context;
    if (!misbehave.flip || seq != misbehave.seq) return p->visit(p->context, seq, record, e);
    uint8_t *changed = malloc(record.len);
    cr_assert(changed != NULL && misbehave.byte < record.len);
    memcpy(changed, record.ptr, record.len);
    changed[misbehave.byte] ^= misbehave.mask;
    enum err err = p->visit(p->context, seq, (struct bytes){changed, record.len}, e);
    free(changed);
    return err;
}

static enum err lasting_read(void *self, uint64_t from, uint64_t to, log_visit_fn *visit, void *context,
                             struct error *e)
{
    struct passing p = {visit, context};
    return log_memory.read(self, from, to, pass_on, &p, e);
}

struct passing_runs {
    log_visit_run_fn *visit;
    void *context;
};

static enum err pass_on_run(void *context, uint64_t seq, struct bytes record, struct error *e)
{
    const struct passing_runs *p = context;
    return p->visit(p->context, seq, &record, 1, e);
}

static enum err lasting_read_runs(void *self, uint64_t from, uint64_t to, log_visit_run_fn *visit,
                                  void *context, struct error *e)
{
    struct passing_runs p = {visit, context};
    return lasting_read(self, from, to, pass_on_run, &p, e);
}

const struct log_backend lasting_memory = {.name = "lasting memory",
                                           .open = lasting_open,
                                           .close = lasting_close,
                                           .head = lasting_head,
                                           .append = lasting_append,
                                           .read = lasting_read,
                                           .read_runs = lasting_read_runs,
                                           .stored_bytes = lasting_stored_bytes};

/* ---- plaintexts ---- */

struct bytes plain_of(uint64_t number, size_t len)
{
    uint8_t *to = arena_take(A, 1, len + 1);
    for (size_t i = 0; i < len; i++) to[i] = (uint8_t)(number * 31 + i * 7);
    if (len >= 8) be64_put(to, number);
    return (struct bytes){to, len};
}

static size_t usual_len(uint64_t number)
{
    return 30 + (size_t)(number % 21);
}

struct bytes *plains_of(uint64_t from, size_t count)
{
    struct bytes *plains = arena_array_of(A, struct bytes, count);
    for (size_t i = 0; i < count; i++) plains[i] = plain_of(from + i, usual_len(from + i));
    return plains;
}

uint64_t size_of(struct log *l)
{
    struct log_state s = {0};
    assert_ok(log_state(&s, l, E));
    return s.head.range.size;
}

uint64_t append_plains(struct log *l, uint64_t from, size_t count)
{
    uint64_t first = 0;
    assert_ok(
        log_append(&first, l, size_of(l), plains_of(from, count), count, moment("2026-01-01T00:00:00Z"), E));
    return first;
}

struct counting {
    uint64_t seq, number, count;
};

static enum err count_plain(void *context, const struct log_entry *entry, struct error *e)
{
    (void)e;
    struct counting *c = context;
    cr_assert(entry->seq == c->seq, "seq %llu after %llu", (unsigned long long)entry->seq,
              (unsigned long long)c->seq);
    c->seq++;
    c->count++;
    if (entry->header.class_ != RECORD_EVENTS) {
        cr_assert(entry->plain.len == 0 && entry->clear_body.len > 0);
        return OK;
    }
    cr_assert(bytes_equal(entry->plain, plain_of(c->number, usual_len(c->number))),
              "record %llu has another plaintext", (unsigned long long)entry->seq);
    c->number++;
    return OK;
}

uint64_t read_plains(struct log *l, uint64_t from, uint64_t to, uint64_t number)
{
    struct counting c = {.seq = from, .number = number};
    assert_ok(log_read(l, from, to, count_plain, &c, E));
    return c.count;
}

/* ---- folders ---- */

typedef void file_fn(const char *path, const char *name, void *context);

static void each_file(const char *dir, file_fn *visit, void *context)
{
    DIR *folder = opendir(dir);
    cr_assert(folder != NULL, "there is no folder %s", dir);
    for (struct dirent *d = readdir(folder); d != NULL; d = readdir(folder)) {
        struct stat st;
        if (d->d_name[0] == '.') continue;
        const char *path = str_format(A, "%s/%s", dir, d->d_name).ptr;
        cr_assert(stat(path, &st) == 0);
        if (S_ISDIR(st.st_mode))
            each_file(path, visit, context);
        else
            visit(path, d->d_name, context);
    }
    (void)closedir(folder);
}

static void copy_file(const char *path, const char *name, void *context)
{
    test_write(str_format(A, "%s/%s", (const char *)context, name).ptr, test_read(path));
}

void copy_folder(const char *from, const char *to)
{
    char *target = str_cstring(A, str_of(to));
    assert_ok(dir_make(to, 0700, E));
    each_file(from, copy_file, target);
}

struct search {
    struct bytes needle;
    bool found;
};

static void search_file(const char *path, const char *name, void *context)
{
    struct search *s = context;
    (void)name;
    struct str content = test_read(path);
    for (size_t i = 0; i + s->needle.len <= content.len && !s->found; i++)
        s->found = memcmp(content.ptr + i, s->needle.ptr, s->needle.len) == 0;
}

bool folder_holds(const char *dir, struct bytes needle)
{
    struct search s = {.needle = needle};
    each_file(dir, search_file, &s);
    return s.found;
}

struct log *log_made(const struct log_options *o)
{
    struct log *l = NULL;
    assert_ok(log_create(&l, o, E));
    return l;
}

struct log *log_opened(const struct log_options *o)
{
    struct log *l = NULL;
    assert_ok(log_open(&l, o, E));
    return l;
}
