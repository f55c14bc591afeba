/* SPDX-License-Identifier: MIT */
/* stripe_form.c - see stripe_form.h. */
#include "importers/stripe_form.h"

/* ---- text ---- */

static bool is_plain(char c)
{
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

void form_add(struct buffer *form, const char *name, struct str value)
{
    buffer_print(form, "%s%s=", form->len == 0 ? "" : "&", name);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (is_plain(c))
            buffer_add_byte(form, (uint8_t)c);
        else
            buffer_print(form, "%%%02X", (unsigned)(uint8_t)c);
    }
}

struct str form_text(const struct buffer *form)
{
    return (struct str){(const char *)form->ptr, form->len};
}

bool stripe_id_is_one(struct str id)
{
    bool is_one = id.len > 0 && id.len <= LIMIT_TOKEN_BYTES;
    for (size_t i = 0; i < id.len && is_one; i++)
        is_one = is_plain(id.ptr[i]) && id.ptr[i] != '.' && id.ptr[i] != '~';
    return is_one;
}

/* ---- amounts ---- */

enum { MAX_DIGITS = 8 };

/* Where Stripe counts otherwise than ISO 4217, or takes larger amounts than elsewhere. */
static const struct rule {
    const char *currency;
    int decimals; /* of its amounts */
    int digits;   /* at most; 0: as elsewhere */
} rules[] = {
    {"ISK", 2, 0},  {"UGX", 2, 0},  {"MGA", 0, 0},  {"JPY", 0, 12}, {"HUF", 2, 12},
    {"COP", 2, 12}, {"LBP", 2, 12}, {"IDR", 2, 12}, {"INR", 2, 9},
};

static struct rule rule_of(const char *currency)
{
    struct rule r = {currency, currency_decimals(currency), 0};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (strcmp(rules[i].currency, currency) == 0) r = rules[i];
    }
    if (r.digits == 0) r.digits = MAX_DIGITS;
    return r;
}

static int64_t power(int of_ten)
{
    int64_t p = 1;
    for (int i = 0; i < of_ten; i++) p *= 10;
    return p;
}

/* amount * 10^(to - from); false when that is no whole number, or too large. */
static bool rescale(int64_t *amount, int from, int to)
{
    if (to >= from) return !__builtin_mul_overflow(*amount, power(to - from), amount);
    int64_t by = power(from - to);
    bool whole = *amount % by == 0;
    *amount /= by;
    return whole;
}

enum err stripe_amount(int64_t *out, struct money m, struct error *e)
{
    struct rule r = rule_of(m.currency);
    bool thousandths = r.decimals == 3;
    *out = m.minor;
    bool fits = rescale(out, currency_decimals(m.currency), r.decimals) && *out < power(r.digits);
    if (!fits || (thousandths && *out % 10 != 0))
        return fail(e, ERR_INVALID, "Stripe does not take such an amount of %s", m.currency);
    return OK;
}

enum err stripe_money(struct money *out, int64_t amount, struct str currency, struct error *e)
{
    char code[4] = "", capital[4] = "";
    for (size_t i = 0; i < 3 && i < currency.len; i++) {
        char c = currency.ptr[i];
        capital[i] = c;
        if (c >= 'a' && c <= 'z') capital[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[c - 'a'];
    }
    enum err err = currency.len == 3 ? currency_parse(code, str_of(capital), e)
                                     : fail(e, ERR_INVALID, "currency: no code of three letters");
    if (err != OK) return err;
    if (!rescale(&amount, rule_of(code).decimals, currency_decimals(code)))
        return fail(e, ERR_INVALID, "amount: no whole number of the smallest units of %s", code);
    *out = money_of(amount, code);
    return OK;
}

enum err form_add_money(struct buffer *form, struct money m, struct error *e)
{
    int64_t amount = 0;
    char number[24], small[4] = "";
    enum err err = stripe_amount(&amount, m, e);
    if (err != OK) return err;
    (void)snprintf(number, sizeof number, "%jd", (intmax_t)amount);
    for (size_t i = 0; i < 3; i++) small[i] = "abcdefghijklmnopqrstuvwxyz"[m.currency[i] - 'A'];
    form_add(form, "amount", str_of(number));
    form_add(form, "currency", str_of(small));
    return OK;
}
