/* SPDX-License-Identifier: MIT */
/* test_einvoice.c - the record of EN 16931 and its two syntaxes, of documents made by hand: what no ledger
 * would let in, and what stands where. Whole ledgers are read by the rules of CEN in tests/interop. */
#include "reports/einvoice.h"
#include "tests/reports/paper.h"

TestSuite(einvoice, .init = test_begin, .fini = test_end);

struct given {
    struct line lines[3];
    struct tax_total taxes[1];
    struct discount_total discounts[1];
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

/* 99.00 - 14.97 + 23.47 = 107.50, with 20.43 of tax; 10.00 of 127.93 is paid by credit. */
static void given_invoice(struct given *g)
{
    *g = (struct given){.lines = {line_of("Pro", 1, decimal_of(99), 9900, 1881),
                                  line_of("Unused part of Basic", 1, decimal_of(29), -1497, -284),
                                  line_of("API calls", 2347, decimal_make(1, 2), 2347, 446)}};
    g->buyer = (struct customer){.user = STR("user_12345"),
                                 .party = {.name = STR("Mueller GmbH"),
                                           .street = STR("Hauptstr. 12"),
                                           .postal_code = STR("80331"),
                                           .city = STR("Munich"),
                                           .country = STR("DE"),
                                           .tax_id = STR("DE571179962")}};
    g->seller = (struct seller){.version = 1,
                                .party = {.name = STR("Ledger GmbH"),
                                          .street = STR("Lindenallee 7"),
                                          .city = STR("Berlin"),
                                          .country = STR("DE"),
                                          .tax_id = STR("DE136695976")}};
    g->taxes[0] = (struct tax_total){.name = STR("VAT"),
                                     .category = STR("S"),
                                     .percent = decimal_of(19),
                                     .taxable = eur(10750),
                                     .amount = eur(2043)};
    g->invoice = (struct invoice){.invoice = 7,
                                  .number = STR("INV-2025-000007"),
                                  .status = INVOICE_OPEN,
                                  .issue_date = day("2025-02-01"),
                                  .due_date = day("2025-02-15"),
                                  .lines = g->lines,
                                  .lines_count = 3,
                                  .subtotal = eur(10750),
                                  .tax = eur(2043),
                                  .total = eur(12793),
                                  .credit_applied = eur(1000),
                                  .amount_due = eur(11793),
                                  .taxes = g->taxes,
                                  .taxes_count = 1,
                                  .seq = 42,
                                  .finalized_at = moment("2025-02-01T06:30:15Z")};
    g->document = (struct invoice_document){
        .invoice = &g->invoice, .buyer = &g->buyer, .seller = &g->seller, .as_issued = true};
}

static struct einvoice made(const struct given *g)
{
    struct einvoice v = {0};
    assert_ok(einvoice_make(&v, &g->document, A, E));
    return v;
}

static void assert_refused(const struct given *g, const char *sentence)
{
    struct einvoice v = {0};
    struct bytes attached = {0};
    assert_err(einvoice_make(&v, &g->document, A, E), ERR_REFUSED, sentence);
    assert_ok(einvoice_attachment(&attached, &g->document, A, E));
    assert_int(attached.len, 0);
}

static const char *text_of(struct buffer *b)
{
    buffer_add_byte(b, 0);
    return (const char *)b->ptr;
}

static const char *cii(const struct given *g)
{
    struct einvoice v = made(g);
    struct buffer out = {.arena = A};
    assert_ok(einvoice_cii(&out, &v, E));
    return text_of(&out);
}

static const char *ubl(const struct given *g)
{
    struct einvoice v = made(g);
    struct buffer out = {.arena = A};
    assert_ok(einvoice_ubl(&out, &v, E));
    return text_of(&out);
}

/* Both syntaxes. */
static void assert_both_say(const struct given *g, const char *in_cii, const char *in_ubl)
{
    assert_says(cii(g), in_cii);
    assert_says(ubl(g), in_ubl);
}

/* ---- words ---- */

/* The sentences are those of the page: § 14a (5) UStG and texts.def. */
Test(einvoice, its_words_are_in_the_language_of_the_page)
{
    struct given g;
    given_invoice(&g);
    g.buyer.locale = STR("de-AT");
    g.lines[1].kind = LINE_PRORATION_CREDIT;
    g.lines[1].description = STR("Unused part of Basic, 16 of 31 days");
    for (size_t i = 0; i < 3; i++) {
        g.lines[i].tax_category = STR("AE");
        g.lines[i].tax_rate = decimal_of(0);
        g.lines[i].tax = eur(0);
    }
    g.taxes[0].category = STR("AE");
    g.taxes[0].note = STR("Reverse charge: the customer owes the tax.");
    g.invoice.total = eur(10750);
    g.invoice.tax = g.taxes[0].amount = eur(0);
    g.invoice.amount_due = eur(9750);
    g.document.collected = g.document.simulated_gateway = true;
    struct seller_words german = {DOCUMENT_DE, STR("Zahlbar in 14 Tagen."), STR_NONE};
    g.seller.payment_terms_text = STR("Payable within 14 days.");
    g.seller.words = &german;
    g.seller.words_count = 1;
    assert_both_say(&g,
                    "<ram:Description>Zahlbar in 14 Tagen.</ram:", "<cbc:Note>Zahlbar in 14 Tagen.</cbc:");
    assert_both_say(
        &g, "<ram:ExemptionReason>Steuerschuldnerschaft des Leistungsempfängers (Reverse charge).</ram:",
        "<cbc:TaxExemptionReason>Steuerschuldnerschaft des Leistungsempfängers (Reverse charge).</cbc:");
    assert_both_say(&g, "<ram:Content>Steuerschuldnerschaft", "<cbc:Note>Steuerschuldnerschaft");
    assert_both_say(&g, "<ram:Name>Nicht genutzter Teil von Basic, 16 von 31 Tagen</ram:Name>",
                    "<cbc:Name>Nicht genutzter Teil von Basic, 16 von 31 Tagen</cbc:Name>");
    assert_both_say(&g, "<ram:Information>Einzug über das hinterlegte Zahlungsmittel</ram:",
                    "name=\"Einzug über das hinterlegte Zahlungsmittel\"");
    assert_both_say(&g, "Zahlungen durch den eingebauten Simulator",
                    "Zahlungen durch den eingebauten Simulator");
}

/* ---- prices ---- */

Test(einvoice, a_price_is_of_one_where_that_comes_to_the_line_and_of_all_where_it_does_not)
{
    struct given g;
    given_invoice(&g);
    g.lines[2].quantity = decimal_of(3000); /* 653 of them cost nothing */
    struct einvoice v = made(&g);
    assert_str(decimal_text(A, v.lines[0].price), "99");
    assert_str(decimal_text(A, v.lines[0].base_quantity), "1");
    assert_str(decimal_text(A, v.lines[2].quantity), "3000");
    assert_str(decimal_text(A, v.lines[2].price), "23.47");
    assert_str(decimal_text(A, v.lines[2].base_quantity), "3000");
}

Test(einvoice, what_a_line_gives_back_is_a_quantity_below_nothing_never_a_price)
{
    struct given g;
    given_invoice(&g);
    struct einvoice v = made(&g);
    assert_str(decimal_text(A, v.lines[1].quantity), "-1");
    assert_str(decimal_text(A, v.lines[1].price), "14.97");
    assert_money(v.lines[1].net, "-14.97", "EUR");
}

/* ---- sums ---- */

Test(einvoice, what_credit_paid_at_issue_is_told_and_later_payments_are_not)
{
    struct given g;
    given_invoice(&g);
    g.invoice.paid = eur(11793);
    g.invoice.status = INVOICE_PAID;
    struct einvoice v = made(&g);
    assert_money(v.sums.paid, "10.00", "EUR");
    assert_money(v.sums.due, "117.93", "EUR");
    assert_both_say(&g, "<ram:TotalPrepaidAmount>10.00</ram:TotalPrepaidAmount>",
                    "<cbc:PrepaidAmount currencyID=\"EUR\">10.00</cbc:PrepaidAmount>");
}

Test(einvoice, a_credit_note_says_above_nothing_what_it_gives)
{
    struct given g;
    given_invoice(&g);
    struct corrected of = {STR("INV-2024-000003"), day("2024-12-31")};
    g.invoice.kind = INVOICE_CREDIT_NOTE;
    for (size_t i = 0; i < 3; i++) {
        g.lines[i].amount = money_negate(g.lines[i].amount);
        g.lines[i].tax = money_negate(g.lines[i].tax);
    }
    g.invoice.subtotal = eur(-10750);
    g.invoice.tax = eur(-2043);
    g.invoice.total = eur(-12793);
    g.invoice.wallet_returned = eur(2793);
    g.invoice.credit_applied = eur(-10000);
    g.invoice.amount_due = eur(0);
    g.document.preceding = &of;
    g.document.preceding_count = 1;
    struct einvoice v = made(&g);
    assert_money(v.sums.total, "127.93", "EUR");
    assert_money(v.sums.paid, "27.93", "EUR"); /* went back to prepaid credit */
    assert_money(v.sums.due, "100.00", "EUR");
    assert_str(decimal_text(A, v.lines[0].quantity), "1");
    assert_str(decimal_text(A, v.lines[1].quantity), "-1");
    assert_money(v.taxes[0].base, "107.50", "EUR");
    assert_both_say(&g, "<ram:TypeCode>381</ram:TypeCode>", "<cbc:CreditNoteTypeCode>381<");
    assert_both_say(
        &g, "<ram:IssuerAssignedID>INV-2024-000003</ram:IssuerAssignedID>",
        "<cac:InvoiceDocumentReference><cbc:ID>INV-2024-000003</cbc:ID><cbc:IssueDate>2024-12-31<");
}

Test(einvoice, a_discount_that_a_credit_takes_back_is_a_charge)
{
    struct given g;
    given_invoice(&g);
    g.lines[0].discount = eur(900);
    g.lines[1].discount = eur(-1400);
    g.lines[1].amount = eur(-2897);
    g.invoice.discount = eur(-500);
    g.invoice.subtotal = eur(9350);
    g.invoice.tax = eur(2043);
    g.invoice.total = eur(11893);
    g.invoice.amount_due = eur(10893);
    struct einvoice v = made(&g);
    assert_int(v.allowances_count, 1);
    cr_assert(v.allowances[0].charge);
    assert_money(v.allowances[0].amount, "5.00", "EUR");
    assert_money(v.sums.charges, "5.00", "EUR");
    assert_money(v.taxes[0].base, "98.50", "EUR");
}

Test(einvoice, the_tax_in_the_sellers_tax_currency_stands_beside_the_own)
{
    struct given g;
    given_invoice(&g);
    g.invoice.national = (struct converted_tax){.tax = money_of(15234, "SEK"), .rate = decimal_make(7457, 3)};
    assert_both_say(&g, "<ram:TaxCurrencyCode>SEK</ram:TaxCurrencyCode><ram:InvoiceCurrencyCode>EUR<",
                    "<cbc:TaxCurrencyCode>SEK</cbc:TaxCurrencyCode>");
    assert_both_say(&g, "<ram:TaxTotalAmount currencyID=\"SEK\">152.34</ram:TaxTotalAmount>",
                    "<cac:TaxTotal><cbc:TaxAmount currencyID=\"SEK\">152.34</cbc:TaxAmount></cac:TaxTotal>");
}

/* ---- how it is paid ---- */

Test(einvoice, money_is_to_be_sent_where_nobody_was_asked_for_it)
{
    struct given g;
    given_invoice(&g);
    g.seller.iban = STR("DE89370400440532013000");
    g.seller.bic = STR("COBADEFFXXX");
    assert_both_say(&g, "<ram:TypeCode>58</ram:TypeCode>", "<cbc:PaymentMeansCode>58</cbc:PaymentMeansCode>");
    assert_both_say(&g, "<ram:IBANID>DE89370400440532013000</ram:IBANID><ram:AccountName>Ledger GmbH<",
                    "<cbc:ID>DE89370400440532013000</cbc:ID><cbc:Name>Ledger GmbH<");
    g.document.collected = true;
    assert_says_not(cii(&g), "IBAN");
    assert_both_say(&g, "<ram:TypeCode>68</ram:TypeCode>", ">68</cbc:PaymentMeansCode>");
}

/* ---- texts ---- */

Test(einvoice, what_is_markup_to_others_is_text_and_what_xml_cannot_hold_is_replaced)
{
    struct given g;
    given_invoice(&g);
    g.lines[0].description = STR("]]> & <a b=\"c\"/> \x01\x1b[2J \xef\xbf\xbf \xe6\xbc\xa2");
    const char *wanted = "]]&gt; &amp; &lt;a b=&quot;c&quot;/&gt; \xef\xbf\xbd\xef\xbf\xbd[2J \xef\xbf\xbd "
                         "\xe6\xbc\xa2<";
    assert_both_say(&g, wanted, wanted);
    g.lines[0].description = STR("\xff\xfe no text");
    assert_says(cii(&g), "<ram:Name>\xef\xbf\xbd</ram:Name>");
    g.lines[0].description = STR_NONE;
    assert_says(cii(&g), "<ram:Name>Item</ram:Name>");
}

Test(einvoice, it_depends_on_no_locale_and_no_time_zone)
{
    struct given g;
    given_invoice(&g);
    const char *first = cii(&g);
    setenv("TZ", "Pacific/Kiritimati", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    cr_assert_str_eq(first, cii(&g));
}

/* ---- what is missing ---- */

Test(einvoice, what_the_standard_demands_and_is_not_there_is_named)
{
    struct given g;
    given_invoice(&g);
    g.document.seller = NULL;
    assert_refused(&g, "INV-2025-000007 is no invoice by EN 16931: no seller is set (BG-4)");
    given_invoice(&g);
    g.seller.party.tax_id = STR_NONE;
    assert_refused(&g, "INV-2025-000007 is no invoice by EN 16931: the seller's tax id is missing (BT-31)");
    given_invoice(&g);
    g.buyer.party.country = STR_NONE;
    assert_refused(&g,
                   "INV-2025-000007 is no invoice by EN 16931: the customer's country is missing (BT-55)");
    given_invoice(&g);
    g.buyer.party.name = STR(ERASED_TEXT);
    assert_refused(&g, "INV-2025-000007 is no invoice by EN 16931: the customer's name is missing (BT-44)");
    given_invoice(&g);
    g.lines[1].tax_category = STR_NONE;
    assert_refused(&g,
                   "INV-2025-000007 is no invoice by EN 16931: line 2: no tax of the catalog counts for it: "
                   "its VAT category (BT-151) is not known");
    given_invoice(&g);
    g.buyer.party.tax_id = STR_NONE;
    for (size_t i = 0; i < 3; i++) {
        g.lines[i].tax_category = STR("K");
        g.lines[i].tax_rate = decimal_of(0);
    }
    assert_refused(&g,
                   "INV-2025-000007 is no invoice by EN 16931: the customer's VAT number is missing (BT-48)");
}

/* ---- in the PDF ---- */

Test(einvoice, it_is_attached_as_factur_x)
{
    struct given g;
    given_invoice(&g);
    struct buffer out = {.arena = A};
    assert_ok(einvoice_attachment(&g.document.einvoice, &g.document, A, E));
    assert_ok(invoice_pdf_render(&out, &g.document, A, E));
    cr_assert(out.len <= 25000, "%zu bytes", out.len);
    assert_checked_by("validators/check-facturx.sh", (struct bytes){out.ptr, out.len});
    struct buffer again = {.arena = A};
    setenv("TZ", "Pacific/Kiritimati", 1);
    assert_ok(invoice_pdf_render(&again, &g.document, A, E));
    cr_assert(bytes_equal((struct bytes){out.ptr, out.len}, (struct bytes){again.ptr, again.len}));
}
