/* SPDX-License-Identifier: MIT */
/* reconciling.c - see reconciling.h. */
#include "tests/importers/reconciling.h"
#include "importers/json_text.h"

enum err reconcile_look(struct reconciliation *out, struct bank *b, struct error *e)
{
    struct reconcile_options o = {.actor = STR("test"), .now = b->sim.now};
    return stripe_reconcile(out, b->s, b->l, &o, A, e);
}

static enum err add_cash(void *context, enum account account, const struct account_total *row,
                         struct error *e)
{
    struct buffer *seen = context;
    struct money balance = {0};
    assert_ok(money_subtract(&balance, row->debit, row->credit, e));
    if (account == ACCOUNT_RECEIVABLE || account == ACCOUNT_CUSTOMER_CREDIT || account == ACCOUNT_REFUNDS ||
        money_is_zero(balance))
        return OK;
    struct str name = str_starts(row->account, "assets:")
                          ? (struct str){row->account.ptr + 7, row->account.len - 7}
                          : row->account;
    buffer_print(seen, "%.*s %.*s%s, ", STR_ARG(name), STR_ARG(money_text(A, balance)),
                 strcmp(balance.currency, "USD") == 0 ? "" : balance.currency);
    return OK;
}

struct str accounts_of(struct bank *b)
{
    struct buffer seen = {.arena = A};
    struct views_txn *t = NULL;
    assert_ok(ledger_read_begin(&t, b->l, E));
    assert_ok(list_accounts(t, add_cash, &seen, A, E));
    ledger_read_end(b->l, t);
    return (struct str){(const char *)seen.ptr, seen.len};
}

void assert_agrees(const struct reconciliation *r)
{
    cr_assert(r->missing_here + r->missing_there + r->amounts + r->unexplained == 0,
              "%ju here, %ju there, %ju amounts, %ju unexplained: %s", (uintmax_t)r->missing_here,
              (uintmax_t)r->missing_there, (uintmax_t)r->amounts, (uintmax_t)r->unexplained,
              r->rows_count == 0 ? "" : r->rows[0].why);
}

const char *charge_of(struct bank *b, struct str intent)
{
    char *state = stripe_server_state(b->server, false);
    struct error unused = {0};
    json_t *root = NULL;
    const json_t *one = NULL;
    const char *found = NULL;
    size_t i = 0;
    assert_ok(json_parse(&root, str_of(state), A, &unused));
    json_array_foreach(json_object_get(root, "charges"), i, one)
    {
        if (str_equal(json_text_of(one, "payment_intent"), intent))
            found = str_cstring(A, json_text_of(one, "id"));
    }
    json_decref(root);
    free(state);
    cr_assert_not_null(found);
    return found;
}

void days_later(struct bank *b, int days)
{
    b->sim.now.us += INT64_C(86400) * 1000000 * days;
    stripe_server_clock_forward(b->server, INT64_C(86400) * days);
}
