/* SPDX-License-Identifier: MIT */
/* daybook_calls.c - one function for each call that programs make. Each packs its arguments, runs the verb,
 * and hands out a struct that a table fills from the answer (daybook_shapes.h); none knows more of billing
 * than names. */
#include "billing/daybook_shapes.h"

/* ---- running ---- */

static int one(void **made, struct daybook *d, const char *words, json_t *arguments, const struct shape *s,
               struct daybook_error *e)
{
    struct error why = {0};
    json_t *answer = NULL;
    enum err err = run_words(&answer, d, words, arguments, &why);
    if (answer != NULL) {
        *made = answer_new(s->size);
        fill_shape(*made, s, answer, answer_arena(*made));
    }
    json_decref(answer);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}

/* How all structs of lists begin. */
struct any_list {
    size_t count;
    const void *items;
};

static int many(void **made, struct daybook *d, const char *words, json_t *arguments, const struct shape *s,
                struct daybook_error *e)
{
    struct error why = {0};
    json_t *answer = NULL;
    enum err err = run_words(&answer, d, words, arguments, &why);
    if (err == OK) {
        struct any_list list = {0};
        *made = answer_new(sizeof list);
        list.items = fill_shapes(&list.count, s, answer, answer_arena(*made));
        memcpy(*made, &list, sizeof list);
    }
    json_decref(answer);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}

static int none(struct daybook *d, const char *words, json_t *arguments, struct daybook_error *e)
{
    struct error why = {0};
    json_t *answer = NULL;
    enum err err = run_words(&answer, d, words, arguments, &why);
    json_decref(answer);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}

/* Hands out what was made, or frees it where nobody wants it. */
#define HAND_OUT(out, made)     \
    do {                        \
        if ((out) != NULL)      \
            *(out) = (made);    \
        else                    \
            daybook_free(made); \
    } while (0)

/* ---- subscriptions ---- */

int daybook_create_subscription(struct daybook *d, const char *user_id, const char *tier,
                                const char *payment_method, struct daybook_subscription **out,
                                struct daybook_error *e)
{
    void *made = NULL;
    json_t *in =
        json_pack("{s:s?, s:s?, s:s?}", "user", user_id, "tier", tier, "payment_method", payment_method);
    int code = one(&made, d, "subscription.create", in, &shape_subscription, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_update_subscription(struct daybook *d, const char *user_id, const char *new_tier,
                                struct daybook_subscription **out, struct daybook_error *e)
{
    void *made = NULL;
    json_t *in = json_pack("{s:s?, s:s?}", "user", user_id, "tier", new_tier);
    int code = one(&made, d, "subscription.update", in, &shape_subscription, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_cancel_subscription(struct daybook *d, const char *user_id, bool immediate,
                                struct daybook_subscription **out, struct daybook_error *e)
{
    void *made = NULL;
    json_t *in = json_pack("{s:s?, s:b}", "user", user_id, "immediate", (int)immediate);
    int code = one(&made, d, "subscription.cancel", in, &shape_subscription, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_get_subscription(struct daybook *d, const char *user_id, struct daybook_subscription **out,
                             struct daybook_error *e)
{
    void *made = NULL;
    int code =
        one(&made, d, "subscription.show", json_pack("{s:s?}", "user", user_id), &shape_subscription, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_get_subscription_history(struct daybook *d, const char *user_id, struct daybook_history **out,
                                     struct daybook_error *e)
{
    void *made = NULL;
    int code = many(&made, d, "subscription.history", json_pack("{s:s?}", "user", user_id), &shape_change, e);
    HAND_OUT(out, made);
    return code;
}

/* ---- payments ---- */

int daybook_process_payment(struct daybook *d, const char *user_id, const char *amount, const char *currency,
                            const char *description, struct daybook_transaction **out,
                            struct daybook_error *e)
{
    void *made = NULL;
    json_t *in = json_pack("{s:s?, s:s?, s:s?, s:s?}", "user", user_id, "amount", amount, "currency",
                           currency, "description", description);
    int code = one(&made, d, "payment.charge", in, &shape_transaction, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_process_refund(struct daybook *d, const char *transaction_id, const char *amount,
                           const char *reason, struct daybook_transaction **out, struct daybook_error *e)
{
    void *made = NULL;
    json_t *in =
        json_pack("{s:s?, s:s?, s:s?}", "transaction", transaction_id, "amount", amount, "reason", reason);
    int code = one(&made, d, "payment.refund", in, &shape_transaction, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_list_transactions(struct daybook *d, const char *user_id, const char *start_date,
                              const char *end_date, uint64_t limit, struct daybook_transactions **out,
                              struct daybook_error *e)
{
    void *made = NULL;
    json_t *in = json_pack("{s:s?, s:s?, s:s?, s:I}", "user", user_id, "from", start_date, "to", end_date,
                           "limit", (json_int_t)limit);
    int code = many(&made, d, "payment.list", in, &shape_transaction, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_store_transaction(struct daybook *d, const struct daybook_elsewhere *in,
                              struct daybook_transaction **out, struct daybook_error *e)
{
    void *made = NULL;
    json_t *arguments = in == NULL ? json_pack("{}")
                                   : json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?}", "user", in->user_id,
                                               "amount", in->amount, "currency", in->currency, "description",
                                               in->description, "reference", in->reference, "at", in->at);
    int code = one(&made, d, "transaction.store", arguments, &shape_transaction, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_add_payment_method(struct daybook *d, const char *user_id, const char *token, bool is_default,
                               struct daybook_payment_method **out, struct daybook_error *e)
{
    void *made = NULL;
    json_t *in = json_pack("{s:s?, s:s?, s:b}", "user", user_id, "token", token, "default", (int)is_default);
    int code = one(&made, d, "payment-method.add", in, &shape_payment_method, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_list_payment_methods(struct daybook *d, const char *user_id, struct daybook_payment_methods **out,
                                 struct daybook_error *e)
{
    void *made = NULL;
    int code =
        many(&made, d, "payment-method.list", json_pack("{s:s?}", "user", user_id), &shape_payment_method, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_remove_payment_method(struct daybook *d, const char *user_id, const char *payment_method_id,
                                  struct daybook_error *e)
{
    json_t *in = json_pack("{s:s?, s:s?}", "user", user_id, "method", payment_method_id);
    return none(d, "payment-method.remove", in, e);
}

/* ---- usage ---- */

int daybook_record_reading(struct daybook *d, const struct daybook_reading *r, bool *duplicate,
                           struct daybook_error *e)
{
    struct error why = {0};
    json_t *answer = NULL;
    json_t *in =
        json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?}", "user", r->user_id, "usage_type", r->usage_type,
                  "amount", r->amount, "at", r->at, "event_id", r->event_id, "key", r->key);
    enum err err = run_words(&answer, d, "usage.record", in, &why);
    if (duplicate != NULL) *duplicate = json_is_true(json_object_get(answer, "duplicate"));
    json_decref(answer);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}

int daybook_record_usage(struct daybook *d, const char *user_id, const char *usage_type, const char *amount,
                         const char *at, const char *event_id, bool *duplicate, struct daybook_error *e)
{
    struct daybook_reading r = {user_id, usage_type, amount, at, event_id, NULL};
    return daybook_record_reading(d, &r, duplicate, e);
}

int daybook_get_usage(struct daybook *d, const char *user_id, struct daybook_usage **out,
                      struct daybook_error *e)
{
    struct error why = {0};
    json_t *answer = NULL;
    struct daybook_usage *made = NULL;
    enum err err = run_words(&answer, d, "usage.show", json_pack("{s:s?}", "user", user_id), &why);
    if (answer != NULL) {
        made = answer_new(sizeof *made);
        struct arena *a = answer_arena(made);
        fill_shape(made, &shape_usage, answer, a);
        made->items = fill_shapes(&made->count, &shape_usage_type, json_object_get(answer, "usage"), a);
    }
    json_decref(answer);
    HAND_OUT(out, made);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}

int daybook_check_entitlement(struct daybook *d, const char *user_id, const char *feature,
                              struct daybook_entitlement **out, struct daybook_error *e)
{
    void *made = NULL;
    json_t *in = json_pack("{s:s?, s:s?}", "user", user_id, "feature", feature);
    int code = one(&made, d, "entitlement.check", in, &shape_entitlement, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_list_entitlements(struct daybook *d, const char *user_id, struct daybook_entitlements **out,
                              struct daybook_error *e)
{
    void *made = NULL;
    int code =
        many(&made, d, "entitlement.list", json_pack("{s:s?}", "user", user_id), &shape_entitlement, e);
    HAND_OUT(out, made);
    return code;
}

/* ---- prepaid credit ---- */

int daybook_grant_credit(struct daybook *d, const struct daybook_credit *in, struct daybook_grant **out,
                         struct daybook_error *e)
{
    void *made = NULL;
    json_t *arguments = in == NULL
                            ? json_pack("{}")
                            : json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?, s:s?, s:s?}", "user", in->user_id,
                                        "amount", in->amount, "price", in->price, "currency", in->currency,
                                        "expires", in->expires, "scope", in->scope, "reason", in->reason);
    if (in != NULL && in->priority != 0 && arguments != NULL)
        member_put(arguments, "priority", json_integer(in->priority));
    int code = one(&made, d, "wallet.grant", arguments, &shape_grant, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_list_credit(struct daybook *d, const char *user_id, struct daybook_grants **out,
                        struct daybook_error *e)
{
    void *made = NULL;
    int code = many(&made, d, "wallet.list", json_pack("{s:s?}", "user", user_id), &shape_grant, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_void_credit(struct daybook *d, const char *user_id, int64_t grant, bool forfeit,
                        struct daybook_grant **out, struct daybook_error *e)
{
    void *made = NULL;
    json_t *in =
        json_pack("{s:s?, s:I, s:b}", "user", user_id, "grant", (json_int_t)grant, "forfeit", (int)forfeit);
    int code = one(&made, d, "wallet.void", in, &shape_grant, e);
    HAND_OUT(out, made);
    return code;
}

/* ---- invoices ---- */

static int one_invoice(struct daybook_invoice **out, struct daybook *d, const char *words, json_t *arguments,
                       struct daybook_error *e)
{
    struct error why = {0};
    json_t *answer = NULL;
    struct daybook_invoice *made = NULL;
    enum err err = run_words(&answer, d, words, arguments, &why);
    if (answer != NULL) {
        made = answer_new(sizeof *made);
        struct arena *a = answer_arena(made);
        fill_shape(made, &shape_invoice, answer, a);
        const json_t *lines = json_object_get(answer, "line_items");
        made->line_items = fill_shapes(&made->line_items_count, &shape_line_item, lines, a);
    }
    json_decref(answer);
    HAND_OUT(out, made);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}

int daybook_generate_invoice(struct daybook *d, const char *user_id, struct daybook_invoice **out,
                             struct daybook_error *e)
{
    return one_invoice(out, d, "invoice.generate", json_pack("{s:s?}", "user", user_id), e);
}

int daybook_get_invoice(struct daybook *d, const char *invoice_id, struct daybook_invoice **out,
                        struct daybook_error *e)
{
    return one_invoice(out, d, "invoice.show", json_pack("{s:s?}", "invoice", invoice_id), e);
}

int daybook_list_invoices(struct daybook *d, const char *user_id, uint64_t limit, const char *status,
                          struct daybook_invoices **out, struct daybook_error *e)
{
    void *made = NULL;
    json_t *in =
        json_pack("{s:s?, s:I, s:s?}", "user", user_id, "limit", (json_int_t)limit, "status", status);
    int code = many(&made, d, "invoice.list", in, &shape_invoice, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_generate_invoice_pdf(struct daybook *d, const char *invoice_id, const char *output_path,
                                 struct daybook_error *e)
{
    return none(d, "invoice.pdf", json_pack("{s:s?, s:s?}", "invoice", invoice_id, "output", output_path), e);
}

int daybook_add_invoice_item(struct daybook *d, const char *user_id, const char *description,
                             const char *amount, const char *currency, struct daybook_error *e)
{
    json_t *in = json_pack("{s:s?, s:s?, s:s?, s:s?}", "user", user_id, "description", description, "amount",
                           amount, "currency", currency);
    return none(d, "invoice.add-item", in, e);
}

/* ---- records and batches ---- */

int daybook_export_billing_data(struct daybook *d, const char *user_id, const char *format,
                                const char *output_path, const char *start_date, const char *end_date,
                                struct daybook_error *e)
{
    json_t *in = json_pack("{s:s?, s:s?, s:s?, s:s?, s:s?}", "user", user_id, "format", format, "output",
                           output_path, "from", start_date, "to", end_date);
    return none(d, "export", in, e);
}

int daybook_get_audit_logs(struct daybook *d, const char *user_id, const char *start_date,
                           const char *end_date, struct daybook_audit_log **out, struct daybook_error *e)
{
    void *made = NULL;
    json_t *in = json_pack("{s:s?, s:s?, s:s?}", "user", user_id, "from", start_date, "to", end_date);
    int code = many(&made, d, "audit.log", in, &shape_audit_entry, e);
    HAND_OUT(out, made);
    return code;
}

int daybook_run_nightly(struct daybook *d, const char *through, const char *out_dir, bool dry_run,
                        struct daybook_run **out, struct daybook_error *e)
{
    struct error why = {0};
    json_t *answer = NULL;
    struct daybook_run *made = NULL;
    json_t *in = json_pack("{s:s?, s:s?, s:b}", "through", through, "out", out_dir, "dry_run", (int)dry_run);
    enum err err = run_words(&answer, d, "run", in, &why);
    if (answer != NULL) {
        made = answer_new(sizeof *made);
        struct arena *a = answer_arena(made);
        fill_shape(made, &shape_run, answer, a);
        const json_t *failures = json_object_get(answer, "failures");
        made->failures = fill_shapes(&made->failures_count, &shape_failure, failures, a);
        const json_t *not_drawn = json_object_get(answer, "not_drawn");
        made->not_drawn = fill_shapes(&made->not_drawn_count, &shape_failure, not_drawn, a);
    }
    json_decref(answer);
    HAND_OUT(out, made);
    return err == OK ? DAYBOOK_OK : report_error(e, &why);
}

int daybook_verify(struct daybook *d, struct daybook_verification **out, struct daybook_error *e)
{
    void *made = NULL;
    int code = one(&made, d, "audit.verify", json_pack("{}"), &shape_verification, e);
    HAND_OUT(out, made);
    return code;
}
