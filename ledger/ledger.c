/* SPDX-License-Identifier: MIT */
/* ledger.c - opening and closing, reading, rehearsing. What a command does is in run.c. */
#include "ledger/ledger_private.h"

/* ---- options ---- */

void ledger_key_path(struct buffer *out, const struct ledger_options *o)
{
    if (o->key_command != NULL) return;
    const char *base = o->key_file != NULL ? o->key_file : o->dir;
    size_t len = strlen(base);
    while (o->key_file == NULL && len > 1 && base[len - 1] == '/') len--;
    buffer_add(out, base, len);
    if (o->key_file == NULL) buffer_add(out, ".key", 4);
    buffer_add(out, "", 1);
}

enum err ledger_open_master(struct master_key **out, const struct ledger_options *o, bool create,
                            struct error *e)
{
    struct buffer path = {0};
    if (o->key_command != NULL && o->key_file != NULL) {
        return fail(e, ERR_USAGE, "a key file and a key command were given; one of them is enough");
    }
    if (o->key_command != NULL) return master_key_from_command(out, o->key_command, &o->passphrase, e);
    ledger_key_path(&path, o);
    enum err err = master_key_open(out, (const char *)path.ptr, o->dir, create, &o->passphrase, o->world, e);
    buffer_free(&path);
    return err;
}

static struct log_options log_options_of(const struct ledger_options *o, const struct master_key *master)
{
    return (struct log_options){.backend = o->in_memory ? &log_memory : &log_lmdb,
                                .place = {.dir = o->dir,
                                          .map_bytes = o->map_bytes,
                                          .read_only = o->without_key || o->read_only,
                                          .unsafe_flags = o->unsafe_log_flags},
                                .master = master,
                                .world = o->world,
                                .program = o->program != NULL ? o->program : "daybook"};
}

/* ---- open and close ---- */

/* NULL stays NULL. */
static char *copy_of(const char *text)
{
    char *copy = text == NULL ? NULL : strdup(text);
    if (text != NULL && copy == NULL) WRONG("out of memory");
    return copy;
}

struct ledger *ledger_new(const struct ledger_options *o)
{
    struct ledger *l = calloc(1, sizeof *l);
    if (l == NULL) WRONG("out of memory");
    l->dir = copy_of(o->dir);
    l->texts[0] = copy_of(o->passphrase.file);
    l->texts[1] = copy_of(o->passphrase.command);
    l->fiscal_key_file = copy_of(o->fiscal_key_file);
    l->passphrase = (struct passphrase_source){l->texts[0], l->texts[1], o->passphrase.terminal};
    l->world = o->world;
    l->zones = zones_new();
    l->state = o->state;
    l->map_bytes = o->map_bytes;
    l->generation = 1;
    l->in_memory = o->in_memory;
    l->read_only = o->read_only;
    l->hasher = hasher_new();
    l->facts = arena_new();
    l->scratch = arena_new();
    l->queue.last = &l->queue.first;
    if (pthread_mutex_init(&l->lock, NULL) != 0 || pthread_mutex_init(&l->queue.lock, NULL) != 0 ||
        pthread_cond_init(&l->queue.changed, NULL) != 0) {
        WRONG("a mutex cannot be made");
    }
    if (o->state != NULL) state_definition(&l->definition, o->state, l->hasher);
    struct buffer key = {0};
    ledger_key_path(&key, o);
    guard_begin(l, (const char *)key.ptr);
    buffer_free(&key);
    return l;
}

void ledger_close(struct ledger *l)
{
    if (l == NULL) return;
    ledger_rehearse_end(l);
    struct error unused = {0};
    if (l->log != NULL && ledger_anchor(l, &unused) != OK) {
        /* It stays behind, and the next one moves it. Who wants to know asks before. */
    }
    views_close(l->views);
    customer_keys_close(l->keys);
    free(l->erasing.items);
    log_close(l->log);
    master_key_close(l->master);
    zones_free(l->zones);
    hasher_free(l->hasher);
    arena_free(l->facts);
    arena_free(l->scratch);
    buffer_free(&l->plain);
    (void)pthread_cond_destroy(&l->queue.changed);
    (void)pthread_mutex_destroy(&l->queue.lock);
    (void)pthread_mutex_destroy(&l->lock);
    guard_end(l);
    anchor_end(l);
    rsa_key_close(l->fiscal_key);
    free(l->fiscal_key_file);
    free(l->texts[0]);
    free(l->texts[1]);
    free(l->dir);
    free(l);
}

/* ---- create ---- */

/* Who takes the place of a ledger that is gone would be refused by what remembers it; better before there is
 * any. */
static enum err check_no_anchor(const struct ledger_options *o, struct error *e)
{
    struct buffer log = {0};
    struct ledger *l = ledger_new(o);
    enum err err = anchor_begin(l, o, e);
    buffer_print(&log, "%s/log/data.mdb", o->dir);
    buffer_add_byte(&log, 0);
    bool taken = err == OK && l->anchor.path != NULL && file_exists(l->anchor.path);
    if (taken && !file_exists((const char *)log.ptr))
        err = fail(
            e, ERR_REFUSED,
            "there is an anchor file '%s' of a ledger that was here: move it away if that one is given up",
            l->anchor.path);
    buffer_free(&log);
    ledger_close(l);
    return err;
}

enum err ledger_create(const struct ledger_options *o, struct error *e)
{
    struct master_key *master = NULL;
    struct log *log = NULL;
    bool made = !file_exists(o->dir);
    enum err err = dir_make(o->dir, 0700, e);
    if (err == OK) err = dir_check_local(o->dir, e);
    if (err == OK) err = check_no_anchor(o, e);
    if (err == OK) err = ledger_open_master(&master, o, true, e);
    if (err != OK && made) (void)remove(o->dir); /* still empty: leave nothing behind */
    if (err == OK) {
        struct log_options lo = log_options_of(o, master);
        lo.place.create = true;
        err = log_create(&log, &lo, e);
    }
    if (err == OK && !made) err = modes_close(o->dir, e);
    log_close(log);
    master_key_close(master);
    return err == OK ? OK : wrap(e, "cannot create a ledger in '%s'", o->dir);
}

/* ---- open ---- */

static enum err open_views(struct ledger *l, bool drop, struct error *e)
{
    struct views_options vo = {.dir = l->dir,
                               .map_bytes = l->map_bytes,
                               .master = l->master,
                               .origin = l->origin,
                               .definition = l->definition,
                               .tie = l->in_memory ? NULL : l->tie,
                               .world = l->world,
                               .read_only = l->read_only,
                               .drop = drop};
    bool fresh = false;
    return views_open(&l->views, &fresh, &vo, e);
}

/* Are the views where the log ends? The cursor is read first: records are in the log before they are in the
 * views, so what is equal then was equal. Asks without taking the write transaction, which may be somebody
 * else's for long. */
static enum err is_caught_up(bool *yes, struct ledger *l, struct error *e)
{
    struct views_txn *t = NULL;
    struct view_cursor at = {0};
    struct log_head head = {0};
    enum err err = begin_views(&t, l, false, e);
    if (err != OK) return err;
    err = views_cursor(&at, t, e);
    views_abort(t);
    if (err == OK) err = log_head(&head, l->log, e);
    *yes = err == OK && at.seq == head.range.size && memcmp(&at.leaf, &head.last_leaf, sizeof at.leaf) == 0;
    return err;
}

enum err blame_key(struct ledger *l, enum err err, struct error *e)
{
    struct error why = {0};
    if (err == OK || log_key_check(l->log, &why) == OK || strcmp(why.reason, LOG_KEY_REPLACED) != 0)
        return err;
    *e = why;
    return e->code;
}

/* Views that do not fit the log are of no use; they are dropped and folded anew. */
static enum err catch_up(struct ledger *l, log_progress_fn *progress, void *context, struct error *e)
{
    bool done = false;
    enum err err = is_caught_up(&done, l, e);
    if (err == OK && done) return OK;
    if (err == OK && l->read_only) return fail(e, ERR_INCOMPLETE, "the views are behind the log");
    l->folding = true;
    if (err == OK) err = fold_all(l, l->views, FOLD_TO_END, progress, context, e);
    bool damaged = err == ERR_TAMPERED;
    if (damaged) err = views_drop(l->views, e);
    if (damaged && err == OK) err = fold_all(l, l->views, FOLD_TO_END, progress, context, e);
    l->folding = false;
    return damaged ? err : blame_key(l, err, e);
}

enum err catch_up_locked(struct ledger *l, struct error *e)
{
    return catch_up(l, NULL, NULL, e);
}

enum err ledger_open_log(struct ledger *l, const struct ledger_options *o, const struct master_key *k,
                         struct error *e)
{
    struct log_options lo = log_options_of(o, k);
    struct log_state state = {0};
    enum err err = o->in_memory ? log_create(&l->log, &lo, e) : log_open(&l->log, &lo, e);
    if (err == OK) err = log_state(&state, l->log, e);
    l->origin = state.origin;
    return err;
}

/* Beside the master key, with the ledger's own name: one master key may serve several ledgers. */
const char *kek_path(const struct ledger *l, const char *base, struct arena *a)
{
    size_t len = strlen(base), word = sizeof "daybook/" - 1;
    while (len > 1 && base[len - 1] == '/') len--;
    return str_format(a, "%.*s.%.*s.kek", (int)len, base, (int)(l->origin.len - word), l->origin.ptr + word)
        .ptr;
}

/* Where it is. Of KEYFILE.new, the key of a rotation that was cut short, it is still beside KEYFILE; of a key
 * command it may be where it was when the key was in its default file. */
const char *kek_place(const struct ledger *l, const struct ledger_options *o, struct arena *a)
{
    static const char end[] = ".new";
    struct buffer key = {.arena = a};
    ledger_key_path(&key, o);
    bool by_command = key.len == 0;
    const char *base = by_command ? o->dir : (const char *)key.ptr, *path = kek_path(l, base, a);
    size_t len = strlen(base), ending = sizeof end - 1;
    bool is_new = !by_command && len > ending && strcmp(base + len - ending, end) == 0;
    if (file_exists(path) || (!is_new && !by_command)) return path;
    while (by_command && len > 1 && base[len - 1] == '/') len--;
    const char *other = by_command ? str_format(a, "%.*s.key", (int)len, base).ptr
                                   : str_format(a, "%.*s", (int)(len - ending), base).ptr;
    const char *beside = kek_path(l, other, a);
    return file_exists(beside) ? beside : path;
}

enum err ledger_open_keys(struct ledger *l, const struct ledger_options *o, struct error *e)
{
    struct arena *a = arena_new();
    const char *path = kek_place(l, o, a);
    if (!o->in_memory) guard_kek(l, path);
    enum err err = keys_open(l, path, e);
    arena_free(a);
    return err;
}

/* Views that are too damaged to be read, or even emptied, are deleted and folded anew. */
enum err ledger_open_views(struct ledger *l, bool drop, struct error *e)
{
    enum err err = open_views(l, drop, e);
    if (l->read_only) return err;
    if (err == OK && !drop) err = catch_up(l, NULL, NULL, e);
    if (err != ERR_TAMPERED || drop) return err;
    views_close(l->views);
    l->views = NULL;
    err = open_views(l, true, e);
    return err == OK ? catch_up(l, NULL, NULL, e) : err;
}

enum err ledger_open(struct ledger **out, const struct ledger_options *o, struct error *e)
{
    struct ledger *l = ledger_new(o);
    enum err err = OK;
    if (!o->in_memory && !file_exists(o->dir)) err = fail(e, ERR_NOT_FOUND, "there is no such directory");
    if (err == OK && !o->in_memory) err = dir_check_local(o->dir, e);
    /* Without key nothing is written, and what is read is sealed: an auditor's copy may have any modes. */
    if (err == OK && !o->in_memory && !o->without_key) err = modes_check(o->dir, e);
    if (err == OK) err = anchor_begin(l, o, e);
    if (err == OK && !o->without_key) err = ledger_open_master(&l->master, o, false, e);
    if (err == OK) err = ledger_open_log(l, o, l->master, e);
    bool replaced = err == ERR_INVALID && strcmp(e->reason, LOG_KEY_REPLACED) == 0;
    if (replaced && l->guarded.key_file != NULL && !o->read_only) err = rotation_resume(l, o, e);
    if (err == OK && !o->recovering) err = anchor_open(l, o->without_key || o->read_only, e);
    if (err == OK && !o->without_key) err = ledger_open_keys(l, o, e);
    if (err == OK && !o->without_key) err = ledger_open_views(l, o->drop_views, e);
    if (err == OK && !o->without_key && !o->drop_views) err = keys_check_open(l, e);
    if (err != OK) {
        ledger_close(l);
        return wrap(e, "cannot open the ledger in '%s'", o->dir);
    }
    *out = l;
    return OK;
}

bool ledger_has_key(const struct ledger *l)
{
    return l->master != NULL;
}

struct world ledger_world(const struct ledger *l)
{
    return l->world;
}

struct zones *ledger_zones(struct ledger *l)
{
    return l->zones;
}

struct date ledger_today(struct ledger *l, struct str zone)
{
    const struct zone *known = NULL;
    struct error unused = {0};
    if (zone_find(&known, ledger_zones(l), zone, &unused) != OK) known = NULL;
    return zone_date(known, l->world.now(l->world.self));
}

struct log *ledger_log(struct ledger *l)
{
    return l->log;
}

bool ledger_is_rehearsed(const struct ledger *l)
{
    return rehearses(l);
}

bool rehearses(const struct ledger *l)
{
    return l->rehearsing && pthread_equal(l->rehearser, pthread_self()) != 0;
}

void ledger_lock(struct ledger *l)
{
    if (rehearses(l)) return; /* it is held */
    if (pthread_mutex_lock(&l->lock) != 0) WRONG("the ledger's lock is broken");
}

void ledger_unlock(struct ledger *l)
{
    if (rehearses(l)) return;
    if (pthread_mutex_unlock(&l->lock) != 0) WRONG("the ledger's lock is broken");
}

struct str ledger_origin(const struct ledger *l)
{
    return l->origin;
}

enum err ledger_size(uint64_t *out, struct ledger *l, struct error *e)
{
    struct log_head head = {0};
    ledger_lock(l);
    enum err err = log_head(&head, l->log, e);
    ledger_unlock(l);
    *out = head.range.size;
    return err;
}

enum err ledger_catch_up(struct ledger *l, struct error *e)
{
    if (rehearses(l)) return OK;
    ledger_lock(l);
    enum err err = catch_up(l, NULL, NULL, e);
    ledger_unlock(l);
    return err;
}

enum err ledger_rebuild(struct ledger *l, log_progress_fn *progress, void *context, struct error *e)
{
    assert(!rehearses(l));
    ledger_lock(l);
    l->folding = true;
    enum err err = views_drop(l->views, e);
    if (err == OK) err = catch_up(l, progress, context, e);
    l->folding = false;
    ledger_unlock(l);
    return err;
}

/* ---- rehearsal ---- */

enum err ledger_rehearse_begin(struct ledger *l, struct error *e)
{
    assert(!rehearses(l) && !l->read_only);
    ledger_lock(l);
    struct views_txn *t = NULL;
    enum err err = begin_views(&t, l, true, e);
    if (err == OK) err = log_draft_begin(&l->rehearsal_base, l->log, e);
    if (err == OK) err = fold_until(l, t, l->rehearsal_base, e);
    keys_begin(l);
    if (err != OK) {
        views_abort(t);
        ledger_unlock(l);
        return err;
    }
    l->rehearsal = t;
    l->rehearser = pthread_self();
    l->rehearsing = true;
    return OK;
}

void ledger_rehearse_end(struct ledger *l)
{
    if (!rehearses(l)) return;
    views_abort(l->rehearsal);
    l->rehearsal = NULL;
    l->rehearsing = false;
    ledger_unlock(l);
}

/* ---- reading ---- */

enum { READ_TRIES = 8 };

/* Whoever reads waits for nobody who commits: until that is done, what was committed before is the newest.
 * But views that are behind what another process wrote, or that are made anew, are waited for; they are
 * looked for behind the beginning of the transaction, which from then on sees nothing of it. */
static enum err begin_reading(struct views_txn **out, struct ledger *l, struct error *e)
{
    bool alone = pthread_mutex_trylock(&l->lock) == 0;
    enum err err = alone ? catch_up(l, NULL, NULL, e) : OK;
    if (alone) ledger_unlock(l);
    if (err == OK) err = views_begin(out, l->views, false, e);
    if (err != OK || alone || !l->folding) return err;
    views_abort(*out);
    err = ledger_catch_up(l, e);
    return err == OK ? views_begin(out, l->views, false, e) : err;
}

enum err ledger_read_begin(struct views_txn **out, struct ledger *l, struct error *e)
{
    if (rehearses(l)) {
        *out = l->rehearsal;
        return OK;
    }
    enum err err = ERR_CONFLICT;
    for (int i = 0; i < READ_TRIES && err == ERR_CONFLICT; i++) { /* somebody was erased in between */
        if (l->read_only) return begin_views(out, l, false, e);
        err = begin_reading(out, l, e);
    }
    return blame_key(l, err, e);
}

void ledger_read_end(struct ledger *l, struct views_txn *t)
{
    bool rehearsed = rehearses(l) && t == l->rehearsal;
    if (t != NULL && !rehearsed) views_abort(t);
}

struct walk {
    ledger_visit_fn *visit;
    void *context;
    struct arena *arena;
    struct personal *personal;
};

static enum err walk_entry(void *context, const struct log_entry *entry, struct error *e)
{
    struct walk *w = context;
    struct envelope v = {0};
    if (entry->header.class_ != RECORD_EVENTS) return OK;
    enum err err = envelope_decode(&v, entry->plain, w->personal, w->arena, e);
    if (err != OK) return wrap(e, "record %llu", (unsigned long long)entry->seq);
    struct event_place place = {
        entry->seq, entry->header.at, entry->leaf, entry->header.prev, v.actor, v.command, 0};
    err = w->visit(w->context, &place, &v, w->arena, e);
    arena_reset(w->arena);
    return err;
}

enum err ledger_walk(struct ledger *l, uint64_t from, uint64_t to, ledger_visit_fn *visit, void *context,
                     struct error *e)
{
    struct walk w = {visit, context, arena_new(), customer_keys_personal(l->keys)};
    ledger_lock(l);
    enum err err = log_read(l->log, from, to, walk_entry, &w, e);
    ledger_unlock(l);
    arena_free(w.arena);
    return err;
}

struct one_record {
    struct envelope *envelope;
    struct event_place *place;
    struct arena *arena;
    struct personal *personal;
    bool found;
};

static enum err take_record(void *context, const struct log_entry *entry, struct error *e)
{
    struct one_record *r = context;
    if (entry->header.class_ != RECORD_EVENTS) return OK;
    enum err err = envelope_decode(r->envelope, bytes_copy(r->arena, entry->plain), r->personal, r->arena, e);
    *r->place = (struct event_place){entry->seq,
                                     entry->header.at,
                                     entry->leaf,
                                     entry->header.prev,
                                     r->envelope->actor,
                                     r->envelope->command,
                                     0};
    r->found = true;
    return err;
}

enum err ledger_record(struct envelope *out, struct event_place *place, struct ledger *l, uint64_t seq,
                       struct arena *a, struct error *e)
{
    struct one_record r = {out, place, a, customer_keys_personal(l->keys), false};
    ledger_lock(l);
    enum err err = log_read(l->log, seq, seq + 1, take_record, &r, e);
    ledger_unlock(l);
    if (err != OK || r.found) return err;
    return fail(e, ERR_NOT_FOUND, "record %llu holds no events", (unsigned long long)seq);
}

enum err ledger_digest(struct hash *out, uint64_t *entries, struct ledger *l, struct error *e)
{
    struct views_txn *t = NULL;
    enum err err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    err = views_digest(out, entries, t, e);
    ledger_read_end(l, t);
    return err;
}
