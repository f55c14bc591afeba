/* SPDX-License-Identifier: MIT */
/* customers.c - the master data of customers as they stand now: what documents name is of the day on which
 * they were made, and in the register. */
#include "reports/report_file.h"

static const char header[] = "customer_id,name,email,street,street2,postal_code,city,region,country,tax_id,"
                             "currency,timezone,locale,tax_exempt,created_at";

enum err report_customers(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                          struct error *e);

static enum err put(void *context, const struct customer *c, struct error *e)
{
    struct report_file *f = context;
    struct sheet *s = f->sheet;
    const struct party *p = &c->party;
    const struct str texts[] = {c->user,        p->name,     p->email,  p->street,  p->street2,
                                p->postal_code, p->city,     p->region, p->country, p->tax_id,
                                c->currency,    c->timezone, c->locale};
    (void)e;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) sheet_text(s, texts[i]);
    sheet_word(s, c->tax_exempt ? "yes" : "no");
    sheet_instant(s, c->created_at);
    sheet_end_row(s);
    report_next(f);
    return OK;
}

enum err report_customers(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                          struct error *e)
{
    struct report_file f = {.ledger = l, .query = q, .name = "customers", .path = path, .arena = a};
    struct list_query all = {.status = -1};
    struct customer one = {0};
    enum err err = report_begin(&f, header, e);
    if (err == OK && q->customer != 0) {
        err = load_customer(&one, f.txn, q->customer, f.row, e);
        if (err == OK) err = put(&f, &one, e);
    } else if (err == OK) {
        err = list_customers(f.txn, &all, put, &f, f.row, e);
    }
    return report_end(&f, err, e);
}
