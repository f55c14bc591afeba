/* SPDX-License-Identifier: MIT */
/* error.c - sentences are built in a buffer beside the struct, because a caller may quote the old sentence in
 * the new one. It never allocates, so that running out of anything can still be reported. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/base.h"

struct err_row {
    const char *word;
    const char *sentence;
    int http_status;
    int exit_status;
};

static const struct err_row err_rows[] = {
    {"ok", "done", 200, 0},
#define ERROR(name, word, http, exit_status, sentence) {word, sentence, http, exit_status},
#include "ledger/base/errors.def"
#undef ERROR
};

static const struct err_row *err_row(enum err code)
{
    size_t index = (size_t)code;
    assert(index < sizeof(err_rows) / sizeof(err_rows[0]));
    return &err_rows[index];
}

const char *err_word(enum err code)
{
    return err_row(code)->word;
}

int err_http_status(enum err code)
{
    return err_row(code)->http_status;
}

int err_exit_status(enum err code)
{
    return err_row(code)->exit_status;
}

const char *err_sentence(enum err code)
{
    return err_row(code)->sentence;
}

/* A cut may fall into a character of several bytes; half of one would spoil every log that quotes the
 * sentence. */
static size_t whole_characters(const char *text, size_t len)
{
    size_t start = len;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0u) == 0x80u) start--;
    if (start == 0) return len;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xf0u ? 4 : lead >= 0xe0u ? 3 : lead >= 0xc0u ? 2 : 1;
    return len - (start - 1) < need ? start - 1 : len;
}

static void sentence_add(char *to, size_t capacity, size_t *len, const char *from, size_t from_len)
{
    size_t room = capacity - 1 - *len;
    bool cut = from_len > room;
    memcpy(to + *len, from, cut ? room : from_len);
    *len += cut ? room : from_len;
    if (cut) *len = whole_characters(to, *len);
    to[*len] = '\0';
}

static PRINTF_LIKE(4, 0) void sentence_print(char *to, size_t capacity, size_t *len, const char *format,
                                             va_list args)
{
    int wanted = vsnprintf(to, capacity, format, args);
    if (wanted < 0) WRONG("a sentence cannot be formatted");
    bool cut = (size_t)wanted >= capacity;
    *len = cut ? whole_characters(to, capacity - 1) : (size_t)wanted;
    to[*len] = '\0';
}

enum err fail(struct error *e, enum err code, const char *format, ...)
{
    assert(e != NULL);
    assert(code != OK);
    char text[sizeof(e->text)];
    size_t len = 0;
    va_list args;
    va_start(args, format);
    sentence_print(text, sizeof(text), &len, format, args);
    va_end(args);
    e->code = code;
    e->reason[0] = '\0';
    memcpy(e->text, text, len + 1);
    return code;
}

enum err wrap(struct error *e, const char *format, ...)
{
    assert(e != NULL);
    assert(e->code != OK);
    char text[sizeof(e->text)];
    size_t len = 0;
    va_list args;
    va_start(args, format);
    sentence_print(text, sizeof(text), &len, format, args);
    va_end(args);
    sentence_add(text, sizeof(text), &len, ": ", 2);
    sentence_add(text, sizeof(text), &len, e->text, strlen(e->text));
    memcpy(e->text, text, len + 1);
    return e->code;
}

enum err fail_errno(struct error *e, int errnum, const char *format, ...)
{
    assert(e != NULL);
    char text[sizeof(e->text)];
    size_t len = 0;
    va_list args;
    va_start(args, format);
    sentence_print(text, sizeof(text), &len, format, args);
    va_end(args);
    char why[128] = "";
    if (strerror_r(errnum, why, sizeof(why)) != 0) (void)snprintf(why, sizeof(why), "error %d", errnum);
    sentence_add(text, sizeof(text), &len, ": ", 2);
    sentence_add(text, sizeof(text), &len, why, strlen(why));
    e->code = ERR_STORAGE;
    e->reason[0] = '\0';
    memcpy(e->text, text, len + 1);
    return ERR_STORAGE;
}

_Noreturn void wrong_at(const char *file, int line, const char *why)
{
    /* Nothing can be done about a failure to print: the process ends here either way. */
    (void)fprintf(stderr, "%s:%d: %s\n", file, line, why);
    (void)fflush(stderr);
    abort();
}
