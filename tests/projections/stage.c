/* SPDX-License-Identifier: MIT */
/* stage.c - see stage.h. */
#include "tests/projections/stage.h"

enum { MAP_BYTES = 64 * 1024 * 1024 };

struct stage stage_open(const char *name)
{
    struct stage s = {.seq = 1, .zones = zones_new()};
    uint8_t key[KEY_BYTES];
    bool fresh = false;
    memset(key, 7, sizeof(key));
    assert_ok(master_key_from_bytes(&s.master, key, E));
    struct views_options o = {.dir = test_path(name),
                              .map_bytes = MAP_BYTES,
                              .master = s.master,
                              .origin = STR("daybook/0123456789abcdef"),
                              .world = world_real()};
    assert_ok(dir_make(o.dir, 0700, E));
    assert_ok(views_open(&s.views, &fresh, &o, E));
    assert_ok(views_begin(&s.t, s.views, true, E));
    return s;
}

void stage_commit(struct stage *s)
{
    assert_ok(views_commit(s->t, E));
    assert_ok(views_begin(&s->t, s->views, true, E));
}

void stage_close(struct stage *s)
{
    assert_ok(views_commit(s->t, E));
    views_close(s->views);
    zones_free(s->zones);
    master_key_close(s->master);
    *s = (struct stage){0};
}

void stage_gather(struct facts *out, struct stage *s, const struct command *c, const char *now)
{
    const struct decided_at at = {.now = moment(now)};
    assert_ok(daybook_state.gather(out, s->t, c, &at, s->zones, A, E));
}

struct hash stage_leaf(uint64_t seq)
{
    struct hash leaf = {{0}};
    be64_put(leaf.bytes, seq);
    return leaf;
}

enum err stage_fold(struct stage *s, const char *at, const struct event *events, size_t count)
{
    struct event_place place = {
        .seq = s->seq, .at = moment(at), .leaf = stage_leaf(s->seq), .prev = stage_leaf(s->seq - 1)};
    if (s->seq > 0) place.prev = stage_leaf(s->seq - 1);
    for (size_t i = 0; i < count; i++) {
        struct arena *scratch = arena_new();
        enum err err = OK;
        for (const struct projection *const *p = daybook_state.projections; *p != NULL && err == OK; p++) {
            err = (*p)->fold(s->t, &events[i], &place, scratch, E);
        }
        arena_free(scratch);
        if (err != OK) return err;
    }
    struct view_cursor cursor = {s->seq + 1, place.leaf};
    views_set_cursor(s->t, &cursor);
    s->seq++;
    return OK;
}

struct money usd(int64_t cents)
{
    return money_of(cents, "USD");
}

struct decimal whole(int64_t n)
{
    return decimal_of(n);
}

struct terms monthly(const char *product, int64_t cents, int64_t included)
{
    struct rate *rate = arena_new_of(A, struct rate);
    *rate = (struct rate){.usage_type = STR("api_calls"), .included = decimal_of(included)};
    return (struct terms){.catalog_version = 1,
                          .product = str_of(product),
                          .product_name = str_of(product),
                          .unit = INTERVAL_MONTH,
                          .interval_count = 1,
                          .amount = usd(cents),
                          .rates = rate,
                          .rates_count = 1};
}

struct event customer_event(uint64_t customer)
{
    return (struct event){
        .type = EVENT_CUSTOMER_CREATED,
        .customer_created = {
            .customer = customer,
            .user = str_format(A, "u%ju", (uintmax_t)customer),
            .currency = STR("USD"),
            .timezone = STR("UTC"),
            .locale = STR("en-US"),
            .party = {.name = str_format(A, "Name Of %ju", (uintmax_t)customer), .country = STR("DE")}}};
}

struct event subscribed(uint64_t customer, const char *product, int64_t cents, const char *start)
{
    return (struct event){.type = EVENT_SUBSCRIPTION_CREATED,
                          .subscription_created = {.subscription = customer,
                                                   .customer = customer,
                                                   .start = day(start),
                                                   .anchor = day(start),
                                                   .terms = monthly(product, cents, 1000)}};
}

struct event billed(uint64_t customer, const char *from, const char *through, const char *usage_through,
                    int64_t cents, uint64_t invoice)
{
    return (struct event){.type = EVENT_SUBSCRIPTION_BILLED,
                          .subscription_billed = {.subscription = customer,
                                                  .customer = customer,
                                                  .charged_through = day(through),
                                                  .usage_through = day(usage_through),
                                                  .billed_from = day(from),
                                                  .billed_amount = usd(cents),
                                                  .billed_by = invoice}};
}

struct event canceled(uint64_t customer, const char *product, const char *on)
{
    return (struct event){.type = EVENT_SUBSCRIPTION_CANCELED,
                          .subscription_canceled = {.subscription = customer,
                                                    .customer = customer,
                                                    .on = day(on),
                                                    .product = str_of(product),
                                                    .credit = usd(0)}};
}

static struct line line_of(uint64_t item, int64_t cents)
{
    return (struct line){.item = item,
                         .kind = LINE_ITEM,
                         .description = STR("setting up"),
                         .quantity = decimal_of(1),
                         .amount = usd(cents),
                         .tax = usd(0)};
}

struct event item(uint64_t item, uint64_t customer, int64_t cents)
{
    return (struct event){.type = EVENT_ITEM_ADDED,
                          .item_added = {.item = item, .customer = customer, .line = line_of(item, cents)}};
}

struct event invoice(uint64_t n, uint64_t customer, const char *date, int64_t cents)
{
    struct line *line = arena_new_of(A, struct line);
    *line = line_of(0, cents);
    return (struct event){.type = EVENT_INVOICE_FINALIZED,
                          .invoice_finalized = {.invoice = n,
                                                .number = str_format(A, "INV-2025-%06ju", (uintmax_t)n),
                                                .kind = INVOICE_INVOICE,
                                                .series = STR("INV-2025"),
                                                .serial = n,
                                                .customer = customer,
                                                .buyer_version = 1,
                                                .issue_date = day(date),
                                                .due_date = date_add_days(day(date), 14),
                                                .lines = line,
                                                .lines_count = 1,
                                                .subtotal = usd(cents),
                                                .tax = usd(0),
                                                .total = usd(cents),
                                                .credit_applied = usd(0),
                                                .amount_due = usd(cents),
                                                .rule_version = 1}};
}

struct event credit_note(uint64_t n, uint64_t serial, uint64_t customer, const char *date, int64_t cents)
{
    struct event ev = invoice(n, customer, date, -cents);
    ev.invoice_finalized.kind = INVOICE_CREDIT_NOTE;
    ev.invoice_finalized.series = STR("CN-2025");
    ev.invoice_finalized.serial = serial;
    ev.invoice_finalized.number = str_format(A, "CN-2025-%06ju", (uintmax_t)serial);
    ev.invoice_finalized.credit_applied = usd(-cents);
    ev.invoice_finalized.amount_due = usd(0);
    return ev;
}

struct event payment(uint64_t n, uint64_t customer, int64_t cents)
{
    return (struct event){.type = EVENT_PAYMENT_REQUESTED,
                          .payment_requested = {.payment = n,
                                                .customer = customer,
                                                .method = 1,
                                                .amount = usd(cents),
                                                .description = STR("Payment"),
                                                .gateway = STR("simulator"),
                                                .gateway_key = str_format(A, "key-%ju", (uintmax_t)n)}};
}

struct event paid(uint64_t n, uint64_t customer, int64_t cents, const struct allocation *pays, size_t count,
                  int64_t credited)
{
    return (struct event){.type = EVENT_PAYMENT_SUCCEEDED,
                          .payment_succeeded = {.payment = n,
                                                .customer = customer,
                                                .amount = usd(cents),
                                                .gateway = STR("simulator"),
                                                .gateway_reference = str_format(A, "ref-%ju", (uintmax_t)n),
                                                .pays = pays,
                                                .pays_count = count,
                                                .credited = usd(credited)}};
}

struct event refund(uint64_t n, uint64_t payment, uint64_t customer, int64_t cents, int64_t from_credit)
{
    return (struct event){.type = EVENT_REFUND_REQUESTED,
                          .refund_requested = {.refund = n,
                                               .payment = payment,
                                               .customer = customer,
                                               .amount = usd(cents),
                                               .from_credit = usd(from_credit),
                                               .reason = STR("not wanted"),
                                               .gateway = STR("simulator"),
                                               .gateway_key = str_format(A, "key-%ju", (uintmax_t)n)}};
}

struct event refunded(uint64_t n, uint64_t payment, uint64_t customer, int64_t cents, int64_t from_credit)
{
    return (struct event){.type = EVENT_REFUND_SUCCEEDED,
                          .refund_succeeded = {.refund = n,
                                               .payment = payment,
                                               .customer = customer,
                                               .amount = usd(cents),
                                               .from_credit = usd(from_credit),
                                               .gateway = STR("simulator"),
                                               .gateway_reference = STR("re")}};
}

struct event refund_refused(uint64_t n, uint64_t payment, uint64_t customer, int64_t cents,
                            int64_t from_credit)
{
    return (struct event){.type = EVENT_REFUND_FAILED,
                          .refund_failed = {.refund = n,
                                            .payment = payment,
                                            .customer = customer,
                                            .amount = usd(cents),
                                            .from_credit = usd(from_credit),
                                            .gateway = STR("simulator"),
                                            .code = STR("expired"),
                                            .message = STR("too late")}};
}

struct event readings(const struct reading *r, size_t count)
{
    return (struct event){.type = EVENT_USAGE_RECORDED, .usage_recorded = {r, count}};
}

struct reading reading(uint64_t customer, const char *type, int64_t n, const char *period,
                       const char *event_id)
{
    return (struct reading){.customer = customer,
                            .usage_type = str_of(type),
                            .quantity = decimal_of(n),
                            .at = date_start(day(period)),
                            .period = day(period),
                            .event_id = str_of(event_id)};
}

struct customer customer_now(struct stage *s, uint64_t customer)
{
    struct customer c = {0};
    assert_ok(load_customer(&c, s->t, customer, A, E));
    return c;
}

struct subscription subscription_now(struct stage *s, uint64_t subscription)
{
    struct subscription v = {0};
    assert_ok(load_subscription(&v, s->t, subscription, A, E));
    return v;
}

struct invoice invoice_now(struct stage *s, uint64_t invoice)
{
    struct invoice v = {0};
    assert_ok(load_invoice(&v, s->t, invoice, A, E));
    return v;
}

struct transaction transaction_now(struct stage *s, uint64_t transaction)
{
    struct transaction v = {0};
    assert_ok(load_transaction(&v, s->t, transaction, A, E));
    return v;
}

struct str due_by(struct stage *s, const char *through)
{
    struct due_cursor after = {0};
    struct buffer out = {.arena = A};
    for (;;) { /* pages of two, so that every test also tests the paging */
        uint64_t customers[2];
        size_t count = 0;
        assert_ok(list_due(s->t, day(through), &after, customers, &count, 2, E));
        for (size_t i = 0; i < count; i++)
            buffer_print(&out, "%s%ju", out.len == 0 ? "" : " ", (uintmax_t)customers[i]);
        if (count < 2) return (struct str){(const char *)out.ptr, out.len};
    }
}
