/* SPDX-License-Identifier: MIT */
/* test_fiscal.c - documents in the chain of Spain's tax agency: the hashes that it publishes, what is
 * recorded of documents of one decision, and what is no chain. */
#include "tests/book/facts.h"

TestSuite(fiscal, .init = test_begin, .fini = test_end);

/* ---- what the agency publishes: the three examples of its specification of the hash, version 0.1.2 ---- */

static const char first_hash[] = "3C464DAF61ACB827C65FDA19F352A4E3BDC2C640E9E9FC4CC058073F38F12F60";
static const char second_hash[] = "F7B94CFD8924EDFF273501B01EE5153E4CE8F259766F88CF6ACB8935802A2B97";
static const char third_hash[] = "177547C0D57AC74748561D054A9CEC14B4C4EA23D1BEFD6F2E69E3A388F90C68";

static struct fiscal_recorded published(const char *number, const char *previous, const char *at)
{
    return (struct fiscal_recorded){.chain = FISCAL_CHAIN_VERIFACTU,
                                    .record = FISCAL_ISSUE,
                                    .issuer = STR("89890001K"),
                                    .number = str_of(number),
                                    .issue_date = day("2024-01-01"),
                                    .document_type = STR("F1"),
                                    .tax = money_of(1235, "EUR"),
                                    .total = money_of(12345, "EUR"),
                                    .previous = str_of(previous),
                                    .generated_at = str_of(at)};
}

Test(fiscal, hashes_are_those_of_the_agencys_examples)
{
    struct fiscal_recorded first = published("12345678/G33", "", "2024-01-01T19:20:30+01:00");
    struct fiscal_recorded second = published("12345679/G34", first_hash, "2024-01-01T19:20:35+01:00");
    struct fiscal_recorded third = published("12345679/G34", second_hash, "2024-01-01T19:20:40+01:00");
    third.record = FISCAL_ANNULMENT;
    assert_str(fiscal_hash(A, &first), first_hash);
    assert_str(fiscal_hash(A, &second), second_hash);
    assert_str(fiscal_hash(A, &third), third_hash);
}

Test(fiscal, the_code_leads_to_the_agencys_service_and_escapes_what_is_no_plain_character)
{
    struct fiscal_recorded r = published("12345678&G33/ñ", "", "2024-01-01T19:20:30+01:00");
    r.total = money_of(-24140, "EUR");
    assert_str(fiscal_code_text(A, &r, FISCAL_SERVICE_DEFAULT),
               "https://www2.agenciatributaria.gob.es/wlpl/TIKE-CONT/ValidarQR?nif=89890001K&"
               "numserie=12345678%26G33%2F%C3%B1&fecha=01-01-2024&importe=-241.40");
    assert(str_starts(fiscal_code_text(A, &r, FISCAL_SERVICE_TEST),
                      "https://prewww2.aeat.es/wlpl/TIKE-CONT/ValidarQR?nif=89890001K&"));
}

/* ---- what is decided ---- */

static struct seller spanish(void)
{
    return (struct seller){
        .version = 1,
        .party = {.name = STR("Ejemplo S.L."), .country = STR("ES"), .tax_id = STR("B-58378431")},
        .tax_currency = STR("EUR"),
        .fiscal_chain = FISCAL_CHAIN_VERIFACTU};
}

/* A customer with an item of 100 EUR and one of 50 USD; 1 USD is 0.9 EUR. */
static struct facts facts_of_two_currencies(const struct seller *seller)
{
    struct facts f = facts_on("2025-07-31");
    struct customer *c = arena_new_of(A, struct customer);
    struct item *items = arena_array_of(A, struct item, 2);
    struct exchange_rate *rate = arena_new_of(A, struct exchange_rate);
    *c = (struct customer){.customer = 1, .version = 1, .user = STR("ann"), .currency = STR("EUR")};
    for (uint64_t i = 0; i < 2; i++) {
        struct money amount = i == 0 ? money_of(10000, "EUR") : money_of(5000, "USD");
        items[i] = (struct item){.item = i + 1, .customer = 1};
        items[i].line = (struct line){.item = i + 1,
                                      .kind = LINE_ITEM,
                                      .description = STR("hours"),
                                      .quantity = decimal_of(1),
                                      .unit_price = money_decimal(amount),
                                      .amount = amount,
                                      .tax = money_zero(amount)};
    }
    *rate = (struct exchange_rate){
        .from = STR("USD"), .to = STR("EUR"), .rate = decimal_make(9, 1), .on = day("2025-07-31")};
    f.seller = seller;
    f.customer = c;
    f.items = items;
    f.items_count = 2;
    f.rates = rate;
    f.rates_count = 1;
    f.clock_ahead = 7200;
    return f;
}

/* Portugal's, whose chains are one a series. */
static struct seller portuguese(void)
{
    struct seller s = spanish();
    s.party = (struct party){.name = STR("Exemplo Lda"), .country = STR("PT"), .tax_id = STR("501964843")};
    s.fiscal_chain = FISCAL_CHAIN_SAFT_PT;
    s.fiscal_key_version = 3;
    s.series_codes = STR("CN-2025=AAJFF7VH, INV-2025=AAJFF7VG");
    return s;
}

static const struct command generate = {.type = COMMAND_INVOICE_GENERATE,
                                        .invoice_generate = {.user = {"ann", 3}}};

static struct fiscal_recorded recorded(const struct decision *d, size_t nth)
{
    const struct event *ev = find(d, EVENT_FISCAL_RECORDED, nth);
    cr_assert_not_null(ev, "record %zu is missing", nth);
    return ev->fiscal_recorded;
}

Test(fiscal, documents_of_one_decision_go_on_from_each_other_and_the_first_from_the_chains_last)
{
    struct seller s = spanish();
    struct facts f = facts_of_two_currencies(&s);
    struct fiscal_recorded last = published("12345678/G33", "", "2024-01-01T19:20:30+01:00");
    last.place = 7;
    last.hash = str_of(first_hash);
    f.fiscal_last = &last;
    struct decision d = decided(&f, &generate);
    struct fiscal_recorded one = recorded(&d, 0), two = recorded(&d, 1);
    assert_int(one.place, 8);
    assert_str(one.previous, first_hash);
    assert_str(one.previous_number, "12345678/G33");
    assert_str(one.issuer, "B58378431");
    assert_str(one.generated_at, "2025-07-31T02:00:00+02:00");
    assert_str(one.document_type, "F2");
    assert_int(two.place, 9);
    assert(str_equal(two.previous, one.hash));
    assert(str_equal(two.previous_number, one.number));
    assert(find(&d, EVENT_FISCAL_RECORDED, 2) == NULL);
}

Test(fiscal, a_document_in_another_currency_is_recorded_in_euro_by_the_rate_of_its_day)
{
    struct seller s = spanish();
    struct facts f = facts_of_two_currencies(&s);
    struct decision d = decided(&f, &generate);
    assert_str(money_text(A, recorded(&d, 0).total), "100.00");
    assert_str(money_text(A, recorded(&d, 1).total), "45.00");
    assert_str(str_of(recorded(&d, 1).total.currency), "EUR");
    s.tax_currency = STR_NONE;
    assert_err_says(decide(&d, &f, &generate, A, E), ERR_REFUSED, "a document in USD");
}

Test(fiscal, a_buyer_with_a_tax_number_gets_a_full_invoice)
{
    struct seller s = spanish();
    struct facts f = facts_of_two_currencies(&s);
    struct customer c = *f.customer;
    c.party.tax_id = STR("A58818501");
    f.customer = &c;
    struct decision d = decided(&f, &generate);
    assert_str(recorded(&d, 0).document_type, "F1");
}

Test(fiscal, a_seller_without_the_setting_has_no_chain)
{
    struct seller s = spanish();
    s.fiscal_chain = FISCAL_CHAIN_DEFAULT;
    struct facts f = facts_of_two_currencies(&s);
    struct decision d = decided(&f, &generate);
    assert(find(&d, EVENT_INVOICE_FINALIZED, 1) != NULL);
    assert(find(&d, EVENT_FISCAL_RECORDED, 0) == NULL);
    s.fiscal_chain = FISCAL_CHAIN_NONE;
    d = decided(&f, &generate);
    assert(find(&d, EVENT_FISCAL_RECORDED, 0) == NULL);
}

Test(fiscal, a_chain_is_for_who_can_be_named_in_it)
{
    struct facts f = facts_on("2025-07-31");
    struct decision d = {0};
    struct command c = {.type = COMMAND_SELLER_SET};
    c.seller_set.fiscal_chain = FISCAL_CHAIN_VERIFACTU;
    c.seller_set.party =
        (struct party){.name = STR("Beispiel GmbH"), .country = STR("DE"), .tax_id = STR("DE136695976")};
    assert_err_says(decide(&d, &f, &c, A, E), ERR_INVALID, "Spanish tax number");
    c.seller_set.party = spanish().party;
    d = decided(&f, &c);
    assert_int(d.events.items[0].seller_set.fiscal_chain, FISCAL_CHAIN_VERIFACTU);
    struct seller before = spanish();
    f.seller = &before;
    c.seller_set =
        (struct seller_set_command){.party = {.country = STR("FR"), .tax_id = STR("FR40303265045")}};
    assert_err_says(decide(&d, &f, &c, A, E), ERR_INVALID, "Spanish tax number");
}

/* ---- Portugal ---- */

/* The example of the office's technical rules for Despacho 8632/2014: the first document of a series. */
Test(fiscal, what_is_signed_in_portugal_is_the_offices_example)
{
    struct fiscal_recorded r = {.chain = FISCAL_CHAIN_SAFT_PT,
                                .number = STR("FAC 001/14"),
                                .issue_date = day("2010-05-18"),
                                .total = money_of(312, "EUR"),
                                .generated_at = STR("2010-05-18T11:22:19+01:00")};
    assert_str(fiscal_message(A, &r), "2010-05-18;2010-05-18T11:22:19;FAC 001/14;3.12;");
    r.previous = STR("abc=");
    r.total = money_of(-312, "EUR");
    assert_str(fiscal_message(A, &r), "2010-05-18;2010-05-18T11:22:19;FAC 001/14;3.12;abc=");
    r.hash = STR("0123456789a123456789b123456789c123456789");
    assert_str(fiscal_mark(A, &r), "0abc");
}

Test(fiscal, a_portuguese_document_has_its_series_code_and_leaves_the_signature_open)
{
    struct seller s = portuguese();
    struct facts f = facts_of_two_currencies(&s);
    struct fiscal_recorded last = {
        .chain = FISCAL_CHAIN_SAFT_PT, .place = 4, .hash = STR("before"), .number = STR("FT INV-2025/4")};
    f.fiscal_last = &last;
    f.invoice_series.last_serial = 4;
    struct decision d = decided(&f, &generate);
    struct fiscal_recorded one = recorded(&d, 0), two = recorded(&d, 1);
    assert_str(one.number, "FT INV-2025/5");
    assert_str(one.code, "AAJFF7VG-5");
    assert_str(one.series, "INV-2025");
    assert_str(one.previous, "before");
    assert_int(one.key_version, 3);
    assert_int(one.hash.len, 0);
    assert_str(two.number, "FT INV-2025/6");
    assert_int(two.place, 6);
    s.series_codes = STR("CN-2025=AAJFF7VH");
    assert_err_says(decide(&d, &f, &generate, A, E), ERR_REFUSED, "series INV-2025 has no validation code");
}

/* ---- what verification says ---- */

struct story {
    struct event customer, seller, documents[4];
    struct line line;
};

static void tell(struct story *s, const struct seller *seller)
{
    struct facts f = facts_of_two_currencies(seller);
    f.items_count = 1;
    struct decision d = decided(&f, &generate);
    s->customer = (struct event){.type = EVENT_CUSTOMER_CREATED, .customer_created = {.customer = 1}};
    s->seller = (struct event){.type = EVENT_SELLER_SET,
                               .seller_set = {.version = 1, .fiscal_chain = FISCAL_CHAIN_VERIFACTU}};
    s->documents[0] = (struct event){.type = EVENT_ITEM_ADDED, .item_added = {.item = 1, .customer = 1}};
    s->documents[1] = *find(&d, EVENT_INVOICE_FINALIZED, 0);
    s->documents[1].invoice_finalized.catalog_version = 0;
    s->documents[2] = *find(&d, EVENT_FISCAL_RECORDED, 0);
}

static enum err chronicled(const struct story *s, size_t count)
{
    struct chronicle *h = chronicle_new();
    struct envelope records[] = {{.events = &s->customer, .events_count = 1},
                                 {.events = &s->seller, .events_count = 1},
                                 {.events = s->documents, .events_count = count}};
    enum err err = OK;
    for (size_t i = 0; i < 3 && err == OK; i++) err = chronicle_add(h, &records[i], E);
    chronicle_free(h);
    return err;
}

Test(fiscal, a_changed_record_is_found)
{
    struct story s = {0};
    struct seller seller = spanish();
    tell(&s, &seller);
    struct fiscal_recorded *r = &s.documents[2].fiscal_recorded, was = *r;
    assert_ok(chronicled(&s, 3));
    r->generated_at = STR("2025-07-31T02:00:01+02:00");
    assert_err_says(chronicled(&s, 3), ERR_TAMPERED, "INV-2025-000001 has another hash than comes out of it");
    *r = was;
    r->total = money_of(1, "EUR");
    r->hash = fiscal_hash(A, r);
    assert_err_says(chronicled(&s, 3), ERR_TAMPERED, "is not of a document beside it");
    *r = was;
    r->previous = str_of(first_hash);
    r->hash = fiscal_hash(A, r);
    assert_err_says(chronicled(&s, 3), ERR_TAMPERED, "does not go on from record 0 of its chain");
    *r = was;
    r->place = 2;
    assert_err_says(chronicled(&s, 3), ERR_TAMPERED, "does not go on from record 0 of its chain");
    assert_err_says(chronicled(&s, 2), ERR_TAMPERED, "INV-2025-000001 has no fiscal record of its issue");
}
