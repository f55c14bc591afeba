/* SPDX-License-Identifier: MIT */
/* fiscal_saft.c - Portugal's SAF-T (PT) 1.04_01 of invoicing (Portaria 321-A/2007 as 302/2016 has it): the
 * documents of a period with their signatures, and what they speak of. An audit file says first what its
 * documents name and what they sum up to, so they are gone through three times. */
#include "reports/fiscal_export.h"
#include "reports/fiscal_portugal.h"

enum {
    NAME_MAX_CHARACTERS = 100,
    TEXT_MAX_CHARACTERS = 200,
    CODE_MAX_CHARACTERS = 60,
    REASON_MAX_CHARACTERS = 50
};

#define UNKNOWN "Desconhecido"

/* A document at hand, with what stands around it. */
struct saft_document {
    struct fiscal_recorded record;
    struct invoice invoice;
    struct customer buyer;
    struct arena *arena;
};

/* What was named already: few, but for customers, whose numbers are. */
struct named {
    struct str key;
    struct named *next;
};
enum { NAMED_BUCKETS = 4096 };
struct saft {
    struct fiscal_writer *writer;
    struct named *customers[NAMED_BUCKETS], *products[NAMED_BUCKETS], *taxes[NAMED_BUCKETS];
    struct money debit, credit;
    uint64_t entries;
};
typedef enum err saft_visit_fn(struct saft *s, const struct saft_document *d, struct error *e);

static bool is_new(struct saft *s, struct named **names, struct str key)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    struct arena *a = s->writer->file->arena;
    for (size_t i = 0; i < key.len; i++) hash = (hash ^ (uint8_t)key.ptr[i]) * 16777619U;
    struct named **bucket = &names[hash % NAMED_BUCKETS];
    for (const struct named *n = *bucket; n != NULL; n = n->next)
        if (str_equal(n->key, key)) return false;
    struct named *fresh = arena_new_of(a, struct named);
    *fresh = (struct named){str_copy(a, key), *bucket};
    *bucket = fresh;
    return true;
}

static enum err visit_all(struct saft *s, saft_visit_fn *visit, struct error *e)
{
    struct report_file *f = s->writer->file;
    const struct buffer *numbers = &s->writer->documents;
    struct saft_document d = {.arena = arena_new()};
    enum err err = OK;
    for (size_t at = 0; at < numbers->len && err == OK; at += sizeof(uint64_t)) {
        uint64_t number = 0;
        bool found = false;
        memcpy(&number, numbers->ptr + at, sizeof number);
        err = load_fiscal(&found, &d.record, f->txn, number, d.arena, e);
        if (err == OK) err = load_invoice(&d.invoice, f->txn, number, d.arena, e);
        if (err == OK)
            err = load_customer_version(&d.buyer, f->txn, d.invoice.customer, d.invoice.buyer_version,
                                        d.arena, e);
        if (err == OK) err = visit(s, &d, e);
        arena_reset(d.arena);
    }
    arena_free(d.arena);
    return err;
}

/* ---- words and amounts ---- */

static void put_amount(struct xml *x, const char *name, struct money m, struct arena *a)
{
    xml_leaf(x, name, money_text(a, m));
}

static struct str or_unknown(struct str text, size_t characters)
{
    bool told = text.len > 0 && !str_is(text, ERASED_TEXT);
    return told ? fiscal_cut(text, characters) : STR(UNKNOWN);
}

static struct str product_of_line(const struct line *l)
{
    struct str code = l->fee.len > 0 ? l->fee : l->usage_type.len > 0 ? l->usage_type : l->product;
    return code.len > 0 ? fiscal_cut(code, CODE_MAX_CHARACTERS) : STR("servico");
}

static struct str local_time(const struct fiscal_recorded *r)
{
    enum { LOCAL_TIME = 19 };
    return (struct str){r->generated_at.ptr, LOCAL_TIME};
}

static bool is_void(const struct saft_document *d)
{
    return d->invoice.status == INVOICE_VOID;
}

/* ---- what documents name ---- */

static void put_address(struct xml *x, const char *name, const struct party *p)
{
    xml_open(x, name);
    xml_leaf(x, "AddressDetail", or_unknown(p->street, TEXT_MAX_CHARACTERS));
    xml_leaf(x, "City", or_unknown(p->city, CODE_MAX_CHARACTERS));
    xml_leaf(x, "PostalCode", or_unknown(p->postal_code, 20));
    xml_leaf(x, "Country", p->country.len > 0 ? p->country : STR(UNKNOWN));
    xml_close(x);
}

static enum err put_customer(struct saft *s, const struct saft_document *d, struct error *e)
{
    struct xml *x = &s->writer->xml;
    const struct customer *c = &d->buyer;
    struct str id = public_id(d->arena, "cus", c->customer);
    (void)e;
    if (!is_new(s, s->customers, id)) return OK;
    xml_open(x, "Customer");
    xml_leaf(x, "CustomerID", id);
    xml_leaf(x, "AccountID", STR(UNKNOWN));
    xml_leaf(x, "CustomerTaxID", portuguese_buyer_id(c, d->arena));
    xml_leaf(x, "CompanyName",
             or_unknown(c->party.name.len > 0 ? c->party.name : c->user, NAME_MAX_CHARACTERS));
    put_address(x, "BillingAddress", &c->party);
    xml_leaf(x, "SelfBillingIndicator", STR("0"));
    xml_close(x);
    return OK;
}

static enum err put_products(struct saft *s, const struct saft_document *d, struct error *e)
{
    struct xml *x = &s->writer->xml;
    (void)e;
    for (size_t i = 0; i < d->invoice.lines_count; i++) {
        const struct line *l = &d->invoice.lines[i];
        struct str code = product_of_line(l);
        if (!is_new(s, s->products, code)) continue;
        xml_open(x, "Product");
        xml_leaf(x, "ProductType", STR("S"));
        xml_leaf(x, "ProductCode", code);
        xml_leaf(x, "ProductDescription",
                 fiscal_cut(l->description.len > 0 ? l->description : code, TEXT_MAX_CHARACTERS));
        xml_leaf(x, "ProductNumberCode", code);
        xml_close(x);
    }
    return OK;
}

static enum err put_tax_entries(struct saft *s, const struct saft_document *d, struct error *e)
{
    struct xml *x = &s->writer->xml;
    (void)e;
    for (size_t i = 0; i < d->invoice.lines_count; i++) {
        struct portuguese_tax t = portuguese_tax_of_line(&d->invoice.lines[i]);
        struct str percent = decimal_text(d->arena, t.percent);
        struct str key = str_format(d->arena, "%.*s %s %.*s", STR_ARG(t.space), t.code, STR_ARG(percent));
        if (!is_new(s, s->taxes, key)) continue;
        xml_open(x, "TaxTableEntry");
        xml_leaf(x, "TaxType", STR("IVA"));
        xml_leaf(x, "TaxCountryRegion", t.space);
        xml_leaf(x, "TaxCode", str_of(t.code));
        xml_leaf(x, "Description", str_format(d->arena, "IVA %.*s%%", STR_ARG(percent)));
        xml_leaf(x, "TaxPercentage", percent);
        xml_close(x);
    }
    return OK;
}

/* ---- lines ---- */

/* An invoice's lines are credits and a credit note's debits; a line with the other sign is the other one. */
static bool is_debit(const struct saft_document *d, const struct line *l)
{
    bool note = d->invoice.kind == INVOICE_CREDIT_NOTE, negative = l->amount.minor < 0;
    return note ? negative || l->amount.minor == 0 : negative;
}

static struct money line_amount(const struct saft_document *d, const struct line *l)
{
    return portuguese_amount(net_of(l->amount, l->discount), &d->record);
}

/* Of how many, where quantity times price is what the line comes to; else one of the whole. */
static void put_quantity(struct xml *x, const struct saft_document *d, const struct line *l)
{
    struct money amount = line_amount(d, l), product = {0};
    struct error unused = {0};
    struct decimal quantity = l->quantity, price = l->unit_price;
    if (decimal_is_negative(quantity)) quantity.coefficient = -quantity.coefficient;
    if (decimal_is_negative(price)) price.coefficient = -price.coefficient;
    bool fits = !l->tax_inclusive && !decimal_is_zero(quantity) &&
                money_multiply(&product, price, quantity, amount.currency, &unused) == OK &&
                money_compare(product, amount) == 0;
    xml_leaf(x, "Quantity", fits ? decimal_text(d->arena, quantity) : STR("1"));
    xml_leaf(x, "UnitOfMeasure", STR("UN"));
    xml_leaf(x, "UnitPrice", fits ? decimal_text(d->arena, price) : money_text(d->arena, amount));
}

static enum err put_reference(struct saft *s, const struct saft_document *d, const struct line *l,
                              struct error *e)
{
    struct xml *x = &s->writer->xml;
    struct fiscal_recorded r = {0};
    struct invoice v = {0};
    bool found = false;
    if (l->credits == 0 || l->credits == d->invoice.invoice || d->invoice.kind != INVOICE_CREDIT_NOTE)
        return OK;
    enum err err = load_fiscal(&found, &r, s->writer->file->txn, l->credits, d->arena, e);
    if (err == OK && !found) err = load_invoice(&v, s->writer->file->txn, l->credits, d->arena, e);
    if (err != OK) return err;
    xml_open(x, "References");
    xml_leaf(x, "Reference", found ? r.number : v.number);
    xml_leaf(x, "Reason", fiscal_cut(d->invoice.reason, REASON_MAX_CHARACTERS));
    xml_close(x);
    return OK;
}

static enum err put_line(struct saft *s, const struct saft_document *d, size_t place, struct error *e)
{
    struct xml *x = &s->writer->xml;
    const struct line *l = &d->invoice.lines[place];
    struct portuguese_tax t = portuguese_tax_of_line(l);
    struct str words = l->description.len > 0 ? l->description : product_of_line(l);
    xml_open(x, "Line");
    xml_leaf(x, "LineNumber", str_format(d->arena, "%zu", place + 1));
    xml_leaf(x, "ProductCode", product_of_line(l));
    xml_leaf(x, "ProductDescription", fiscal_cut(words, TEXT_MAX_CHARACTERS));
    put_quantity(x, d, l);
    xml_leaf(x, "TaxPointDate", date_text(d->arena, date_is_given(l->from) ? l->from : d->record.issue_date));
    enum err err = put_reference(s, d, l, e);
    xml_leaf(x, "Description", fiscal_cut(words, TEXT_MAX_CHARACTERS));
    put_amount(x, is_debit(d, l) ? "DebitAmount" : "CreditAmount", line_amount(d, l), d->arena);
    xml_open(x, "Tax");
    xml_leaf(x, "TaxType", STR("IVA"));
    xml_leaf(x, "TaxCountryRegion", t.space);
    xml_leaf(x, "TaxCode", str_of(t.code));
    xml_leaf(x, "TaxPercentage", decimal_text(d->arena, t.percent));
    xml_close(x);
    if (t.exempt != NULL) {
        xml_leaf(x, "TaxExemptionReason", str_of(t.reason));
        xml_leaf(x, "TaxExemptionCode", str_of(t.exempt));
    }
    xml_close(x);
    return err;
}

/* ---- documents ---- */

static void put_status(struct xml *x, const struct saft_document *d)
{
    const struct invoice *v = &d->invoice;
    xml_open(x, "DocumentStatus");
    xml_leaf(x, "InvoiceStatus", is_void(d) ? STR("A") : STR("N"));
    xml_leaf(x, "InvoiceStatusDate",
             is_void(d) ? str_format(d->arena, "%.*sT00:00:00", STR_ARG(date_text(d->arena, v->closed_on)))
                        : local_time(&d->record));
    if (is_void(d)) xml_leaf(x, "Reason", fiscal_cut(v->reason, REASON_MAX_CHARACTERS));
    xml_leaf(x, "SourceID", STR("Daybook"));
    xml_leaf(x, "SourceBilling", STR("P"));
    xml_close(x);
}

static void put_totals(struct xml *x, const struct saft_document *d)
{
    const struct invoice *v = &d->invoice;
    const struct fiscal_recorded *r = &d->record;
    struct money gross = portuguese_amount(v->total, r), tax = portuguese_amount(v->tax, r);
    xml_open(x, "DocumentTotals");
    put_amount(x, "TaxPayable", tax, d->arena);
    put_amount(x, "NetTotal", money_of(gross.minor - tax.minor, gross.currency), d->arena);
    put_amount(x, "GrossTotal", gross, d->arena);
    if (!decimal_is_zero(r->rate)) {
        xml_open(x, "Currency");
        xml_leaf(x, "CurrencyCode", str_of(v->total.currency));
        put_amount(x, "CurrencyAmount", v->total.minor < 0 ? money_negate(v->total) : v->total, d->arena);
        xml_leaf(x, "ExchangeRate", decimal_text(d->arena, r->rate));
        xml_close(x);
    }
    xml_close(x);
}

static void put_regimes(struct xml *x)
{
    static const char *const regimes[] = {"SelfBillingIndicator", "CashVATSchemeIndicator",
                                          "ThirdPartiesBillingIndicator"};
    xml_open(x, "SpecialRegimes");
    for (size_t i = 0; i < sizeof regimes / sizeof regimes[0]; i++) xml_leaf(x, regimes[i], STR("0"));
    xml_close(x);
}

static enum err put_document(struct saft *s, const struct saft_document *d, struct error *e)
{
    struct xml *x = &s->writer->xml;
    const struct fiscal_recorded *r = &d->record;
    int year = 0, month = 0, day = 0;
    enum err err = OK;
    date_split(r->issue_date, &year, &month, &day);
    xml_open(x, "Invoice");
    xml_leaf(x, "InvoiceNo", r->number);
    xml_leaf(x, "ATCUD", r->code);
    put_status(x, d);
    xml_leaf(x, "Hash", r->hash);
    xml_leaf(x, "HashControl", str_format(d->arena, "%ju", (uintmax_t)r->key_version));
    xml_leaf(x, "Period", str_format(d->arena, "%d", month));
    xml_leaf(x, "InvoiceDate", date_text(d->arena, r->issue_date));
    xml_leaf(x, "InvoiceType", r->document_type);
    put_regimes(x);
    xml_leaf(x, "SourceID", STR("Daybook"));
    xml_leaf(x, "SystemEntryDate", local_time(r));
    xml_leaf(x, "CustomerID", public_id(d->arena, "cus", d->invoice.customer));
    for (size_t i = 0; i < d->invoice.lines_count && err == OK; i++) err = put_line(s, d, i, e);
    put_totals(x, d);
    xml_close(x);
    return err;
}

/* The sums of what counts: a void document stands there, and is in none. */
static enum err add_sums(struct saft *s, const struct saft_document *d, struct error *e)
{
    enum err err = OK;
    s->entries++;
    for (size_t i = 0; i < d->invoice.lines_count && err == OK && !is_void(d); i++) {
        const struct line *l = &d->invoice.lines[i];
        struct money *sum = is_debit(d, l) ? &s->debit : &s->credit;
        err = money_add(sum, *sum, line_amount(d, l), e);
    }
    return err;
}

/* ---- the file ---- */

static enum err put_header(struct saft *s, struct error *e)
{
    struct xml *x = &s->writer->xml;
    const struct report_file *f = s->writer->file;
    struct seller seller = {0};
    const char *program = f->query->program, *blank = program == NULL ? NULL : strrchr(program, ' ');
    struct date from = date_is_given(f->query->from) ? f->query->from : s->writer->first;
    struct date to = date_is_given(f->query->to) ? f->query->to : s->writer->last;
    enum err err = load_seller(&seller, f->txn, 0, f->arena, e);
    xml_open(x, "Header");
    xml_leaf(x, "AuditFileVersion", STR("1.04_01"));
    xml_leaf(x, "CompanyID", s->writer->issuer);
    xml_leaf(x, "TaxRegistrationNumber", s->writer->issuer);
    xml_leaf(x, "TaxAccountingBasis", STR("F")); /* invoicing */
    xml_leaf(x, "CompanyName", fiscal_cut(seller.party.name, NAME_MAX_CHARACTERS));
    put_address(x, "CompanyAddress", &seller.party);
    xml_leaf(x, "FiscalYear", fiscal_cut(date_text(f->arena, from), 4));
    xml_leaf(x, "StartDate", date_text(f->arena, from));
    xml_leaf(x, "EndDate", date_text(f->arena, to));
    xml_leaf(x, "CurrencyCode", STR("EUR"));
    xml_leaf(x, "DateCreated", date_text(f->arena, f->day));
    xml_leaf(x, "TaxEntity", STR("Global"));
    xml_leaf(x, "ProductCompanyTaxID", s->writer->issuer);
    xml_leaf(x, "SoftwareCertificateNumber",
             str_format(f->arena, "%ju", (uintmax_t)seller.program_certificate));
    xml_leaf(
        x, "ProductID",
        str_format(f->arena, "Daybook/%.*s", STR_ARG(fiscal_cut(seller.party.name, CODE_MAX_CHARACTERS))));
    xml_leaf(x, "ProductVersion", blank == NULL ? STR("0") : str_of(blank + 1));
    xml_close(x);
    return err;
}

static enum err put_master_files(struct saft *s, struct error *e)
{
    struct xml *x = &s->writer->xml;
    xml_open(x, "MasterFiles");
    enum err err = visit_all(s, put_customer, e);
    if (err == OK) err = visit_all(s, put_products, e);
    xml_open(x, "TaxTable");
    if (err == OK) err = visit_all(s, put_tax_entries, e);
    xml_close(x);
    xml_close(x);
    return err;
}

static enum err put_documents(struct saft *s, struct error *e)
{
    struct xml *x = &s->writer->xml;
    struct arena *a = s->writer->file->arena;
    s->debit = s->credit = money_of(0, "EUR");
    enum err err = visit_all(s, add_sums, e);
    xml_open(x, "SourceDocuments");
    xml_open(x, "SalesInvoices");
    xml_leaf(x, "NumberOfEntries", str_format(a, "%ju", (uintmax_t)s->entries));
    put_amount(x, "TotalDebit", s->debit, a);
    put_amount(x, "TotalCredit", s->credit, a);
    if (err == OK) err = visit_all(s, put_document, e);
    xml_close(x);
    xml_close(x);
    return err;
}

static enum err begin(struct fiscal_writer *w, struct error *e)
{
    (void)e;
    xml_open(&w->xml, "AuditFile");
    xml_attribute(&w->xml, "xmlns", "urn:OECD:StandardAuditFile-Tax:PT_1.04_01");
    return OK;
}

static enum err note_document(struct fiscal_writer *w, const struct fiscal_recorded *r, struct arena *a,
                              struct error *e)
{
    (void)a, (void)e;
    buffer_add(&w->documents, &r->invoice, sizeof r->invoice);
    return OK;
}

static enum err finish(struct fiscal_writer *w, struct error *e)
{
    struct saft *s = arena_new_of(w->file->arena, struct saft);
    *s = (struct saft){.writer = w};
    enum err err = put_header(s, e);
    if (err == OK) err = put_master_files(s, e);
    if (err == OK) err = put_documents(s, e);
    xml_close(&w->xml);
    return err;
}

const struct fiscal_form saft_pt_form = {"saft-pt", true, begin, note_document, finish};
