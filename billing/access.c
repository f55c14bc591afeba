/* SPDX-License-Identifier: MIT */
/* access.c - see access.h. Roles guard the doors of this program. They cannot guard against who reads the key
 * file and the ledger's files with another program; README says so. */
#include <openssl/crypto.h>

#include "billing/access.h"

/* clang-format off */
enum {
    NOBODY = 0, OPERATOR = MAY_OPERATE, ACCOUNTANT = MAY_ACCOUNT, AUDITOR = MAY_AUDIT,
    EVERYBODY = MAY_OPERATE | MAY_ACCOUNT | MAY_AUDIT,
    NOTHING = NOTE_NOTHING, READ = NOTE_READ, EXPORT = NOTE_EXPORT, WHEN_OUT = NOTE_WHEN_OUT, KEY = NOTE_KEY,
};
static const struct access_rule rules[] = {
#define MAY_DO(words, roles, note, subject, reason) {words, (unsigned)(roles), (enum access_note)(note), subject, reason},
#include "billing/roles.def"
#undef MAY_DO
};
/* clang-format on */

enum { RULES = sizeof rules / sizeof *rules };

const struct access_rule *access_rule_at(size_t index)
{
    return index < RULES ? &rules[index] : NULL;
}

const struct access_rule *access_rule_of(const char *words)
{
    for (size_t i = 0; i < RULES; i++)
        if (strcmp(rules[i].words, words) == 0) return &rules[i];
    return NULL;
}

static unsigned bit_of(enum role role)
{
    switch ((int)role) {
    case ROLE_OPERATOR: return MAY_OPERATE;
    case ROLE_ACCOUNTANT: return MAY_ACCOUNT;
    case ROLE_AUDITOR: return MAY_AUDIT;
    default: return 0;
    }
}

bool access_may(enum role role, const char *words)
{
    const struct access_rule *r = access_rule_of(words);
    return role == ROLE_ADMINISTRATOR || (r != NULL && (r->roles & bit_of(role)) != 0);
}

struct str access_roles_text(const char *words, struct arena *a)
{
    struct buffer out = {.arena = a};
    for (int role = ROLE_OPERATOR; role < ROLE_ADMINISTRATOR; role++)
        if (access_may((enum role)role, words)) buffer_print(&out, "%s, ", choice_role.words[role]);
    if (out.len > 0) out.len -= 2;
    buffer_print(&out, "%sadministrator", out.len > 0 ? " or " : "");
    return (struct str){(const char *)out.ptr, out.len};
}

/* ---- who it is ---- */

/* Why somebody is not let in: a sentence for him, and what the audit log says of it. */
static enum err turn_away(struct str *detail, struct arena *a, struct error *e, const char *why,
                          const char *sentence)
{
    *detail = str_copy(a, str_of(why));
    return fail(e, ERR_REFUSED, "%s", sentence);
}

static enum err judge_token(struct str *detail, const struct access_token *t, const struct actor *of,
                            struct instant now, struct arena *a, struct error *e)
{
    char day[16];
    struct str name = text_quotable(of->name);
    const char *what = t->revoked ? "was revoked" : of->removed ? "is of an actor who was removed" : NULL;
    if (what != NULL) {
        *detail = str_format(a, "tok_%ju %s", (uintmax_t)t->token, what);
        return fail(e, ERR_REFUSED, "token tok_%ju of '%.*s' %s", (uintmax_t)t->token, STR_ARG(name), what);
    }
    if (token_counts(t, instant_date(now))) return OK;
    struct str until = date_text(a, t->until);
    (void)snprintf(day, sizeof day, "%.*s", STR_ARG(until));
    *detail = str_format(a, "tok_%ju ended on %s", (uintmax_t)t->token, day);
    return fail(e, ERR_REFUSED, "token tok_%ju of '%.*s' ended on %s", (uintmax_t)t->token, STR_ARG(name),
                day);
}

/* It was found by an HMAC of its hash; the hash itself is compared without telling by the time it takes. */
static enum err identify(struct service *s, struct views_txn *t, struct str *detail, struct arena *a,
                         struct error *e)
{
    struct access_token token = {0};
    struct actor actor = {0};
    bool found = false;
    if (s->token.form == TOKEN_NOT_SHOWN)
        return turn_away(
            detail, a, e, "no token",
            "this ledger has actors, and no token was shown: --token-file, DAYBOOK_TOKEN_FILE or "
            "--token-command names one");
    if (s->token.form == TOKEN_MISSPELT)
        return turn_away(detail, a, e, "no token of the right form",
                         "what was shown is no token, or one that was cut or misspelt");
    enum err err = find_token(&found, &token, &actor, t, &s->token.sha256, a, e);
    if (err != OK) return err;
    if (!found || CRYPTO_memcmp(token.sha256.bytes, s->token.sha256.bytes, sizeof token.sha256.bytes) != 0)
        return turn_away(detail, a, e, "unknown token", "the token is none of this ledger's");
    err = judge_token(detail, &token, &actor, s->world.now(s->world.self), a, e);
    if (err != OK) return err;
    s->access.actor = actor.actor;
    s->access.role = actor.role;
    s->access.until = token.until;
    bytes_put(s->access.name, str_bytes(actor.name));
    s->actor = (struct str){s->access.name, actor.name.len};
    return OK;
}

/* "invoice credit", as people write it. */
static const char *spoken(const char *words, struct arena *a)
{
    char *text = str_cstring(a, str_of(words));
    char *dot = strchr(text, '.');
    if (dot != NULL) *dot = ' ';
    return text;
}

static enum err check_role(const struct passage *p, const char *words, struct str *detail, struct error *e)
{
    const struct service *s = p->service;
    if (access_may(s->access.role, words)) return OK;
    const char *role = choice_role.words[s->access.role];
    *detail = str_format(p->arena, "role %s", role);
    return fail(e, ERR_REFUSED, "'%.*s' is %s, and may not '%s': %.*s may", STR_ARG(text_quotable(s->actor)),
                role, spoken(words, p->arena), STR_ARG(access_roles_text(words, p->arena)));
}

/* ---- what is noted ---- */

static const void *text_field(const struct passage *p, const char *name)
{
    const struct field *f =
        p->body == NULL || name[0] == '\0' ? NULL : schema_field(verb_schema(p->verb), str_of(name));
    return f == NULL || f->kind != KIND_STR ? NULL : (const char *)p->body + f->offset;
}

static struct str text_of(const struct passage *p, const char *name)
{
    struct str out = STR_NONE;
    const void *at = text_field(p, name);
    if (at != NULL) memcpy(&out, at, sizeof out);
    return out;
}

static struct str output_of(const struct passage *p)
{
    struct str out = text_of(p, "out");
    if (p->service->sent_to.len > 0) return p->service->sent_to;
    return out.len > 0 ? out : text_of(p, "output");
}

/* The end of a long path says more than its beginning; and it begins with a whole character. */
static struct str tail(struct str s)
{
    if (s.len <= LIMIT_ACCESS_SUBJECT_BYTES) return s;
    struct str end = {s.ptr + s.len - LIMIT_ACCESS_SUBJECT_BYTES, LIMIT_ACCESS_SUBJECT_BYTES};
    while (end.len > 0 && ((unsigned char)end.ptr[0] & 0xc0) == 0x80)
        end = (struct str){end.ptr + 1, end.len - 1};
    return end;
}

/* What a record may not keep, such as a card number that somebody gave as a name, is not told. */
static struct str subject_of(const struct passage *p)
{
    const struct access_rule *r = access_rule_of(p->verb->words);
    struct error unused;
    struct str thing = r == NULL ? STR_NONE : text_of(p, r->subject), out = output_of(p);
    const char *between = thing.len > 0 && out.len > 0 ? " to " : "";
    struct str both = tail(str_format(p->arena, "%.*s%s%.*s", STR_ARG(thing), between, STR_ARG(out)));
    return text_check(both, LIMIT_ACCESS_SUBJECT_BYTES, "subject", &unused) == OK ? both : STR("not kept");
}

/* Whose data it was about; whoever is not there is nobody. */
static uint64_t customer_of(const struct passage *p, struct views_txn *t)
{
    struct error unused;
    struct customer c = {0};
    struct invoice v = {0};
    struct str user = text_of(p, "user"), invoice = text_of(p, "invoice");
    if (user.len == 0) user = text_of(p, "customer");
    if (user.len > 0) return find_customer(&c, t, user, p->arena, &unused) == OK ? c.customer : 0;
    if (invoice.len > 0 && find_invoice(&v, t, invoice, p->arena, &unused) == OK) return v.customer;
    return 0;
}

static enum err note(const struct passage *p, enum access_kind kind, const char *result, struct str detail,
                     uint64_t times, struct error *e)
{
    struct service *s = p->service;
    struct views_txn *t = NULL;
    struct outcome o = {0};
    struct command *c = arena_new_of(p->arena, struct command);
    struct request r = {.command = c, .actor = s->actor};
    enum err err = ledger_read_begin(&t, s->ledger, e);
    if (err != OK) return err;
    c->type = COMMAND_ACCESS_NOTE;
    c->access_note = (struct access_note_command){.customer = customer_of(p, t),
                                                  .actor = s->access.actor,
                                                  .action = str_of(p->verb->words),
                                                  .kind = kind,
                                                  .result = str_of(result),
                                                  .subject = subject_of(p),
                                                  .detail = detail,
                                                  .times = times};
    ledger_read_end(s->ledger, t);
    return ledger_execute(&o, s->ledger, &r, p->arena, e);
}

/* Whoever shows no token that counts may try for ever, and must not fill the disk by it: one is noted at
 * once, and those of the next minute together. */
static bool is_held(struct service *s, const struct passage *p)
{
    enum { HELD_US = 60000000 };
    struct held_refusals *h = &s->access.held;
    int64_t now = s->world.now(s->world.self).us;
    bool hold = h->since.us != 0 && now - h->since.us < HELD_US;
    h->times++;
    h->verb = p->verb;
    if (!hold) h->since.us = now;
    return hold;
}

/* That it cannot be noted does not change that it is refused. */
static void note_refusal(const struct passage *p, enum err err, struct str detail)
{
    struct service *s = p->service;
    struct error unused;
    if (s->access.actor == 0) {
        if (is_held(s, p)) return;
        s->actor = STR("unauthenticated");
    }
    uint64_t times = s->access.actor == 0 ? s->access.held.times : 1;
    enum err noted = note(p, ACCESS_REFUSED, err_word(err), detail, times, &unused);
    if (noted == OK) s->access.held.times = 0;
}

void access_end(struct service *s)
{
    if (s->access.held.times == 0 || s->access.held.verb == NULL) return;
    struct passage p = {.verb = s->access.held.verb, .service = s, .arena = arena_new()};
    struct error unused;
    s->access.actor = 0;
    s->actor = STR("unauthenticated");
    if (note(&p, ACCESS_REFUSED, err_word(ERR_REFUSED), STR("several, the last one was this"),
             s->access.held.times, &unused) == OK)
        s->access.held.times = 0;
    arena_free(p.arena);
}

/* ---- in and out ---- */

static bool is_verb(const struct passage *p, const char *words)
{
    return strcmp(p->verb->words, words) == 0;
}

/* Approving all drafts by the run would go round who may approve one. */
static bool approves(const struct passage *p)
{
    return is_verb(p, "run") && p->body != NULL && ((const struct run_query *)p->body)->approve;
}

/* So that neither a habit of the environment nor a program does it: a person, who names the key by hand. */
static enum err check_recovery(const struct passage *p, struct str *detail, struct error *e)
{
    struct service *s = p->service;
    s->actor = STR("recovery");
    if (s->access.key_named) return OK;
    *detail = STR("the key was not named");
    return fail(
        e, ERR_REFUSED,
        "actor recover: the master key is to be named on the command line, with --key-file or --key-command");
}

static enum err judge_role(const struct passage *p, struct str *detail, struct error *e)
{
    enum err err = check_role(p, p->verb->words, detail, e);
    return err == OK && approves(p) ? check_role(p, "draft.approve", detail, e) : err;
}

static enum err judge_actor(const struct passage *p, struct views_txn *t, struct str *detail, struct error *e)
{
    struct service *s = p->service;
    if (is_verb(p, "actor.recover")) return check_recovery(p, detail, e);
    enum err err = identify(s, t, detail, p->arena, e);
    if (err == OK && s->access.named) {
        *detail = STR("another name beside the token");
        return fail(e, ERR_REFUSED, "an actor was named, and this ledger knows who asks by the token alone");
    }
    return err == OK ? judge_role(p, detail, e) : err;
}

static enum err judge_anew(const struct passage *p, struct str *detail, struct error *e)
{
    struct service *s = p->service;
    struct views_txn *t = NULL;
    uint64_t actors = 0;
    s->access.actor = 0;
    s->access.guarded = false;
    enum err err = ledger_read_begin(&t, s->ledger, e);
    if (err == OK) err = count_actors(&actors, t, e);
    s->access.guarded = err == OK && actors > 0;
    if (s->access.guarded) err = judge_actor(p, t, detail, e);
    ledger_read_end(s->ledger, t);
    if (err != OK || s->access.guarded || s->token.form == TOKEN_NOT_SHOWN) return err;
    return fail(e, ERR_REFUSED, "a token was shown, and this ledger has no actors: is it the right one?");
}

enum err access_look(struct service *s, struct views_txn *t, struct arena *a, struct error *e)
{
    struct str unused = STR_NONE;
    uint64_t actors = 0;
    enum err err = count_actors(&actors, t, e);
    s->access.guarded = err != OK || actors > 0;
    return err == OK && actors > 0 ? identify(s, t, &unused, a, e) : err;
}

/* Programs ask thousands of times a second, and mostly nothing has changed in between. */
static enum err judge(const struct passage *p, struct str *detail, struct error *e)
{
    struct access_state *x = &p->service->access;
    const struct world *w = &p->service->world;
    uint64_t size = 0;
    enum err err = ledger_size(&size, p->service->ledger, e);
    if (err != OK) return err;
    bool ends = date_is_given(x->until) && date_compare(instant_date(w->now(w->self)), x->until) > 0;
    bool same = x->known_at == size && !ends && !is_verb(p, "actor.recover");
    if (same && !x->guarded) return OK;
    if (same && x->actor != 0) return judge_role(p, detail, e);
    x->known_at = 0;
    err = judge_anew(p, detail, e);
    if (err == OK) x->known_at = size;
    return err;
}

enum err passage_begin(struct passage *p, struct error *e)
{
    struct str detail = STR_NONE;
    struct service *s = p->service;
    if (!ledger_has_key(s->ledger)) return OK; /* nobody can read who is who, or anything sealed */
    p->late = is_verb(p, "rebuild") && !p->late;
    if (p->late) return OK;
    enum err err = judge(p, &detail, e);
    if (err == ERR_REFUSED && s->access.guarded) note_refusal(p, err, detail);
    return err;
}

/* Business answers; what else went wrong is no matter of who asked. */
static bool is_refusal(enum err err)
{
    return err == ERR_REFUSED || err == ERR_NOT_FOUND || err == ERR_CONFLICT || err == ERR_INVALID ||
           err == ERR_LIMIT;
}

static enum err note_done(const struct passage *p, enum access_note what, enum err err, struct error *e)
{
    struct error late = {0};
    enum access_kind kind = what == NOTE_READ  ? ACCESS_READ
                            : what == NOTE_KEY ? ACCESS_KEY_USED
                                               : ACCESS_EXPORTED;
    enum err noted = note(p, kind, err == OK ? "done" : err_word(err), STR_NONE, 1, &late);
    if (noted == OK || err != OK) return err;
    *e = late;
    return wrap(e, "'%s' was done, and cannot be noted in the audit log", spoken(p->verb->words, p->arena));
}

enum err passage_end(const struct passage *p, enum err err, struct error *e)
{
    struct passage again = *p;
    if (p->late && err == OK) err = passage_begin(&again, e);
    if (!p->service->access.guarded || err == ERR_USAGE) return err;
    const struct access_rule *r = access_rule_of(p->verb->words);
    enum access_note what = r == NULL ? NOTE_EXPORT : r->note;
    if (what == NOTE_WHEN_OUT) what = output_of(p).len > 0 ? NOTE_EXPORT : NOTE_NOTHING;
    if (is_refusal(err)) {
        bool matters = what != NOTE_NOTHING || (p->verb->flags & VERB_WRITES) != 0;
        if (matters && !p->late) note_refusal(p, err, str_copy(p->arena, str_of(e->reason)));
        return err;
    }
    if (what != NOTE_NOTHING) err = note_done(p, what, err, e);
    /* A night, a server or an export signs beside what it is there for. */
    bool signs = p->service->access.key_used && what != NOTE_KEY;
    p->service->access.key_used = false;
    return signs ? note_done(p, NOTE_KEY, err, e) : err;
}

enum err access_check_inner(void *service, const char *words, struct error *e)
{
    const struct service *s = service;
    struct arena *a = arena_new();
    struct str unused = STR_NONE;
    struct passage p = {.service = service, .arena = a};
    enum err err = s->access.guarded ? check_role(&p, words, &unused, e) : OK;
    arena_free(a);
    return err;
}
