/* SPDX-License-Identifier: MIT */
/* folder.h - files of a folder that may have been made to harm: none is followed out of it, none blocks, none
 * is larger than it may be. */
#ifndef DAYBOOK_BILLING_VERIFY_FOLDER_H
#define DAYBOOK_BILLING_VERIFY_FOLDER_H

#include "ledger/base.h"

enum { PLACE_BYTES = 256 };

/* What is wrong, and of which file and record. */
struct fault {
    struct error error;
    char file[PLACE_BYTES]; /* "": of none */
    bool has_record;
    uint64_t record;
    bool has_hashes;
    uint8_t expected[32], actual[32];
};
/* Sets the sentence, behind the file's name, and returns the code. */
enum err fault_of(struct fault *f, const char *file, enum err code, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Names the file before the sentence that is there. */
enum err fault_in(struct fault *f, const char *file);

/* Opens a regular file for reading; no part of its place may be a symbolic link. ERR_INCOMPLETE: there is
 * none. ERR_TAMPERED: it is something else. */
enum err place_open(int *fd, uint64_t *size, int folder, const char *place, struct fault *f) MUST_USE;
/* The whole file. ERR_TAMPERED: it has more than `limit` bytes. */
enum err place_read(struct bytes *out, int folder, const char *place, size_t limit, struct arena *a,
                    struct fault *f) MUST_USE;
/* Fills `to`, or says why not. */
enum err fd_read(uint8_t *to, size_t len, int fd, uint64_t at, struct error *e) MUST_USE;

/* Calls `each` with the place of every file below. ERR_TAMPERED: there is something that is neither file nor
 * folder, or too deep, or has a strange name. */
struct visitor {
    enum err (*each)(void *self, const char *place, struct fault *f);
    void *self;
};
enum err folder_walk(int folder, const struct visitor *v, struct fault *f) MUST_USE;

#endif
