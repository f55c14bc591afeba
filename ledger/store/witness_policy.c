/* SPDX-License-Identifier: MIT */
/* witness_policy.c - see witness_policy.h. A name is known only behind its line, so no group can hold itself,
 * and a member that stands in two groups is refused: a witness counts in one way. */
#include "ledger/store/witness_policy.h"

#include <string.h>

struct reading {
    struct witness_policy *out;
    size_t logs_room, members_room;
    bool has_quorum;
    struct str line; /* what is left of it */
    struct arena *arena;
};

static enum err expect_end(struct reading *r, struct error *e)
{
    struct str word = STR_NONE;
    if (!str_take_word(&word, &r->line)) return OK;
    return fail(e, ERR_INVALID, "'%.*s' is one word too many", STR_ARG(text_quotable(word)));
}

static enum err take_key(struct note_key *out, struct reading *r, bool is_log, struct error *e)
{
    struct str word = STR_NONE;
    if (!str_take_word(&word, &r->line)) return fail(e, ERR_INVALID, "a public key is missing");
    enum err err =
        is_log ? note_key_parse(out, word, r->arena, e) : note_witness_parse(out, word, r->arena, e);
    return err == OK ? OK : wrap(e, "public key '%.*s'", STR_ARG(text_quotable(word)));
}

static bool is_same_key(const struct note_key *a, const struct note_key *b)
{
    return memcmp(a->public, b->public, sizeof a->public) == 0;
}

/* ---- names ---- */

static size_t find_member(const struct witness_policy *p, struct str name)
{
    for (size_t i = 0; i < p->members_count; i++)
        if (str_equal(p->members[i].name, name)) return i;
    return POLICY_NOBODY;
}

static enum err take_new_name(struct str *out, struct reading *r, struct error *e)
{
    if (!str_take_word(out, &r->line)) return fail(e, ERR_INVALID, "a name is missing");
    if (str_is(*out, "none")) return fail(e, ERR_INVALID, "'none' cannot be the name of anybody");
    if (find_member(r->out, *out) == POLICY_NOBODY) return OK;
    return fail(e, ERR_INVALID, "the name '%.*s' is given twice", STR_ARG(text_quotable(*out)));
}

static enum err known_member(size_t *out, struct reading *r, struct str name, struct error *e)
{
    *out = find_member(r->out, name);
    if (*out != POLICY_NOBODY) return OK;
    return fail(e, ERR_INVALID, "no line before defines '%.*s'", STR_ARG(text_quotable(name)));
}

static enum err add_member(struct reading *r, const struct policy_member *m, struct error *e)
{
    struct witness_policy *p = r->out;
    if (p->members_count == LIMIT_POLICY_MEMBERS)
        return fail(e, ERR_LIMIT, "there are more than %d witnesses and groups", LIMIT_POLICY_MEMBERS);
    p->members = arena_grow(r->arena, p->members, p->members_count, &r->members_room, sizeof *p->members);
    p->members[p->members_count++] = *m;
    return OK;
}

/* ---- lines ---- */

static enum err read_log(struct reading *r, struct error *e)
{
    struct witness_policy *p = r->out;
    struct note_key key = {.name = STR_NONE};
    struct str url = STR_NONE;
    enum err err = take_key(&key, r, true, e);
    if (err != OK) return err;
    for (size_t i = 0; i < p->logs_count; i++)
        if (is_same_key(&p->logs[i], &key)) return fail(e, ERR_INVALID, "this log's key is given twice");
    if (p->logs_count == LIMIT_POLICY_MEMBERS)
        return fail(e, ERR_LIMIT, "there are more than %d logs", LIMIT_POLICY_MEMBERS);
    p->logs = arena_grow(r->arena, p->logs, p->logs_count, &r->logs_room, sizeof *p->logs);
    p->logs[p->logs_count++] = key;
    (void)str_take_word(&url, &r->line); /* for whoever reads logs, which we do not */
    return expect_end(r, e);
}

static enum err read_witness(struct reading *r, struct error *e)
{
    struct witness_policy *p = r->out;
    struct policy_member m = {.is_group = false};
    enum err err = take_new_name(&m.name, r, e);
    if (err == OK) err = take_key(&m.key, r, false, e);
    if (err != OK) return err;
    for (size_t i = 0; i < p->members_count; i++)
        if (!p->members[i].is_group && is_same_key(&p->members[i].key, &m.key))
            return fail(e, ERR_INVALID, "'%.*s' has the key of '%.*s'", STR_ARG(text_quotable(m.name)),
                        STR_ARG(text_quotable(p->members[i].name)));
    (void)str_take_word(&m.url, &r->line);
    err = expect_end(r, e);
    return err == OK ? add_member(r, &m, e) : err;
}

static enum err take_members(struct policy_member *m, struct reading *r, struct error *e)
{
    struct str name = STR_NONE;
    size_t room = 0, place = 0;
    while (str_take_word(&name, &r->line)) {
        enum err err = known_member(&place, r, name, e);
        if (err != OK) return err;
        if (r->out->members[place].is_taken)
            return fail(e, ERR_INVALID, "'%.*s' is in a group already", STR_ARG(text_quotable(name)));
        r->out->members[place].is_taken = true;
        m->members = arena_grow(r->arena, m->members, m->members_count, &room, sizeof *m->members);
        m->members[m->members_count++] = place;
    }
    return m->members_count > 0 ? OK : fail(e, ERR_INVALID, "a group needs a member");
}

static enum err read_group(struct reading *r, struct error *e)
{
    struct policy_member m = {.is_group = true};
    struct str threshold = STR_NONE;
    struct error unused = {0};
    uint64_t needed = 1;
    enum err err = take_new_name(&m.name, r, e);
    if (err == OK && !str_take_word(&threshold, &r->line))
        err = fail(e, ERR_INVALID, "how many members are enough is missing: a number, any or all");
    if (err == OK) err = take_members(&m, r, e);
    if (err != OK) return err;
    if (str_is(threshold, "all")) needed = m.members_count;
    bool is_word = str_is(threshold, "all") || str_is(threshold, "any");
    bool is_number = is_word || uint_parse(&needed, threshold, &unused) == OK;
    if (!is_number || needed < 1 || needed > m.members_count)
        return fail(e, ERR_INVALID, "'%.*s' of %zu members: a number from 1 to that, any or all is wanted",
                    STR_ARG(text_quotable(threshold)), m.members_count);
    m.needed = (size_t)needed;
    return add_member(r, &m, e);
}

static enum err read_quorum(struct reading *r, struct error *e)
{
    struct str name = STR_NONE;
    if (r->has_quorum) return fail(e, ERR_INVALID, "there is a quorum already");
    if (!str_take_word(&name, &r->line)) return fail(e, ERR_INVALID, "a name is missing");
    r->has_quorum = true;
    enum err err = str_is(name, "none") ? OK : known_member(&r->out->quorum, r, name, e);
    return err == OK ? expect_end(r, e) : err;
}

static enum err read_line(struct reading *r, struct error *e)
{
    struct str word = STR_NONE;
    for (size_t i = 0; i < r->line.len; i++) {
        uint8_t c = (uint8_t)r->line.ptr[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) return fail(e, ERR_INVALID, "it has a control character");
    }
    if (!str_take_word(&word, &r->line) || word.ptr[0] == '#') return OK;
    if (str_is(word, "log")) return read_log(r, e);
    if (str_is(word, "witness")) return read_witness(r, e);
    if (str_is(word, "group")) return read_group(r, e);
    if (str_is(word, "quorum")) return read_quorum(r, e);
    return fail(e, ERR_INVALID, "'%.*s' is none of log, witness, group and quorum",
                STR_ARG(text_quotable(word)));
}

enum err policy_parse(struct witness_policy *out, struct str text, struct arena *a, struct error *e)
{
    struct reading r = {.out = out, .arena = a};
    *out = (struct witness_policy){.quorum = POLICY_NOBODY};
    if (text.len > LIMIT_POLICY_BYTES)
        return fail(e, ERR_LIMIT, "it has more than %d bytes", LIMIT_POLICY_BYTES);
    for (size_t number = 1; text.len > 0; number++) {
        if (!str_take_until(&r.line, &text, '\n'))
            return fail(e, ERR_INVALID, "line %zu: its end is missing", number);
        if (read_line(&r, e) != OK) return wrap(e, "line %zu", number);
    }
    return r.has_quorum ? OK : fail(e, ERR_INVALID, "it has no line for the quorum");
}

/* ---- counting ---- */

static bool group_has_signed(const struct policy_member *m, const bool *has_signed)
{
    size_t count = 0;
    for (size_t i = 0; i < m->members_count; i++) count += has_signed[m->members[i]] ? 1 : 0;
    return count >= m->needed;
}

enum err policy_check(struct policy_count *out, const struct witness_policy *p, struct str note,
                      struct arena *a, struct error *e)
{
    *out = (struct policy_count){.has_signed = arena_array_of(a, bool, p->members_count)};
    for (size_t i = 0; i < p->members_count; i++) {
        const struct policy_member *m = &p->members[i];
        struct str line = STR_NONE;
        uint64_t seconds = 0;
        if (m->is_group) {
            out->has_signed[i] = group_has_signed(m, out->has_signed); /* its members stand before it */
            continue;
        }
        enum err err = note_witnessed(&seconds, &line, note, &m->key, a, e);
        if (err != OK && err != ERR_NOT_FOUND)
            return wrap(e, "witness '%.*s'", STR_ARG(text_quotable(m->name)));
        out->has_signed[i] = err == OK;
        out->signed_count += err == OK ? 1 : 0;
        out->witnesses++;
        if (err == OK && seconds > out->newest_seconds) out->newest_seconds = seconds;
    }
    out->is_met = p->quorum == POLICY_NOBODY || out->has_signed[p->quorum];
    return OK;
}
