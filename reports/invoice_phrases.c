/* SPDX-License-Identifier: MIT */
/* invoice_phrases.c - see phrases.h. The ledger keeps a description as one English text, put together of a
 * catalog's name and of words, numbers and days of ours, "Unused part of Basic, 16 of 31 days". Which kind of
 * line it is tells that the words are ours, and texts.def what they are in English; so they are taken off
 * from both ends and said anew, and the name between them stays. What does not read so stays as a whole. */
#include "reports/phrases.h"

struct phrase {
    const struct speech *speech, *english;
    struct arena *arena;
    struct str first, rest, last; /* what is said anew at both ends, and what is still to be read */
};

/* ---- numbers, days and stretches of time ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_of_number(char c)
{
    return is_digit(c) || c == '.' || c == ',' || c == '-';
}

/* Where a number or a day begins that ends before `end`; there, where none does. */
static size_t number_before(struct str text, size_t end)
{
    size_t at = end;
    while (at > 0 && is_of_number(text.ptr[at - 1])) at--;
    return at;
}

static const struct {
    const char *unit;
    enum text words; /* hours, minutes and seconds stand as their units in each language */
} units[] = {{" days", TEXT_SPAN_DAYS}, {" day", TEXT_SPAN_DAY}, {" h", 0}, {" min", 0}, {" s", 0}};
enum { UNITS = sizeof units / sizeof units[0] };

/* The same of "6 h". */
static size_t unit_before(struct str text, size_t end)
{
    for (size_t i = 0; i < UNITS; i++) {
        size_t unit = strlen(units[i].unit);
        if (end < unit || memcmp(text.ptr + end - unit, units[i].unit, unit) != 0) continue;
        size_t at = end - unit;
        while (at > 0 && is_digit(text.ptr[at - 1])) at--;
        return at == end - unit ? end : at;
    }
    return end;
}

/* … and of "15 days 6 h 30 min". */
static size_t span_before(struct str text, size_t end)
{
    size_t at = unit_before(text, end);
    while (at > 0 && at < end && text.ptr[at - 1] == ' ') {
        size_t greater = unit_before(text, at - 1);
        if (greater == at - 1) break;
        at = greater;
    }
    return at;
}

/* "1,234.50" as the document writes numbers, "2025-01-31" as it writes days. */
static struct str number_words(const struct phrase *p, struct str text)
{
    struct buffer plain = {.arena = p->arena};
    struct decimal d = {0};
    struct date on = {0};
    struct error unused = {0};
    int decimals = 0;
    if (date_parse(&on, text, &unused) == OK) return say_date(p->speech, p->arena, on);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.') decimals = (int)(text.len - i - 1);
        if (text.ptr[i] != ',') buffer_add_byte(&plain, (uint8_t)text.ptr[i]);
    }
    struct str number = {(const char *)plain.ptr, plain.len};
    bool read = decimal_parse(&d, number, &unused) == OK;
    return read ? say_decimal(p->speech, p->arena, d, decimals) : text;
}

static struct str span_words(const struct phrase *p, struct str text)
{
    for (size_t i = 0; i < UNITS && units[i].words != 0; i++) {
        size_t digits = 0, unit = strlen(units[i].unit);
        while (digits < text.len && is_digit(text.ptr[digits])) digits++;
        if (digits + unit > text.len || memcmp(text.ptr + digits, units[i].unit, unit) != 0) continue;
        struct str number = {text.ptr, digits}, rest = {text.ptr + digits + unit, text.len - digits - unit};
        struct str said = SAY(p->speech, p->arena, units[i].words, number);
        return str_format(p->arena, "%.*s%.*s", STR_ARG(said), STR_ARG(rest));
    }
    return text;
}

/* ---- patterns ---- */

/* Whether a text ends as an English pattern says: what stands before it, and what stands in the pattern's
 * places. */
static bool ends_in(struct str *before, struct words *places, struct str text, struct str pattern,
                    size_t (*place_before)(struct str text, size_t end))
{
    size_t at = text.len;
    for (size_t p = pattern.len; p > 0;) {
        if (pattern.ptr[p - 1] != '}') {
            if (at == 0 || text.ptr[--at] != pattern.ptr[--p]) return false;
            continue;
        }
        size_t end = at;
        at = place_before(text, end);
        if (at == end) return false;
        places->at[pattern.ptr[p - 2] - '1'] = (struct str){text.ptr + at, end - at};
        p -= 3;
    }
    *before = (struct str){text.ptr, at};
    return true;
}

/* The whole rest, or with `whole` false what stands behind a name. */
static bool take_as(struct phrase *p, enum text t, bool whole)
{
    struct words places = {{{0}}};
    struct str before = STR_NONE, pattern = say(p->english, t);
    bool span = t == TEXT_AFTER_SPAN || t == TEXT_AFTER_SPAN_COUNTED;
    if (!ends_in(&before, &places, p->rest, pattern, span ? span_before : number_before)) return false;
    if (whole != (before.len == 0)) return false;
    for (size_t i = 0; i < sizeof places.at / sizeof places.at[0]; i++) {
        if (places.at[i].len == 0) continue;
        places.at[i] = span ? span_words(p, places.at[i]) : number_words(p, places.at[i]);
    }
    struct str ours = say_with(p->speech, p->arena, t, &places);
    p->last = str_format(p->arena, "%.*s%.*s", STR_ARG(ours), STR_ARG(p->last));
    p->rest = before;
    return true;
}

static bool take_beginning(struct phrase *p)
{
    for (enum text t = TEXT_BEFORE_CREDIT; t <= TEXT_BEFORE_MINIMUM; t++) {
        struct str words = say(p->english, t), ours = say(p->speech, t);
        if (p->rest.len <= words.len || memcmp(p->rest.ptr, words.ptr, words.len) != 0) continue;
        p->first = str_format(p->arena, "%.*s%.*s", STR_ARG(p->first), STR_ARG(ours));
        p->rest = (struct str){p->rest.ptr + words.len, p->rest.len - words.len};
        return true;
    }
    return false;
}

static bool take_end(struct phrase *p)
{
    for (enum text t = TEXT_AFTER_DAYS; t <= TEXT_AFTER_OTHER_TIER; t++)
        if (take_as(p, t, false)) return true;
    return false;
}

static bool take_whole(struct phrase *p, enum line_kind kind)
{
    if (kind == LINE_COMMITMENT) return take_as(p, TEXT_WHOLE_COMMITMENT, true);
    return kind == LINE_PREPAID &&
           (take_as(p, TEXT_WHOLE_PREPAID, true) || take_as(p, TEXT_WHOLE_PREPAID_BACK, true));
}

struct str description_words(const struct speech *s, struct arena *a, const struct line *line, bool *changed)
{
    struct phrase p = {.speech = s, .english = speech_of(STR("en")), .arena = a, .rest = line->description};
    enum line_kind kind = line->kind == LINE_CREDIT ? line->credited_kind : line->kind;
    *changed = false;
    if (strcmp(speech_tag(s), "en") == 0) return line->description;
    if (line->kind == LINE_CREDIT) *changed = take_beginning(&p);
    if (kind != LINE_ITEM) { /* which somebody wrote */
        while (take_end(&p)) *changed = true;
        if (take_whole(&p, kind)) *changed = true;
        while (take_beginning(&p)) *changed = true;
    }
    return str_format(a, "%.*s%.*s%.*s", STR_ARG(p.first), STR_ARG(p.rest), STR_ARG(p.last));
}

/* ---- notes and coupons ---- */

struct str note_words(const struct speech *s, struct arena *a, struct str note)
{
    static const enum text ours[] = {TEXT_NOTE_AE, TEXT_NOTE_E, TEXT_NOTE_K, TEXT_NOTE_G, TEXT_NOTE_O};
    const struct speech *english = speech_of(STR("en"));
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (str_equal(note, say(english, ours[i]))) return say(s, ours[i]);
    struct str because = SAY(english, a, TEXT_NOTE_E_BECAUSE, STR_NONE);
    size_t head = because.len - 1; /* "Exempt from tax: " before the full stop */
    if (note.len <= because.len || memcmp(note.ptr, because.ptr, head) != 0) return note;
    struct str reason = {note.ptr + head, note.len - head - 1};
    return SAY(s, a, TEXT_NOTE_E_BECAUSE, reason);
}

static bool said_before(const struct invoice *v, size_t tax)
{
    for (size_t i = 0; i < tax; i++)
        if (str_equal(v->taxes[i].note, v->taxes[tax].note)) return true;
    return false;
}

struct str notes_words(const struct speech *s, struct arena *a, const struct invoice *v)
{
    struct buffer b = {.arena = a};
    for (size_t i = 0; i < v->taxes_count; i++) {
        if (v->taxes[i].note.len == 0 || said_before(v, i)) continue;
        struct str note = note_words(s, a, v->taxes[i].note);
        buffer_print(&b, "%s%.*s", b.len > 0 ? " " : "", STR_ARG(note));
    }
    return b.len > 0 ? (struct str){(const char *)b.ptr, b.len} : note_words(s, a, v->note);
}

struct str discount_words(const struct speech *s, struct arena *a, const struct discount_total *d)
{
    struct str name = d->name.len > 0 ? d->name : d->code;
    if (d->code.len == 0) return say(s, TEXT_DISCOUNTS);
    return SAY(s, a, TEXT_DISCOUNT, name);
}

/* ---- the seller's own ---- */

static const struct seller_words *words_of_seller(const struct speech *s, const struct seller *seller)
{
    static const struct seller_words none = {0};
    for (size_t i = 0; i < seller->words_count; i++) {
        const struct seller_words *w = &seller->words[i];
        if (strcmp(choice_document_language.words[w->language], speech_tag(s)) == 0) return w;
    }
    return &none;
}

struct str terms_words(const struct speech *s, const struct seller *seller)
{
    struct str own = words_of_seller(s, seller)->payment_terms_text;
    return own.len > 0 ? own : seller->payment_terms_text;
}

struct str footer_words(const struct speech *s, const struct seller *seller)
{
    struct str own = words_of_seller(s, seller)->footer;
    return own.len > 0 ? own : seller->footer;
}
