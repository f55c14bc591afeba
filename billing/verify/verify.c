/* SPDX-License-Identifier: MIT */
/* verify.c - see verify.h: what kind of file it is, told by what is in it. */
#include "billing/verify/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DISCLOSURE_MAX_BYTES = 64 * 1024 * 1024, KEYS_MAX_BYTES = 64 * 1024 };

/* Never waits for a fifo or a device. */
static enum err given_open(int *fd, struct stat *s, const char *path, struct error *e)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0) {
        (void)fail_errno(e, errno, "it cannot be read");
        return e->code = ERR_INCOMPLETE;
    }
    if (fstat(*fd, s) == 0 && (S_ISREG(s->st_mode) || S_ISDIR(s->st_mode))) return OK;
    close(*fd);
    return fail(e, ERR_INVALID, "it is neither a regular file nor a folder");
}

static enum err read_open(struct bytes *out, int fd, const struct stat *s, size_t limit, struct arena *a,
                          struct error *e)
{
    if (!S_ISREG(s->st_mode)) return fail(e, ERR_INVALID, "it is a folder");
    if ((uint64_t)s->st_size > limit)
        return fail(e, ERR_INVALID, "it has %jd bytes, and may have %zu", (intmax_t)s->st_size, limit);
    uint8_t *to = arena_take_raw(a, (size_t)s->st_size + 1);
    *out = (struct bytes){to, (size_t)s->st_size};
    return fd_read(to, out->len, fd, 0, e);
}

enum err given_read(struct bytes *out, const char *path, size_t limit, struct arena *a, struct fault *f)
{
    int fd = -1;
    struct stat s = {0};
    if (given_open(&fd, &s, path, &f->error) != OK) return fault_in(f, path);
    enum err err = read_open(out, fd, &s, limit, a, &f->error);
    close(fd);
    return err == OK ? OK : fault_in(f, path);
}

enum err trusted_keys(const struct keys **out, const struct question *q, struct arena *a, struct fault *f)
{
    struct bytes text = {0};
    *out = NULL;
    if (q->public_key == NULL) return OK;
    struct keys *keys = arena_new_of(a, struct keys);
    enum err err = given_read(&text, q->public_key, KEYS_MAX_BYTES, a, f);
    if (err != OK) return err;
    if (keys_read(keys, bytes_str(text), a, &f->error) != OK) return fault_in(f, q->public_key);
    *out = keys;
    return OK;
}

enum err only_given(struct finding *out, const struct question *q, bool checkpoint, bool record, bool old)
{
    const char *option = NULL;
    if (!checkpoint && q->checkpoint != NULL) option = "--checkpoint";
    if (!record && q->record != NULL) option = "--record";
    if (!record && q->leaf != NULL) option = "--leaf";
    if (!old && q->old != NULL) option = "--old";
    if (option == NULL) return OK;
    return fail(&out->fault.error, ERR_USAGE, "not verified: %s is not for a file of this kind (%s)", option,
                out->kind);
}

enum err not_trusted(struct finding *out, const char *holds)
{
    return fail(
        &out->fault.error, ERR_INCOMPLETE,
        "not verified: %s; but whether it is what the ledger signed cannot be told without its public key "
        "(--public-key, got in another way than with this)",
        holds);
}

/* A folder that has nothing of an archive is none. */
static enum err verify_folder(struct finding *out, int folder, const struct question *q, struct arena *a)
{
    struct stat s = {0};
    if (fstatat(folder, "checkpoint", &s, AT_SYMLINK_NOFOLLOW) != 0 &&
        fstatat(folder, "SHA256SUMS", &s, AT_SYMLINK_NOFOLLOW) != 0 &&
        fstatat(folder, "records", &s, AT_SYMLINK_NOFOLLOW) != 0)
        return fail(&out->fault.error, ERR_INVALID, "it is a folder, and not an archive");
    return verify_archive(out, folder, q, a);
}

static enum err verify_text(struct finding *out, struct str text, const struct question *q, struct arena *a)
{
    struct str trimmed = text;
    while (trimmed.len > 0 && strchr(" \t\r\n", trimmed.ptr[0]) != NULL)
        trimmed = (struct str){trimmed.ptr + 1, trimmed.len - 1};
    if (str_starts(trimmed, "{")) return verify_disclosure(out, text, q, a);
    return verify_claim(out, text, q, a);
}

enum err verify(struct finding *out, const struct question *q, struct arena *a)
{
    int fd = -1;
    struct stat s = {0};
    struct bytes content = {0};
    *out = (struct finding){.kind = ""};
    enum err err = given_open(&fd, &s, q->path, &out->fault.error);
    if (err != OK) return err;
    if (S_ISDIR(s.st_mode)) {
        err = verify_folder(out, fd, q, a);
    } else {
        err = read_open(&content, fd, &s, DISCLOSURE_MAX_BYTES, a, &out->fault.error);
        if (err == OK) err = verify_text(out, bytes_str(content), q, a);
    }
    close(fd);
    return err;
}

void finding_close(struct finding *f)
{
    buffer_free(&f->shown);
}
