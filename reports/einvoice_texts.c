/* SPDX-License-Identifier: MIT */
/* einvoice_texts.c - see einvoice_texts.h. */
#include "reports/einvoice_texts.h"

static struct str print(struct einvoice_text *t, const char *format, ...) PRINTF_LIKE(2, 3);
static struct str print(struct einvoice_text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(t->room, sizeof t->room, format, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof t->room);
    return (struct str){t->room, (size_t)len};
}

/* `digits` of them stand behind the point. */
static struct str fraction(struct einvoice_text *t, int64_t value, int digits)
{
    uint64_t unit = 1, size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    const char *sign = value < 0 ? "-" : "";
    for (int i = 0; i < digits; i++) unit *= 10;
    if (digits == 0) return print(t, "%s%llu", sign, (unsigned long long)size);
    return print(t, "%s%llu.%0*llu", sign, (unsigned long long)(size / unit), digits,
                 (unsigned long long)(size % unit));
}

struct str einvoice_amount(struct einvoice_text *t, struct money m)
{
    int decimals = currency_decimals(m.currency);
    int64_t minor = m.minor;
    for (; decimals > 2; decimals--) minor /= 10;
    return fraction(t, minor, decimals < 0 ? 0 : decimals);
}

struct str einvoice_decimal(struct einvoice_text *t, struct decimal d)
{
    return fraction(t, d.coefficient, (int)d.scale);
}

struct str einvoice_count(struct einvoice_text *t, size_t n)
{
    return print(t, "%zu", n);
}

static struct str date_as(struct einvoice_text *t, struct date d, const char *between)
{
    int year = 0, month = 0, day = 0;
    if (!date_is_given(d)) return STR_NONE;
    date_split(d, &year, &month, &day);
    return print(t, "%04d%s%02d%s%02d", year, between, month, between, day);
}

struct str einvoice_date(struct einvoice_text *t, struct date d)
{
    return date_as(t, d, "-");
}

struct str einvoice_plain_date(struct einvoice_text *t, struct date d)
{
    return date_as(t, d, "");
}
