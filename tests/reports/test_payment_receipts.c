/* SPDX-License-Identifier: MIT */
/* test_payment_receipts.c - receipts of what was paid and given back, in the customer's language, and none
 * before. */
#include "reports/receipt_pdf.h"
#include "tests/reports/office.h"
#include "tests/reports/paper.h"

TestSuite(payment_receipts, .init = test_begin, .fini = test_end);

static enum err receipt_of(struct buffer *out, struct office *o, uint64_t number)
{
    struct views_txn *t = NULL;
    struct transaction v = {0};
    assert_ok(ledger_read_begin(&t, o->l, E));
    assert_ok(load_transaction(&v, t, number, A, E));
    enum err err = payment_receipt(out, o->l, t, &v, A, E);
    ledger_read_end(o->l, t);
    return err;
}

/* basic costs 29.00 a month */
Test(payment_receipts, it_says_who_paid_what_of_which_invoice_and_how)
{
    struct office o = {0};
    struct buffer out = {.arena = A}, again = {.arena = A};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "ann", "basic", "USD", "pm_card_visa");
    (void)office_run(&o, "2025-01-31", NULL);
    assert_ok(receipt_of(&out, &o, 1));
    const char *words = words_of((struct bytes){out.ptr, out.len}, 0);
    assert_says(words, "Payment receipt");
    assert_says(words, "Transaction txn_1");
    assert_says(words, "Received USD 29.00");
    assert_says(words, "Invoice INV-2025-000001 of");
    assert_says(words, "29.00 29.00");
    assert_says(words, "This receipt is no invoice");
    assert_nothing_collides((struct bytes){out.ptr, out.len});
    assert_ok(receipt_of(&again, &o, 1));
    cr_assert(bytes_equal((struct bytes){out.ptr, out.len}, (struct bytes){again.ptr, again.len}));
    assert_checked_by("validators/check-pdfa.sh", (struct bytes){out.ptr, out.len});
    office_close(&o);
}

Test(payment_receipts, what_was_declined_has_none)
{
    struct office o = {0};
    struct buffer out = {.arena = A};
    office_open(&o, "ledger", "2025-01-01");
    office_subscribe(&o, "ann", "basic", "USD", "pm_declined");
    (void)office_run(&o, "2025-01-31", NULL);
    cr_assert_eq(receipt_of(&out, &o, 1), ERR_REFUSED);
    assert_says(E->text, "there is a receipt when the money has moved");
    office_close(&o);
}

static struct bytes drawn(const char *locale, enum transaction_kind kind)
{
    struct buffer out = {.arena = A};
    const struct customer buyer = {
        .user = STR("ann"), .locale = str_of(locale), .party = {.name = STR("Ann Example")}};
    const struct method method = {.brand = STR("visa"), .last4 = STR("4242")};
    const struct receipt_line lines[] = {
        {STR("INV-2025-000001"), day("2025-01-31"), money_of(12050, "EUR"), money_of(12050, "EUR")},
        {.amount = money_of(950, "EUR")}};
    const struct transaction v = {.transaction = 6,
                                  .payment = 5,
                                  .kind = kind,
                                  .amount = money_of(13000, "EUR"),
                                  .at = moment("2025-02-03T10:00:00Z")};
    const struct receipt_document d = {.transaction = &v,
                                       .buyer = &buyer,
                                       .method = &method,
                                       .on = day("2025-02-03"),
                                       .lines = lines,
                                       .lines_count = 2};
    assert_ok(receipt_pdf_render(&out, &d, A, E));
    return (struct bytes){out.ptr, out.len};
}

Test(payment_receipts, it_speaks_the_customers_language)
{
    const char *words = words_of(drawn("de-DE", TRANSACTION_PAYMENT), 0);
    assert_says(words, "Zahlungsbeleg");
    assert_says(words, "BEZAHLT am 03.02.2025");
    assert_says(words, "visa mit Endziffern 4242");
    assert_says(words, "Rechnung INV-2025-000001 vom 31.01.2025 120,50 120,50");
    assert_says(words, "Gutschrift auf Ihr Kundenkonto 9,50");
    assert_says(words, "Erhalten 130,00 EUR");
    assert_says(words_of(drawn("fr-FR", TRANSACTION_PAYMENT), 0), "Facture INV-2025-000001 du 31 janv. 2025");
    assert_says(words_of(drawn("es-ES", TRANSACTION_PAYMENT), 0), "PAGADO el 3 feb 2025");
}

Test(payment_receipts, a_refund_names_the_payment_that_it_gives_back)
{
    const char *words = words_of(drawn("en-GB", TRANSACTION_REFUND), 0);
    assert_says(words, "Refund receipt");
    assert_says(words, "Refund of txn_5");
    assert_says(words, "REFUNDED on 3 Feb 2025");
    assert_says_not(words, "Paid with");
}
