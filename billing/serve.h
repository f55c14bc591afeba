/* SPDX-License-Identifier: MIT */
/* serve.h - billing's own: the door over HTTP, for the API and for Stripe's messages. */
#ifndef DAYBOOK_BILLING_SERVE_H
#define DAYBOOK_BILLING_SERVE_H

#include "billing/service.h"

struct server_options {
    struct str listen;        /* as httpd.h has it */
    struct webhook_door door; /* of POST /webhooks/stripe; its time is that of each request */
    struct service *service;
    const char *out;      /* see api.h */
    unsigned connections; /* at once; 0: the default */
};
struct server;
/* ERR_INVALID: no such address; ERR_STORAGE: it cannot be listened to. */
enum err server_start(struct server **out, const struct server_options *o, struct error *e) MUST_USE;
struct str server_url(const struct server *s, struct arena *a); /* with the port that it got */
/* Takes no new connection, ends the requests that are being answered, and frees. Accepts NULL. */
void server_stop(struct server *s);

#endif
