/* SPDX-License-Identifier: MIT */
/* checkpoints.c - every checkpoint that the program signs is signed here, whether somebody asked for it, a
 * night is done or a server runs; and whatever is done with a new one is done in one place, after_checkpoint.
 * What fails there fails neither the signing nor what came before it: it is told, and made good by the next.
 */
#include "billing/checkpoints.h"

#include "billing/answers.h"

static void checkpoint_progress(void *context, uint64_t done, uint64_t total)
{
    const struct service *s = context;
    if (s->progress != NULL) s->progress(s->progress_context, "verify", done, total);
}

/* Whoever does not answer now is asked again after the next one. A witness who saw another history is no such
 * thing: the ledger was forked, or put back. */
static enum err ask_others(struct checkpoint_told *out, struct service *s, struct arena *a, struct error *e)
{
    struct anchor_report r = {.count = 0};
    struct error why = {0};
    enum err err = anchor_newest(&r, s->ledger, a, &why);
    out->asked = r.count;
    for (size_t i = 0; i < r.count; i++)
        if (r.peers[i].state == ANCHOR_THERE || r.peers[i].state == ANCHOR_DONE) out->vouched++;
    if (err == OK) return OK;
    if (err == ERR_TAMPERED || err == ERR_ROLLED_BACK) {
        *e = why;
        return err;
    }
    out->trouble = str_copy(a, str_of(why.text));
    return OK;
}

static enum err after_checkpoint(struct checkpoint_told *out, struct service *s, struct arena *a,
                                 struct error *e)
{
    struct error why = {0};
    enum err err = ask_others(out, s, a, e);
    if (s->checkpoints.publish == NULL) return err;
    if (ledger_publish(&out->published, s->ledger, s->checkpoints.publish, a, &why) != OK)
        out->trouble = str_copy(a, str_of(why.text));
    return err;
}

enum err service_checkpoint(struct checkpoint_told *out, struct service *s, bool full, struct arena *a,
                            struct error *e)
{
    struct checkpoint_how how = {
        .key_file = s->checkpoints.key, .full = full, .progress = checkpoint_progress, .context = s};
    *out = (struct checkpoint_told){.trouble = STR_NONE};
    if (how.key_file == NULL)
        return fail(e, ERR_INVALID,
                    "cannot sign a checkpoint without a key: --checkpoint-key names it, 'daybook key "
                    "new-checkpoint' makes one");
    enum err err = ledger_checkpoint(&out->at, s->ledger, &how, a, e);
    if (err == OK) s->access.key_used = true;
    return err == OK ? after_checkpoint(out, s, a, e) : err;
}

enum err service_checkpoint_if_grown(struct checkpoint_told *out, struct service *s, struct arena *a,
                                     struct error *e)
{
    struct ledger_checkpoint newest = {.path = NULL};
    uint64_t size = 0;
    *out = (struct checkpoint_told){.trouble = STR_NONE};
    if (s->checkpoints.key == NULL) return OK;
    enum err err = ledger_size(&size, s->ledger, e);
    if (err == OK) err = ledger_newest_checkpoint(&newest, s->ledger, a, e);
    if (err == ERR_NOT_FOUND) err = OK;
    if (err != OK || newest.head.size == size) return err;
    return service_checkpoint(out, s, false, a, e);
}
