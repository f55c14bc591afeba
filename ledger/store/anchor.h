/* SPDX-License-Identifier: MIT */
/* anchor.h - a small file outside the ledger's directory that remembers how far the ledger was. Whoever puts
 * an older copy of the directory in its place does not thereby put back the anchor. Text of seven lines
 * (FORMAT.md); the last is a checksum, by which damage differs from what was never there. */
#ifndef DAYBOOK_LEDGER_STORE_ANCHOR_H
#define DAYBOOK_LEDGER_STORE_ANCHOR_H

#include "ledger/store/log.h"

struct anchor {
    struct str origin; /* of record 0 */
    uint32_t generation;
    struct log_head_at head;
    struct hash last_leaf; /* of record head.size - 1: it stands for all before it, too */
};
struct str anchor_text(struct arena *a, const struct anchor *at);
/* ERR_INVALID: it is not as anchor_text writes it. */
enum err anchor_parse(struct anchor *out, struct str text, struct arena *a, struct error *e) MUST_USE;
/* ERR_NOT_FOUND: there is no such file. ERR_TAMPERED: it is damaged, or something else. */
enum err anchor_read(struct anchor *out, const char *path, struct arena *a, struct error *e) MUST_USE;

/* Compare and swap: writes `now` if the file still says `was` (NULL: if there is none), whole, and synced
 * with its folder. ERR_CONFLICT: it says something else by now. ERR_STORAGE: it cannot be written, and is as
 * it was. */
enum err anchor_swap(const char *path, const struct anchor *was, const struct anchor *now, struct arena *a,
                     struct error *e) MUST_USE;

#endif
