/* SPDX-License-Identifier: MIT */
/* examine.c - looks at a ledger part by part, as whoever wants to know why it does not open would. It must
 * never write: what a killed process left stays for the next one that opens the ledger. */
#include "ledger/ledger_private.h"

struct look {
    struct ledger_examination *out;
    struct ledger_options o;
    struct ledger *ledger;
    struct arena *arena;
};

static struct error *begin(struct look *x, enum ledger_part part)
{
    x->out->parts[part].looked = true;
    return &x->out->parts[part].why;
}

/* What failed on the way to a success is forgotten. */
static void settle(struct look *x, enum ledger_part part, enum err err)
{
    if (err == OK) x->out->parts[part].why = (struct error){.code = OK};
}

static bool is_sound(const struct look *x, enum ledger_part part)
{
    return x->out->parts[part].looked && x->out->parts[part].why.code == OK;
}

static void look_at_files(struct look *x)
{
    struct error *e = begin(x, LEDGER_FILES);
    enum err err = OK;
    if (!file_exists(x->o.dir)) err = fail(e, ERR_NOT_FOUND, "there is no such directory");
    if (err == OK) err = dir_check_local(x->o.dir, e);
    if (err == OK) err = modes_check(x->o.dir, e);
    settle(x, LEDGER_FILES, err);
}

static enum err read_anchor(struct look *x, struct error *e)
{
    struct anchor_found f = {.standing = ANCHOR_NONE};
    enum err err = anchor_begin(x->ledger, &x->o, e);
    x->out->anchor_file =
        x->ledger->anchor.path == NULL ? NULL : str_cstring(x->arena, str_of(x->ledger->anchor.path));
    if (err == OK) err = anchor_find(&f, x->ledger, x->arena, e);
    if (err != OK) return err;
    x->out->anchor = anchor_standing_word(&f);
    x->out->anchor_behind = f.behind > 0 ? f.behind - 1 : 0;
    return anchor_verdict(&f, x->ledger, e);
}

/* A signature is not checked here: that takes the public key, which is elsewhere. */
static void note_checkpoint(struct look *x)
{
    struct ledger_checkpoint c = {.path = NULL};
    struct error unused = {0};
    if (ledger_newest_checkpoint(&c, x->ledger, x->arena, &unused) != OK) return;
    x->out->checkpoint_records = c.head.size;
    x->out->checkpoint_path = c.path;
}

/* Without its key, which another finding is about. */
static void look_at_log(struct look *x)
{
    struct log_state state = {0};
    struct ledger *l = x->ledger;
    struct error *e = begin(x, LEDGER_LOG);
    if (ledger_open_log(l, &x->o, NULL, e) != OK || log_state(&state, l->log, e) != OK) return;
    x->out->origin = str_copy(x->arena, state.origin);
    x->out->records = state.head.range.size;
    x->out->last_at = state.head.last_at;
    x->out->log_bytes = state.stored_bytes;
    l->origin = x->out->origin;
    settle(x, LEDGER_LOG, OK);
    settle(x, LEDGER_ANCHOR, read_anchor(x, begin(x, LEDGER_ANCHOR)));
    note_checkpoint(x);
}

static void look_at_key(struct look *x)
{
    struct buffer path = {.arena = x->arena};
    struct ledger *l = x->ledger;
    struct error *e = begin(x, LEDGER_KEY);
    ledger_key_path(&path, &x->o);
    x->out->key_file = path.len == 0 ? NULL : (const char *)path.ptr;
    x->out->key_protected = path.len > 0 && key_file_is_protected(x->out->key_file);
    enum err err = ledger_open_master(&l->master, &x->o, false, e);
    if (err == OK && is_sound(x, LEDGER_LOG)) {
        log_close(l->log);
        l->log = NULL;
        err = ledger_open_log(l, &x->o, l->master, e);
    }
    settle(x, LEDGER_KEY, err);
}

static void look_at_customer_keys(struct look *x)
{
    struct error *e = begin(x, LEDGER_CUSTOMER_KEYS);
    x->out->kek_file = kek_place(x->ledger, &x->o, x->arena);
    settle(x, LEDGER_CUSTOMER_KEYS, ledger_open_keys(x->ledger, &x->o, e));
}

static void look_at_views(struct look *x)
{
    struct views_txn *t = NULL;
    struct view_cursor at = {0};
    struct error *e = begin(x, LEDGER_VIEWS);
    enum err err = ledger_open_views(x->ledger, false, e);
    if (err == OK) err = begin_views(&t, x->ledger, false, e);
    if (err != OK) return;
    err = views_cursor(&at, t, e);
    views_abort(t);
    x->out->views_records = at.seq;
    settle(x, LEDGER_VIEWS, err);
    if (err != OK) return;
    /* Whether the customers' keys are of the log's age, the views tell. */
    e = begin(x, LEDGER_CUSTOMER_KEYS);
    settle(x, LEDGER_CUSTOMER_KEYS, keys_check_open(x->ledger, e));
}

void ledger_examine(struct ledger_examination *out, const struct ledger_options *o, struct arena *a)
{
    *out = (struct ledger_examination){.records = 0};
    struct look x = {.out = out, .o = *o, .ledger = ledger_new(o), .arena = a};
    x.o.read_only = x.ledger->read_only = true;
    look_at_files(&x);
    if (out->parts[LEDGER_FILES].why.code != ERR_NOT_FOUND) {
        look_at_log(&x);
        look_at_key(&x);
    }
    bool opens = is_sound(&x, LEDGER_LOG) && is_sound(&x, LEDGER_KEY);
    if (opens) look_at_customer_keys(&x);
    if (opens && is_sound(&x, LEDGER_CUSTOMER_KEYS)) look_at_views(&x);
    ledger_close(x.ledger);
}
