/* SPDX-License-Identifier: MIT */
/* httpd.h - billing's own: a server over HTTP, by libmicrohttpd. What is asked, and what it means, is for
 * whoever starts it. One thread answers, one request after the other; or each connection has a thread of its
 * own, and then the handlers are called by many at once. */
#ifndef DAYBOOK_BILLING_HTTPD_H
#define DAYBOOK_BILLING_HTTPD_H

#include "ledger/base.h"

struct MHD_Connection;

/* A request. Before its body is there, `begin` may look at it and say how the body is to be kept. */
struct httpd_request {
    const char *uri;          /* as it was sent: path, and what is behind a question mark */
    const char *url, *method; /* url: its path alone, not decoded */
    struct bytes body;        /* in memory; or, where it was to be spooled … */
    int file;                 /* … an unlinked file, at its beginning; -1: none */
    uint64_t length;          /* of the body, wherever it is */
    size_t body_max;
    bool spooled;      /* `begin` sets it: a body of up to file_max bytes goes into a file */
    bool too_large;    /* the body, which is then not there */
    bool later;        /* the handler sets it where something is to be done when the answer is out */
    const void *found; /* what `begin` found out already, for `handle`; NULL: nothing */
    struct arena *arena;
    struct MHD_Connection *connection;
};
/* NULL: it has none. */
const char *httpd_header(const struct httpd_request *r, const char *name);

struct httpd_header {
    const char *name;
    struct str value;
};
/* Gives the next bytes of an answer without an end, as they come; *len 0: the answer is over. */
typedef void httpd_stream_fn(void *self, char *to, size_t room, size_t *len);

enum { HTTPD_HEADERS_MAX = 8 };
struct httpd_reply {
    unsigned status;
    const char *type; /* of its content */
    struct str body;  /* lives in the request's arena, or for good */
    int file;         /* sent in place of it where has_file, and closed behind it */
    bool has_file;
    httpd_stream_fn *stream; /* in place of both; NULL: none */
    void *stream_self;
    void (*stream_end)(void *self);
    struct httpd_header headers[HTTPD_HEADERS_MAX]; /* without line ends */
    size_t headers_count;
};
void httpd_add_header(struct httpd_reply *reply, const char *name, struct str value);

struct httpd_options {
    /* "127.0.0.1:8080", "[::1]:8080", port 0: a free one; "unix:/run/daybook.sock"; "systemd": the socket
     * that the program was started for. */
    struct str listen;
    size_t body_max;
    uint64_t file_max;    /* of a body that is spooled */
    unsigned connections; /* at once; 0: 256 */
    bool threads;         /* one a connection */
    struct world world;
    void *self;                                         /* the handlers' */
    void (*begin)(void *self, struct httpd_request *r); /* NULL: bodies are kept in memory */
    void (*handle)(void *self, struct httpd_request *r, struct httpd_reply *out);
    void (*later)(void *self, struct arena *a); /* NULL: never anything */
};
struct httpd;
/* ERR_INVALID: no such address; ERR_STORAGE: it cannot be listened to. */
enum err httpd_start(struct httpd **out, const struct httpd_options *o, struct error *e) MUST_USE;
struct str httpd_url(const struct httpd *s, struct arena *a); /* with the port that it got */
/* Takes no new connection, ends the requests that are being answered, and frees. Accepts NULL. */
void httpd_stop(struct httpd *s);
/* Is it ending? For streams, which would go on for ever. */
bool httpd_is_stopping(const struct httpd *s);

#endif
