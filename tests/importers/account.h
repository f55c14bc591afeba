/* SPDX-License-Identifier: MIT */
/* account.h - a Stripe account to import: what it holds is made here, counted here, and given to the tests'
 * server. */
#ifndef DAYBOOK_TESTS_IMPORTERS_ACCOUNT_H
#define DAYBOOK_TESTS_IMPORTERS_ACCOUNT_H

#include "tests/importers/bank.h"

/* Gives the server an object; of a printf format, in which ' stands for ". */
void account_give(struct bank *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* So many customers, a day apart from 2025-01-01 on, each with a card and a credit of 1 cent more than the
 * one before; every second with a subscription, every fourth of an older version's shape, every eighth ended;
 * an invoice, a charge, a balance transaction for each subscription that goes on, and a refund for every
 * fourth of those. */
struct stripe_account {
    int customers, methods, subscriptions, live, invoices, charges, refunds, transactions;
    int64_t credit, net;      /* in cents */
    int64_t net_of_month[12]; /* of 2025 */
};
struct stripe_account account_make(struct bank *b, int customers);

/* A customer of the name, balance and metadata's "team" given. */
#define ACCOUNT_CUSTOMER                                                                          \
    "{'object':'customer','id':'cus_A','created':1736000000,'name':'%s','email':'a@example.com'," \
    "'currency':'usd','balance':%d,'metadata':{'team':'%s'}}"

struct imported {
    enum err err;
    struct error error;
    struct import_report report;
};
/* The import as somebody asks for it, who is connected then; `stops_after` pages it is told to stop; 0:
 * never. */
struct imported account_import(struct bank *b, const char *user_from, int stops_after);
/* Only documents made from a day on; the balance as it was when a day began. NULL: all. */
struct imported account_import_days(struct bank *b, const char *created_from, const char *cut);
struct imported account_take(struct bank *b); /* all of it, which must go well */
struct str account_rejects(void); /* the file of what was refused and left out; "": there is none */
bool account_says(struct str text, const char *words);
const struct import_count *account_count(const struct imported *i, enum imported_kind kind);

/* All that the ledger has of it, as text: objects, subscriptions, customers, accounts. */
struct str account_dump(struct bank *b);
struct customer account_customer(struct bank *b, const char *user);
int64_t account_balance(struct bank *b, enum account account); /* debit less credit, in USD */

#endif
