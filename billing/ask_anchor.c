/* SPDX-License-Identifier: MIT */
/* ask_anchor.c - who outside vouches for checkpoints: asking them, and listing what they said. */
#include "billing/answers.h"

/* ---- whom to ask ---- */

static struct str or_environment(struct str given, const char *name)
{
    return given.len != 0
               ? given
               : str_of(getenv(name)); /* NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile */
}

void anchor_settings(struct anchor_options *out, const struct audit_anchor_query *q, struct arena *a)
{
    struct str ca = or_environment(q->time_stamp_ca, "DAYBOOK_TIME_STAMP_CA");
    struct str policy = or_environment(q->witness_policy, "DAYBOOK_WITNESS_POLICY");
    *out = (struct anchor_options){
        .authorities = or_environment(q->time_stamp_authority, "DAYBOOK_TIME_STAMP_AUTHORITIES"),
        .certificates = path_or_null(ca, a),
        .policy = path_or_null(policy, a),
        .at_once = q->at_once};
}

enum err anchor_newest(struct anchor_report *out, struct ledger *l, struct arena *a, struct error *e)
{
    const struct audit_anchor_query by_environment = {.at_once = false};
    struct anchor_options o;
    *out = (struct anchor_report){.count = 0};
    anchor_settings(&o, &by_environment, a);
    if (str_trim(o.authorities).len == 0 && o.policy == NULL) return OK;
    enum err err = anchor_checkpoints(out, l, &o, a, e);
    return err == ERR_INCOMPLETE || err == ERR_CONFLICT ? OK : err;
}

/* ---- what came of it ---- */

static json_t *peer_json(const struct anchor_peer *p)
{
    json_t *j = object_new();
    member_text(j, "who", p->name);
    member_text(j, "kind", p->is_witness ? STR("witness") : STR("authority"));
    member_text(j, "state", str_of(anchor_state_words[p->state]));
    if (p->at.us != 0) member_instant(j, "at", p->at);
    if (p->at.us != 0 && !p->is_witness)
        member_text(j, "certificate",
                    p->is_certified ? STR("checked") : STR("not checked against a certificate"));
    if (p->why.len > 0) member_text(j, "why", p->why);
    if (p->next_try.us != 0) member_instant(j, "next_try", p->next_try);
    member_text(j, "url", p->url);
    return j;
}

static const char *quorum_word(const struct anchor_report *r)
{
    return r->quorum.is_met ? "met" : "not met";
}

json_t *anchor_json(const struct anchor_report *r)
{
    json_t *j = object_new(), *peers = rows_new();
    member_count(j, "records", r->checkpoint.head.size);
    if (r->has_policy) {
        member_count(j, "cosigned", r->quorum.signed_count);
        member_text(j, "quorum", str_of(quorum_word(r)));
    }
    if (r->unstamped > 0) {
        member_count(j, "unstamped_from", r->unstamped);
        member_instant(j, "unstamped_since", r->unstamped_since);
    }
    if (r->is_overdue)
        member_text(j, "alert", STR("what was recorded more than a day ago has no time stamp"));
    for (size_t i = 0; i < r->count; i++) rows_add(peers, peer_json(&r->peers[i]));
    member_put(j, "asked", peers);
    return j;
}

/* ---- the list ---- */

struct listing {
    const struct call *call;
    struct anchor_options options;
    struct witness_policy policy;
    struct ledger_stamp *stamps;
    size_t stamps_count;
};

/* How one stamp stands: "freetsa.org-1a2b3c4d 2026-01-31T12:00:00Z". */
static json_t *stamp_json(const struct listing *l, const struct ledger_stamp *s, const struct hash *imprint)
{
    struct arena *a = l->call->arena;
    struct bytes file = {0};
    struct time_stamp t = {.is_certified = false};
    struct time_stamp_query q = {.imprint = *imprint};
    struct error e = {0};
    json_t *j = object_new();
    member_text(j, "authority", s->authority);
    if (file_read(&file, s->path, LIMIT_TIME_STAMP_BYTES, a, &e) == OK &&
        time_stamp_check(&t, file, &q, l->options.certificates, a, &e) == OK) {
        member_instant(j, "stamped_at", t.at);
        member_text(j, "by", t.authority);
        member_text(j, "certificate",
                    t.is_certified ? STR("checked") : STR("not checked against a certificate"));
    } else {
        member_text(j, "fault", str_of(e.text));
    }
    member_text(j, "path", str_of(s->path));
    return j;
}

static void add_cosigners(json_t *row, const struct listing *l, struct str note)
{
    struct policy_count count;
    struct error e = {0};
    json_t *names = rows_new();
    if (policy_check(&count, &l->policy, note, l->call->arena, &e) != OK) {
        member_text(row, "cosignatures_fault", str_of(e.text));
    } else {
        for (size_t i = 0; i < l->policy.members_count; i++) {
            const struct policy_member *m = &l->policy.members[i];
            if (!m->is_group && count.has_signed[i]) rows_add(names, json_stringn(m->name.ptr, m->name.len));
        }
        member_count(row, "cosigned", count.signed_count);
        member_text(row, "quorum", count.is_met ? STR("met") : STR("not met"));
    }
    member_put(row, "witnesses", names);
}

static enum err list_one(json_t *rows, struct listing *l, uint64_t size, struct error *e)
{
    struct ledger *ledger = l->call->service->ledger;
    struct arena *a = l->call->arena;
    struct ledger_checkpoint p = {.path = NULL};
    struct hash imprint = {{0}};
    struct str note = STR_NONE;
    enum err err = ledger_checkpoint_at(&p, ledger, size, a, e);
    if (err == OK) err = ledger_cosigned_note(&note, ledger, &p, a, e);
    if (err == OK) err = time_stamp_imprint(&imprint, p.note, a, e);
    if (err != OK) return err;
    json_t *row = object_new(), *stamps = rows_new();
    member_count(row, "records", size);
    for (size_t i = 0; i < l->stamps_count; i++)
        if (l->stamps[i].size == size) rows_add(stamps, stamp_json(l, &l->stamps[i], &imprint));
    member_count(row, "time_stamps", json_array_size(stamps));
    member_put(row, "stamps", stamps);
    if (l->options.policy != NULL) add_cosigners(row, l, note);
    rows_add(rows, row);
    return OK;
}

static enum err read_policy(struct listing *l, struct error *e)
{
    struct bytes content = {0};
    if (l->options.policy == NULL) return OK;
    enum err err = file_read(&content, l->options.policy, LIMIT_POLICY_BYTES, l->call->arena, e);
    if (err == OK && policy_parse(&l->policy, bytes_str(content), l->call->arena, e) != OK)
        err = wrap(e, "witness policy '%s'", l->options.policy);
    return err;
}

static enum err tell_list(const struct call *c, const struct anchor_options *o, struct error *e)
{
    struct listing l = {.call = c, .options = *o};
    struct ledger *ledger = c->service->ledger;
    uint64_t *sizes = NULL;
    size_t count = 0;
    json_t *rows = rows_new(), *j = object_new();
    enum err err = read_policy(&l, e);
    if (err == OK) err = ledger_checkpoint_sizes(&sizes, &count, ledger, c->arena, e);
    if (err == OK) err = ledger_stamps(&l.stamps, &l.stamps_count, ledger, c->arena, e);
    for (size_t i = 0; err == OK && i < count; i++) err = list_one(rows, &l, sizes[i], e);
    member_put(j, "checkpoints", rows);
    if (err == OK) return tell_one(c, j, e);
    json_decref(j);
    return err;
}

/* ---- the command ---- */

enum err ask_audit_anchor(const struct call *c, struct error *e)
{
    const struct audit_anchor_query *q = c->query;
    struct anchor_options o;
    struct anchor_report r;
    struct error told = {0};
    anchor_settings(&o, q, c->arena);
    if (q->list) return tell_list(c, &o, e);
    if (str_trim(o.authorities).len == 0 && o.policy == NULL)
        return fail(e, ERR_USAGE, "audit anchor: --time-stamp-authority or --witness-policy is wanted");
    enum err err = anchor_checkpoints(&r, c->service->ledger, &o, c->arena, e);
    bool is_told = err == OK || err == ERR_INCOMPLETE;
    if (!is_told) return err;
    enum err shown = tell_one(c, anchor_json(&r), &told);
    if (shown == OK) return err;
    *e = told;
    return shown;
}
