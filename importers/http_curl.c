/* SPDX-License-Identifier: MIT */
/* http_curl.c - http.h over libcurl's multi interface, in one thread. A question is handed to libcurl only
 * when it may start, so that no time in a queue counts against its timeout. libcurl sends a POST again by
 * itself when a connection that it kept turns out to be dead; therefore each POST bears its key. */
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <pthread.h>

#include "importers/http.h"

enum {
    CONNECT_MS = 10000,
    TIMEOUT_MS = 80000,
    IDLE_SECONDS = 30, /* below what servers keep, so that few kept connections are dead */
    LIFE_SECONDS = 600,
    SLOW_BYTES = 1, /* a second, for SLOW_SECONDS: nobody is there any more */
    SLOW_SECONDS = 30,
    ANSWER_MAX_BYTES = 4 * 1024 * 1024,
    HEADERS_MAX_BYTES = 64 * 1024,
    BASE_MAX_BYTES = 1024,
};

/* ---- one transfer ---- */

struct transfer {
    const struct connections *of;
    CURL *handle;
    struct curl_slist *headers;
    struct http_exchange *exchange; /* NULL: free */
    struct buffer body, url;
    size_t headers_bytes;
    bool too_large;
    struct transfer *next_free;
};

struct connections {
    CURLM *multi;
    struct transfer *transfers;
    size_t count;
    struct transfer *free;
    char *authorization; /* the header's line; wiped on close */
    char base[BASE_MAX_BYTES];
    char version[BASE_MAX_BYTES];
    char authorities[LIMIT_PATH_BYTES];
    int timeout_ms, connect_ms;
    size_t answer_max;
    bool on_this_machine, in_clear;
};

/* NOLINTNEXTLINE(readability-non-const-parameter): as libcurl has it */
static size_t take_body(char *data, size_t one, size_t count, void *to)
{
    struct transfer *t = to;
    (void)one; /* is 1 */
    t->too_large = t->body.len + count > t->of->answer_max;
    if (t->too_large) return 0;
    buffer_add(&t->body, data, count);
    return count;
}

/* "Name: value\r\n" */
static bool header_is(struct str *value, struct str line, const char *name)
{
    size_t len = strlen(name);
    if (line.len <= len || line.ptr[len] != ':') return false;
    for (size_t i = 0; i < len; i++) {
        char c = line.ptr[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) != name[i]) return false;
    }
    struct str rest = {line.ptr + len + 1, line.len - len - 1};
    while (rest.len > 0 && (rest.ptr[rest.len - 1] == '\n' || rest.ptr[rest.len - 1] == '\r')) rest.len--;
    *value = str_trim(rest);
    return true;
}

/* Only these; an answer that was begun anew (a proxy's, a redirect's) forgets those before. */
/* NOLINTNEXTLINE(readability-non-const-parameter): as libcurl has it */
static size_t take_header(char *data, size_t one, size_t count, void *to)
{
    struct transfer *t = to;
    struct http_answer *answer = &t->exchange->answer;
    struct str line = {data, count}, value = STR_NONE;
    (void)one;
    t->headers_bytes += count;
    if (t->headers_bytes > HEADERS_MAX_BYTES) return 0;
    if (str_starts(line, "HTTP/")) *answer = (struct http_answer){0};
    if (header_is(&value, line, "content-type")) answer->type = str_copy(t->exchange->arena, value);
    if (header_is(&value, line, "request-id")) answer->request_id = str_copy(t->exchange->arena, value);
    if (header_is(&value, line, "stripe-should-retry"))
        answer->should_retry = str_copy(t->exchange->arena, value);
    if (header_is(&value, line, "idempotent-replayed")) answer->replayed = str_is(value, "true");
    return count;
}

/* ---- beginning one ---- */

static void set_number(CURL *h, CURLoption option, long value)
{
    if (curl_easy_setopt(h, option, value) != CURLE_OK) WRONG("an option that libcurl does not know");
}

static void set_text(CURL *h, CURLoption option, const char *value)
{
    if (curl_easy_setopt(h, option, value) != CURLE_OK) WRONG("an option that libcurl does not know");
}

static void set_pointer(CURL *h, CURLoption option, void *value)
{
    if (curl_easy_setopt(h, option, value) != CURLE_OK) WRONG("an option that libcurl does not know");
}

static void set_limits(CURL *h, const struct connections *c, int timeout_ms)
{
    set_number(h, CURLOPT_NOSIGNAL, 1);
    set_number(h, CURLOPT_FOLLOWLOCATION, 0);
    set_number(h, CURLOPT_CONNECTTIMEOUT_MS, c->connect_ms);
    set_number(h, CURLOPT_TIMEOUT_MS, timeout_ms == 0 ? c->timeout_ms : timeout_ms);
    set_number(h, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES);
    set_number(h, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS);
    set_number(h, CURLOPT_MAXAGE_CONN, IDLE_SECONDS);
    set_number(h, CURLOPT_MAXLIFETIME_CONN, LIFE_SECONDS);
    set_number(h, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set_number(h, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set_number(h, CURLOPT_SSL_VERIFYPEER, 1);
    set_number(h, CURLOPT_SSL_VERIFYHOST, 2);
    set_text(h, CURLOPT_PROTOCOLS_STR, c->on_this_machine || c->in_clear ? "http,https" : "https");
    set_text(h, CURLOPT_PROXY, ""); /* none, whatever the environment says */
    if (c->authorities[0] != 0) set_text(h, CURLOPT_CAINFO, c->authorities);
}

static enum err add_header(struct transfer *t, const char *line, struct error *e)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);
    if (longer == NULL) return fail(e, ERR_STORAGE, "there is no memory for a request");
    t->headers = longer;
    return OK;
}

static enum err set_headers(struct transfer *t, const struct connections *c, const struct http_request *r,
                            struct arena *a, struct error *e)
{
    enum err err = c->authorization == NULL ? OK : add_header(t, c->authorization, e);
    if (err == OK && r->type != NULL)
        err = add_header(t, str_cstring(a, str_format(a, "Content-Type: %s", r->type)), e);
    if (err == OK && c->version[0] != 0) err = add_header(t, c->version, e);
    if (err == OK) err = add_header(t, "Expect:", e);
    if (err == OK && r->key.len > 0)
        err = add_header(t, str_cstring(a, str_format(a, "Idempotency-Key: %.*s", STR_ARG(r->key))), e);
    set_pointer(t->handle, CURLOPT_HTTPHEADER, t->headers);
    return err;
}

static void set_method(struct transfer *t, const struct http_request *r)
{
    bool post = strcmp(r->method, "POST") == 0;
    if (!post && strcmp(r->method, "GET") != 0) set_text(t->handle, CURLOPT_CUSTOMREQUEST, r->method);
    if (!post) return;
    assert(r->key.len > 0 || r->repeatable); /* see above */
    set_number(t->handle, CURLOPT_POST, 1);
    set_number(t->handle, CURLOPT_POSTFIELDSIZE, (long)r->body.len);
    set_text(t->handle, CURLOPT_COPYPOSTFIELDS, r->body.len == 0 ? "" : r->body.ptr);
}

static struct transfer *take_free(struct connections *c)
{
    struct transfer *t = c->free;
    if (t == NULL) return NULL;
    c->free = t->next_free;
    buffer_clear(&t->body);
    buffer_clear(&t->url);
    t->headers_bytes = 0;
    t->too_large = false;
    return t;
}

static void release(struct connections *c, struct transfer *t)
{
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    t->exchange = NULL;
    t->next_free = c->free;
    c->free = t;
    curl_easy_reset(t->handle);
}

/* A line break would end the header, and begin another. */
static bool fits_a_line(struct str s)
{
    return memchr(s.ptr == NULL ? "" : s.ptr, '\n', s.len) == NULL &&
           memchr(s.ptr == NULL ? "" : s.ptr, '\r', s.len) == NULL;
}

static enum err begin(struct connections *c, struct transfer *t, struct http_exchange *x, struct error *e)
{
    const struct http_request *r = &x->request;
    t->exchange = x;
    x->answer = (struct http_answer){0};
    buffer_print(&t->url, "%s%.*s", c->base, STR_ARG(r->path));
    set_limits(t->handle, c, r->timeout_ms);
    set_text(t->handle, CURLOPT_URL, (const char *)t->url.ptr);
    set_pointer(t->handle, CURLOPT_PRIVATE, t);
    set_pointer(t->handle, CURLOPT_WRITEDATA, t);
    set_pointer(t->handle, CURLOPT_HEADERDATA, t);
    if (curl_easy_setopt(t->handle, CURLOPT_WRITEFUNCTION, take_body) != CURLE_OK ||
        curl_easy_setopt(t->handle, CURLOPT_HEADERFUNCTION, take_header) != CURLE_OK)
        WRONG("an option that libcurl does not know");
    set_method(t, r);
    enum err err = set_headers(t, c, r, x->arena, e);
    if (err != OK) return err;
    if (curl_multi_add_handle(c->multi, t->handle) == CURLM_OK) return OK;
    return fail(e, ERR_STORAGE, "libcurl does not take a request");
}

static enum err send_one(void *self, struct http_exchange *x, struct error *e)
{
    struct connections *c = self;
    if (!fits_a_line(x->request.key) || !fits_a_line(x->request.path))
        return fail(e, ERR_INVALID, "a line break in a request");
    struct transfer *t = take_free(c);
    if (t == NULL) WRONG("more requests than there are connections");
    enum err err = begin(c, t, x, e);
    if (err != OK) release(c, t);
    return err;
}

/* ---- ending one ---- */

/* What came before anything was written; nobody can have read it. All else may have been read. */
static const struct failure {
    CURLcode code;
    bool not_sent;
    const char *why;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, true, "the server's name is not known"},
    {CURLE_COULDNT_CONNECT, true, "no connection to the server"},
    {CURLE_SSL_CONNECT_ERROR, true, "no secure connection to the server"},
    {CURLE_PEER_FAILED_VERIFICATION, true, "the server's certificate is not trusted"},
    {CURLE_SSL_CACERT_BADFILE, true, "the file of trusted certificates cannot be read"},
    {CURLE_OPERATION_TIMEDOUT, false, "it took too long"},
    {CURLE_GOT_NOTHING, false, "the server closed the connection without an answer"},
    {CURLE_PARTIAL_FILE, false, "the answer is not whole"},
};

static struct failure failure_of(CURLcode code, const struct transfer *t)
{
    struct failure other = {code, false, "the connection broke"};
    if (t->too_large) other.why = "the answer is too large";
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].code == code) other = failures[i];
    }
    return other;
}

/* libcurl may have sent it over a kept connection that was dead or dying, before it failed to make another:
 * so what it wrote counts, too. */
static bool was_not_sent(const struct failure *f, const struct transfer *t)
{
    long written = 0;
    bool known = curl_easy_getinfo(t->handle, CURLINFO_REQUEST_SIZE, &written) == CURLE_OK;
    return known && written == 0 && (f->not_sent || f->code == CURLE_OPERATION_TIMEDOUT);
}

static struct http_exchange *finish(struct connections *c, struct transfer *t, CURLcode code)
{
    struct http_exchange *x = t->exchange;
    struct http_answer *answer = &x->answer;
    const struct failure f = failure_of(code, t);
    long status = 0;
    answer->result = code == CURLE_OK ? HTTP_ANSWERED : was_not_sent(&f, t) ? HTTP_NOT_SENT : HTTP_LOST;
    if (code == CURLE_OK && curl_easy_getinfo(t->handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK)
        answer->status = (int)status;
    if (code == CURLE_OK)
        answer->body = bytes_copy(x->arena, (struct bytes){t->body.ptr, t->body.len});
    else
        answer->why = str_of(f.why);
    (void)curl_multi_remove_handle(c->multi, t->handle);
    release(c, t);
    return x;
}

static struct http_exchange *take_done(struct connections *c)
{
    int left = 0;
    for (const CURLMsg *m = NULL; (m = curl_multi_info_read(c->multi, &left)) != NULL;) {
        void *t = NULL;
        CURLcode code = m->data.result;
        if (m->msg != CURLMSG_DONE) continue;
        if (curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t) != CURLE_OK) WRONG("a lost transfer");
        return finish(c, t, code);
    }
    return NULL;
}

static enum err next_one(void *self, struct http_exchange **out, int wait_ms, struct error *e)
{
    struct connections *c = self;
    int running = 0;
    for (int round = 0; round < 2; round++) {
        if (curl_multi_perform(c->multi, &running) != CURLM_OK) break;
        *out = take_done(c);
        if (*out != NULL || round == 1) return OK;
        if (curl_multi_poll(c->multi, NULL, 0, wait_ms, NULL) != CURLM_OK) break;
    }
    return fail(e, ERR_STORAGE, "libcurl cannot wait for answers");
}

enum err http_ask(const struct http *h, struct http_exchange *x, struct error *e)
{
    struct http_exchange *done = NULL;
    enum err err = h->send(h->self, x, e);
    while (err == OK && done != x) err = h->next(h->self, &done, 1000, e);
    return err;
}

/* ---- open and close ---- */

static void close_all(void *self)
{
    struct connections *c = self;
    for (size_t i = 0; i < c->count; i++) {
        struct transfer *t = &c->transfers[i];
        if (t->exchange != NULL) (void)curl_multi_remove_handle(c->multi, t->handle);
        curl_slist_free_all(t->headers);
        curl_easy_cleanup(t->handle);
        buffer_free(&t->body);
        buffer_free(&t->url);
    }
    if (c->multi != NULL) (void)curl_multi_cleanup(c->multi);
    if (c->authorization != NULL) OPENSSL_clear_free(c->authorization, strlen(c->authorization));
    free(c->transfers);
    free(c);
}

static void start_libcurl(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) WRONG("libcurl cannot be started");
}

/* A part of the base's URL; NULL: it has none. */
static char *part_of(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    return curl_url_get(url, part, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool is_text(const char *text, const char *wanted)
{
    return text != NULL && strcmp(text, wanted) == 0;
}

static bool is_this_machine(const char *host)
{
    return is_text(host, "127.0.0.1") || is_text(host, "[::1]") || is_text(host, "localhost");
}

static enum err check_base(struct connections *c, struct error *e)
{
    CURLU *url = curl_url();
    if (url == NULL) return fail(e, ERR_STORAGE, "there is no memory for a URL");
    bool is_url = curl_url_set(url, CURLUPART_URL, c->base, 0) == CURLUE_OK;
    char *scheme = part_of(url, CURLUPART_SCHEME), *host = part_of(url, CURLUPART_HOST);
    char *path = part_of(url, CURLUPART_PATH), *user = part_of(url, CURLUPART_USER);
    char *query = part_of(url, CURLUPART_QUERY);
    c->on_this_machine = is_this_machine(host);
    bool secure = is_text(scheme, "https"),
         local = is_text(scheme, "http") && (c->on_this_machine || c->in_clear);
    bool bare = user == NULL && query == NULL && is_text(path, "/");
    curl_free(scheme);
    curl_free(host);
    curl_free(path);
    curl_free(user);
    curl_free(query);
    curl_url_cleanup(url);
    if (is_url && bare && (secure || local)) return OK;
    if (c->in_clear)
        return fail(e, ERR_INVALID, "its address: https://HOST or http://HOST is wanted, and a path");
    return fail(e, ERR_INVALID,
                "the server's address: https://HOST is wanted, or http://127.0.0.1:PORT on this machine");
}

static enum err take_options(struct connections *c, const struct http_options *o, struct error *e)
{
    struct str base = o->base;
    while (base.len > 0 && base.ptr[base.len - 1] == '/') base.len--;
    if (base.len >= sizeof c->base || o->version_header.len >= sizeof c->version)
        return fail(e, ERR_INVALID, "the server's address is too long");
    if (!fits_a_line(o->bearer) || !fits_a_line(base))
        return fail(e, ERR_INVALID, "a line break in the server's address or the key");
    (void)snprintf(c->base, sizeof c->base, "%.*s", STR_ARG(base));
    (void)snprintf(c->version, sizeof c->version, "%.*s", STR_ARG(o->version_header));
    (void)snprintf(c->authorities, sizeof c->authorities, "%s", o->authorities == NULL ? "" : o->authorities);
    c->in_clear = o->in_clear;
    c->answer_max = o->answer_max_bytes == 0 ? ANSWER_MAX_BYTES : o->answer_max_bytes;
    c->timeout_ms = o->timeout_ms == 0 ? TIMEOUT_MS : o->timeout_ms;
    c->connect_ms = o->connect_ms == 0 ? CONNECT_MS : o->connect_ms;
    if (o->bearer.len == 0) return check_base(c, e);
    static const char begin_of_line[] = "Authorization: Bearer ";
    size_t size = sizeof begin_of_line + o->bearer.len;
    c->authorization = OPENSSL_zalloc(size);
    if (c->authorization == NULL) return fail(e, ERR_STORAGE, "there is no memory for a key");
    (void)snprintf(c->authorization, size, "%s%.*s", begin_of_line, STR_ARG(o->bearer));
    return check_base(c, e);
}

void http_cut_url(struct str *base, struct str *path, struct str url)
{
    size_t end = str_starts(url, "https://") ? sizeof "https://" - 1 : 0;
    if (str_starts(url, "http://")) end = sizeof "http://" - 1;
    while (end < url.len && url.ptr[end] != '/' && url.ptr[end] != '?') end++;
    *base = (struct str){url.ptr, end};
    *path = end == url.len ? STR("/") : (struct str){url.ptr + end, url.len - end};
}

static enum err make_transfers(struct connections *c, int count, struct error *e)
{
    c->multi = curl_multi_init();
    c->transfers = calloc((size_t)count, sizeof *c->transfers);
    if (c->multi == NULL || c->transfers == NULL)
        return fail(e, ERR_STORAGE, "there is no memory for connections");
    if (curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)count) != CURLM_OK)
        WRONG("an unknown option");
    for (int i = 0; i < count; i++) {
        struct transfer *t = &c->transfers[i];
        t->handle = curl_easy_init();
        if (t->handle == NULL) return fail(e, ERR_STORAGE, "there is no memory for connections");
        t->of = c;
        c->count++;
        t->next_free = c->free;
        c->free = t;
    }
    return OK;
}

enum err http_curl_open(struct http *out, const struct http_options *o, struct error *e)
{
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    if (pthread_once(&started, start_libcurl) != 0) WRONG("pthread_once");
    struct connections *c = calloc(1, sizeof *c);
    if (c == NULL) return fail(e, ERR_STORAGE, "there is no memory for connections");
    enum err err = take_options(c, o, e);
    if (err == OK) err = make_transfers(c, o->in_flight < 1 ? 1 : o->in_flight, e);
    if (err != OK) {
        close_all(c);
        return err;
    }
    *out = (struct http){.self = c, .send = send_one, .next = next_one, .close = close_all};
    return OK;
}
