/* SPDX-License-Identifier: MIT */
/* readings.c - what a usage file says, row by row: CSV, JSON lines with the same names, CloudEvents 1.0. It
 * must never fill in what a sender left out, but for the id that makes a row countable once. */
#include "importers/readings.h"
#include "importers/csv.h"
#include "importers/json_text.h"

enum column { EVENT_ID, USER_ID, USAGE_TYPE, AMOUNT, TIMESTAMP, KEY, COLUMNS };
static const char *const column_names[COLUMNS + 1] = {"event_id",  "user_id", "usage_type", "amount",
                                                      "timestamp", "key",     NULL};
static const struct csv_layout layout = {
    .names = column_names,
    .count = COLUMNS,
    .required = 1u << USER_ID | 1u << USAGE_TYPE | 1u << AMOUNT,
};

struct readings {
    struct stream *stream;
    struct csv_reader *csv; /* NULL: JSON lines */
    struct text_line first; /* JSON lines: the line that told the format, not given out yet */
    bool has_first;
    const char *path;
    struct hasher *hasher;
};

/* ---- fields to values ---- */

/* Senders write nanoseconds; the ledger keeps microseconds. What is finer is cut off before it is read. */
static struct str cut_to_microseconds(struct str time, char to[64])
{
    enum { POINT = 19, KEPT = POINT + 1 + 6 };
    if (time.len <= KEPT || time.len > 63 || time.ptr[POINT] != '.') return time;
    size_t end = POINT + 1;
    while (end < time.len && time.ptr[end] >= '0' && time.ptr[end] <= '9') end++;
    if (end <= KEPT) return time;
    memcpy(to, time.ptr, KEPT);
    memcpy(to + KEPT, time.ptr + end, time.len - end);
    return (struct str){to, KEPT + time.len - end};
}

static void read_amount(struct reading_row *out, struct str text, const char *column, struct arena *a)
{
    struct error e = {0};
    if (decimal_parse(&out->input.amount, text, &e) != OK) row_refuse_error(&out->row, column, &e, a);
}

static void read_time(struct reading_row *out, struct str text, const char *column, struct arena *a)
{
    struct error e = {0};
    char shorter[64] = "";
    if (text.len == 0) return;
    text = cut_to_microseconds(text, shorter);
    if (date_or_instant_parse(&out->input.on, &out->input.at, text, &e) != OK)
        row_refuse_error(&out->row, column, &e, a);
}

static void need(struct reading_row *out, struct str text, const char *column)
{
    if (text.len == 0) row_refuse(&out->row, column, STR("a value is missing"));
}

static void make_id(struct reading_row *out, struct readings *r, struct arena *a)
{
    if (!row_is_good(&out->row) || out->input.event_id.len > 0) return;
    bool is_dated = instant_is_given(out->input.at) || date_is_given(out->input.on);
    const char *path = is_dated ? NULL : r->path;
    out->input.event_id = row_id(&out->row, "row:", path, r->hasher, a);
}

static void read_fields(struct reading_row *out, const struct str *fields, struct arena *a)
{
    out->input = (struct usage_input){
        .user = fields[USER_ID],
        .usage_type = fields[USAGE_TYPE],
        .event_id = fields[EVENT_ID],
        .key = fields[KEY],
    };
    need(out, fields[USER_ID], column_names[USER_ID]);
    need(out, fields[USAGE_TYPE], column_names[USAGE_TYPE]);
    need(out, fields[AMOUNT], column_names[AMOUNT]);
    if (!row_is_good(&out->row)) return;
    read_amount(out, fields[AMOUNT], column_names[AMOUNT], a);
    read_time(out, fields[TIMESTAMP], column_names[TIMESTAMP], a);
}

/* ---- JSON ---- */

static void read_member(struct str *to, struct reading_row *out, const json_t *object, const char *name,
                        struct arena *a)
{
    struct error e = {0};
    if (json_member_text(to, object, name, a, &e) != OK) row_refuse_error(&out->row, name, &e, a);
}

static void read_plain(struct reading_row *out, const json_t *object, struct arena *a)
{
    struct error e = {0};
    struct str fields[COLUMNS] = {0};
    if (json_only_members(object, column_names, &e) != OK) row_refuse_error(&out->row, "", &e, a);
    for (size_t i = 0; i < COLUMNS; i++) read_member(&fields[i], out, object, column_names[i], a);
    if (row_is_good(&out->row)) read_fields(out, fields, a);
}

/* An event is unique by source and id. Where both together are longer than an event id may be, their hash
 * stands for them. */
static struct str cloud_id(struct str source, struct str id, struct readings *r, struct arena *a)
{
    struct str both = str_format(a, "%.*s/%.*s", STR_ARG(source), STR_ARG(id));
    if (both.len <= LIMIT_EVENT_ID_BYTES || text_holds_card_data(both)) return both;
    uint8_t digest[32] = {0};
    hasher_digest(r->hasher, digest, str_bytes(both), (struct bytes){0}, (struct bytes){0});
    struct str hex = hex_text(a, digest, sizeof digest);
    return str_format(a, "ce:%.*s", STR_ARG(hex));
}

static void read_cloud_event(struct reading_row *out, const json_t *object, struct readings *r,
                             struct arena *a)
{
    static const char *const names[] = {"specversion", "id", "source", "type", "subject", "time"};
    enum { SPECVERSION, ID, SOURCE, TYPE, SUBJECT, TIME, NAMES };
    struct str texts[NAMES] = {0}, amount = STR_NONE, key = STR_NONE;
    for (size_t i = 0; i < NAMES; i++) {
        read_member(&texts[i], out, object, names[i], a);
        if (i != TIME) need(out, texts[i], names[i]);
    }
    const json_t *data = json_object_get(object, "data");
    if (!json_is_object(data)) row_refuse(&out->row, "data", STR("an object with an amount is expected"));
    if (!row_is_good(&out->row)) return;
    if (!str_is(texts[SPECVERSION], "1.0"))
        row_refuse(&out->row, "specversion", STR("only version 1.0 is known"));
    const char *name = json_object_get(data, "amount") != NULL ? "amount" : "value";
    read_member(&amount, out, data, name, a);
    need(out, amount, "data.amount");
    read_member(&key, out, data, "key", a);
    if (!row_is_good(&out->row)) return;
    out->input = (struct usage_input){.user = texts[SUBJECT], .usage_type = texts[TYPE], .key = key};
    out->input.event_id = cloud_id(texts[SOURCE], texts[ID], r, a);
    read_amount(out, amount, "data.amount", a);
    read_time(out, texts[TIME], "time", a);
}

static void read_json(struct reading_row *out, const struct text_line *line, struct readings *r,
                      struct arena *a)
{
    struct error e = {0};
    json_t *object = NULL;
    if (line->too_long) {
        row_refuse(&out->row, "",
                   str_format(a, "the line is longer than the limit of %d bytes", LIMIT_INPUT_LINE_BYTES));
    } else if (json_parse(&object, line->text, a, &e) != OK) {
        row_refuse_error(&out->row, "", &e, a);
    } else if (!json_is_object(object)) {
        row_refuse(&out->row, "", STR("a JSON object is expected"));
    } else if (json_object_get(object, "specversion") != NULL) {
        read_cloud_event(out, object, r, a);
    } else {
        read_plain(out, object, a);
    }
    json_decref(object);
}

static enum err next_json(struct reading_row *out, bool *end, struct readings *r, struct arena *a,
                          struct error *e)
{
    struct text_line line = r->first;
    *end = false;
    if (!r->has_first) {
        do {
            enum err err = stream_line(&line, end, r->stream, e);
            if (err != OK || *end) return err;
        } while (!line.too_long && str_trim(line.text).len == 0);
    }
    r->has_first = false;
    *out = (struct reading_row){.row = {.line = line.number, .column = "", .text = str_copy(a, line.text)}};
    line.text = out->row.text;
    read_json(out, &line, r, a);
    return OK;
}

/* ---- the file ---- */

static enum err first_line(struct text_line *out, struct stream *s, struct error *e)
{
    bool end = false;
    do {
        enum err err = stream_line(out, &end, s, e);
        if (err != OK) return err;
        if (end) return fail(e, ERR_INVALID, "the file is empty: there is not even a header");
    } while (!out->too_long && str_trim(out->text).len == 0);
    return OK;
}

enum err readings_open(struct readings **out, struct source *source, const char *path, struct error *e)
{
    struct readings *r = calloc(1, sizeof *r);
    if (r == NULL) WRONG("out of memory");
    r->stream = stream_new(source);
    r->hasher = hasher_new();
    r->path = path;
    enum err err = first_line(&r->first, r->stream, e);
    struct str head = str_trim(r->first.text);
    r->has_first = head.len > 0 && head.ptr[0] == '{';
    if (err == OK && !r->has_first) err = csv_open(&r->csv, r->stream, &r->first, &layout, e);
    if (err == OK)
        *out = r;
    else
        readings_close(r);
    return err;
}

void readings_close(struct readings *r)
{
    if (r == NULL) return;
    csv_close(r->csv);
    hasher_free(r->hasher);
    stream_free(r->stream);
    free(r);
}

enum err readings_next(struct reading_row *out, bool *end, struct readings *r, struct arena *a,
                       struct error *e)
{
    enum err err = OK;
    if (r->csv == NULL) {
        err = next_json(out, end, r, a, e);
    } else {
        struct csv_row row;
        err = csv_next(&row, end, r->csv, a, e);
        if (err == OK && !*end) {
            *out = (struct reading_row){.row = row.row};
            if (row_is_good(&row.row)) read_fields(out, row.fields, a);
        }
    }
    if (err == OK && !*end) make_id(out, r, a);
    return err;
}
