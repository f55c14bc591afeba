/* SPDX-License-Identifier: MIT */
/* stripe_customers.c - the calls about customers, their payment methods, and setting those up. */
#include "tests/lib/stripe_inside.h"

void ss_answer_thing(struct ss_call *c, const struct ss_thing *t)
{
    c->status = 200;
    c->body = ss_json(t, c->expand);
}

void ss_answer_decline(struct ss_call *c, json_t *error)
{
    c->status = 402;
    c->body = json_pack("{s:o}", "error", error);
}

/* ---- customers ---- */

static void take_customer(struct ss_call *c, struct ss_customer *u)
{
    static const char *const words[] = {"email", "name", "description", "phone",
                                        "invoice_settings[default_payment_method]"};
    for (size_t i = 0; i < SS_LENGTH(words); i++) ss_word(c, &u->t, words[i]);
    ss_metadata(c, &u->t);
}

void ss_customer_create(struct ss_call *c)
{
    struct ss_method *m = NULL;
    const char *method = ss_form_get(&c->form, "payment_method");
    if (method != NULL && (m = ss_method_of(c, method, "payment_method")) == NULL) return;
    if (m != NULL && m->decline != NULL && !m->token->attaches) {
        ss_answer_decline(c, ss_decline_error(m->decline, m));
        return;
    }
    struct ss_customer *u = (struct ss_customer *)ss_make(c->s, SS_CUSTOMER, NULL);
    take_customer(c, u);
    ss_event(c->s, "customer.created", ss_json(&u->t, (struct ss_expand){0}), NULL);
    if (m != NULL) (void)ss_attach(c->s, m, u);
    ss_answer_thing(c, &u->t);
}

void ss_customer_update(struct ss_call *c)
{
    struct ss_customer *u = (struct ss_customer *)ss_of_path(c, SS_CUSTOMER);
    if (u == NULL) return;
    take_customer(c, u);
    ss_event(c->s, "customer.updated", ss_json(&u->t, (struct ss_expand){0}), json_object());
    ss_answer_thing(c, &u->t);
}

/* ---- payment methods ---- */

struct ss_method *ss_method_of(struct ss_call *c, const char *id, const char *param)
{
    struct ss_method *m = (struct ss_method *)ss_find(c->s, SS_METHOD, id);
    if (m != NULL) return m;
    const struct ss_token *token = ss_token(id);
    if (token == NULL) {
        bool of_path = param == NULL;
        ss_refuse(c, of_path ? 404 : 400, "resource_missing", of_path ? "payment_method" : param,
                  "No such PaymentMethod: '%s'", id);
        c->unsaved = !of_path;
        return NULL;
    }
    m = (struct ss_method *)ss_make(c->s, SS_METHOD, NULL);
    m->token = token;
    m->decline = ss_decline(token->decline);
    return m;
}

void ss_method_attach(struct ss_call *c)
{
    if (!ss_required(c, "customer")) return;
    struct ss_customer *to = (struct ss_customer *)ss_named(c, SS_CUSTOMER, "customer");
    if (to == NULL) return;
    struct ss_method *m = ss_method_of(c, c->id, NULL);
    if (m == NULL) return;
    if (m->customer == to) {
        ss_answer_thing(c, &m->t);
    } else if (m->customer != NULL) {
        ss_refuse(c, 400, NULL, NULL,
                  "The payment method you provided has already been attached to a customer.");
    } else if (m->spent) {
        ss_refuse(c, 400, NULL, NULL,
                  "This PaymentMethod was previously used without being attached to a Customer or was "
                  "detached from a "
                  "Customer, and may not be used again.");
    } else if (!ss_attach(c->s, m, to)) {
        ss_answer_decline(c, ss_decline_error(m->decline, m));
    } else {
        ss_answer_thing(c, &m->t);
    }
}

void ss_method_detach(struct ss_call *c)
{
    struct ss_method *m = (struct ss_method *)ss_of_path(c, SS_METHOD);
    if (m == NULL) return;
    if (m->customer == NULL) {
        ss_refuse(
            c, 400, NULL, NULL,
            "The payment method you provided is not attached to a customer so detachment is impossible.");
        return;
    }
    ss_detach(c->s, m);
    ss_answer_thing(c, &m->t);
}

/* ---- setup intents ---- */

static void setup_event(struct ss_call *c, const char *type, const struct ss_setup *u)
{
    ss_event(c->s, type, ss_json(&u->t, (struct ss_expand){0}), NULL);
}

static bool take_setup_method(struct ss_call *c, struct ss_method **m)
{
    const char *id = ss_form_get(&c->form, "payment_method");
    if (id == NULL) return true;
    struct ss_method *found = ss_method_of(c, id, "payment_method");
    if (found == NULL) return false;
    if (found->spent) {
        ss_refuse(
            c, 400, NULL, "payment_method",
            "The provided PaymentMethod was detached from a Customer or used without one. It may not be used "
            "again.");
        return false;
    }
    *m = found;
    return true;
}

static void set_up(struct ss_call *c, struct ss_setup *u)
{
    struct ss_method *m = u->method;
    u->failure = NULL;
    if (m->token->trait == SS_NEEDS_ACTION) {
        u->status = "requires_action";
        setup_event(c, "setup_intent.requires_action", u);
    } else if (m->decline != NULL && !m->token->attaches) {
        u->failure = m->decline;
        u->status = "requires_payment_method";
        setup_event(c, "setup_intent.setup_failed", u);
        json_t *error = ss_decline_error(m->decline, m);
        json_object_set_new(error, "setup_intent", ss_json(&u->t, (struct ss_expand){0}));
        ss_answer_decline(c, error);
        return;
    } else {
        u->status = "succeeded";
        if (u->customer != NULL && m->customer == NULL) (void)ss_attach(c->s, m, u->customer);
        setup_event(c, "setup_intent.succeeded", u);
    }
    ss_answer_thing(c, &u->t);
}

void ss_setup_create(struct ss_call *c)
{
    static const char *const usages[] = {"off_session", "on_session", NULL};
    const char *usage = NULL;
    bool confirm = false;
    struct ss_method *m = NULL;
    struct ss_customer *u = (struct ss_customer *)ss_named(c, SS_CUSTOMER, "customer");
    if (c->body != NULL || !ss_choice(c, &usage, "usage", usages) || !ss_boolean(c, &confirm, "confirm") ||
        !take_setup_method(c, &m))
        return;
    if (confirm && m == NULL) {
        ss_bad(c, "parameter_missing", "payment_method",
               "A setup intent is confirmed with a payment_method.");
        return;
    }
    struct ss_setup *made = (struct ss_setup *)ss_make(c->s, SS_SETUP, NULL);
    made->customer = u;
    made->method = m;
    made->usage = usage == NULL ? "off_session" : usage;
    made->status = m == NULL ? "requires_payment_method" : "requires_confirmation";
    ss_metadata(c, &made->t);
    setup_event(c, "setup_intent.created", made);
    if (confirm)
        set_up(c, made);
    else
        ss_answer_thing(c, &made->t);
}

void ss_setup_confirm(struct ss_call *c)
{
    struct ss_setup *u = (struct ss_setup *)ss_of_path(c, SS_SETUP);
    if (u == NULL || !take_setup_method(c, &u->method)) return;
    bool over = strcmp(u->status, "succeeded") == 0;
    if (over || u->method == NULL) {
        ss_refuse(c, 400, "setup_intent_unexpected_state", NULL,
                  over ? "You cannot confirm this SetupIntent because it has already succeeded."
                       : "You cannot confirm this SetupIntent because it's missing a payment method.");
        json_object_set_new(json_object_get(c->body, "error"), "setup_intent", ss_json(&u->t, c->expand));
        return;
    }
    set_up(c, u);
}
