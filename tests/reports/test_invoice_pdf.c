/* SPDX-License-Identifier: MIT */
/* test_invoice_pdf.c - invoices as PDFs: the same bytes for ever, every word readable by programs that no one
 * here wrote, nothing printed over anything else, and no character lost. */
#include <pthread.h>

#include "reports/invoice_pdf.h"
#include "tests/lib/fixture.h"
#include "tests/reports/paper.h"

TestSuite(invoice_pdf, .init = test_begin, .fini = test_end);

/* ---- given: an invoice of Acme for Mueller, with usage, a credit and tax ---- */

struct given {
    struct line lines[3];
    struct tax_total taxes[2];
    struct discount_total discounts[2];
    struct invoice invoice;
    struct customer buyer;
    struct seller seller;
    struct invoice_document document;
};

static struct money eur(int64_t minor)
{
    return money_of(minor, "EUR");
}

static struct line line_of(const char *description, int64_t quantity, struct decimal price, int64_t net,
                           int64_t tax)
{
    return (struct line){.description = str_of(description),
                         .from = day("2025-01-01"),
                         .to = day("2025-02-01"),
                         .quantity = decimal_of(quantity),
                         .unit_price = price,
                         .amount = eur(net),
                         .tax_category = STR("S"),
                         .tax_rate = decimal_of(19),
                         .tax = eur(tax)};
}

static struct party seller_party(void)
{
    return (struct party){.name = STR("Acme Software Limited"),
                          .email = STR("billing@acme.example"),
                          .street = STR("1 Harbour Road"),
                          .postal_code = STR("D01 F5P2"),
                          .city = STR("Dublin"),
                          .country = STR("IE"),
                          .tax_id = STR("IE6388047V")};
}

static struct party buyer_party(void)
{
    return (struct party){.name = STR("Mueller GmbH"),
                          .email = STR("invoices@mueller.example"),
                          .street = STR("Hauptstr. 12"),
                          .postal_code = STR("80331"),
                          .city = STR("Munich"),
                          .country = STR("DE"),
                          .tax_id = STR("DE812345678")};
}

/* 99.00 - 14.97 + 23.47 = 107.50; 18.81 - 2.84 + 4.46 = 20.43; 127.93 less 10.00 of credit leaves 117.93. */
static void given_invoice(struct given *g)
{
    *g = (struct given){.lines = {line_of("Pro", 1, decimal_of(99), 9900, 1881),
                                  line_of("Unused part of Basic", 1, decimal_make(-1497, 2), -1497, -284),
                                  line_of("API calls over the quota", 2347, decimal_make(1, 2), 2347, 446)},
                        .buyer = {.customer = 3, .user = STR("user_12345"), .party = buyer_party()},
                        .seller = {.version = 1,
                                   .party = seller_party(),
                                   .payment_terms_text = STR("Payable within 14 days."),
                                   .footer = STR("Registered in Ireland, no. 123456")}};
    g->taxes[0] = (struct tax_total){.code = STR("de"),
                                     .name = STR("VAT"),
                                     .category = STR("S"),
                                     .percent = decimal_of(19),
                                     .taxable = eur(10750),
                                     .amount = eur(2043),
                                     .jurisdiction = STR("DE")};
    g->invoice = (struct invoice){.invoice = 7,
                                  .number = STR("INV-2025-000007"),
                                  .kind = INVOICE_INVOICE,
                                  .status = INVOICE_OPEN,
                                  .customer = 3,
                                  .issue_date = day("2025-02-01"),
                                  .due_date = day("2025-02-15"),
                                  .lines = g->lines,
                                  .lines_count = 3,
                                  .subtotal = eur(10750),
                                  .tax = eur(2043),
                                  .total = eur(12793),
                                  .credit_applied = eur(1000),
                                  .amount_due = eur(11793),
                                  .paid = eur(0),
                                  .taxes = g->taxes,
                                  .taxes_count = 1,
                                  .seq = 42,
                                  .finalized_at = moment("2025-02-01T06:30:15.25Z")};
    memset(g->invoice.leaf.bytes, 0xab, sizeof g->invoice.leaf.bytes);
    g->document = (struct invoice_document){.invoice = &g->invoice,
                                            .buyer = &g->buyer,
                                            .seller = &g->seller,
                                            .origin = STR("daybook/0123456789abcdef")};
}

static struct bytes rendered(const struct given *g)
{
    struct buffer out = {.arena = A};
    assert_ok(invoice_pdf_render(&out, &g->document, A, E));
    return (struct bytes){out.ptr, out.len};
}

/* ---- the same bytes for ever ---- */

Test(invoice_pdf, the_same_invoice_is_the_same_bytes)
{
    struct given g;
    given_invoice(&g);
    struct bytes first = rendered(&g);
    setenv("TZ", "Pacific/Kiritimati", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    cr_assert(bytes_equal(first, rendered(&g)));
}

static void *render_alone(void *context)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct buffer *out = context;
    struct given g;
    given_invoice(&g);
    for (int i = 0; i < 20; i++) {
        buffer_clear(out);
        cr_assert_eq(invoice_pdf_render(out, &g.document, a, &e), OK);
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

Test(invoice_pdf, threads_do_not_disturb_each_other)
{
    struct given g;
    given_invoice(&g);
    struct bytes alone = rendered(&g);
    pthread_t threads[4];
    struct buffer results[4] = {0};
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, render_alone, &results[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
        cr_assert(bytes_equal(alone, (struct bytes){results[i].ptr, results[i].len}));
        buffer_free(&results[i]);
    }
}

Test(invoice_pdf, as_issued_it_does_not_change_when_it_is_paid)
{
    struct given g;
    given_invoice(&g);
    g.document.as_issued = true;
    struct bytes before = rendered(&g);
    g.invoice.status = INVOICE_PAID;
    g.invoice.paid = g.invoice.amount_due;
    g.invoice.paid_on = day("2025-02-03");
    cr_assert(bytes_equal(before, rendered(&g)));
    assert_says(words_of(before, 0), "DUE by Feb 15, 2025");
}

static bool holds(struct bytes pdf, const char *text)
{
    struct bytes wanted = str_bytes(str_of(text));
    for (size_t i = 0; i + wanted.len <= pdf.len; i++)
        if (bytes_equal((struct bytes){pdf.ptr + i, wanted.len}, wanted)) return true;
    return false;
}

Test(invoice_pdf, its_identity_and_dates_come_from_the_ledger)
{
    struct given g;
    given_invoice(&g);
    struct bytes pdf = rendered(&g);
    cr_assert(holds(pdf, "D:20250201063015+00'00'"));
    cr_assert(holds(pdf, "2025-02-01T06:30:15Z</xmp:CreateDate>"));
    cr_assert(holds(pdf, "<ABABABABABABABABABABABABABABABAB>"));
}

Test(invoice_pdf, a_page_of_english_stays_below_18_kilobytes_without_its_attachment)
{
    struct given g;
    given_invoice(&g);
    cr_assert(rendered(&g).len < 18000, "%zu bytes", rendered(&g).len);
}

/* ---- what stands on it ---- */

Test(invoice_pdf, everything_that_the_law_wants_stands_on_it)
{
    struct given g;
    given_invoice(&g);
    const char *words = words_of(rendered(&g), 0);
    const char *const wanted[] = {
        "INV-2025-000007",
        "Issue date Feb 1, 2025",
        "Due date Feb 15, 2025",
        "Jan 1, 2025 – Jan 31, 2025",
        "user_12345",
        "Acme Software Limited",
        "1 Harbour Road",
        "Dublin D01 F5P2",
        "Ireland",
        "VAT ID IE6388047V",
        "Mueller GmbH",
        "80331 Munich",
        "Germany",
        "VAT ID DE812345678",
        "Pro 1 99.00 99.00",
        "API calls over the quota 2,347 0.01 23.47",
        "Unused part of Basic 1 -14.97 -14.97",
        "Subtotal EUR 107.50",
        "VAT 19% (DE) on 107.50 EUR 20.43",
        "Total EUR 127.93",
        "Credit applied -EUR 10.00",
        "Amount due EUR 117.93",
        "DUE by Feb 15, 2025",
        "Payable within 14 days.",
        "Registered in Ireland, no. 123456",
        "Page 1 of 1",
        "Proof of this document in the ledger",
        ("Ledger record 42, leaf hash "
         "abababababababababababababababababababababababababababababababab"),
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) assert_says(words, wanted[i]);
    assert_says_not(words, "simulator");
    assert_says_not(words, "Prepaid credit");
}

Test(invoice_pdf, prepaid_credit_stands_between_the_total_and_other_credit)
{
    struct given g;
    given_invoice(&g); /* 127.93 less 20.00 and 10.00 */
    g.invoice.wallet_applied = eur(2000);
    g.invoice.amount_due = eur(9793);
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "Total EUR 127.93 Prepaid credit used -EUR 20.00 Credit applied -EUR 10.00 "
                       "Amount due EUR 97.93");
}

/* 17.81 are credited: prepaid credit had paid 10.00 and 5.00 of it, the latter of a grant that has ended. */
Test(invoice_pdf, a_credit_note_says_what_is_prepaid_credit_again)
{
    struct given g;
    given_invoice(&g);
    const struct wallet_return returns[] = {{.invoice = 3, .grant = 2, .amount = eur(1000)},
                                            {.invoice = 3, .grant = 1, .amount = eur(500), .lapsed = true}};
    g.invoice.kind = INVOICE_CREDIT_NOTE;
    g.invoice.number = STR("CN-2025-000001");
    g.invoice.lines = &g.lines[1];
    g.invoice.lines_count = 1;
    g.invoice.subtotal = eur(-1497);
    g.invoice.tax = eur(-284);
    g.invoice.total = eur(-1781);
    g.invoice.credit_applied = eur(-281);
    g.invoice.amount_due = eur(0);
    g.invoice.wallet_returned = eur(1500);
    g.invoice.returns = returns;
    g.invoice.returns_count = 2;
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "Total -EUR 17.81 Back to prepaid credit EUR 10.00 Of prepaid credit that has ended "
                       "EUR 5.00 Given back otherwise -EUR 2.81");
    assert_nothing_collides(rendered(&g));
}

Test(invoice_pdf, the_simulator_is_named)
{
    struct given g;
    given_invoice(&g);
    g.document.simulated_gateway = true;
    assert_says(words_of(rendered(&g), 0), "Payments by the built-in simulator");
}

Test(invoice_pdf, a_paid_invoice_says_when)
{
    struct given g;
    given_invoice(&g);
    g.invoice.status = INVOICE_PAID;
    g.invoice.paid = g.invoice.amount_due;
    g.invoice.paid_on = day("2025-02-03");
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "PAID on Feb 3, 2025");
    assert_says(words, "Paid on Feb 3, 2025 -EUR 117.93");
    assert_says(words, "Balance due EUR 0.00");
    assert_says_not(words, "DUE by");
}

Test(invoice_pdf, a_part_paid_invoice_asks_for_the_rest)
{
    struct given g;
    given_invoice(&g);
    g.invoice.status = INVOICE_PARTIALLY_PAID;
    g.invoice.paid = eur(1793);
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "DUE by Feb 15, 2025");
    assert_says(words, "Balance due EUR 100.00");
}

Test(invoice_pdf, a_void_invoice_asks_for_nothing)
{
    struct given g;
    given_invoice(&g);
    g.invoice.status = INVOICE_VOID;
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "VOID");
    assert_says(words, "Nothing is due");
}

Test(invoice_pdf, a_credit_note_says_what_it_corrects)
{
    struct given g;
    given_invoice(&g);
    g.invoice.kind = INVOICE_CREDIT_NOTE;
    g.invoice.number = STR("CN-2025-000001");
    g.invoice.lines = &g.lines[1];
    g.invoice.lines_count = 1;
    g.invoice.subtotal = eur(-1497);
    g.invoice.tax = eur(-284);
    g.invoice.total = g.invoice.credit_applied = eur(-1781);
    g.invoice.amount_due = eur(0);
    g.document.corrects = &(struct corrected){STR("INV-2025-000003"), day("2025-01-31")};
    g.document.corrects_count = 1;
    g.document.settles = &(struct settled){STR("INV-2025-000004"), eur(500)};
    g.document.settles_count = 1;
    g.invoice.reason = STR("Agreed on the phone");
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "Credit note");
    assert_says(words, "CREDIT NOTE");
    assert_says(words, "Corrects INV-2025-000003");
    assert_says(words, "Reason Agreed on the phone");
    assert_says(words, "Set off EUR 5.00 off INV-2025-000004");
    assert_says(words, "EUR 17.81");
    assert_says_not(words, "DUE");
    assert_says_not(words, "Payable");
}

/* 10% off the first line, 5.00 off the others: 107.50 - 9.90 - 5.00 = 92.60. The second tax is of lines that
 * are not here, and stands there all the same. */
Test(invoice_pdf, coupons_and_taxes_stand_between_the_lines_and_the_total)
{
    struct given g;
    given_invoice(&g);
    g.discounts[0] = (struct discount_total){1, STR("SPRING"), STR("Spring sale"), eur(990)};
    g.discounts[1] = (struct discount_total){2, STR("FIVE"), STR(""), eur(500)};
    g.taxes[0].taxable = eur(8000);
    g.taxes[0].amount = eur(1520);
    g.taxes[1] = (struct tax_total){
        .code = STR("de-reduced"), .percent = decimal_of(7), .taxable = eur(1260), .amount = eur(88)};
    g.lines[0].discount = eur(990);
    g.lines[0].tax_inclusive = true;
    g.lines[0].taxes_count = 1;
    g.invoice.discounts = g.discounts;
    g.invoice.discounts_count = g.invoice.taxes_count = 2;
    g.invoice.discount = eur(1490);
    g.invoice.tax = eur(1608);
    g.invoice.total = eur(10868);
    g.invoice.amount_due = eur(9868);
    const char *words = words_of(rendered(&g), 0);
    const char *const wanted[] = {
        "unit price with tax, discount 9.90, tax 19%",
        "Subtotal EUR 107.50",
        "Discount: Spring sale -EUR 9.90",
        "Discount: FIVE -EUR 5.00",
        "Net EUR 92.60",
        "VAT 19% (DE) on 80.00 EUR 15.20",
        "de-reduced 7% on 12.60 EUR 0.88",
        "Total EUR 108.68",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) assert_says(words, wanted[i]);
    assert_nothing_collides(rendered(&g));
}

Test(invoice_pdf, what_the_law_wants_said_of_a_tax_stands_on_it)
{
    struct given g;
    given_invoice(&g);
    g.taxes[0].category = STR("AE");
    g.taxes[0].percent = decimal_of(0);
    g.taxes[0].amount = g.invoice.tax = eur(0);
    g.invoice.total = g.invoice.subtotal;
    g.invoice.amount_due = eur(9750);
    g.invoice.note = STR("Reverse charge: the customer owes the tax.");
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "VAT 0%, reverse charge (DE) on 107.50 EUR 0.00");
    assert_says(words, "Reverse charge: the customer owes the tax.");
}

Test(invoice_pdf, without_seller_and_with_erased_buyer_it_is_still_an_invoice)
{
    struct given g;
    given_invoice(&g);
    g.document.seller = NULL;
    g.buyer.party = (struct party){0};
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "INV-2025-000007");
    assert_says(words, "Bill to");
    assert_says(words, "user_12345");
    assert_nothing_collides(rendered(&g));
}

/* ---- pages ---- */

static void given_many_lines(struct given *g, size_t count)
{
    struct line *lines = arena_array_of(A, struct line, count);
    for (size_t i = 0; i < count; i++) {
        lines[i] = line_of("Seat", 1, decimal_of(1), 100, 0);
        lines[i].tax_category = STR_NONE;
    }
    g->invoice.lines = lines;
    g->invoice.lines_count = count;
    g->invoice.subtotal = g->invoice.total = g->invoice.amount_due = eur(100 * (int64_t)count);
    g->invoice.tax = g->invoice.credit_applied = eur(0);
    g->invoice.taxes_count = 0;
}

Test(invoice_pdf, many_lines_go_over_pages_that_carry_the_subtotal)
{
    struct given g;
    given_invoice(&g);
    given_many_lines(&g, 25);
    struct bytes pdf = rendered(&g);
    const char *first = words_of(pdf, 1), *second = words_of(pdf, 2);
    const char *carried = strstr(first, "Carried forward ");
    cr_assert_not_null(carried);
    char amount[16] = "";
    cr_assert_eq(sscanf(carried, "Carried forward %15s", amount), 1);
    assert_says(second, str_cstring(A, str_format(A, "Brought forward %s", amount)));
    assert_says(second, "Description Quantity Unit price Amount EUR");
    assert_says(second, "Invoice INV-2025-000007, continued");
    assert_says(second, "Total EUR 25.00");
    assert_says(first, "Page 1 of 2");
    assert_says(second, "Page 2 of 2");
    assert_nothing_collides(pdf);
}

Test(invoice_pdf, every_line_of_the_largest_invoice_is_there)
{
    struct given g;
    given_invoice(&g);
    given_many_lines(&g, LIMIT_INVOICE_LINES);
    struct bytes pdf = rendered(&g);
    need("pdftotext");
    struct str command = str_format(A, "pdftotext -layout %s - | grep -c Seat", saved(pdf));
    cr_assert_eq(strtol(output_of(str_cstring(A, command)).ptr, NULL, 10), LIMIT_INVOICE_LINES);
    assert_says(words_of(pdf, 0), "Total EUR 8,192.00");
}

/* Each count of lines leaves another rest of the page for totals and notes. */
Test(invoice_pdf, wherever_a_page_ends_nothing_collides)
{
    struct given g;
    given_invoice(&g);
    for (size_t count = 0; count < 26; count++) {
        given_many_lines(&g, count);
        assert_nothing_collides(rendered(&g));
    }
}

Test(invoice_pdf, long_names_and_large_amounts_do_not_collide)
{
    struct given g;
    given_invoice(&g);
    char text[LIMIT_TEXT_BYTES + 1];
    for (size_t i = 0; i < LIMIT_TEXT_BYTES; i++) text[i] = i % 60 == 59 ? ' ' : 'W';
    text[LIMIT_TEXT_BYTES] = '\0';
    struct str longest = str_of(text);
    g.seller.party.name = g.seller.footer = g.seller.payment_terms_text = longest;
    g.buyer.party.name = g.buyer.party.street = g.buyer.party.city = longest;
    g.buyer.user = (struct str){longest.ptr, LIMIT_USER_ID_BYTES};
    g.lines[0].description = longest;
    g.lines[1].quantity = (struct decimal){-123456789012345678, 12};
    g.lines[1].unit_price = (struct decimal){-123456789012345678, 0};
    g.lines[2].amount = g.invoice.subtotal = g.invoice.total = g.invoice.amount_due = eur(-INT64_MAX / 2);
    g.invoice.amount_due = eur(INT64_MAX);
    assert_nothing_collides(rendered(&g));
}

/* ---- scripts and characters ---- */

static const char *const scripts[] = {
    "Grüße aus Köln, Straße, 5 €",
    "Crème brûlée à Besançon, ¿qué? ¡sí! São Tomé",
    "Łódź, Kraków, Žižkov, Štefan, Győr, Ștefan Țepeș",
    "Общество «Рога и копыта», Київ, ґанок",
    "Αθήνα, Ελληνική Δημοκρατία",
    "İstanbul, Kadıköy, Ağrı",
    "Rīga, Šiauliai, Tõnis, Đà Nẵng, Việt Nam",
    "株式会社サンプル、東京都千代田区",
    "北京示例软件有限公司（朝阳区）",
    "예시 주식회사, 서울특별시 中區 Łódź",
};

Test(invoice_pdf, each_script_can_be_read_and_searched)
{
    struct given g;
    given_invoice(&g);
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        g.lines[0].description = str_of(scripts[i]);
        g.buyer.party.name = str_of(scripts[i]);
        assert_says(words_of(rendered(&g), 0), scripts[i]);
    }
}

Test(invoice_pdf, scripts_may_stand_side_by_side)
{
    struct given g;
    given_invoice(&g);
    struct buffer all = {.arena = A};
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        buffer_print(&all, "%s%s", i > 0 ? " " : "", scripts[i]);
    g.lines[0].description = (struct str){(const char *)all.ptr, all.len};
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "Київ");
    assert_says(words, "Αθήνα");
    assert_says(words, "Nẵng");
    assert_nothing_collides(rendered(&g));
}

Test(invoice_pdf, letters_spelled_apart_are_put_together)
{
    struct given g;
    given_invoice(&g);
    g.buyer.party.name = STR("Mu\xcc\x88ller");
    g.lines[0].description = STR("soft\xc2\xadly");
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "Müller");
    assert_says(words, "softly");
}

Test(invoice_pdf, a_character_that_no_font_has_is_named)
{
    struct given g;
    given_invoice(&g);
    struct buffer out = {.arena = A};
    g.lines[1].description = STR("\u0e01\u0e23\u0e38\u0e07");
    assert_err(invoice_pdf_render(&out, &g.document, A, E), ERR_INVALID,
               "cannot draw Invoice INV-2025-000007: line 2: description: no font has the character U+0E01");
    given_invoice(&g);
    g.buyer.party.city = STR("\xf0\x9f\x98\x80");
    assert_err(invoice_pdf_render(&out, &g.document, A, E), ERR_INVALID,
               "cannot draw Invoice INV-2025-000007: customer's city: no font has the character U+1F600");
    assert_int(out.len, 0);
}

Test(invoice_pdf, what_is_xml_to_others_is_text_to_us)
{
    struct given g;
    given_invoice(&g);
    g.seller.party.name = STR("A & B <GmbH> (\"C\\D\")");
    assert_says(words_of(rendered(&g), 0), "A & B <GmbH> (\"C\\D\")");
    assert_checked_by("validators/check-pdfa.sh", rendered(&g));
}

/* ---- other judges ---- */

Test(invoice_pdf, independent_readers_find_nothing_wrong)
{
    struct given g;
    given_invoice(&g);
    assert_checked_by("validators/check-pdf.sh", rendered(&g));
    given_many_lines(&g, 100);
    g.buyer.party.name = str_of(scripts[3]);
    assert_checked_by("validators/check-pdf.sh", rendered(&g));
}

Test(invoice_pdf, it_is_pdf_a)
{
    struct given g;
    given_invoice(&g);
    assert_checked_by("validators/check-pdfa.sh", rendered(&g));
    g.seller.party.name = str_of(scripts[4]);
    assert_checked_by("validators/check-pdfa.sh", rendered(&g));
}
