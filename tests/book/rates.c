/* SPDX-License-Identifier: MIT */
/* rates.c - see rates.h. */
#include "tests/book/rates.h"

struct decimal number(const char *text)
{
    struct decimal d = {0};
    assert_ok(decimal_parse(&d, str_of(text), E));
    return d;
}

struct rate tiered(enum pricing_model model, const char *text)
{
    struct price_tier *tiers = arena_array_of(A, struct price_tier, 8);
    size_t count = 0;
    char *words = str_cstring(A, str_of(text)), *rest = NULL;
    for (char *word = strtok_r(words, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        size_t len = strlen(word);
        bool ends = word[len - 1] == ',';
        if (ends) word[len - 1] = '\0';
        struct price_tier *t = &tiers[count];
        if (word[0] == '@')
            t->unit_price = number(word + 1);
        else if (word[0] == '+')
            t->flat = number(word + 1);
        else if (word[0] == '/')
            t->block = number(word + 1);
        else if (strcmp(word, "rest") != 0)
            t->up_to = number(word);
        count += ends;
    }
    return (struct rate){.usage_type = STR("calls"),
                         .model = model,
                         .billed = true,
                         .tiers = tiers,
                         .tiers_count = count + (text[0] != '\0')};
}

struct rate priced(enum pricing_model model, const char *unit_price)
{
    return (struct rate){
        .usage_type = STR("calls"), .model = model, .billed = true, .unit_price = number(unit_price)};
}
