/* SPDX-License-Identifier: MIT */
/* stripe_pages.c - what becomes of the objects of a page: read, told where they cannot be taken, and taken in
 * one commit. */
#include "importers/json_text.h"
#include "importers/stripe_form.h"
#include "importers/stripe_import.h"

/* ---- refusals ---- */

/* Who is meant is told by the object's id: he stands in no sentence. */
static struct str without_user(struct str text, struct str user, struct arena *a)
{
    for (size_t i = 0; user.len > 0 && i + user.len + 2 <= text.len; i++) {
        bool here = text.ptr[i] == '\'' && text.ptr[i + 1 + user.len] == '\'' &&
                    memcmp(text.ptr + i + 1, user.ptr, user.len) == 0;
        struct str rest = {text.ptr + i + user.len + 2, text.len - i - user.len - 2};
        if (here)
            return str_format(a, "%.*sthe customer%.*s", (int)i, text.ptr,
                              STR_ARG(without_user(rest, user, a)));
    }
    return text;
}

static enum err tell(struct stripe_import *im, const struct stripe_taking *k, struct stripe_note note,
                     const char *said, struct arena *a, struct error *e)
{
    struct row row = {.line = im->report->rows, .text = k->id, .column = note.member};
    row.why = str_format(a, "%s%.*s", said, STR_ARG(without_user(note.why, k->user, a)));
    return rejects_add(&im->rejects, &row, e);
}

static enum err tell_notes(struct stripe_import *im, const struct stripe_taking *k, struct arena *a,
                           struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < k->notes_count && err == OK; i++) {
        im->report->left_out++;
        err = tell(im, k, k->notes[i], "left out: ", a, e);
    }
    return err;
}

enum err stripe_reject(struct stripe_import *im, const struct stripe_taking *k, struct arena *a,
                       struct error *e)
{
    struct import_report *r = im->report;
    r->rejected++;
    im->count->refused++;
    if (r->first_reject.len == 0)
        r->first_reject = str_format(im->arena, "%.*s: %.*s", STR_ARG(k->id),
                                     STR_ARG(without_user(k->refused.why, k->user, a)));
    return tell(im, k, k->refused, "", a, e);
}

void stripe_note_record(struct stripe_import *im, uint64_t seq)
{
    im->wrote = im->wrote || seq != 0;
    report_note_record(im->report, seq);
}

/* ---- a page ---- */

static enum err take_objects(struct stripe_import *im, stripe_take_fn *take, struct stripe_taking *takings,
                             json_t *const *objects, size_t count, struct arena *a, struct error *e)
{
    struct catalog catalog = {0};
    struct stripe_reading r = {
        .options = im->options, .prices = &im->prices, .hasher = im->hasher, .now = im->at.began_at};
    enum err err = ledger_read_begin(&r.t, im->ledger, e);
    if (err != OK) return err;
    if (im->list->kind == IMPORTED_SUBSCRIPTION) {
        err = load_catalog(&catalog, r.t, 0, a, e);
        if (err == OK) r.catalog = &catalog;
        if (err == ERR_NOT_FOUND) err = OK; /* none is loaded */
    }
    for (size_t i = 0; i < count && err == OK; i++) {
        struct stripe_taking *k = &takings[i];
        struct error why = {0};
        k->id = str_copy(a, json_text_of(objects[i], "id"));
        if (!stripe_id_is_one(k->id)) {
            k->id = STR("(no id)");
            stripe_refuse(k, "id", STR("it is no object of Stripe's"));
            continue;
        }
        err = take(k, &r, objects[i], a, e);
        if (err == OK && k->refused.why.len == 0 && command_check(&k->command, &why) != OK)
            stripe_refuse(k, "", str_copy(a, str_of(why.text)));
    }
    ledger_read_end(im->ledger, r.t);
    return err;
}

static bool is_wanted(const struct stripe_taking *k)
{
    return k->refused.why.len == 0 && !k->known && !k->own;
}

static enum err execute(struct stripe_import *im, struct stripe_taking *takings, size_t count, bool again,
                        struct arena *a, struct error *e)
{
    struct request *requests = arena_array_of(a, struct request, count);
    struct outcome *outcomes = arena_array_of(a, struct outcome, count);
    size_t *taking_of = arena_array_of(a, size_t, count), wanted = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(&takings[i])) continue;
        taking_of[wanted] = i;
        requests[wanted++] = (struct request){.command = &takings[i].command, .actor = im->options->actor};
    }
    if (wanted == 0) return OK;
    enum err err = ledger_execute_batch(outcomes, im->ledger, requests, wanted, false, a, e);
    for (size_t i = 0; i < wanted && err == OK; i++) {
        struct stripe_taking *k = &takings[taking_of[i]];
        const struct outcome *o = &outcomes[i];
        stripe_note_record(im, o->seq);
        if (o->code != OK) stripe_refuse(k, "", str_copy(a, str_of(o->error.text)));
        if (!again && o->code == OK && o->seq == 0) k->known = true;
    }
    return err;
}

static enum err count_objects(struct stripe_import *im, const struct stripe_taking *takings, size_t count,
                              struct arena *a, struct error *e)
{
    struct import_report *r = im->report;
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        const struct stripe_taking *k = &takings[i];
        r->rows++;
        im->count->read++;
        if (!k->own) err = tell_notes(im, k, a, e);
        if (err != OK) return err;
        if (k->own) {
            im->count->own++;
        } else if (k->refused.why.len > 0) {
            err = stripe_reject(im, k, a, e);
        } else if (k->known) {
            im->count->known++;
            r->duplicates++;
        } else {
            im->count->taken++;
            r->accepted++;
        }
    }
    if (im->options->progress != NULL) im->options->progress(im->options->progress_context, r->rows, 0, 0);
    return err;
}

/* What is added to the subscriptions of a page. What cannot be is left out of its subscription. */
static enum err take_items(struct stripe_import *im, struct stripe_taking *takings, json_t *const *objects,
                           size_t count, struct arena *a, struct error *e)
{
    struct stripe_taking *items = arena_array_of(a, struct stripe_taking, count);
    enum err err = take_objects(im, stripe_take_items, items, objects, count, a, e);
    for (size_t i = 0; i < count; i++) {
        if (takings[i].refused.why.len > 0) items[i].known = true; /* there is nothing to add to */
    }
    if (err == OK) err = execute(im, items, count, false, a, e);
    for (size_t i = 0; i < count && err == OK; i++) {
        for (size_t k = 0; k < items[i].notes_count; k++)
            stripe_leave_out(&takings[i], items[i].notes[k].member, items[i].notes[k].why);
        bool told = takings[i].refused.why.len > 0 || items[i].refused.why.len == 0;
        if (!told) stripe_leave_out(&takings[i], "items", items[i].refused.why);
        takings[i].known = takings[i].known && (items[i].known || !told);
    }
    return err;
}

/* Subscriptions are taken twice: once they have begun, what else they are is followed, with what is added. */
enum err stripe_take_page(void *context, json_t *const *objects, size_t count, struct arena *a,
                          struct error *e)
{
    struct stripe_import *im = context;
    struct stripe_taking *takings = arena_array_of(a, struct stripe_taking, count);
    bool twice = im->list->kind == IMPORTED_SUBSCRIPTION;
    enum err err = take_objects(im, im->list->take, takings, objects, count, a, e);
    if (err == OK) err = execute(im, takings, count, false, a, e);
    if (err == OK && twice) err = take_items(im, takings, objects, count, a, e);
    if (err == OK && twice) err = execute(im, takings, count, true, a, e);
    return err == OK ? count_objects(im, takings, count, a, e) : err;
}
