/* SPDX-License-Identifier: MIT */
/* cli_help.c - help, printed from the tables of verbs, options, importers and reports. It must never hold a
 * verb's or option's name of its own, but for the few lines of example. */
#include "billing/cli.h"

enum { TERM_WIDTH = 34 };

struct str verb_words(struct arena *a, const struct verb *v)
{
    char *words = str_cstring(a, str_of(v->words));
    char *dot = strchr(words, '.');
    if (dot != NULL) *dot = ' ';
    return str_of(words);
}

static void print_heading(const struct paper *to, const char *words)
{
    (void)fputc('\n', to->to);
    paper_word(to, str_of(words), MOOD_HEADING);
    (void)fputc('\n', to->to);
}

static void print_term(const struct paper *to, struct str term, const char *help)
{
    if (term.len > TERM_WIDTH - 2)
        (void)fprintf(to->to, "  %.*s\n  %*s %s\n", STR_ARG(term), TERM_WIDTH - 2, "", help);
    else
        (void)fprintf(to->to, "  %-*.*s %s\n", TERM_WIDTH - 2, STR_ARG(term), help);
}

/* "USAGE_TYPE" */
static struct str capitals(struct arena *a, const char *name)
{
    char *text = str_cstring(a, str_of(name));
    for (char *p = text; *p != '\0'; p++) {
        if (*p >= 'a' && *p <= 'z') *p = (char)(*p - 'a' + 'A');
        if (*p == '-') *p = '_';
    }
    return str_of(text);
}

static const char *value_name(const struct field *f)
{
    static const char *const files[] = {"catalog", "file", "output", "rejects"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (strcmp(f->name, files[i]) == 0) return " FILE";
    }
    if (strcmp(f->name, "out") == 0) return " DIR";
    if ((f->flags & (unsigned)FIELD_FILE) != 0) return " FILE";
    switch (f->kind) {
    case KIND_FLAG: return "";
    case KIND_COUNT: return " N";
    case KIND_DECIMAL:
    case KIND_MONEY: return " AMOUNT";
    case KIND_DATE: return " DATE";
    case KIND_INSTANT: return " TIME";
    case KIND_CHOICE: return " WORD";
    case KIND_STR:
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED:
    case KIND_REGION:
    case KIND_HASH:
    case KIND_PART:
    case KIND_LIST: break;
    }
    return " TEXT";
}

/* The fields of a party have no help of their own; their names say it. */
static const char *help_of(const struct slot *s)
{
    static const struct {
        const char *name, *help;
    } party[] = {
        {"name", "as it stands on documents"},   {"email", "e-mail address"},
        {"street", "first line of the address"}, {"street2", "second line of the address"},
        {"postal-code", "postal code"},          {"city", "city"},
        {"region", "state or region"},           {"country", "ISO 3166-1 code of two letters, e.g. US"},
        {"tax-id", "tax number, e.g. for VAT"}};
    if (s->field->help != NULL) return s->field->help;
    for (size_t i = 0; i < sizeof party / sizeof party[0]; i++) {
        if (strcmp(party[i].name, s->name) == 0) return party[i].help;
    }
    return "";
}

static void print_globals(const struct paper *to)
{
    struct arena *a = arena_new();
    print_heading(to, "Anywhere:");
    for (size_t i = 0; cli_global_option(i) != NULL; i++) {
        const struct global_option *g = cli_global_option(i);
        struct str term =
            str_format(a, "--%s%s%s", g->name, g->value == NULL ? "" : " ", g->value == NULL ? "" : g->value);
        print_term(to, term, g->help);
    }
    arena_free(a);
}

static void print_verbs(const struct paper *to, struct str group)
{
    struct arena *a = arena_new();
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        const char *dot = strchr(v->words, '.');
        size_t len = dot == NULL ? strlen(v->words) : (size_t)(dot - v->words);
        bool in_group = group.len == 0 || str_equal(group, (struct str){v->words, len});
        if (in_group) print_term(to, verb_words(a, v), v->help);
    }
    arena_free(a);
}

/* ---- the first screen ---- */

static void print_nouns(const struct paper *to)
{
    enum { LINE_WIDTH = 96 };
    const struct verb *v = NULL;
    struct str seen[64];
    size_t count = 0, at = 0;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        struct str noun = {v->words, strcspn(v->words, ".")};
        bool is_new = count < sizeof seen / sizeof *seen;
        for (size_t k = 0; k < count && is_new; k++) is_new = !str_equal(seen[k], noun);
        if (!is_new) continue;
        seen[count++] = noun;
        bool fits = at > 0 && at + 1 + noun.len <= LINE_WIDTH;
        (void)fprintf(to->to, "%s%.*s", fits ? " " : at == 0 ? "  " : "\n  ", STR_ARG(noun));
        at = fits ? at + 1 + noun.len : 2 + noun.len;
    }
    (void)fputc('\n', to->to);
}

void cli_help_intro(const struct paper *to)
{
    static const struct {
        const char *command, *says;
    } first[] = {{"daybook init books; export DAYBOOK_DIR=books", "a ledger, with its key and example tiers"},
                 {"daybook subscription create ann --tier pro --payment-method pm_card_visa", "a subscriber"},
                 {"daybook usage record ann api_calls 150", "what she used"},
                 {"daybook run --through $(date +%F) --out out", "the night: bill, collect, write documents"},
                 {"daybook audit verify", "prove that nothing was changed or removed"}},
      rest[] = {{"daybook tour", "a month of all this, on a ledger of its own"},
                {"daybook help", "every command"},
                {"daybook help invoice credit", "one of them, with an example"},
                {"daybook doctor", "when something is odd"},
                {"man daybook", "the manual"}};
    enum { FIRST_WIDTH = 46, REST_WIDTH = 32 };
    paper_word(to, STR("daybook"), MOOD_HEADING);
    (void)fprintf(to->to,
                  " is a billing ledger: each event is written once, encrypted and chained, and all else\n"
                  "- subscriptions, usage, invoices, payments, books - is made of what was written.\n");
    print_heading(to, "To begin with:");
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        bool is_long = strlen(first[i].command) > FIRST_WIDTH;
        (void)fprintf(to->to, "  %-*s%s%*s # %s\n", FIRST_WIDTH, first[i].command, is_long ? "\n" : "",
                      is_long ? FIRST_WIDTH + 2 : 0, "", first[i].says);
    }
    print_heading(to, "And then:");
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        (void)fprintf(to->to, "  %-*s # %s\n", REST_WIDTH, rest[i].command, rest[i].says);
    print_heading(to, "What there are commands for:");
    print_nouns(to);
}

void cli_help_all(const struct paper *to)
{
    (void)fprintf(to->to, "daybook - an append-only billing ledger\n\n"
                          "usage: daybook [--dir DIR] COMMAND [ARGUMENTS] [--OPTIONS]\n\nCommands:\n");
    print_verbs(to, STR_NONE);
    print_globals(to);
    (void)fprintf(to->to,
                  "\nExit status: 0 done, 1 refused or not found, 2 usage, 3 invalid input, 4 damaged or "
                  "tampered with,\n"
                  "5 rolled back, 6 storage failed, 7 payment declined, 8 incomplete.\n"
                  "'daybook help COMMAND' tells more of one; the manual is daybook(1).\n");
}

void cli_help_group(const struct paper *to, struct str group)
{
    (void)fprintf(to->to, "usage: daybook %.*s COMMAND [ARGUMENTS] [--OPTIONS]\n\nCommands:\n",
                  STR_ARG(group));
    print_verbs(to, group);
}

const char *verb_example(const struct verb *v)
{
    static const struct {
        const char *words, *example;
    } examples[] = {
#define EXAMPLE(words, example) {words, example},
#include "billing/examples.def"
#undef EXAMPLE
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        if (strcmp(examples[i].words, v->words) == 0) return examples[i].example;
    return NULL;
}

static void print_example(const struct paper *to, const struct verb *v)
{
    const char *example = verb_example(v);
    if (example == NULL) return;
    print_heading(to, "Example:");
    (void)fprintf(to->to, "  $ daybook %s\n", example);
}

static void print_usage(const struct paper *to, const struct verb *v, const struct slot *slots, size_t count,
                        struct arena *a)
{
    bool options = false;
    (void)fprintf(to->to, "usage: daybook %.*s", STR_ARG(verb_words(a, v)));
    for (size_t i = 0; i < count; i++) {
        bool is_argument = (slots[i].field->flags & (unsigned)FIELD_ARGUMENT) != 0;
        bool required = (slots[i].field->flags & (unsigned)FIELD_REQUIRED) != 0;
        struct str name = capitals(a, slots[i].name);
        if (is_argument) (void)fprintf(to->to, required ? " %.*s" : " [%.*s]", STR_ARG(name));
        if (!is_argument && required)
            (void)fprintf(to->to, " --%s%s", slots[i].name, value_name(slots[i].field));
        options = options || (!is_argument && !required);
    }
    (void)fprintf(to->to, "%s\n\n%s\n", options ? " [--OPTIONS]" : "", v->help);
}

static void print_report(const struct paper *to, const struct report *r)
{
    static const struct {
        unsigned flag;
        const char *option;
    } options[] = {{TAKES_FROM, "--from"},
                   {TAKES_TO, "--to"},
                   {TAKES_CUSTOMER, "--customer"},
                   {TAKES_CURRENCY, "--currency"}};
    struct arena *a = arena_new();
    struct str help = str_of(r->help);
    bool first = true;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if ((r->takes & options[i].flag) == 0) continue;
        help = str_format(a, "%.*s%s%s", STR_ARG(help), first ? " (" : ", ", options[i].option);
        first = false;
    }
    print_term(to, str_of(r->name), str_cstring(a, first ? help : str_format(a, "%.*s)", STR_ARG(help))));
    arena_free(a);
}

static void print_words(const struct paper *to, const struct verb *v)
{
    if (strcmp(v->words, "import") == 0) {
        print_heading(to, "Kinds:");
        for (const struct importer *i = importers_all; i->name != NULL; i++)
            print_term(to, str_of(i->name), i->help);
    }
    if (strcmp(v->words, "report") == 0) {
        print_heading(to, "Reports:");
        for (const struct report *r = reports_all; r->name != NULL; r++) print_report(to, r);
    }
}

void cli_help_verb(const struct paper *to, const struct verb *v)
{
    struct arena *a = arena_new();
    struct slot *slots = NULL;
    size_t count = verb_slots(&slots, v, a);
    print_usage(to, v, slots, count, a);
    if (count > 0) (void)fprintf(to->to, "\n");
    for (size_t i = 0; i < count; i++) {
        const struct slot *s = &slots[i];
        bool is_argument = (s->field->flags & (unsigned)FIELD_ARGUMENT) != 0;
        struct str term =
            is_argument ? capitals(a, s->name) : str_format(a, "--%s%s", s->name, value_name(s->field));
        if (strcmp(s->name, "output") == 0) term = STR("-o, --output FILE");
        print_term(to, term, help_of(s));
    }
    print_words(to, v);
    print_example(to, v);
    print_globals(to);
    arena_free(a);
}

enum err cli_help_topic(const struct paper *to, struct str topic, struct str word, struct error *e)
{
    struct arena *a = arena_new();
    const char *between = word.len == 0 ? "" : ".";
    const struct verb *v = verb_find(str_format(a, "%.*s%s%.*s", STR_ARG(topic), between, STR_ARG(word)));
    struct str group = str_format(a, "%.*s.", STR_ARG(topic));
    const struct verb *member = NULL;
    for (size_t i = 0; word.len == 0 && (member = verb_at(i)) != NULL; i++) {
        if (str_starts(str_of(member->words), str_cstring(a, group))) break;
    }
    enum err err = OK;
    if (topic.len == 0)
        cli_help_all(to);
    else if (v != NULL)
        cli_help_verb(to, v);
    else if (member != NULL)
        cli_help_group(to, topic);
    else
        err = cli_no_command(topic, word, e);
    arena_free(a);
    return err;
}
