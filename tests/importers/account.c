/* SPDX-License-Identifier: MIT */
/* account.c - see account.h. */
#include <stdarg.h>

#include "tests/importers/account.h"

enum { DAY = 86400, YEAR_2025 = 1735689600 };

void account_give(struct bank *b, const char *format, ...)
{
    enum { ROOM = 65536 };
    char *text = arena_take_raw(A, ROOM);
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, ROOM, format, args);
    va_end(args);
    cr_assert(len > 0 && len < ROOM);
    for (int i = 0; i < len; i++) {
        if (text[i] == '\'') text[i] = '"';
    }
    cr_assert(stripe_server_give(b->server, text), "the server does not take %s", text);
}

/* ---- one customer, and what is his ---- */

static void give_customer(struct bank *b, struct stripe_account *n, int i, long created)
{
    account_give(
        b,
        "{'object':'customer','id':'cus_%d','created':%ld,'name':'Customer %d','email':'c%d@example.com',"
        "'currency':'usd','balance':%d,'address':{'country':'US','line1':'Road %d'},'metadata':{},"
        "'tax_exempt':'none','invoice_settings':{'default_payment_method':'pm_%d'}}",
        i, created, i, i, -i, i, i);
    account_give(
        b,
        "{'object':'payment_method','id':'pm_%d','created':%ld,'customer':'cus_%d','type':'card','card':{"
        "'brand':'visa','last4':'4242','exp_month':1,'exp_year':2030,'funding':'credit'}}",
        i, created, i);
    n->customers++;
    n->methods++;
    n->credit += i;
}

#define PRICE                                                                                        \
    "'price':{'id':'price_b','lookup_key':'basic','currency':'usd','unit_amount':2900,'recurring':{" \
    "'interval':'month','interval_count':1,'usage_type':'licensed'}}"

/* Stripe has billed it until the 1st of February 2026. */
static void give_subscription(struct bank *b, struct stripe_account *n, int i, long created)
{
    static const char period[] = "'current_period_end':1769904000";
    bool old = i % 4 == 0, over = i % 8 == 0;
    account_give(
        b,
        "{'object':'subscription','id':'sub_%d','created':%ld,'customer':'cus_%d','status':'%s',"
        "'start_date':%ld,'cancel_at_period_end':false,'metadata':{}%s%s,'items':{'object':'list','data':[{"
        "'id':'si_%d','quantity':1,%s%s%s}]}}",
        i, created, i, over ? "canceled" : "active", created, old ? "," : "", old ? period : "", i,
        old ? "" : period, old ? "" : ",", PRICE);
    n->subscriptions++;
    n->live += !over;
}

static void give_invoice(struct bank *b, struct stripe_account *n, int i, long created)
{
    bool old = i % 4 == 0;
    account_give(
        b,
        "{'object':'invoice','id':'in_%d','created':%ld,'customer':'cus_%d','currency':'usd','number':'A-%d',"
        "'status':'paid','total':2900,'subtotal':2900,'amount_paid':2900,%s'sub_%d'%s,'lines':{'object':'"
        "list',"
        "'has_more':false,'data':[{'id':'il_1','quantity':1,'period':{'start':1767225600,'end':1769904000},%"
        "s}]}}",
        i, created, i, i,
        old ? "'total_tax_amounts':[],'subscription':"
            : "'total_taxes':[],'parent':{'type':'subscription_details','subscription_details':{'"
              "subscription':",
        i, old ? "" : "}}",
        old ? PRICE : "'pricing':{'type':'price_details','price_details':{'price':'price_b'}}");
    n->invoices++;
}

static void give_money(struct bank *b, struct stripe_account *n, int i, long created)
{
    int64_t net = 2786;
    bool refunded = i % 4 == 2 && i % 16 == 2;
    account_give(
        b,
        "{'object':'charge','id':'ch_%d','created':%ld,'customer':'cus_%d','currency':'usd','amount':2900,"
        "'amount_refunded':%d,'status':'succeeded','payment_intent':'pi_%d'}",
        i, created, i, refunded ? 900 : 0, i);
    account_give(b,
                 "{'object':'balance_transaction','id':'txn_%d','created':%ld,'currency':'usd','amount':2900,"
                 "'fee':114,"
                 "'net':2786,'type':'charge','source':'ch_%d'}",
                 i, created, i);
    n->charges++;
    n->transactions++;
    if (refunded) {
        account_give(b,
                     "{'object':'refund','id':'re_%d','created':%ld,'currency':'usd','amount':900,'status':'"
                     "succeeded',"
                     "'charge':'ch_%d','payment_intent':'pi_%d'}",
                     i, created, i, i);
        account_give(b,
                     "{'object':'balance_transaction','id':'txn_r%d','created':%ld,'currency':'usd','amount':"
                     "-900,'fee':0,"
                     "'net':-900,'type':'refund','source':'re_%d'}",
                     i, created, i);
        n->refunds++;
        n->transactions++;
        net -= 900;
    }
    int year = 0, month = 0, of_month = 0;
    date_split(instant_date((struct instant){created * 1000000}), &year, &month, &of_month);
    n->net += net;
    n->net_of_month[month - 1] += net;
}

struct stripe_account account_make(struct bank *b, int customers)
{
    struct stripe_account n = {.customers = 0};
    account_give(
        b,
        "{'object':'price','id':'price_b','created':%d,'lookup_key':'basic','recurring':{'usage_type':"
        "'licensed'}}",
        YEAR_2025);
    for (int i = 1; i <= customers; i++) {
        long created = YEAR_2025 + (long)(i % 360) * DAY;
        give_customer(b, &n, i, created);
        if (i % 2 != 0) continue;
        give_subscription(b, &n, i, created);
        if (i % 8 == 0) continue;
        give_invoice(b, &n, i, created);
        give_money(b, &n, i, created);
    }
    return n;
}

/* ---- importing ---- */

static int pages_left;

static bool stops(void *unused)
{
    (void)unused;
    return pages_left > 0 && --pages_left == 0;
}

static struct imported import_as(struct bank *b, struct import_options o, int stops_after)
{
    struct imported i = {.err = OK};
    if (b->s == NULL) bank_connect(b);
    o.gateway = &b->g;
    o.actor = STR("tester");
    o.rejects_path = test_path("stripe.rejects.csv");
    o.stops = stops;
    pages_left = stops_after;
    i.err = importer_find(STR("stripe"))->run(&i.report, b->l, &o, A, &i.error);
    return i;
}

struct imported account_import(struct bank *b, const char *user_from, int stops_after)
{
    return import_as(b, (struct import_options){.user_from = str_of(user_from)}, stops_after);
}

struct imported account_import_days(struct bank *b, const char *created_from, const char *cut)
{
    struct import_options o = {.path = NULL};
    if (created_from != NULL) o.created_from = day(created_from);
    if (cut != NULL) o.cut = day(cut);
    return import_as(b, o, 0);
}

const struct import_count *account_count(const struct imported *i, enum imported_kind kind)
{
    for (size_t k = 0; k < i->report.counts_count; k++) {
        if (i->report.counts[k].kind == kind) return &i->report.counts[k];
    }
    cr_assert(false, "the list was not read");
    return NULL;
}

struct imported account_take(struct bank *b)
{
    struct imported i = account_import(b, "", 0);
    cr_assert(i.err == OK, "%s", i.error.text);
    return i;
}

struct str account_rejects(void)
{
    return file_exists(test_path("stripe.rejects.csv")) ? test_read(test_path("stripe.rejects.csv"))
                                                        : STR("");
}

bool account_says(struct str text, const char *words)
{
    return strstr(str_cstring(A, text), words) != NULL;
}

/* ---- looking ---- */

struct customer account_customer(struct bank *b, const char *user)
{
    struct views_txn *t = NULL;
    struct customer row = {0}, kept = {0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(find_customer(&row, t, str_of(user), A, E));
    schema_copy(&kept, &schema_customer, &row, A);
    ledger_read_end(b->l, t);
    return kept;
}

static enum err dump_object(void *context, const struct object_imported *v, struct error *e)
{
    (void)e;
    buffer_print(context, "%ju %s %.*s of %ju, %.*s %s, %.*s\n", (uintmax_t)v->object,
                 choice_imported_kind.words[v->kind], STR_ARG(v->reference), (uintmax_t)v->customer,
                 STR_ARG(money_text(A, v->amount)), v->amount.currency, STR_ARG(v->status));
    return OK;
}

static enum err dump_account(void *context, enum account account, const struct account_total *row,
                             struct error *e)
{
    (void)e;
    buffer_print(context, "%d %jd %jd %s\n", (int)account, (intmax_t)row->debit.minor,
                 (intmax_t)row->credit.minor, row->debit.currency);
    return OK;
}

static enum err dump_customer(void *context, const struct customer *c, struct error *e)
{
    (void)e;
    buffer_print(context, "%.*s %.*s, %.*s, version %ju, %zu balances, method %ju\n", STR_ARG(c->user),
                 STR_ARG(c->party.name), STR_ARG(c->party.email), (uintmax_t)c->version, c->balances_count,
                 (uintmax_t)c->default_method);
    return OK;
}

static enum err dump_subscription(void *context, const struct subscription *s, struct error *e)
{
    (void)e;
    buffer_print(context, "%ju of %ju %.*s %.*s through %.*s by %s\n", (uintmax_t)s->subscription,
                 (uintmax_t)s->customer, STR_ARG(s->reference), STR_ARG(s->terms.product),
                 STR_ARG(date_text(A, s->charged_through)), choice_billing_owner.words[s->billing_owner]);
    return OK;
}

struct str account_dump(struct bank *b)
{
    struct buffer out = {.arena = A};
    struct views_txn *t = NULL;
    struct list_query all = {.status = -1};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(list_imported(t, &all, dump_object, &out, A, E));
    assert_ok(list_customers(t, &all, dump_customer, &out, A, E));
    assert_ok(list_subscriptions(t, &all, dump_subscription, &out, A, E));
    assert_ok(list_accounts(t, dump_account, &out, A, E));
    ledger_read_end(b->l, t);
    return (struct str){(const char *)out.ptr, out.len};
}

struct sum {
    enum account account;
    int64_t minor;
};

static enum err add_account(void *context, enum account account, const struct account_total *row,
                            struct error *e)
{
    struct sum *s = context;
    (void)e;
    if (account == s->account && strcmp(row->debit.currency, "USD") == 0)
        s->minor += row->debit.minor - row->credit.minor;
    return OK;
}

int64_t account_balance(struct bank *b, enum account account)
{
    struct views_txn *t = NULL;
    struct sum s = {account, 0};
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(list_accounts(t, add_account, &s, A, E));
    ledger_read_end(b->l, t);
    return s.minor;
}
