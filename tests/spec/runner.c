/* SPDX-License-Identifier: MIT */
/* runner.c - reads scenario files, runs each line, and after each verifies everything: chain, root, tags,
 * postings, and that the live views equal a rebuild. Prints a line for a file, the failing line's number and
 * why, and at the end the sum. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/spec/runner.h"

static enum err verify_all(struct story *s, struct error *e)
{
    struct ledger_report report = {0};
    return ledger_verify(&report, s->ledger, NULL, NULL, s->arena, e);
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
    bool stepped = false;
    enum err err = story_line(&stepped, s, line, e);
    return err == OK && stepped ? verify_all(s, e) : err;
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
