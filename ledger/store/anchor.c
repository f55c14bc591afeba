/* SPDX-License-Identifier: MIT */
/* anchor.c - see anchor.h. Several processes move one anchor: each locks the file that it replaces. */
#include "ledger/store/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char head[] = "daybook-anchor@v1\n";
enum { LINES = 6, ANCHOR_BYTES_MAX = 1024 };

/* ---- the text ---- */

static struct str checksum(struct arena *a, struct str text)
{
    struct hash sum = {{0}};
    struct hasher *h = hasher_new();
    hasher_digest(h, sum.bytes, str_bytes(text), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return hex_text(a, sum.bytes, sizeof sum.bytes);
}

struct str anchor_text(struct arena *a, const struct anchor *at)
{
    struct str root = base64_text(a, (struct bytes){at->head.root.bytes, sizeof at->head.root.bytes});
    struct str leaf = base64_text(a, (struct bytes){at->last_leaf.bytes, sizeof at->last_leaf.bytes});
    struct str text = str_format(a, "%s%.*s\n%u\n%ju\n%.*s\n%.*s\n", head, STR_ARG(at->origin),
                                 at->generation, (uintmax_t)at->head.size, STR_ARG(root), STR_ARG(leaf));
    return str_format(a, "%.*s%.*s\n", STR_ARG(text), STR_ARG(checksum(a, text)));
}

static bool take_hash(struct hash *out, struct str line, struct arena *a)
{
    struct error unused = {0};
    struct bytes b = {0};
    if (base64_decode(&b, line, a, &unused) != OK || b.len != sizeof out->bytes) return false;
    memcpy(out->bytes, b.ptr, sizeof out->bytes);
    return true;
}

static size_t split_lines(struct str lines[LINES], struct str text)
{
    size_t count = 0;
    while (text.len > 0 && count < LINES) {
        if (!str_take_until(&lines[count], &text, '\n')) return 0;
        count++;
    }
    return text.len == 0 ? count : 0;
}

/* What it says is written again and must come out the same: then the checksum fits, and nothing stands in it
 * that means the same in another way. */
enum err anchor_parse(struct anchor *out, struct str text, struct arena *a, struct error *e)
{
    struct error unused = {0};
    struct str lines[LINES] = {{0}};
    uint64_t generation = 0;
    bool fine =
        str_starts(text, head) &&
        split_lines(lines, (struct str){text.ptr + sizeof head - 1, text.len - (sizeof head - 1)}) == LINES &&
        uint_parse(&generation, lines[1], &unused) == OK && generation >= 1 && generation <= UINT32_MAX &&
        uint_parse(&out->head.size, lines[2], &unused) == OK && out->head.size > 0 &&
        take_hash(&out->head.root, lines[3], a) && take_hash(&out->last_leaf, lines[4], a);
    out->origin = lines[0];
    out->generation = (uint32_t)generation;
    if (fine && str_equal(anchor_text(a, out), text)) return OK;
    return fail(e, ERR_INVALID, "it is not an anchor, or its checksum does not fit");
}

enum err anchor_read(struct anchor *out, const char *path, struct arena *a, struct error *e)
{
    struct bytes content = {0};
    enum err err = file_read(&content, path, ANCHOR_BYTES_MAX, a, e);
    if (err == OK) err = anchor_parse(out, bytes_str(content), a, e);
    if (err != ERR_INVALID && err != ERR_LIMIT) return err;
    e->code = ERR_TAMPERED;
    return wrap(e, "anchor file '%s' is damaged", path);
}

/* ---- moving it ---- */

static enum err cannot_write(const char *path, struct error *e)
{
    return fail_errno(e, errno, "cannot write the anchor file '%s'", path);
}

/* Locks the file that has the name now: while one waits for the lock, another may have put a new one there.
 */
static enum err lock_file(int *out, const char *path, struct error *e)
{
    struct stat locked = {0}, named = {0};
    for (;;) {
        *out = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (*out < 0 && errno == ENOENT) return fail(e, ERR_CONFLICT, "the anchor file '%s' is gone", path);
        if (*out < 0 || flock(*out, LOCK_EX) != 0 || fstat(*out, &locked) != 0) return cannot_write(path, e);
        if (stat(path, &named) == 0 && named.st_ino == locked.st_ino && named.st_dev == locked.st_dev)
            return OK;
        (void)close(*out);
        *out = -1;
    }
}

static enum err check_same(const char *path, const struct anchor *was, struct arena *a, struct error *e)
{
    struct anchor is = {STR_NONE, 0, {0}, {{0}}};
    enum err err = anchor_read(&is, path, a, e);
    if (err != OK || str_equal(anchor_text(a, &is), anchor_text(a, was))) return err;
    return fail(e, ERR_CONFLICT, "somebody else moved the anchor file '%s'", path);
}

static enum err make(const char *path, struct str text, struct error *e)
{
    enum err err = secret_to_new_file(path, text, e);
    if (err == ERR_REFUSED) return fail(e, ERR_CONFLICT, "somebody else made the anchor file '%s'", path);
    return err == OK ? OK : wrap(e, "cannot write the anchor file '%s'", path);
}

enum err anchor_swap(const char *path, const struct anchor *was, const struct anchor *now, struct arena *a,
                     struct error *e)
{
    int lock = -1;
    struct str text = anchor_text(a, now);
    if (was == NULL) return make(path, text, e);
    enum err err = lock_file(&lock, path, e);
    if (err == OK) err = check_same(path, was, a, e);
    if (err == OK && file_write(path, str_bytes(text), 0600, e) != OK)
        err = wrap(e, "cannot move the anchor forward");
    if (lock >= 0) (void)close(lock); /* also unlocks */
    return err;
}
