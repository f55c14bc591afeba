/* SPDX-License-Identifier: MIT */
/* einvoice_taxes.c - the VAT breakdown (BG-23) and what coupons took (BG-20), from the lines: each group is
 * the lines of one category and rate, so it adds up to them by construction. */
#include "reports/einvoice_taxes.h"
#include "reports/phrases.h"

/* The European Commission's code list VATEX as of the rules' version 1.3.16. A reason that is no code of it
 * is told in words alone. */
static const char *const reason_codes[] = {"VATEX-EU-79-C",
                                           "VATEX-EU-132",
                                           "VATEX-EU-132-1A",
                                           "VATEX-EU-132-1B",
                                           "VATEX-EU-132-1C",
                                           "VATEX-EU-132-1D",
                                           "VATEX-EU-132-1E",
                                           "VATEX-EU-132-1F",
                                           "VATEX-EU-132-1G",
                                           "VATEX-EU-132-1H",
                                           "VATEX-EU-132-1I",
                                           "VATEX-EU-132-1J",
                                           "VATEX-EU-132-1K",
                                           "VATEX-EU-132-1L",
                                           "VATEX-EU-132-1M",
                                           "VATEX-EU-132-1N",
                                           "VATEX-EU-132-1O",
                                           "VATEX-EU-132-1P",
                                           "VATEX-EU-132-1Q",
                                           "VATEX-EU-135-1",
                                           "VATEX-EU-143",
                                           "VATEX-EU-143-1A",
                                           "VATEX-EU-143-1B",
                                           "VATEX-EU-143-1C",
                                           "VATEX-EU-143-1D",
                                           "VATEX-EU-143-1E",
                                           "VATEX-EU-143-1F",
                                           "VATEX-EU-143-1FA",
                                           "VATEX-EU-143-1G",
                                           "VATEX-EU-143-1H",
                                           "VATEX-EU-143-1I",
                                           "VATEX-EU-143-1J",
                                           "VATEX-EU-143-1K",
                                           "VATEX-EU-143-1L",
                                           "VATEX-EU-144",
                                           "VATEX-EU-146-1E",
                                           "VATEX-EU-148",
                                           "VATEX-EU-148-A",
                                           "VATEX-EU-148-B",
                                           "VATEX-EU-148-C",
                                           "VATEX-EU-148-D",
                                           "VATEX-EU-148-E",
                                           "VATEX-EU-148-F",
                                           "VATEX-EU-148-G",
                                           "VATEX-EU-151",
                                           "VATEX-EU-151-1A",
                                           "VATEX-EU-151-1AA",
                                           "VATEX-EU-151-1B",
                                           "VATEX-EU-151-1C",
                                           "VATEX-EU-151-1D",
                                           "VATEX-EU-151-1E",
                                           "VATEX-EU-153",
                                           "VATEX-EU-159",
                                           "VATEX-EU-309",
                                           "VATEX-EU-D",
                                           "VATEX-EU-F",
                                           "VATEX-EU-I",
                                           "VATEX-EU-J",
                                           "VATEX-FR-FRANCHISE",
                                           "VATEX-FR-CNWVAT",
                                           "VATEX-FR-CGI261-1",
                                           "VATEX-FR-CGI261-2",
                                           "VATEX-FR-CGI261-3",
                                           "VATEX-FR-CGI261-4",
                                           "VATEX-FR-CGI261-5",
                                           "VATEX-FR-CGI261-7",
                                           "VATEX-FR-CGI261-8",
                                           "VATEX-FR-CGI261A",
                                           "VATEX-FR-CGI261B",
                                           "VATEX-FR-CGI261C-1",
                                           "VATEX-FR-CGI261C-2",
                                           "VATEX-FR-CGI261C-3",
                                           "VATEX-FR-CGI261D-1",
                                           "VATEX-FR-CGI261D-2",
                                           "VATEX-FR-CGI261D-1BIS",
                                           "VATEX-FR-CGI261D-3",
                                           "VATEX-FR-CGI261D-4",
                                           "VATEX-FR-CGI261E-1",
                                           "VATEX-FR-CGI261E-2",
                                           "VATEX-FR-CGI275",
                                           "VATEX-FR-CGI277A",
                                           "VATEX-FR-CGI295",
                                           "VATEX-FR-298SEXDECIESA"};

static bool is_reason_code(struct str text)
{
    for (size_t i = 0; i < sizeof reason_codes / sizeof reason_codes[0]; i++)
        if (str_is(text, reason_codes[i])) return true;
    return false;
}

bool einvoice_has_category(const struct einvoice *v, const char *code)
{
    for (size_t i = 0; i < v->taxes_count; i++)
        if (str_is(v->taxes[i].category.code, code)) return true;
    return false;
}

/* ---- the category of a line ---- */

static bool is_outside(const struct line *l)
{
    return l->kind == LINE_PREPAID || str_is(l->tax_category, "O");
}

static bool all_outside(const struct invoice *v)
{
    for (size_t i = 0; i < v->lines_count; i++)
        if (!is_outside(&v->lines[i])) return false;
    return true;
}

/* A document with a line that is not subject to VAT may have no other (BR-O-11): beside others such a line,
 * prepaid credit for one, stands as exempt, and the reason says what it is. */
static enum err category_of(struct einvoice_category *out, const struct line *l, bool outside,
                            struct error *e)
{
    static const char *const codes[] = {"Z", "E", "AE", "K", "G"};
    *out = (struct einvoice_category){.code = outside ? STR("O") : STR("E")};
    if (is_outside(l)) return OK;
    *out = (struct einvoice_category){l->tax_category, l->tax_rate};
    if (l->tax_category.len == 0)
        return fail(e, ERR_REFUSED,
                    "no tax of the catalog counts for it: its VAT category (BT-151) is not known");
    if (decimal_compare(l->tax_rate, decimal_of(0)) >
        0) { /* several taxes together: one of them is charged */
        out->code = STR("S");
        return OK;
    }
    if (str_is(l->tax_category, "S")) out->code = STR("Z");
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (str_is(out->code, codes[i])) return OK;
    return fail(e, ERR_REFUSED, "its VAT category (BT-151) is none of the standard's");
}

/* ---- groups ---- */

struct group {
    struct einvoice_tax tax;
    struct money discount; /* with the sign of the document, as all here until the end */
    bool outside;          /* has lines that are not subject to VAT */
    const struct tax_total *total;
};

struct grouping {
    struct einvoice *to;
    const struct invoice_document *document;
    const struct speech *speech;
    struct group *groups;
    size_t count, capacity;
    struct arena *arena;
};

static bool same_category(const struct einvoice_category *a, const struct einvoice_category *b)
{
    return str_equal(a->code, b->code) && decimal_compare(a->rate, b->rate) == 0;
}

static struct group *group_of(struct grouping *g, const struct einvoice_category *category)
{
    for (size_t i = 0; i < g->count; i++)
        if (same_category(&g->groups[i].tax.category, category)) return &g->groups[i];
    struct money zero = money_of(0, g->to->currency);
    g->groups = arena_grow(g->arena, g->groups, g->count, &g->capacity, sizeof *g->groups);
    g->groups[g->count] =
        (struct group){.tax = {.category = *category, .base = zero, .tax = zero}, .discount = zero};
    return &g->groups[g->count++];
}

/* The document's total of a tax that a line has. */
static const struct tax_total *total_of(const struct invoice *v, const struct line *l)
{
    for (size_t i = 0; i < v->taxes_count; i++)
        if (str_equal(v->taxes[i].category, l->tax_category)) return &v->taxes[i];
    return NULL;
}

static enum err add_line(struct grouping *g, size_t place, struct error *e)
{
    const struct invoice *v = g->document->invoice;
    const struct line *l = &v->lines[place];
    struct group *group = group_of(g, &g->to->lines[place].category);
    struct einvoice_tax *tax = &group->tax;
    struct money net = net_of(l->amount, l->discount), zero = money_of(0, g->to->currency);
    group->outside = group->outside || is_outside(l);
    if (group->total == NULL && !is_outside(l)) group->total = total_of(v, l);
    enum err err = money_add(&tax->base, tax->base, net, e);
    if (err == OK) err = money_add(&tax->tax, tax->tax, money_is_given(l->tax) ? l->tax : zero, e);
    if (err == OK && money_is_given(l->discount))
        err = money_add(&group->discount, group->discount, l->discount, e);
    return err;
}

/* ---- why no tax is charged ---- */

static struct str exemption_code(const struct grouping *g, const struct einvoice_tax *tax)
{
    static const struct {
        const char *category, *reason;
    } codes[] = {{"AE", "VATEX-EU-AE"}, {"K", "VATEX-EU-IC"}, {"G", "VATEX-EU-G"}, {"O", "VATEX-EU-O"}};
    const struct customer *buyer = g->document->buyer;
    if (str_is(tax->category.code, "E"))
        return buyer->tax_exempt && is_reason_code(buyer->tax_exempt_reason) ? buyer->tax_exempt_reason
                                                                             : STR_NONE;
    /* The codes are of the EU's directive, and a seller of another country has another law. */
    if (!country_is_in_eu(g->to->seller.location->country)) return STR_NONE;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (str_is(tax->category.code, codes[i].category)) return str_of(codes[i].reason);
    return STR_NONE;
}

static void give_reason(const struct grouping *g, struct group *group)
{
    const struct str voucher = say(g->speech, TEXT_NOTE_VOUCHER);
    struct einvoice_tax *tax = &group->tax;
    if (str_is(tax->category.code, "S") || str_is(tax->category.code, "Z")) return;
    tax->reason = group->total != NULL ? note_words(g->speech, g->arena, group->total->note) : STR_NONE;
    if (group->outside) {
        struct str other = tax->reason;
        tax->reason =
            other.len == 0 ? voucher : str_format(g->arena, "%.*s %.*s", STR_ARG(other), STR_ARG(voucher));
        if (!str_is(tax->category.code, "O")) return; /* a code would be of some lines only */
    }
    tax->reason_code = exemption_code(g, tax);
    if (tax->reason.len == 0 && tax->reason_code.len == 0) tax->reason = say(g->speech, TEXT_NOTE_NO_TAX);
}

/* ---- what coupons took ---- */

static struct str all_coupons(const struct grouping *g, const struct invoice *v)
{
    struct arena *a = g->arena;
    struct str names = STR_NONE;
    for (size_t i = 0; i < v->discounts_count; i++) {
        struct str one = discount_words(g->speech, a, &v->discounts[i]);
        names = i == 0 ? one : str_format(a, "%.*s; %.*s", STR_ARG(names), STR_ARG(one));
    }
    return names.len > 0 ? names : say(g->speech, TEXT_DISCOUNTS);
}

static enum err add_allowance(struct einvoice *v, const struct einvoice_category *category, struct str reason,
                              struct money amount, struct error *e)
{
    if (money_is_zero(amount)) return OK;
    if (v->credit_note) amount = money_negate(amount);
    bool charge = money_is_negative(amount);
    if (charge) amount = money_negate(amount);
    v->allowances[v->allowances_count++] = (struct einvoice_allowance){
        .charge = charge, .amount = amount, .reason = reason, .category = *category};
    struct money *sum = charge ? &v->sums.charges : &v->sums.allowances;
    return money_add(sum, *sum, amount, e);
}

/* Each coupon by its name, where all that it took is of one category; else what all took of each. */
static enum err add_allowances(const struct grouping *g, struct error *e)
{
    const struct invoice *v = g->document->invoice;
    int64_t by_coupon = 0;
    enum err err = OK;
    for (size_t i = 0; i < v->discounts_count; i++) by_coupon += v->discounts[i].amount.minor;
    bool one_each = g->count == 1 && by_coupon == g->groups[0].discount.minor;
    g->to->allowances = arena_array_of(g->arena, struct einvoice_allowance, v->discounts_count + g->count);
    for (size_t i = 0; i < v->discounts_count && one_each && err == OK; i++)
        err = add_allowance(g->to, &g->groups[0].tax.category,
                            discount_words(g->speech, g->arena, &v->discounts[i]), v->discounts[i].amount, e);
    for (size_t i = 0; i < g->count && !one_each && err == OK; i++)
        err = add_allowance(g->to, &g->groups[i].tax.category, all_coupons(g, v), g->groups[i].discount, e);
    return err;
}

static void add_taxes(struct einvoice *out, const struct grouping *g)
{
    out->taxes = arena_array_of(g->arena, struct einvoice_tax, g->count);
    out->taxes_count = g->count;
    for (size_t i = 0; i < g->count; i++) {
        give_reason(g, &g->groups[i]);
        out->taxes[i] = g->groups[i].tax;
        if (!out->credit_note) continue;
        out->taxes[i].base = money_negate(out->taxes[i].base);
        out->taxes[i].tax = money_negate(out->taxes[i].tax);
    }
}

enum err einvoice_tax(struct einvoice *out, const struct invoice_document *d, struct arena *a,
                      struct error *e)
{
    struct grouping g = {.to = out, .document = d, .speech = speech_of(d->buyer->locale), .arena = a};
    const struct invoice *v = d->invoice;
    bool outside = all_outside(v);
    for (size_t i = 0; i < v->lines_count; i++) {
        enum err err = category_of(&out->lines[i].category, &v->lines[i], outside, e);
        if (err == OK) err = add_line(&g, i, e);
        if (err != OK) return wrap(e, "line %zu", i + 1);
    }
    enum err err = add_allowances(&g, e);
    if (err == OK) add_taxes(out, &g);
    return err;
}
