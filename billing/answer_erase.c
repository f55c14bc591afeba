/* SPDX-License-Identifier: MIT */
/* answer_erase.c - what an erasure came to: what is gone, what stays and until when, and which records of
 * older versions hold texts that no key seals. It must never say less than there is. */
#include "billing/answers.h"

struct plain_records {
    struct ledger *ledger;
    uint64_t customer;
    json_t *list;
};

static enum err note_record(void *context, uint64_t seq, struct error *e)
{
    struct plain_records *r = context;
    bool found = false;
    enum err err = ledger_plain_texts(&found, r->ledger, seq, r->customer, e);
    if (err == OK && found && json_array_append_new(r->list, json_integer((json_int_t)seq)) != 0)
        WRONG("out of memory");
    return err;
}

enum err erased_json(json_t **out, const struct customer *c, struct ledger *l, struct views_txn *t,
                     struct error *e)
{
    struct plain_records r = {.ledger = l, .customer = c->customer, .list = json_array()};
    struct date open = {0};
    json_t *j = *out = keeping_json(c);
    enum err err = list_audit(t, c->customer, open, open, note_record, &r, e);
    member_put(j, "readable_records", r.list);
    member_text(j, "next", STR("make a backup now: those of before can be read by nobody any more"));
    return err;
}
