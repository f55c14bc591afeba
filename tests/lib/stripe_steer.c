/* SPDX-License-Identifier: MIT */
/* stripe_steer.c - what happens at Stripe's and the banks' own accord: time, settling, disputes, cards that
 * run dry. In a test's process by functions, for a program of its own under /_test/. */
#include "tests/lib/stripe_inside.h"

/* ---- under the lock ---- */

static bool settle(struct stripe_server *s, struct ss_intent *p, const char *why)
{
    const struct ss_decline *d = ss_decline(why);
    if (p == NULL || p->status != SS_PROCESSING || (why != NULL && d == NULL)) return false;
    if (d == NULL)
        ss_paid(s, p);
    else
        ss_failed(s, p, d);
    return true;
}

/* The pending charges are not on a list of their own: days pass seldom, and then everything may be looked at.
 */
static size_t settle_all(struct stripe_server *s)
{
    size_t count = 0;
    for (struct ss_thing *t = s->shelves[SS_INTENT].oldest; t != NULL; t = t->all.newer) {
        struct ss_intent *p = (struct ss_intent *)t;
        if (p->status != SS_PROCESSING || p->method->token->trait == SS_STAYS) continue;
        count += settle(s, p, p->method->decline == NULL ? NULL : p->method->decline->name);
    }
    return count;
}

static bool method_answers(struct stripe_server *s, const char *method, const char *decline)
{
    struct ss_method *m = (struct ss_method *)ss_find(s, SS_METHOD, method);
    const struct ss_decline *d = ss_decline(decline);
    if (m == NULL || (decline != NULL && d == NULL)) return false;
    m->decline = d;
    return true;
}

static bool action_done(struct stripe_server *s, const char *intent, bool authenticated)
{
    struct ss_intent *p = (struct ss_intent *)ss_find(s, SS_INTENT, intent);
    if (p == NULL || p->status != SS_REQUIRES_ACTION) return false;
    if (!authenticated)
        ss_failed(s, p, ss_decline("payment_intent_authentication_failure"));
    else if (p->method->decline != NULL)
        ss_failed(s, p, p->method->decline);
    else
        ss_paid(s, p);
    return true;
}

static const char *refund_failure(const char *why)
{
    static const char *const known[] = {"expired_or_canceled_card", "lost_or_stolen_card", "declined",
                                        "insufficient_funds", "unknown"};
    for (size_t i = 0; i < SS_LENGTH(known); i++)
        if (strcmp(known[i], why) == 0) return known[i];
    return NULL;
}

static bool refund_end(struct stripe_server *s, const char *refund, const char *why)
{
    struct ss_refund *r = (struct ss_refund *)ss_find(s, SS_REFUND, refund);
    const char *failure = why == NULL ? NULL : refund_failure(why);
    if (r == NULL || r->failure != NULL || (why != NULL && failure == NULL)) return false;
    if (failure != NULL) {
        ss_refund_failed(s, r, failure);
        return true;
    }
    if (strcmp(r->status, "pending") != 0) return false;
    r->status = "succeeded";
    ss_event(s, "refund.updated", ss_json(&r->t, (struct ss_expand){0}),
             json_pack("{s:s}", "status", "pending"));
    return true;
}

static struct ss_dispute *dispute(struct stripe_server *s, const char *charge, const char *reason)
{
    static const char *const known[] = {"fraudulent",
                                        "duplicate",
                                        "product_not_received",
                                        "product_unacceptable",
                                        "subscription_canceled",
                                        "unrecognized",
                                        "credit_not_processed",
                                        "general"};
    struct ss_charge *ch = (struct ss_charge *)ss_find(s, SS_CHARGE, charge);
    if (ch == NULL || strcmp(ch->status, "succeeded") != 0 || ch->dispute != NULL) return NULL;
    for (size_t i = 0; i < SS_LENGTH(known); i++)
        if (strcmp(known[i], reason) == 0) return ss_dispute(s, ch, known[i]);
    return NULL;
}

static bool dispute_close(struct stripe_server *s, const char *id, bool won)
{
    struct ss_dispute *d = (struct ss_dispute *)ss_find(s, SS_DISPUTE, id);
    bool open = d != NULL && strcmp(d->status, "needs_response") == 0;
    bool lost = d != NULL && strcmp(d->status, "lost") == 0;
    if (!open && !(lost && won)) return false; /* one that was lost can be taken back */
    ss_dispute_close(s, d, won);
    return true;
}

/* ---- for a test's process ---- */

#define LOCKED(s, type, value)            \
    do {                                  \
        pthread_mutex_lock(&(s)->lock);   \
        type got_ = value;                \
        pthread_mutex_unlock(&(s)->lock); \
        return got_;                      \
    } while (0)

void stripe_server_rules(struct stripe_server *s, const struct stripe_fault_rule *rules, size_t count)
{
    pthread_mutex_lock(&s->lock);
    ss_rules_set(s, rules, count);
    pthread_mutex_unlock(&s->lock);
}

bool stripe_server_rules_text(struct stripe_server *s, const char *text, char **why)
{
    LOCKED(s, bool, ss_rules_read(s, text, why));
}

int64_t stripe_server_clock(struct stripe_server *s)
{
    LOCKED(s, int64_t, ss_now(s));
}

void stripe_server_clock_forward(struct stripe_server *s, int64_t seconds)
{
    pthread_mutex_lock(&s->lock);
    s->moved += seconds;
    pthread_mutex_unlock(&s->lock);
}

void stripe_server_release(struct stripe_server *s)
{
    pthread_mutex_lock(&s->lock);
    ss_let_go(s);
    pthread_mutex_unlock(&s->lock);
}

size_t stripe_server_settle_pending(struct stripe_server *s)
{
    LOCKED(s, size_t, settle_all(s));
}

bool stripe_server_settle(struct stripe_server *s, const char *intent, const char *why)
{
    LOCKED(s, bool, settle(s, (struct ss_intent *)ss_find(s, SS_INTENT, intent), why));
}

bool stripe_server_method_answers(struct stripe_server *s, const char *method, const char *decline)
{
    LOCKED(s, bool, method_answers(s, method, decline));
}

bool stripe_server_action_done(struct stripe_server *s, const char *intent, bool authenticated)
{
    LOCKED(s, bool, action_done(s, intent, authenticated));
}

bool stripe_server_refund_end(struct stripe_server *s, const char *refund, const char *why)
{
    LOCKED(s, bool, refund_end(s, refund, why));
}

char *stripe_server_dispute(struct stripe_server *s, const char *charge, const char *reason)
{
    pthread_mutex_lock(&s->lock);
    const struct ss_dispute *d = dispute(s, charge, reason);
    char *id = d == NULL ? NULL : ss_copy(d->t.id);
    pthread_mutex_unlock(&s->lock);
    return id;
}

void stripe_server_settles_in(struct stripe_server *s, const char *currency)
{
    pthread_mutex_lock(&s->lock);
    s->settles_in = currency;
    pthread_mutex_unlock(&s->lock);
}

void stripe_server_move(struct stripe_server *s, const char *type, const char *category, const char *currency,
                        int64_t amount)
{
    pthread_mutex_lock(&s->lock);
    ss_move(s, type, category, currency, amount);
    pthread_mutex_unlock(&s->lock);
}

bool stripe_server_dispute_close(struct stripe_server *s, const char *id, bool won)
{
    LOCKED(s, bool, dispute_close(s, id, won));
}

/* ---- for a program of its own ---- */

static const char *param(const struct ss_call *c, const char *name)
{
    const char *value = ss_form_get(&c->form, name);
    return value == NULL ? "" : value;
}

static json_t *forward(struct ss_call *c)
{
    int64_t seconds = 0;
    if (!ss_integer(c, &seconds, "forward", 0)) return NULL;
    c->s->moved += seconds;
    return json_integer(ss_now(c->s));
}

static json_t *set_latency(struct ss_call *c)
{
    enum { LATENCY_MAX_MS = 600000 };
    int64_t ms = 0;
    if (!ss_integer(c, &ms, "ms", 0) || ms < 0 || ms > LATENCY_MAX_MS) return NULL;
    c->s->options.latency_ms = (unsigned)ms;
    return json_true();
}

static json_t *set_rules(struct ss_call *c)
{
    char *why = NULL;
    bool set = ss_rules_read(c->s, param(c, "rules"), &why);
    json_t *answer = set ? json_true() : json_string(why);
    free(why);
    return answer;
}

static json_t *make_dispute(struct ss_call *c)
{
    const char *reason = ss_form_get(&c->form, "reason");
    const struct ss_dispute *d = dispute(c->s, param(c, "charge"), reason == NULL ? "fraudulent" : reason);
    return d == NULL ? json_false() : json_string(d->t.id);
}

static json_t *steer(struct ss_call *c, const char *what)
{
    struct stripe_server *s = c->s;
    const char *why = ss_form_get(&c->form, "why"), *intent = param(c, "intent");
    bool yes = strcmp(param(c, "yes"), "true") == 0;
    if (strcmp(what, "clock") == 0) return forward(c);
    if (strcmp(what, "latency") == 0) return set_latency(c);
    if (strcmp(what, "rules") == 0) return set_rules(c);
    if (strcmp(what, "give") == 0) return json_boolean(ss_give(s, param(c, "json")));
    if (strcmp(what, "dispute") == 0) return make_dispute(c);
    if (strcmp(what, "dispute_close") == 0) return json_boolean(dispute_close(s, param(c, "dispute"), yes));
    if (strcmp(what, "refund") == 0) return json_boolean(refund_end(s, param(c, "refund"), why));
    if (strcmp(what, "action") == 0) return json_boolean(action_done(s, intent, yes));
    if (strcmp(what, "method") == 0) return json_boolean(method_answers(s, param(c, "method"), why));
    if (strcmp(what, "settle") == 0 && *intent == '\0') return json_integer((json_int_t)settle_all(s));
    if (strcmp(what, "settle") == 0)
        return json_boolean(settle(s, (struct ss_intent *)ss_find(s, SS_INTENT, intent), why));
    if (strcmp(what, "release") != 0) return NULL;
    ss_let_go(s);
    return json_true();
}

void ss_test_call(struct ss_call *c, struct ss_answer *out)
{
    const char *what = c->path + strlen("/_test/");
    bool brief = strcmp(param(c, "brief"), "true") == 0;
    if (strcmp(what, "state") == 0) {
        ss_answer_text(out, 200, ss_state_text(c->s, brief));
        return;
    }
    json_t *done = strcmp(c->method, "POST") == 0 ? steer(c, what) : NULL;
    json_t *answer = json_pack("{s:o}", "done", done == NULL ? json_null() : done);
    char *text = json_dumps(answer, JSON_COMPACT);
    json_decref(answer);
    if (text == NULL) WRONG("an answer to a test has no shape");
    ss_answer_text(out, done == NULL ? 404 : 200, text);
}
