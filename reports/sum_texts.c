/* SPDX-License-Identifier: MIT */
/* sum_texts.c - see sum_texts.h. */
#include "reports/sum_texts.h"

struct str discount_text(struct arena *a, const struct discount_total *d)
{
    struct str name = d->name.len > 0 ? d->name : d->code;
    if (d->code.len == 0) return name; /* of a credit note: all coupons of the invoice together */
    return str_format(a, "Discount: %.*s", STR_ARG(name));
}

struct str tax_text(struct arena *a, const struct tax_total *t)
{
    struct str name = t->name.len > 0 ? t->name : t->code.len > 0 ? t->code : STR("Tax");
    struct str percent = decimal_text(a, t->percent);
    const char *why = str_is(t->category, "AE")  ? ", reverse charge"
                      : str_is(t->category, "E") ? ", exempt"
                                                 : "";
    return str_format(a, "%.*s %.*s%%%s", STR_ARG(name), STR_ARG(percent), why);
}
