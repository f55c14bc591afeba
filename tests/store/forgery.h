/* SPDX-License-Identifier: MIT */
/* forgery.h - chains written anew by somebody who may write to the disk but has no key: numbers, times,
 * hashes and head are as they should be, so only what the records say about each other can give it away. */
#ifndef DAYBOOK_TESTS_STORE_FORGERY_H
#define DAYBOOK_TESTS_STORE_FORGERY_H

#include "tests/store/ledgers.h"

enum { FORGED_MAX = 64 };
struct forgery {
    struct bytes records[FORGED_MAX];
    size_t count;
    size_t wrong_root; /* the GENERATION record that is given another root than that of those before it; 0:
                          none */
};

struct forgery forgery_of(struct log *l); /* copies of all its records, to be changed */
uint8_t *forged_at(struct bytes record, size_t offset);
void forgery_drop(struct forgery *f, size_t from, size_t count);
/* Chains them as if they had always been so, generations with their roots included, and asks everybody who
 * takes records in a row: the log's own verification, that of what was appended since each head, one who
 * takes them from anywhere (a backup), who goes through a log's (an archive, a follower's source), and who
 * writes them into another log (restoring, a follower), from the start and going on. All must give one
 * answer, which is returned. */
enum err forgery_verdict(struct forgery *f, struct error *e);

#endif
