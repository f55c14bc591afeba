/* SPDX-License-Identifier: MIT */
/* stripe_kept.c - what Stripe tells of payment methods that are kept there: one that a customer gave on a
 * page is kept here, too; a card that the bank has renewed has another expiry. Each is known by its own name:
 * told twice, or after it was removed here, it is known. */
#include "importers/stripe_form.h"
#include "importers/stripe_private.h"
#include "importers/stripe_subject.h"

/* Whose it is, and how it stands here; *found.method 0: it was never here. */
static enum err find(struct str *user, struct method *found, struct stripe_subject *s, struct str token,
                     struct error *e)
{
    struct customer c = {0};
    enum err err = stripe_user_of(user, s, json_object_get(s->object, "metadata"), e);
    *found = (struct method){0};
    if (err != OK || user->len == 0) return err;
    err = find_customer(&c, s->t, *user, s->arena, e);
    if (err == ERR_NOT_FOUND || err == ERR_INVALID) {
        *user = STR_NONE; /* another ledger's, of the same account */
        return OK;
    }
    return err == OK ? find_method(found, s->t, c.customer, token, s->arena, e) : err;
}

static enum err note_foreign(struct webhook_apply_command *out)
{
    stripe_note(out, WEBHOOK_FOREIGN, "a payment method of a customer whom this ledger does not know");
    return OK;
}

/* ---- new ones ---- */

static enum err keep(struct webhook_apply_command *out, struct stripe_subject *s, struct str token,
                     const json_t *method, struct error *e)
{
    struct method known = {0};
    struct str user = STR_NONE;
    struct card card = {.token = str_copy(s->arena, token), .gateway = STR("stripe")};
    enum err err = find(&user, &known, s, token, e);
    if (err != OK) return err;
    if (user.len == 0) return note_foreign(out);
    if (!stripe_id_is_one(token)) {
        stripe_note(out, WEBHOOK_ATTENTION, "it does not say which payment method it is about");
        return OK;
    }
    if (known.method != 0) {
        stripe_note(out, WEBHOOK_KNOWN, "the payment method is known");
        return OK;
    }
    if (json_is_object(method)) stripe_card_of(&card, method, s->arena);
    s->first->type = COMMAND_PAYMENT_METHOD_ADD;
    s->first->payment_method_add =
        (struct payment_method_add_command){.user = user, .token = card.token, .card = card};
    stripe_note(out, WEBHOOK_APPLIED, "the payment method is kept");
    return OK;
}

enum err stripe_on_attached(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    return keep(out, s, json_text_of(s->object, "id"), s->object, e);
}

enum err stripe_on_setup(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    const json_t *method = json_object_get(s->object, "payment_method");
    return keep(out, s, json_id_of(s->object, "payment_method"), method, e);
}

/* The customer sees it on the page, and can try again. */
enum err stripe_on_setup_failed(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    struct method unused = {0};
    struct str user = STR_NONE;
    enum err err = find(&user, &unused, s, STR_NONE, e);
    if (err != OK) return err;
    if (user.len == 0) return note_foreign(out);
    stripe_note(out, WEBHOOK_KEPT, "a customer could not set up a payment method");
    return OK;
}

/* ---- changes ---- */

static bool is_same(const struct method *m, const struct card *c)
{
    return str_equal(m->funding, c->funding) && str_equal(m->brand, c->brand) &&
           str_equal(m->last4, c->last4) && m->exp_month == c->exp_month && m->exp_year == c->exp_year;
}

/* Messages come in any order: what is older than what was told says nothing. */
enum err stripe_on_method_updated(struct webhook_apply_command *out, struct stripe_subject *s,
                                  struct error *e)
{
    struct str token = json_text_of(s->object, "id"), user = STR_NONE;
    struct method known = {0};
    struct card card = {0};
    enum err err = find(&user, &known, s, token, e);
    if (err != OK) return err;
    if (user.len == 0 || known.method == 0) return note_foreign(out);
    stripe_card_of(&card, s->object, s->arena);
    if (known.removed || s->created.us < known.as_of.us || is_same(&known, &card)) {
        stripe_note(out, WEBHOOK_KNOWN, "the payment method is known so, or was removed");
        return OK;
    }
    s->first->type = COMMAND_PAYMENT_METHOD_UPDATE;
    s->first->payment_method_update =
        (struct payment_method_update_command){.user = user, .card = card, .as_of = s->created};
    stripe_note(out, WEBHOOK_APPLIED, "the payment method has other data");
    return OK;
}

/* Who he is, and which method is his default, the ledger says. */
enum err stripe_on_customer(struct webhook_apply_command *out, struct stripe_subject *s, struct error *e)
{
    uint64_t number = 0;
    enum err err = customer_by_gateway(&number, s->t, json_text_of(s->object, "id"), e);
    stripe_note(out, number == 0 ? WEBHOOK_FOREIGN : WEBHOOK_KNOWN,
                number == 0 ? "a customer whom this ledger does not know"
                            : "customers and their default payment methods are kept here");
    return err;
}
