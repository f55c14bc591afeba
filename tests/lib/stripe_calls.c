/* SPDX-License-Identifier: MIT */
/* stripe_calls.c - the calls there are, and which parameters each takes. What is not named here is refused,
 * as Stripe does it: a parameter that the server overlooked would be one that a test never saw fail. */
#include "tests/lib/stripe_inside.h"

struct call_kind {
    const char *method, *path; /* ":" stands for an id */
    void (*run)(struct ss_call *c);
    enum ss_kind kind;
    const char *params; /* names with a blank around each; "[*]" stands for anything in brackets */
};

#define LISTED " limit starting_after ending_before created created[*] "

static const struct call_kind calls[] = {
    {"POST", "/v1/customers", ss_customer_create, SS_CUSTOMER,
     " email name description phone payment_method invoice_settings[default_payment_method] metadata[*] "},
    {"GET", "/v1/customers", ss_list, SS_CUSTOMER, LISTED " email "},
    {"GET", "/v1/customers/:", ss_show, SS_CUSTOMER, ""},
    {"POST", "/v1/customers/:", ss_customer_update, SS_CUSTOMER,
     " email name description phone invoice_settings[default_payment_method] metadata[*] "},
    {"GET", "/v1/customers/:/payment_methods", ss_list, SS_METHOD, LISTED " type "},
    {"GET", "/v1/payment_methods", ss_list, SS_METHOD, LISTED " customer type "},
    {"GET", "/v1/payment_methods/:", ss_show, SS_METHOD, ""},
    {"POST", "/v1/payment_methods/:/attach", ss_method_attach, SS_METHOD, " customer "},
    {"POST", "/v1/payment_methods/:/detach", ss_method_detach, SS_METHOD, ""},
    {"POST", "/v1/setup_intents", ss_setup_create, SS_SETUP,
     " customer payment_method usage confirm return_url description metadata[*] "
     "automatic_payment_methods[enabled] "
     "automatic_payment_methods[allow_redirects] mandate_data[*] "},
    {"GET", "/v1/setup_intents", ss_list, SS_SETUP, LISTED " customer "},
    {"GET", "/v1/setup_intents/:", ss_show, SS_SETUP, " client_secret "},
    {"POST", "/v1/setup_intents/:/confirm", ss_setup_confirm, SS_SETUP,
     " payment_method return_url mandate_data[*] "},
    {"POST", "/v1/payment_intents", ss_intent_create, SS_INTENT,
     " amount currency customer payment_method confirm off_session return_url setup_future_usage description "
     "receipt_email statement_descriptor automatic_payment_methods[enabled] "
     "automatic_payment_methods[allow_redirects] "
     "mandate_data[*] metadata[*] "},
    {"GET", "/v1/payment_intents", ss_list, SS_INTENT, LISTED " customer "},
    {"GET", "/v1/payment_intents/:", ss_show, SS_INTENT, " client_secret "},
    {"POST", "/v1/payment_intents/:/confirm", ss_intent_confirm, SS_INTENT,
     " payment_method off_session return_url receipt_email mandate_data[*] "},
    {"POST", "/v1/payment_intents/:/cancel", ss_intent_cancel, SS_INTENT, " cancellation_reason "},
    {"POST", "/v1/refunds", ss_refund_create, SS_REFUND, " payment_intent charge amount reason metadata[*] "},
    {"GET", "/v1/refunds", ss_list, SS_REFUND, LISTED " payment_intent charge "},
    {"GET", "/v1/refunds/:", ss_show, SS_REFUND, ""},
    {"GET", "/v1/subscriptions", ss_list, SS_SUBSCRIPTION, LISTED " status customer "},
    {"GET", "/v1/invoices", ss_list, SS_INVOICE, LISTED " customer "},
    {"GET", "/v1/prices", ss_list, SS_PRICE, LISTED},
    {"GET", "/v1/charges", ss_list, SS_CHARGE, LISTED " payment_intent customer "},
    {"GET", "/v1/charges/:", ss_show, SS_CHARGE, ""},
    {"GET", "/v1/disputes", ss_list, SS_DISPUTE, LISTED " payment_intent charge "},
    {"GET", "/v1/disputes/:", ss_show, SS_DISPUTE, ""},
    {"GET", "/v1/account", ss_account, SS_TXN, ""},
    {"GET", "/v1/balance", ss_balance, SS_TXN, ""},
    {"GET", "/v1/balance_transactions", ss_list, SS_TXN, LISTED " type source currency "},
    {"GET", "/v1/balance_transactions/:", ss_show, SS_TXN, ""},
    {"GET", "/v1/events", ss_list, SS_EVENT, LISTED " type types[*] delivery_success "},
    {"GET", "/v1/events/:", ss_show, SS_EVENT, ""},
};

/* ---- finding the call ---- */

static bool fits(const char *pattern, const char *path, char id[SS_ID_MAX])
{
    size_t len = 0;
    id[0] = '\0';
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != ':') {
            if (*pattern != *path++) return false;
            continue;
        }
        while (*path != '\0' && *path != '/' && len < SS_ID_MAX - 1) id[len++] = *path++;
        id[len] = '\0';
        if (len == 0) return false;
    }
    return *path == '\0';
}

static const struct call_kind *find_call(struct ss_call *c)
{
    for (size_t i = 0; i < SS_LENGTH(calls); i++)
        if (strcmp(calls[i].method, c->method) == 0 && fits(calls[i].path, c->path, c->id)) return &calls[i];
    return NULL;
}

/* ---- its parameters ---- */

static bool named_in(const char *params, const char *name, size_t len, const char *tail)
{
    char word[128];
    if (len > sizeof word - 8) return false;
    snprintf(word, sizeof word, " %.*s%s ", (int)len, name, tail);
    return strstr(params, word) != NULL;
}

static bool known(const char *params, const char *name)
{
    size_t len = strlen(name);
    const char *bracket = strchr(name, '[');
    if (strchr(name, ' ') != NULL || strchr(name, '*') != NULL) return false;
    if (bracket == NULL || name[len - 1] != ']') return named_in(params, name, len, "");
    return named_in(params, name, len, "") || named_in(params, name, (size_t)(bracket - name), "[*]");
}

static bool take_expand(struct ss_call *c, const char *what)
{
    static const char data[] = "data.";
    const char *path = strncmp(what, data, sizeof data - 1) == 0 ? what + sizeof data - 1 : what;
    struct ss_expand *x = &c->expand;
    if (strcmp(path, "latest_charge") == 0 || strcmp(path, "charge") == 0) {
        x->charge = true;
    } else if (strcmp(path, "latest_charge.balance_transaction") == 0) {
        x->charge = x->txn = true;
    } else if (strcmp(path, "balance_transaction") == 0) {
        x->txn = true;
    } else if (strcmp(path, "customer") == 0) {
        x->customer = true;
    } else if (strcmp(path, "source") == 0) {
        x->source = true;
    } else if (strcmp(path, "tax_ids") == 0) {
        return true; /* they stand in what was given */
    } else if (strcmp(path, "payment_method") == 0) {
        x->method = true;
    } else if (strcmp(path, "source") == 0) {
        x->source = true;
    } else {
        ss_bad(c, NULL, "expand", "This property cannot be expanded (%s).", what);
        return false;
    }
    return true;
}

static bool take_params(struct ss_call *c, const char *params)
{
    for (size_t i = 0; i < c->form.count; i++) {
        const struct ss_param *p = &c->form.items[i];
        if (known(" expand expand[*] ", p->name)) {
            if (!take_expand(c, p->value)) return false;
        } else if (!known(params, p->name)) {
            ss_bad(c, "parameter_unknown", p->name, "Received unknown parameter: %s", p->name);
            return false;
        } else if (*p->value == '\0' && strcmp(p->name, "amount") == 0) {
            ss_bad(c, "parameter_invalid_empty", p->name, "You passed an empty string for '%s'.", p->name);
            return false;
        }
    }
    return true;
}

void ss_call_run(struct ss_call *c)
{
    const struct call_kind *kind = find_call(c);
    if (kind == NULL) {
        ss_refuse(c, 404, NULL, NULL, "Unrecognized request URL (%s: %s).", c->method, c->path);
        c->unsaved = true;
        return;
    }
    c->kind = kind->kind;
    if (take_params(c, kind->params)) kind->run(c);
    if (c->body == NULL) WRONG("a call of the test server has no answer");
}
