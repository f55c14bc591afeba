/* SPDX-License-Identifier: MIT */
/* json_file.c - see json_file.h. It must never write a text that a JSON reader would not give back byte for
 * byte. */
#include "reports/json_file.h"

#include <stdio.h>
#include <string.h>

enum { LEVELS_MAX = 8, PIECE_BYTES = 64 * 1024 };

struct level {
    char closing; /* } or ] */
    bool filled, on_one_line;
};

struct json_file {
    struct file_sink sink;
    struct buffer piece;
    struct arena *texts;
    struct level levels[LEVELS_MAX];
    size_t depth; /* open levels; 0: ended */
};

static void write_piece(struct json_file *j)
{
    /* The stream remembers a failure, and finishing the sink tells it. */
    (void)fwrite(j->piece.ptr, 1, j->piece.len, j->sink.stream);
    buffer_clear(&j->piece);
}

static void add(struct json_file *j, const char *text)
{
    buffer_add(&j->piece, text, strlen(text));
}

static void add_string(struct json_file *j, struct str text)
{
    buffer_add_byte(&j->piece, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        if (byte == '"' || byte == '\\')
            buffer_print(&j->piece, "\\%c", byte);
        else if (byte < 0x20)
            buffer_print(&j->piece, "\\u%04x", byte);
        else
            buffer_add_byte(&j->piece, byte);
    }
    buffer_add_byte(&j->piece, '"');
}

static void new_line(struct json_file *j)
{
    static const char blanks[] = "                ";
    _Static_assert(sizeof(blanks) - 1 == (size_t)2 * LEVELS_MAX, "two blanks a level");
    add(j, "\n");
    buffer_add(&j->piece, blanks, 2 * j->depth);
}

/* The comma, the place and the name of what comes. */
static void begin_value(struct json_file *j, const char *name)
{
    struct level *level = &j->levels[j->depth - 1];
    if (j->piece.len >= PIECE_BYTES) write_piece(j);
    if (level->filled) add(j, level->on_one_line ? ", " : ",");
    if (!level->on_one_line) new_line(j);
    level->filled = true;
    if (name == NULL) return;
    add_string(j, str_of(name));
    add(j, ": ");
}

static void open_level(struct json_file *j, const char *opening, char closing, bool on_one_line)
{
    assert(j->depth < LEVELS_MAX);
    add(j, opening);
    j->levels[j->depth++] = (struct level){.closing = closing, .on_one_line = on_one_line};
}

enum err json_begin(struct json_file **out, const char *path, struct arena *a, struct error *e)
{
    struct json_file *j = arena_new_of(a, struct json_file);
    enum err err = file_begin(&j->sink, path, 0644, e);
    if (err != OK) return err;
    j->texts = arena_new();
    open_level(j, "{", '}', false);
    *out = j;
    return OK;
}

void json_sync_later(struct json_file *j)
{
    j->sink.synced_later = true;
}

void json_open(struct json_file *j, const char *name)
{
    begin_value(j, name);
    open_level(j, "{", '}', false);
}

void json_open_line(struct json_file *j, const char *name)
{
    begin_value(j, name);
    open_level(j, "{", '}', true);
}

void json_open_list(struct json_file *j, const char *name)
{
    begin_value(j, name);
    open_level(j, "[", ']', false);
}

void json_close(struct json_file *j)
{
    assert(j->depth > 0);
    struct level level = j->levels[--j->depth];
    if (level.filled && !level.on_one_line) new_line(j);
    buffer_add_byte(&j->piece, (uint8_t)level.closing);
}

void json_file_text(struct json_file *j, const char *name, struct str text)
{
    begin_value(j, name);
    add_string(j, text);
    arena_reset(j->texts);
}

void json_file_text_or_null(struct json_file *j, const char *name, struct str text)
{
    if (text.len == 0)
        json_file_null(j, name);
    else
        json_file_text(j, name, text);
}

void json_file_count(struct json_file *j, const char *name, uint64_t number)
{
    begin_value(j, name);
    buffer_print(&j->piece, "%ju", (uintmax_t)number);
}

void json_file_flag(struct json_file *j, const char *name, bool flag)
{
    begin_value(j, name);
    add(j, flag ? "true" : "false");
}

void json_file_null(struct json_file *j, const char *name)
{
    begin_value(j, name);
    add(j, "null");
}

void json_file_date(struct json_file *j, const char *name, struct date d)
{
    json_file_text_or_null(j, name, date_text(j->texts, d));
}

void json_file_instant(struct json_file *j, const char *name, struct instant t)
{
    json_file_text_or_null(j, name, instant_is_given(t) ? instant_text(j->texts, t) : STR_NONE);
}

void json_file_hash(struct json_file *j, const char *name, const struct hash *hash)
{
    json_file_text_or_null(j, name,
                           hash == NULL ? STR_NONE : hex_text(j->texts, hash->bytes, sizeof(hash->bytes)));
}

void json_file_money(struct json_file *j, const char *name, struct money m)
{
    json_file_text_or_null(j, name, money_is_given(m) ? money_text(j->texts, m) : STR_NONE);
}

static void free_parts(struct json_file *j)
{
    buffer_free(&j->piece);
    arena_free(j->texts);
    j->piece = (struct buffer){0};
    j->texts = NULL;
    j->depth = 0;
}

enum err json_finish(struct json_file *j, struct error *e)
{
    assert(j->depth == 1);
    json_close(j);
    add(j, "\n");
    write_piece(j);
    enum err err = file_finish(&j->sink, e);
    free_parts(j);
    return err;
}

void json_abandon(struct json_file *j)
{
    if (j == NULL || j->texts == NULL) return;
    file_abandon(&j->sink);
    free_parts(j);
}
