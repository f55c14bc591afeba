/* SPDX-License-Identifier: MIT */
/* books.c - a ledger in memory with a clock that stands still, in which a history is lived step by step; all
 * that it writes is read back from the log. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/sim/relations.h"

/* ---- folders ---- */

enum err folder_make(char out[FOLDER_BYTES], struct error *e)
{
    const char *root = getenv("TMPDIR");
    if (access("/dev/shm", W_OK) == 0) root = "/dev/shm";
    if (root == NULL || root[0] == '\0' || strlen(root) > 40) root = "/tmp";
    (void)snprintf(out, FOLDER_BYTES, "%s/daybook-sim.XXXXXX", root);
    return mkdtemp(out) != NULL ? OK : fail_errno(e, errno, "cannot make a folder in %s", root);
}

void folder_remove(const char *path)
{
    char inner[512];
    DIR *folder = opendir(path);
    if (folder == NULL) return;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        (void)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) != 0) folder_remove(inner);
    }
    (void)closedir(folder);
    (void)rmdir(path);
}

/* ---- begin and end ---- */

static enum err write_key(const char *path, struct error *e)
{
    static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    FILE *f = fopen(path, "w");
    if (f == NULL || chmod(path, 0600) != 0 || fputs(key, f) < 0 || fclose(f) != 0)
        return fail_errno(e, errno, "cannot write a key");
    return OK;
}

enum err books_open(struct books *b, const struct trial *t, struct error *e)
{
    char key_path[sizeof b->dir + 4];
    *b = (struct books){.arena = t->arena,
                        .tells = t->tells,
                        .clock = {date_start(date_of(2023, 1, 1))},
                        .gateway = gateway_simulator()};
    (void)snprintf(b->dir, sizeof b->dir, "%s/XXXXXX", t->folder);
    if (mkdtemp(b->dir) == NULL) return fail_errno(e, errno, "cannot make a folder");
    (void)snprintf(key_path, sizeof key_path, "%s.key", b->dir);
    struct ledger_options o = {.dir = b->dir,
                               .in_memory = true,
                               .world = world_frozen(&b->clock),
                               .state = &daybook_state,
                               .map_bytes = 16u << 20};
    enum err err = write_key(key_path, e);
    if (err == OK) err = ledger_open(&b->ledger, &o, e);
    return err == OK ? books_command(b, t->catalog, e) : err;
}

void books_close(struct books *b)
{
    char key_path[sizeof b->dir + 4];
    ledger_close(b->ledger);
    b->ledger = NULL;
    if (b->dir[0] == '\0') return;
    folder_remove(b->dir);
    (void)snprintf(key_path, sizeof key_path, "%s.key", b->dir);
    (void)unlink(key_path);
}

/* ---- what was written ---- */

static enum err collect(void *context, const struct event_place *place, const struct envelope *v,
                        struct arena *a, struct error *e)
{
    struct books *b = context;
    (void)a, (void)e;
    b->read = place->seq + 1;
    for (size_t i = 0; i < v->events_count; i++) {
        enum event_type type = v->events[i].type;
        struct event *ev = event_add(&b->events, type, b->arena);
        schema_copy(event_body_of(ev), event_kind(type)->schema, event_body(&v->events[i]), b->arena);
    }
    return OK;
}

static enum err read_on(struct books *b, struct error *e)
{
    b->before = b->events.count;
    return ledger_walk(b->ledger, b->read, UINT64_MAX, collect, b, e);
}

/* ---- steps ---- */

static bool is_an_answer(enum err err)
{
    return err == OK || err == ERR_REFUSED || err == ERR_NOT_FOUND || err == ERR_DECLINED ||
           err == ERR_INVALID || err == ERR_LIMIT;
}

/* What the door does for a person: the gateway describes tokens, and is named in what asks it for money. */
static enum err complete(struct books *b, struct command *c, struct error *e)
{
    return gateway_complete(c, b->ledger, &b->gateway, b->arena, e);
}

enum err books_command(struct books *b, const struct command *given, struct error *e)
{
    struct command c = *given;
    struct outcome outcome = {0};
    struct request r = {.command = &c, .actor = STR("sim")};
    enum err err = complete(b, &c, e);
    if (err != OK) return err;
    b->refusal = (struct error){0};
    b->code = ledger_execute(&outcome, b->ledger, &r, b->arena, &b->refusal);
    if (!is_an_answer(b->code)) {
        *e = b->refusal;
        return wrap(e, "%s", command_kind(c.type)->words);
    }
    if (b->code == OK && outcome.refusals_count > 0) b->code = outcome.refusals[0].code;
    b->done += b->code == OK;
    b->refused += b->code != OK;
    err = ledger_settle(NULL, b->ledger, &b->gateway, outcome.events, outcome.events_count, STR("sim"),
                        b->arena, e);
    return err == OK ? read_on(b, e) : err;
}

enum err books_run(struct books *b, const struct step *s, struct error *e)
{
    struct run_summary summary = {0};
    struct run_options o = {.gateway = &b->gateway,
                            .actor = STR("night"),
                            .through = s->through,
                            .mode = s->mode,
                            .approved = s->approved};
    b->code = nightly_run(&summary, b->ledger, &o, b->arena, e);
    if (b->code != OK) return b->code;
    if (summary.refused > 0)
        return fail(e, ERR_TAMPERED, "the run could not bill a customer: %.*s",
                    STR_ARG(summary.failures[0].why));
    if (s->mode == BILL_WHOLE) b->through = s->through;
    return read_on(b, e);
}

struct nth_number {
    unsigned left;
    uint64_t number;
};

static enum err take_nth(void *context, const struct subscription *row, struct error *e)
{
    struct nth_number *n = context;
    (void)e;
    if (n->left == 0 || --n->left > 0) return OK;
    n->number = row->subscription;
    return ERR_NOT_FOUND;
}

/* Puts sub_N where the command names a subscription. */
static enum err name_subscription(struct books *b, struct command *c, const struct step *s, struct error *e)
{
    struct customer customer = {0};
    struct views_txn *t = NULL;
    struct nth_number nth = {.left = s->which};
    const struct schema *schema = command_kind(c->type)->schema;
    const struct field *f = schema_field(schema, STR("subscription"));
    if (f == NULL) f = schema_field(schema, STR("add_to"));
    if (s->which == 0 || f == NULL) return OK;
    enum err err = ledger_read_begin(&t, b->ledger, e);
    if (err != OK) return err;
    err = find_customer(&customer, t, user_name(s->who, b->arena), b->arena, e);
    struct list_query q = {.customer = customer.customer, .status = -1};
    if (err == OK) err = list_subscriptions(t, &q, take_nth, &nth, b->arena, e);
    ledger_read_end(b->ledger, t);
    struct str name = public_id(b->arena, "sub", nth.number);
    if (nth.number != 0) memcpy((char *)command_body_of(c) + f->offset, &name, sizeof name);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err take_payment(void *context, const struct transaction *row, struct error *e)
{
    uint64_t *number = context;
    (void)e;
    if (row->kind != TRANSACTION_PAYMENT || row->status == TRANSACTION_FAILED) return OK;
    *number = row->transaction;
    return ERR_NOT_FOUND;
}

/* A refund is of the customer's newest payment. */
static enum err name_payment(struct books *b, struct command *c, const struct step *s, struct error *e)
{
    struct customer customer = {0};
    struct views_txn *t = NULL;
    uint64_t number = 0;
    if (c->type != COMMAND_PAYMENT_REFUND) return OK;
    enum err err = ledger_read_begin(&t, b->ledger, e);
    if (err != OK) return err;
    err = find_customer(&customer, t, user_name(s->who, b->arena), b->arena, e);
    struct list_query q = {.customer = customer.customer, .status = -1};
    if (err == OK) err = list_transactions(t, &q, take_payment, &number, b->arena, e);
    ledger_read_end(b->ledger, t);
    c->payment_refund.transaction = public_id(b->arena, "txn", number);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err take_document(void *context, const struct invoice *row, struct error *e)
{
    struct nth_number *n = context;
    (void)e;
    if (--n->left > 0) return OK;
    n->number = row->invoice;
    return ERR_NOT_FOUND;
}

static enum err name_document(struct books *b, struct command *c, const struct step *s, struct error *e)
{
    struct customer customer = {0};
    struct views_txn *t = NULL;
    struct nth_number nth = {.left = s->document};
    if (s->document == 0) return OK;
    enum err err = ledger_read_begin(&t, b->ledger, e);
    if (err != OK) return err;
    err = find_customer(&customer, t, user_name(s->who, b->arena), b->arena, e);
    struct list_query q = {.customer = customer.customer, .status = -1};
    if (err == OK) err = list_invoices(t, &q, take_document, &nth, b->arena, e);
    ledger_read_end(b->ledger, t);
    c->invoice_credit.invoice = public_id(b->arena, "inv", nth.number);
    return err == ERR_NOT_FOUND ? OK : err;
}

static void note_kept(struct books *b)
{
    for (size_t i = b->before; i < b->events.count; i++) {
        if (b->events.items[i].type != EVENT_SUBSCRIPTION_CANCELED) continue;
        b->kept = arena_grow(b->arena, b->kept, b->kept_count, &b->kept_capacity, sizeof *b->kept);
        b->kept[b->kept_count++] = b->events.items[i].subscription_canceled.subscription;
    }
}

enum err books_do(struct books *b, const struct step *s, struct error *e)
{
    struct command c = s->command;
    b->clock.now = s->at;
    if (s->kind == STEP_RUN) {
        enum err err = books_run(b, s, e);
        if (b->tells) tell_step(b, s);
        return err;
    }
    enum err err = name_subscription(b, &c, s, e);
    if (err == OK) err = name_payment(b, &c, s, e);
    if (err == OK) err = name_document(b, &c, s, e);
    if (err == OK) err = books_command(b, &c, e);
    bool keeps = c.type == COMMAND_SUBSCRIPTION_CANCEL && c.subscription_cancel.give_back == END_NONE;
    if (err == OK && keeps) note_kept(b);
    if (b->tells) tell_step(b, s);
    return err;
}

bool books_is_invoiced(const struct books *b, uint64_t item)
{
    for (size_t i = 0; i < b->events.count; i++) {
        const struct event *ev = &b->events.items[i];
        if (ev->type != EVENT_INVOICE_FINALIZED) continue;
        for (size_t k = 0; k < ev->invoice_finalized.lines_count; k++) {
            if (ev->invoice_finalized.lines[k].item == item) return true;
        }
    }
    return false;
}
