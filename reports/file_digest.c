/* SPDX-License-Identifier: MIT */
/* file_digest.c - see file_digest.h. */
#include "reports/file_digest.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { READ_BYTES = 8 * 1024 };

static enum err digest_open(struct hash *sha256, uint64_t *bytes, int fd, struct error *e)
{
    uint8_t part[READ_BYTES];
    struct hasher *h = hasher_new();
    ssize_t n = 0;
    hasher_begin(h);
    *bytes = 0;
    while ((n = read(fd, part, sizeof part)) > 0) {
        hasher_add(h, (struct bytes){part, (size_t)n});
        *bytes += (uint64_t)n;
    }
    enum err err = n == 0 ? OK : fail_errno(e, errno, "cannot be read");
    hasher_end(h, sha256->bytes);
    hasher_free(h);
    return err;
}

enum err file_digest(struct hash *sha256, uint64_t *bytes, const char *path, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return fail_errno(e, errno, "cannot be opened");
    enum err err = digest_open(sha256, bytes, fd, e);
    (void)close(fd); /* only read */
    return err;
}
