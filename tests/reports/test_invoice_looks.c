/* SPDX-License-Identifier: MIT */
/* test_invoice_looks.c - invoices that a company would send: in the customer's language, with its logo,
 * colour and account, and a code that a bank's app reads. Programs that no one here wrote read them. */
#include "reports/einvoice.h"
#include "reports/invoice_layout.h"
#include "tests/lib/pictures.h"
#include "tests/reports/paper.h"

TestSuite(invoice_looks, .init = test_begin, .fini = test_end);

/* ---- given: 1,234.50 EUR and 19% of it for services of March, from Berlin ---- */

struct given {
    struct line line;
    struct tax_total tax;
    struct invoice invoice;
    struct customer buyer;
    struct seller seller;
    struct invoice_document document;
};

static struct money eur(int64_t minor)
{
    return money_of(minor, "EUR");
}

static void given_invoice(struct given *g, const char *locale)
{
    *g = (struct given){.line = {.description = STR("Pro"),
                                 .from = day("2025-03-01"),
                                 .to = day("2025-04-01"),
                                 .quantity = decimal_of(1),
                                 .unit_price = decimal_make(123450, 2),
                                 .amount = eur(123450),
                                 .tax = eur(23456)},
                        .tax = {.code = STR("de"),
                                .name = STR("VAT"),
                                .category = STR("S"),
                                .percent = decimal_of(19),
                                .taxable = eur(123450),
                                .amount = eur(23456),
                                .jurisdiction = STR("DE")},
                        .buyer = {.customer = 3, .user = STR("hans"), .locale = str_of(locale)},
                        .seller = {.version = 1,
                                   .iban = STR("DE89370400440532013000"),
                                   .bic = STR("COBADEFFXXX"),
                                   .bank = STR("Commerzbank"),
                                   .registration = STR("Amtsgericht Charlottenburg, HRB 12345 B"),
                                   .phone = STR("+49 30 1234567"),
                                   .colour = STR("#7a1f5c")}};
    g->buyer.party = (struct party){.name = STR("Müller GmbH"), .city = STR("Wien"), .country = STR("AT")};
    g->seller.party = (struct party){
        .name = STR("Example Software GmbH"), .country = STR("DE"), .tax_id = STR("DE136695976")};
    g->invoice = (struct invoice){.invoice = 7,
                                  .number = STR("INV-2025-000007"),
                                  .status = INVOICE_OPEN,
                                  .customer = 3,
                                  .issue_date = day("2025-03-31"),
                                  .due_date = day("2025-04-14"),
                                  .lines = &g->line,
                                  .lines_count = 1,
                                  .subtotal = eur(123450),
                                  .tax = eur(23456),
                                  .total = eur(146906),
                                  .credit_applied = eur(0),
                                  .amount_due = eur(146906),
                                  .paid = eur(0),
                                  .taxes = &g->tax,
                                  .taxes_count = 1,
                                  .seq = 42,
                                  .finalized_at = moment("2025-03-31T06:30:15Z")};
    memset(g->invoice.leaf.bytes, 0xab, sizeof g->invoice.leaf.bytes);
    g->document = (struct invoice_document){.invoice = &g->invoice,
                                            .buyer = &g->buyer,
                                            .seller = &g->seller,
                                            .origin = STR("daybook/0123456789abcdef"),
                                            .as_issued = true};
}

static struct bytes rendered(const struct given *g)
{
    struct buffer out = {.arena = A};
    assert_ok(invoice_pdf_render(&out, &g->document, A, E));
    return (struct bytes){out.ptr, out.len};
}

static void says_all(const struct given *g, const char *const *wanted, size_t count)
{
    const char *words = words_of(rendered(g), 0);
    for (size_t i = 0; i < count; i++) assert_says(words, wanted[i]);
    assert_nothing_collides(rendered(g));
}
#define SAYS_ALL(g, ...)                            \
    says_all(g, (const char *const[]){__VA_ARGS__}, \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* ---- languages ---- */

Test(invoice_looks, german)
{
    struct given g;
    given_invoice(&g, "de-DE");
    SAYS_ALL(&g, "Rechnung", "Nummer INV-2025-000007", "Datum 31.03.2025", "Fällig am 14.04.2025",
             "Leistungszeit 01.03.2025 – 31.03.2025", "Österreich", "USt-IdNr. DE136695976",
             "Telefon +49 30 1234567", "Pro 1 1.234,50 1.234,50", "Zwischensumme 1.234,50 EUR",
             "VAT 19 % (DE) auf 1.234,50 234,56 EUR", "Zu zahlen 1.469,06 EUR",
             "Bitte zahlen Sie 1.469,06 EUR bis 14.04.2025 auf dieses Konto:",
             "IBAN DE89 3704 0044 0532 0130 00", "BIC COBADEFFXXX", "Verwendungszweck INV-2025-000007",
             "Amtsgericht Charlottenburg, HRB 12345 B", "Seite 1 von 1");
}

Test(invoice_looks, french)
{
    struct given g;
    given_invoice(&g, "fr-FR");
    SAYS_ALL(&g, "Facture", "Date d’émission 31 mars 2025", "Échéance 14 avr. 2025", "Autriche",
             "N° TVA DE136695976", "Pro 1 1 234,50 1 234,50", "Montant à payer 1 469,06 EUR",
             "À PAYER avant le 14 avr. 2025", "Page 1 sur 1");
}

Test(invoice_looks, spanish)
{
    struct given g;
    given_invoice(&g, "es-ES");
    SAYS_ALL(&g, "Factura", "Fecha 31 mar 2025", "Vencimiento 14 abr 2025", "Austria", "NIF-IVA DE136695976",
             "Pro 1 1.234,50 1.234,50", "Importe a pagar 1.469,06 EUR", "Página 1 de 1");
}

Test(invoice_looks, english_for_everybody_else)
{
    struct given g;
    given_invoice(&g, "it-IT");
    SAYS_ALL(&g, "Invoice", "Issue date 31 Mar 2025", "Service period 1 Mar 2025 – 31 Mar 2025", "Austria",
             "Amount due EUR 1,469.06", "Scan to pay");
}

Test(invoice_looks, the_file_names_its_language)
{
    static const char *const cases[][2] = {
        {"de-AT", "(de)"}, {"fr-CA", "(fr)"}, {"es-MX", "(es)"}, {"nl-NL", "(en)"}};
    need("qpdf");
    for (size_t i = 0; i < 4; i++) {
        struct given g;
        given_invoice(&g, cases[i][0]);
        struct str command =
            str_format(A, "qpdf --qdf --object-streams=disable %s - | grep -a /Lang", saved(rendered(&g)));
        assert_says(output_of(str_cstring(A, command)).ptr, cases[i][1]);
    }
}

/* § 14a (5) UStG, art. 242 nonies A ann. II CGI, art. 6.1.m RD 1619/2012, directive 2006/112/EC art. 226
 * (11a). */
Test(invoice_looks, reverse_charge_is_said_in_the_words_that_each_law_wants)
{
    static const char *const cases[][2] = {{"de-DE", "Steuerschuldnerschaft des Leistungsempfängers"},
                                           {"fr-FR", "Autoliquidation"},
                                           {"es-ES", "Inversión del sujeto pasivo"},
                                           {"en-GB", "Reverse charge"}};
    for (size_t i = 0; i < 4; i++) {
        struct given g;
        given_invoice(&g, cases[i][0]);
        g.tax.category = STR("AE");
        g.tax.note = g.invoice.note = STR("Reverse charge: the customer owes the tax.");
        assert_says(words_of(rendered(&g), 0), cases[i][1]);
    }
}

Test(invoice_looks, an_exemption_names_its_provision_and_the_catalogs_own_words_stay)
{
    struct given g;
    given_invoice(&g, "de-DE");
    g.tax.category = STR("E");
    g.tax.note = g.invoice.note = STR("Exempt from tax: § 4 Nr. 21 UStG.");
    assert_says(words_of(rendered(&g), 0), "Steuerfrei: § 4 Nr. 21 UStG.");
    g.tax.note = g.invoice.note = STR("Margin scheme, art. 313");
    assert_says(words_of(rendered(&g), 0), "Margin scheme, art. 313");
}

Test(invoice_looks, the_sellers_own_words_come_in_the_customers_language_or_in_the_one_for_all)
{
    struct given g;
    struct seller_words own[] = {{DOCUMENT_DE, STR("Zahlbar in 14 Tagen ohne Abzug."), STR("Vielen Dank.")},
                                 {DOCUMENT_FR, STR_NONE, STR("Merci.")}};
    given_invoice(&g, "de-AT");
    g.seller.payment_terms_text = STR("Payable within 14 days.");
    g.seller.footer = STR("Thank you.");
    g.seller.words = own;
    g.seller.words_count = 2;
    SAYS_ALL(&g, "Zahlbar in 14 Tagen ohne Abzug.", "Vielen Dank.");
    given_invoice(&g, "fr-FR");
    g.seller.payment_terms_text = STR("Payable within 14 days.");
    g.seller.footer = STR("Thank you.");
    g.seller.words = own;
    g.seller.words_count = 2;
    SAYS_ALL(&g, "Payable within 14 days.", "Merci.");
    g.buyer.locale = STR("es-ES");
    SAYS_ALL(&g, "Payable within 14 days.", "Thank you.");
    own[1].footer = STR("Merci \U0001F600");
    g.buyer.locale = STR("fr-FR");
    struct buffer out = {.arena = A};
    assert_err_says(invoice_pdf_render(&out, &g.document, A, E), ERR_INVALID, "seller's footer");
}

/* The languages that the seller can have words in are those that documents come in. */
Test(invoice_looks, each_language_of_documents_can_have_the_sellers_words)
{
    for (int i = DOCUMENT_EN; i <= DOCUMENT_ES; i++) {
        const char *word = choice_document_language.words[i];
        cr_expect(strcmp(speech_tag(speech_of(str_of(word))), word) == 0, "%s", word);
    }
}

/* The descriptions are those that the stories in tests/spec expect of the ledger. */
Test(invoice_looks, our_own_words_in_descriptions_are_translated_and_names_stay)
{
    static const struct {
        enum line_kind kind, credited;
        const char *locale, *description, *wanted;
    } cases[] = {
        {LINE_RECURRING, 0, "de-DE", "Basic, monthly", "Basic, monatlich"},
        {LINE_RECURRING, 0, "fr-FR", "Seats x 5, every 2 months", "Seats x 5, tous les 2 mois"},
        {LINE_RECURRING, 0, "es-ES", "Basic, yearly, 16 of 31 days", "Basic, anual, 16 de 31 días"},
        {LINE_PRORATION_CREDIT, 0, "de-DE", "Unused part of Basic, 16 of 31 days",
         "Nicht genutzter Teil von Basic, 16 von 31 Tagen"},
        {LINE_PRORATION_CHARGE, 0, "fr-FR", "Pro, 16 of 31 days", "Pro, 16 jours sur 31"},
        {LINE_PRORATION_CHARGE, 0, "de-DE", "Pro, 16 of 31 days, counted as 15 of 30",
         "Pro, 16 von 31 Tagen, gerechnet als 15 von 30"},
        {LINE_PAUSE_CREDIT, 0, "es-ES", "Paused Basic, 10 of 31 days", "En pausa: Basic, 10 de 31 días"},
        {LINE_USAGE, 0, "de-DE", "API calls over the quota: 25000 used, 10000 included",
         "API calls über dem Kontingent: 25.000 verbraucht, 10.000 enthalten"},
        {LINE_USAGE, 0, "fr-FR", "api_calls: 2.5 used", "api_calls : 2,5 utilisés"},
        {LINE_COMMITMENT, 0, "de-DE", "Minimum commitment of Enterprise: 1,200.50 of 5,000.00 were used",
         "Mindestabnahme Enterprise: 1.200,50 von 5.000,00 genutzt"},
        {LINE_CREDIT, LINE_RECURRING, "es-ES", "Credit: Basic, monthly", "Abono: Basic, mensual"},
        {LINE_CREDIT, LINE_ITEM, "de-DE", "Credit: Paused music, monthly",
         "Gutschrift: Paused music, monthly"},
        {LINE_PRORATION_CHARGE, 0, "de-DE", "Pro, 15 days 6 h 30 min of 31 days",
         "Pro, 15 Tg. 6 h 30 min von 31 Tg."},
        {LINE_PRORATION_CREDIT, 0, "es-ES",
         "Unused part of Days x 5, 1 day 2 h of 28 days, counted as 1 h of 30 days",
         "Parte no utilizada de Days x 5, 1 día 2 h de 28 días, contados como 1 h de 30 días"},
        {LINE_USAGE, 0, "de-DE", "api_calls of 2025-01-01 to 2025-01-31 corrected: 900 instead of 12345.5",
         "api_calls, 01.01.2025 bis 31.01.2025, berichtigt: 900 statt 12.345,5"},
        {LINE_USAGE, 0, "fr-FR",
         "api_calls of 2025-01-01 to 2025-01-31 corrected: 900 instead of 0, given back before",
         "api_calls, du 1 janv. 2025 au 31 janv. 2025, rectifié : 900 au lieu de 0, crédité auparavant"},
        {LINE_COMMITMENT, 0, "de-DE",
         "Minimum commitment of 2025-01-01 to 2025-01-31 corrected: 1,000.00 instead of 15.00 are missing",
         "Mindestabnahme, 01.01.2025 bis 31.01.2025, berichtigt: 1.000,00 statt 15,00 fehlen"},
        {LINE_PREPAID, 0, "de-DE", "Prepaid credit of 1,500.00", "Guthaben von 1.500,00"},
        {LINE_PREPAID, 0, "es-ES", "Unused part of prepaid credit of 500.00",
         "Parte no utilizada del saldo prepagado de 500,00"},
        {LINE_CREDIT, LINE_PREPAID, "de-DE", "Credit: Prepaid credit of 5.00",
         "Gutschrift: Guthaben von 5,00"},
        {LINE_USAGE, 0, "de-DE", "API calls: 40 used, so far, 12.50 charged before",
         "API calls: 40 verbraucht, bisher, 12,50 bereits berechnet"},
        {LINE_USAGE, 0, "fr-FR", "api_calls: more was charged before than is owed",
         "api_calls : trop facturé auparavant"},
        {LINE_RECURRING, 0, "de-DE", "Box, 3 of 5, monthly", "Box, 3 of 5, monatlich"},
        {LINE_RECURRING, 0, "de-DE", "Prepaid credit of 5.00, monthly", "Prepaid credit of 5.00, monatlich"},
        {LINE_ITEM, 0, "de-DE", "Prepaid credit of 5.00", "Prepaid credit of 5.00"},
        {LINE_ITEM, 0, "de-DE", "Unused part of Basic, 16 of 31 days", "Unused part of Basic, 16 of 31 days"},
        {LINE_RECURRING, 0, "en-GB", "Basic, monthly", "Basic, monthly"},
        {LINE_USAGE, 0, "de-DE", "used", "used"},
        {LINE_RECURRING, 0, "de-DE", ", monthly", ", monthly"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool changed = false;
        struct line line = {.kind = cases[i].kind,
                            .credited_kind = cases[i].credited,
                            .description = str_of(cases[i].description)};
        struct str said = description_words(speech_of(str_of(cases[i].locale)), A, &line, &changed);
        assert_str(said, cases[i].wanted);
        cr_expect(changed == (strcmp(cases[i].wanted, cases[i].description) != 0), "%s",
                  cases[i].description);
    }
}

/* ISO 4217: a yen has no decimals, a Kuwaiti dinar three. */
Test(invoice_looks, currencies_have_their_own_decimals)
{
    struct given g;
    given_invoice(&g, "de-CH");
    g.tax.taxable = g.tax.amount = g.invoice.tax = money_of(0, "KWD");
    g.line.amount = g.invoice.subtotal = g.invoice.total = g.invoice.amount_due = money_of(1234567, "KWD");
    g.invoice.paid = g.invoice.credit_applied = g.invoice.tax;
    SAYS_ALL(&g, "KWD 1’234.567", "Betrag KWD");
    g.tax.taxable = g.tax.amount = g.invoice.tax = money_of(0, "JPY");
    g.line.amount = g.invoice.subtotal = g.invoice.total = g.invoice.amount_due = money_of(1234567, "JPY");
    g.invoice.paid = g.invoice.credit_applied = g.invoice.tax;
    SAYS_ALL(&g, "JPY 1’234’567", "Betrag JPY");
}

Test(invoice_looks, tax_in_the_sellers_own_currency_stands_beside)
{
    struct given g;
    struct converted_tax n = {.tax = money_of(19972, "GBP"),
                              .rate = decimal_make(85147, 5),
                              .on = day("2025-03-31"),
                              .source = STR("ECB")};
    given_invoice(&g, "en-GB");
    g.document.national = &n;
    SAYS_ALL(&g, "Tax in GBP, at 0.85147 (ECB, 31 Mar 2025) GBP 199.72");
}

/* ---- codes ---- */

static const char *codes_on(const struct given *g)
{
    need("pdftoppm");
    need("zbarimg");
    const char *path = saved(rendered(g));
    struct str command = str_format(A,
                                    "rm -f %s-*.png; pdftoppm -r 200 -gray -png %s %s && { zbarimg -q --raw "
                                    "--nodbus -Sdisable -Sqrcode.enable %s-*.png || test $? = 4; }",
                                    path, path, path, path);
    return output_of(str_cstring(A, command)).ptr;
}

/* EPC069-12, version 002: service tag, version, UTF-8, SCT, BIC, name, IBAN, amount, purpose, structured and
 * free remittance. */
static const char epc_code[] =
    "BCD\n002\n1\nSCT\nCOBADEFFXXX\nExample Software GmbH\nDE89370400440532013000\nEUR1469.06\n\n\n"
    "INV-2025-000007\n";
static const char receipt_code[] = "daybook-receipt@v1\ndaybook/0123456789abcdef\n42\n";

Test(invoice_looks, the_code_to_pay_and_the_code_to_prove_are_both_read_back)
{
    struct given g;
    given_invoice(&g, "de-DE");
    const char *codes = codes_on(&g);
    assert_says(codes, epc_code);
    assert_says(codes, receipt_code);
    const char *words = words_of(rendered(&g), 0);
    assert_says(words, "Zum Bezahlen scannen");
    assert_says(words, "Nicht zum Bezahlen.");
}

Test(invoice_looks, who_cannot_be_paid_by_a_code_has_none)
{
    struct given g;
    given_invoice(&g, "de-DE");
    g.seller.iban = STR_NONE;
    assert_says_not(codes_on(&g), "BCD");
    given_invoice(&g, "de-DE");
    g.seller.iban = STR("TR330006100519786457841326"); /* Türkiye is not in the SEPA */
    assert_says_not(codes_on(&g), "BCD");
    assert_says(words_of(rendered(&g), 0), "IBAN TR33 0006 1005 1978 6457 8413 26");
    given_invoice(&g, "de-DE");
    g.document.collected = true;
    assert_says_not(codes_on(&g), "BCD");
    assert_says(words_of(rendered(&g), 0), "eine Überweisung ist nicht nötig");
    given_invoice(&g, "de-DE");
    g.invoice.credit_applied = g.invoice.total;
    g.invoice.amount_due = eur(0);
    assert_says_not(codes_on(&g), "BCD");
    assert_says(codes_on(&g), receipt_code);
}

Test(invoice_looks, the_code_keeps_within_what_its_form_allows)
{
    struct seller s = {.iban = STR("DE89370400440532013000")};
    char name[300];
    memset(name, 0, sizeof name);
    for (size_t i = 0; i < 140; i++) memcpy(name + 2 * i, "ü", 2);
    s.party.name = str_of(name);
    struct str text = epc_code_text(A, &s, eur(99999999999), STR("INV-2025-000007"));
    cr_assert(text.len > 0 && text.len <= 331);
    name[140] = '\0'; /* 70 characters */
    assert_says(text.ptr, str_cstring(A, str_format(A, "\n%s\nDE89", name)));
    assert_says(text.ptr, "\nEUR999999999.99\n");
    assert_str(epc_code_text(A, &s, eur(100000000000), STR("INV")), "");
    assert_str(epc_code_text(A, &s, money_of(100, "USD"), STR("INV")), "");
    assert_str(epc_code_text(A, &s, eur(0), STR("INV")), "");
}

/* ---- logo and colour ---- */

static void given_logo(struct given *g, struct pdf_picture *picture, struct bytes file)
{
    given_invoice(g, "en-US");
    assert_ok(pdf_picture_read(picture, file, A, E));
    g->document.logo = picture;
}

Test(invoice_looks, a_logo_stands_where_the_name_would_and_can_be_taken_out_again)
{
    static const uint8_t colours[] = {0, 2, 3, 4, 6};
    need("pdfimages");
    for (size_t i = 0; i < sizeof colours; i++) {
        struct given g;
        struct pdf_picture picture = {0};
        given_logo(&g, &picture,
                   picture_png(A, &(struct png_plan){.width = 120, .height = 40, .colour = colours[i]}));
        struct str command =
            str_format(A, "pdfimages -list %s | awk 'NR == 3 { print $4, $5, $6 }'", saved(rendered(&g)));
        bool grey = colours[i] == 0 || colours[i] == 4;
        assert_str(output_of(str_cstring(A, command)), grey ? "120 40 gray\n" : "120 40 rgb\n");
    }
}

Test(invoice_looks, a_jpeg_logo_is_in_the_document_as_it_was)
{
    struct given g;
    struct pdf_picture picture = {0};
    struct bytes jpeg = picture_jpeg_bytes(A), pdf = {0};
    given_logo(&g, &picture, jpeg);
    pdf = rendered(&g);
    bool found = false;
    for (size_t i = 0; i + jpeg.len <= pdf.len && !found; i++)
        found = memcmp(pdf.ptr + i, jpeg.ptr, jpeg.len) == 0;
    cr_assert(found);
}

Test(invoice_looks, wide_and_tall_logos_keep_their_proportions_and_push_nothing_off_the_page)
{
    static const uint32_t sizes[][2] = {{2000, 20}, {20, 2000}, {1, 1}, {600, 600}};
    need("mutool");
    for (size_t i = 0; i < 4; i++) {
        struct given g;
        struct pdf_picture picture = {0};
        given_logo(
            &g, &picture,
            picture_png(A, &(struct png_plan){.width = sizes[i][0], .height = sizes[i][1], .colour = 2}));
        struct bytes pdf = rendered(&g);
        assert_nothing_collides(pdf);
        assert_checked_by("validators/check-pdf.sh", pdf);
    }
}

Test(invoice_looks, with_logo_and_in_every_script_it_is_pdf_a)
{
    static const char *const names[] = {"Müller GmbH", "Łódź sp. z o.o.", "株式会社サンプル",
                                        "예시 Łódź 北京"};
    for (size_t i = 0; i < 4; i++) {
        struct given g;
        struct pdf_picture picture = {0};
        given_logo(&g, &picture, picture_png(A, &(struct png_plan){.width = 90, .height = 30, .colour = 6}));
        g.buyer.party.name = str_of(names[i]);
        assert_checked_by("validators/check-pdfa.sh", rendered(&g));
        assert_checked_by("validators/check-pdf.sh", rendered(&g));
        assert_nothing_collides(rendered(&g));
    }
}

/* ---- the same bytes for ever ---- */

Test(invoice_looks, it_is_the_same_bytes_at_any_time_and_place)
{
    struct given g;
    struct pdf_picture picture = {0}, again = {0};
    struct bytes file = picture_png(A, &(struct png_plan){.width = 90, .height = 30, .colour = 6});
    given_logo(&g, &picture, file);
    g.buyer.locale = STR("fr-FR");
    g.buyer.party.name = STR("株式会社サンプル");
    struct bytes first = rendered(&g);
    setenv("TZ", "Pacific/Kiritimati", 1);
    setenv("LC_ALL", "de_DE.UTF-8", 1);
    assert_ok(pdf_picture_read(&again, file, A, E));
    g.document.logo = &again;
    cr_assert(bytes_equal(first, rendered(&g)));
}

/* With the e-invoice inside. A company's name in another script costs some kilobytes for its glyphs, not a
 * font. */
static size_t size_with_einvoice(struct given *g)
{
    g->seller.party.city = STR("Berlin");
    g->line.tax_category = g->tax.category;
    g->line.tax_rate = g->tax.percent;
    assert_ok(einvoice_attachment(&g->document.einvoice, &g->document, A, E));
    return rendered(g).len;
}

Test(invoice_looks, a_page_stays_small_in_every_language)
{
    static const char *const locales[] = {"de-DE", "en-GB", "es-ES", "fr-FR"};
    struct given g;
    for (size_t i = 0; i < sizeof locales / sizeof locales[0]; i++) {
        given_invoice(&g, locales[i]);
        g.buyer.party.name = STR("Żółć & Ελλάδα Spółka z o.o.");
        size_t size = size_with_einvoice(&g);
        cr_expect(size < 25000 && g.document.einvoice.len > 0, "%s: %zu bytes", locales[i], size);
    }
    given_invoice(&g, "de-DE");
    g.buyer.party.name = STR("株式会社サンプル・ソフトウェア");
    cr_expect(size_with_einvoice(&g) < 28000, "%zu bytes", rendered(&g).len);
}
