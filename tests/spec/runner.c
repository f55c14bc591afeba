/* SPDX-License-Identifier: MIT */
/* runner.c - reads scenario files, runs each line, and after each verifies everything: chain, root, tags,
 * postings, and that the live views equal a rebuild. Prints a line for a file, the failing line's number and
 * why, and at the end the sum. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/spec/runner.h"

/* Splits at blanks; "…" holds blanks together; # begins a comment. */
static enum err split(struct words *out, struct str line, struct error *e)
{
    out->count = 0;
    size_t i = 0;
    while (i < line.len) {
        if (line.ptr[i] == ' ' || line.ptr[i] == '\t') {
            i++;
            continue;
        }
        if (line.ptr[i] == '#') break;
        if (out->count == WORDS_MAX) return fail(e, ERR_INVALID, "more than %d words", WORDS_MAX);
        size_t begin = i;
        bool quoted = false;
        while (i < line.len && (quoted || (line.ptr[i] != ' ' && line.ptr[i] != '\t'))) {
            if (line.ptr[i] == '"') quoted = !quoted;
            i++;
        }
        if (quoted) return fail(e, ERR_INVALID, "a quotation mark is missing");
        out->items[out->count++] = (struct str){line.ptr + begin, i - begin};
    }
    return OK;
}

/* name="a b" and "a b" without their quotation marks. */
static void unquote(struct words *w, struct arena *a)
{
    for (size_t i = 0; i < w->count; i++) {
        struct str s = w->items[i];
        char *plain = arena_take(a, s.len + 1, 1);
        size_t len = 0;
        for (size_t k = 0; k < s.len; k++) {
            if (s.ptr[k] != '"') plain[len++] = s.ptr[k];
        }
        w->items[i] = (struct str){plain, len};
    }
}

static enum err verify_all(struct story *s, struct error *e)
{
    struct ledger_report report = {0};
    return ledger_verify(&report, s->ledger, NULL, NULL, e);
}

/* Every document, decided again from the records before it, comes out as it was finalized. */
static enum err same_again(void *context, const struct recomputation *r, struct error *e)
{
    (void)context;
    if (r->code != OK) return fail(e, ERR_TAMPERED, "it is not decided again: %s", r->why.text);
    if (r->was_count != r->is_count)
        return fail(e, ERR_TAMPERED, "%zu events, now %zu", r->was_count, r->is_count);
    for (size_t i = 0; i < r->was_count; i++) {
        const struct event_kind *k = event_kind(r->was[i].type);
        bool same = r->was[i].type == r->is[i].type &&
                    schema_equal(k->schema, event_body(&r->was[i]), event_body(&r->is[i]));
        if (!same) return fail(e, ERR_TAMPERED, "event %zu, %s, comes out otherwise", i, k->wire);
    }
    return OK;
}

static enum err run_line(struct story *s, struct str line, struct error *e)
{
    struct words w = {0};
    enum err err = split(&w, line, e);
    if (err != OK || w.count == 0) return err;
    unquote(&w, s->arena);
    if (str_is(w.items[0], "expect") || str_is(w.items[0], "refused")) return story_expect(s, &w, e);
    if (s->code != OK && !s->refusal_read)
        return fail(e, ERR_INVALID, "the step before was refused: %s", s->refusal.text);
    err = story_step(s, &w, e);
    return err == OK ? verify_all(s, e) : err;
}

static enum err open_ledger(struct story *s, struct error *e)
{
    static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    char key_path[128];
    struct command load = {0};
    struct outcome outcome = {0};
    snprintf(s->dir, sizeof s->dir, "/tmp/daybook-spec.XXXXXX");
    if (mkdtemp(s->dir) == NULL) return fail_errno(e, errno, "cannot make a folder");
    snprintf(key_path, sizeof key_path, "%s.key", s->dir);
    enum err err = file_write(key_path, (struct bytes){(const uint8_t *)key, sizeof key - 1}, 0600, e);
    struct ledger_options o = {.dir = s->dir,
                               .in_memory = true,
                               .world = world_frozen(&s->clock),
                               .state = &daybook_state,
                               .map_bytes = 64u << 20};
    if (err == OK) err = ledger_open(&s->ledger, &o, e);
    if (err == OK) err = catalog_read(&load, "fixtures/catalog.json", s->arena, e);
    struct request r = {.command = &load, .actor = STR("spec")};
    return err == OK ? ledger_execute(&outcome, s->ledger, &r, s->arena, e) : err;
}

static void close_ledger(struct story *s)
{
    char command[256];
    ledger_close(s->ledger);
    snprintf(command, sizeof command, "rm -rf -- '%s' '%s.key'", s->dir, s->dir);
    if (s->dir[0] != '\0' && system(command) != 0) fprintf(stderr, "cannot remove %s\n", s->dir);
}

static enum err run_lines(struct story *s, struct bytes text, struct error *e)
{
    size_t begin = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && text.ptr[i] != '\n') continue;
        s->line++;
        enum err err = run_line(s, (struct str){(const char *)text.ptr + begin, i - begin}, e);
        if (err != OK) return wrap(e, "%s:%u", s->path, s->line);
        begin = i + 1;
    }
    if (s->code != OK && !s->refusal_read)
        return fail(e, ERR_INVALID, "%s: the last step was refused: %s", s->path, s->refusal.text);
    enum err err = ledger_recompute(s->ledger, 0, UINT64_MAX, same_again, NULL, NULL, NULL, e);
    return err == OK ? OK : wrap(e, "%s", s->path);
}

static bool run_file(const char *path)
{
    struct story s = {.path = path,
                      .arena = arena_new(),
                      .clock = {date_start(date_of(2025, 1, 1))},
                      .gateway = gateway_simulator()};
    struct error e = {0};
    struct bytes text = {0};
    enum err err = file_read(&text, path, 1 << 20, s.arena, &e);
    if (err == OK) err = open_ledger(&s, &e);
    if (err == OK) err = run_lines(&s, text, &e);
    close_ledger(&s);
    arena_free(s.arena);
    printf("%s %s%s%s\n", err == OK ? "ok  " : "FAIL", path, err == OK ? "" : ": ", err == OK ? "" : e.text);
    return err == OK;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++) failed += run_file(argv[i]) ? 0 : 1;
    printf("%d passed, %d failed, 0 skipped\n", argc - 1 - failed, failed);
    return failed == 0 && argc > 1 ? 0 : 1;
}
