/* SPDX-License-Identifier: MIT */
/* invoice_phrases.c - descriptions of lines in the document's language. The ledger keeps a description as one
 * English text, put together of a catalog's name and of words and numbers of ours, "Unused part of Basic, 16
 * of 31 days". Which kind of line it is tells that the words are ours, and texts.def what they are in
 * English; so they are taken off from both ends and said anew, and the name between them stays. What does not
 * read so stays as a whole. */
#include "reports/invoice_layout.h"

static bool is_of_number(char c)
{
    return (c >= '0' && c <= '9') || c == '.' || c == ',' || c == '-';
}

/* "1,234.50" as the document writes numbers. */
static struct str number_words(const struct layout *l, struct str text)
{
    struct buffer plain = {.arena = l->page.arena};
    struct decimal d = {0};
    struct error unused = {0};
    int decimals = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.') decimals = (int)(text.len - i - 1);
        if (text.ptr[i] != ',') buffer_add_byte(&plain, (uint8_t)text.ptr[i]);
    }
    struct str number = {(const char *)plain.ptr, plain.len};
    bool read = decimal_parse(&d, number, &unused) == OK;
    return read ? say_decimal(l->page.speech, l->page.arena, d, decimals) : text;
}

/* Whether a text ends as an English pattern says: what stands before it, and the numbers in the pattern's
 * places. */
static bool ends_in(struct str *before, struct words *numbers, struct str text, struct str pattern)
{
    size_t at = text.len;
    for (size_t p = pattern.len; p > 0;) {
        if (pattern.ptr[p - 1] != '}') {
            if (at == 0 || text.ptr[--at] != pattern.ptr[--p]) return false;
            continue;
        }
        size_t end = at;
        while (at > 0 && is_of_number(text.ptr[at - 1])) at--;
        if (at == end) return false;
        numbers->at[pattern.ptr[p - 2] - '1'] = (struct str){text.ptr + at, end - at};
        p -= 3;
    }
    *before = (struct str){text.ptr, at};
    return at > 0;
}

static bool take_beginning(struct str *said, struct str *rest, const struct layout *l)
{
    const struct speech *english = speech_of(STR("en"));
    for (enum text t = TEXT_BEFORE_CREDIT; t <= TEXT_BEFORE_MINIMUM; t++) {
        struct str words = say(english, t), ours = say(l->page.speech, t);
        if (rest->len <= words.len || memcmp(rest->ptr, words.ptr, words.len) != 0) continue;
        *said = str_format(l->page.arena, "%.*s%.*s", STR_ARG(*said), STR_ARG(ours));
        *rest = (struct str){rest->ptr + words.len, rest->len - words.len};
        return true;
    }
    return false;
}

static bool take_end(struct str *said, struct str *rest, const struct layout *l)
{
    const struct speech *english = speech_of(STR("en"));
    for (enum text t = TEXT_AFTER_DAYS; t <= TEXT_AFTER_WERE_USED; t++) {
        struct words numbers = {{{0}}};
        struct str before = STR_NONE;
        if (!ends_in(&before, &numbers, *rest, say(english, t))) continue;
        for (size_t i = 0; i < sizeof numbers.at / sizeof numbers.at[0]; i++)
            if (numbers.at[i].len > 0) numbers.at[i] = number_words(l, numbers.at[i]);
        struct str ours = say_with(l->page.speech, l->page.arena, t, &numbers);
        *said = str_format(l->page.arena, "%.*s%.*s", STR_ARG(ours), STR_ARG(*said));
        *rest = before;
        return true;
    }
    return false;
}

struct str description_words(const struct layout *l, const struct line *line, bool *changed)
{
    struct str first = STR_NONE, last = STR_NONE, rest = line->description;
    enum line_kind kind = line->kind == LINE_CREDIT ? line->credited_kind : line->kind;
    bool written = kind == LINE_ITEM || kind == LINE_PREPAID; /* by somebody */
    *changed = false;
    if (strcmp(speech_tag(l->page.speech), "en") == 0) return line->description;
    if (line->kind == LINE_CREDIT) *changed = take_beginning(&first, &rest, l);
    while (!written && take_beginning(&first, &rest, l)) *changed = true;
    while (!written && take_end(&last, &rest, l)) *changed = true;
    return str_format(l->page.arena, "%.*s%.*s%.*s", STR_ARG(first), STR_ARG(rest), STR_ARG(last));
}
