/* SPDX-License-Identifier: MIT */
/* values.c - see values.h. What there is in a ledger is asked of its views, and only for what the asking role
 * may see by a command, too. */
#include "billing/values.h"
#include "billing/access.h"

/* ---- which ---- */

struct known {
    const char *words, *field, *one_of;
    enum value_source source;
    const struct choice *choice;
    int first;
};

/* clang-format off */
static const struct known known[] = {
#define ONE_OF(words_, field_, list) {.words = words_, .field = field_, .one_of = list, .source = VALUES_WORDS},
#define WORD_OF(words_, field_, choice_, first_) {.words = words_, .field = field_, .choice = &(choice_), .first = (int)(first_), .source = VALUES_WORDS},
#define LIVE(words_, field_, source_) {.words = words_, .field = field_, .source = VALUES_##source_},
#include "billing/values.def"
#undef ONE_OF
#undef WORD_OF
#undef LIVE
};
/* clang-format on */

static const struct known *known_of(const struct verb *v, const char *field)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        bool here = known[i].words[0] == '\0' || strcmp(known[i].words, v->words) == 0;
        if (here && strcmp(known[i].field, field) == 0) return &known[i];
    }
    return NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), with = strlen(end);
    return len >= with && strcmp(text + len - with, end) == 0;
}

/* By what fields are called everywhere. */
static enum value_source source_by_name(const char *name)
{
    static const char *const files[] = {"catalog", "file",     "output",     "rejects", "logo",
                                        "record",  "accounts", "checkpoint", "policy",  "key"};
    static const char *const folders[] = {"out", "directory", "documents", "state", "backup"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(name, files[i]) == 0) return VALUES_FILES;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (strcmp(name, folders[i]) == 0) return VALUES_FOLDERS;
    return ends_with(name, "_file") ? VALUES_FILES : VALUES_NONE;
}

enum value_source values_source(const struct verb *v, const struct field *f)
{
    const struct known *k = known_of(v, f->name);
    if (f->kind == KIND_CHOICE) return VALUES_WORDS;
    if (k != NULL) return k->source;
    if ((f->flags & (unsigned)FIELD_FILE) != 0) return VALUES_FILES;
    return f->kind == KIND_STR ? source_by_name(f->name) : VALUES_NONE;
}

enum value_source values_of_global(const struct global_option *g)
{
    if (g->value == NULL) return VALUES_NONE;
    if (strcmp(g->value, "FILE") == 0) return VALUES_FILES;
    return strcmp(g->value, "DIR") == 0 ? VALUES_FOLDERS : VALUES_NONE;
}

const char *values_shown_by(enum value_source s)
{
    static const char *const shown_by[] = {
        [VALUES_USERS] = "subscription.list",     [VALUES_INVOICES] = "invoice.list",
        [VALUES_TIERS] = "catalog.show",          [VALUES_USAGE_TYPES] = "catalog.show",
        [VALUES_FEATURES] = "catalog.show",       [VALUES_COUPONS] = "catalog.show",
        [VALUES_TRANSACTIONS] = "payment.list",   [VALUES_SUBSCRIPTIONS] = "subscription.list",
        [VALUES_METHODS] = "payment-method.list", [VALUES_DRAFTS] = "draft.list",
        [VALUES_RERATINGS] = "rerating.list",     [VALUES_ACTORS] = "actor.list",
    };
    return values_are_live(s) ? shown_by[s] : "";
}

/* ---- of tables ---- */

static void hear_words(const struct known *k, const struct field *f, value_fn *hear, void *context)
{
    const struct choice *c = f->kind == KIND_CHOICE ? f->choice : k == NULL ? NULL : k->choice;
    struct str rest = str_of(k == NULL ? NULL : k->one_of), word = STR_NONE;
    while (c == NULL && str_take_word(&word, &rest)) {
        if (!hear(context, word, STR_NONE)) return;
    }
    for (size_t i = c == NULL || k == NULL ? 0 : (size_t)k->first; c != NULL && i < c->count; i++) {
        bool is_said = c->words[i][0] != '\0' && strcmp(c->words[i], "default") != 0;
        if (is_said && !hear(context, str_of(c->words[i]), STR_NONE)) return;
    }
}

static void hear_verbs(bool as_typed, value_fn *hear, void *context)
{
    struct arena *a = arena_new();
    struct str before = STR_NONE;
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        const char *dot = strchr(v->words, '.');
        struct str first = {v->words, dot == NULL ? strlen(v->words) : (size_t)(dot - v->words)};
        if (as_typed && str_equal(first, before)) continue;
        before = first;
        if (!hear(context, as_typed ? first : str_of(v->words),
                  dot == NULL || !as_typed ? str_of(v->help) : STR_NONE))
            break;
    }
    arena_free(a);
}

static void hear_codes(enum value_source s, value_fn *hear, void *context)
{
    /* clang-format off */
#define CURRENCY(code, decimals) {#code, ""},
#define COUNTRY(code, name) {#code, name},
    static const struct code { const char *code, *help; } currencies[] = {
#include "ledger/base/currencies.def"
    }, countries[] = {
#include "ledger/base/countries.def"
    };
#undef CURRENCY
#undef COUNTRY
    /* clang-format on */
    const struct code *codes = s == VALUES_CURRENCIES ? currencies : countries;
    size_t count = s == VALUES_CURRENCIES ? sizeof currencies / sizeof *currencies
                                          : sizeof countries / sizeof *countries;
    for (size_t i = 0; i < count; i++)
        if (!hear(context, str_of(codes[i].code), str_of(codes[i].help))) return;
}

void values_fixed(const struct verb *v, const struct field *f, value_fn *hear, void *context)
{
    enum value_source s = values_source(v, f);
    bool on = true;
    if (s == VALUES_WORDS) hear_words(known_of(v, f->name), f, hear, context);
    if (s == VALUES_COMMANDS || s == VALUES_ACTIONS) hear_verbs(s == VALUES_COMMANDS, hear, context);
    if (s == VALUES_CURRENCIES || s == VALUES_COUNTRIES) hear_codes(s, hear, context);
    for (const struct report *r = reports_all; on && s == VALUES_REPORTS && r->name != NULL; r++)
        on = hear(context, str_of(r->name), str_of(r->help));
    for (const struct importer *i = importers_all; on && s == VALUES_IMPORTS && i->name != NULL; i++)
        on = hear(context, str_of(i->name), str_of(i->help));
}

/* ---- of a ledger ---- */

struct hearing {
    const struct values_question *question;
    value_fn *hear;
    void *context;
    struct arena *rows; /* of the row that is heard */
};

static enum err pass(const struct hearing *h, struct str value, struct str help)
{
    bool on = value.len == 0 || h->hear(h->context, value, help);
    arena_reset(h->rows);
    return on ? OK : ERR_NOT_FOUND; /* which ends the list */
}

static enum err pass_id(const struct hearing *h, const char *word, uint64_t number, struct str help)
{
    return pass(h, str_format(h->rows, "%s_%ju", word, (uintmax_t)number), help);
}

static enum err hear_customer(void *context, const struct customer *row, struct error *e)
{
    (void)e;
    return pass(context, row->user, STR_NONE);
}

static enum err hear_invoice(void *context, const struct invoice *row, struct error *e)
{
    (void)e;
    return pass(context, row->number, str_of(choice_invoice_status.words[row->status]));
}

static enum err hear_transaction(void *context, const struct transaction *row, struct error *e)
{
    (void)e;
    return pass_id(context, "txn", row->transaction, str_of(choice_transaction_kind.words[row->kind]));
}

static enum err hear_subscription(void *context, const struct subscription *row, struct error *e)
{
    (void)e;
    return pass_id(context, "sub", row->subscription, str_of(choice_subscription_status.words[row->status]));
}

static enum err hear_rerating(void *context, const struct rerating *row, struct error *e)
{
    (void)e;
    return pass_id(context, "rerating", row->rerating, str_of(choice_rerating_status.words[row->status]));
}

/* Codes come in several prices; whoever hears them takes each once. */
static void hear_catalog(const struct hearing *h, const struct catalog *c)
{
    enum value_source s = h->question->source;
    for (size_t i = 0; s == VALUES_TIERS && i < c->products_count; i++)
        if (!c->products[i].retired && !h->hear(h->context, c->products[i].code, c->products[i].name)) return;
    for (size_t i = 0; s == VALUES_COUPONS && i < c->coupons_count; i++)
        if (!h->hear(h->context, c->coupons[i].code, c->coupons[i].name)) return;
    for (size_t i = 0; s == VALUES_FEATURES && i < c->products_count; i++)
        for (size_t k = 0; k < c->products[i].features_count; k++)
            if (!h->hear(h->context, c->products[i].features[k].code, STR_NONE)) return;
    for (size_t i = 0; (s == VALUES_USAGE_TYPES || s == VALUES_FEATURES) && i < c->prices_count; i++)
        for (size_t k = 0; k < c->prices[i].rates_count; k++)
            if (!h->hear(h->context, c->prices[i].rates[k].usage_type, STR_NONE)) return;
}

static enum err hear_of_catalog(const struct hearing *h, struct views_txn *t, struct error *e)
{
    struct catalog c = {.version = 0};
    enum err err = load_catalog_on(&c, t, h->question->today, h->question->arena, e);
    if (err == OK) hear_catalog(h, &c);
    return err;
}

static enum err hear_methods(const struct hearing *h, struct views_txn *t, uint64_t customer, struct error *e)
{
    struct method *methods = NULL;
    size_t count = 0;
    if (customer == 0) return OK;
    enum err err = list_methods(&methods, &count, t, customer, h->question->arena, e);
    for (size_t i = 0; err == OK && i < count; i++)
        if (!h->hear(h->context, methods[i].token, methods[i].brand)) break;
    return err;
}

static enum err hear_actors(const struct hearing *h, struct views_txn *t, struct error *e)
{
    struct actor *actors = NULL;
    size_t count = 0;
    enum err err = list_actors(&actors, &count, t, h->question->arena, e);
    for (size_t i = 0; err == OK && i < count; i++)
        if (!h->hear(h->context, actors[i].name, str_of(choice_role.words[actors[i].role]))) break;
    return err;
}

static enum err hear_drafts(const struct hearing *h, struct views_txn *t, struct error *e)
{
    enum { AT_ONCE = 200 };
    struct due_cursor after = {0};
    uint64_t customers[AT_ONCE];
    size_t count = 0;
    enum err err = list_drafts(t, h->question->today, &after, customers, &count, AT_ONCE, e);
    for (size_t i = 0; err == OK && i < count; i++) {
        struct draft d = {.draft = 0};
        err = load_draft(&d, t, customers[i], h->rows, e);
        if (err == OK && pass_id(h, "draft", d.draft, STR_NONE) != OK) break;
    }
    return err;
}

static enum err customer_of(uint64_t *out, const struct values_question *q, struct views_txn *t)
{
    struct customer c = {.customer = 0};
    struct error unused = {0};
    *out = 0;
    if (q->user.len == 0) return OK;
    enum err err = find_customer(&c, t, q->user, q->arena, &unused);
    *out = c.customer;
    return err;
}

enum err values_live(const struct values_question *q, struct views_txn *t, value_fn *hear, void *context,
                     struct error *e)
{
    struct hearing h = {.question = q, .hear = hear, .context = context, .rows = arena_new()};
    struct list_query lq = {.status = -1};
    enum err err = customer_of(&lq.customer, q, t);
    if (err != OK) {
        arena_free(h.rows);
        return OK; /* nobody has nothing */
    }
    switch ((int)q->source) {
    case VALUES_USERS: err = list_customers(t, &lq, hear_customer, &h, h.rows, e); break;
    case VALUES_INVOICES: err = list_invoices(t, &lq, hear_invoice, &h, h.rows, e); break;
    case VALUES_TRANSACTIONS: err = list_transactions(t, &lq, hear_transaction, &h, h.rows, e); break;
    case VALUES_SUBSCRIPTIONS: err = list_subscriptions(t, &lq, hear_subscription, &h, h.rows, e); break;
    case VALUES_RERATINGS: err = list_reratings(t, hear_rerating, &h, h.rows, e); break;
    case VALUES_METHODS: err = hear_methods(&h, t, lq.customer, e); break;
    case VALUES_ACTORS: err = hear_actors(&h, t, e); break;
    case VALUES_DRAFTS: err = hear_drafts(&h, t, e); break;
    default: err = hear_of_catalog(&h, t, e); break;
    }
    arena_free(h.rows);
    return err;
}

/* ---- a hint ---- */

enum { HINT_NS_MAX = 300000000 }; /* nobody waits for a hint among a million users */

struct searching {
    struct nearest nearest;
    struct str given;
    bool found; /* it is there as it was given */
    uint64_t until_ns;
    struct arena *arena;
};

static bool try_value(void *context, struct str value, struct str help)
{
    struct searching *x = context;
    (void)help;
    x->found = str_equal(value, x->given);
    size_t was = x->nearest.distance;
    nearest_try(&x->nearest, value);
    if (x->nearest.distance < was) x->nearest.best = str_copy(x->arena, value);
    return !x->found && world_monotonic_ns() < x->until_ns;
}

/* What was given for the field; "" for what is no text, or was not given. */
static struct str given_of(const struct cli_command *c, const struct slot *s)
{
    struct str text = STR_NONE;
    if (s->field->kind == KIND_STR)
        memcpy(&text, (const char *)c->body + s->base + s->field->offset, sizeof text);
    return text;
}

static bool may_be_told(const struct service *s, enum value_source source)
{
    if (s == NULL || s->ledger == NULL || !ledger_has_key(s->ledger)) return false;
    return !s->access.guarded ||
           (s->access.actor != 0 && access_may(s->access.role, values_shown_by(source)));
}

static void search(struct searching *x, const struct cli_command *c, const struct slot *slot,
                   struct service *s)
{
    enum value_source source = values_source(c->verb, slot->field);
    struct values_question q = {.source = source, .arena = x->arena};
    struct views_txn *t = NULL;
    struct error unused = {0};
    values_fixed(c->verb, slot->field, try_value, x);
    if (!values_are_live(source) || source == VALUES_METHODS || !may_be_told(s, source)) return;
    if (ledger_read_begin(&t, s->ledger, &unused) != OK) return;
    q.today = service_seller_today(s, t, x->arena);
    if (values_live(&q, t, try_value, x, &unused) != OK) x->nearest.best = STR_NONE;
    ledger_read_end(s->ledger, t);
}

void values_hint(struct error *e, const struct cli_command *c, struct service *s, struct arena *a)
{
    struct slot *slots = NULL;
    size_t count = verb_slots(&slots, c->verb, a);
    if (e->code != ERR_NOT_FOUND && e->code != ERR_USAGE && e->code != ERR_INVALID) return;
    for (size_t i = 0; i < count; i++) {
        struct searching x = {.given = given_of(c, &slots[i]), .arena = a};
        const char *quoted = str_format(a, "'%.*s'", STR_ARG(x.given)).ptr;
        if (x.given.len == 0 || strstr(e->text, quoted) == NULL) continue; /* it is about another */
        x.nearest = nearest_to(x.given);
        x.until_ns = world_monotonic_ns() + HINT_NS_MAX;
        search(&x, c, &slots[i], s);
        if (x.found || x.nearest.best.len == 0) continue;
        size_t len = strlen(e->text);
        (void)snprintf(e->text + len, sizeof e->text - len, "; did you mean '%.*s'?",
                       STR_ARG(text_quotable(x.nearest.best)));
        return;
    }
}
