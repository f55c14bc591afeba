/* SPDX-License-Identifier: MIT */
/* catalog.h - importers' own: catalog_parse reads the text of a catalog without a file; for tests and
 * fuzzing. */
#ifndef DAYBOOK_IMPORTERS_CATALOG_H
#define DAYBOOK_IMPORTERS_CATALOG_H

#include "importers/importers.h"

#endif
