/* SPDX-License-Identifier: MIT */
/* files.c - verbs that read or write files of this machine elsewhere: here the request's body is the file
 * that they read, and the answer the file that they write. What they write stands for a moment in a folder
 * that nobody else may look into. */
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <unistd.h>

#include "billing/http/api.h"
#include "billing/http/exchange.h"

enum { REJECTS_SHOWN_BYTES = 64 * 1024 };

static enum err folder_make(char **out, struct arena *a, struct error *e)
{
    *out = str_cstring(a, str_format(a, "%s/daybook-XXXXXX", dir_temporary()));
    if (mkdtemp(*out) != NULL) return OK; /* mode 0700 */
    *out = NULL;
    return fail_errno(e, errno, "cannot make a folder for temporary files");
}

static void folder_end(const char *folder)
{
    if (folder != NULL) dir_remove(folder, 1);
}

/* ---- a body that is read ---- */

/* Rows that were not taken: their beginning, for nobody outside can look into the file. */
static enum err add_rejects(json_t *answer, const char *path, struct arena *a, struct error *e)
{
    struct bytes text = {0};
    if (answer == NULL || !file_exists(path)) return OK;
    enum err err = file_read(&text, path, REJECTS_SHOWN_BYTES, a, e);
    if (err == ERR_LIMIT) return OK; /* the first one is told anyway */
    if (err != OK) return err;
    member_text(answer, "rejected_rows", bytes_str(text));
    return OK;
}

static enum err take_file(struct exchange *x, struct error *e)
{
    const struct httpd_request *r = x->request;
    const struct schema *schema = verb_schema(x->verb);
    json_t *answer = NULL;
    char *folder = NULL;
    if (r->file < 0) return exchange_badly_asked(x, fail(e, ERR_INVALID, "the body is to be the file"), e);
    enum err err = folder_make(&folder, x->arena, e);
    if (err != OK) return err;
    struct str rejects = str_format(x->arena, "%s/rejects.csv", folder);
    member_text(x->arguments, x->routed.route->detail, str_format(x->arena, "/proc/self/fd/%d", r->file));
    if (schema_field(schema, STR("rejects")) != NULL) member_text(x->arguments, "rejects", rejects);
    err = exchange_run(&answer, x, e);
    struct error unread = {0};
    if (answer != NULL && json_object_get(answer, "rejects") != NULL) {
        member_put(answer, "rejects", json_null());
        if (add_rejects(answer, rejects.ptr, x->arena, &unread) != OK) {
            /* How many there were is told. */
        }
    }
    folder_end(folder);
    if (err == OK)
        reply_json(x, MHD_HTTP_OK, answer);
    else
        json_decref(answer);
    return err;
}

/* ---- a file that is answered ---- */

struct media {
    const char *format, *type;
};
static const char *media_type(struct str format)
{
    static const struct media known[] = {
        {"", "text/csv; charset=utf-8"},
        {"csv", "text/csv; charset=utf-8"},
        {"json", "application/json"},
        {"pdf", "application/pdf"},
        {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (str_is(format, known[i].format)) return known[i].type;
    }
    return "text/plain; charset=utf-8";
}

/* Only what is no risk in a header or a file's name; the rest is a line. */
static struct str plain_name(struct str name, struct arena *a)
{
    char *to = str_cstring(a, name);
    for (size_t i = 0; i < name.len; i++) {
        char c = to[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_';
        if (!plain) to[i] = '-';
    }
    return (struct str){to, name.len};
}

/* "ar_aging.xlsx", "INV-2025-000001.pdf" */
static struct str file_name(const struct exchange *x, struct str format)
{
    const struct routed *r = &x->routed;
    struct str stem = r->count > 0 ? plain_name(r->fields[r->count - 1].value, x->arena) : STR("disclosure");
    bool pdf = strcmp(r->route->detail, "application/pdf") == 0,
         xml = strcmp(r->route->detail, "application/xml") == 0;
    struct str plain = plain_name(format, x->arena);
    const char *end = pdf ? "pdf" : xml ? "xml" : format.len > 0 ? plain.ptr : "csv";
    if (strstr(x->verb->words, "audit.") == x->verb->words) end = "txt";
    return str_format(x->arena, "%.*s.%s", STR_ARG(stem), end);
}

static struct str text_argument(const struct exchange *x, const char *name)
{
    return str_of(json_string_value(json_object_get(x->arguments, name)));
}

static enum err send_file(struct exchange *x, const char *path, struct str name, struct str format,
                          struct error *e)
{
    const char *type = x->routed.route->detail;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(e, errno, "cannot read what was written");
    x->reply->status = MHD_HTTP_OK;
    x->reply->type = type[0] != '\0' ? type : media_type(format);
    x->reply->file = fd;
    x->reply->has_file = true;
    httpd_add_header(x->reply, "Cache-Control", STR("no-store"));
    httpd_add_header(x->reply, "X-Content-Type-Options", STR("nosniff"));
    httpd_add_header(x->reply, "Content-Disposition",
                     str_format(x->arena, "attachment; filename=\"%.*s\"", STR_ARG(name)));
    return OK;
}

static enum err give_file(struct exchange *x, struct error *e)
{
    char *folder = NULL;
    json_t *answer = NULL;
    struct str format = text_argument(x, "format"), name = file_name(x, format);
    if (str_is(format, "table"))
        return exchange_badly_asked(x, fail(e, ERR_INVALID, "format: a table is for terminals"), e);
    enum err err = folder_make(&folder, x->arena, e);
    if (err != OK) return err;
    struct str path = str_format(x->arena, "%s/%.*s", folder, STR_ARG(name));
    member_text(x->arguments, "output", path);
    x->service.sent_to = STR("http");
    err = exchange_run(&answer, x, e);
    json_decref(answer);
    if (err == OK) err = send_file(x, path.ptr, name, format, e);
    folder_end(folder);
    return err;
}

/* ---- a folder of the server's ---- */

static enum err fill_folder(struct exchange *x, struct error *e)
{
    const struct routed *r = &x->routed;
    struct str name = text_argument(x, r->route->detail);
    json_t *answer = NULL;
    bool needs_none = json_is_true(json_object_get(x->arguments, "dry_run")) ||
                      json_is_true(json_object_get(x->arguments, "draft"));
    if (x->options->out == NULL && !needs_none)
        return exchange_badly_asked(
            x, fail(e, ERR_REFUSED, "the server was started without --out: it has no folder for files"), e);
    if (name.len == 0)
        return exchange_badly_asked(x, fail(e, ERR_INVALID, "%s is missing", r->route->detail), e);
    struct str folder = str_format(x->arena, "%s/%.*s", x->options->out, STR_ARG(plain_name(name, x->arena)));
    if (!needs_none) member_text(x->arguments, "out", folder);
    enum err err = exchange_run(&answer, x, e);
    if (err == OK)
        reply_json(x, MHD_HTTP_OK, answer);
    else
        json_decref(answer);
    return err;
}

enum err exchange_files(struct exchange *x, struct error *e)
{
    switch (x->routed.route->form) {
    case ROUTE_TAKES_FILE: return take_file(x, e);
    case ROUTE_GIVES_FILE: return give_file(x, e);
    case ROUTE_GIVES_FOLDER: return fill_folder(x, e);
    case ROUTE_JSON: break;
    }
    WRONG("a route without files");
}
