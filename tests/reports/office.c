/* SPDX-License-Identifier: MIT */
/* office.c - see office.h. */
#include "tests/reports/office.h"

#include <dirent.h>

enum { MAP_BYTES = 64 * 1024 * 1024 };

/* ---- the till ---- */

/* Not the key: the ledger's name in it is by chance, and one in some thousands looks like a card number. */
static struct str receipt(const struct gateway_request *r, struct arena *a)
{
    return str_format(a, "till_%ju", (uintmax_t)r->transaction);
}

static void till_charge(struct till *till, struct gateway_answer *out, const struct gateway_request *r,
                        struct arena *a)
{
    till->asked++;
    if (till->is_silent) return; /* the outcome is then unknown */
    if (str_is(r->token, "pm_slow")) {
        *out = (struct gateway_answer){.outcome = PAYMENT_PROCESSING, .reference = receipt(r, a)};
        return;
    }
    bool tells_card = str_is(r->token, "pm_tells_card");
    bool declined = tells_card || str_is(r->token, "pm_declined");
    *out = (struct gateway_answer){.outcome = declined ? PAYMENT_DECLINED : PAYMENT_SUCCEEDED,
                                   .reference = declined ? STR_NONE : receipt(r, a),
                                   .code = declined ? STR("card_declined") : STR_NONE,
                                   .message = declined ? STR("=no, the till says") : STR_NONE};
    if (tells_card) out->message = STR("no more on 4242 4242 4242 4242");
}

static enum err till_ask(void *self, struct gateway_question *questions, size_t count,
                         const struct gateway_watch *watch, struct arena *a, struct error *e)
{
    (void)e;
    for (size_t i = 0; i < count; i++) {
        struct gateway_question *q = &questions[i];
        if (gateway_stops(watch)) break;
        if (q->request.step == GATEWAY_CHARGE)
            till_charge(self, &q->answer, &q->request, a);
        else
            q->answer =
                (struct gateway_answer){.outcome = PAYMENT_SUCCEEDED, .reference = receipt(&q->request, a)};
        gateway_answered(watch, q->answer.outcome);
    }
    return OK;
}

static enum err till_describe(void *self, struct card *out, const struct gateway_method *m, struct arena *a,
                              struct error *e)
{
    (void)self;
    (void)a;
    (void)e;
    *out = (struct card){
        .token = m->token, .gateway = STR("till"), .funding = STR("credit"), .last4 = STR("4242")};
    return OK;
}

/* ---- the ledger ---- */

struct outcome office_do(struct office *o, const struct command *c)
{
    struct outcome out = {0};
    struct request r = {.command = c, .actor = STR("test")};
    assert_ok(ledger_execute(&out, o->l, &r, A, E));
    return out;
}

static struct price price_of(const char *product, int64_t minor, const char *currency)
{
    struct rate *rate = arena_new_of(A, struct rate);
    *rate = (struct rate){.usage_type = STR("api_calls"),
                          .included = decimal_of(1000),
                          .billed = true,
                          .unit_price = decimal_make(1, 2)};
    return (struct price){.product = str_of(product),
                          .unit = INTERVAL_MONTH,
                          .interval_count = 1,
                          .amount = money_of(minor, currency),
                          .rates = rate,
                          .rates_count = 1};
}

static void load_catalog_and_seller(struct office *o)
{
    const struct product products[] = {
        {.code = STR("free"), .name = STR("Free"), .rank = 0, .free = true},
        {.code = STR("basic"), .name = STR("Basic"), .rank = 1},
        {.code = STR("pro"), .name = STR("Pro"), .rank = 2},
    };
    const struct price prices[] = {price_of("free", 0, "USD"), price_of("basic", 2900, "USD"),
                                   price_of("basic", 2900, "JPY"), price_of("basic", 8500, "KWD"),
                                   price_of("pro", 9900, "USD")};
    struct command c = {.type = COMMAND_CATALOG_LOAD};
    c.catalog_load = (struct catalog_load_command){.name = STR("office"),
                                                   .sha256 = {{1, 2, 3}},
                                                   .products = products,
                                                   .products_count = sizeof products / sizeof products[0],
                                                   .prices = prices,
                                                   .prices_count = sizeof prices / sizeof prices[0]};
    (void)office_do(o, &c);
    struct command s = {.type = COMMAND_SELLER_SET};
    s.seller_set = (struct seller_set_command){.party = {.name = STR("Office Ltd"),
                                                         .street = STR("1 High Street"),
                                                         .city = STR("London"),
                                                         .country = STR("GB")},
                                               .payment_terms = STR("Within 14 days"),
                                               .footer = STR("Registered in England")};
    (void)office_do(o, &s);
}

void office_open(struct office *o, const char *name, const char *today)
{
    *o = (struct office){.clock = {date_start(day(today))}};
    o->gateway =
        (struct gateway){.name = "till", .self = &o->till, .describe = till_describe, .ask = till_ask};
    struct ledger_options lo = {.dir = test_path(name),
                                .key_file = test_path("key"),
                                .world = world_frozen(&o->clock),
                                .state = &daybook_state,
                                .program = "test",
                                .map_bytes = MAP_BYTES};
    bool is_new = !file_exists(lo.dir);
    if (is_new) assert_ok(ledger_create(&lo, E));
    assert_ok(ledger_open(&o->l, &lo, E));
    if (is_new) load_catalog_and_seller(o);
}

void office_close(struct office *o)
{
    ledger_close(o->l);
    o->l = NULL;
}

uint64_t office_records(struct office *o)
{
    struct log_state state = {0};
    assert_ok(log_state(&state, ledger_log(o->l), E));
    return state.head.range.size;
}

uint64_t office_transactions(struct office *o)
{
    struct views_txn *t = NULL;
    struct state_counts counts = {0};
    assert_ok(ledger_read_begin(&t, o->l, E));
    assert_ok(count_state(&counts, t, E));
    ledger_read_end(o->l, t);
    return counts.transactions;
}

/* ---- customers ---- */

void office_subscribe(struct office *o, const char *user, const char *tier, const char *currency,
                      const char *token)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    c.customer_create = (struct customer_create_command){
        .user = str_of(user),
        .currency = str_of(currency),
        .party = {.name = str_format(A, "Name of %s", user), .city = STR("Berlin"), .country = STR("DE")}};
    (void)office_do(o, &c);
    struct command s = {.type = COMMAND_SUBSCRIPTION_CREATE};
    s.subscription_create = (struct subscription_create_command){
        .user = str_of(user), .tier = str_of(tier), .payment_method = str_of(token)};
    struct card *card = &s.subscription_create.card;
    struct gateway_method m = {.token = str_of(token)};
    if (token[0] != '\0') assert_ok(till_describe(NULL, card, &m, A, E));
    (void)office_do(o, &s);
}

void office_invoice(struct office *o, const char *user)
{
    struct command c = {.type = COMMAND_INVOICE_GENERATE, .invoice_generate = {.user = str_of(user)}};
    (void)office_do(o, &c);
}

void office_use(struct office *o, const char *user, int64_t api_calls, const char *at)
{
    const struct usage_input reading = {.user = str_of(user),
                                        .usage_type = STR("api_calls"),
                                        .amount = decimal_of(api_calls),
                                        .at = moment(at)};
    struct command c = {.type = COMMAND_USAGE_RECORD};
    c.usage_record = (struct usage_record_command){.readings = &reading, .readings_count = 1, .strict = true};
    (void)office_do(o, &c);
}

void office_add_item(struct office *o, const char *user, const char *description, const char *amount)
{
    struct command c = {.type = COMMAND_INVOICE_ADD_ITEM};
    c.invoice_add_item =
        (struct invoice_add_item_command){.user = str_of(user), .description = str_of(description)};
    assert_ok(decimal_parse(&c.invoice_add_item.amount, str_of(amount), E));
    (void)office_do(o, &c);
}

void office_fill(struct office *o)
{
    static const char *const currencies[] = {"USD", "JPY", "KWD"};
    for (int i = 0; i < 10; i++) {
        const char *user = str_format(A, "u%d", i).ptr;
        const char *currency = currencies[i % 3];
        const char *tier = i == 9 ? "free" : i == 6 ? "pro" : "basic";
        const char *token = i == 9 ? "" : i == 3 ? "pm_declined" : "pm_card";
        office_subscribe(o, user, tier, currency, token);
        office_use(o, user, i == 0 ? 1500 : 10, "2025-01-20T10:00:00Z");
    }
    office_add_item(o, "u1", "=HYPERLINK(\"x\")", "-900");
    office_add_item(o, "u6", "more than the tier, back", "-150");
}

/* ---- runs ---- */

struct run_options office_options(struct office *o, const char *through, const char *out)
{
    o->clock.now = date_start(day(through));
    return (struct run_options){.through = day(through),
                                .out_dir = out != NULL ? test_path(out) : NULL,
                                .jobs = 2,
                                .gateway = &o->gateway,
                                .actor = STR("night"),
                                .program = "daybook test"};
}

struct run_summary office_run(struct office *o, const char *through, const char *out)
{
    struct run_summary s = {0};
    struct run_options options = office_options(o, through, out);
    assert_ok(nightly_run(&s, o->l, &options, A, E));
    return s;
}

struct str office_read(const char *out, const char *name)
{
    return test_read(test_path(str_format(A, "%s/%s", out, name).ptr));
}

static const char *const files[] = {"invoices.csv", "invoice_lines.csv", "batch_control.csv", "run.json"};
enum { FILES = sizeof files / sizeof files[0] };

void assert_same_files(const char *one, const char *other)
{
    for (size_t i = 0; i < FILES; i++) {
        struct str a = office_read(one, files[i]), b = office_read(other, files[i]);
        cr_assert(str_equal(a, b), "%s differs:\n%.*s\n%.*s", files[i], STR_ARG(a), STR_ARG(b));
    }
}

size_t files_in(const char *folder)
{
    size_t count = 0;
    DIR *d = opendir(test_path(folder));
    cr_assert_not_null(d);
    for (struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d))
        count += entry->d_name[0] != '.' || strncmp(entry->d_name, ".daybook", 8) == 0 ? 1 : 0;
    closedir(d);
    return count;
}

struct str sha256_of(struct str content)
{
    uint8_t digest[32];
    struct hasher *h = hasher_new();
    hasher_digest(h, digest, str_bytes(content), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return hex_text(A, digest, sizeof digest);
}

/* ---- reading CSV ---- */

/* Takes a cell and the comma behind it; false when nothing is left. Inner quotes stay doubled. */
static bool take(struct str *value, struct str *rest)
{
    if (rest->ptr == NULL) return false;
    bool quoted = rest->len > 0 && rest->ptr[0] == '"';
    size_t end = quoted ? 1 : 0;
    while (quoted && (rest->ptr[end] != '"' || (end + 1 < rest->len && rest->ptr[end + 1] == '"')))
        end += rest->ptr[end] == '"' ? 2 : 1;
    *value = (struct str){rest->ptr + 1, quoted ? end - 1 : 0};
    while (end < rest->len && rest->ptr[end] != ',') end++;
    if (!quoted) *value = (struct str){rest->ptr, end};
    *rest = end < rest->len ? (struct str){rest->ptr + end + 1, rest->len - end - 1} : STR_NONE;
    return true;
}

size_t count_rows(struct str csv)
{
    size_t lines = 0;
    for (size_t i = 0; i < csv.len; i++) lines += csv.ptr[i] == '\n' ? 1 : 0;
    return lines > 0 ? lines - 1 : 0;
}

/* Records of the tests have no line ends inside. */
static struct str row_at(struct str csv, size_t row)
{
    for (size_t i = 0;; i++) {
        const char *end = csv.len > 0 ? memchr(csv.ptr, '\r', csv.len) : NULL;
        if (end == NULL) return STR_NONE;
        size_t len = (size_t)(end - csv.ptr);
        if (i == row) return (struct str){csv.ptr, len};
        csv = (struct str){end + 2, csv.len - len - 2};
    }
}

struct str cell(struct str csv, size_t row, const char *column)
{
    struct str names = row_at(csv, 0), values = row_at(csv, row), name = STR_NONE, value = STR_NONE;
    while (take(&name, &names) && take(&value, &values)) {
        if (str_is(name, column)) return value;
    }
    return STR_NONE;
}

struct decimal column_sum(struct str csv, const char *column, const char *where, const char *is)
{
    struct decimal sum = {0}, value = {0};
    for (size_t row = 1; row <= count_rows(csv); row++) {
        struct str text = cell(csv, row, column);
        if (text.len == 0 || (where != NULL && !str_is(cell(csv, row, where), is))) continue;
        assert_ok(decimal_parse(&value, text, E));
        assert_ok(decimal_add(&sum, sum, value, E));
    }
    return sum;
}
