/* SPDX-License-Identifier: MIT */
/* dump.c - simple histories as lines of JSON, for a model that was written without a look at this program:
 * what was asked for and accepted, when, and every line that came out. */
#include "ledger/store/schema_json.h"
#include "tests/sim/relations.h"

static json_t *text_json(struct str text)
{
    return json_stringn(text.ptr == NULL ? "" : text.ptr, text.len);
}

static json_t *step_json(const struct step *s, struct arena *a)
{
    json_t *step = json_object();
    json_object_set_new(step, "on", text_json(date_text(a, instant_date(s->at))));
    if (s->kind == STEP_RUN) {
        json_object_set_new(step, "run", text_json(date_text(a, s->through)));
        return step;
    }
    json_object_set_new(step, "command", json_string(command_kind(s->command.type)->words));
    json_object_set_new(step, "body",
                        schema_json(command_kind(s->command.type)->schema, command_body(&s->command)));
    return step;
}

static void add_line(json_t *lines, const struct line *l)
{
    if (l->subscription != 0) json_array_append_new(lines, schema_json(&schema_line, l));
}

/* Of all documents and of what waits for one. */
static json_t *lines_json(const struct books *b)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        const struct invoice_finalized *v = &ev->invoice_finalized;
        if (ev->type == EVENT_ITEM_ADDED && !books_is_invoiced(b, ev->item_added.item))
            add_line(lines, &ev->item_added.line);
        for (size_t k = 0; ev->type == EVENT_INVOICE_FINALIZED && k < v->lines_count; k++)
            add_line(lines, &v->lines[k]);
    }
    return lines;
}

/* Those of the last step. */
static void add_documents(json_t *step, const struct books *b)
{
    json_t *documents = json_array();
    for (size_t i = b->before; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        if (ev->type != EVENT_INVOICE_FINALIZED) continue;
        json_array_append_new(documents, schema_json(&schema_invoice_finalized, &ev->invoice_finalized));
    }
    json_object_set_new(step, "documents", documents);
}

static size_t count_documents(const struct books *b)
{
    size_t count = 0;
    for (size_t i = 0; i < b->events.count; i++) count += b->events.items[i].type == EVENT_INVOICE_FINALIZED;
    return count;
}

static enum err live_and_dump(json_t *history, const struct trial *t, struct error *e)
{
    struct dice d = dice_of(t->seed);
    struct script h = {0};
    struct books b = {0};
    struct shape shape = {.customers = 1, .days = (int)dice_between(&d, 60, 300), .nights = 30};
    shape.may = MAY_PAUSE | MAY_USE | MAY_BACKDATE | MAY_REACTIVATE | MAY_SKIP_RUNS | MAY_ITEMS;
    if (dice_chance(&d, 50)) shape.may |= MAY_COUPON;
    json_t *steps = json_array();
    script_make(&h, &shape, t->catalog, &d, t->arena);
    enum err err = books_open(&b, t, e);
    for (size_t i = 0; i < h.count && err == OK; i++) {
        err = books_do(&b, &h.steps[i], e);
        if (b.code != OK) continue;
        json_t *step = step_json(&h.steps[i], t->arena);
        add_documents(step, &b);
        json_array_append_new(steps, step);
    }
    struct date last = date_add_days(instant_date(b.clock.now), (int32_t)dice_between(&d, 0, 40));
    struct step end = {.at = date_start(last), .kind = STEP_RUN, .through = last};
    if (err == OK) err = books_do(&b, &end, e);
    json_t *last_step = step_json(&end, t->arena);
    add_documents(last_step, &b);
    json_array_append_new(steps, last_step);
    json_object_set_new(history, "seed", json_integer((json_int_t)t->seed));
    json_object_set_new(history, "documents", json_integer((json_int_t)count_documents(&b)));
    json_object_set_new(history, "steps", steps);
    json_object_set_new(history, "lines", lines_json(&b));
    books_close(&b);
    return err;
}

int dump_histories(const char *path, const struct trial *first, uint64_t count)
{
    struct error e = {0};
    struct trial t = *first;
    FILE *f = fopen(path, "w");
    enum err err = f != NULL ? OK : fail(&e, ERR_STORAGE, "cannot write %s", path);
    for (; t.seed < first->seed + count && err == OK; t.seed++) {
        json_t *history = json_object();
        err = live_and_dump(history, &t, &e);
        if (err == OK && (json_dumpf(history, f, JSON_COMPACT) != 0 || fputc('\n', f) == EOF))
            err = fail(&e, ERR_STORAGE, "cannot write %s", path);
        json_decref(history);
        arena_reset(t.arena);
    }
    if (f != NULL && fclose(f) != 0 && err == OK) err = fail(&e, ERR_STORAGE, "cannot write %s", path);
    if (err != OK) printf("FAIL %s\n", e.text);
    return err == OK ? 0 : 1;
}
