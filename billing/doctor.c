/* SPDX-License-Identifier: MIT */
/* doctor.c - see doctor.h. Here what was found is told: line by line for people, one object a line with
 * --json, and in one sentence and an exit status what is to be thought of all of it. */
#include <unistd.h>

#include "billing/answers.h"
#include "billing/doctor.h"

const char *const health_words[] = {[HEALTH_OK] = "ok", [HEALTH_LOOK] = "look", [HEALTH_WRONG] = "wrong"};

void doctor_tell(const struct doctor *d, struct symptom s)
{
    d->told(d->context, &s);
}

struct str doctor_span(struct arena *a, int64_t us)
{
    static const struct {
        int64_t us;
        const char *name;
    } units[] = {{INT64_C(86400000000), "day"},
                 {INT64_C(3600000000), "hour"},
                 {INT64_C(60000000), "minute"},
                 {INT64_C(1000000), "second"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        int64_t count = us / units[i].us;
        if (count > 0)
            return str_format(a, "%jd %s%s", (intmax_t)count, units[i].name, count == 1 ? "" : "s");
    }
    return STR("less than a second");
}

/* ---- telling ---- */

struct telling {
    const struct cli_command *command;
    struct answer *answer;
    struct paper paper;
    struct symptom worst;
    uint64_t counts[HEALTH_WRONG + 1];
    enum err told;
    struct error *e;
    struct arena *arena;
};

enum { STATE_WIDTH = 7, NAME_WIDTH = 15, LINE_WIDTH = 100 };

/* Words under each other, from the column on where the first one stands. */
static void print_wrapped(FILE *to, struct str text)
{
    size_t at = STATE_WIDTH + NAME_WIDTH;
    struct str word = STR_NONE;
    for (bool first = true; str_take_word(&word, &text); first = false) {
        if (!first && at + 1 + word.len > LINE_WIDTH) {
            (void)fprintf(to, "\n%*s", STATE_WIDTH + NAME_WIDTH, "");
            at = STATE_WIDTH + NAME_WIDTH;
            first = true;
        }
        (void)fprintf(to, "%s%.*s", first ? "" : " ", STR_ARG(word));
        at += word.len + (first ? 0 : 1);
    }
    (void)fputc('\n', to);
}

static void print_symptom(const struct paper *p, const struct symptom *s)
{
    const char *word = health_words[s->health];
    paper_word(p, str_of(word), mood_of(str_of(word)));
    (void)fprintf(p->to, "%*s", (int)(STATE_WIDTH - strlen(word)), "");
    for (const char *c = s->check; *c != '\0'; c++) (void)fputc(*c == '_' ? ' ' : *c, p->to);
    (void)fprintf(p->to, "%*s", (int)(NAME_WIDTH - strlen(s->check)), "");
    print_wrapped(p->to, s->found);
    const char *const more[] = {s->why, s->advice};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        if (more[i] == NULL) continue;
        (void)fprintf(p->to, "%*s", STATE_WIDTH + NAME_WIDTH, "");
        print_wrapped(p->to, str_of(more[i]));
    }
    (void)fflush(p->to); /* before what comes next, which may take long */
}

static json_t *symptom_json(const struct symptom *s)
{
    json_t *j = object_new();
    member_text(j, "check", str_of(s->check));
    member_text(j, "state", str_of(health_words[s->health]));
    member_text(j, "found", s->found);
    member_text_or_null(j, "why", str_of(s->why));
    member_text_or_null(j, "advice", str_of(s->advice));
    member_text_or_null(j, "code", s->code == OK ? STR_NONE : str_of(err_word(s->code)));
    return j;
}

/* What says more about a ledger outweighs what says less. */
static int weight_of(enum err code)
{
    static const enum err lightest_first[] = {ERR_INVALID, ERR_NOT_FOUND,   ERR_INCOMPLETE,
                                              ERR_STORAGE, ERR_ROLLED_BACK, ERR_TAMPERED};
    for (size_t i = 0; i < sizeof lightest_first / sizeof *lightest_first; i++)
        if (lightest_first[i] == code) return (int)i + 1;
    return 0;
}

static void take(void *context, const struct symptom *s)
{
    struct telling *t = context;
    const struct cli_globals *g = &t->command->globals;
    t->counts[s->health]++;
    if (s->health == HEALTH_WRONG &&
        (t->worst.check == NULL || weight_of(s->code) > weight_of(t->worst.code))) {
        t->worst = *s;
        t->worst.found = str_copy(t->arena, s->found);
    }
    if (t->told != OK) return;
    if (g->json)
        t->told = t->answer->take(t->answer->self, symptom_json(s), true, t->e);
    else if (!g->quiet || s->health != HEALTH_OK)
        print_symptom(&t->paper, s);
}

static void print_sum(const struct telling *t)
{
    const uint64_t *n = t->counts;
    if (t->command->globals.json || t->command->globals.quiet) return;
    (void)fprintf(t->paper.to, "\n%ju ok, %ju to look at, %ju wrong\n", (uintmax_t)n[HEALTH_OK],
                  (uintmax_t)n[HEALTH_LOOK], (uintmax_t)n[HEALTH_WRONG]);
}

/* ---- the whole round ---- */

enum err run_doctor(const struct cli_command *c, const struct ledger_options *o, struct str checkpoint_key,
                    struct answer *answer, struct arena *a, struct error *e)
{
    struct telling t = {
        .command = c, .answer = answer, .paper = paper_of(stdout, c->globals.color), .e = e, .arena = a};
    struct doctor d = {.globals = &c->globals,
                       .query = c->body,
                       .options = o,
                       .world = o->world,
                       .checkpoint_key = checkpoint_key,
                       .told = take,
                       .context = &t,
                       .arena = a};
    doctor_look_at_program(&d);
    doctor_look_at_machine(&d);
    if (o->dir[0] == '\0') {
        doctor_tell(&d, (struct symptom){.check = "ledger",
                                         .health = HEALTH_LOOK,
                                         .found = STR("no ledger is named, so none was looked at"),
                                         .why = "Everything above is about this machine alone.",
                                         .advice = "Name one with --dir, or set DAYBOOK_DIR."});
    } else {
        doctor_look_at_disk(&d);
        doctor_look_at_ledger(&d);
        doctor_look_at_gateway(&d);
    }
    print_sum(&t);
    if (t.told != OK) return t.told;
    if (t.counts[HEALTH_WRONG] == 0) return OK;
    uint64_t others = t.counts[HEALTH_WRONG] - 1;
    struct str more = others == 0 ? STR_NONE : str_format(a, " (and %ju more)", (uintmax_t)others);
    return fail(e, weight_of(t.worst.code) == 0 ? ERR_REFUSED : t.worst.code, "doctor: %s: %.*s%.*s",
                t.worst.check, STR_ARG(t.worst.found), STR_ARG(more));
}
