/* SPDX-License-Identifier: MIT */
/* check_anchor.c - 'audit check' of what others said of a checkpoint: a time stamp, and the signatures of
 * witnesses. Without the certificates of those whom one trusts a time stamp is somebody's claim, and is never
 * called verified. */
#include "billing/answers.h"

bool is_time_stamp(struct str file)
{
    const uint8_t *at = str_bytes(file).ptr;
    return file.len > 1 && at[0] == 0x30 &&
           at[1] >= 0x80; /* a long sequence of ASN.1; in UTF-8 that is none */
}

static enum err read_checkpoint(struct checkpoint *at, struct str *note, struct str path,
                                const struct note_key *key, struct arena *a, struct error *e)
{
    struct bytes content = {0};
    enum err err = file_read(&content, str_cstring(a, path), LIMIT_NOTE_BYTES, a, e);
    if (err != OK) return err;
    *note = bytes_str(content);
    err = key == NULL ? checkpoint_read(at, *note, a, e) : checkpoint_open(at, *note, key, a, e);
    return err == OK ? OK : wrap(e, "checkpoint '%.*s'", STR_ARG(path));
}

enum err check_time_stamp(struct checkpoint *at, json_t *answer, const struct audit_check_query *q,
                          struct str file, const struct note_key *key, struct arena *a, struct error *e)
{
    const char *certificates = path_or_null(q->time_stamp_ca, a);
    struct time_stamp_query about = {.nonce = 0};
    struct time_stamp t = {.is_certified = false};
    struct str note = STR_NONE;
    if (q->checkpoint.len == 0)
        return fail(e, ERR_INCOMPLETE,
                    "not verified: it is a time stamp, and --checkpoint names no checkpoint");
    enum err err = read_checkpoint(at, &note, q->checkpoint, key, a, e);
    if (err == OK) err = time_stamp_imprint(&about.imprint, note, a, e);
    if (err == OK) err = time_stamp_check(&t, str_bytes(file), &about, certificates, a, e);
    if (err == OK && !t.is_certified)
        err = fail(e, ERR_INCOMPLETE,
                   "not verified: it is about this checkpoint, but --time-stamp-ca names no certificates by "
                   "which to know who signed it");
    if (err != OK) return err;
    member_text(answer, "proves", STR("the checkpoint was there at that time"));
    member_instant(answer, "stamped_at", t.at);
    member_text(answer, "authority", t.authority);
    member_text(answer, "checkpoint_signature", key == NULL ? STR("not checked") : STR("checked"));
    return OK;
}

static bool knows_log(const struct witness_policy *p, const struct note_key *log)
{
    for (size_t i = 0; i < p->logs_count; i++)
        if (str_equal(p->logs[i].name, log->name) &&
            memcmp(p->logs[i].public, log->public, sizeof log->public) == 0)
            return true;
    return p->logs_count == 0;
}

static enum err read_policy(struct witness_policy *out, struct str path, struct arena *a, struct error *e)
{
    struct bytes content = {0};
    enum err err = file_read(&content, str_cstring(a, path), LIMIT_POLICY_BYTES, a, e);
    if (err == OK && policy_parse(out, bytes_str(content), a, e) != OK)
        err = wrap(e, "witness policy '%.*s'", STR_ARG(path));
    return err;
}

static json_t *signers_json(const struct witness_policy *p, const struct policy_count *count)
{
    json_t *names = rows_new();
    for (size_t i = 0; i < p->members_count; i++)
        if (!p->members[i].is_group && count->has_signed[i])
            rows_add(names, json_stringn(p->members[i].name.ptr, p->members[i].name.len));
    return names;
}

enum err check_witnesses(json_t *answer, struct str note, const struct audit_check_query *q,
                         const struct note_key *log, struct arena *a, struct error *e)
{
    struct witness_policy p;
    struct policy_count count;
    enum err err = read_policy(&p, q->witness_policy, a, e);
    if (err == OK && !knows_log(&p, log))
        err = fail(e, ERR_INVALID, "witness policy '%.*s' is about other ledgers, or another key of this one",
                   STR_ARG(q->witness_policy));
    if (err == OK) err = policy_check(&count, &p, note, a, e);
    if (err == OK && !count.is_met)
        err =
            fail(e, ERR_INCOMPLETE,
                 "not verified: %zu of %zu witnesses signed it, which the policy's quorum does not let pass",
                 count.signed_count, count.witnesses);
    if (err != OK) return err;
    member_text(answer, "quorum", p.quorum == POLICY_NOBODY ? STR("none is asked for") : STR("met"));
    member_count(answer, "cosigned", count.signed_count);
    member_put(answer, "witnesses", signers_json(&p, &count));
    if (count.newest_seconds > 0)
        member_instant(answer, "cosigned_at", (struct instant){(int64_t)count.newest_seconds * 1000000});
    return OK;
}
