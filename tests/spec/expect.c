/* SPDX-License-Identifier: MIT */
/* expect.c - the lines that say what must be so: of the events of the step before, or of the state as it is
 * now. */
#include "tests/spec/runner.h"

/* How many there are, or with a path "2.amount" what the second one has. */
static enum err value_of_list(struct str *out, const struct field *f, const void *record, struct str path,
                              struct arena *a, struct error *e)
{
    size_t count = 0;
    uint64_t wanted = 0;
    const char *items = NULL;
    memcpy(&count, (const char *)record + f->count_offset, sizeof count);
    memcpy(&items, (const char *)record + f->offset, sizeof items);
    *out = str_format(a, "%zu", count);
    if (path.len == 0) return OK;
    const char *dot = memchr(path.ptr, '.', path.len);
    if (dot == NULL) return fail(e, ERR_INVALID, "%s.%.*s: of what?", f->name, STR_ARG(path));
    struct str number = {path.ptr, (size_t)(dot - path.ptr)};
    enum err err = uint_parse(&wanted, number, e);
    if (err == OK && (wanted == 0 || wanted > count))
        return fail(e, ERR_INVALID, "of %s there are %zu", f->name, count);
    if (err != OK) return err;
    struct str rest = {dot + 1, path.len - number.len - 1};
    return value_at(out, f->of, items + (wanted - 1) * f->of->size, rest, a, e);
}

enum err value_at(struct str *out, const struct schema *schema, const void *record, struct str path,
                  struct arena *a, struct error *e)
{
    const char *dot = memchr(path.ptr, '.', path.len);
    struct str head = dot == NULL ? path : (struct str){path.ptr, (size_t)(dot - path.ptr)};
    const struct field *f = schema_field(schema, head);
    if (f == NULL) return fail(e, ERR_INVALID, "%s has no field '%.*s'", schema->name, STR_ARG(head));
    if (f->kind == KIND_PART && dot != NULL) {
        struct str rest = {dot + 1, path.len - head.len - 1};
        return value_at(out, f->of, (const char *)record + f->offset, rest, a, e);
    }
    if (f->kind == KIND_LIST) {
        struct str rest = dot == NULL ? STR_NONE : (struct str){dot + 1, path.len - head.len - 1};
        return value_of_list(out, f, record, rest, a, e);
    }
    *out = field_text(a, f, record);
    return OK;
}

/* Every path=value word from `first` on must be so. On a difference *differs says which. */
static enum err matches(bool *same, struct error *differs, const struct schema *schema, const void *record,
                        const struct words *w, size_t first, struct arena *a, struct error *e)
{
    *same = true;
    for (size_t i = first; i < w->count; i++) {
        const char *equals = memchr(w->items[i].ptr, '=', w->items[i].len);
        struct str value = STR_NONE;
        if (equals == NULL) return fail(e, ERR_INVALID, "'%.*s' is not field=value", STR_ARG(w->items[i]));
        struct str path = {w->items[i].ptr, (size_t)(equals - w->items[i].ptr)};
        struct str wanted = {equals + 1, w->items[i].len - path.len - 1};
        enum err err = value_at(&value, schema, record, path, a, e);
        if (err != OK) return err;
        if (str_equal(value, wanted)) continue;
        *same = false;
        (void)fail(differs, ERR_INVALID, "%.*s is %.*s, not %.*s", STR_ARG(path), STR_ARG(value),
                   STR_ARG(wanted));
        return OK;
    }
    return OK;
}

static enum err must_match(const struct schema *schema, const void *record, const struct words *w,
                           size_t first, struct arena *a, struct error *e)
{
    bool same = false;
    struct error differs = {0};
    enum err err = matches(&same, &differs, schema, record, w, first, a, e);
    if (err == OK && !same) return fail(e, ERR_INVALID, "%s", differs.text);
    return err;
}

static enum err expect_event(struct story *s, const struct words *w, size_t at, bool wanted, struct error *e)
{
    struct error nearest = {0};
    bool seen = false;
    for (size_t i = 0; i < s->last.count; i++) {
        const struct event *ev = &s->last.items[i];
        const struct event_kind *k = event_kind(ev->type);
        bool same = false;
        if (!str_is(w->items[at], k->wire)) continue;
        seen = true;
        enum err err = matches(&same, &nearest, k->schema, event_body(ev), w, at + 1, s->arena, e);
        if (err != OK) return err;
        if (same) return wanted ? OK : fail(e, ERR_INVALID, "there is such an event");
    }
    if (!wanted) return OK;
    if (!seen) return fail(e, ERR_INVALID, "no event '%.*s'", STR_ARG(w->items[at]));
    return fail(e, ERR_INVALID, "no such '%.*s': %s", STR_ARG(w->items[at]), nearest.text);
}

static enum err expect_refusal(struct story *s, const struct words *w, struct error *e)
{
    if (s->code == OK) return fail(e, ERR_INVALID, "the step before was not refused");
    s->refusal_read = true;
    if (w->count < 2 || !str_is(w->items[1], err_word(s->code)))
        return fail(e, ERR_INVALID, "it was '%s': %s", err_word(s->code), s->refusal.text);
    if (w->count > 2 && !str_is(w->items[2], s->refusal.text))
        return fail(e, ERR_INVALID, "the sentence was \"%s\"", s->refusal.text);
    return OK;
}

/* ---- state ---- */

static enum err expect_credit(struct story *s, struct views_txn *t, const struct words *w, struct error *e)
{
    struct customer c = {0};
    if (w->count != 5) return fail(e, ERR_INVALID, "expect credit USER AMOUNT CURRENCY is wanted");
    enum err err = find_customer(&c, t, w->items[2], s->arena, e);
    if (err != OK) return err;
    struct str have = STR("0.00");
    for (size_t i = 0; i < c.balances_count; i++) {
        if (str_is(w->items[4], c.balances[i].credit.currency))
            have = money_text(s->arena, c.balances[i].credit);
    }
    if (str_equal(have, w->items[3])) return OK;
    return fail(e, ERR_INVALID, "the credit is %.*s", STR_ARG(have));
}

/* The period by its first day; its end is that of the subscription's usage month. */
static enum err usage_when(struct usage_when *out, struct story *s, struct views_txn *t,
                           const struct customer *c, struct date start, struct error *e)
{
    struct subscription v = {0};
    bool live = false;
    if (c->subscription != 0) {
        enum err err = find_subscription(&v, t, c->user, STR_NONE, s->arena, e);
        if (err != OK) return err;
        live = subscription_is_live(&v);
    }
    const struct subscription *of = live ? &v : NULL;
    out->today = instant_date(s->clock.now);
    out->whole = whole_month(of, (struct period){start, start});
    out->period = (struct period){start, out->whole.end};
    return OK;
}

static enum err expect_usage(struct story *s, struct views_txn *t, const struct words *w, struct error *e)
{
    struct customer c = {0};
    struct usage_when when = {0};
    struct date start = {0};
    struct usage_quantity *rows = NULL;
    size_t count = 0;
    if (w->count != 6) return fail(e, ERR_INVALID, "expect usage USER PERIOD TYPE QUANTITY is wanted");
    enum err err = find_customer(&c, t, w->items[2], s->arena, e);
    if (err == OK) err = date_parse(&start, w->items[3], e);
    if (err == OK) err = usage_when(&when, s, t, &c, start, e);
    if (err == OK) err = list_quantities(&rows, &count, t, c.customer, &when, s->arena, e);
    for (size_t i = 0; err == OK && i < count; i++) {
        struct decimal quantity = {0};
        if (!str_equal(rows[i].usage_type, w->items[4])) continue;
        err = exact_decimal(&quantity, rows[i].measure.quantity, e);
        struct str text = decimal_text(s->arena, quantity);
        if (err != OK || str_equal(text, w->items[5])) return err;
        return fail(e, ERR_INVALID, "the quantity is %.*s", STR_ARG(text));
    }
    if (err != OK) return err;
    return fail(e, ERR_INVALID, "there is no usage of '%.*s'", STR_ARG(w->items[4]));
}

/* expect wallet USER AMOUNT CURRENCY, or wallet USER GRANT field=value */
static enum err expect_wallet(struct story *s, struct views_txn *t, const struct words *w, struct error *e)
{
    struct customer c = {0};
    struct wallet_grant *grants = NULL;
    struct money balance = {0};
    size_t count = 0;
    uint64_t grant = 0;
    if (w->count < 5) return fail(e, ERR_INVALID, "expect wallet USER GRANT field=value is wanted");
    enum err err = find_customer(&c, t, w->items[2], s->arena, e);
    if (err == OK) err = list_grants(&grants, &count, t, c.customer, s->arena, e);
    if (err != OK) return err;
    if (memchr(w->items[4].ptr, '=', w->items[4].len) == NULL) {
        char currency[4] = "";
        err = currency_parse(currency, w->items[4], e);
        if (err == OK) err = wallet_balance(&balance, grants, count, currency, e);
        struct str have = err == OK ? money_text(s->arena, balance) : STR_NONE;
        if (err != OK || str_equal(have, w->items[3])) return err;
        return fail(e, ERR_INVALID, "the wallet has %.*s", STR_ARG(have));
    }
    err = uint_parse(&grant, w->items[3], e);
    if (err == OK && (grant == 0 || grant > count))
        return fail(e, ERR_INVALID, "there are %zu grants", count);
    return err == OK ? must_match(&schema_wallet_grant, &grants[grant - 1], w, 4, s->arena, e) : err;
}

/* expect entitlement USER FEATURE field=value */
static enum err expect_entitlement(struct story *s, struct views_txn *t, const struct words *w,
                                   struct error *e)
{
    struct entitled_user u = {0};
    struct entitlement v = {0};
    if (w->count < 5) return fail(e, ERR_INVALID, "expect entitlement USER FEATURE field=value is wanted");
    enum err err = load_entitled(&u, t, ledger_zones(s->ledger), w->items[2], s->clock.now, s->arena, e);
    if (err == OK) err = entitlement_of(&v, &u.facts, w->items[3], e);
    return err == OK ? must_match(&schema_entitlement, &v, w, 4, s->arena, e) : err;
}

struct sought_account {
    struct str name;
    const char *currency;
    int64_t balance;
};

static enum err add_account(void *context, enum account account, const struct account_total *row,
                            struct error *e)
{
    struct sought_account *a = context;
    (void)account, (void)e;
    if (str_equal(row->account, a->name) && strcmp(row->debit.currency, a->currency) == 0)
        a->balance += row->debit.minor - row->credit.minor;
    return OK;
}

/* expect account NAME BALANCE CURRENCY: debits less credits. */
static enum err expect_account(struct story *s, struct views_txn *t, const struct words *w, struct error *e)
{
    if (w->count != 5) return fail(e, ERR_INVALID, "expect account NAME BALANCE CURRENCY is wanted");
    char currency[4] = "";
    struct sought_account a = {.name = w->items[2], .currency = currency};
    enum err err = currency_parse(currency, w->items[4], e);
    if (err == OK) err = list_accounts(t, add_account, &a, s->arena, e);
    if (err != OK) return err;
    struct str have = money_text(s->arena, money_of(a.balance, a.currency));
    if (str_equal(have, w->items[3])) return OK;
    return fail(e, ERR_INVALID, "the account has %.*s", STR_ARG(have));
}

static enum err add_balance(void *context, const struct account_balance *row, struct error *e)
{
    struct sought_account *a = context;
    (void)e;
    if (str_equal(row->name, a->name) && strcmp(row->debit.currency, a->currency) == 0)
        a->balance += row->opening.minor + row->debit.minor - row->credit.minor;
    return OK;
}

/* expect books DATE ACCOUNT BALANCE CURRENCY: at the end of that day, with what was earned by then. */
static enum err expect_books(struct story *s, struct views_txn *t, const struct words *w, struct error *e)
{
    if (w->count != 6) return fail(e, ERR_INVALID, "expect books DATE ACCOUNT BALANCE CURRENCY is wanted");
    char currency[4] = "";
    struct book_query q = {0};
    struct sought_account a = {.name = w->items[3], .currency = currency};
    enum err err = date_parse(&q.to, w->items[2], e);
    if (err == OK) err = currency_parse(currency, w->items[5], e);
    if (err == OK) err = list_balances(t, NULL, &q, add_balance, &a, s->arena, e);
    if (err != OK) return err;
    struct str have = money_text(s->arena, money_of(a.balance, a.currency));
    if (str_equal(have, w->items[4])) return OK;
    return fail(e, ERR_INVALID, "the account has %.*s", STR_ARG(have));
}

struct nth_row {
    uint64_t wanted, at;
    const struct schema *schema;
    void *row;
    struct arena *arena;
};

static enum err take_history(void *context, const struct history *row, struct error *e)
{
    struct nth_row *n = context;
    (void)e;
    if (n->at++ == n->wanted) schema_copy(n->row, n->schema, row, n->arena);
    return OK;
}

/* expect history USER N date=… old_tier=… new_tier=…   (N from 1) */
static enum err expect_history(struct story *s, struct views_txn *t, const struct words *w, struct error *e)
{
    struct customer c = {0};
    struct history row = {0};
    struct nth_row n = {.schema = &schema_history, .row = &row, .arena = s->arena};
    if (w->count < 4) return fail(e, ERR_INVALID, "expect history USER N field=value is wanted");
    enum err err = uint_parse(&n.wanted, w->items[3], e);
    if (err == OK) err = find_customer(&c, t, w->items[2], s->arena, e);
    if (err != OK) return err;
    n.wanted--;
    struct list_query q = {.customer = c.customer, .status = -1};
    err = list_history(t, &q, take_history, &n, s->arena, e);
    if (err == OK && n.at <= n.wanted)
        return fail(e, ERR_INVALID, "there are %llu rows", (unsigned long long)n.at);
    return err == OK ? must_match(&schema_history, &row, w, 4, s->arena, e) : err;
}

static enum err expect_state(struct story *s, struct views_txn *t, const struct words *w, struct error *e)
{
    struct str what = w->items[1];
    struct customer customer = {0};
    struct subscription subscription = {0};
    struct invoice invoice = {0};
    struct transaction transaction = {0};
    uint64_t number = 0;
    if (w->count < 3) return fail(e, ERR_INVALID, "of what?");
    if (str_is(what, "credit")) return expect_credit(s, t, w, e);
    if (str_is(what, "usage")) return expect_usage(s, t, w, e);
    if (str_is(what, "history")) return expect_history(s, t, w, e);
    if (str_is(what, "wallet")) return expect_wallet(s, t, w, e);
    if (str_is(what, "account")) return expect_account(s, t, w, e);
    if (str_is(what, "books")) return expect_books(s, t, w, e);
    if (str_is(what, "entitlement")) return expect_entitlement(s, t, w, e);
    if (str_is(what, "invoice")) {
        enum err err = find_invoice(&invoice, t, w->items[2], s->arena, e);
        return err == OK ? must_match(&schema_invoice, &invoice, w, 3, s->arena, e) : err;
    }
    if (str_is(what, "draft")) {
        struct draft draft = {0};
        enum err err = find_draft(&draft, t, w->items[2], s->arena, e);
        return err == OK ? must_match(&schema_draft, &draft, w, 3, s->arena, e) : err;
    }
    if (str_is(what, "transaction")) {
        enum err err = public_id_parse(&number, "txn", w->items[2], e);
        if (err == OK) err = load_transaction(&transaction, t, number, s->arena, e);
        return err == OK ? must_match(&schema_transaction, &transaction, w, 3, s->arena, e) : err;
    }
    bool by_id = str_is(what, "subscription") && str_starts(w->items[2], "sub_");
    enum err err = by_id ? public_id_parse(&customer.subscription, "sub", w->items[2], e)
                         : find_customer(&customer, t, w->items[2], s->arena, e);
    if (err != OK) return err;
    if (str_is(what, "customer")) return must_match(&schema_customer, &customer, w, 3, s->arena, e);
    if (!str_is(what, "subscription"))
        return fail(e, ERR_INVALID, "'%.*s' cannot be expected", STR_ARG(what));
    err = load_subscription(&subscription, t, customer.subscription, s->arena, e);
    return err == OK ? must_match(&schema_subscription, &subscription, w, 3, s->arena, e) : err;
}

static bool names_an_event(struct str word)
{
    for (int t = EVENT_NONE + 1; t < EVENT_TYPES; t++) {
        if (str_is(word, event_kind((enum event_type)t)->wire)) return true;
    }
    return false;
}

enum err story_expect(struct story *s, const struct words *w, struct error *e)
{
    struct views_txn *t = NULL;
    if (str_is(w->items[0], "refused")) return expect_refusal(s, w, e);
    if (s->code != OK && !s->refusal_read)
        return fail(e, ERR_INVALID, "the step before was refused: %s", s->refusal.text);
    if (w->count < 2) return fail(e, ERR_INVALID, "expect what?");
    if (str_is(w->items[1], "nothing")) {
        return s->last.count == 0 ? OK : fail(e, ERR_INVALID, "%zu events were written", s->last.count);
    }
    if (str_is(w->items[1], "no") && w->count > 2) return expect_event(s, w, 2, false, e);
    if (names_an_event(w->items[1])) return expect_event(s, w, 1, true, e);
    if (str_is(w->items[1], "report")) return story_expect_report(s, w, e);
    enum err err = ledger_read_begin(&t, s->ledger, e);
    if (err != OK) return err;
    err = expect_state(s, t, w, e);
    ledger_read_end(s->ledger, t);
    return err;
}
