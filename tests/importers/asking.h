/* SPDX-License-Identifier: MIT */
/* asking.h - the test server, and plain libcurl to ask it: each test has a server of its own. */
#ifndef DAYBOOK_TESTS_IMPORTERS_ASKING_H
#define DAYBOOK_TESTS_IMPORTERS_ASKING_H

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>

#include "tests/lib/fixture.h"
#include "tests/lib/stripe_server.h"

#define NEVER  "automatic_payment_methods[enabled]=true&automatic_payment_methods[allow_redirects]=never"
#define CHARGE "amount=2900&currency=usd&confirm=true&payment_method=pm_card_visa&" NEVER
#define DECLINED \
    "amount=2900&currency=usd&confirm=true&payment_method=pm_card_chargeDeclinedInsufficientFunds&" NEVER

struct got {
    CURLcode code;
    long status;
    char *body;
    size_t len;
    json_t *json; /* NULL: none */
    bool replayed;
    char should_retry[8], request[64], original[64];
};

extern struct stripe_server *server;

void asking_begin(void);
void asking_end(void);

struct got post(const char *key, const char *path, const char *form); /* key "": none */
struct got get(const char *path);
struct got ask_as(const char *auth, const char *key, const char *path, const char *form);
void done(struct got *g);

/* "error.payment_intent.status" as text, a number in digits; "" when there is none. */
const char *at(const struct got *g, const char *path);

/* The first `len` bytes, as far as there is room. */
void cut(char *out, size_t room, const char *text, size_t len);

uint64_t charges(void); /* that succeeded */

#define assert_at(got, path, wanted) \
    cr_assert(strcmp(at(&(got), path), wanted) == 0, "%s: %s in %s", path, at(&(got), path), (got).body)
#define assert_status(got, wanted)                                              \
    cr_assert((got).code == CURLE_OK && (got).status == (wanted), "%s %ld: %s", \
              curl_easy_strerror((got).code), (got).status, (got).body)

#endif
