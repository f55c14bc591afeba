/* SPDX-License-Identifier: MIT */
/* stripe_gate.c - what stands around a call: the key of the account, its limit of requests, what a rule
 * spoils, the customer's lock, and idempotency keys. Source: Stripe's documentation of errors, rate limits
 * and idempotent requests. */
#include "tests/lib/stripe_inside.h"

static const char type_json[] = "application/json";

static void set_body(struct ss_answer *out, int status, const char *type, char *body, size_t len)
{
    free(out->body);
    out->status = status;
    out->type = type;
    out->body = body;
    out->len = len;
}

static void set_text(struct ss_answer *out, int status, const char *type, const char *text)
{
    set_body(out, status, type, ss_copy(text), strlen(text));
}

static void answer_of_call(struct ss_call *c, struct ss_answer *out)
{
    char *text = json_dumps(c->body, JSON_COMPACT);
    if (text == NULL) WRONG("an answer of the test server has no shape");
    set_body(out, c->status, type_json, text, strlen(text));
}

static void refuse(struct ss_call *c, struct ss_answer *out)
{
    c->unsaved = true;
    answer_of_call(c, out);
}

/* ---- the account ---- */

static bool authorised(struct ss_call *c, struct ss_answer *out)
{
    static const char bearer[] = "Bearer ";
    const char *auth = c->auth == NULL ? "" : c->auth;
    bool given = strncmp(auth, bearer, sizeof bearer - 1) == 0;
    if (given && strcmp(auth + sizeof bearer - 1, c->s->key) == 0) return true;
    ss_refuse(
        c, 401, NULL, NULL,
        given
            ? "Invalid API Key provided: sk_test_****"
            : "You did not provide an API key. You need to provide your API key in the Authorization header, "
              "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').");
    refuse(c, out);
    return false;
}

static void too_many(struct ss_call *c, struct ss_answer *out)
{
    ss_refuse(c, 429, "rate_limit", NULL,
              "Request rate limit exceeded. Learn more about rate limits here "
              "https://stripe.com/docs/rate-limits.");
    out->limited = "global-rate";
    refuse(c, out);
}

static void locked(struct ss_call *c, struct ss_answer *out)
{
    ss_refuse(
        c, 429, "lock_timeout", NULL,
        "This object cannot be accessed right now because another API request or Stripe process is currently "
        "accessing it. If you see this error intermittently, retry the request.");
    out->should_retry = "true";
    refuse(c, out);
}

/* A bucket that holds one second's requests, counted in thousandths. */
static bool take_token(struct stripe_server *s)
{
    enum { ONE = 1000 };
    uint64_t now = ss_now_ms(s), full = (uint64_t)s->options.rate * ONE;
    if (full == 0) return true;
    uint64_t gone = now - s->tokens_at_ms;
    s->tokens_at_ms = now;
    s->tokens_milli = gone >= ONE ? full : s->tokens_milli + gone * s->options.rate;
    if (s->tokens_milli > full) s->tokens_milli = full;
    if (s->tokens_milli < ONE) {
        s->counts.rate_limited++;
        return false;
    }
    s->tokens_milli -= ONE;
    return true;
}

/* ---- whom a call is about ---- */

static struct ss_customer *buyer_of(const struct stripe_server *s, const char *id)
{
    if (id == NULL) return NULL;
    const struct ss_intent *p = (const struct ss_intent *)ss_find(s, SS_INTENT, id);
    const struct ss_method *m = (const struct ss_method *)ss_find(s, SS_METHOD, id);
    if (p != NULL) return p->customer;
    return m != NULL ? m->customer : (struct ss_customer *)ss_find(s, SS_CUSTOMER, id);
}

static struct ss_customer *whom(const struct ss_call *c)
{
    static const char *const params[] = {"customer", "payment_intent", "payment_method"};
    char id[SS_ID_MAX] = "";
    struct ss_customer *u = NULL;
    for (size_t i = 0; u == NULL && i < SS_LENGTH(params); i++)
        u = buyer_of(c->s, ss_form_get(&c->form, params[i]));
    /* "/v1/payment_intents/pi_…/confirm": the third part. */
    const char *at = strncmp(c->path, "/v1/", 4) == 0 ? strchr(c->path + 4, '/') : NULL;
    if (u == NULL && at != NULL) {
        memcpy(id, at + 1, strnlen(at + 1, sizeof id - 1));
        id[strcspn(id, "/")] = '\0';
        u = buyer_of(c->s, id);
    }
    return u;
}

static void count_in(struct ss_call *c)
{
    struct stripe_server_counts *n = &c->s->counts;
    c->customer = whom(c);
    c->counted = true;
    n->requests++;
    if (++c->s->in_flight > n->in_flight_most) n->in_flight_most = c->s->in_flight;
    if (c->customer != NULL && ++c->customer->in_flight > n->customer_most)
        n->customer_most = c->customer->in_flight;
}

void ss_served(struct ss_call *c)
{
    if (!c->counted) return;
    c->counted = false;
    c->s->in_flight--;
    if (c->customer != NULL) c->customer->in_flight--;
    if (c->saved != NULL) c->saved->in_work = false;
    c->saved = NULL;
}

/* ---- idempotency ---- */

static uint64_t hash_of(uint64_t hash, const char *text)
{
    do hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
    while (*text++ != '\0');
    return hash;
}

/* The order of parameters does not matter, so it is a sum. */
static uint64_t asked_of(const struct ss_call *c)
{
    uint64_t sum = hash_of(0xcbf29ce484222325u, c->path);
    for (size_t i = 0; i < c->form.count; i++) {
        uint64_t one = hash_of(hash_of(0x84222325cbf29ce4u, c->form.items[i].name), c->form.items[i].value);
        sum += one ^ (one >> 29);
    }
    return sum;
}

static void forget_keys(struct stripe_server *s)
{
    enum { USUAL = 500000 };
    size_t kept = s->options.keys_kept == 0 ? USUAL : s->options.keys_kept;
    const struct ss_chain *keys = &s->shelves[SS_KEY];
    while (keys->oldest != NULL && !((struct ss_saved *)keys->oldest)->in_work) {
        bool over = keys->oldest->created + SS_DAY <= ss_now(s);
        if (!over && keys->count <= kept) break;
        if (!over) s->counts.keys_forgotten++;
        ss_drop(s, keys->oldest);
    }
}

static void replay(struct ss_call *c, struct ss_answer *out, struct ss_saved *known)
{
    if (!known->repeated) c->s->counts.keys_repeated++;
    known->repeated = true;
    if (known->asked != asked_of(c)) {
        ss_refuse(c, 400, NULL, NULL,
                  "Keys for idempotent requests can only be used with the same parameters they were first "
                  "used with. Try "
                  "using a key other than '%s' if you meant to execute a different request.",
                  c->key);
        json_object_set_new(json_object_get(c->body, "error"), "type", json_string("idempotency_error"));
        refuse(c, out);
    } else if (known->in_work) {
        ss_refuse(c, 409, "idempotency_key_in_use", NULL,
                  "There is currently another in-progress request using this Idempotent Key (that probably "
                  "means you "
                  "submitted twice, and the other request is still going through): %s.",
                  c->key);
        refuse(c, out);
    } else {
        c->s->counts.replays++;
        set_text(out, known->status, type_json, known->t.body);
        memcpy(out->original, known->request, sizeof out->original);
        if (known->no_retry) out->should_retry = "false";
        out->replayed = true;
    }
}

static void save(struct ss_call *c, const struct ss_answer *answer)
{
    struct ss_saved *made = (struct ss_saved *)ss_make_named(c->s, SS_KEY, c->key);
    made->asked = asked_of(c);
    made->status = answer->status;
    made->t.body = ss_copy(answer->body);
    made->in_work = true;
    memcpy(made->request, c->request, sizeof made->request);
    c->saved = made;
}

static void act(struct ss_call *c, struct ss_answer *out)
{
    bool post = strcmp(c->method, "POST") == 0;
    struct ss_saved *known = NULL;
    if (!post) c->key = NULL;
    if (c->key != NULL && strlen(c->key) > SS_KEY_MAX) {
        ss_bad(c, NULL, NULL, "Idempotency keys are at most %d characters long.", SS_KEY_MAX);
        answer_of_call(c, out);
        return;
    }
    forget_keys(c->s);
    if (c->key != NULL) known = (struct ss_saved *)ss_find(c->s, SS_KEY, c->key);
    if (known != NULL) {
        replay(c, out, known);
    } else if (post && c->s->options.lock_customers && c->customer != NULL && c->customer->in_flight > 1) {
        c->s->counts.lock_timeouts++;
        locked(c, out);
    } else {
        ss_call_run(c);
        answer_of_call(c, out);
        if (c->key != NULL && !c->unsaved) save(c, out);
    }
}

/* ---- what a rule spoils ---- */

static const char page_502[] = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
                               "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
static const char text_500[] =
    "{\"error\":{\"message\":\"An unknown error occurred\",\"type\":\"api_error\"}}";

/* True: nothing more is to be done. */
static bool spoil_before(struct ss_call *c, struct ss_answer *out, enum stripe_fault fault)
{
    if (fault == STRIPE_FAULT_CLOSE_BEFORE) {
        out->end = SS_CLOSED;
    } else if (fault == STRIPE_FAULT_FAILED_500) {
        set_text(out, 500, type_json, text_500);
    } else if (fault == STRIPE_FAULT_HTML_BEFORE) {
        set_text(out, 502, "text/html", page_502);
    } else if (fault == STRIPE_FAULT_BUSY_503) {
        set_text(out, 503, type_json, text_500);
        out->should_retry = "true";
    } else if (fault == STRIPE_FAULT_RATE_LIMIT) {
        too_many(c, out);
    } else if (fault == STRIPE_FAULT_LOCK_TIMEOUT) {
        locked(c, out);
    } else {
        return false;
    }
    return true;
}

/* Only what was done in this call can be hidden for good: an answer that was saved stays as it was. */
static void hide_behind_500(const struct ss_call *c, struct ss_answer *out)
{
    if (out->replayed || c->unsaved) return;
    set_text(out, 500, type_json, text_500);
    out->should_retry = "false";
    if (c->saved == NULL) return;
    free(c->saved->t.body);
    c->saved->t.body = ss_copy(text_500);
    c->saved->status = 500;
    c->saved->no_retry = true;
}

static void answer_huge(struct ss_answer *out)
{
    static const char begin[] = "{\"object\":\"list\",\"padding\":\"", end[] = "\"}";
    size_t len = (size_t)5 * 1024 * 1024 + 4096;
    char *body = ss_take(len + 1);
    memset(body, 'x', len);
    memcpy(body, begin, sizeof begin - 1);
    memcpy(body + len - (sizeof end - 1), end, sizeof end);
    set_body(out, 200, type_json, body, len);
}

static void spoil_after(const struct ss_call *c, struct ss_answer *out, const struct stripe_fault_rule *rule)
{
    static const char garbage[] = "\x1f\x8b\xff\xfe\x01{]\"\xc3\x28 not what was asked for";
    enum stripe_fault fault = rule->fault;
    if (fault == STRIPE_FAULT_CLOSE_AFTER) out->end = SS_CLOSED;
    if (fault == STRIPE_FAULT_HALF_BODY) out->end = SS_HALF;
    if (fault == STRIPE_FAULT_SAVED_500) hide_behind_500(c, out);
    if (fault == STRIPE_FAULT_HTML_AFTER) set_text(out, 502, "text/html", page_502);
    if (fault == STRIPE_FAULT_GARBAGE) set_text(out, 200, type_json, garbage);
    if (fault == STRIPE_FAULT_WRONG_SHAPE) set_text(out, 200, type_json, "[{\"hello\":\"world\"}]");
    if (fault == STRIPE_FAULT_HUGE_BODY) answer_huge(out);
    if (fault == STRIPE_FAULT_SLOW) out->delay_ms += rule->ms;
    if (fault == STRIPE_FAULT_HELD) out->held = true;
}

static void serve_api(struct ss_call *c, struct ss_answer *out)
{
    count_in(c);
    out->delay_ms = c->s->options.latency_ms;
    if (!authorised(c, out)) return;
    if (!take_token(c->s)) {
        too_many(c, out);
        return;
    }
    const struct stripe_fault_rule *rule = ss_strikes(c->s, c->method, c->path);
    if (rule != NULL && spoil_before(c, out, rule->fault)) return;
    act(c, out);
    if (rule != NULL) spoil_after(c, out, rule);
}

void ss_serve(struct ss_call *c, struct ss_answer *out)
{
    static const char for_tests[] = "/_test/";
    if (strncmp(c->path, for_tests, sizeof for_tests - 1) == 0) {
        ss_test_call(c, out);
        return;
    }
    ss_new_id(c->s, c->request, "req_");
    c->s->now = c;
    serve_api(c, out);
    c->s->now = NULL;
}

void ss_answer_text(struct ss_answer *out, int status, char *json)
{
    set_body(out, status, type_json, json, strlen(json));
}
