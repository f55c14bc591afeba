/* SPDX-License-Identifier: MIT */
/* answers.h - billing's own: records as the JSON that doors answer with. Names are those of the seed's calls;
 * money is a decimal string with its currency beside it, dates are strings, what there is not is null. */
#ifndef DAYBOOK_BILLING_ANSWERS_H
#define DAYBOOK_BILLING_ANSWERS_H

#include "billing/query.h"

/* ---- pieces ---- */

json_t *object_new(void); /* an object */
json_t *rows_new(void);
void member_put(json_t *object, const char *name, json_t *value); /* takes the reference */
void rows_add(json_t *list, json_t *value);
void member_text(json_t *object, const char *name, struct str text);         /* "" stays "" */
void member_text_or_null(json_t *object, const char *name, struct str text); /* "" is null */
void member_count(json_t *object, const char *name, uint64_t count);
void member_flag(json_t *object, const char *name, bool flag);
void member_money(json_t *object, const char *name, struct money m);
void member_decimal(json_t *object, const char *name, struct decimal d);
void member_date(json_t *object, const char *name, struct date d);
void member_instant(json_t *object, const char *name, struct instant t);
/* "interval" and "interval_count", as people name it: 3 months are one quarter. */
void member_interval(json_t *object, enum interval_unit unit, uint64_t count);
void member_hash(json_t *object, const char *name, const struct hash *h);
void member_id(json_t *object, const char *name, const char *word, uint64_t number); /* "inv_7"; 0 is null */

/* Who a customer's number is; the last one is remembered, because lists mostly stay with one. */
struct names {
    struct views_txn *txn;
    struct arena *arena; /* for the reading of one; may be reset between rows */
    uint64_t customer;
    size_t len, timezone_len;
    char user[LIMIT_USER_ID_BYTES], timezone[LIMIT_CODE_BYTES];
};
struct names names_of(struct views_txn *t, struct arena *a);
void member_user(json_t *object, struct names *n, uint64_t customer);
struct str timezone_of(struct names *n, uint64_t customer); /* as long as the same customer is asked for */

/* ---- things ---- */

json_t *customer_json(const struct customer *c, struct views_txn *t, struct arena *a);
/* What was erased of him, and what stands in the way of more. */
json_t *keeping_json(const struct customer *c);
/* The same behind an erasure, with the records that no key could erase. */
enum err erased_json(json_t **out, const struct customer *c, struct ledger *l, struct views_txn *t,
                     struct error *e) MUST_USE;
json_t *seller_json(const struct seller *s);
json_t *exchange_rate_json(const struct exchange_rate *r);
json_t *catalog_json(const struct catalog *c);
json_t *catalog_file_json(const struct catalog_load_command *c); /* of a good one: how much it holds */
json_t *subscription_json(const struct subscription *s, struct date today, struct names *n);
json_t *coupon_json(const struct redemption *r);
json_t *method_json(const struct method *m, const struct customer *c);
json_t *invoice_json(const struct invoice *v, bool with_lines, struct names *n);
json_t *draft_json(const struct draft *d, bool with_documents, struct names *n);
/* A catalog file as if it were a version. */
enum err read_catalog_file(struct catalog *out, const struct call *c, struct str path,
                           struct error *e) MUST_USE;
json_t *rerating_json(const struct rerating *r, bool with_lines, struct names *n);
json_t *transaction_json(const struct transaction *v, struct names *n);
json_t *grant_json(const struct wallet_grant *g, struct names *n);
json_t *dunned_json(const struct dunned *v, struct str user);
json_t *alert_json(const struct alert *v, struct str user);
json_t *entitlement_json(const struct entitlement *v, struct str user, struct str feature);
/* What prepaid credit a customer has, by currency. */
enum err wallet_json(json_t **out, const struct customer *c, struct date today, struct views_txn *t,
                     struct arena *a, struct error *e) MUST_USE;
enum err usage_json(json_t **out, const struct customer *c, struct date today, struct views_txn *t,
                    struct arena *a, struct error *e) MUST_USE;
/* The usage period that is open for a customer; a calendar month without a subscription. */
enum err usage_period_now(struct period *out, const struct customer *c, struct date today,
                          struct views_txn *t, struct arena *a, struct error *e) MUST_USE;
enum err subscription_period_now(struct period *out, const struct customer *c, struct date today,
                                 struct views_txn *t, struct arena *a, struct error *e) MUST_USE;

/* ---- what others vouch for ---- */

/* Whom the command line names, or for what it does not name the environment. */
void anchor_settings(struct anchor_options *out, const struct audit_anchor_query *q, struct arena *a);
/* Asks whom the environment names to vouch for the newest checkpoint; where it names nobody, nothing is done.
 * What is pending is no failure here: the next call asks again. For whoever has just signed one. */
enum err anchor_newest(struct anchor_report *out, struct ledger *l, struct arena *a,
                       struct error *e) MUST_USE;
json_t *anchor_json(const struct anchor_report *r);

/* Parts of 'audit check'. Is it a time stamp, and no text? */
bool is_time_stamp(struct str file);
/* Of the checkpoint that the query names, which becomes *at; its signature is checked by the key, if there is
 * one. */
enum err check_time_stamp(struct checkpoint *at, json_t *answer, const struct audit_check_query *q,
                          struct str file, const struct note_key *key, struct arena *a,
                          struct error *e) MUST_USE;
/* The quorum of the policy that the query names, under a note of that log. */
enum err check_witnesses(json_t *answer, struct str note, const struct audit_check_query *q,
                         const struct note_key *log, struct arena *a, struct error *e) MUST_USE;

/* ---- commands ---- */

/* An answer that is known before the command runs (it was done before), or NULL. */
enum err command_before(json_t **out, struct service *s, const struct command *c, struct arena *a,
                        struct error *e) MUST_USE;
/* What became of a command that was done. */
enum err answer_command(json_t **out, struct service *s, const struct command *c, const struct outcome *o,
                        struct arena *a, struct error *e) MUST_USE;
/* A refusal that is an answer all the same: an invoice that is there already. Else gives `err` back, and
 * NULL. */
enum err command_refused(json_t **out, struct service *s, const struct command *c, enum err err,
                         struct arena *a, struct error *e) MUST_USE;
struct checkpoint_told;
/* What was signed, and what became of it, in the answer about what it was signed after. */
void member_checkpoint(json_t *object, const struct checkpoint_told *t);
json_t *webhook_json(const struct webhook *w);
/* Those of Stripe's endpoints, a line each, into the door; how old a signature may be in seconds, 0: as
 * usual. */
enum err read_webhook_secrets(struct webhook_door *d, struct str secret_file, uint64_t tolerance,
                              struct arena *a, struct error *e) MUST_USE;
/* How many customers who owe something are not asked: another gateway than the one at hand keeps their
 * payment methods. And both in an answer. */
enum err count_not_asked(uint64_t *out, const struct call *c, struct error *e) MUST_USE;
void member_not_asked(json_t *j, const struct call *c, uint64_t count);
/* Does what messages of a gateway ask for that are kept and wait, as before everything that asks for money.
 */
enum err apply_waiting_webhooks(const struct call *c, struct error *e) MUST_USE;

/* Where a question has one answer. */
enum err tell_one(const struct call *c, json_t *answer, struct error *e) MUST_USE;
const char *path_or_null(struct str path, struct arena *a); /* NULL: none is given */

/* The value of a word of a list, `what` as one calls it; -1 for none given. Those before `first` are nobody's
 * to give. ERR_INVALID names the words that there are. */
enum err answer_word(int *out, const char *what, const struct choice *words, int first, struct str given,
                     struct error *e) MUST_USE;
enum err answer_status_word(int *out, const struct choice *words, struct str given, struct error *e) MUST_USE;

/* " (why)", where the gateway told why it has no answer; else "". */
struct str answer_trouble(const struct service *s, struct arena *a);

/* After the answer was told: ERR_DECLINED or ERR_INCOMPLETE when the money that was asked for did not come.
 */
enum err answer_status(struct service *s, const struct command *c, const struct outcome *o, struct arena *a,
                       struct error *e) MUST_USE;

/* The invoice that the outcome made, as JSON. */
enum err made_invoice(json_t **out, struct service *s, const struct outcome *o, bool preview, struct arena *a,
                      struct error *e) MUST_USE;
json_t *fired_alerts(const struct outcome *o);

#endif
