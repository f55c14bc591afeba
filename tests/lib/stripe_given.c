/* SPDX-License-Identifier: MIT */
/* stripe_given.c - what a test lets the server have in whatever shape it likes: objects of the older versions
 * of the API, ones that this server makes nothing of itself (subscriptions, invoices, prices), and hostile
 * ones. They stand in the lists beside those that the server made. */
#include "tests/lib/stripe_inside.h"

static const struct {
    const char *object;
    enum ss_kind kind;
} kinds[] = {{"customer", SS_CUSTOMER},
             {"payment_method", SS_METHOD},
             {"subscription", SS_SUBSCRIPTION},
             {"invoice", SS_INVOICE},
             {"price", SS_PRICE},
             {"charge", SS_CHARGE},
             {"refund", SS_REFUND},
             {"balance_transaction", SS_TXN}};

static int64_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* A payment method is listed with its customer, and pays as a good card does; a balance transaction counts.
 */
static void place(struct stripe_server *s, struct ss_thing *t, const json_t *was)
{
    const json_t *is = t->given;
    if (t->kind == SS_METHOD) {
        const char *id = json_string_value(json_object_get(is, "customer"));
        struct ss_customer *u = id == NULL ? NULL : (struct ss_customer *)ss_find(s, SS_CUSTOMER, id);
        struct ss_method *m = (struct ss_method *)t;
        m->token = ss_token("pm_card_visa");
        m->customer = u;
        ss_own(t, u == NULL ? NULL : &u->methods);
    }
    const char *currency = json_string_value(json_object_get(is, "currency"));
    bool counts = t->kind == SS_TXN && currency != NULL && strlen(currency) == 3;
    if (counts) ss_add_to_sum(s, currency, number(is, "net") - number(was, "net"));
}

static bool give_one(struct stripe_server *s, json_t *object)
{
    const char *what = json_string_value(json_object_get(object, "object"));
    const char *id = json_string_value(json_object_get(object, "id"));
    size_t at = 0;
    while (what != NULL && at < SS_LENGTH(kinds) && strcmp(kinds[at].object, what) != 0) at++;
    if (what == NULL || id == NULL || at == SS_LENGTH(kinds)) return false;
    struct ss_thing *t = ss_find(s, kinds[at].kind, id);
    if (t == NULL) t = ss_make_named(s, kinds[at].kind, id);
    json_t *was = t->given;
    t->given = json_incref(object);
    if (json_is_integer(json_object_get(object, "created"))) t->created = number(object, "created");
    place(s, t, was);
    json_decref(was);
    s->unordered = true;
    return true;
}

bool ss_give(struct stripe_server *s, const char *text)
{
    json_t *given = json_loads(text, 0, NULL);
    bool all = json_is_array(given) || give_one(s, given);
    for (size_t i = 0; i < json_array_size(given); i++) all = give_one(s, json_array_get(given, i)) && all;
    json_decref(given);
    return all;
}

bool stripe_server_give(struct stripe_server *s, const char *json)
{
    pthread_mutex_lock(&s->lock);
    bool given = ss_give(s, json);
    pthread_mutex_unlock(&s->lock);
    return given;
}

/* A reference, and the whole of what is referred to where the call asks for it. */
json_t *ss_given_json(const struct ss_thing *t)
{
    return json_deep_copy(t->given);
}

bool ss_given_is(const struct ss_thing *t, const char *name, const char *wanted)
{
    const char *is = json_string_value(json_object_get(t->given, name));
    return wanted == NULL || (is != NULL && strcmp(is, wanted) == 0);
}
