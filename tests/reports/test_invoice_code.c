/* SPDX-License-Identifier: MIT */
/* test_invoice_code.c - the QR code of a document: a reader of bar codes, which no one here wrote, reads four
 * lines off its last page, wherever that ends. */
#include "reports/invoice_pdf.h"
#include "reports/qr_code.h"
#include "tests/lib/fixture.h"
#include "tests/reports/paper.h"

TestSuite(invoice_code, .init = test_begin, .fini = test_end);

/* ---- given: an invoice of so many lines that record 42 finalized ---- */

enum { LINES_MAX = 60 };

struct given {
    struct line *lines;
    struct invoice invoice;
    struct customer buyer;
    struct seller seller;
    struct invoice_document document;
};

static void given_lines(struct given *g, size_t count)
{
    struct money each = money_of(100, "EUR"), none = money_of(0, "EUR"),
                 all = money_of(100 * (int64_t)count, "EUR");
    *g = (struct given){.buyer = {.customer = 3, .user = STR("ann"), .party = {.name = STR("Ann Example")}},
                        .seller = {.version = 1, .party = {.name = STR("Acme Software Limited")}}};
    g->seller.payment_terms_text = STR("Payable within 14 days.");
    g->seller.footer = STR("Registered in Ireland, no. 123456. Bank: IE00 0000 0000. Directors: A, B and C.");
    g->lines = arena_array_of(A, struct line, count);
    for (size_t i = 0; i < count; i++)
        g->lines[i] = (struct line){.description = STR("Seat"),
                                    .quantity = decimal_of(1),
                                    .unit_price = decimal_of(1),
                                    .amount = each,
                                    .tax = none};
    g->invoice = (struct invoice){.number = STR("INV-2025-000007"),
                                  .status = INVOICE_OPEN,
                                  .customer = 3,
                                  .issue_date = day("2025-02-01"),
                                  .due_date = day("2025-02-15"),
                                  .lines = g->lines,
                                  .lines_count = count,
                                  .subtotal = all,
                                  .tax = none,
                                  .total = all,
                                  .credit_applied = none,
                                  .amount_due = all,
                                  .paid = none,
                                  .seq = 42,
                                  .finalized_at = moment("2025-02-01T06:30:15Z")};
    memset(g->invoice.leaf.bytes, 0xab, sizeof g->invoice.leaf.bytes);
    g->document = (struct invoice_document){.invoice = &g->invoice,
                                            .buyer = &g->buyer,
                                            .seller = &g->seller,
                                            .origin = STR("daybook/0123456789abcdef")};
}

/* The base64 of 32 bytes 0xab is "q6ur" over and over: by hand. What follows each code is the reader's. */
static const char code_of_42[] = "daybook-receipt@v1\ndaybook/0123456789abcdef\n42\n"
                                 "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n\n";

/* ---- when it is printed, as coarsely as a fax does ---- */

static const char *codes_on(const struct given *g)
{
    struct buffer out = {.arena = A};
    assert_ok(invoice_pdf_render(&out, &g->document, A, E));
    need("pdftoppm");
    need("zbarimg");
    const char *path = saved((struct bytes){out.ptr, out.len});
    struct str command = str_format(A,
                                    "rm -f %s-*.png; pdftoppm -r 200 -gray -png %s %s && { zbarimg -q --raw "
                                    "--nodbus -Sdisable -Sqrcode.enable %s-*.png || test $? = 4; }",
                                    path, path, path, path);
    return output_of(str_cstring(A, command)).ptr;
}

/* ---- then ---- */

Test(invoice_code, it_names_the_ledger_the_record_and_its_leaf_hash)
{
    struct given g;
    given_lines(&g, 3);
    assert_str(str_of(codes_on(&g)), code_of_42);
}

Test(invoice_code, credit_notes_bear_it_too)
{
    struct given g;
    given_lines(&g, 1);
    g.invoice.kind = INVOICE_CREDIT_NOTE;
    g.invoice.number = STR("CN-2025-000001");
    assert_str(str_of(codes_on(&g)), code_of_42);
}

/* Each count of lines leaves another rest of the page. */
Test(invoice_code, it_can_be_read_wherever_a_page_ends)
{
    struct given g;
    for (size_t count = 8; count < 26; count += 2) {
        given_lines(&g, count);
        assert_str(str_of(codes_on(&g)), code_of_42);
    }
    given_lines(&g, LINES_MAX);
    assert_str(str_of(codes_on(&g)), code_of_42);
}

Test(invoice_code, what_no_record_has_finalized_has_none)
{
    struct given g;
    given_lines(&g, 3);
    g.invoice.seq = 0;
    g.invoice.number = STR_NONE;
    g.invoice.status = INVOICE_DRAFT;
    assert_str(str_of(codes_on(&g)), "");
}

Test(invoice_code, what_no_code_has_room_for_is_refused)
{
    struct qr_code code = {0};
    char text[3000];
    memset(text, 'x', sizeof text);
    assert_err(qr_code_make(&code, (struct str){text, sizeof text}, A, E), ERR_LIMIT,
               "a QR code has no room for 3000 bytes");
}
