/* SPDX-License-Identifier: MIT */
/* cli.h - billing's own: the command line. cli_parse.c reads it, cli_help.c explains it, cli_table.c and
 * cli_print.c show answers, cli.c runs it. Everything about single verbs comes from their tables. */
#ifndef DAYBOOK_BILLING_CLI_H
#define DAYBOOK_BILLING_CLI_H

#include "billing/paper.h"
#include "billing/query.h"

/* The options that stand anywhere. */
struct cli_globals {
    struct str dir, key_file, key_command, anchor_file, passphrase_file, passphrase_command, token_file,
        token_command, checkpoint_key, fiscal_key, publish, now, idempotency_key, actor;
    struct str stripe_key_file, stripe_key_command, stripe_base, stripe_rate, stripe_window,
        stripe_authorities, color;
    bool json, quiet, help;
};

struct cli_command {
    struct cli_globals globals;
    const struct verb *verb; /* NULL: no command was given */
    struct str group;        /* "invoice" when only a first word was given, with --help */
    void *body;
};

/* Reads argv. ERR_USAGE names the option or word, and the nearest one there is. */
enum err cli_parse(struct cli_command *out, int argc, const char *const *argv, struct arena *a,
                   struct error *e) MUST_USE;

/* One option or argument of a verb: a field, in its struct or in a struct inside it. */
struct slot {
    const struct field *field;
    size_t base;      /* of the struct that has the field */
    const char *name; /* "payment-method" */
    bool given;
};
size_t verb_slots(struct slot **out, const struct verb *v, struct arena *a);

/* The global options, for parsing, help and completion; NULL behind the last. */
struct global_option {
    const char *name, *value, *help; /* value NULL: a switch */
    size_t offset;                   /* in struct cli_globals */
};
const struct global_option *cli_global_option(size_t index);

/* The candidate nearest to `word` when it is near enough for a slip; "" when none is. */
struct nearest {
    struct str word, best;
    size_t distance;
};
struct nearest nearest_to(struct str word);
void nearest_try(struct nearest *n, struct str candidate);

/* ERR_USAGE: there is no such command, and what was meant. `word` "": no second word was given. */
enum err cli_no_command(struct str group, struct str word, struct error *e);

/* Help goes to the stream in any case: it is an answer when asked for. */
void cli_help_intro(const struct paper *to); /* of 'daybook' alone: one screen */
void cli_help_all(const struct paper *to);
void cli_help_group(const struct paper *to, struct str group);
void cli_help_verb(const struct paper *to, const struct verb *v);
enum err cli_help_topic(const struct paper *to, struct str topic, struct str word, struct error *e) MUST_USE;
/* An example of it, "subscription create ann --tier pro"; NULL: there is none. */
const char *verb_example(const struct verb *v);
struct str verb_words(struct arena *a, const struct verb *v); /* "payment-method add" */

/* Shows answers on `to`: JSON, or names and values and tables. */
struct printer;
struct printer *printer_new(FILE *to, const struct verb *v, const struct cli_globals *g);
struct answer printer_answer(struct printer *p);
/* Shows what is still held back. ERR_STORAGE when the stream does not take it. */
enum err printer_end(struct printer *p, struct error *e) MUST_USE;
void printer_free(struct printer *p);
void cli_print_error(const struct paper *p, const struct error *e, bool json);

/* A table that finds its widths from its first rows. */
struct table;
struct table *table_new(const struct paper *paper, const char *columns); /* which it keeps */
/* Columns for a table of such rows: the members that are no lists or objects. */
struct str row_columns(struct arena *a, json_t *row);
void table_row(struct table *t, const json_t *row);
void table_end(struct table *t);
void table_free(struct table *t);
/* Names and values, lists as tables. `only`: those members, with commas between; "": all. `deep`: the lists
 * within a list's rows follow it, each under the name of its row. */
void print_values(const struct paper *paper, const json_t *object, const char *only, unsigned indent,
                  bool deep);
struct str value_text(struct arena *a, const json_t *value);

/* A line on a terminal that says how far the work is; nothing elsewhere. */
struct meter {
    FILE *to;
    const char *stage; /* of which the rate is told */
    uint64_t began_ns, shown_ns;
    bool shown;
};
service_progress_fn meter_progress;
void meter_end(struct meter *m);

int cli_main(int argc, const char *const *argv);

#endif
