/* SPDX-License-Identifier: MIT */
/* cli_print.c - where answers and errors go: JSON or text on standard output, one sentence on standard error,
 * and the line that tells how far long work is. */
#include <unistd.h>

#include "billing/cli.h"

struct printer {
    FILE *to;
    struct paper paper;
    const struct verb *verb;
    bool json, silent;
    struct table *table;
};

struct printer *printer_new(FILE *to, const struct verb *v, const struct cli_globals *g)
{
    struct printer *p = calloc(1, sizeof *p);
    if (p == NULL) WRONG("out of memory");
    *p = (struct printer){.to = to, .paper = paper_of(to, g->color), .verb = v, .json = g->json};
    p->silent = g->quiet && !g->json && (v->flags & VERB_WRITES) != 0 && (v->flags & VERB_TELLS) == 0;
    bool rows = !g->json && (v->flags & VERB_LIST) != 0;
    if (rows) p->table = table_new(&p->paper, v->columns);
    return p;
}

void printer_free(struct printer *p)
{
    if (p == NULL) return;
    table_free(p->table);
    free(p);
}

static void print_json(FILE *to, const json_t *value, size_t flags)
{
    if (json_dumpf(value, to, flags) == 0) (void)fputc('\n', to);
}

/* Whether the stream took it is asked at the end, and after every row, so that a list for a reader who has
 * gone ends early. */
/* What has not said its columns has those of its first row. */
static void print_row(struct printer *p, json_t *row)
{
    if (p->table == NULL) {
        struct arena *a = arena_new();
        p->table = table_new(&p->paper, row_columns(a, row).ptr);
        arena_free(a);
    }
    table_row(p->table, row);
}

static enum err take(void *self, json_t *value, bool is_row, struct error *e)
{
    struct printer *p = self;
    if (p->json)
        print_json(p->to, value, is_row ? JSON_COMPACT : JSON_INDENT(2));
    else if (is_row)
        print_row(p, value);
    else if (!p->silent)
        print_values(&p->paper, value, p->verb->columns, 0, (p->verb->flags & VERB_DEEP) != 0);
    json_decref(value);
    return ferror(p->to) == 0 ? OK : fail(e, ERR_STORAGE, "cannot write to standard output");
}

struct answer printer_answer(struct printer *p)
{
    return (struct answer){p, take, p->json || isatty(fileno(p->to)) == 1};
}

enum err printer_end(struct printer *p, struct error *e)
{
    if (p->table != NULL) table_end(p->table);
    if (fflush(p->to) == 0 && ferror(p->to) == 0) return OK;
    return fail(e, ERR_STORAGE, "cannot write to standard output");
}

void cli_print_error(const struct paper *p, const struct error *e, bool json)
{
    FILE *to = p->to;
    if (!json) {
        paper_word(p, STR("daybook:"), MOOD_BAD);
        (void)fprintf(to, " %s\n", e->text);
        return;
    }
    json_t *inner = json_pack("{s:s, s:s?, s:s}", "code", err_word(e->code), "reason",
                              e->reason[0] == '\0' ? NULL : e->reason, "message", e->text);
    json_t *outer = inner == NULL ? NULL : json_pack("{s:o}", "error", inner);
    if (outer != NULL)
        print_json(to, outer, JSON_COMPACT);
    else
        (void)fprintf(to, "{\"error\":{\"code\":\"%s\",\"reason\":null,\"message\":\"\"}}\n",
                      err_word(e->code));
    json_decref(outer);
}

/* ---- how far ---- */

enum { NS_PER_S = 1000000000, SHOW_EVERY_NS = 100000000 };

static void show_meter(struct meter *m, const char *stage, uint64_t done, uint64_t total, uint64_t now)
{
    uint64_t ms = (now - m->began_ns) / 1000000;
    uint64_t rate = ms == 0 ? 0 : done * 1000 / ms;
    (void)fprintf(m->to, "\r\033[K%s  %ju", stage, (uintmax_t)done);
    if (total > 0) (void)fprintf(m->to, " of %ju (%ju%%)", (uintmax_t)total, (uintmax_t)(done * 100 / total));
    (void)fprintf(m->to, "  %ju/s", (uintmax_t)rate);
    if (total > done && rate > 0) (void)fprintf(m->to, "  %ju s left", (uintmax_t)((total - done) / rate));
    (void)fflush(m->to);
    m->shown = true;
    m->shown_ns = now;
}

void meter_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct meter *m = context;
    uint64_t now = world_monotonic_ns();
    if (m->stage == NULL || strcmp(m->stage, stage) != 0) {
        m->stage = stage;
        m->began_ns = m->shown_ns = now; /* short work shows nothing */
    }
    if (now - m->shown_ns >= SHOW_EVERY_NS) show_meter(m, stage, done, total, now);
}

void meter_end(struct meter *m)
{
    if (m->shown) (void)fprintf(m->to, "\r\033[K");
    m->shown = false;
}
