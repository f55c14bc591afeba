/* SPDX-License-Identifier: MIT */
/* importers.c - the table of importers. It knows names only; the work is theirs. */
#include "importers/importers.h"

const struct importer importers_all[] = {
#define IMPORTER(function, name_, help_) {.name = name_, .help = help_, .run = function},
#include "importers/importers.def"
#undef IMPORTER
    {0},
};

const struct importer *importer_find(struct str name)
{
    for (const struct importer *i = importers_all; i->name != NULL; i++) {
        if (str_is(name, i->name)) return i;
    }
    return NULL;
}
