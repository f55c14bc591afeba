/* SPDX-License-Identifier: MIT */
/* paper.c - see paper.h. */
#include <unistd.h>

#include "billing/paper.h"

static bool is_set(const char *name)
{
    const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile */
    return value != NULL && value[0] != '\0';
}

static bool terminal_shows_colours(FILE *to)
{
    const char *term = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile */
    bool dumb = term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
    return !dumb && !is_set("NO_COLOR") && isatty(fileno(to)) == 1;
}

struct paper paper_of(FILE *to, struct str color)
{
    bool by_itself = color.len == 0 || str_is(color, "auto");
    return (struct paper){.to = to,
                          .colours = by_itself ? terminal_shows_colours(to) : str_is(color, "always")};
}

void paper_word(const struct paper *p, struct str text, enum mood m)
{
    static const char *const begins[] = {[MOOD_HEADING] = "\033[1m",
                                         [MOOD_GOOD] = "\033[32m",
                                         [MOOD_LOOK] = "\033[33m",
                                         [MOOD_BAD] = "\033[1;31m"};
    if (m == MOOD_PLAIN || !p->colours)
        (void)fprintf(p->to, "%.*s", STR_ARG(text));
    else
        (void)fprintf(p->to, "%s%.*s\033[0m", begins[m], STR_ARG(text));
}

enum mood mood_of(struct str word)
{
    static const struct {
        const char *word;
        enum mood mood;
    } words[] = {
        {"ok", MOOD_GOOD},
        {"paid", MOOD_GOOD},
        {"completed", MOOD_GOOD},
        {"active", MOOD_GOOD},
        {"look", MOOD_LOOK},
        {"pending", MOOD_LOOK},
        {"past_due", MOOD_LOOK},
        {"partially_paid", MOOD_LOOK},
        {"action_required", MOOD_LOOK},
        {"requires_action", MOOD_LOOK},
        {"attention", MOOD_LOOK},
        {"wrong", MOOD_BAD},
        {"failed", MOOD_BAD},
        {"unpaid", MOOD_BAD},
        {"uncollectible", MOOD_BAD},
        {"lost", MOOD_BAD},
        {"refused", MOOD_BAD},
        {"declined", MOOD_BAD},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_is(word, words[i].word)) return words[i].mood;
    return MOOD_PLAIN;
}
