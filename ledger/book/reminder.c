/* SPDX-License-Identifier: MIT */
/* reminder.c - see reminder.h. */
#include "ledger/book/reminder.h"

#include <string.h>

/* ---- what is due ---- */

/* The first day, by the invoice's due date, on which the rule speaks. */
static bool is_of_days(const struct reminder_rule *r)
{
    return r->on == REMINDER_DUE || r->on == REMINDER_OVERDUE;
}

static const struct reminder_rule *rule_of_days(const struct dunning *rule, const struct open_invoice *v,
                                                struct date day)
{
    const struct reminder_rule *latest = NULL;
    for (size_t i = 0; i < rule->reminders_count; i++) {
        const struct reminder_rule *r = &rule->reminders[i];
        int32_t past = date_days_between(v->due, day);
        bool reached = is_of_days(r) && past >= (int32_t)r->days && r->days + 1 > v->told_days;
        if (reached && (latest == NULL || r->days > latest->days)) latest = r;
    }
    return latest;
}

static bool is_to_mend(const struct open_invoice *v, const struct dunning *rule)
{
    return !v->told_ask && decline_action(rule, v->code, v->advice) == DECLINE_ASK;
}

/* Kinds that tell of how a payment was declined, overdue or not. */
static bool is_of_declines(enum reminder_kind kind)
{
    return kind == REMINDER_ASK || kind == REMINDER_FAILED;
}

static bool is_to_tell(enum reminder_kind kind, const struct open_invoice *v, const struct dunning *rule)
{
    return kind == REMINDER_ASK ? is_to_mend(v, rule) : v->code.len > 0 && !v->told_failed;
}

static bool any_to_tell(enum reminder_kind kind, const struct dunning *rule, const struct debtor *d,
                        const char *currency)
{
    bool any = false;
    for (size_t i = 0; i < d->open_count; i++) {
        bool same = strcmp(d->open[i].left.currency, currency) == 0;
        any = any || (same && is_to_tell(kind, &d->open[i], rule));
    }
    return any;
}

static bool is_near_end(const struct dunned *v, const struct dunning *rule)
{
    const struct campaign *c = v->campaign;
    if (rule->at_end == DUNNING_END_NOTHING || c->told_before_end || date_is_given(c->exhausted_on))
        return false;
    return v->state == DUNNING_EXHAUSTED || (v->state == DUNNING_WAITS && c->attempt + 1 == rule->attempts);
}

static bool has_ended(const struct dunned *v, const struct dunning *rule, struct date day)
{
    const struct campaign *c = v->campaign;
    bool over =
        rule->at_end == DUNNING_END_NOTHING && v->state == DUNNING_EXHAUSTED && date_compare(c->on, day) < 0;
    return !c->told_end && (over || date_is_given(c->exhausted_on));
}

static bool is_due_by(const struct reminder_rule *r, const struct dunned *v, const struct dunning *rule,
                      const struct debtor *d, struct date day)
{
    const struct campaign *c = v->campaign;
    if (is_of_declines(r->on)) return any_to_tell(r->on, rule, d, v->overdue.currency);
    if (c == NULL || v->overdue.minor <= 0) return false;
    if (r->on == REMINDER_DECLINED) return c->attempt > c->told_attempt;
    if (r->on == REMINDER_BEFORE_END) return is_near_end(v, rule);
    return r->on == REMINDER_ENDED && has_ended(v, rule, day);
}

static enum err visit_currency(bool *goes_on, const struct dunning *rule, const struct debtor *d,
                               size_t place, struct date day, reminder_visit_fn *visit, void *context,
                               struct error *e)
{
    struct reminder_wish w = {.place = place};
    const char *currency = d->open[place].left.currency;
    enum err err = dunning_look(&w.dunned, rule, d, currency, day, e);
    for (size_t i = 0; i < rule->reminders_count && err == OK && *goes_on; i++) {
        w.rule = &rule->reminders[i];
        if (is_due_by(w.rule, &w.dunned, rule, d, day)) *goes_on = visit(context, &w);
    }
    return err;
}

static enum err visit_invoice(bool *goes_on, const struct dunning *rule, const struct debtor *d, size_t place,
                              struct date day, reminder_visit_fn *visit, void *context, struct error *e)
{
    struct reminder_wish w = {.rule = rule_of_days(rule, &d->open[place], day), .place = place};
    if (w.rule == NULL) return OK;
    enum err err = dunning_look(&w.dunned, rule, d, d->open[place].left.currency, day, e);
    if (err == OK) *goes_on = visit(context, &w);
    return err;
}

enum err reminders_visit(const struct dunning *rule, const struct debtor *d, struct date day,
                         reminder_visit_fn *visit, void *context, struct error *e)
{
    enum err err = OK;
    bool goes_on = rule->reminders_count > 0;
    for (size_t i = 0; i < d->open_count && err == OK && goes_on; i++) {
        err = visit_invoice(&goes_on, rule, d, i, day, visit, context, e);
        if (err == OK && goes_on && open_invoice_is_first(d, i))
            err = visit_currency(&goes_on, rule, d, i, day, visit, context, e);
    }
    return err;
}

static bool note_one(void *context, const struct reminder_wish *w)
{
    (void)w;
    *(bool *)context = true;
    return false;
}

bool reminders_are_due(const struct dunning *rule, const struct debtor *d, struct date day)
{
    struct error unused;
    bool any = false;
    return reminders_visit(rule, d, day, note_one, &any, &unused) != OK || any;
}

bool reminder_is_about(const struct reminder_wish *w, const struct dunning *rule, const struct debtor *d,
                       size_t place, struct date day)
{
    const struct open_invoice *v = &d->open[place];
    if (is_of_days(w->rule)) return place == w->place;
    if (!money_same_currency(v->left, w->dunned.overdue)) return false;
    return is_of_declines(w->rule->on) ? is_to_tell(w->rule->on, v, rule) : open_invoice_is_overdue(v, day);
}

/* ---- words ---- */

static const struct {
    const char *name;
    size_t offset;
} placeholders[] = {
    {"customer", offsetof(struct reminder_words, customer)},
    {"invoice", offsetof(struct reminder_words, invoice)},
    {"amount", offsetof(struct reminder_words, amount)},
    {"due", offsetof(struct reminder_words, due)},
    {"attempt", offsetof(struct reminder_words, attempt)},
    {"attempts", offsetof(struct reminder_words, attempts)},
    {"next", offsetof(struct reminder_words, next)},
};
enum { PLACEHOLDERS = sizeof placeholders / sizeof placeholders[0] };

/* Of the placeholder that begins at `at`, what stands between the braces; false: it has no end. */
static bool name_at(struct str *out, struct str text, size_t at)
{
    size_t end = at + 1;
    while (end < text.len && text.ptr[end] != '}') end++;
    *out = (struct str){text.ptr + at + 1, end - at - 1};
    return end < text.len;
}

static size_t placeholder_named(struct str name)
{
    size_t i = 0;
    while (i < PLACEHOLDERS && !str_is(name, placeholders[i].name)) i++;
    return i;
}

enum err template_check(struct str text, struct error *e)
{
    for (size_t i = 0; i < text.len; i++) {
        struct str name = STR_NONE;
        if (text.ptr[i] != '{') continue;
        if (!name_at(&name, text, i)) return fail(e, ERR_INVALID, "a placeholder has no end");
        if (placeholder_named(name) < PLACEHOLDERS) continue;
        struct str shown = text_quotable(name);
        return fail(e, ERR_INVALID, "there is no placeholder '{%.*s}'", STR_ARG(shown));
    }
    return OK;
}

struct str template_fill(struct arena *a, struct str text, const struct reminder_words *w)
{
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < text.len; i++) {
        struct str name = STR_NONE, word = STR_NONE;
        size_t known = text.ptr[i] == '{' && name_at(&name, text, i) ? placeholder_named(name) : PLACEHOLDERS;
        if (known == PLACEHOLDERS) {
            buffer_add(&b, text.ptr + i, 1);
            continue;
        }
        memcpy(&word, (const char *)w + placeholders[known].offset, sizeof word);
        buffer_add(&b, word.ptr, word.len);
        i += name.len + 1;
    }
    return (struct str){(const char *)b.ptr, b.len};
}

struct reminder_words reminder_words_of(const struct reminder_due *v, const struct customer *c,
                                        const struct invoice *invoices, struct arena *a)
{
    struct buffer numbers = {.arena = a};
    struct date due = {0};
    for (size_t i = 0; i < v->invoices_count; i++) {
        if (i > 0) buffer_add(&numbers, ", ", 2);
        buffer_add(&numbers, invoices[i].number.ptr, invoices[i].number.len);
        if (i == 0 || date_compare(invoices[i].due_date, due) < 0) due = invoices[i].due_date;
    }
    return (struct reminder_words){
        .customer = c->party.name.len > 0 ? c->party.name : c->user,
        .invoice = {(const char *)numbers.ptr, numbers.len},
        .amount = str_format(a, "%.*s %s", STR_ARG(money_pretty(a, v->amount)), v->amount.currency),
        .due = date_text(a, due),
        .attempt = str_format(a, "%ju", (uintmax_t)v->attempt),
        .attempts = str_format(a, "%ju", (uintmax_t)v->attempts),
        .next = date_text(a, v->next_on)};
}

const struct reminder_template *template_named(const struct dunning *rule, struct str name)
{
    for (size_t i = 0; i < rule->templates_count; i++) {
        if (str_equal(rule->templates[i].name, name)) return &rule->templates[i];
    }
    return NULL;
}
