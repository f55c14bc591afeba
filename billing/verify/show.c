/* SPDX-License-Identifier: MIT */
/* show.c - see show.h. The walk goes through the bytes and the declaration side by side, so that what is
 * shown is well-formed, too. */
#include "billing/verify/show.h"

#include "billing/verify/msgpack.h"

enum { EVENTS_MAX = 4096 };

static bool show_struct(struct buffer *out, const struct shape_struct *s, struct bytes *from);

static bool show_list(struct buffer *out, const struct shape_struct *of, struct bytes *from)
{
    uint64_t items = 0;
    if (!take_array(&items, from)) return false;
    buffer_add_byte(out, '[');
    for (uint64_t i = 0; i < items; i++) {
        if (i > 0) buffer_print(out, ", ");
        if (!show_struct(out, of, from)) return false;
    }
    buffer_add_byte(out, ']');
    return true;
}

static bool show_choice(struct buffer *out, const struct shape_words *words, struct bytes *from)
{
    uint64_t word = 0;
    if (!take_count(&word, from) || word >= words->count) return false;
    show_text(out, str_of(words->words[word]));
    return true;
}

static bool show_field(struct buffer *out, const struct shape_field *f, struct bytes *from)
{
    if (f->shape == SHAPE_CHOICE) return show_choice(out, f->words, from);
    if (f->shape == SHAPE_PART) return show_struct(out, f->of, from);
    if (f->shape == SHAPE_LIST) return show_list(out, f->of, from);
    return show_scalar(out, f->shape, from);
}

/* An array may end only where a SINCE stands, or at the end. */
static bool show_struct(struct buffer *out, const struct shape_struct *s, struct bytes *from)
{
    uint64_t items = 0, shown = 0;
    if (!take_array(&items, from)) return false;
    buffer_add_byte(out, '{');
    for (size_t i = 0; i < s->count; i++) {
        const struct shape_field *f = &s->fields[i];
        if (f->shape == SHAPE_SINCE) {
            if (shown == items) break;
            continue;
        }
        if (shown == items) return false;
        buffer_print(out, "%s\"%s\": ", shown > 0 ? ", " : "", f->name);
        if (!show_field(out, f, from)) return false;
        shown++;
    }
    buffer_add_byte(out, '}');
    return shown == items;
}

static enum err show_event(struct buffer *out, struct bytes *from, struct error *e)
{
    uint64_t members = 0, number = 0, version = 0;
    if (!take_array(&members, from) || members != 3 || !take_count(&number, from) ||
        !take_count(&version, from))
        return fail(e, ERR_TAMPERED, "it is not [number, version, fields]");
    const struct event_shape *shape = event_shape(number);
    if (shape == NULL || shape->version != version)
        return fail(e, ERR_INCOMPLETE, "number %ju in version %ju is not known to this program",
                    (uintmax_t)number, (uintmax_t)version);
    buffer_print(out, "{\"event\": \"%s\", \"version\": %ju, \"fields\": ", shape->wire, (uintmax_t)version);
    if (!show_struct(out, shape->fields, from))
        return fail(e, ERR_TAMPERED, "its fields are not those of %s", shape->wire);
    buffer_add_byte(out, '}');
    return OK;
}

static enum err show_events(struct buffer *out, struct bytes *from, struct error *e)
{
    uint64_t count = 0;
    if (!take_array(&count, from) || count > EVENTS_MAX)
        return fail(e, ERR_TAMPERED, "its events are not a list of at most %d", EVENTS_MAX);
    buffer_print(out, ", \"events\": [");
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0) buffer_print(out, ", ");
        if (show_event(out, from, e) != OK) return wrap(e, "event %ju", (uintmax_t)i);
    }
    buffer_add_byte(out, ']');
    return OK;
}

/* Who, which command, under which key; the last one only if there is one. */
static bool show_head(struct buffer *out, struct bytes *from)
{
    struct str actor = STR_NONE, command = STR_NONE, key = STR_NONE;
    struct bytes hash = {0};
    if (!take_text(&actor, from) || !take_text(&command, from) || !take_text(&key, from) ||
        !take_bin(&hash, from) || hash.len != (key.len > 0 ? 32u : 0u))
        return false;
    buffer_print(out, "\"actor\": ");
    show_text(out, actor);
    buffer_print(out, ", \"command\": ");
    show_text(out, command);
    if (key.len == 0) return true;
    buffer_print(out, ", \"idempotency_key\": ");
    show_text(out, key);
    return true;
}

/* What a document was decided with; the basis is a JSON object, and is shown as the text that was signed. */
static bool show_basis(struct buffer *out, struct bytes *from)
{
    int64_t now = 0, today = 0, seller = 0;
    uint64_t second = 0;
    struct str basis = STR_NONE;
    if (!take_integer(&now, from) || !take_integer(&today, from) || !take_integer(&seller, from) ||
        !take_count(&second, from) || !take_text(&basis, from) || basis.len == 0)
        return false;
    if (today < INT32_MIN || today > INT32_MAX || seller < INT32_MIN || seller > INT32_MAX) return false;
    buffer_print(out, ", \"decided_at\": ");
    show_instant(out, now);
    buffer_print(out, ", \"today\": ");
    show_date(out, today);
    buffer_print(out, ", \"seller_today\": ");
    show_date(out, seller);
    buffer_print(out, ", \"second\": %ju, \"basis\": ", (uintmax_t)second);
    show_text(out, basis);
    return true;
}

enum err show_plaintext(struct buffer *out, struct bytes plaintext, struct error *e)
{
    uint64_t members = 0, form = 0;
    struct bytes from = plaintext;
    if (!is_one_array(plaintext))
        return fail(e, ERR_TAMPERED, "its plaintext is not one msgpack array in its shortest form");
    if (!take_array(&members, &from) || !take_count(&form, &from))
        return fail(e, ERR_TAMPERED, "its plaintext has no form");
    if (form != 1 && form != 2)
        return fail(e, ERR_INCOMPLETE, "the form %ju of its plaintext is not known to this program",
                    (uintmax_t)form);
    if (members != (form == 1 ? 6 : 11) || !show_head(out, &from))
        return fail(e, ERR_TAMPERED, "its plaintext is not [form, actor, command, key, hash, events …]");
    enum err err = show_events(out, &from, e);
    if (err != OK) return err;
    if (form == 2 && !show_basis(out, &from))
        return fail(e, ERR_TAMPERED, "its plaintext does not say what it was decided with");
    return from.len == 0 ? OK : fail(e, ERR_TAMPERED, "its plaintext goes on behind its end");
}
