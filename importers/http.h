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
    struct str body;    /* of a POST */
    const char *type;   /* of the body; NULL: application/x-www-form-urlencoded */
    struct str key;     /* Idempotency-Key; every POST has one, for libcurl may send it again by itself … */
    bool repeatable;    /* … or does no harm when it comes twice */
    int timeout_ms;     /* of the whole exchange; 0: the transport's own */
};
struct http_answer {
    enum http_result result;
    struct str why; /* when there is no answer: a word or two, nothing of what was sent */
    int status;
    struct bytes body;
    struct str type;         /* Content-Type */
    struct str request_id;   /* Request-Id */
    struct str should_retry; /* Stripe-Should-Retry: "true", "false", "" */
    bool replayed;           /* Idempotent-Replayed: it had been answered before */
};

/* One question on its way. The caller keeps it where it is until it comes back. */
struct http_exchange {
    struct http_request request;
    struct http_answer answer; /* texts live in the arena that it was sent with */
    struct arena *arena;
    void *context; /* the caller's */
};

/* Whoever carries the questions: libcurl (http_curl.c), or a table of answers in tests. One thread's. */
struct http {
    void *self;
    /* Puts it on its way, now. */
    enum err (*send)(void *self, struct http_exchange *x, struct error *e);
    /* The next one that came back; NULL when none did within so many milliseconds. */
    enum err (*next)(void *self, struct http_exchange **out, int wait_ms, struct error *e);
    void (*close)(void *self); /* what is on its way then is lost */
};

/* Sends one and waits for it. */
enum err http_ask(const struct http *h, struct http_exchange *x, struct error *e) MUST_USE;

struct http_options {
    struct str base;           /* "https://api.stripe.com"; http:// on this machine only */
    bool in_clear;             /* http:// to elsewhere too: nothing secret is asked, and answers are signed */
    struct str bearer;         /* secret, never told; "": none */
    struct str version_header; /* "Stripe-Version: 2026-10-28.endive" */
    const char *authorities;   /* file of certificates to trust instead of the system's; NULL */
    int in_flight;             /* connections that are kept */
    int timeout_ms, connect_ms; /* 0: 80 and 10 seconds */
    size_t answer_max_bytes;    /* 0: 4 MiB */
};
/* Connections to one server over libcurl. ERR_INVALID for a base that is none, or http:// to elsewhere.
 * Closed by its close(). */
enum err http_curl_open(struct http *out, const struct http_options *o, struct error *e) MUST_USE;
/* "https://host/path" is the base "https://host" and the path "/path". */
void http_cut_url(struct str *base, struct str *path, struct str url);

#endif
