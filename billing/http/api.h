/* SPDX-License-Identifier: MIT */
/* api.h - the HTTP API: every question and command of the tables at the address that routes.def gives it.
 * Requests run in threads of their own, each with a service of its own over the one ledger: reads see what
 * was committed, and commands that arrive together share a commit. */
#ifndef DAYBOOK_BILLING_HTTP_API_H
#define DAYBOOK_BILLING_HTTP_API_H

#include <pthread.h>

#include "billing/http/metrics.h"
#include "billing/httpd.h"
#include "billing/service.h"

struct api_options {
    struct service
        *service;           /* the ledger, clock, gateway and checkpoints; its token and actor are nobody's */
    pthread_mutex_t *money; /* held while a gateway may be asked: one at a time */
    bool (*ends)(void *self); /* is the server ending? streams end then */
    void *ends_self;
    const char *out; /* folder below which runs and packs are written; NULL: they are refused */
};
struct api;
struct api *api_open(const struct api_options *o);
void api_close(struct api *a); /* accepts NULL */

/* Is the address one of the API's? */
bool api_owns(const char *path);
/* When the headers of a request are there; and when its body is. */
void api_begin(struct api *a, struct httpd_request *r);
/* GET /metrics: of no customer, and nobody is asked who he is. */
void api_tell_metrics(struct api *a, struct httpd_request *r, struct httpd_reply *out);
void api_handle(struct api *a, struct httpd_request *r, struct httpd_reply *out);

#endif
