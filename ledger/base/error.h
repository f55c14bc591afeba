/* SPDX-License-Identifier: MIT */
/* error.h - a code to branch on, a sentence to read.
 *
 * Every fallible function returns enum err (0 is OK) and takes struct error * last. On success the struct is
 * untouched; on failure it holds one sentence that each level wraps outermost-first:
 *     import 'march.csv': line 17: amount '12.345': too many decimals for USD
 * Wording: no capital, no full stop, what could not be done first, the subject in single quotes. A sentence
 * never holds a secret, a token, or personal data. A programmer's mistake is not an error: it asserts. */
#ifndef DAYBOOK_LEDGER_BASE_ERROR_H
#define DAYBOOK_LEDGER_BASE_ERROR_H

#include <assert.h>
#include <stddef.h>

#ifdef NDEBUG
#error "assertions stay on in production"
#endif

#define MUST_USE                        __attribute__((warn_unused_result))
#define PRINTF_LIKE(text_at, values_at) __attribute__((format(printf, text_at, values_at)))

enum err {
    OK = 0,
#define ERROR(name, word, http, exit_status, sentence) ERR_##name,
#include "ledger/base/errors.def"
#undef ERROR
};

struct error {
    enum err code;
    /* A word that narrows the code for machines ("insufficient_funds"), or "". */
    char reason[40];
    char text[1024];
};

/* Sets the sentence and returns `code`, so that a failure is one line: return fail(e, ERR_INVALID, "…"). */
enum err fail(struct error *e, enum err code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "…: " before the sentence and returns the code it already has. A sentence too long keeps its head. */
enum err wrap(struct error *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* As fail(), with the text of errno (or another errno value) at the end: "cannot open 'x': No such file…".
 * The code is ERR_STORAGE. */
enum err fail_errno(struct error *e, int errnum, const char *format, ...) PRINTF_LIKE(3, 4);

/* The table: word for machines, status of HTTP, status of exit, sentence for people. */
const char *err_word(enum err code);
int err_http_status(enum err code);
int err_exit_status(enum err code);
const char *err_sentence(enum err code);

/* The branch that cannot be. Prints file, line and why, and aborts. */
_Noreturn void wrong_at(const char *file, int line, const char *why);
#define WRONG(why) wrong_at(__FILE__, __LINE__, why)

#endif
