/* SPDX-License-Identifier: MIT */
/* test_two_processes.c - several processes at one ledger at once: two writers and four readers of the log,
 * and writers of the views. Each opens its own handles after the fork. A child tells its story by its exit
 * status. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/view_values.h"

TestSuite(processes, .init = test_begin, .fini = test_end);

enum { WRITERS = 2, READERS = 4, PER_WRITER = 150 };

static _Noreturn void child_failed(const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", what, E->text);
    _exit(1);
}

/* A record holds writer and number. Whoever loses a race looks again and goes on. */
static void write_records(const struct log_options *o, uint8_t writer)
{
    struct log *l = NULL;
    struct log_state s = {0};
    if (log_open(&l, o, E) != OK) child_failed("open");
    for (uint8_t n = 0; n < PER_WRITER;) {
        uint64_t first = 0;
        uint8_t text[2] = {writer, n};
        struct bytes plain = {text, sizeof text};
        if (log_state(&s, l, E) != OK) child_failed("state");
        enum err err = log_append(&first, l, s.head.range.size, &plain, 1, (struct instant){1}, E);
        if (err == OK) n++;
        if (err != OK && err != ERR_CONFLICT) child_failed("append");
    }
    log_close(l);
}

struct tally {
    unsigned next[WRITERS];
    uint64_t records;
};

/* Each writer's numbers must come in their order, without a gap. */
static enum err tally_record(void *context, const struct log_entry *entry, struct error *e)
{
    struct tally *t = context;
    t->records++;
    if (entry->header.class_ != RECORD_EVENTS) return OK;
    uint8_t writer = entry->plain.ptr[0], number = entry->plain.ptr[1];
    if (writer >= WRITERS || number != t->next[writer])
        return fail(e, ERR_TAMPERED, "a record is out of order");
    t->next[writer]++;
    return OK;
}

/* Reads from the beginning again and again until everything is there; what was there once stays there. */
static void read_records(const struct log_options *o)
{
    struct log *l = NULL;
    struct tally t = {0};
    if (log_open(&l, o, E) != OK) child_failed("open");
    while (t.next[0] != PER_WRITER || t.next[1] != PER_WRITER) {
        uint64_t before = t.records;
        t = (struct tally){0};
        if (log_read(l, 0, UINT64_MAX, tally_record, &t, E) != OK) child_failed("read");
        if (t.records < before) _exit(2);
    }
    log_close(l);
}

static void assert_children_end_well(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int status = 0;
        cr_assert(wait(&status) > 0);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child ended with %d", status);
    }
}

static pid_t forked(void)
{
    pid_t pid = fork();
    cr_assert(pid >= 0);
    return pid;
}

Test(processes, two_writers_and_four_readers_share_a_log)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log *l = NULL;
    assert_ok(log_create(&l, &o, E));
    log_close(l);
    for (int i = 0; i < WRITERS + READERS; i++) {
        if (forked() != 0) continue;
        if (i < WRITERS)
            write_records(&o, (uint8_t)i);
        else
            read_records(&o);
        _exit(0);
    }
    assert_children_end_well(WRITERS + READERS);
    struct tally t = {0};
    struct log_report r = {0};
    assert_ok(log_open(&l, &o, E));
    assert_ok(log_read(l, 0, UINT64_MAX, tally_record, &t, E));
    assert_int(t.next[0], PER_WRITER);
    assert_int(t.next[1], PER_WRITER);
    assert_ok(log_verify_chain(&r, l, NULL, NULL, E));
    assert_int(r.records, t.records);
    assert_int(r.epochs, 3);
    log_close(l);
    master_key_close(k);
}

Test(processes, a_child_may_open_what_its_parent_has_open)
{
    struct master_key *k = key_of(1);
    struct log_options o = options_lmdb("ledger", k);
    struct log *l = NULL;
    assert_ok(log_create(&l, &o, E));
    append_plains(l, 0, 3);
    if (forked() == 0) {
        struct log *mine = NULL;
        uint64_t first = 0;
        if (log_open(&mine, &o, E) != OK) child_failed("open");
        if (log_append(&first, mine, 5, plains_of(3, 2), 2, (struct instant){1}, E) != OK)
            child_failed("append");
        log_close(mine);
        log_close(l); /* gives back memory and leaves the parent's files alone */
        _exit(0);
    }
    assert_children_end_well(1);
    assert_int(read_plains(l, 0, UINT64_MAX, 0), 8);
    assert_int(append_plains(l, 5, 1), 8);
    log_close(l);
    master_key_close(k);
}

/* ---- views ---- */

static enum err add_one(struct views *v, uint8_t writer, uint64_t n)
{
    struct views_txn *t = NULL;
    struct view_cursor c = {0};
    enum err err = views_begin(&t, v, true, E);
    if (err != OK) return err;
    struct view_key key = key_u64(writer, n);
    err = views_cursor(&c, t, E);
    c.seq++;
    views_set_cursor(t, &c);
    if (err == OK) err = views_put(t, &key, plain_of(n, 3000), E);
    if (err == OK) return views_commit(t, E);
    views_abort(t);
    return err;
}

static void write_views(const struct views_options *o, uint8_t writer)
{
    for (uint64_t round = 0; round < 5; round++) { /* opening and closing races as well */
        struct views *v = NULL;
        bool fresh = false;
        if (views_open(&v, &fresh, o, E) != OK) child_failed("open");
        for (uint64_t n = 0; n < 40; n++) {
            enum err err = add_one(v, writer, round * 40 + n);
            while (err == ERR_CONFLICT) err = add_one(v, writer, round * 40 + n);
            if (err != OK) child_failed("write");
        }
        views_close(v);
    }
}

Test(processes, three_writers_share_the_views)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    o.map_bytes = (size_t)1024 * 1024; /* one makes it grow, the others follow */
    views_close(views_opened(&o, true));
    for (uint8_t i = 0; i < 3; i++) {
        if (forked() != 0) continue;
        write_views(&o, i);
        _exit(0);
    }
    assert_children_end_well(3);
    struct views *v = views_opened(&o, false);
    struct views_txn *t = begun(v, false);
    struct view_cursor c = {0};
    assert_ok(views_cursor(&c, t, E));
    assert_int(c.seq, 600);
    views_abort(t);
    uint64_t entries = 0;
    (void)digest_of(v, &entries);
    assert_int(entries, 600);
    views_close(v);
    master_key_close(k);
}
