/* SPDX-License-Identifier: MIT */
/* anchor_witness.c - the client of witnesses. A witness is told from how many records on the proof leads,
 * which is how many it signed last as far as we remember; if it says another number it gets the proof from
 * there, once. Of its answer only lines of its own key that hold are kept. */
#include "importers/anchor_private.h"

enum { ANSWER_MAX_BYTES = 64 * 1024 };

/* ---- who ---- */

static enum err read_policy(struct anchoring *g, struct error *e)
{
    struct bytes content = {0};
    struct str origin = g->report->checkpoint.head.origin;
    bool is_known = false;
    enum err err = file_read(&content, g->options->policy, LIMIT_POLICY_BYTES, g->arena, e);
    if (err == ERR_NOT_FOUND) e->code = err = ERR_INVALID;
    if (err == OK && policy_parse(&g->policy, bytes_str(content), g->arena, e) != OK)
        err = wrap(e, "witness policy '%s'", g->options->policy);
    if (err != OK) return err;
    for (size_t i = 0; i < g->policy.logs_count; i++)
        is_known = is_known || str_equal(g->policy.logs[i].name, origin);
    if (is_known || g->policy.logs_count == 0) return OK;
    return fail(e, ERR_INVALID, "witness policy '%s' is about other ledgers, not '%.*s'", g->options->policy,
                STR_ARG(origin));
}

enum err witness_peers(struct anchoring *g, struct error *e)
{
    struct anchor_report *r = g->report;
    r->has_policy = g->options->policy != NULL;
    if (!r->has_policy) return OK;
    enum err err = read_policy(g, e);
    for (size_t i = 0; err == OK && i < g->policy.members_count; i++) {
        const struct policy_member *m = &g->policy.members[i];
        if (!m->is_group && str_equal(m->key.name, r->checkpoint.head.origin))
            return fail(e, ERR_INVALID, "witness policy '%s': witness '%.*s' has the ledger's own name",
                        g->options->policy, STR_ARG(text_quotable(m->name)));
        if (!m->is_group)
            r->peers[r->count++] =
                (struct anchor_peer){.is_witness = true, .name = m->name, .url = m->url, .key = m->key};
    }
    return err;
}

static void has_signed(struct anchor_peer *p, enum anchor_state state, uint64_t seconds)
{
    p->state = state;
    p->at = (struct instant){seconds > INT64_MAX / 1000000 ? INT64_MAX : (int64_t)seconds * 1000000};
}

enum err witness_look(struct anchoring *g, struct anchor_peer *p, struct error *e)
{
    struct error unused = {0};
    struct str note = STR_NONE, line = STR_NONE;
    uint64_t seconds = 0;
    enum err err = ledger_cosigned_note(&note, g->ledger, &g->report->checkpoint, g->arena, e);
    if (err != OK) return err;
    if (p->url.len == 0) p->state = ANCHOR_NOT_ASKED;
    if (note_witnessed(&seconds, &line, note, &p->key, g->arena, &unused) != OK) return OK;
    has_signed(p, ANCHOR_THERE, seconds);
    p->seen = g->report->checkpoint.head.size;
    return OK;
}

enum err witness_count(struct anchoring *g, struct error *e)
{
    struct error unused = {0};
    struct str note = STR_NONE;
    const struct ledger_checkpoint *at = &g->report->checkpoint;
    if (!g->report->has_policy) return OK;
    enum err err = ledger_cosigned_note(&note, g->ledger, at, g->arena, e);
    if (err != OK || policy_check(&g->report->quorum, &g->policy, note, g->arena, &unused) == OK) return err;
    return policy_check(&g->report->quorum, &g->policy, at->note, g->arena, e); /* a line is damaged */
}

/* ---- asking ---- */

static enum err send_proof(struct http_answer *answer, struct anchoring *g, const struct anchor_peer *p,
                           uint64_t old, struct error *e)
{
    const struct ledger_checkpoint *at = &g->report->checkpoint;
    struct proof_text proof = {.kind = PROOF_OF_GROWTH, .number = old, .note = at->note};
    enum err err = old == 0 ? OK : ledger_growth_path(&proof.path, g->ledger, old, at, g->arena, e);
    if (err != OK) return err;
    struct bytes body = str_bytes(proof_text(g->arena, &proof));
    return anchor_ask(answer, g, p->url, "/add-checkpoint", "text/plain", body, ANSWER_MAX_BYTES, e);
}

/* "N\n" with the type that says so. */
static bool is_size(uint64_t *out, const struct http_answer *answer)
{
    struct error unused = {0};
    struct str text = bytes_str(answer->body);
    if (answer->status != 409 || !str_starts(answer->type, "text/x.tlog.size")) return false;
    if (text.len == 0 || text.ptr[text.len - 1] != '\n') return false;
    return uint_parse(out, (struct str){text.ptr, text.len - 1}, &unused) == OK;
}

static enum err take_signature(struct anchoring *g, struct anchor_peer *p, struct str lines, struct error *e)
{
    const struct ledger_checkpoint *at = &g->report->checkpoint;
    struct str note = str_format(g->arena, "%.*s%.*s", STR_ARG(at->note), STR_ARG(lines)), line = STR_NONE;
    struct error why = {0};
    uint64_t seconds = 0;
    if (note_witnessed(&seconds, &line, note, &p->key, g->arena, &why) != OK) {
        anchor_pending(p, str_format(g->arena, "its answer is not its signature: %s", why.text));
        return OK;
    }
    has_signed(p, ANCHOR_DONE, seconds);
    p->seen = at->head.size;
    return ledger_keep_cosigned(g->ledger, at, p->key.name, line, g->arena, e);
}

static void forked(struct anchor_peer *p, struct str why)
{
    anchor_pending(p, why);
    p->state = ANCHOR_FORKED;
}

/* What it means that it did not sign. */
static void refused(struct anchoring *g, struct anchor_peer *p, const struct http_answer *answer,
                    uint64_t old)
{
    uint64_t size = 0, ours = g->report->checkpoint.head.size;
    if (answer->status == 422)
        forked(p, str_format(g->arena, "the ledger does not go on from the %ju records that it signed",
                             (uintmax_t)old));
    else if (is_size(&size, answer) && size == old && size == ours)
        forked(p, str_format(g->arena, "it signed other %ju records of this ledger", (uintmax_t)size));
    else if (is_size(&size, answer))
        anchor_pending(
            p, str_format(g->arena, "it signed %ju records of this ledger meanwhile", (uintmax_t)size));
    else if (answer->status == 404)
        anchor_pending(p, STR("it does not know this ledger: whoever runs it must be given its public key"));
    else if (answer->status == 403)
        anchor_pending(p, STR("it does not know the key that signed the checkpoint"));
    else
        anchor_no_answer(p, answer, g->arena);
}

enum err witness_ask(struct anchoring *g, struct anchor_peer *p, struct error *e)
{
    struct http_answer answer = {0};
    uint64_t ours = g->report->checkpoint.head.size, old = p->seen > ours ? 0 : p->seen, size = 0;
    enum err err = send_proof(&answer, g, p, old, e);
    if (err != OK) return err;
    bool is_answered = answer.result == HTTP_ANSWERED;
    if (is_answered && is_size(&size, &answer) && size > ours) {
        anchor_pending(p, str_format(g->arena, "it signed %ju records of this ledger, which has %ju signed",
                                     (uintmax_t)size, (uintmax_t)ours));
        p->state = ANCHOR_BEHIND;
        return OK;
    }
    if (is_answered && is_size(&size, &answer) && size != old) {
        old = size;
        err = send_proof(&answer, g, p, old, e);
        if (err != OK) return err;
    }
    p->seen = old;
    if (answer.result != HTTP_ANSWERED)
        anchor_no_answer(p, &answer, g->arena);
    else if (answer.status == 200)
        err = take_signature(g, p, bytes_str(answer.body), e);
    else
        refused(g, p, &answer, old);
    return err;
}
