/* SPDX-License-Identifier: MIT */
/* copies.c - see copies.h. */
#include "tests/projections/copies.h"

struct books books;
const struct copying silent;
static struct frozen_clock noon = {{INT64_C(1735732800000000)}}; /* 2025-01-01T12:00:00Z */

struct ledger_options options_of(const char *name)
{
    return (struct ledger_options){.dir = test_path(name),
                                   .key_file = test_path("master"),
                                   .world = world_frozen(&noon),
                                   .state = &daybook_state,
                                   .map_bytes = 64u << 20};
}

struct ledger *opened(const char *name, bool make)
{
    struct ledger *opened_one = NULL;
    struct ledger_options o = options_of(name);
    if (make) assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&opened_one, &o, E));
    return opened_one;
}

void books_begin(void)
{
    struct str public = STR_NONE;
    test_begin();
    books.ledger = opened("d", true);
    books.signer = test_path("signer");
    assert_ok(ledger_new_checkpoint_key(&public, books.ledger, books.signer, A, E));
}

void books_end(void)
{
    ledger_close(books.ledger);
    test_end();
}

enum err try_grow(struct ledger *to, const char *user)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    struct request r = {.command = &c, .actor = STR("test")};
    struct outcome out = {0};
    c.customer_create.user = str_of(user);
    return ledger_execute(&out, to, &r, A, E);
}

void grow(struct ledger *to, const char *word, size_t count)
{
    for (size_t i = 0; i < count; i++) assert_ok(try_grow(to, str_format(A, "%s-%zu", word, i).ptr));
}

/* Records that only a log sees: enough of them for closed segments, in no time. */
void grow_log(struct ledger *to, size_t count)
{
    struct log_state s = {.epoch = 0};
    uint64_t first = 0;
    struct bytes *plains = arena_array_of(A, struct bytes, count);
    for (size_t i = 0; i < count; i++) plains[i] = str_bytes(str_format(A, "plain %zu", i));
    for (size_t at = 0; at < count; at += 10000) {
        size_t some = count - at < 10000 ? count - at : 10000;
        assert_ok(log_state(&s, ledger_log(to), E));
        assert_ok(log_append(&first, ledger_log(to), s.head.range.size, plains + at, some, noon.now, E));
    }
}

struct log_state state_of(struct ledger *of)
{
    struct log_state s = {.epoch = 0};
    assert_ok(log_state(&s, ledger_log(of), E));
    return s;
}

enum err try_export(struct ledger_archive *out, const char *dir, bool with_key)
{
    struct archive_options o = {.dir = test_path(dir), .key_file = with_key ? books.signer : NULL};
    return ledger_export(out, books.ledger, &o, A, E);
}

struct ledger_archive exported(const char *dir)
{
    struct ledger_archive out;
    assert_ok(try_export(&out, dir, true));
    return out;
}

/* Every file below a folder with what is in it, as one text. */
static void add_folder(struct buffer *out, const char *dir, const char *name)
{
    struct names_list names;
    assert_ok(dir_list(&names, dir, A, E));
    for (size_t i = 0; i < names.count; i++) {
        const char *path = str_format(A, "%s/%.*s", dir, STR_ARG(names.names[i])).ptr;
        const char *inner = str_format(A, "%s/%.*s", name, STR_ARG(names.names[i])).ptr;
        if (dir_is(path)) {
            add_folder(out, path, inner);
            continue;
        }
        struct str content = test_read(path);
        buffer_print(out, "%s %zu ", inner, content.len);
        buffer_add(out, content.ptr, content.len);
    }
}
struct str folder(const char *dir)
{
    struct buffer b = {.arena = A};
    add_folder(&b, test_path(dir), "");
    return (struct str){(const char *)b.ptr, b.len};
}

void flip(const char *path, size_t at)
{
    struct str was = test_read(path);
    char *bad = arena_take_raw(A, was.len);
    memcpy(bad, was.ptr, was.len);
    bad[at % was.len] = (char)(bad[at % was.len] ^ 4);
    test_write(path, (struct str){bad, was.len});
}

struct ledger_backup backed_up(const char *dir)
{
    struct ledger_backup out;
    assert_ok(ledger_backup(&out, books.ledger, test_path(dir), &silent, A, E));
    return out;
}

enum err try_restore(const char *backup, const char *to)
{
    struct ledger_report r;
    struct ledger_options o = options_of(to);
    return ledger_restore(&r, &o, test_path(backup), NULL, &silent, A, E);
}
