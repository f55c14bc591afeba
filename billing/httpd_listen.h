/* SPDX-License-Identifier: MIT */
/* httpd_listen.h - httpd.c's own: the socket that a server listens to. */
#ifndef DAYBOOK_BILLING_HTTPD_LISTEN_H
#define DAYBOOK_BILLING_HTTPD_LISTEN_H

#include "ledger/base.h"

struct listening {
    int fd;
    struct str url;       /* "http://127.0.0.1:8080", "unix:/run/daybook.sock" */
    const char *unlinked; /* a socket's path, to be removed at the end; NULL: none */
};
/* `address` is as `listen` in struct httpd_options; texts live in the arena. */
enum err listen_begin(struct listening *out, struct str address, struct arena *a, struct error *e) MUST_USE;
void listen_end(struct listening *l); /* of one that was begun; closes it */

#endif
