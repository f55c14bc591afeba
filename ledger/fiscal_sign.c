/* SPDX-License-Identifier: MIT */
/* fiscal_sign.c - signatures of fiscal records that want a private key. A decision is pure and has no key: it
 * leaves the signature open, and it is put in here, between the decision and its draft, so that it stands in
 * the same record of the log. The key is in a file of its own, read when the first document wants it; the
 * seller's data have the public one, which each signature is held against at once, and ever after. */
#include "ledger/ledger_private.h"

static enum err open_key(struct ledger *l, const struct fiscal_recorded *r, struct error *e)
{
    if (l->fiscal_key != NULL) return OK;
    if (l->fiscal_key_file == NULL)
        return fail(e, ERR_REFUSED,
                    "%.*s must be signed for the tax office: --fiscal-key names the file of the private key",
                    STR_ARG(r->number));
    enum err err = rsa_key_open(&l->fiscal_key, l->fiscal_key_file, &l->passphrase, e);
    return err == OK ? OK : wrap(e, "the key that signs documents");
}

/* Of two documents of one decision the second signs the signature of the first. */
static void take_previous(struct fiscal_recorded *r, const struct event *events, size_t before)
{
    for (size_t i = before; i > 0; i--) {
        const struct fiscal_recorded *o = &events[i - 1].fiscal_recorded;
        if (events[i - 1].type != EVENT_FISCAL_RECORDED || !str_equal(o->series, r->series)) continue;
        r->previous = o->hash;
        return;
    }
}

enum err fiscal_sign(struct ledger *l, struct event_list *events, const struct seller *s, struct arena *a,
                     struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < events->count && err == OK; i++) {
        struct fiscal_recorded *r = &events->items[i].fiscal_recorded;
        if (events->items[i].type != EVENT_FISCAL_RECORDED || r->chain != FISCAL_CHAIN_SAFT_PT) continue;
        take_previous(r, events->items, i);
        struct str text = fiscal_message(a, r);
        err = open_key(l, r, e);
        if (err == OK) err = rsa_key_sign(&r->hash, l->fiscal_key, text, a, e);
        if (err == OK && !rsa_is_signed(s->fiscal_public_key, text, r->hash))
            err = fail(e, ERR_REFUSED,
                       "'%s' is not the private key of the seller's public one, by which %.*s is checked",
                       l->fiscal_key_file, STR_ARG(r->number));
    }
    return err;
}
