/* SPDX-License-Identifier: MIT */
/* stripe_import.c - all that a Stripe account holds, list by list and month by month, a page at a time: what
 * is taken of a page is one commit, and how far it came is told behind each month that brought something. So
 * one that was stopped goes on there; and one that finds nothing new writes nothing. */
#include "importers/stripe_import.h"
#include "importers/stripe_account.h"
#include "importers/stripe_list.h"

static const struct stripe_kind lists[] = {
    {IMPORTED_CUSTOMER, "/v1/customers", "expand%5B0%5D=data.tax_ids", stripe_take_customer, false},
    {IMPORTED_PAYMENT_METHOD, "", "", stripe_take_method, false},
    {IMPORTED_SUBSCRIPTION, "/v1/subscriptions", "status=all", stripe_take_subscription, false},
    {IMPORTED_INVOICE, "/v1/invoices", "", stripe_take_invoice, true},
    {IMPORTED_CHARGE, "/v1/charges", "", stripe_take_charge, true},
    {IMPORTED_REFUND, "/v1/refunds", "", stripe_take_refund, true},
    {IMPORTED_BALANCE_TRANSACTION, "/v1/balance_transactions", "expand%5B0%5D=data.source",
     stripe_take_balance, false},
};
enum { CUSTOMERS_PER_MARK = 500, CUSTOMERS_AT_ONCE = 50 };

/* ---- how far it is ---- */

static struct str parameters_of(const struct import_options *o, struct arena *a)
{
    return str_format(a, "created_from=%.*s user_from=%.*s cut=%.*s only=%.*s",
                      STR_ARG(date_text(a, o->created_from)), STR_ARG(o->user_from),
                      STR_ARG(date_text(a, o->cut)), STR_ARG(o->only));
}

/* One that was not finished goes on, if the same is asked for. */
static enum err load_progress(struct stripe_import *im, struct error *e)
{
    struct views_txn *t = NULL;
    struct import_progressed before = {0};
    struct world world = ledger_world(im->ledger);
    bool found = false;
    struct arena *a = arena_new();
    im->at = (struct import_progressed){.gateway = STR("stripe"),
                                        .began_at = world.now(world.self),
                                        .parameters = parameters_of(im->options, im->arena)};
    enum err err = ledger_read_begin(&t, im->ledger, e);
    if (err == OK) {
        err = load_import_progress(&found, &before, t, a, e);
        ledger_read_end(im->ledger, t);
    }
    im->open = err == OK && found && !before.finished && str_equal(before.parameters, im->at.parameters);
    if (im->open) {
        im->at.began_at = before.began_at;
        im->at.kind = before.kind;
        im->at.until = before.until;
        im->at.object = before.object;
    }
    arena_free(a);
    return err;
}

static enum err note_progress(struct stripe_import *im, struct error *e)
{
    struct command c = {.type = COMMAND_IMPORT_PROGRESS, .import_progress = {.progress = im->at}};
    struct request r = {.command = &c, .actor = im->options->actor};
    struct outcome done = {0};
    struct arena *a = arena_new();
    enum err err = ledger_execute(&done, im->ledger, &r, a, e);
    if (err == OK) report_note_record(im->report, done.seq);
    im->open = im->open || err == OK;
    im->wrote = false;
    arena_free(a);
    return err;
}

static enum err mark(struct stripe_import *im, struct instant until, uint64_t object, struct error *e)
{
    im->at.kind = im->list->kind;
    im->at.until = until;
    im->at.object = object;
    return im->wrote ? note_progress(im, e) : OK;
}

/* ---- lists by months ---- */

static bool stops_asked(const struct stripe_import *im)
{
    return im->options->stops != NULL && im->options->stops(im->options->stops_context);
}

static struct stripe_list list_of(struct stripe_import *im, const char *path, struct str parameters,
                                  stripe_page_fn *page)
{
    return (struct stripe_list){.path = path,
                                .parameters = parameters,
                                .stops = im->options->stops,
                                .stops_context = im->options->stops_context,
                                .page = page,
                                .context = im};
}

static struct str window(const struct stripe_import *im, struct instant from, struct instant to,
                         struct arena *a)
{
    const char *more = im->list->parameters;
    return str_format(a, "created%%5Bgte%%5D=%jd&created%%5Blt%%5D=%jd%s%s", (intmax_t)(from.us / 1000000),
                      (intmax_t)(to.us / 1000000), *more == '\0' ? "" : "&", more);
}

static enum err read_window(struct stripe_import *im, struct instant from, struct instant to, struct error *e)
{
    struct arena *a = arena_new();
    struct stripe_list l = list_of(im, im->list->path, window(im, from, to, a), stripe_take_page);
    enum err err = stripe_list_read(im->stripe, &l, e);
    arena_free(a);
    return err == OK ? mark(im, to, 0, e) : err;
}

static struct instant month_start(int months_since_2011)
{
    return date_start(date_of(2011 + months_since_2011 / 12, months_since_2011 % 12 + 1, 1));
}

static enum err has_before(bool *yes, struct stripe_import *im, struct instant to, struct error *e)
{
    struct arena *a = arena_new();
    json_t *page = NULL;
    struct str path =
        str_format(a, "%s?limit=1&%.*s", im->list->path, STR_ARG(window(im, (struct instant){0}, to, a)));
    enum err err = stripe_object_read(&page, im->stripe, path, a, e);
    *yes = json_array_size(json_object_get(page, "data")) > 0;
    json_decref(page);
    arena_free(a);
    return err;
}

/* The month in which the first of them was made, by halving: Stripe has been there since 2011. */
static enum err first_month(int *month, struct stripe_import *im, int last, struct error *e)
{
    int none = -1; /* nothing was made in this month or before */
    *month = last;
    enum err err = OK;
    while (err == OK && *month - none > 1) {
        int middle = none + (*month - none) / 2;
        bool yes = false;
        err = has_before(&yes, im, month_start(middle + 1), e);
        *(yes ? month : &none) = middle;
    }
    return err;
}

static int month_number(struct date day)
{
    int year = 0, month = 0, of_month = 0;
    date_split(day, &year, &month, &of_month);
    return year < 2011 ? 0 : (year - 2011) * 12 + month - 1;
}

static struct instant later(struct instant x, struct instant y)
{
    return x.us > y.us ? x : y;
}

static struct instant sooner(struct instant x, struct instant y)
{
    return x.us < y.us ? x : y;
}

/* What was made after the import began is left to the next one. */
static enum err read_list(struct stripe_import *im, struct error *e)
{
    const struct import_options *o = im->options;
    struct instant end = im->at.began_at, from = {0};
    int month = 0, last = 0;
    bool cut = im->list->kind == IMPORTED_BALANCE_TRANSACTION && date_is_given(o->cut);
    bool goes_on = im->at.kind == im->list->kind && instant_is_given(im->at.until);
    if (cut) end = sooner(end, date_start(o->cut));
    last = month_number(instant_date(end));
    if (im->list->history && date_is_given(o->created_from)) from = date_start(o->created_from);
    if (goes_on) from = later(from, im->at.until);
    month = month_number(instant_date(from));
    enum err err = goes_on ? OK : first_month(&month, im, last, e);
    if (err == OK && instant_is_given(from) && month < month_number(instant_date(from)))
        month = month_number(instant_date(from));
    for (; err == OK && month <= last; month++) {
        struct instant to = sooner(month_start(month + 1), end);
        struct instant begins = later(from, month == 0 ? (struct instant){0} : month_start(month));
        if (begins.us < to.us) err = read_window(im, begins, to, e);
    }
    return err;
}

/* ---- payment methods, customer by customer ---- */

static enum err gone(struct stripe_import *im, struct str id, struct error *why, struct error *e)
{
    struct arena *a = arena_new();
    struct stripe_taking k = {.id = id};
    stripe_refuse(&k, "customer", str_of(why->text));
    enum err err = stripe_reject(im, &k, a, e);
    arena_free(a);
    return err;
}

static const char *methods_path(const struct object_imported *customer, struct arena *a)
{
    return str_cstring(a, str_format(a, "/v1/customers/%.*s/payment_methods", STR_ARG(customer->reference)));
}

/* With all that may be tried, and all pages. */
static enum err read_methods_of(struct stripe_import *im, const struct object_imported *customer,
                                struct error *e)
{
    struct arena *a = arena_new();
    struct error why = {0};
    struct stripe_list l = list_of(im, methods_path(customer, a), STR_NONE, stripe_take_page);
    enum err err = stripe_list_read(im->stripe, &l, &why);
    if (err == ERR_INVALID)
        err = gone(im, customer->reference, &why, e);
    else if (err != OK)
        *e = why;
    arena_free(a);
    return err;
}

static enum err take_some(struct stripe_import *im, json_t *const *objects, size_t *count, struct arena *a,
                          struct error *e)
{
    enum err err = *count == 0 ? OK : stripe_take_page(im, objects, *count, a, e);
    *count = 0;
    return err;
}

/* Most customers have one page of them: the first pages of many are asked for at once, and taken as one. */
static enum err read_some_methods(struct stripe_import *im, const struct object_imported *customers,
                                  size_t count, struct arena *a, struct error *e)
{
    struct str *paths = arena_array_of(a, struct str, count);
    json_t **pages = arena_array_of(a, json_t *, count), **objects = NULL;
    const json_t **whole_lists = arena_array_of(a, const json_t *, count);
    size_t found = 0, room = 0;
    if (stops_asked(im)) return fail(e, ERR_INCOMPLETE, "it was told to stop");
    for (size_t i = 0; i < count; i++)
        paths[i] = str_format(a, "%s?limit=%d", methods_path(&customers[i], a), STRIPE_PAGE);
    enum err err = stripe_objects_read(pages, im->stripe, paths, count, a, e);
    for (size_t i = 0; i < count; i++) {
        const json_t *data = json_object_get(pages[i], "data");
        bool whole = json_is_array(data) && !json_is_true(json_object_get(pages[i], "has_more"));
        if (whole) whole_lists[i] = data;
        for (size_t k = 0; whole && k < json_array_size(data); k++) {
            objects = arena_grow(a, objects, found, &room, sizeof *objects);
            objects[found++] = json_array_get(data, k);
        }
        if (whole) continue;
        if (err == OK) err = take_some(im, objects, &found, a, e); /* in their order, whatever fails */
        if (err == OK) err = read_methods_of(im, &customers[i], e);
    }
    if (err == OK) err = take_some(im, objects, &found, a, e);
    if (err == OK) err = stripe_forget_detached(im, customers, whole_lists, count, a, e);
    for (size_t i = 0; i < count; i++) json_decref(pages[i]);
    return err;
}

static enum err next_customers(struct object_imported **out, size_t *count, struct stripe_import *im,
                               uint64_t behind, struct arena *a, struct error *e)
{
    struct imported_place place = {IMPORTED_CUSTOMER, behind};
    struct views_txn *t = NULL;
    struct object_imported *found = NULL;
    enum err err = ledger_read_begin(&t, im->ledger, e);
    if (err != OK) return err;
    err = imported_behind(&found, count, t, &place, CUSTOMERS_PER_MARK, a, e);
    *out = arena_array_of(a, struct object_imported, *count);
    for (size_t i = 0; i < *count && err == OK; i++)
        schema_copy(&(*out)[i], &schema_object_imported, &found[i], a);
    ledger_read_end(im->ledger, t);
    return err;
}

static enum err read_methods(struct stripe_import *im, struct error *e)
{
    struct arena *a = arena_new();
    uint64_t behind = im->at.kind == IMPORTED_PAYMENT_METHOD ? im->at.object : 0;
    size_t count = 0;
    enum err err = OK;
    do {
        struct object_imported *customers = NULL;
        arena_reset(a);
        err = next_customers(&customers, &count, im, behind, a, e);
        for (size_t i = 0; i < count && err == OK; i += CUSTOMERS_AT_ONCE) {
            size_t left = count - i;
            err = read_some_methods(im, &customers[i], left < CUSTOMERS_AT_ONCE ? left : CUSTOMERS_AT_ONCE, a,
                                    e);
        }
        if (count > 0) behind = customers[count - 1].object;
        if (err == OK) err = mark(im, (struct instant){0}, behind, e);
    } while (err == OK && count == CUSTOMERS_PER_MARK);
    arena_free(a);
    return err;
}

/* ---- the whole ---- */

static enum err take_prices(void *context, json_t *const *objects, size_t count, struct arena *a,
                            struct error *e)
{
    struct stripe_import *im = context;
    (void)a;
    (void)e;
    stripe_prices_add(&im->prices, objects, count);
    return OK;
}

static enum err read_prices(struct stripe_import *im, struct error *e)
{
    struct stripe_list l = list_of(im, "/v1/prices", STR_NONE, take_prices);
    enum err err = stripe_list_read(im->stripe, &l, e);
    stripe_prices_sort(&im->prices);
    return err;
}

static enum err read_all(struct stripe_import *im, struct error *e)
{
    enum { LISTS = sizeof lists / sizeof lists[0] };
    im->report->counts = arena_array_of(im->arena, struct import_count, LISTS);
    im->report->counts_count = LISTS;
    for (size_t i = 0; i < LISTS; i++) im->report->counts[i].kind = lists[i].kind;
    bool reads_invoices = (im->kinds & 1u << IMPORTED_INVOICE) != 0 && im->at.kind <= IMPORTED_INVOICE;
    enum err err = reads_invoices ? read_prices(im, e) : OK;
    for (size_t i = 0; i < LISTS && err == OK; i++) {
        im->list = &lists[i];
        im->count = &im->report->counts[i];
        bool is_wanted = (im->kinds & 1u << lists[i].kind) != 0;
        if (!is_wanted || lists[i].kind < im->at.kind) continue; /* it was read before */
        err = lists[i].kind == IMPORTED_PAYMENT_METHOD ? read_methods(im, e) : read_list(im, e);
    }
    im->at.finished = true;
    return err == OK && (im->open || im->wrote) ? note_progress(im, e) : err;
}

struct totals {
    struct imported_total *items;
    size_t count, capacity;
    struct arena *arena;
};

static enum err add_total(void *context, const struct imported_total *row, struct error *e)
{
    struct totals *all = context;
    (void)e;
    all->items = arena_grow(all->arena, all->items, all->count, &all->capacity, sizeof *all->items);
    all->items[all->count++] = *row;
    return OK;
}

static enum err load_totals(struct stripe_import *im, struct error *e)
{
    struct totals all = {.arena = im->arena};
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, im->ledger, e);
    if (err != OK) return err;
    err = list_imported_totals(t, add_total, &all, im->arena, e);
    ledger_read_end(im->ledger, t);
    im->report->totals = all.items;
    im->report->totals_count = all.count;
    return err;
}

static enum err add_kind(unsigned *kinds, struct str word, struct error *e)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (!str_is(word, choice_imported_kind.words[lists[i].kind])) continue;
        *kinds |= 1u << lists[i].kind;
        return OK;
    }
    struct str shown = text_quotable(word);
    return fail(e, ERR_USAGE,
                "--only: there is no kind '%.*s': customer, payment_method, subscription, invoice, charge, "
                "refund or balance_transaction is wanted",
                STR_ARG(shown));
}

static enum err read_kinds(unsigned *kinds, struct str only, struct error *e)
{
    enum err err = OK;
    *kinds = only.len == 0 ? ~0u : 0;
    for (size_t at = 0; at < only.len && err == OK;) {
        size_t end = at;
        while (end < only.len && only.ptr[end] != ',') end++;
        err = add_kind(kinds, (struct str){only.ptr + at, end - at}, e);
        at = end + 1;
    }
    return err;
}

static enum err check_options(struct stripe **out, const struct import_options *o, struct error *e)
{
    struct str from = o->user_from;
    bool known = from.len == 0 || str_is(from, "id") || str_is(from, "email") ||
                 (str_starts(from, "metadata:") && from.len > strlen("metadata:"));
    *out = o->gateway == NULL ? NULL : stripe_of(o->gateway);
    if (*out == NULL)
        return fail(e, ERR_USAGE, "Stripe's key is wanted: --stripe-key-file or --stripe-key-command");
    if (!known) return fail(e, ERR_USAGE, "--user-from: id, email or metadata:KEY is wanted");
    if (o->path != NULL || o->strict)
        return fail(e, ERR_USAGE, "what Stripe holds is in no file, and --strict is for those");
    return OK;
}

enum err import_stripe(struct import_report *out, struct ledger *l, const struct import_options *o,
                       struct arena *a, struct error *e)
{
    *out = (struct import_report){0};
    struct stripe_import im = {.ledger = l, .options = o, .report = out, .arena = a, .prices.arena = a};
    im.rejects.path = o->rejects_path != NULL ? o->rejects_path : "stripe.rejects.csv";
    enum err err = check_options(&im.stripe, o, e);
    if (err == OK) err = read_kinds(&im.kinds, o->only, e);
    if (err == OK) err = ledger_guard_output(l, im.rejects.path, e);
    if (err != OK) return err;
    im.hasher = hasher_new();
    struct error unused = {0};
    err = stripe_check_account(im.stripe, l, o->actor, a, e);
    if (err == OK) err = load_progress(&im, e);
    if (err == OK) err = read_all(&im, e);
    enum err told = rejects_finish(&im.rejects, err == OK ? e : &unused);
    if (err == OK) err = told;
    if (im.rejects.count > 0) out->rejects_path = im.rejects.path;
    if (err == OK) err = load_totals(&im, e);
    hasher_free(im.hasher);
    return err == OK ? OK : wrap(e, "import from Stripe");
}
