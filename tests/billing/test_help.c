/* SPDX-License-Identifier: MIT */
/* test_help.c - every command has an example that works as a command line, and the words that are offered for
 * completion are those that its help tells. */
#include "billing/values.h"
#include "tests/lib/fixture.h"

TestSuite(help, .init = test_begin, .fini = test_end);

enum { WORDS_MAX = 24 };

/* Splits as a shell does what has no more than single quotes around whole words. */
static enum err parse(struct cli_command *out, const char *line)
{
    const char *argv[WORDS_MAX] = {"daybook"};
    int argc = 1;
    for (const char *p = line; *p != '\0';) {
        bool is_quoted = *p == '\'';
        size_t len = strcspn(p + is_quoted, is_quoted ? "'" : " ");
        cr_assert(argc < WORDS_MAX);
        argv[argc++] = str_cstring(A, (struct str){p + is_quoted, len});
        p += len + (is_quoted ? 2 : 0);
        cr_assert(*p == ' ' || *p == '\0', "%s", line);
        p += *p == ' ' ? 1 : 0;
    }
    return cli_parse(out, argc, argv, A, E);
}

Test(help, every_command_has_an_example_that_is_one)
{
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        struct cli_command c = {0};
        const char *example = verb_example(v);
        cr_assert(example != NULL, "'%s' has no example", v->words);
        cr_assert(parse(&c, example) == OK, "daybook %s: %s", example, E->text);
        cr_assert(c.verb == v, "daybook %s is no '%s'", example, v->words);
    }
}

Test(help, an_example_names_only_what_there_is)
{
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        struct arena *a = A;
        char *text = NULL;
        size_t len = 0;
        FILE *stream = open_memstream(&text, &len);
        struct paper paper = {.to = stream};
        cli_help_verb(&paper, v);
        (void)fclose(stream);
        cr_assert(strstr(text, str_format(a, "$ daybook %s\n", verb_example(v)).ptr) != NULL, "%s", v->words);
        free(text);
    }
}

/* ---- words ---- */

struct telling {
    const struct verb *verb;
    const struct field *field;
    size_t words;
};

static bool is_told(void *context, struct str value, struct str help)
{
    struct telling *t = context;
    (void)help;
    cr_assert(t->field->help != NULL && strstr(t->field->help, str_cstring(A, value)) != NULL,
              "'%s' --%s: its help does not tell '%.*s'", t->verb->words, t->field->name, STR_ARG(value));
    t->words++;
    return true;
}

Test(help, the_words_that_an_option_takes_are_told_by_its_help)
{
    const struct verb *v = NULL;
    size_t lists = 0;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        struct slot *slots = NULL;
        size_t count = verb_slots(&slots, v, A);
        for (size_t k = 0; k < count; k++) {
            struct telling t = {.verb = v, .field = slots[k].field};
            if (t.field->kind != KIND_STR || values_source(v, t.field) != VALUES_WORDS) continue;
            values_fixed(v, t.field, is_told, &t);
            cr_assert(t.words > 1 || strcmp(v->words, "export") == 0, "%s --%s", v->words, t.field->name);
            lists++;
        }
    }
    cr_assert(lists >= 15, "%zu", lists);
}

static bool count_value(void *context, struct str value, struct str help)
{
    (void)value, (void)help;
    ++*(size_t *)context;
    return true;
}

Test(help, there_are_as_many_values_as_tables_have_rows)
{
    const struct verb *report = verb_find(STR("report")), *rate = verb_find(STR("exchange-rate.set"));
    size_t reports = 0, offered = 0, currencies = 0;
    while (reports_all[reports].name != NULL) reports++;
    values_fixed(report, schema_field(verb_schema(report), STR("name")), count_value, &offered);
    assert_int(offered, reports);
    values_fixed(rate, schema_field(verb_schema(rate), STR("from")), count_value, &currencies);
    cr_assert(currencies > 150, "%zu", currencies);
}

/* ---- colours ---- */

Test(help, a_status_has_a_mood_and_a_name_has_none)
{
    cr_assert_eq(mood_of(STR("paid")), MOOD_GOOD);
    cr_assert_eq(mood_of(STR("past_due")), MOOD_LOOK);
    cr_assert_eq(mood_of(STR("failed")), MOOD_BAD);
    cr_assert_eq(mood_of(STR("ann")), MOOD_PLAIN);
}
