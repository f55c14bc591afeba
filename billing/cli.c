/* SPDX-License-Identifier: MIT */
/* cli.c - one run of the program: read the command line, open the ledger, run the verb, show the answer, end
 * with the status that the contract gives it. Whatever is said of a failure is one sentence on standard
 * error. */
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include "billing/answers.h"
#include "billing/cli.h"
#include "billing/complete.h"
#include "billing/daybook.h"
#include "billing/doctor.h"
#include "billing/stop.h"
#include "billing/tour.h"

/* ---- what surrounds a command ---- */

static struct str login_name(struct arena *a)
{
    enum { ENTRY_BYTES = 16384 };
    struct passwd entry, *found = NULL;
    char *text = arena_take_raw(a, ENTRY_BYTES);
    unsigned uid = geteuid();
    if (getpwuid_r(uid, &entry, text, ENTRY_BYTES, &found) == 0 && found != NULL)
        return str_copy(a, str_of(found->pw_name));
    return str_format(a, "uid-%u", uid);
}

static struct str or_environment(struct str given, const char *name)
{
    return given.len != 0
               ? given
               : str_of(getenv(name)); /* NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile */
}

static const char *cstring_or_null(struct arena *a, struct str s)
{
    return s.len == 0 ? NULL : str_cstring(a, s);
}

static struct passphrase_source passphrase_of(const struct cli_globals *g, struct arena *a)
{
    return (struct passphrase_source){.file = cstring_or_null(a, g->passphrase_file),
                                      .command = cstring_or_null(a, g->passphrase_command),
                                      .terminal = true};
}

struct surroundings {
    struct frozen_clock frozen;
    struct ledger_options options;
    struct service service;
    struct meter meter;
};

static enum err stripe_settings(struct gateway_settings *out, const struct cli_globals *g, struct arena *a,
                                struct error *e)
{
    enum { RATE_MAX = 100000, WINDOW_MAX = 1000 };
    uint64_t rate = GATEWAY_RATE_DEFAULT, window = GATEWAY_WINDOW_DEFAULT;
    struct str key_file = g->stripe_key_command.len == 0
                              ? or_environment(g->stripe_key_file, "DAYBOOK_STRIPE_KEY_FILE")
                              : g->stripe_key_file;
    if (g->stripe_rate.len > 0 && (uint_parse(&rate, g->stripe_rate, e) != OK || rate > RATE_MAX))
        return fail(e, ERR_INVALID, "--stripe-rate: a number of requests a second is wanted, up to %d",
                    RATE_MAX);
    bool is_window = g->stripe_window.len == 0 || uint_parse(&window, g->stripe_window, e) == OK;
    if (!is_window || window == 0 || window > WINDOW_MAX)
        return fail(e, ERR_INVALID, "--stripe-window: a number of requests at once is wanted, up to %d",
                    WINDOW_MAX);
    *out = (struct gateway_settings){.key_file = cstring_or_null(a, key_file),
                                     .key_command = cstring_or_null(a, g->stripe_key_command),
                                     .base = cstring_or_null(a, g->stripe_base),
                                     .authorities = cstring_or_null(a, g->stripe_authorities),
                                     .rate = (int)rate,
                                     .window = (int)window};
    return OK;
}

static void begin_meter(struct surroundings *s, const struct cli_globals *g)
{
    if (isatty(STDERR_FILENO) != 1 || g->quiet || g->json) return;
    s->meter.to = stderr;
    s->service.progress = meter_progress;
    s->service.progress_context = &s->meter;
}

/* How the ledger that is named is opened; dir "" where none is. */
static enum err name_ledger(struct surroundings *s, const struct cli_globals *g, struct str dir,
                            struct arena *a, struct error *e)
{
    struct str key_file =
        g->key_command.len == 0 ? or_environment(g->key_file, "DAYBOOK_KEY_FILE") : g->key_file;
    struct world world = world_real();
    if (g->now.len != 0) {
        enum err err = instant_parse(&s->frozen.now, g->now, e);
        if (err != OK) return wrap(e, "--now");
        world = world_frozen(&s->frozen);
    }
    if (dir.len == 0) dir = or_environment(g->dir, "DAYBOOK_DIR");
    s->options = (struct ledger_options){
        .dir = str_cstring(a, dir),
        .key_file = cstring_or_null(a, key_file),
        .key_command = cstring_or_null(a, g->key_command),
        .anchor_file = cstring_or_null(a, or_environment(g->anchor_file, "DAYBOOK_ANCHOR_FILE")),
        .fiscal_key_file = cstring_or_null(a, or_environment(g->fiscal_key, "DAYBOOK_FISCAL_KEY")),
        .passphrase = passphrase_of(g, a),
        .world = world,
        .state = &daybook_state,
        .program = "daybook " DAYBOOK_VERSION};
    return OK;
}

static enum err surround(struct surroundings *s, const struct cli_globals *g, struct str dir, struct arena *a,
                         struct error *e)
{
    enum err named = name_ledger(s, g, dir, a, e);
    if (named != OK) return named;
    if (s->options.dir[0] == '\0')
        return fail(e, ERR_USAGE, "no ledger is named: give --dir or set DAYBOOK_DIR");
    struct str signer = or_environment(g->checkpoint_key, "DAYBOOK_CHECKPOINT_KEY");
    struct str publish = or_environment(g->publish, "DAYBOOK_PUBLISH");
    s->service = (struct service){
        .checkpoints = {.key = cstring_or_null(a, signer), .publish = cstring_or_null(a, publish)},
        .world = s->options.world,
        .actor = g->actor.len != 0 ? g->actor : login_name(a),
        .key = g->idempotency_key};
    s->service.access.named = g->actor.len != 0;
    s->service.access.login = login_name(a);
    s->service.access.key_named = g->key_file.len > 0 || g->key_command.len > 0;
    struct gateway_settings stripe = {.rate = GATEWAY_RATE_DEFAULT};
    enum err err = stripe_settings(&stripe, g, a, e);
    if (err == OK) err = service_begin_gateway(&s->service, &stripe, e);
    if (err != OK) return err;
    begin_meter(s, g);
    return OK;
}

/* Never the token itself: arguments and the environment are seen by others. */
static enum err show_token(struct service *s, const struct cli_globals *g, struct arena *a, struct error *e)
{
    struct str file =
        g->token_command.len == 0 ? or_environment(g->token_file, "DAYBOOK_TOKEN_FILE") : g->token_file;
    return service_show_token(s, cstring_or_null(a, file), cstring_or_null(a, g->token_command), e);
}

/* What was done is done and durable; an anchor that stays behind is nothing that a script may take for a
 * failure. */
static void close_ledger(struct surroundings *s, enum err err)
{
    struct error e = {0};
    if (s->service.ledger != NULL && ledger_anchor(s->service.ledger, &e) != OK)
        (void)fprintf(stderr, "daybook: %s%s\n", err == OK ? "done, but " : "", e.text);
    ledger_close(s->service.ledger);
    s->service.ledger = NULL;
}

/* ---- making a ledger ---- */

static struct str default_key_path(struct str dir, struct arena *a)
{
    while (dir.len > 1 && dir.ptr[dir.len - 1] == '/') dir.len--;
    return str_format(a, "%.*s.key", STR_ARG(dir));
}

static enum err load_first_catalog(struct outcome *out, struct surroundings *s, const struct init_query *q,
                                   struct command *catalog, struct arena *a, struct error *e)
{
    if (q->no_catalog) return OK;
    if (q->catalog.len == 0) return service_load_example_catalog(out, &s->service, a, e);
    return service_execute(out, &s->service, catalog, a, e);
}

static enum err tell_init(struct surroundings *s, const struct init_query *q, struct answer *answer,
                          struct arena *a, struct error *e)
{
    struct log_state log = {0};
    enum err err = log_state(&log, ledger_log(s->service.ledger), e);
    if (err != OK) return err;
    json_t *j = json_object();
    const struct ledger_options *o = &s->options;
    struct str key = o->key_file != NULL ? str_of(o->key_file) : default_key_path(str_of(o->dir), a);
    const char *catalog = q->no_catalog         ? "none"
                          : q->catalog.len != 0 ? str_cstring(a, q->catalog)
                                                : "example tiers";
    if (o->key_command != NULL) key = STR("from the key command");
    int failed = json_object_set_new(j, "made", json_string(o->dir));
    failed |= json_object_set_new(j, "origin", json_stringn(log.origin.ptr, log.origin.len));
    failed |= json_object_set_new(j, "key", json_stringn(key.ptr, key.len));
    failed |= json_object_set_new(j, "catalog", json_string(catalog));
    failed |= json_object_set_new(j, "next",
                                  json_string("keep copies of the key and of its .kek file in safe places: "
                                              "without them nobody can read this ledger"));
    if (failed != 0) WRONG("jansson cannot add a member");
    return answer->take(answer->self, j, false, e);
}

/* A catalog that cannot be read is found before anything is made. */
static enum err run_init(const struct cli_command *c, struct answer *answer, struct arena *a, struct error *e)
{
    const struct init_query *q = c->body;
    struct surroundings s = {0};
    struct command *catalog = arena_new_of(a, struct command);
    struct outcome outcome = {0};
    if (q->no_catalog && q->catalog.len != 0)
        return fail(e, ERR_USAGE, "--catalog and --no-catalog exclude each other");
    enum err err = surround(&s, &c->globals, q->directory, a, e);
    if (err == OK && q->catalog.len != 0) err = catalog_read(catalog, str_cstring(a, q->catalog), a, e);
    if (err == OK) err = ledger_create(&s.options, e);
    if (err == OK) err = ledger_open(&s.service.ledger, &s.options, e);
    if (err == OK) err = load_first_catalog(&outcome, &s, q, catalog, a, e);
    if (err == OK) err = tell_init(&s, q, answer, a, e);
    close_ledger(&s, err);
    service_end_gateway(&s.service);
    return err;
}

/* ---- checking a catalog ---- */

static enum err run_validate(const struct cli_command *c, struct answer *answer, struct arena *a,
                             struct error *e)
{
    const struct catalog_validate_query *q = c->body;
    struct command *command = arena_new_of(a, struct command);
    const struct catalog_load_command *v = &command->catalog_load;
    enum err err = catalog_read(command, str_cstring(a, q->file), a, e);
    if (err == OK) err = command_check(command, e);
    if (err != OK) return err;
    return answer->take(answer->self, catalog_file_json(v), false, e);
}

/* ---- backups, and what is restored of them ---- */

static enum err run_backup_door(const struct cli_command *c, struct answer *answer, struct arena *a,
                                struct error *e)
{
    struct surroundings s = {0};
    struct call call = {
        .service = &s.service, .verb = c->verb, .query = c->body, .answer = answer, .arena = a};
    begin_meter(&s, &c->globals);
    enum err err = backup_door(&call, e);
    meter_end(&s.meter);
    return err;
}

static enum err run_restore(const struct cli_command *c, struct answer *answer, struct arena *a,
                            struct error *e)
{
    const struct restore_query *q = c->body;
    struct surroundings s = {0};
    struct call call = {
        .service = &s.service, .verb = c->verb, .query = c->body, .answer = answer, .arena = a};
    enum err err = surround(&s, &c->globals, q->directory, a, e);
    if (err == OK) err = restore_door(&call, &s.options, e);
    meter_end(&s.meter);
    service_end_gateway(&s.service);
    return err;
}

/* A follower is promoted when the ledger that it followed is gone. */
static bool promotes(const struct cli_command *c)
{
    return strcmp(c->verb->words, "replicate") == 0 && ((const struct replicate_query *)c->body)->promote;
}

static enum err run_promote(const struct cli_command *c, struct answer *answer, struct arena *a,
                            struct error *e)
{
    struct call call = {.verb = c->verb, .query = c->body, .answer = answer, .arena = a};
    return promote_door(&call, e);
}

/* ---- protecting a key file ---- */

/* The file that is named, or the ledger's. */
static enum err key_path(const char **out, const struct cli_globals *g, struct str file, struct arena *a,
                         struct error *e)
{
    if (file.len == 0) file = or_environment(g->key_file, "DAYBOOK_KEY_FILE");
    struct str dir = or_environment(g->dir, "DAYBOOK_DIR");
    if (file.len == 0 && dir.len != 0) file = default_key_path(dir, a);
    *out = str_cstring(a, file);
    return file.len != 0 ? OK : fail(e, ERR_USAGE, "no key file is named: give FILE, --key-file or --dir");
}

static enum err run_protect(const struct cli_command *c, struct answer *answer, struct arena *a,
                            struct error *e)
{
    const struct key_protect_query *q = c->body;
    const char *path = NULL;
    struct passphrase_source from = passphrase_of(&c->globals, a);
    enum err err = key_path(&path, &c->globals, q->file, a, e);
    return err == OK ? protect_key(q, path, &from, world_real(), answer, e) : err;
}

static enum err run_unprotect(const struct cli_command *c, struct answer *answer, struct arena *a,
                              struct error *e)
{
    const struct key_unprotect_query *q = c->body;
    const char *path = NULL;
    struct passphrase_source from = passphrase_of(&c->globals, a);
    enum err err = key_path(&path, &c->globals, q->file, a, e);
    return err == OK ? unprotect_key(path, &from, answer, e) : err;
}

/* ---- everything else ---- */

/* Does the directory hold what only a ledger has? */
static bool was_ledger(const char *dir)
{
    static const char *const names[] = {"log", "views"};
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buffer path = {0};
        buffer_print(&path, "%s/%s", dir, names[i]);
        buffer_add_byte(&path, 0);
        found = found || file_exists((const char *)path.ptr);
        buffer_free(&path);
    }
    return found;
}

/* Verifying a ledger whose log is gone has found out nothing about it, and says so. Likewise with the key: a
 * ledger that opens without its key is there: then it is the key that is missing or wrong, and nothing can
 * be said about what only the key opens. */
static enum err open_failed(const struct cli_command *c, const struct ledger_options *o, enum err err,
                            struct error *e)
{
    struct ledger *l = NULL;
    struct error unused;
    struct ledger_options bare = *o;
    bare.without_key = true;
    bool refused = err == ERR_INVALID || err == ERR_NOT_FOUND;
    if (strcmp(c->verb->words, "audit.verify") != 0 || !refused) return err;
    enum err without = ledger_open(&l, &bare, &unused);
    ledger_close(l);
    bool is_lost = without == ERR_NOT_FOUND && was_ledger(o->dir);
    if (!is_lost && (without != OK || o->without_key)) return err;
    e->code = ERR_INCOMPLETE;
    return wrap(e, "not verified");
}

/* Whether the chain alone is enough for it: then nobody who runs it has to have the key. But whoever shows a
 * token is judged by it, and what he does is noted: that takes the key. */
static bool needs_no_key(const struct cli_command *c, const struct service *s)
{
    static const char *const words[] = {"audit.export", "backup", "replicate"};
    if (strcmp(c->verb->words, "audit.verify") == 0)
        return ((const struct audit_verify_query *)c->body)->without_key;
    if (s->token.form != TOKEN_NOT_SHOWN) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(c->verb->words, words[i]) == 0) return true;
    return false;
}

static enum err run_verb(const struct cli_command *c, struct answer *answer, struct arena *a, struct error *e)
{
    struct surroundings s = {0};
    if (promotes(c)) return run_promote(c, answer, a, e);
    enum err err = surround(&s, &c->globals, STR_NONE, a, e);
    if (err == OK) err = show_token(&s.service, &c->globals, a, e);
    if (err != OK) return err;
    s.options.without_key = needs_no_key(c, &s.service);
    if (strcmp(c->verb->words, "audit.verify") == 0)
        s.options.without_anchor =
            s.options.without_key && ((const struct audit_verify_query *)c->body)->without_anchor;
    if ((c->verb->flags & VERB_STOPS) != 0) {
        stop_listen();
        s.service.stops = stop_was_asked;
    }
    s.options.drop_views = strcmp(c->verb->words, "rebuild") == 0;
    s.options.finish_rotation = strcmp(c->verb->words, "key.rotate") == 0;
    s.options.recovering = strcmp(c->verb->words, "recover") == 0;
    err = ledger_open(&s.service.ledger, &s.options, e);
    if (err == OK)
        err = verb_run(c->verb, c->body, &s.service, answer, a, e);
    else
        err = open_failed(c, &s.options, err, e);
    if (err != OK) values_hint(e, c, &s.service, a);
    meter_end(&s.meter);
    close_ledger(&s, err);
    service_end_gateway(&s.service);
    return err;
}

/* ---- witnesses ---- */

static enum err run_witness_door(const struct cli_command *c, struct answer *answer, struct arena *a,
                                 struct error *e)
{
    struct frozen_clock frozen = {{0}};
    struct world w = world_real();
    if (c->globals.now.len != 0 && instant_parse(&frozen.now, c->globals.now, e) != OK)
        return wrap(e, "--now");
    if (c->globals.now.len != 0) w = world_frozen(&frozen);
    struct passphrase_source from = passphrase_of(&c->globals, a);
    if (strcmp(c->verb->words, "witness") == 0) return run_witness(c->body, &from, w, answer, a, e);
    return make_witness_key(c->body, w, answer, a, e);
}

static enum err run_doctor_door(const struct cli_command *c, struct answer *answer, struct arena *a,
                                struct error *e)
{
    struct surroundings s = {0};
    struct str signer = or_environment(c->globals.checkpoint_key, "DAYBOOK_CHECKPOINT_KEY");
    enum err err = name_ledger(&s, &c->globals, STR_NONE, a, e);
    return err == OK ? run_doctor(c, &s.options, signer, answer, a, e) : err;
}

static enum err run_door(const struct cli_command *c, struct answer *answer, struct arena *a, struct error *e)
{
    if (strcmp(c->verb->words, "init") == 0) return run_init(c, answer, a, e);
    if (strcmp(c->verb->words, "catalog.validate") == 0) return run_validate(c, answer, a, e);
    if (strcmp(c->verb->words, "audit.check") == 0) return check_claim(c->body, answer, a, e);
    if (strcmp(c->verb->words, "completion") == 0)
        return completion_script(stdout, ((const struct completion_query *)c->body)->shell, e);
    if (strcmp(c->verb->words, "tour") == 0) return run_tour(c, a, e);
    if (strcmp(c->verb->words, "doctor") == 0) return run_doctor_door(c, answer, a, e);
    if (strcmp(c->verb->words, "restore") == 0) return run_restore(c, answer, a, e);
    if (str_starts(str_of(c->verb->words), "backup.")) return run_backup_door(c, answer, a, e);
    if (strcmp(c->verb->words, "key.new-witness") == 0 || strcmp(c->verb->words, "witness") == 0)
        return run_witness_door(c, answer, a, e);
    if (strcmp(c->verb->words, "key.protect") == 0) return run_protect(c, answer, a, e);
    if (strcmp(c->verb->words, "key.unprotect") == 0) return run_unprotect(c, answer, a, e);
    if (strcmp(c->verb->words, "version") == 0) {
        const char *zones = str_cstring(a, zones_data_version(a));
        json_t *j = json_pack("{s:s, s:s}", "daybook", DAYBOOK_VERSION, "time_zones", zones);
        return answer->take(answer->self, j, false, e);
    }
    const struct help_query *q = c->body;
    struct paper paper = paper_of(stdout, c->globals.color);
    return cli_help_topic(&paper, q->topic, q->word, e);
}

/* Tells what an answer alone does not make loud enough: rows that were left out, customers who were not
 * billed or not asked. */
struct listener {
    struct answer inner;
    bool quiet, json;
    bool refused; /* the answer was no */
};

/* One alone is told by the error itself; a program reads them in the answer. */
static void tell_failures(const json_t *failures)
{
    enum { TOLD_MAX = 10 };
    size_t count = json_array_size(failures);
    for (size_t i = 0; count > 1 && i < count && i < TOLD_MAX; i++) {
        const json_t *f = json_array_get(failures, i);
        (void)fprintf(stderr, "daybook: '%s' could not be billed: %s\n",
                      json_string_value(json_object_get(f, "user_id")),
                      json_string_value(json_object_get(f, "reason")));
    }
    if (count > TOLD_MAX) (void)fprintf(stderr, "daybook: %zu more, see run.json\n", count - TOLD_MAX);
}

/* Who forgot the key would wonder why nobody pays. */
static void tell_not_asked(const json_t *value)
{
    json_int_t count = json_integer_value(json_object_get(value, "not_asked"));
    const char *gateway = json_string_value(json_object_get(value, "gateway"));
    bool simulated = gateway != NULL && strcmp(gateway, "simulator") == 0;
    if (count == 0) return;
    (void)fprintf(stderr, "daybook: %jd customer%s something and %s not asked: %s\n", (intmax_t)count,
                  count == 1 ? " owes" : "s owe", count == 1 ? "is" : "are",
                  simulated ? "Stripe keeps the payment methods, and no key of Stripe's is given"
                            : "another gateway keeps the payment methods");
}

/* A night that nobody is paid in is no failure of the night, but somebody has to know why. */
static void tell_gateway_trouble(const json_t *value)
{
    const char *why = json_string_value(json_object_get(value, "gateway_trouble"));
    if (why == NULL) return;
    (void)fprintf(stderr,
                  "daybook: the gateway did not settle all that it was asked: %s; the next run asks again\n",
                  why);
}

static void tell_checkpoint_trouble(const json_t *value)
{
    const char *why = json_string_value(json_object_get(value, "checkpoint_trouble"));
    if (why == NULL) return;
    (void)fprintf(stderr, "daybook: with the checkpoint not all went well: %s; the next one makes it good\n",
                  why);
}

static void note_aloud(const struct listener *l, const json_t *value)
{
    json_int_t rejected = json_integer_value(json_object_get(value, "rejected"));
    const char *first = json_string_value(json_object_get(value, "first_reject"));
    const char *path = json_string_value(json_object_get(value, "rejects"));
    if (rejected > 0) {
        (void)fprintf(stderr, "daybook: %jd rows were not taken, see '%s'; the first: %s\n",
                      (intmax_t)rejected, path == NULL ? "" : path, first == NULL ? "" : first);
    }
    if (!l->json) {
        tell_failures(json_object_get(value, "failures"));
        tell_not_asked(value);
        tell_gateway_trouble(value);
        tell_checkpoint_trouble(value);
    }
    if (json_is_true(json_object_get(value, "duplicate")) && !l->quiet) {
        (void)fprintf(stderr, "daybook: this reading was counted before, and is not counted again\n");
    }
}

static enum err listen(void *self, json_t *value, bool is_row, struct error *e)
{
    struct listener *l = self;
    if (!is_row) {
        note_aloud(l, value);
        l->refused = json_is_false(json_object_get(value, "allowed"));
    }
    return l->inner.take(l->inner.self, value, is_row, e);
}

/* *no: all went well, and the answer is no. */
static enum err run(bool *no, const struct cli_command *c, struct arena *a, struct error *e)
{
    struct paper paper = paper_of(stdout, c->globals.color);
    if (c->globals.help && c->verb != NULL) {
        cli_help_verb(&paper, c->verb);
    } else if (c->globals.help) {
        return cli_help_topic(&paper, c->group, STR_NONE, e);
    }
    if (c->globals.help) return OK;
    struct error late = {0};
    struct printer *p = printer_new(stdout, c->verb, &c->globals);
    struct listener l = {printer_answer(p), c->globals.quiet || c->globals.json, c->globals.json, false};
    struct answer answer = {&l, listen, l.inner.likes_rows};
    bool is_door = (c->verb->flags & VERB_DOOR) != 0;
    enum err err = is_door ? run_door(c, &answer, a, e) : run_verb(c, &answer, a, e);
    bool told = err == OK || err == ERR_DECLINED || err == ERR_INCOMPLETE;
    enum err end = told ? printer_end(p, &late) : OK;
    printer_free(p);
    *no = (c->verb->flags & VERB_YES_NO) != 0 && l.refused;
    if (end == OK) return err;
    *e = late;
    return end;
}

static enum err flush_output(enum err err, struct error *e)
{
    if (err != OK || (fflush(stdout) == 0 && ferror(stdout) == 0)) return err;
    return fail(e, ERR_STORAGE, "cannot write to standard output");
}

/* For a command line that could not be read to where it says so. */
static bool wants_json(int argc, const char *const *argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) return true;
    }
    return false;
}

int cli_main(int argc, const char *const *argv)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct cli_command c = {0};
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) WRONG("signals cannot be set");
    if (argc > 1 && strcmp(argv[1], "complete") == 0) { /* asked by shells alone, so no help tells of it */
        complete_line(stdout, argc - 2, argv + 2);
        arena_free(a);
        return 0;
    }
    if (argc == 1) {
        struct paper paper = paper_of(stdout, STR_NONE);
        cli_help_intro(&paper);
        enum err told = flush_output(OK, &e);
        arena_free(a);
        return err_exit_status(told);
    }
    enum err err = cli_parse(&c, argc, argv, a, &e);
    bool no = false;
    if (err == OK) err = run(&no, &c, a, &e);
    err = flush_output(err, &e);
    struct paper loud = paper_of(stderr, c.globals.color);
    if (err != OK) cli_print_error(&loud, &e, c.globals.json || wants_json(argc, argv));
    arena_free(a);
    return err_exit_status(err == OK && no ? ERR_REFUSED : err);
}
