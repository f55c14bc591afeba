/* SPDX-License-Identifier: MIT */
/* archive_files.c - the files of an archive: that none is there too many and none is missing, and those that
 * are neither records nor tiles. */
#include <unistd.h>

#include "billing/verify/archive.h"

static const char sums_name[] = "SHA256SUMS";
static const char checkpoints_head[] = "checkpoints/";
enum { SIZE_DIGITS = 20, OTHER_MAX_BYTES = 64 * 1024 * 1024 };

static bool is_below(const char *place, const char *head)
{
    return str_starts(str_of(place), head);
}

/* ---- every file has its line ---- */

/* What no other part of this program reads: hashed piece by piece. */
static enum err hold_other(struct archive *x, const char *place, struct fault *f)
{
    uint8_t piece[8192];
    int fd = -1;
    uint64_t size = 0;
    struct digest sum = {{0}};
    enum err err = place_open(&fd, &size, x->folder, place, f);
    if (err != OK) return err;
    if (size > OTHER_MAX_BYTES)
        err = fault_of(f, place, ERR_TAMPERED, "it has %ju bytes, and may have %d", (uintmax_t)size,
                       OTHER_MAX_BYTES);
    struct running *r = running_new();
    for (uint64_t at = 0; err == OK && at < size; at += sizeof piece) {
        size_t len = size - at < sizeof piece ? (size_t)(size - at) : sizeof piece;
        if (fd_read(piece, len, fd, at, &f->error) != OK) err = fault_in(f, place);
        if (err == OK) running_add(r, (struct bytes){piece, len});
    }
    running_end(r, &sum);
    running_free(r);
    close(fd);
    return err == OK ? sums_hold(&x->view, place, &sum, f) : err;
}

static bool checkpoint_size(uint64_t *size, const char *place)
{
    const char *digits = place + sizeof checkpoints_head - 1;
    char right[PLACE_BYTES];
    *size = 0;
    for (const char *at = digits; *at >= '0' && *at <= '9' && *size < UINT64_MAX / 16; at++)
        *size = *size * 10 + (uint64_t)(*at - '0');
    (void)snprintf(right, sizeof right, "%s%0*ju", checkpoints_head, SIZE_DIGITS, (uintmax_t)*size);
    return strcmp(place, right) == 0;
}

static enum err visit(void *self, const char *place, struct fault *f)
{
    struct archive *x = self;
    struct digest expected = {{0}};
    uint64_t size = 0, records = x->out->at.size;
    if (strcmp(place, sums_name) == 0 || strcmp(place, "SHA256SUMS.sig") == 0 ||
        strcmp(place, "SHA256SUMS.sshsig") == 0)
        return OK;
    x->out->files++;
    bool is_segment_or_tile = is_below(place, "records/") || is_below(place, "tile/");
    bool is_checkpoint = is_below(place, checkpoints_head);
    if (is_segment_or_tile && !place_belongs(place, records))
        return fault_of(f, place, ERR_TAMPERED, "an archive of %ju records has no such file",
                        (uintmax_t)records);
    if (is_checkpoint && (!checkpoint_size(&size, place) || size == 0 || size > records))
        return fault_of(f, place, ERR_TAMPERED, "an archive of %ju records has no such checkpoint",
                        (uintmax_t)records);
    if (is_below(place, "timestamps/")) x->out->timestamps++;
    if (is_segment_or_tile || is_checkpoint) return sums_find(&x->view, place, &expected, f);
    return hold_other(x, place, f);
}

/* There are more lines than files: which has none? */
static enum err name_missing(struct archive *x, struct fault *f)
{
    char place[PLACE_BYTES] = "";
    for (uint64_t at = 0; sums_next(&x->lines, &at, place);) {
        int fd = -1;
        uint64_t size = 0;
        enum err err = place_open(&fd, &size, x->folder, place, f);
        if (err != OK) return err;
        close(fd);
    }
    return fault_of(f, sums_name, ERR_INCOMPLETE, "it has %ju lines for %ju files", (uintmax_t)x->sums.lines,
                    (uintmax_t)x->out->files);
}

enum err archive_files(struct archive *x)
{
    const struct visitor v = {visit, x};
    struct fault *f = &x->out->fault;
    enum err err = folder_walk(x->folder, &v, f);
    if (err != OK || x->out->files == x->sums.lines) return err;
    return name_missing(x, f);
}

/* ---- checkpoints, in the order of their lines, which is that of their sizes ---- */

static void to_next(struct archive *x)
{
    do x->has_next = sums_next(&x->lines, &x->next_line, x->next);
    while (x->has_next && strncmp(x->next, checkpoints_head, sizeof checkpoints_head - 1) < 0);
    x->has_next = x->has_next && is_below(x->next, checkpoints_head);
}

void checkpoints_begin(struct archive *x)
{
    x->next_line = 0;
    x->last_size = 0;
    to_next(x);
}

/* `generation` is that of the last record it is of. */
static enum err hold_checkpoint(struct archive *x, const struct digest *root, uint64_t generation,
                                struct fault *f)
{
    struct bytes note = {0};
    struct checkpoint c = {.size = 0};
    struct digest sum = {{0}};
    arena_reset(x->passing);
    enum err err = place_read(&note, x->folder, x->next, LIMIT_NOTE_BYTES, x->passing, f);
    if (err != OK) return err;
    digest_of(&sum, note, (struct bytes){0}, (struct bytes){0});
    err = sums_hold(&x->view, x->next, &sum, f);
    if (err != OK) return err;
    if (checkpoint_read(&c, bytes_str(note), x->keys, x->passing, &f->error) != OK) {
        bool is_others = strcmp(f->error.reason, SIGNED_BY_OTHERS) == 0;
        f->error.code = is_others ? ERR_INCOMPLETE : ERR_TAMPERED;
        return is_others ? signed_by_others(x, x->next, c.origin) : fault_in(f, x->next);
    }
    if (!str_equal(origin_ledger(c.origin), origin_ledger(x->out->at.origin)))
        return fault_of(f, x->next, ERR_TAMPERED, "it is of another ledger");
    if (origin_generation(c.origin) != generation)
        return fault_of(f, x->next, ERR_TAMPERED,
                        "it is of generation %ju, and its last record of generation %ju",
                        (uintmax_t)origin_generation(c.origin), (uintmax_t)generation);
    if (c.size != x->last_size)
        return fault_of(f, x->next, ERR_TAMPERED, "it is of %ju records", (uintmax_t)c.size);
    if (digest_equal(&c.root, root)) return OK;
    memcpy(f->expected, c.root.bytes, 32);
    memcpy(f->actual, root->bytes, 32);
    f->has_hashes = true;
    return fault_of(f, x->next, ERR_TAMPERED, "the archive's first %ju records have another root",
                    (uintmax_t)c.size);
}

enum err checkpoints_up_to(struct archive *x, uint64_t size,
                           void (*root)(struct digest *out, struct archive *x, const struct segment *s,
                                        uint64_t size),
                           const struct segment *s)
{
    enum err err = OK;
    uint64_t next = 0;
    while (err == OK && x->has_next) {
        struct digest is = {{0}};
        if (!checkpoint_size(&next, x->next) || next == 0)
            return fault_of(&x->out->fault, x->next, ERR_TAMPERED, "it is not named as a checkpoint");
        if (next > size) return OK;
        x->last_size = next;
        root(&is, x, s, next);
        err = hold_checkpoint(x, &is, generation_at(x, s, next), &x->out->fault);
        if (err != OK) return err;
        x->out->checkpoints++;
        to_next(x);
    }
    return err;
}

enum err checkpoints_end(struct archive *x)
{
    struct fault *f = &x->out->fault;
    if (x->has_next) return fault_of(f, x->next, ERR_TAMPERED, "it is of more records than the archive");
    if (x->last_size == x->out->at.size) return OK;
    return fault_of(f, "checkpoint", ERR_TAMPERED,
                    "it is of %ju records, and the newest in 'checkpoints' of %ju",
                    (uintmax_t)x->out->at.size, (uintmax_t)x->last_size);
}
