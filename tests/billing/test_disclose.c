/* SPDX-License-Identifier: MIT */
/* test_disclose.c - what is disclosed, and what is not: of an invoice all that happened to it, of a customer
 * nothing of another; checked by whoever has the file and the public key alone, and not one bit of it can be
 * another. */
#include <jansson.h>

#include "ledger/ledger.h"
#include "tests/billing/book.h"

static char *call(const char *words, const char *json)
{
    char *answer = NULL;
    does(daybook_call(book, words, json, &answer, &why));
    char *copy = str_cstring(A, str_of(answer));
    daybook_free(answer);
    return copy;
}

/* {"NAME": "a file of the test's folder"…} */
static const char *with_file(const char *members, const char *name, const char *file)
{
    return str_cstring(A, str_format(A, "{%s\"%s\": \"%s\"}", members, name, test_path(file)));
}

/* Ann and Bob have an invoice each, which they paid; Ann's was credited in part afterwards. */
static void begin(void)
{
    book_begin();
    call("key.new-checkpoint", with_file("", "file", "signer"));
    daybook_close(book);
    book_signer = test_path("signer");
    book_open("2025-01-10T09:00:00Z");
    does(daybook_create_subscription(book, "ann", "basic", "pm_card_visa", NULL, &why));
    does(daybook_create_subscription(book, "bob", "basic", "pm_card_visa", NULL, &why));
    call("invoice.generate", "{\"user\": \"ann\"}");
    call("invoice.generate", "{\"user\": \"bob\"}");
    call("payment.collect", "{}");
    call("invoice.credit", "{\"invoice\": \"INV-2025-000001\", \"amount\": \"5\", \"as\": \"refund\", "
                           "\"reason\": \"as agreed\"}");
}

TestSuite(disclose, .init = begin, .fini = book_end);

static void sign(void)
{
    call("audit.checkpoint", "{}");
}

static const char *wanted_of(const char *members)
{
    return with_file(str_cstring(A, str_format(A, "%s, ", members)), "output", "out.json");
}

struct seen {
    struct buffer events;
    uint64_t records;
};

static enum err see(void *context, const struct event_place *place, const struct envelope *v, struct arena *a,
                    struct error *e)
{
    struct seen *s = context;
    (void)place;
    (void)a;
    (void)e;
    s->records++;
    for (size_t i = 0; i < v->events_count; i++)
        buffer_print(&s->events, "%s%s", i == 0 ? (s->records > 1 ? "; " : "") : " ",
                     event_kind(v->events[i].type)->wire);
    return OK;
}

static enum err check(struct str text, struct seen *s)
{
    struct note_key key = {0};
    struct checkpoint at = {.size = 0};
    struct str note = STR_NONE;
    assert_ok(note_key_parse(&key, test_read(test_path("signer.pub")), A, E));
    *s = (struct seen){.events = {.arena = A}};
    return disclosure_check(&at, &note, text, &key, see, s, A, E);
}

/* The events of the records that the file discloses, by name. */
static struct str disclosed(const char *members)
{
    struct seen s;
    sign();
    call("audit.disclose", wanted_of(members));
    assert_ok(check(test_read(test_path("out.json")), &s));
    return (struct str){(const char *)s.events.ptr, s.events.len};
}

static void refuses_to(const char *members, int code, const char *says)
{
    char *answer = NULL;
    (void)remove(test_path("out.json"));
    refuses(daybook_call(book, "audit.disclose", wanted_of(members), &answer, &why), code, says);
    cr_assert(!file_exists(test_path("out.json")));
}

/* ---- which records ---- */

Test(disclose, an_invoice_comes_with_its_payment_and_what_was_credited_and_refunded)
{
    assert_str(disclosed("\"what\": \"INV-2025-000001\""),
               "subscription.billed invoice.finalized; payment.requested; payment.succeeded; "
               "invoice.finalized refund.requested; refund.succeeded");
}

Test(disclose, a_payment_that_names_no_invoice_belongs_to_the_one_that_it_paid)
{
    call("invoice.add-item", "{\"user\": \"bob\", \"description\": \"Hours\", \"amount\": \"10\"}");
    call("invoice.generate", "{\"user\": \"bob\"}");
    call("payment.charge", "{\"user\": \"bob\", \"amount\": \"10\"}");
    assert_str(disclosed("\"what\": \"INV-2025-000003\""),
               "invoice.finalized; payment.requested; payment.succeeded");
}

Test(disclose, a_void_invoice_comes_with_its_void)
{
    call("invoice.add-item", "{\"user\": \"bob\", \"description\": \"Hours\", \"amount\": \"10\"}");
    call("invoice.generate", "{\"user\": \"bob\"}");
    call("invoice.void", "{\"invoice\": \"INV-2025-000003\", \"reason\": \"never ordered\"}");
    assert_str(disclosed("\"what\": \"INV-2025-000003\""), "invoice.finalized; invoice.voided");
}

Test(disclose, records_by_number_are_those_records_in_their_order)
{
    sign();
    json_t *rows = json_loads(call("audit.log", "{\"user\": \"ann\"}"), 0, NULL);
    json_int_t first = json_integer_value(json_object_get(json_array_get(rows, 0), "seq"));
    json_decref(rows);
    struct str members = str_format(A, "\"what\": \"%jd,%jd\"", (intmax_t)first, (intmax_t)first);
    assert_str(disclosed(str_cstring(A, members)),
               "customer.created payment_method.added subscription.created");
}

Test(disclose, a_customer_comes_with_all_that_is_about_him)
{
    struct str all = disclosed("\"customer\": \"bob\"");
    assert_str(all, "customer.created payment_method.added subscription.created; subscription.billed "
                    "invoice.finalized; payment.requested; payment.succeeded");
    assert_str(disclosed("\"customer\": \"bob\", \"from\": \"2025-01-10\", \"to\": \"2025-01-10\""),
               str_cstring(A, all));
    refuses_to("\"customer\": \"bob\", \"from\": \"2025-01-11\"", DAYBOOK_NOT_FOUND, "there are no records");
}

/* ---- of whom ---- */

Test(disclose, who_shares_a_record_with_others_is_disclosed_only_with_them)
{
    static const char used[] = "user_id,usage_type,amount,timestamp\nann,api_calls,5,2025-01-10T08:00:00Z\n"
                               "bob,api_calls,7,2025-01-10T08:00:00Z\n";
    test_write(test_path("used.csv"), str_of(used));
    call("usage.import", with_file("", "file", "used.csv"));
    sign();
    refuses_to("\"customer\": \"ann\"", DAYBOOK_REFUSED,
               "also tells of 1 other customer: --others discloses that, too");
    struct str both = disclosed("\"customer\": \"ann\", \"others\": true");
    cr_assert(strstr(str_cstring(A, both), "usage.recorded") != NULL);
    refuses_to("\"what\": \"INV-2025-000001,INV-2025-000002\"", DAYBOOK_REFUSED, "1 other customer");
    refuses_to("\"from\": \"2025-01-10\"", DAYBOOK_REFUSED, "1 other customer");
}

Test(disclose, nothing_is_disclosed_that_was_not_clearly_asked_for)
{
    sign();
    refuses_to("\"others\": true", DAYBOOK_USAGE, "are wanted");
    refuses_to("\"what\": \"4\", \"customer\": \"ann\"", DAYBOOK_USAGE, "are wanted");
    refuses_to("\"what\": \"0\"", DAYBOOK_NOT_FOUND, "record 0 holds no events");
    refuses_to("\"what\": \"999999\"", DAYBOOK_NOT_FOUND, "999999");
    refuses_to("\"what\": \"INV-1999-000001\"", DAYBOOK_NOT_FOUND, "INV-1999-000001");
    refuses_to("\"customer\": \"zoe\"", DAYBOOK_NOT_FOUND, "zoe");
}

Test(disclose, what_is_younger_than_the_checkpoint_cannot_be_proven_yet)
{
    sign();
    call("invoice.add-item", "{\"user\": \"ann\", \"description\": \"Hours\", \"amount\": \"10\"}");
    refuses_to("\"customer\": \"ann\"", DAYBOOK_NOT_FOUND, "signs a newer one");
}

/* ---- not one bit of it can be another ---- */

Test(disclose, whatever_bit_is_another_is_found)
{
    struct seen s;
    (void)disclosed("\"what\": \"INV-2025-000002\"");
    struct str text = test_read(test_path("out.json"));
    char *changed = arena_take_raw(A, text.len);
    memcpy(changed, text.ptr, text.len);
    for (size_t i = 0; i < text.len; i++) {
        changed[i] = (char)(text.ptr[i] ^ 1 << i % 8);
        enum err err = check((struct str){changed, text.len}, &s);
        cr_assert(err == ERR_TAMPERED || err == ERR_INVALID, "byte %zu: %d", i, (int)err);
        changed[i] = text.ptr[i];
    }
    assert_ok(check(text, &s));
}

Test(disclose, what_is_cut_off_doubled_or_added_is_found)
{
    struct seen s;
    (void)disclosed("\"what\": \"INV-2025-000002\"");
    struct str text = test_read(test_path("out.json"));
    for (size_t len = 0; len < text.len; len += 7) cr_assert(check((struct str){text.ptr, len}, &s) != OK);
    cr_assert(check(str_format(A, "%.*s ", STR_ARG(text)), &s) == ERR_INVALID);
    cr_assert(check(str_format(A, "%.*s%.*s", STR_ARG(text), STR_ARG(text)), &s) == ERR_INVALID);
    cr_assert(check(str_format(A, " %.*s", STR_ARG(text)), &s) == ERR_INVALID);
    /* The first record once more behind itself. */
    const char *first = strstr(text.ptr, "{\"seq\""), *end = strstr(text.ptr, "]}, {");
    struct str head = {text.ptr, (size_t)(end + 2 - text.ptr)}, rest = {end + 2, text.len - head.len};
    struct str again = {first, (size_t)(end + 2 - first)};
    cr_assert(check(str_format(A, "%.*s, %.*s%.*s", STR_ARG(head), STR_ARG(again), STR_ARG(rest)), &s) ==
              ERR_INVALID);
    /* Without its first record it is as true, and says less. */
    struct str before = {text.ptr, (size_t)(first - text.ptr)}, behind = {rest.ptr + 2, rest.len - 2};
    assert_ok(check(str_format(A, "%.*s%.*s", STR_ARG(before), STR_ARG(behind)), &s));
}

Test(disclose, another_ledgers_key_opens_nothing)
{
    struct seen s;
    (void)disclosed("\"what\": \"INV-2025-000002\"");
    struct note_key other = {0};
    static const uint8_t nobody[NOTE_PUBLIC_BYTES] = {7};
    struct checkpoint at = {.size = 0};
    struct str note = STR_NONE;
    assert_ok(note_key_of(&other, STR("daybook/0123456789abcdef"), nobody, E));
    s = (struct seen){.events = {.arena = A}};
    cr_assert_eq(disclosure_check(&at, &note, test_read(test_path("out.json")), &other, see, &s, A, E),
                 ERR_TAMPERED);
    assert_int(s.records, 0);
}

/* ---- a ledger of one record, by somebody who signs whatever he likes ---- */

struct forgery {
    struct record_header header;
    uint64_t size;
    struct bytes plain;
};

static void forge(struct forgery *f)
{
    /* [1, "a", "b", "", "", []] */
    static const uint8_t plain[] = {0x96, 1, 0xa1, 'a', 0xa1, 'b', 0xa0, 0xc4, 0, 0x90};
    *f = (struct forgery){
        .header = {.class_ = RECORD_EVENTS, .epoch = 1}, .size = 1, .plain = {plain, sizeof plain}};
}

static enum err check_forged(struct forgery *f)
{
    struct ledger_opened r = {.plain = f->plain};
    struct checkpoint head = {.origin = STR("daybook/ffffffffffffffff"), .size = f->size}, at = {.size = 0};
    struct buffer text = {.arena = A};
    struct merkle_path none = {.count = 0};
    struct hasher *h = hasher_new();
    struct checkpoint_key *key = NULL;
    struct str note = STR_NONE;
    struct seen s = {.events = {.arena = A}};
    uint8_t *record = arena_take(A, 1, RECORD_OVERHEAD_BYTES + f->plain.len);
    r.salt = (struct bytes){record + RECORD_HEADER_BYTES, RECORD_SALT_BYTES}; /* zeros */
    r.record = (struct bytes){record, RECORD_OVERHEAD_BYTES + f->plain.len};
    f->header.body_len = (uint32_t)(r.record.len - RECORD_HEADER_BYTES);
    hasher_digest(h, f->header.commit.bytes, str_bytes(STR("daybook/v1/commit")), r.salt, f->plain);
    record_header_put(record, &f->header);
    merkle_leaf(h, &head.root, r.record);
    hasher_free(h);
    if (!file_exists(test_path("forger")))
        assert_ok(checkpoint_key_create(test_path("forger"), head.origin, world_real(), A, E));
    assert_ok(checkpoint_key_open(&key, test_path("forger"), E));
    assert_ok(checkpoint_key_sign(&note, key, &head, A, E));
    disclosure_begin(&text, note);
    assert_ok(disclosure_add(&text, &r, &none, E));
    assert_ok(disclosure_end(&text, E));
    struct str file = {(const char *)text.ptr, text.len};
    enum err err = disclosure_check(&at, &note, file, checkpoint_key_public(key), see, &s, A, E);
    cr_assert_eq(s.records, err == OK ? 1 : 0);
    checkpoint_key_close(key);
    return err;
}

Test(disclose, what_a_forger_signs_is_still_held_against_its_own_header)
{
    struct forgery f;
    forge(&f);
    assert_ok(check_forged(&f)); /* for comparison */
    f.header.seq = 7;
    assert_err_says(check_forged(&f), ERR_TAMPERED, "it says of itself that it is record 7");
    forge(&f);
    f.header.class_ = RECORD_KEYS;
    assert_err_says(check_forged(&f), ERR_TAMPERED, "it holds no events");
    forge(&f);
    f.size = 2;
    assert_err_says(check_forged(&f), ERR_TAMPERED, "it is not number 0 of the 2");
    forge(&f);
    f.plain.len--;
    assert_err_says(check_forged(&f), ERR_TAMPERED, "record 0: ");
}
