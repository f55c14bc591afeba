/* SPDX-License-Identifier: MIT */
/* ask_recover.c - a ledger that is behind what is remembered of it: how it stands, and what its owner
 * decides. */
#include "billing/answers.h"

static json_t *recovery_json(const struct ledger *l, const struct ledger_recovery *r)
{
    json_t *j = object_new();
    member_text(j, "origin", ledger_origin(l));
    member_count(j, "generation", r->generation);
    member_count(j, "records", r->head.size);
    member_hash(j, "root", &r->head.root);
    member_text(j, "anchor", str_of(r->anchor));
    member_text(j, "anchor_file", str_of(r->anchor_file));
    member_count(j, "anchor_records", r->anchor_records);
    member_count(j, "checkpoint_records", r->checkpoint_records);
    member_count(j, "lost_checkpoints", r->lost_checkpoints);
    member_flag(j, "loss", r->lost.size > 0);
    if (r->lost.size > 0) {
        member_count(j, "had_records", r->lost.size);
        member_hash(j, "had_root", &r->lost.root);
        member_text(j, "remembered_by", str_of(r->lost_by));
    }
    member_text(j, "next", str_of(r->advice));
    return j;
}

enum err ask_recover(const struct call *c, struct error *e)
{
    const struct recover_query *q = c->query;
    struct ledger *l = c->service->ledger;
    const char *key = c->service->checkpoints.key;
    struct ledger_recovery r = {.anchor = NULL};
    enum err err = OK;
    if (q->accept_loss && q->new_anchor)
        return fail(e, ERR_USAGE,
                    "--accept-loss makes an anchor, too: --new-anchor is for where nothing is lost");
    if (q->reason.len > 0 && !q->accept_loss) return fail(e, ERR_USAGE, "--reason is for --accept-loss");
    if (q->accept_loss)
        err = ledger_accept_loss(&r, l, key, q->reason, c->arena, e);
    else if (q->new_anchor)
        err = ledger_new_anchor(&r, l, key, c->arena, e);
    else
        err = ledger_recovery(&r, l, key, c->arena, e);
    return err == OK ? tell_one(c, recovery_json(l, &r), e) : err;
}
