/* SPDX-License-Identifier: MIT */
/* doctor_ledger.c - the ledger: its files and modes, log, anchor, keys, views, checkpoints, backup, clock. It
 * is read by a child of this process: files that are damaged enough end whoever maps them, and what that one
 * found out until then is told all the same. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "billing/answers.h"
#include "billing/doctor.h"

static const int64_t DAY_US = INT64_C(86400000000), SECOND_US = 1000000;

/* ---- from the child to its parent: one JSON object a line ---- */

static void send(void *context, const struct symptom *s)
{
    FILE *to = context;
    json_t *j = object_new();
    member_text(j, "check", str_of(s->check));
    member_count(j, "health", s->health);
    member_count(j, "code", s->code);
    member_text(j, "found", s->found);
    member_text_or_null(j, "why", str_of(s->why));
    member_text_or_null(j, "advice", str_of(s->advice));
    if (json_dumpf(j, to, JSON_COMPACT) == 0) (void)fputc('\n', to);
    (void)fflush(to); /* what is sent is told, whatever happens next */
    json_decref(j);
}

static const char *text_in(const json_t *j, const char *name, struct arena *a)
{
    const char *text = json_string_value(json_object_get(j, name));
    return text == NULL ? NULL : str_cstring(a, str_of(text));
}

/* False: the line was cut. */
static bool receive(const struct doctor *d, const char *line)
{
    json_t *j = json_loads(line, 0, NULL);
    const char *check = text_in(j, "check", d->arena);
    json_int_t health = json_integer_value(json_object_get(j, "health"));
    json_int_t code = json_integer_value(json_object_get(j, "code"));
    if (check != NULL)
        doctor_tell(d, (struct symptom){.check = check,
                                        .health = (enum health)health,
                                        .code = (enum err)code,
                                        .found = str_of(text_in(j, "found", d->arena)),
                                        .why = text_in(j, "why", d->arena),
                                        .advice = text_in(j, "advice", d->arena)});
    json_decref(j);
    return check != NULL;
}

/* ---- what is wrong with a part ---- */

static const struct {
    const char *check, *why, *advice;
} parts[LEDGER_PARTS] = {
    [LEDGER_FILES] = {"files",
                      "Daybook does not open a ledger that others can read or change, or that lies "
                      "where memory maps do not hold.",
                      "Do what the sentence says; then look again."},
    [LEDGER_LOG] =
        {"log", "The log is the ledger: without it nothing can be read.",
         "Do not write to this directory. Restore it from a backup ('daybook restore'), and keep the damaged "
         "one for whoever looks into it."},
    [LEDGER_ANCHOR] =
        {"anchor",
         "The anchor remembers how far the ledger was, so that an older copy is not taken "
         "for it.",
         "'daybook recover' tells what there is to do (README, 'When an older copy is in its place')."},
    [LEDGER_KEY] = {"key", "Without its key a ledger can be verified, but not read or written.",
                    "Name the right key with --key-file, or put its copy back in place with mode 0600."},
    [LEDGER_CUSTOMER_KEYS] = {"customer_keys",
                              "Names and addresses are sealed under the customers' keys; without the "
                              ".kek file beside the master key they are lost for good.",
                              "Put the .kek file, or the customer-keys file, of the same age back in place."},
    [LEDGER_VIEWS] = {"views", "Views are made of the log: nothing is lost.",
                      "The next command makes them anew by itself; 'daybook rebuild' does it now."},
};

/* Of customers' keys there is no other copy; views cost but time. */
static void tell_part(const struct doctor *d, const struct ledger_examination *x, enum ledger_part part,
                      struct str sound)
{
    const struct ledger_finding *f = &x->parts[part];
    struct symptom s = {.check = parts[part].check, .found = sound};
    if (!f->looked || f->why.code != OK) {
        s.why = parts[part].why;
        s.advice = parts[part].advice;
    }
    if (!f->looked) {
        s.health = HEALTH_LOOK;
        s.found = STR("could not be looked at, for want of what is wrong above");
        s.advice = NULL;
    } else if (f->why.code != OK) {
        s.health = part == LEDGER_VIEWS ? HEALTH_LOOK : HEALTH_WRONG;
        s.code = part == LEDGER_VIEWS ? OK : f->why.code;
        s.found = str_of(f->why.text);
    }
    doctor_tell(d, s);
}

/* ---- one by one ---- */

static void look_at_log(const struct doctor *d, const struct ledger_examination *x)
{
    enum { MIB = 1024 * 1024 };
    tell_part(d, x, LEDGER_LOG,
              str_format(d->arena, "%.*s: %ju record%s, %ju MiB%s", STR_ARG(x->origin), (uintmax_t)x->records,
                         x->records == 1 ? "" : "s", (uintmax_t)((x->log_bytes + MIB - 1) / MIB),
                         d->query->deep ? "" : "; its last record and its head fit each other"));
}

static void look_at_clock(const struct doctor *d, const struct ledger_examination *x)
{
    struct instant now = d->world.now(d->world.self);
    int64_t ahead = x->last_at.us - now.us;
    struct symptom s = {.check = "clock",
                        .found = instant_text(d->arena, (struct instant){now.us - now.us % 1000000})};
    if (!instant_is_given(x->last_at)) return;
    if (ahead > SECOND_US) {
        s.health = ahead > DAY_US ? HEALTH_WRONG : HEALTH_LOOK;
        s.code = s.health == HEALTH_WRONG ? ERR_REFUSED : OK;
        s.found = str_format(d->arena, "%.*s, which is %.*s before the last record", STR_ARG(s.found),
                             STR_ARG(doctor_span(d->arena, ahead)));
        s.why = "Records keep their order, so what is written now bears the last record's time and not its "
                "own; dates "
                "that depend on today come out too early.";
        s.advice = "Set the clock (timedatectl), or take back the --now of an earlier command by waiting.";
    } else if (-ahead > 400 * DAY_US) {
        s.health = HEALTH_LOOK;
        s.found = str_format(d->arena, "%.*s, %.*s behind the last record", STR_ARG(s.found),
                             STR_ARG(doctor_span(d->arena, -ahead)));
        s.why = "Nothing was written for so long, or the clock is far ahead; the next night would bill all "
                "of it.";
        s.advice = "See whether the date is right before anything is written.";
    }
    doctor_tell(d, s);
}

static void look_at_anchor(const struct doctor *d, const struct ledger_examination *x)
{
    const char *word = x->anchor == NULL ? "" : x->anchor;
    bool never = strcmp(word, "never") == 0;
    if (x->parts[LEDGER_ANCHOR].why.code != OK || !never) {
        tell_part(
            d, x, LEDGER_ANCHOR,
            str_format(d->arena, "%s: %s%s", text_quotable(str_of(x->anchor_file)).ptr, word,
                       x->anchor_behind == 0
                           ? ""
                           : str_format(d->arena, ", %ju records behind", (uintmax_t)x->anchor_behind).ptr));
        return;
    }
    doctor_tell(d, (struct symptom){.check = "anchor",
                                    .health = HEALTH_LOOK,
                                    .found = STR("there is none yet"),
                                    .why = "An older copy in this ledger's place would not be noticed.",
                                    .advice = "The next command that opens the ledger makes one."});
}

static void look_at_key(const struct doctor *d, const struct ledger_examination *x)
{
    if (x->key_protected && x->parts[LEDGER_KEY].why.code == ERR_INVALID &&
        d->options->passphrase.file == NULL && d->options->passphrase.command == NULL &&
        isatty(STDIN_FILENO) != 1) {
        doctor_tell(d,
                    (struct symptom){
                        .check = "key",
                        .health = HEALTH_LOOK,
                        .found = STR("the key file is protected, and no passphrase was given"),
                        .why = "Whether it opens the ledger is not found out.",
                        .advice = "Give --passphrase-file or --passphrase-command, or ask on a terminal."});
        return;
    }
    const char *from = x->key_file == NULL ? "the key command" : x->key_file;
    tell_part(d, x, LEDGER_KEY,
              str_format(d->arena, "%s opens the ledger%s", from,
                         x->key_protected ? "; protected by a passphrase" : ""));
}

static void look_at_views(const struct doctor *d, const struct ledger_examination *x)
{
    if (x->parts[LEDGER_VIEWS].looked && x->parts[LEDGER_VIEWS].why.code == OK &&
        x->views_records != x->records) {
        doctor_tell(
            d, (struct symptom){.check = "views",
                                .health = HEALTH_LOOK,
                                .found = str_format(d->arena, "of %ju records, the log has %ju",
                                                    (uintmax_t)x->views_records, (uintmax_t)x->records),
                                .why = "A command was killed before it was done with them; nothing is lost.",
                                .advice = "The next command catches up by itself."});
        return;
    }
    tell_part(d, x, LEDGER_VIEWS, STR("as far as the log"));
}

/* ---- what protects it from outside ---- */

/* How long ago a file was written; false: it cannot be told. */
static bool age_of(int64_t *us, const struct doctor *d, const char *path)
{
    struct stat info = {0};
    if (path == NULL || stat(path, &info) != 0) return false;
    *us = d->world.now(d->world.self).us - (int64_t)info.st_mtim.tv_sec * 1000000;
    return *us >= 0;
}

static void look_at_checkpoints(const struct doctor *d, const struct ledger_examination *x)
{
    int64_t age = 0;
    uint64_t since = x->records - x->checkpoint_records;
    struct symptom s = {.check = "checkpoint", .health = HEALTH_LOOK};
    if (x->checkpoint_records == 0) {
        s.found = STR("none was signed yet");
        s.why = "Auditors cannot tell a ledger that was written anew from the one that was.";
        s.advice = "'daybook key new-checkpoint FILE', then --checkpoint-key FILE with each night.";
        doctor_tell(d, s);
        return;
    }
    bool known = age_of(&age, d, x->checkpoint_path);
    s.found = str_format(d->arena, "of %ju records%s%.*s; %ju more since", (uintmax_t)x->checkpoint_records,
                         known ? ", signed before " : "",
                         STR_ARG(known ? doctor_span(d->arena, age) : STR_NONE), (uintmax_t)since);
    if (since == 0 || !known || age < 7 * DAY_US) {
        s.health = HEALTH_OK;
    } else {
        s.why = "What was appended since is vouched for by nobody yet.";
        s.advice = "'daybook --checkpoint-key FILE audit checkpoint', best at the end of each night.";
    }
    doctor_tell(d, s);
}

static void look_at_checkpoint_key(const struct doctor *d)
{
    struct secret key = {.len = 0};
    struct error why = {0};
    if (d->checkpoint_key.len == 0) return;
    const char *path = str_cstring(d->arena, d->checkpoint_key);
    enum err err = secret_from_file(&key, path, &why);
    secret_wipe(&key);
    doctor_tell(d,
                (struct symptom){.check = "checkpoint_key",
                                 .health = err == OK ? HEALTH_OK : HEALTH_WRONG,
                                 .code = err,
                                 .found = str_copy(d->arena, str_of(err == OK ? path : why.text)),
                                 .why = err == OK ? NULL : "No checkpoint can be signed.",
                                 .advice = err == OK ? NULL
                                                     : "Put the key in place with mode 0600, or name it with "
                                                       "--checkpoint-key."});
}

static void look_at_backup(const struct doctor *d, const struct ledger_examination *x)
{
    struct backup_entry *all = NULL;
    struct error why = {0};
    size_t count = 0;
    int64_t age = 0;
    struct symptom s = {.check = "backup"};
    if (d->query->backup.len == 0) {
        s.health = HEALTH_LOOK;
        s.found = STR("none is named, so none was looked at");
        s.why = "A ledger without a backup is one disk away from its end.";
        s.advice = "'daybook backup DIR' adds to one; --backup DIR tells doctor where it is.";
        doctor_tell(d, s);
        return;
    }
    const char *dir = str_cstring(d->arena, d->query->backup);
    enum err err = backup_list(&all, &count, dir, d->arena, &why);
    const struct backup_entry *newest = err == OK && count > 0 ? &all[count - 1] : NULL;
    bool foreign = newest != NULL && x->origin.len > 0 && !str_equal(newest->origin, x->origin);
    if (newest == NULL || foreign) {
        s.health = HEALTH_WRONG;
        s.code = err == OK ? ERR_NOT_FOUND : err;
        s.found = err != OK
                      ? str_copy(d->arena, str_of(why.text))
                      : str_of(foreign ? "the backup is of another ledger" : "the folder holds no snapshot");
        s.why = "This ledger has no backup there.";
        s.advice = "'daybook backup DIR' makes one.";
    } else {
        const char *path = str_format(d->arena, "%s/snapshots/%.*s", dir, STR_ARG(newest->name)).ptr;
        bool known = age_of(&age, d, path);
        uint64_t behind = x->records > newest->records ? x->records - newest->records : 0;
        s.found =
            str_format(d->arena, "%ju record%s behind%s%.*s", (uintmax_t)behind, behind == 1 ? "" : "s",
                       known ? ", made before " : "", STR_ARG(known ? doctor_span(d->arena, age) : STR_NONE));
        if (behind > 0 && known && age > 2 * DAY_US) {
            s.health = HEALTH_LOOK;
            s.why = "What was appended since exists once.";
            s.advice = "'daybook backup DIR' after each night.";
        }
    }
    doctor_tell(d, s);
}

/* ---- all of it ---- */

static void verify_all(const struct doctor *d, const struct ledger_examination *x)
{
    struct ledger_options o = *d->options;
    struct ledger *l = NULL;
    struct ledger_report r = {.events = 0};
    struct error why = {0};
    if (!d->query->deep) return;
    o.read_only = true;
    o.without_key = x->parts[LEDGER_VIEWS].why.code != OK || !x->parts[LEDGER_VIEWS].looked ||
                    x->views_records != x->records;
    enum err err = ledger_open(&l, &o, &why);
    if (err == OK) err = ledger_verify(&r, l, NULL, NULL, d->arena, &why);
    ledger_close(l);
    doctor_tell(
        d, (struct symptom){
               .check = "deep",
               .health = err != OK       ? HEALTH_WRONG
                         : o.without_key ? HEALTH_LOOK
                                         : HEALTH_OK,
               .code = err,
               .found = err != OK ? str_copy(d->arena, str_of(why.text))
                        : o.without_key
                            ? str_format(d->arena, "%ju records chain; events and views were not read",
                                         (uintmax_t)r.chain.records)
                            : str_format(d->arena,
                                         "%ju records chain, %ju events and %ju view entries are what "
                                         "they should be",
                                         (uintmax_t)r.chain.records, (uintmax_t)r.events,
                                         (uintmax_t)r.view_entries),
               .why = err != OK       ? "What the ledger says cannot be relied on."
                      : o.without_key ? "The views are not at the log's end, or do not open."
                                      : NULL,
               .advice = err == ERR_TAMPERED
                             ? "'daybook audit verify' tells more; 'daybook rebuild' mends views."
                         : o.without_key ? "'daybook audit verify' catches up first, and reads all of it."
                                         : NULL});
}

static void look(const struct doctor *d)
{
    struct ledger_examination *x = arena_new_of(d->arena, struct ledger_examination);
    ledger_examine(x, d->options, d->arena);
    tell_part(d, x, LEDGER_FILES, STR("for this user alone"));
    if (x->parts[LEDGER_FILES].why.code == ERR_NOT_FOUND) return;
    look_at_log(d, x);
    look_at_clock(d, x);
    look_at_anchor(d, x);
    look_at_key(d, x);
    tell_part(d, x, LEDGER_CUSTOMER_KEYS, str_format(d->arena, "%s opens them", x->kek_file));
    look_at_views(d, x);
    look_at_checkpoints(d, x);
    look_at_checkpoint_key(d);
    look_at_backup(d, x);
    verify_all(d, x);
}

_Noreturn static void be_child(const struct doctor *d, int to)
{
    static const int signals[] = {SIGBUS, SIGSEGV, SIGFPE};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signal(signals[i], SIG_DFL) == SIG_ERR) _exit(1);
    struct doctor mine = *d;
    mine.told = send;
    mine.context = fdopen(to, "w");
    if (mine.context == NULL) _exit(1);
    look(&mine);
    _exit(0); /* what was sent is flushed, and what was inherited is the parent's to flush */
}

static void hear(const struct doctor *d, int from)
{
    char *line = NULL;
    size_t room = 0;
    FILE *f = fdopen(from, "r");
    if (f == NULL) WRONG("a pipe cannot be read");
    for (bool goes = true; goes && getline(&line, &room, f) > 0;) goes = receive(d, line);
    free(line);
    (void)fclose(f); /* only read */
}

void doctor_look_at_ledger(const struct doctor *d)
{
    int ends[2] = {-1, -1}, status = 0;
    (void)fflush(NULL);
    if (pipe(ends) != 0) WRONG("no pipe");
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        be_child(d, ends[1]);
    }
    (void)close(ends[1]);
    hear(d, ends[0]);
    pid_t ended = -1;
    do ended = child > 0 ? waitpid(child, &status, 0) : 0;
    while (ended < 0 && errno == EINTR);
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    doctor_tell(d, (struct symptom){
                       .check = "ledger",
                       .health = HEALTH_WRONG,
                       .code = child > 0 ? ERR_TAMPERED : ERR_STORAGE,
                       .found = child > 0 ? STR("reading its files ended the process that read them")
                                          : STR("no process could be started to read it"),
                       .why = "A file is cut off or damaged, or the disk cannot read it.",
                       .advice = "'daybook rebuild' makes the views anew; if that fails, restore a backup."});
}

/* ---- the gateway ---- */

void doctor_look_at_gateway(const struct doctor *d)
{
    const struct cli_globals *g = d->globals;
    struct symptom s = {.check = "gateway"};
    struct secret key = {.len = 0};
    struct error why = {0};
    const char *file = getenv("DAYBOOK_STRIPE_KEY_FILE"); /* NOLINT(concurrency-mt-unsafe): nobody sets it */
    if (g->stripe_key_file.len > 0) file = str_cstring(d->arena, g->stripe_key_file);
    if (g->stripe_key_command.len > 0) {
        s.found = STR("Stripe, by a key command, which was not run");
    } else if (file == NULL || file[0] == '\0') {
        s.health = HEALTH_LOOK;
        s.found = STR("the simulator: no key of Stripe's is given");
        s.why = "Payments come out as if they were made, and no money moves.";
        s.advice = "For real payments name Stripe's key: --stripe-key-file, or DAYBOOK_STRIPE_KEY_FILE.";
    } else if (secret_from_file(&key, file, &why) != OK) {
        s.health = HEALTH_WRONG;
        s.code = why.code;
        s.found = str_copy(d->arena, str_of(why.text));
        s.why = "Stripe is not asked, and nobody pays.";
        s.advice = "Put Stripe's key into that file, with mode 0600.";
    } else {
        struct str line = secret_line(&key);
        bool live = str_starts(line, "sk_live_") || str_starts(line, "rk_live_");
        bool test = str_starts(line, "sk_test_") || str_starts(line, "rk_test_");
        s.found = str_of(live ? "Stripe, with a live key" : test ? "Stripe, with a test key" : "Stripe");
        if (!live && !test) {
            s.health = HEALTH_LOOK;
            s.why = "The file's first line does not begin as Stripe's keys do.";
            s.advice =
                "It should be a secret or restricted key: sk_live_…, rk_live_…, sk_test_… or rk_test_….";
        }
    }
    secret_wipe(&key);
    doctor_tell(d, s);
}
