/* SPDX-License-Identifier: MIT */
/* customers.c - customers in bulk, each with a payment method and a first subscription where the row names
 * them. A row is two steps: the customer, then what the customer has; the second is tried only when the first
 * was done, now or before. Both carry keys made of their content, so that a file that was half imported is
 * imported again without harm. */
#include "importers/csv.h"
#include "importers/import.h"

enum column {
    COLUMN_USER_ID,
    COLUMN_NAME,
    COLUMN_EMAIL,
    COLUMN_STREET,
    COLUMN_STREET2,
    COLUMN_POSTAL_CODE,
    COLUMN_CITY,
    COLUMN_REGION,
    COLUMN_COUNTRY,
    COLUMN_TAX_ID,
    COLUMN_CURRENCY,
    COLUMN_TIER,
    COLUMN_INTERVAL,
    COLUMN_INTERVAL_COUNT,
    COLUMN_PAYMENT_METHOD,
    COLUMN_PRICE,
    COLUMN_START,
    COLUMN_BILLING_DAY,
    COLUMN_TIMEZONE,
    COLUMN_LOCALE,
    COLUMN_TAX_EXEMPT,
    COLUMN_TAX_EXEMPT_REASON,
    COLUMNS
};
static const char *const column_names[COLUMNS] = {
    "user_id",        "name",
    "email",          "street",
    "street2",        "postal_code",
    "city",           "region",
    "country",        "tax_id",
    "currency",       "tier",
    "interval",       "interval_count",
    "payment_method", "price",
    "start",          "billing_day",
    "timezone",       "locale",
    "tax_exempt",     "tax_exempt_reason",
};
static const struct csv_layout layout = {
    .names = column_names, .count = COLUMNS, .required = 1u << COLUMN_USER_ID};

enum { ROWS_PER_BATCH = 500 };

struct entry {
    struct row row;
    struct command create, second; /* second.type COMMAND_NONE: there is none */
    bool replayed;
};

struct batch {
    struct import *import;
    struct arena *arena;
    struct hasher *hasher;
    struct entry *entries;
    size_t count;
};

/* ---- a row to commands ---- */

static void read_parsed(struct entry *it, enum column c, struct str text, enum err err, const struct error *e,
                        struct arena *a)
{
    if (text.len > 0 && err != OK) row_refuse_error(&it->row, column_names[c], e, a);
}

static void read_interval(struct entry *it, struct str text, enum billing_interval *out)
{
    int value = 0;
    if (text.len == 0) return;
    if (choice_parse(&value, &choice_billing_interval, text))
        *out = (enum billing_interval)value;
    else
        row_refuse(&it->row, column_names[COLUMN_INTERVAL],
                   STR("day, week, month, quarter, half_year or year is wanted"));
}

static void fill_card(struct card *out, struct entry *it, struct import *im, struct str user,
                      struct str token, struct arena *a)
{
    struct error e = {0};
    if (!row_is_good(&it->row) || token.len == 0) return;
    if (gateway_card(out, im->ledger, &im->gateway, user, token, a, &e) != OK)
        row_refuse_error(&it->row, column_names[COLUMN_PAYMENT_METHOD], &e, a);
}

static enum yes_no read_exempt(struct entry *it, struct str text)
{
    int value = 0;
    if (text.len == 0) return YES_NO_DEFAULT;
    if (!choice_parse(&value, &choice_yes_no, text))
        row_refuse(&it->row, column_names[COLUMN_TAX_EXEMPT], STR("yes or no is wanted"));
    return (enum yes_no)value;
}

static void make_create(struct entry *it, const struct str *f, struct arena *a)
{
    struct error e = {0};
    read_parsed(it, COLUMN_COUNTRY, f[COLUMN_COUNTRY], country_check(f[COLUMN_COUNTRY], &e), &e, a);
    read_parsed(it, COLUMN_LOCALE, f[COLUMN_LOCALE], language_check(f[COLUMN_LOCALE], &e), &e, a);
    it->create.type = COMMAND_CUSTOMER_CREATE;
    it->create.customer_create = (struct customer_create_command){
        .user = f[COLUMN_USER_ID],
        .currency = f[COLUMN_CURRENCY],
        .timezone = f[COLUMN_TIMEZONE],
        .locale = f[COLUMN_LOCALE],
        .party = {.name = f[COLUMN_NAME],
                  .email = f[COLUMN_EMAIL],
                  .street = f[COLUMN_STREET],
                  .street2 = f[COLUMN_STREET2],
                  .postal_code = f[COLUMN_POSTAL_CODE],
                  .city = f[COLUMN_CITY],
                  .region = f[COLUMN_REGION],
                  .country = f[COLUMN_COUNTRY],
                  .tax_id = f[COLUMN_TAX_ID]},
        .tax_exempt = read_exempt(it, f[COLUMN_TAX_EXEMPT]),
        .tax_exempt_reason = f[COLUMN_TAX_EXEMPT_REASON],
    };
}

/* A zero in a column that may be left empty would be taken for nothing, but where it means something. */
static void note_given(struct entry *it, enum column c, struct str text, struct arena *a)
{
    struct error e = {0};
    const struct field *f =
        schema_field(command_kind(COMMAND_SUBSCRIPTION_CREATE)->schema, str_of(column_names[c]));
    if (f == NULL) WRONG("a column that is no field of the command");
    if (text.len == 0 || !row_is_good(&it->row)) return;
    if (command_field_given(COMMAND_SUBSCRIPTION_CREATE, f, command_body_of(&it->second), &e) != OK)
        row_refuse_error(&it->row, column_names[c], &e, a);
}

static void make_subscription(struct entry *it, const struct str *f, struct import *im, struct arena *a)
{
    struct error e = {0};
    struct subscription_create_command c = {.user = f[COLUMN_USER_ID],
                                            .tier = f[COLUMN_TIER],
                                            .currency = f[COLUMN_CURRENCY],
                                            .payment_method = f[COLUMN_PAYMENT_METHOD]};
    read_interval(it, f[COLUMN_INTERVAL], &c.interval);
    read_parsed(it, COLUMN_INTERVAL_COUNT, f[COLUMN_INTERVAL_COUNT],
                uint_parse(&c.interval_count, f[COLUMN_INTERVAL_COUNT], &e), &e, a);
    read_parsed(it, COLUMN_PRICE, f[COLUMN_PRICE], decimal_parse(&c.price, f[COLUMN_PRICE], &e), &e, a);
    read_parsed(it, COLUMN_START, f[COLUMN_START], date_parse(&c.start, f[COLUMN_START], &e), &e, a);
    read_parsed(it, COLUMN_BILLING_DAY, f[COLUMN_BILLING_DAY],
                uint_parse(&c.billing_day, f[COLUMN_BILLING_DAY], &e), &e, a);
    fill_card(&c.card, it, im, f[COLUMN_USER_ID], f[COLUMN_PAYMENT_METHOD], a);
    it->second.type = COMMAND_SUBSCRIPTION_CREATE;
    it->second.subscription_create = c;
    note_given(it, COLUMN_INTERVAL_COUNT, f[COLUMN_INTERVAL_COUNT], a);
    note_given(it, COLUMN_PRICE, f[COLUMN_PRICE], a);
    note_given(it, COLUMN_BILLING_DAY, f[COLUMN_BILLING_DAY], a);
}

static void make_method(struct entry *it, const struct str *f, struct import *im, struct arena *a)
{
    struct payment_method_add_command c = {
        .user = f[COLUMN_USER_ID], .token = f[COLUMN_PAYMENT_METHOD], .is_default = true};
    fill_card(&c.card, it, im, f[COLUMN_USER_ID], f[COLUMN_PAYMENT_METHOD], a);
    it->second.type = COMMAND_PAYMENT_METHOD_ADD;
    it->second.payment_method_add = c;
}

static void check_command(struct entry *it, const struct command *c, struct arena *a)
{
    struct error e = {0};
    if (c->type != COMMAND_NONE && command_check(c, &e) != OK) row_refuse_error(&it->row, "", &e, a);
}

static void make_entry(struct entry *it, const struct csv_row *r, struct import *im, struct arena *a)
{
    static const enum column of_subscription[] = {COLUMN_INTERVAL, COLUMN_INTERVAL_COUNT, COLUMN_PRICE,
                                                  COLUMN_START, COLUMN_BILLING_DAY};
    *it = (struct entry){.row = r->row};
    if (!row_is_good(&it->row)) return;
    make_create(it, r->fields, a);
    if (r->fields[COLUMN_USER_ID].len == 0)
        row_refuse(&it->row, column_names[COLUMN_USER_ID], STR("a value is missing"));
    if (r->fields[COLUMN_TIER].len > 0) {
        make_subscription(it, r->fields, im, a);
    } else {
        for (size_t i = 0; i < sizeof of_subscription / sizeof of_subscription[0]; i++) {
            if (r->fields[of_subscription[i]].len == 0) continue;
            row_refuse(&it->row, column_names[COLUMN_TIER],
                       STR("a value is missing: the row describes a subscription"));
        }
        if (r->fields[COLUMN_PAYMENT_METHOD].len > 0) make_method(it, r->fields, im, a);
    }
    check_command(it, &it->create, a);
    check_command(it, &it->second, a);
}

/* ---- a batch ---- */

/* The same content is the same wish, whichever line of whichever file it stands on. */
static struct str content_key(struct batch *b, const struct command *c)
{
    struct hash hash = {{0}};
    command_hash(&hash, c, b->hasher);
    struct str hex = hex_text(b->arena, hash.bytes, sizeof hash.bytes);
    return str_format(b->arena, "import:%.*s", STR_ARG(hex));
}

static const struct command *step_of(const struct entry *it, bool second)
{
    if (!row_is_good(&it->row)) return NULL;
    const struct command *c = second ? &it->second : &it->create;
    return c->type == COMMAND_NONE ? NULL : c;
}

static void note(struct batch *b, struct entry *it, const struct outcome *o, bool second)
{
    import_note_record(b->import, o->replayed ? 0 : o->seq);
    if (o->code == OK) {
        it->replayed = o->replayed && (it->replayed || !second);
        return;
    }
    const char *done = second ? "the customer is there, but: " : "";
    row_refuse(&it->row, "", str_format(b->arena, "%s%s", done, o->error.text));
}

static enum err run_step(struct batch *b, bool second, struct error *e)
{
    struct request *requests = arena_array_of(b->arena, struct request, b->count);
    struct outcome *outcomes = arena_array_of(b->arena, struct outcome, b->count);
    size_t *entry_of = arena_array_of(b->arena, size_t, b->count), count = 0;
    for (size_t i = 0; i < b->count; i++) {
        const struct command *c = step_of(&b->entries[i], second);
        if (c == NULL) continue;
        entry_of[count] = i;
        requests[count++] =
            (struct request){.command = c, .key = content_key(b, c), .actor = b->import->options->actor};
    }
    if (count == 0) return OK;
    enum err err = ledger_execute_batch(outcomes, b->import->ledger, requests, count,
                                        import_is_final_strict(b->import), b->arena, e);
    if (err != OK) return err;
    for (size_t i = 0; i < count; i++) note(b, &b->entries[entry_of[i]], &outcomes[i], second);
    return import_settle(b->import, outcomes, count, b->arena, e);
}

static enum err batch_run(struct batch *b, struct error *e)
{
    struct import_report *report = b->import->report;
    enum err err = run_step(b, false, e);
    if (err == OK) err = run_step(b, true, e);
    report->rows += b->count;
    for (size_t i = 0; err == OK && i < b->count; i++) {
        struct entry *it = &b->entries[i];
        if (!row_is_good(&it->row))
            err = import_reject(b->import, &it->row, e);
        else if (it->replayed)
            report->duplicates++;
        else
            report->accepted++;
    }
    import_progress(b->import);
    b->count = 0;
    arena_reset(b->arena);
    return err;
}

static enum err read_rows(struct batch *b, struct csv_reader *r, struct error *e)
{
    enum err err = OK;
    bool end = false;
    while (err == OK && !end) {
        struct csv_row row = {0};
        err = csv_next(&row, &end, r, b->arena, e);
        if (err == OK && !end) make_entry(&b->entries[b->count++], &row, b->import, b->arena);
        if (err == OK && (end || b->count == ROWS_PER_BATCH) && b->count > 0) err = batch_run(b, e);
    }
    return err;
}

static enum err customers_pass(struct import *im, struct error *e)
{
    struct stream *s = stream_new(im->source);
    struct csv_reader *r = NULL;
    struct text_line first = {0};
    struct arena *a = arena_new();
    struct batch b = {.import = im, .arena = arena_new(), .hasher = hasher_new()};
    b.entries = arena_array_of(a, struct entry, ROWS_PER_BATCH);
    bool end = false;
    enum err err = stream_line(&first, &end, s, e);
    if (err == OK && end) err = fail(e, ERR_INVALID, "the file is empty: there is not even a header");
    if (err == OK) err = csv_open(&r, s, &first, &layout, e);
    if (err == OK) err = read_rows(&b, r, e);
    csv_close(r);
    hasher_free(b.hasher);
    arena_free(b.arena);
    arena_free(a);
    stream_free(s);
    return err;
}

enum err import_customers(struct import_report *out, struct ledger *l, const struct import_options *o,
                          struct arena *a, struct error *e)
{
    return import_run(out, l, o, customers_pass, a, e);
}
