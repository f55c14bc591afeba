/* SPDX-License-Identifier: MIT */
/* speech.c - see speech.h. */
#include "reports/speech.h"

enum language { EN, DE, FR, ES, LANGUAGES };
enum months { MONTHS_DE, MONTHS_EN, MONTHS_EN_US, MONTHS_EN_AU, MONTHS_FR, MONTHS_FR_CA, MONTHS_ES };
enum shape { CODE_FIRST /* -EUR 1.00 */, CODE_MINUS /* EUR-1.00 */, CODE_LAST /* -1.00 EUR */ };

struct speech {
    const char *tag;
    enum language language;
    enum months months;
    const char *group, *point;
    enum shape shape;
    const char *percent, *date;
};

static const struct speech formats[] = {
#define FORMAT(tag, language, months, group, point, shape, percent, date) \
    {tag, language, MONTHS_##months, group, point, shape, percent, date},
#include "reports/formats.def"
#undef FORMAT
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static const char *const texts[TEXTS][LANGUAGES] = {
#define TEXT(name, english, german, french, spanish) {english, german, french, spanish},
#include "reports/texts.def"
#undef TEXT
};

static const char *const month_names[][12] = {
    [MONTHS_DE] = {"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.",
                   "Dez."},
    [MONTHS_EN] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"},
    [MONTHS_EN_US] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
    [MONTHS_EN_AU] = {"Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"},
    [MONTHS_FR] = {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
                   "déc."},
    [MONTHS_FR_CA] = {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juill.", "août", "sept.", "oct.",
                      "nov.", "déc."},
    [MONTHS_ES] = {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"},
};

const struct speech *speech_of(struct str locale)
{
    const struct speech *found = &formats[0];
    if (locale.len == 0) locale = STR("en-US");
    if (str_is(locale, "en")) return found;
    for (size_t i = 0; i < FORMATS; i++) {
        if (str_is(locale, formats[i].tag)) return &formats[i];
        bool of_language = strlen(formats[i].tag) == 2 && locale.len >= 2 &&
                           memcmp(formats[i].tag, locale.ptr, 2) == 0 &&
                           (locale.len == 2 || locale.ptr[2] == '-');
        if (of_language) found = &formats[i];
    }
    return found;
}

const char *speech_tag(const struct speech *s)
{
    static const char *const tags[LANGUAGES] = {"en", "de", "fr", "es"};
    return tags[s->language];
}

struct str say(const struct speech *s, enum text t)
{
    return str_of(texts[t][s->language]);
}

struct str say_with(const struct speech *s, struct arena *a, enum text t, const struct words *w)
{
    struct buffer b = {.arena = a};
    const char *text = texts[t][s->language];
    for (const char *p = text; *p != '\0'; p++) {
        bool place = p[0] == '{' && p[1] >= '1' && p[1] <= '4' && p[2] == '}';
        if (!place) {
            buffer_add_byte(&b, (uint8_t)*p);
            continue;
        }
        const struct str *word = &w->at[p[1] - '1'];
        buffer_add(&b, word->ptr, word->len);
        p += 2;
    }
    return (struct str){(const char *)b.ptr, b.len};
}

/* ---- numbers ---- */

static void add_text(struct buffer *b, const char *text)
{
    buffer_add(b, text, strlen(text));
}

/* A plain number, "-1234.5", with the separators and at least so many decimals. */
static void add_number(struct buffer *b, const struct speech *s, struct str plain, int decimals)
{
    size_t start = plain.len > 0 && plain.ptr[0] == '-' ? 1 : 0, point = start;
    while (point < plain.len && plain.ptr[point] != '.') point++;
    buffer_add(b, plain.ptr, start);
    for (size_t i = start; i < point; i++) {
        if (i > start && (point - i) % 3 == 0) add_text(b, s->group);
        buffer_add(b, plain.ptr + i, 1);
    }
    int written = point < plain.len ? (int)(plain.len - point - 1) : 0;
    if (written > 0 || decimals > 0) add_text(b, s->point);
    if (written > 0) buffer_add(b, plain.ptr + point + 1, (size_t)written);
    for (; written < decimals; written++) buffer_add_byte(b, '0');
}

static struct str text_of(const struct buffer *b)
{
    return (struct str){(const char *)b->ptr, b->len};
}

struct str say_decimal(const struct speech *s, struct arena *a, struct decimal d, int decimals)
{
    struct buffer b = {.arena = a};
    add_number(&b, s, decimal_text(a, d), decimals);
    return text_of(&b);
}

struct str say_percent(const struct speech *s, struct arena *a, struct decimal d)
{
    struct buffer b = {.arena = a};
    add_number(&b, s, decimal_text(a, d), 0);
    add_text(&b, s->percent);
    return text_of(&b);
}

struct str say_amount(const struct speech *s, struct arena *a, struct money m)
{
    struct buffer b = {.arena = a};
    add_number(&b, s, money_text(a, m), 0);
    return text_of(&b);
}

struct str say_money(const struct speech *s, struct arena *a, struct money m)
{
    static const char blank[] = "\u00a0";
    struct buffer b = {.arena = a};
    struct str plain = money_text(a, m);
    bool minus = plain.len > 0 && plain.ptr[0] == '-';
    if (s->shape == CODE_LAST) {
        add_number(&b, s, plain, 0);
        add_text(&b, blank);
        add_text(&b, m.currency);
        return text_of(&b);
    }
    if (minus) plain = (struct str){plain.ptr + 1, plain.len - 1};
    if (minus && s->shape == CODE_FIRST) buffer_add_byte(&b, '-');
    add_text(&b, m.currency);
    add_text(&b, minus && s->shape == CODE_MINUS ? "-" : blank);
    add_number(&b, s, plain, 0);
    return text_of(&b);
}

/* ---- dates ---- */

/* By a pattern of the CLDR: d, dd, MM, MMM, y. */
struct str say_date(const struct speech *s, struct arena *a, struct date d)
{
    struct buffer b = {.arena = a};
    int year = 0, month = 0, day = 0;
    if (!date_is_given(d)) return STR_NONE;
    date_split(d, &year, &month, &day);
    for (const char *p = s->date; *p != '\0';) {
        size_t same = 1;
        while (p[same] == *p) same++;
        if (*p == 'y')
            buffer_print(&b, "%d", year);
        else if (*p == 'M' && same == 3)
            add_text(&b, month_names[s->months][month - 1]);
        else if (*p == 'M' || *p == 'd')
            buffer_print(&b, "%0*d", (int)same, *p == 'M' ? month : day);
        else
            buffer_add(&b, p, same);
        p += same;
    }
    return text_of(&b);
}

struct str say_month(const struct speech *s, struct arena *a, struct date d)
{
    int year = 0, month = 0, day = 0;
    if (!date_is_given(d)) return STR_NONE;
    date_split(d, &year, &month, &day);
    return str_format(a, "%s %d", month_names[s->months][month - 1], year);
}

struct str say_days(const struct speech *s, struct arena *a, struct date from, struct date to)
{
    if (!date_is_given(from) || !date_is_given(to)) return STR_NONE;
    struct date last = date_add_days(to, -1);
    if (date_compare(last, from) <= 0) return say_date(s, a, from);
    return SAY(s, a, TEXT_DAYS, say_date(s, a, from), say_date(s, a, last));
}

/* ---- countries ---- */

struct str say_country(const struct speech *s, struct str code)
{
    static const struct {
        char code[3];
        const char *names[LANGUAGES - 1];
    } countries[] = {
#define COUNTRY_NAMES(code, german, french, spanish) {#code, {german, french, spanish}},
#include "reports/country_names.def"
#undef COUNTRY_NAMES
    };
    size_t low = 0, high = sizeof countries / sizeof countries[0];
    if (s->language == EN) return country_name(code);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(str_of(countries[middle].code), code);
        if (order == 0) return str_of(countries[middle].names[s->language - 1]);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return code;
}
