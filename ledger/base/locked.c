/* SPDX-License-Identifier: MIT */
/* locked.c - see locked.h. */
#include <string.h>
#include <sys/mman.h>

#include "ledger/base/error.h"
#include "ledger/base/locked.h"

enum { PAGE_BYTES = 4096 };

static size_t whole_pages(size_t size)
{
    return (size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

void *locked_new(size_t size)
{
    size_t len = whole_pages(size);
    void *pages = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) WRONG("out of memory");
    (void)mlock(pages, len); /* see locked.h */
    (void)madvise(pages, len, MADV_DONTDUMP);
    return pages;
}

void locked_free(void *memory, size_t size)
{
    if (memory == NULL) return;
    explicit_bzero(memory, size); /* a call that the compiler cannot take for useless */
    (void)munlock(memory, whole_pages(size));
    (void)munmap(memory, whole_pages(size));
}
