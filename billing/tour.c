/* SPDX-License-Identifier: MIT */
/* tour.c - 'daybook tour': a month of billing on a ledger of its own, command by command, with what each
 * really answers. It must never touch the ledger or the settings of whoever takes it: it works in a folder
 * that it makes, at times that it names, and without any of the environment's DAYBOOK_… */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "billing/tour.h"

struct step {
    const char *say, *command; /* what stands behind "daybook" */
};

/* clang-format off */
static const struct step steps[] = {
    {"A ledger is a folder. Its key lies beside it, never inside: without that nobody reads it.",
     "--now 2025-01-01 init books"},
    {"Ann subscribes. Of her card the ledger has a token of the gateway's, never a number. Without a\n"
     "key of Stripe's a simulator pays.",
     "--now 2025-01-01 subscription create ann --tier basic --payment-method pm_card_visa --quiet"},
    {"The nightly run bills whatever is due through a day, collects, and writes the documents. Run\n"
     "twice, it does nothing the second time.",
     "--now 2025-01-01 run --through 2025-01-01 --out out --quiet"},
    {"In the middle of the month she changes to a higher tier: what is left of the old one is\n"
     "credited, to the day.",
     "--now 2025-01-16 subscription update ann --tier pro"},
    {"What she uses is recorded, here by hand; 'import usage FILE' takes millions of readings.",
     "--now 2025-01-20 usage record ann api_calls 12000 --quiet"},
    {"What of it is included, and how much is over that:",
     "--now 2025-01-20 usage show ann"},
    {"The next month begins: the credit, both parts of the month and the usage stand on one invoice.",
     "--now 2025-02-01 run --through 2025-02-01 --out out"},
    {"Her invoices. The PDFs, with the invoice as data inside, are in the folder 'out'.",
     "invoice list ann"},
    {"Every amount was posted twice, so the books sum to zero, on each day and in each currency.",
     "report trial_balance --format table"},
    {"Who did what, when. Nothing of it is ever changed or removed.",
     "audit log ann --limit 3"},
    {"And the proof of that: each record is chained to the one before, and whatever made a document\n"
     "is decided again.",
     "audit verify"},
};
/* clang-format on */

/* ---- the folder ---- */

static enum err make_folder(struct str *out, struct str given, struct arena *a, struct error *e)
{
    char *path =
        str_cstring(a, given.len > 0 ? given : str_format(a, "%s/daybook-tour.XXXXXX", dir_temporary()));
    if (given.len == 0 && mkdtemp(path) == NULL)
        return fail_errno(e, errno, "cannot make a folder '%s'", path);
    if (given.len > 0 && mkdir(path, 0700) != 0) {
        if (errno == EEXIST)
            return fail(e, ERR_REFUSED, "there is '%s' already: the tour takes place in a new folder", path);
        return fail_errno(e, errno, "cannot make the folder '%s'", path);
    }
    char *whole = realpath(path, NULL);
    if (whole == NULL) return fail_errno(e, errno, "cannot find the folder '%s'", path);
    *out = str_copy(a, str_of(whole));
    free(whole);
    if (chdir(path) == 0) return OK;
    return fail_errno(e, errno, "cannot go into the folder '%s'", path);
}

extern char **environ;

/* Of this process alone. What is unset moves the others, so each look begins anew. */
static void forget_settings(struct arena *a)
{
    for (size_t i = 0; environ[i] != NULL;) {
        struct str rest = str_of(environ[i]), name = STR_NONE;
        bool ours = str_starts(rest, "DAYBOOK_") && str_take_until(&name, &rest, '=');
        if (ours && unsetenv(str_cstring(a, name)) == 0) /* NOLINT(concurrency-mt-unsafe): one thread */
            i = 0;
        else
            i++;
    }
    if (setenv("DAYBOOK_DIR", "books", 1) != 0) WRONG("out of memory"); /* NOLINT(concurrency-mt-unsafe) */
}

/* ---- step by step ---- */

enum { WORDS_MAX = 24 };

static int run_step(const struct step *s, struct str color, struct arena *a)
{
    const char *argv[WORDS_MAX + 4] = {"daybook"};
    struct str rest = str_of(s->command), word = STR_NONE;
    int count = 1;
    if (color.len > 0) {
        argv[count++] = "--color";
        argv[count++] = str_cstring(a, color);
    }
    while (count < WORDS_MAX && str_take_word(&word, &rest)) argv[count++] = str_cstring(a, word);
    return cli_main(count, argv);
}

/* False: enough was seen. */
static bool go_on(bool waits)
{
    char answer[64];
    if (!waits) return true;
    (void)fputs("\n[Enter: go on, q: end] ", stdout);
    (void)fflush(stdout);
    return fgets(answer, sizeof answer, stdin) != NULL && answer[0] != 'q';
}

static enum err take(const struct paper *p, struct str color, bool waits, struct arena *a, struct error *e)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (i > 0 && !go_on(waits)) return OK;
        (void)fprintf(p->to, "\n%s\n\n", steps[i].say);
        paper_word(p, str_format(a, "$ daybook %s", steps[i].command), MOOD_HEADING);
        (void)fputc('\n', p->to);
        (void)fflush(p->to);
        int status = run_step(&steps[i], color, a);
        if (status != 0)
            return fail(e, ERR_INCOMPLETE, "the tour ended early: 'daybook %s' ended with status %d",
                        steps[i].command, status);
    }
    return OK;
}

static void say_end(struct str folder, bool clean)
{
    if (clean) {
        (void)printf("\nThe folder %.*s is removed again.\n", STR_ARG(folder));
        dir_remove(folder.ptr, 4);
        return;
    }
    (void)printf(
        "\nAll of it is in %.*s, to look around in:\n  cd %.*s; export DAYBOOK_DIR=books; daybook help\n"
        "To remove it: rm -r %.*s\n",
        STR_ARG(folder), STR_ARG(folder), STR_ARG(folder));
}

enum err run_tour(const struct cli_command *c, struct arena *a, struct error *e)
{
    const struct tour_query *q = c->body;
    const struct cli_globals *g = &c->globals;
    struct paper paper = paper_of(stdout, g->color);
    struct str folder = STR_NONE;
    bool waits = !q->no_wait && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    if (g->json || g->now.len > 0)
        return fail(e, ERR_USAGE, "tour takes no --%s: it is for people, and has its own times",
                    g->json ? "json" : "now");
    enum err err = make_folder(&folder, g->dir, a, e);
    if (err != OK) return err;
    folder = str_of(str_cstring(a, folder));
    forget_settings(a);
    (void)printf("A month of billing, in a folder of its own:\n\n");
    paper_word(&paper, str_format(a, "$ cd %.*s; export DAYBOOK_DIR=books", STR_ARG(folder)), MOOD_HEADING);
    (void)fputc('\n', stdout);
    err = take(&paper, g->color, waits, a, e);
    say_end(folder, q->clean);
    return err;
}
