/* SPDX-License-Identifier: MIT */
/* ask_things.c - questions with one answer: a customer, a subscription, usage, an invoice, the catalog; and
 * one usage reading. */
#include "billing/answers.h"

enum err tell_one(const struct call *c, json_t *answer, struct error *e)
{
    return c->answer->take(c->answer->self, answer, false, e);
}

const char *path_or_null(struct str path, struct arena *a)
{
    return path.len == 0 ? NULL : str_cstring(a, path);
}

/* Reads what `make` makes, and tells it after the reading has ended. */
typedef enum err make_fn(json_t **out, const struct call *c, struct views_txn *t, struct error *e);

static enum err read_and_tell(const struct call *c, make_fn *make, struct error *e)
{
    struct views_txn *t = NULL;
    json_t *answer = NULL;
    enum err err = ledger_read_begin(&t, c->service->ledger, e);
    if (err != OK) return err;
    err = make(&answer, c, t, e);
    ledger_read_end(c->service->ledger, t);
    return err == OK ? tell_one(c, answer, e) : err;
}

/* ---- our own data ---- */

static enum err make_seller(json_t **out, const struct call *c, struct views_txn *t, struct error *e)
{
    struct seller s = {0};
    enum err err = load_seller(&s, t, 0, c->arena, e);
    if (err == OK) *out = seller_json(&s);
    return err;
}

enum err ask_seller_show(const struct call *c, struct error *e)
{
    return read_and_tell(c, make_seller, e);
}

static enum err make_catalog(json_t **out, const struct call *c, struct views_txn *t, struct error *e)
{
    const struct catalog_show_query *q = c->query;
    struct catalog v = {0};
    uint64_t version = q->version;
    enum err err = OK;
    if (version != 0 && date_is_given(q->on))
        return fail(e, ERR_USAGE, "--version and --on exclude each other");
    if (version == 0 && !date_is_given(q->on))
        err = catalog_in_force(&version, t, service_seller_today(c->service, t, c->arena), 0, c->arena, e);
    if (err != OK) return err;
    err = date_is_given(q->on) ? load_catalog_on(&v, t, q->on, c->arena, e)
                               : load_catalog(&v, t, version, c->arena, e);
    if (err == OK) *out = catalog_json(&v);
    return err;
}

enum err ask_catalog_show(const struct call *c, struct error *e)
{
    return read_and_tell(c, make_catalog, e);
}

enum err ask_catalog_file(const struct call *c, struct error *e)
{
    const struct catalog_file_query *q = c->query;
    struct command *command = arena_new_of(c->arena, struct command);
    struct outcome outcome = {0};
    json_t *answer = NULL;
    enum err err = catalog_read(command, str_cstring(c->arena, q->file), c->arena, e);
    if (err == OK) err = service_execute(&outcome, c->service, command, c->arena, e);
    if (err == OK) err = answer_command(&answer, c->service, command, &outcome, c->arena, e);
    return err == OK ? tell_one(c, answer, e) : err;
}

/* ---- customers ---- */

static enum err make_customer(json_t **out, const struct call *c, struct views_txn *t, struct error *e)
{
    const struct customer_show_query *q = c->query;
    struct customer v = {0};
    enum err err = find_customer(&v, t, q->user, c->arena, e);
    if (err == OK) *out = customer_json(&v, t, c->arena);
    return err;
}

enum err ask_customer_show(const struct call *c, struct error *e)
{
    return read_and_tell(c, make_customer, e);
}

static enum err make_subscription(json_t **out, const struct call *c, struct views_txn *t, struct error *e)
{
    const struct subscription_show_query *q = c->query;
    struct subscription s = {0};
    enum err err = find_subscription(&s, t, q->user, q->subscription, c->arena, e);
    struct names n = names_of(t, c->arena);
    if (err == OK) *out = subscription_json(&s, service_today(c->service, timezone_of(&n, s.customer)), &n);
    return err;
}

enum err ask_subscription_show(const struct call *c, struct error *e)
{
    return read_and_tell(c, make_subscription, e);
}

/* ---- usage ---- */

static enum err make_usage(json_t **out, const struct call *c, struct views_txn *t, struct error *e)
{
    const struct usage_show_query *q = c->query;
    struct customer v = {0};
    enum err err = find_customer(&v, t, q->user, c->arena, e);
    if (err != OK) return err;
    return usage_json(out, &v, service_today(c->service, v.timezone), t, c->arena, e);
}

enum err ask_usage_show(const struct call *c, struct error *e)
{
    return read_and_tell(c, make_usage, e);
}

static enum err make_entitlement(json_t **out, const struct call *c, struct views_txn *t, struct error *e)
{
    const struct entitlement_check_query *q = c->query;
    struct world w = c->service->world;
    struct entitled_user u = {0};
    struct entitlement v = {0};
    enum err err =
        load_entitled(&u, t, ledger_zones(c->service->ledger), q->user, w.now(w.self), c->arena, e);
    if (err == OK) err = entitlement_of(&v, &u.facts, q->feature, e);
    if (err == OK) *out = entitlement_json(&v, q->user, q->feature);
    return err;
}

enum err ask_entitlement_check(const struct call *c, struct error *e)
{
    return read_and_tell(c, make_entitlement, e);
}

static enum err make_wallet(json_t **out, const struct call *c, struct views_txn *t, struct error *e)
{
    const struct wallet_show_query *q = c->query;
    struct customer v = {0};
    enum err err = find_customer(&v, t, q->user, c->arena, e);
    return err == OK ? wallet_json(out, &v, service_today(c->service, v.timezone), t, c->arena, e) : err;
}

enum err ask_wallet_show(const struct call *c, struct error *e)
{
    return read_and_tell(c, make_wallet, e);
}

/* When it counts, as the ledger has noted it; of a duplicate what was given, or else the caller's clock. */
static struct str time_of_reading(const struct call *c, const struct outcome *o)
{
    const struct usage_reading_query *q = c->query;
    struct world w = c->service->world;
    for (size_t i = 0; i < o->events_count; i++) {
        const struct usage_recorded *v = &o->events[i].usage_recorded;
        if (o->events[i].type != EVENT_USAGE_RECORDED || v->readings_count == 0) continue;
        return instant_text(c->arena, v->readings[0].at);
    }
    return q->at.len != 0 ? q->at : instant_text(c->arena, w.now(w.self));
}

/* By which it can be corrected; of a duplicate that is its event id alone. */
static void member_reading(json_t *j, const struct call *c, const struct outcome *o)
{
    bool counted = o->events_count > 0 && o->events[0].type == EVENT_USAGE_RECORDED;
    member_text_or_null(j, "reading", counted ? reading_name(c->arena, o->seq, 0) : STR_NONE);
}

/* An answer that is given again is the first one, and says so. */
static json_t *reading_json(const struct call *c, const struct outcome *o, bool duplicate)
{
    const struct usage_reading_query *q = c->query;
    json_t *j = object_new();
    member_text(j, "user_id", q->user);
    member_text(j, "usage_type", q->usage_type);
    member_decimal(j, "amount", q->amount);
    member_text(j, "at", time_of_reading(c, o));
    member_reading(j, c, o);
    member_text_or_null(j, "event_id", q->event_id);
    member_text_or_null(j, "key", q->key);
    member_flag(j, "duplicate", duplicate);
    member_put(j, "alerts", fired_alerts(o));
    if (o->replayed) member_flag(j, "replayed", true);
    return j;
}

/* A reading that was counted before is no failure: whoever sends it again wants to be sure that it was
 * counted. */
enum err ask_usage_reading(const struct call *c, struct error *e)
{
    const struct usage_reading_query *q = c->query;
    struct usage_input input = {.user = q->user,
                                .usage_type = q->usage_type,
                                .amount = q->amount,
                                .event_id = q->event_id,
                                .key = q->key};
    struct command *command = arena_new_of(c->arena, struct command);
    struct outcome o = {0};
    command->type = COMMAND_USAGE_RECORD;
    command->usage_record = (struct usage_record_command){.readings = &input, .readings_count = 1};
    enum err err = OK;
    if (q->at.len != 0) err = date_or_instant_parse(&input.on, &input.at, q->at, e);
    if (err != OK) return wrap(e, "usage.record: at");
    err = service_execute(&o, c->service, command, c->arena, e);
    if (err != OK) return err;
    bool left_out = o.refusals_count > 0;
    bool duplicate = left_out && o.refusals[0].duplicate;
    if (left_out && !duplicate) return fail(e, o.refusals[0].code, "%.*s", STR_ARG(o.refusals[0].why));
    return tell_one(c, reading_json(c, &o, duplicate), e);
}

/* ---- invoices ---- */

static enum err make_invoice(json_t **out, const struct call *c, struct views_txn *t, struct error *e)
{
    const struct invoice_show_query *q = c->query;
    struct invoice v = {0};
    struct names n = names_of(t, c->arena);
    enum err err = find_invoice(&v, t, q->invoice, c->arena, e);
    if (err == OK) *out = invoice_json(&v, true, &n);
    return err;
}

enum err ask_invoice_show(const struct call *c, struct error *e)
{
    return read_and_tell(c, make_invoice, e);
}

struct drawing {
    struct buffer file;
    struct str number;
    const char *path;
    struct issued_file issued[2]; /* the file, and what is attached to it */
    size_t issued_count;
};

static struct hash hash_of(struct bytes content)
{
    struct hash out = {0};
    struct hasher *h = hasher_new();
    hasher_digest(h, out.bytes, content, (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return out;
}

static void note_form(struct drawing *d, const struct invoice *v, enum document_form form, struct bytes file)
{
    d->issued[d->issued_count++] = (struct issued_file){v->invoice, form, hash_of(file), file.len};
}

/* The document that is meant, and where its file goes. */
static enum err begin_drawing(struct drawing *d, struct invoice *v, const struct call *c, struct views_txn *t,
                              struct str invoice, struct str output, const char *ending, struct error *e)
{
    enum err err = find_invoice(v, t, invoice, c->arena, e);
    if (err != OK) return err;
    d->number = str_copy(c->arena, v->number);
    struct str path = output.len != 0 ? output : str_format(c->arena, "%.*s%s", STR_ARG(v->number), ending);
    d->path = str_cstring(c->arena, path);
    return ledger_guard_output(c->service->ledger, d->path, e);
}

typedef enum err draw_fn(struct drawing *d, const struct call *c, struct views_txn *t, struct error *e);

static enum err draw_pdf(struct drawing *d, const struct call *c, struct views_txn *t, struct error *e)
{
    const struct invoice_pdf_query *q = c->query;
    struct invoice v = {0};
    struct made_document made = {0};
    enum err err = begin_drawing(d, &v, c, t, q->invoice, q->output, ".pdf", e);
    if (err == OK) err = make_document(&made, c->service->ledger, t, &v, c->arena, e);
    if (err != OK) return err;
    d->file = made.pdf;
    d->issued_count = made.files_count;
    memcpy(d->issued, made.files, sizeof made.files);
    return OK;
}

static enum err draw_xml(struct drawing *d, const struct call *c, struct views_txn *t, struct error *e)
{
    const struct invoice_xml_query *q = c->query;
    struct invoice v = {0};
    enum document_form form = str_is(q->format, "ubl") ? DOCUMENT_UBL : DOCUMENT_CII;
    if (q->format.len > 0 && form != DOCUMENT_UBL && !str_is(q->format, "cii"))
        return fail(e, ERR_INVALID, "format '%.*s': cii or ubl is wanted", STR_ARG(text_quotable(q->format)));
    enum err err = begin_drawing(d, &v, c, t, q->invoice, q->output, ".xml", e);
    if (err == OK) err = invoice_xml(&d->file, c->service->ledger, t, &v, form, c->arena, e);
    if (err == OK) note_form(d, &v, form, (struct bytes){d->file.ptr, d->file.len});
    return err;
}

static enum err draw_and_tell(const struct call *c, draw_fn *draw, struct error *e)
{
    struct ledger *l = c->service->ledger;
    struct views_txn *t = NULL;
    struct drawing d = {.file = {.arena = c->arena}};
    enum err err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    err = draw(&d, c, t, e);
    ledger_read_end(l, t);
    if (err == OK) err = file_write(d.path, (struct bytes){d.file.ptr, d.file.len}, 0644, e);
    if (err == OK) err = note_issued(l, d.issued, d.issued_count, c->service->actor, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "invoice_number", d.number);
    member_text(j, "path", str_of(d.path));
    member_hash(j, "sha256", &d.issued[0].sha256);
    return tell_one(c, j, e);
}

enum err ask_invoice_pdf(const struct call *c, struct error *e)
{
    return draw_and_tell(c, draw_pdf, e);
}

enum err ask_invoice_xml(const struct call *c, struct error *e)
{
    return draw_and_tell(c, draw_xml, e);
}
