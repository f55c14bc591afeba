/* SPDX-License-Identifier: MIT */
/* anchor.c - see anchor.h. Each is asked by itself, and what one says or does not say is nothing to the
 * others. Who did not answer is asked again after a minute, two, four, up to six hours, so that a server that
 * is down, or a key that nobody entered, is not asked all the time. */
#include "importers/anchor_private.h"

enum {
    FIRST_WAIT_SECONDS = 60,
    LAST_WAIT_SECONDS = 6 * 3600,
    DOUBLINGS_MAX = 16,
    CONNECT_MS = 5000,
    TIMEOUT_MS = 20000,
};
static const int64_t us_a_second = 1000000;

const char *const anchor_state_words[] = {"there",  "done",   "pending",  "waits",
                                          "forked", "behind", "not asked"};

/* ---- one question ---- */

enum err anchor_ask(struct http_answer *answer, const struct anchoring *g, struct str url,
                    const char *more_path, const char *type, struct bytes body, size_t answer_max,
                    struct error *e)
{
    struct http_options o = {
        .in_clear = true, .connect_ms = CONNECT_MS, .timeout_ms = TIMEOUT_MS, .answer_max_bytes = answer_max};
    struct http_exchange x = {
        .request = {.method = "POST", .type = type, .body = bytes_str(body), .repeatable = true},
        .arena = g->arena};
    struct http http = {.self = NULL};
    struct str path = STR_NONE;
    http_cut_url(&o.base, &path, url);
    if (more_path[0] != 0 && path.len > 0 && path.ptr[path.len - 1] == '/') path.len--;
    x.request.path = str_format(g->arena, "%.*s%s", STR_ARG(path), more_path);
    enum err err = (g->options->open == NULL ? http_curl_open : g->options->open)(&http, &o, e);
    if (err != OK) return wrap(e, "'%.*s'", STR_ARG(text_quotable(url)));
    err = http_ask(&http, &x, e);
    http.close(http.self);
    *answer = x.answer;
    return err;
}

void anchor_pending(struct anchor_peer *p, struct str why)
{
    p->state = ANCHOR_PENDING;
    p->why = why;
}

void anchor_no_answer(struct anchor_peer *p, const struct http_answer *answer, struct arena *a)
{
    if (answer->result != HTTP_ANSWERED)
        anchor_pending(p, answer->why);
    else
        anchor_pending(p, str_format(a, "it answered with status %d", answer->status));
}

/* ---- what is remembered between calls ---- */

/* A peer is known by its address or key, not by its place in the options. */
static struct str mark_of(const struct anchor_peer *p, struct arena *a)
{
    uint8_t digest[32];
    struct hasher *h = hasher_new();
    struct str name = p->is_witness ? note_key_text(a, &p->key) : p->url;
    hasher_digest(h, digest, str_bytes(name), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return hex_text(a, digest, 8);
}

static bool take_count(uint64_t *out, struct str *line)
{
    struct error unused = {0};
    struct str word = STR_NONE;
    return str_take_word(&word, line) && uint_parse(out, word, &unused) == OK;
}

/* A line a peer: its mark, failures in a row, when it is asked again, how many records it signed. What cannot
 * be read is forgotten: then it is asked at once, and from the beginning. */
static void remember(struct anchoring *g)
{
    struct str text = ledger_anchoring_notes(g->ledger, g->arena);
    struct str line = STR_NONE, mark = STR_NONE;
    while (str_take_until(&line, &text, '\n')) {
        uint64_t failures = 0, next = 0, seen = 0;
        if (!str_take_word(&mark, &line) || !take_count(&failures, &line) || !take_count(&next, &line) ||
            !take_count(&seen, &line) || next > INT64_MAX)
            continue;
        for (size_t i = 0; i < g->report->count; i++) {
            struct anchor_peer *p = &g->report->peers[i];
            if (!str_equal(mark, mark_of(p, g->arena))) continue;
            p->failures = failures;
            p->next_try = (struct instant){(int64_t)next};
            p->seen = seen;
        }
    }
}

static enum err note_down(struct anchoring *g, struct error *e)
{
    struct buffer b = {.arena = g->arena};
    for (size_t i = 0; i < g->report->count; i++) {
        const struct anchor_peer *p = &g->report->peers[i];
        buffer_print(&b, "%.*s %ju %jd %ju\n", STR_ARG(mark_of(p, g->arena)), (uintmax_t)p->failures,
                     (intmax_t)p->next_try.us, (uintmax_t)p->seen);
    }
    return ledger_keep_anchoring_notes(g->ledger, (struct str){(const char *)b.ptr, b.len}, g->arena, e);
}

static void wait_longer(struct anchor_peer *p, struct instant now)
{
    unsigned doublings = p->failures > DOUBLINGS_MAX ? DOUBLINGS_MAX : (unsigned)p->failures;
    int64_t seconds = (int64_t)FIRST_WAIT_SECONDS << doublings;
    if (seconds > LAST_WAIT_SECONDS) seconds = LAST_WAIT_SECONDS;
    p->failures++;
    p->next_try = (struct instant){now.us + seconds * us_a_second};
}

/* ---- all of them ---- */

static bool has_vouched(const struct anchor_peer *p)
{
    return p->state == ANCHOR_THERE || p->state == ANCHOR_DONE;
}

/* A clock that was set back must not keep anybody waiting for longer than he would have to. */
static bool must_wait(const struct anchoring *g, const struct anchor_peer *p)
{
    int64_t left = p->next_try.us - g->now.us;
    return !g->options->at_once && p->failures > 0 && left > 0 && left <= LAST_WAIT_SECONDS * us_a_second;
}

static enum err visit(struct anchoring *g, struct anchor_peer *p, struct error *e)
{
    anchor_pending(p, STR_NONE);
    enum err err = p->is_witness ? witness_look(g, p, e) : stamp_look(g, p, e);
    if (err != OK || p->state != ANCHOR_PENDING) return err;
    if (must_wait(g, p)) {
        p->state = ANCHOR_WAITS;
        p->why = STR("it did not lately");
        return OK;
    }
    err = p->is_witness ? witness_ask(g, p, e) : stamp_ask(g, p, e);
    bool is_alert = p->state == ANCHOR_FORKED || p->state == ANCHOR_BEHIND; /* which must not wait */
    if (has_vouched(p) || is_alert) {
        p->failures = 0;
        p->next_try = (struct instant){0};
    } else if (err == OK) {
        wait_longer(p, g->now);
    }
    return err;
}

static const struct anchor_peer *first_of(const struct anchor_report *r, enum anchor_state state)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->peers[i].state == state) return &r->peers[i];
    return NULL;
}

static enum err verdict(const struct anchor_report *r, struct error *e)
{
    const struct anchor_peer *forked = first_of(r, ANCHOR_FORKED), *behind = first_of(r, ANCHOR_BEHIND);
    const struct anchor_peer *open = NULL; /* one that was asked, rather than one that waits */
    size_t missing = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct anchor_peer *p = &r->peers[i];
        if (p->state != ANCHOR_PENDING && p->state != ANCHOR_WAITS) continue;
        missing++;
        if (open == NULL || (open->state == ANCHOR_WAITS && p->state == ANCHOR_PENDING)) open = p;
    }
    if (forked != NULL)
        return fail(e, ERR_TAMPERED, "witness '%.*s' saw another history of this ledger: %.*s",
                    STR_ARG(forked->name), STR_ARG(forked->why));
    if (behind != NULL)
        return fail(e, ERR_ROLLED_BACK, "this ledger is an older copy: witness '%.*s': %.*s",
                    STR_ARG(behind->name), STR_ARG(behind->why));
    if (open == NULL) return OK;
    return fail(e, ERR_INCOMPLETE, "the checkpoint waits for %zu of %zu to vouch for it; '%.*s': %.*s",
                missing, r->count, STR_ARG(open->name), STR_ARG(open->why));
}

static enum err ask_all(struct anchoring *g, struct error *e)
{
    struct anchor_report *r = g->report;
    enum err err = ledger_newest_checkpoint(&r->checkpoint, g->ledger, g->arena, e);
    if (err == OK) err = stamp_peers(g, e);
    if (err == OK) err = witness_peers(g, e);
    if (err == OK && r->count == 0)
        err = fail(e, ERR_INVALID, "nobody is named who could vouch for a checkpoint");
    if (err == OK) err = time_stamp_imprint(&g->imprint, r->checkpoint.note, g->arena, e);
    if (err != OK) return err;
    remember(g);
    for (size_t i = 0; err == OK && i < r->count; i++) err = visit(g, &r->peers[i], e);
    if (err == OK) err = note_down(g, e);
    if (err == OK && r->authorities > 0) err = stamp_age(g, e);
    if (err == OK) err = witness_count(g, e);
    return err == OK ? verdict(r, e) : err;
}

enum err anchor_checkpoints(struct anchor_report *out, struct ledger *l, const struct anchor_options *o,
                            struct arena *a, struct error *e)
{
    struct world w = ledger_world(l);
    struct anchoring g = {.ledger = l, .options = o, .report = out, .now = w.now(w.self), .arena = a};
    int lock = -1;
    *out = (struct anchor_report){
        .peers = arena_array_of(a, struct anchor_peer, LIMIT_TIME_STAMP_AUTHORITIES + LIMIT_POLICY_MEMBERS)};
    enum err err = ledger_lock_anchoring(&lock, l, a, e);
    if (err == OK) err = ask_all(&g, e);
    ledger_unlock_anchoring(lock);
    return err;
}
