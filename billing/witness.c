/* SPDX-License-Identifier: MIT */
/* witness.c - see witness.h. What it signed last of a log is kept, durably, before the signature is given
 * away: whatever becomes of the program, it never signs two histories of one log. One thread answers, and a
 * lock keeps a second witness from the folder, so that to look at what was signed last and to replace it is
 * one step. */
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <sys/file.h>
#include <unistd.h>

#include "billing/httpd.h"
#include "billing/witness.h"

enum { NAME_BYTES = 16 }; /* of the hash of a log's name, by which its file is called */

struct witness {
    struct witness_options options;
    struct checkpoint_key *key;
    struct witnessed_log *logs;
    size_t count;
    bool *is_lost; /* by log: it could not be kept, and what is there now is not known */
    struct httpd *http;
    struct arena *arena; /* lives as long as the witness */
    int lock;
};

/* ---- what it keeps ---- */

static const char *state_path(const struct witness *w, const struct witnessed_log *log, struct arena *a)
{
    uint8_t digest[32];
    struct hasher *h = hasher_new();
    hasher_digest(h, digest, str_bytes(log->origin), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return str_format(a, "%s/%.*s", w->options.state, STR_ARG(hex_text(a, digest, NAME_BYTES))).ptr;
}

static enum err recall(struct witness *w, struct witnessed_log *log, struct arena *a, struct error *e)
{
    struct bytes kept = {0};
    const char *path = state_path(w, log, a);
    enum err err = file_read(&kept, path, LIMIT_NOTE_BYTES, a, e);
    if (err == ERR_NOT_FOUND) return OK; /* it has signed nothing of this log yet */
    if (err == OK) err = witness_recall(log, bytes_str(kept), checkpoint_key_public(w->key), a, e);
    if (err == OK) return OK;
    if (err != ERR_STORAGE) e->code = ERR_TAMPERED;
    return wrap(e, "what was signed last of '%.*s', '%s'", STR_ARG(log->origin), path);
}

static enum err keep(struct witness *w, struct witnessed_log *log, const struct witness_verdict *v,
                     struct str line, struct arena *a, struct error *e)
{
    struct str note = str_format(a, "%.*s%.*s", STR_ARG(v->own), STR_ARG(line));
    enum err err = file_write(state_path(w, log, a), str_bytes(note), 0600, e);
    if (err != OK) return err;
    log->size = v->at.size;
    log->root = v->at.root;
    return OK;
}

/* A write that failed may have been done: what counts is what is there. */
static void look_again(struct witness *w, size_t place, struct arena *a)
{
    struct error e = {0};
    w->is_lost[place] = recall(w, &w->logs[place], a, &e) != OK;
    if (w->is_lost[place])
        (void)fprintf(stderr, "daybook: the witness signs nothing more of '%.*s': %s\n",
                      STR_ARG(w->logs[place].origin), e.text);
}

/* ---- requests ---- */

static void say(struct httpd_reply *out, int status, const char *type, struct str text)
{
    *out = (struct httpd_reply){.status = (unsigned)status, .type = type, .body = text};
}

static void say_line(struct httpd_reply *out, int status, struct str text, struct arena *a)
{
    say(out, status, "text/plain; charset=utf-8", str_format(a, "%.*s\n", STR_ARG(text)));
}

/* The signature of what was judged to be good. What was signed last once more needs no keeping. */
static enum err sign(struct str *line, struct witness *w, const struct witness_verdict *v, struct arena *a,
                     struct error *e)
{
    struct witnessed_log *log = &w->logs[v->log];
    uint64_t seconds = (uint64_t)(w->options.world.now(w->options.world.self).us / 1000000);
    bool is_kept = log->size > 0 && log->size == v->at.size;
    if (w->is_lost[v->log]) return fail(e, ERR_STORAGE, "what was signed last of it is not known");
    enum err err = witness_key_sign(line, w->key, v->text, seconds, a, e);
    if (err != OK || is_kept) return err;
    err = keep(w, log, v, *line, a, e);
    if (err != OK) look_again(w, v->log, a);
    return err;
}

static void add_checkpoint(struct witness *w, const struct httpd_request *r, struct httpd_reply *out)
{
    struct witness_verdict v;
    struct error e = {0};
    struct str line = STR_NONE;
    witness_judge(&v, bytes_str(r->body), w->logs, w->count, r->arena);
    if (v.status == WITNESS_OTHER_SIZE) {
        say(out, v.status, "text/x.tlog.size", str_format(r->arena, "%ju\n", (uintmax_t)w->logs[v.log].size));
    } else if (v.status != WITNESS_SIGNS) {
        say_line(out, v.status, v.why, r->arena);
    } else if (sign(&line, w, &v, r->arena, &e) == OK) {
        say(out, v.status, "text/plain; charset=utf-8", line);
    } else {
        (void)fprintf(stderr, "daybook: a checkpoint is not signed: %s\n", e.text);
        say_line(out, MHD_HTTP_INTERNAL_SERVER_ERROR, STR("it cannot be kept just now"), r->arena);
    }
}

static void route(void *self, struct httpd_request *r, struct httpd_reply *out)
{
    bool add = strcmp(r->url, "/add-checkpoint") == 0, health = strcmp(r->url, "/healthz") == 0;
    if (!add && !health)
        say_line(out, MHD_HTTP_NOT_FOUND, STR("there is no such address"), r->arena);
    else if (strcmp(r->method, add ? "POST" : "GET") != 0)
        say_line(out, MHD_HTTP_METHOD_NOT_ALLOWED, STR("another method is wanted"), r->arena);
    else if (health)
        say_line(out, MHD_HTTP_OK, STR("ok"), r->arena);
    else if (r->too_large)
        say_line(out, MHD_HTTP_CONTENT_TOO_LARGE, STR("the request is too long"), r->arena);
    else
        add_checkpoint(self, r, out);
}

/* ---- the logs that it knows ---- */

static struct witnessed_log *log_named(struct witness *w, struct str origin)
{
    for (size_t i = 0; i < w->count; i++)
        if (str_equal(w->logs[i].origin, origin)) return &w->logs[i];
    w->logs[w->count] = (struct witnessed_log){.origin = origin};
    return &w->logs[w->count++];
}

/* A log's keys stand together, one array each: of so few nobody minds the copies. */
static void add_key(struct witnessed_log *log, const struct note_key *k, struct arena *a)
{
    struct note_key *keys = arena_array_of(a, struct note_key, log->keys_count + 1);
    if (log->keys_count > 0) memcpy(keys, log->keys, log->keys_count * sizeof *keys);
    keys[log->keys_count++] = *k;
    log->keys = keys;
}

static enum err read_logs(struct witness *w, struct error *e)
{
    struct str rest = w->options.logs, word = STR_NONE;
    size_t given = 0;
    w->logs = arena_array_of(w->arena, struct witnessed_log, LIMIT_WITNESSED_LOGS);
    w->is_lost = arena_array_of(w->arena, bool, LIMIT_WITNESSED_LOGS);
    while (str_take_word(&word, &rest)) {
        struct note_key k = {.name = STR_NONE};
        if (++given > LIMIT_WITNESSED_LOGS)
            return fail(e, ERR_LIMIT, "--log: more than %d keys", LIMIT_WITNESSED_LOGS);
        if (note_key_parse(&k, word, w->arena, e) != OK)
            return wrap(e, "--log '%.*s'", STR_ARG(text_quotable(word)));
        add_key(log_named(w, k.name), &k, w->arena);
    }
    return given > 0 ? OK : fail(e, ERR_USAGE, "--log: a public key of a log is wanted, NAME+ID+KEY");
}

/* ---- start and stop ---- */

static enum err lock_state(struct witness *w, struct error *e)
{
    const char *path = str_format(w->arena, "%s/lock", w->options.state).ptr;
    enum err err = dir_make(w->options.state, 0700, e);
    if (err != OK) return err;
    w->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (w->lock < 0) return fail_errno(e, errno, "cannot open '%s'", path);
    if (flock(w->lock, LOCK_EX | LOCK_NB) == 0) return OK;
    if (errno == EWOULDBLOCK) return fail(e, ERR_CONFLICT, "another witness uses '%s'", w->options.state);
    return fail_errno(e, errno, "cannot lock '%s'", path);
}

static enum err open_all(struct witness *w, struct error *e)
{
    enum err err = witness_key_open(&w->key, w->options.key_file, e);
    if (err == OK) err = read_logs(w, e);
    if (err == OK) err = lock_state(w, e);
    for (size_t i = 0; err == OK && i < w->count; i++) err = recall(w, &w->logs[i], w->arena, e);
    return err;
}

enum err witness_start(struct witness **out, const struct witness_options *o, struct error *e)
{
    struct arena *a = arena_new();
    struct witness *w = arena_new_of(a, struct witness);
    *w = (struct witness){.options = *o, .arena = a, .lock = -1};
    struct httpd_options http = {
        .listen = o->listen, .body_max = LIMIT_NOTE_BYTES, .world = o->world, .self = w, .handle = route};
    enum err err = open_all(w, e);
    if (err == OK) err = httpd_start(&w->http, &http, e);
    if (err == OK)
        *out = w;
    else
        witness_stop(w);
    return err;
}

struct str witness_url(const struct witness *w, struct arena *a)
{
    return httpd_url(w->http, a);
}

struct str witness_public_key(const struct witness *w, struct arena *a)
{
    return note_key_text(a, checkpoint_key_public(w->key));
}

void witness_stop(struct witness *w)
{
    if (w == NULL) return;
    httpd_stop(w->http);
    checkpoint_key_close(w->key);
    if (w->lock >= 0) (void)close(w->lock); /* also unlocks */
    arena_free(w->arena);
}
