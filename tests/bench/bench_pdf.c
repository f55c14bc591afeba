/* SPDX-License-Identifier: MIT */
/* bench_pdf.c - setting one-page invoices of 12 lines as PDF/A-3, into memory, on one core; beside it the
 * floor: the same number of text calls by libharu alone with a standard font, nothing embedded. Once more
 * with the e-invoice made and attached, and that alone. */
#include <hpdf.h>
#include <time.h>

#include "reports/einvoice.h"
#include "reports/invoice_pdf.h"
#include "tests/bench/bench.h"

enum { LINES = 12 };

static struct line lines[LINES];
static struct tax_total vat;

static struct invoice an_invoice(uint64_t number, struct arena *a)
{
    struct money total = money_of(0, "USD");
    for (int i = 0; i < LINES; i++) {
        lines[i] = (struct line){.kind = LINE_RECURRING,
                                 .product = STR("pro"),
                                 .description = STR("Pro, monthly"),
                                 .from = date_of(2025, 1, 1),
                                 .to = date_of(2025, 2, 1),
                                 .quantity = decimal_of(1),
                                 .unit_price = decimal_of(99),
                                 .amount = money_of(9900, "USD"),
                                 .tax_category = STR("AE"),
                                 .tax = money_of(0, "USD")};
        total.minor += 9900;
    }
    vat = (struct tax_total){.name = STR("VAT"),
                             .category = STR("AE"),
                             .taxable = total,
                             .amount = money_of(0, "USD"),
                             .note = STR("Reverse charge: the customer owes the tax.")};
    return (struct invoice){.invoice = number,
                            .number = str_format(a, "INV-2025-%06llu", (unsigned long long)number),
                            .status = INVOICE_OPEN,
                            .customer = 1,
                            .issue_date = date_of(2025, 1, 31),
                            .due_date = date_of(2025, 2, 14),
                            .lines = lines,
                            .lines_count = LINES,
                            .taxes = &vat,
                            .taxes_count = 1,
                            .subtotal = total,
                            .tax = money_of(0, "USD"),
                            .total = total,
                            .credit_applied = money_of(0, "USD"),
                            .amount_due = total,
                            .paid = money_of(0, "USD"),
                            .seq = 1000000 + number,
                            .leaf = {{(uint8_t)number, (uint8_t)(number >> 8)}},
                            .finalized_at = date_start(date_of(2025, 1, 31))};
}

/* What the core worked, whatever else ran on it. */
static uint64_t processor_ns(void)
{
    struct timespec t = {0};
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0) WRONG("there is no clock of this thread");
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

enum what { PAGE, PAGE_WITH_EINVOICE, EINVOICE };

static uint64_t set_ours(enum what what, uint64_t count, uint64_t *bytes)
{
    struct customer buyer = {.customer = 1, .version = 1, .user = STR("ann")};
    struct seller seller = {.version = 1, .payment_terms_days = 14};
    struct arena *a = arena_new();
    struct buffer out = {0};
    struct error e = {0};
    buyer.party = (struct party){.name = STR("Ann Example"),
                                 .street = STR("1 Main Street"),
                                 .city = STR("Lyon"),
                                 .country = STR("FR"),
                                 .tax_id = STR("FR90772708913")};
    seller.party = (struct party){.name = STR("Daur AI Ltd"),
                                  .street = STR("1 Ledger Lane"),
                                  .city = STR("Dublin"),
                                  .country = STR("IE"),
                                  .tax_id = STR("IE6433435F")};
    uint64_t begin = processor_ns();
    for (uint64_t i = 0; i < count; i++) {
        struct invoice v = an_invoice(i + 1, a);
        struct invoice_document d = {.invoice = &v,
                                     .buyer = &buyer,
                                     .seller = &seller,
                                     .origin = STR("daybook/0123456789abcdef"),
                                     .as_issued = true};
        buffer_clear(&out);
        if (what != PAGE) bench_must(einvoice_attachment(&d.einvoice, &d, a, &e), &e);
        if (what != EINVOICE) bench_must(invoice_pdf_render(&out, &d, a, &e), &e);
        *bytes = what == EINVOICE ? d.einvoice.len : out.len;
        arena_reset(a);
    }
    uint64_t rate = per_second(count, processor_ns() - begin);
    buffer_free(&out);
    arena_free(a);
    return rate;
}

static uint64_t set_bare(uint64_t count)
{
    uint64_t begin = processor_ns();
    for (uint64_t i = 0; i < count; i++) {
        HPDF_Doc pdf = HPDF_New(NULL, NULL);
        if (pdf == NULL) WRONG("libharu gives no document");
        HPDF_SetCompressionMode(pdf, HPDF_COMP_ALL);
        HPDF_Page page = HPDF_AddPage(pdf);
        HPDF_Font font = HPDF_GetFont(pdf, "Helvetica", "WinAnsiEncoding");
        HPDF_Page_SetFontAndSize(page, font, 10);
        HPDF_Page_BeginText(page);
        HPDF_Page_MoveTextPos(page, 50, 800);
        for (int k = 0; k < 5 * LINES + 20; k++) {
            HPDF_Page_ShowText(page, "Pro, monthly");
            HPDF_Page_MoveTextPos(page, 0, -9);
        }
        HPDF_Page_EndText(page);
        if (HPDF_SaveToStream(pdf) != HPDF_OK) WRONG("libharu does not save");
        HPDF_Free(pdf);
    }
    return per_second(count, processor_ns() - begin);
}

int main(void)
{
    static struct figure figures[7];
    uint64_t bytes = 0, count = bench_count(1000);
    for (unsigned round = 0; round < bench_rounds(); round++) {
        figure_add(&figures[0], "invoice_pdf", "documents/s", set_ours(PAGE, count, &bytes));
        figure_add(&figures[1], "invoice_pdf_bytes", "bytes", bytes);
        figure_add(&figures[2], "invoice_pdf_with_xml", "documents/s",
                   set_ours(PAGE_WITH_EINVOICE, count, &bytes));
        figure_add(&figures[3], "invoice_pdf_with_xml_bytes", "bytes", bytes);
        figure_add(&figures[4], "invoice_xml", "documents/s", set_ours(EINVOICE, count, &bytes));
        figure_add(&figures[5], "invoice_xml_bytes", "bytes", bytes);
        figure_add(&figures[6], "floor_libharu_plain", "documents/s", set_bare(count));
    }
    for (size_t i = 0; i < 7; i++) figure_print(&figures[i]);
    return 0;
}
