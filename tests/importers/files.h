/* SPDX-License-Identifier: MIT */
/* files.h - input for importers: sources of text, and gzip made here. */
#ifndef DAYBOOK_TESTS_IMPORTERS_FILES_H
#define DAYBOOK_TESTS_IMPORTERS_FILES_H

#include "importers/source.h"
#include "importers/stream.h"
#include "tests/lib/fixture.h"

struct bytes gzip_of(struct str text); /* one member */
struct source *source_of(struct str text);
struct str repeated(char c, size_t count);
struct str joined(struct str a, struct str b);

#endif
