/* SPDX-License-Identifier: MIT */
/* fiscal_portugal.c - see fiscal_portugal.h. */
#include "reports/fiscal_portugal.h"

enum { LEVELS = 3, SPACES = 3 };
static const char *const level_codes[LEVELS] = {"RED", "INT", "NOR"};
static const char *const spaces[SPACES] = {"PT", "PT-AC", "PT-MA"};

/* In percent, article 18 of the VAT code; Madeira's reduced rate was 5 until October 2024. */
static const struct {
    int space;
    int64_t percent;
    int level;
} rates[] = {{0, 6, 0},  {0, 13, 1}, {0, 23, 2}, {1, 4, 0},  {1, 9, 1},
             {1, 16, 2}, {2, 4, 0},  {2, 5, 0},  {2, 12, 1}, {2, 22, 2}};

/* Of a jurisdiction: a country, or a hyphen and its region as ISO 3166-2 numbers it or by its name. -1: it is
 * no part of Portugal. */
static int space_of(struct str jurisdiction)
{
    static const struct {
        const char *region;
        int space;
    } regions[] = {{"PT-20", 1}, {"PT-AC", 1}, {"PT-Açores", 1},
                   {"PT-30", 2}, {"PT-MA", 2}, {"PT-Madeira", 2}};
    if (!fiscal_is_own_tax(FISCAL_CHAIN_SAFT_PT, jurisdiction)) return -1;
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++)
        if (str_is(jurisdiction, regions[i].region)) return regions[i].space;
    return 0;
}

static const char *level_of(int space, struct decimal percent)
{
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++)
        if (rates[i].space == space && decimal_compare(percent, decimal_of(rates[i].percent)) == 0)
            return level_codes[rates[i].level];
    return "OUT";
}

struct portuguese_tax portuguese_tax_of(struct str category, struct decimal percent, struct str jurisdiction)
{
    static const struct {
        const char *category, *exempt, *reason;
    } exemptions[] = {{"E", "M07", "Isento artigo 9.º do CIVA"},
                      {"G", "M05", "Isento artigo 14.º do CIVA"},
                      {"K", "M16", "Isento artigo 14.º do RITI"},
                      {"AE", "M40", "IVA - autoliquidação"},
                      {"", "M99", "Não sujeito ou não tributado"}};
    enum { LAST = sizeof exemptions / sizeof exemptions[0] - 1, COUNTRY = 2 };
    int space = space_of(jurisdiction);
    struct portuguese_tax t = {.space = space < 0 ? STR("PT") : str_of(spaces[space]), .percent = percent};
    if (decimal_compare(percent, decimal_of(0)) > 0) {
        t.code = space < 0 ? "OUT" : level_of(space, percent);
        if (space < 0 && jurisdiction.len >= COUNTRY) t.space = (struct str){jurisdiction.ptr, COUNTRY};
        return t;
    }
    size_t i = 0;
    while (i < LAST && !str_is(category, exemptions[i].category)) i++;
    t.code = "ISE";
    t.exempt = exemptions[i].exempt;
    t.reason = exemptions[i].reason;
    return t;
}

struct portuguese_tax portuguese_tax_of_line(const struct line *l)
{
    if (l->taxes_count == 0) return portuguese_tax_of(l->tax_category, decimal_of(0), STR("PT"));
    return portuguese_tax_of(l->tax_category, l->tax_rate, l->taxes[0].jurisdiction);
}

struct str portuguese_buyer_id(const struct customer *c, struct arena *a)
{
    static const char portugal[] = "PT";
    struct str id = c->party.tax_id, vat = vat_number(a, id, c->party.country);
    if (id.len == 0 || str_is(id, ERASED_TEXT)) return STR(PORTUGUESE_CONSUMER);
    if (str_starts(vat, portugal))
        return (struct str){vat.ptr + sizeof portugal - 1, vat.len - (sizeof portugal - 1)};
    return id;
}

static struct money without_sign(struct money m)
{
    return m.minor < 0 ? money_negate(m) : m;
}

struct money portuguese_amount(struct money m, const struct fiscal_recorded *r)
{
    struct money out = m;
    struct error unused = {0};
    /* The whole document's amounts were converted when it was recorded, and fitted. */
    if (!decimal_is_zero(r->rate) &&
        money_multiply(&out, r->rate, money_decimal(m), r->total.currency, &unused) != OK)
        out = money_of(0, r->total.currency);
    return without_sign(out);
}

/* ---- the code ---- */

struct space_sums {
    struct money exempt, base[LEVELS], tax[LEVELS];
    bool has_exempt, has[LEVELS];
};
struct code_sums {
    struct space_sums spaces[SPACES];
    struct money outside; /* what is none of Portugal's */
};

static void add(struct money *sum, struct money part)
{
    if (sum->currency[0] == '\0') *sum = money_zero(part);
    sum->minor += part.minor;
}

static void add_line(struct code_sums *s, const struct line *l)
{
    struct money net = net_of(l->amount, l->discount);
    struct portuguese_tax t = portuguese_tax_of_line(l);
    size_t space = 0;
    while (space + 1 < SPACES && !str_is(t.space, spaces[space])) space++;
    struct space_sums *to = &s->spaces[space];
    for (size_t i = 0; i < LEVELS; i++) {
        if (strcmp(t.code, level_codes[i]) != 0) continue;
        to->has[i] = true;
        add(&to->base[i], net);
        add(&to->tax[i], l->tax);
        return;
    }
    if (t.exempt != NULL && strcmp(t.exempt, "M99") != 0) {
        to->has_exempt = true;
        add(&to->exempt, net);
        return;
    }
    add(&s->outside, net);
    add(&s->outside, l->tax);
}

static void put(struct buffer *to, struct arena *a, const char *field, struct money m,
                const struct fiscal_recorded *r)
{
    buffer_print(to, "*%s:%.*s", field, STR_ARG(money_text(a, portuguese_amount(m, r))));
}

static void put_space(struct buffer *to, struct arena *a, size_t space, const struct space_sums *s,
                      const struct fiscal_recorded *r)
{
    const char letter = "IJK"[space];
    bool used = s->has_exempt;
    for (size_t i = 0; i < LEVELS; i++) used = used || s->has[i];
    if (!used && space > 0) return;
    buffer_print(to, "*%c1:%s", letter, used ? spaces[space] : "0");
    char field[3] = {letter, '2', '\0'};
    if (s->has_exempt) put(to, a, field, s->exempt, r);
    for (size_t i = 0; i < LEVELS; i++) {
        if (!s->has[i]) continue;
        field[1] = (char)('3' + 2 * i);
        put(to, a, field, s->base[i], r);
        field[1]++;
        put(to, a, field, s->tax[i], r);
    }
}

struct str portuguese_code_text(struct arena *a, const struct fiscal_recorded *r, const struct invoice *v,
                                const struct customer *buyer, uint64_t certificate)
{
    struct buffer to = {.arena = a};
    struct code_sums sums = {.outside = money_zero(v->total)};
    struct str country = buyer->party.country.len > 0 ? buyer->party.country : STR("PT");
    int year = 0, month = 0, day = 0;
    date_split(r->issue_date, &year, &month, &day);
    for (size_t i = 0; i < v->lines_count; i++) add_line(&sums, &v->lines[i]);
    buffer_print(&to, "A:%.*s*B:%.*s*C:%.*s*D:%.*s*E:N*F:%04d%02d%02d*G:%.*s*H:%.*s", STR_ARG(r->issuer),
                 STR_ARG(portuguese_buyer_id(buyer, a)), STR_ARG(country), STR_ARG(r->document_type), year,
                 month, day, STR_ARG(r->number), STR_ARG(r->code));
    for (size_t i = 0; i < SPACES; i++) put_space(&to, a, i, &sums.spaces[i], r);
    if (sums.outside.minor != 0) put(&to, a, "L", sums.outside, r);
    buffer_print(&to, "*N:%.*s*O:%.*s*Q:%.*s*R:%ju", STR_ARG(money_text(a, without_sign(r->tax))),
                 STR_ARG(money_text(a, without_sign(r->total))), STR_ARG(fiscal_mark(a, r)),
                 (uintmax_t)certificate);
    return (struct str){(const char *)to.ptr, to.len};
}
