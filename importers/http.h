/* SPDX-License-Identifier: MIT */
/* http.h - the seam to a server of an API over HTTP: what is asked, and what came of it. It knows nothing of
 * what is talked about. */
#ifndef DAYBOOK_IMPORTERS_HTTP_H
#define DAYBOOK_IMPORTERS_HTTP_H

#include "ledger/ledger.h"

/* How far a question came. What may have reached the server may have been done there. */
enum http_result {
    HTTP_NOT_SENT, /* no name, no connection, no trust: the server has not seen it */
    HTTP_LOST,     /* it may have seen it; no whole answer came */
    HTTP_ANSWERED,
};
struct http_request {
    const char *method; /* "GET", "POST", "DELETE" */
    struct str path;    /* with its query, behind the base: "/v1/customers?limit=3" */
    struct str body;    /* of a POST: application/x-www-form-urlencoded */
    struct str key;     /* Idempotency-Key; every POST has one, for libcurl may send it again by itself */
    int timeout_ms;     /* of the whole exchange; 0: the transport's own */
};
struct http_answer {
    enum http_result result;
    struct str why; /* when there is no answer: a word or two, nothing of what was sent */
    int status;
    struct bytes body;
    struct str request_id;   /* Request-Id */
    struct str should_retry; /* Stripe-Should-Retry: "true", "false", "" */
    bool replayed;           /* Idempotent-Replayed: it had been answered before */
};

#endif
