/* SPDX-License-Identifier: MIT */
/* anchor_stamp.c - the client of time-stamp authorities. An answer that does not fit its question is not
 * kept: the ledger would show it for ever as what it is not. */
#include "importers/anchor_private.h"

enum { ALERT_SECONDS = 24 * 3600, HOST_MAX = 64 };

/* The host's letters, digits, dots and hyphens, and then what tells two addresses of one host apart. */
static struct str file_name(struct str url, struct arena *a)
{
    struct str base = STR_NONE, path = STR_NONE;
    struct buffer name = {.arena = a};
    uint8_t digest[32];
    struct hasher *h = hasher_new();
    hasher_digest(h, digest, str_bytes(url), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    http_cut_url(&base, &path, url);
    size_t at = base.len;
    while (at > 0 && base.ptr[at - 1] != '/') at--;
    for (; at < base.len && base.ptr[at] != ':' && name.len < HOST_MAX; at++) {
        char c = base.ptr[at];
        if (c >= 'A' && c <= 'Z') c = (char)(c + 32);
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
        if (is_plain) buffer_add(&name, &c, 1);
    }
    buffer_print(&name, "-%.*s", STR_ARG(hex_text(a, digest, 4)));
    return (struct str){(const char *)name.ptr, name.len};
}

enum err stamp_peers(struct anchoring *g, struct error *e)
{
    struct anchor_report *r = g->report;
    struct str rest = g->options->authorities, url = STR_NONE;
    const char *certificates = g->options->certificates;
    enum err err = certificates == NULL ? OK : time_stamp_certificates(certificates, e);
    while (err == OK && str_take_word(&url, &rest)) {
        if (r->authorities == LIMIT_TIME_STAMP_AUTHORITIES)
            return fail(e, ERR_LIMIT, "there are more than %d time-stamp authorities",
                        LIMIT_TIME_STAMP_AUTHORITIES);
        if (url.len > LIMIT_URL_BYTES)
            return fail(e, ERR_LIMIT, "a time-stamp authority's address has more than %d bytes",
                        LIMIT_URL_BYTES);
        r->peers[r->count++] = (struct anchor_peer){.name = file_name(url, g->arena), .url = url};
        r->authorities++;
    }
    return err;
}

/* What a kept stamp says; false: it is not of this checkpoint, or not by those certificates. */
static bool read_stamp(struct time_stamp *out, const struct anchoring *g, const char *path,
                       const struct hash *imprint)
{
    struct error unused = {0};
    struct bytes kept = {0};
    struct time_stamp_query q = {.imprint = *imprint};
    return file_read(&kept, path, LIMIT_TIME_STAMP_BYTES, g->arena, &unused) == OK &&
           time_stamp_check(out, kept, &q, g->options->certificates, g->arena, &unused) == OK;
}

static void has_stamped(struct anchor_peer *p, enum anchor_state state, const struct time_stamp *t)
{
    p->state = state;
    p->at = t->at;
    p->is_certified = t->is_certified;
}

enum err stamp_look(struct anchoring *g, struct anchor_peer *p, struct error *e)
{
    struct ledger_stamp *stamps = NULL;
    struct time_stamp t;
    size_t count = 0;
    enum err err = ledger_stamps(&stamps, &count, g->ledger, g->arena, e);
    for (size_t i = 0; err == OK && i < count; i++) {
        bool is_its =
            stamps[i].size == g->report->checkpoint.head.size && str_equal(stamps[i].authority, p->name);
        if (is_its && read_stamp(&t, g, stamps[i].path, &g->imprint)) has_stamped(p, ANCHOR_THERE, &t);
    }
    return err;
}

enum err stamp_ask(struct anchoring *g, struct anchor_peer *p, struct error *e)
{
    struct time_stamp_query q = {.imprint = g->imprint};
    struct world w = ledger_world(g->ledger);
    struct http_answer answer = {0};
    struct bytes request = {0};
    struct time_stamp t;
    struct error why = {0};
    const char *path = NULL;
    w.random(w.self, &q.nonce, sizeof q.nonce);
    enum err err = time_stamp_request(&request, &q, g->arena, e);
    if (err == OK)
        err = anchor_ask(&answer, g, p->url, "", "application/timestamp-query", request,
                         LIMIT_TIME_STAMP_BYTES, e);
    if (err != OK) return err;
    if (answer.result != HTTP_ANSWERED || answer.status != 200) {
        anchor_no_answer(p, &answer, g->arena);
    } else if (time_stamp_check(&t, answer.body, &q, g->options->certificates, g->arena, &why) != OK) {
        anchor_pending(p, str_copy(g->arena, str_of(why.text)));
    } else {
        has_stamped(p, ANCHOR_DONE, &t);
        err = ledger_keep_stamp(&path, g->ledger, g->report->checkpoint.head.size, p->name, answer.body,
                                g->arena, e);
    }
    return err;
}

/* ---- how long ago ---- */

static enum err is_stamped(bool *out, struct anchoring *g, uint64_t size, const struct ledger_stamp *stamps,
                           size_t count, struct error *e)
{
    struct ledger_checkpoint p = {.path = NULL};
    struct hash imprint = {{0}};
    struct time_stamp t;
    *out = false;
    for (size_t i = 0; i < count && !*out; i++) {
        if (stamps[i].size != size) continue;
        enum err err = p.path != NULL ? OK : ledger_checkpoint_at(&p, g->ledger, size, g->arena, e);
        if (err == OK) err = time_stamp_imprint(&imprint, p.note, g->arena, e);
        if (err != OK) return err;
        *out = read_stamp(&t, g, stamps[i].path, &imprint);
    }
    return OK;
}

/* From the newest back to one that is stamped: the one above it is the oldest without. */
enum err stamp_age(struct anchoring *g, struct error *e)
{
    struct anchor_report *r = g->report;
    struct ledger_stamp *stamps = NULL;
    uint64_t *sizes = NULL;
    size_t count = 0, stamps_count = 0;
    bool stamped = false;
    enum err err = ledger_checkpoint_sizes(&sizes, &count, g->ledger, g->arena, e);
    if (err == OK) err = ledger_stamps(&stamps, &stamps_count, g->ledger, g->arena, e);
    for (size_t i = count; err == OK && i > 0 && !stamped; i--) {
        err = is_stamped(&stamped, g, sizes[i - 1], stamps, stamps_count, e);
        if (err == OK && !stamped) r->unstamped = sizes[i - 1];
    }
    if (err == OK && r->unstamped > 0)
        err = ledger_time_of(&r->unstamped_since, g->ledger, r->unstamped - 1, e);
    r->is_overdue = r->unstamped > 0 && g->now.us - r->unstamped_since.us > (int64_t)ALERT_SECONDS * 1000000;
    return err;
}
