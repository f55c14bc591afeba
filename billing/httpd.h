/* SPDX-License-Identifier: MIT */
/* httpd.h - billing's own: a small server over HTTP, by libmicrohttpd. One thread answers, one request after
 * the other; what is asked, and what it means, is for whoever starts it. */
#ifndef DAYBOOK_BILLING_HTTPD_H
#define DAYBOOK_BILLING_HTTPD_H

#include "ledger/base.h"

struct MHD_Connection;

/* A request that came in, whole. */
struct httpd_request {
    const char *url, *method;
    struct bytes body;
    bool too_large; /* the body, which is then not there */
    struct arena *arena;
    bool later; /* the handler sets it where something is to be done when the answer is out */
    struct MHD_Connection *connection;
};
const char *httpd_header(const struct httpd_request *r, const char *name); /* NULL: it has none */
struct httpd_reply {
    unsigned status;
    const char *type; /* of its content */
    struct str body;  /* lives in the request's arena, or for good */
};

struct httpd_options {
    struct str listen; /* "127.0.0.1:8080", "[::1]:8080"; port 0: a free one */
    size_t body_max;
    struct world world;
    void *self; /* the handlers' */
    void (*handle)(void *self, struct httpd_request *r, struct httpd_reply *out);
    void (*later)(void *self, struct arena *a); /* NULL: never anything */
};
struct httpd;
/* ERR_INVALID: no such address; ERR_STORAGE: it cannot be listened to. */
enum err httpd_start(struct httpd **out, const struct httpd_options *o, struct error *e) MUST_USE;
struct str httpd_url(const struct httpd *s, struct arena *a); /* with the port that it got */
/* Takes no new connection, ends the requests that are being answered, and frees. Accepts NULL. */
void httpd_stop(struct httpd *s);

#endif
