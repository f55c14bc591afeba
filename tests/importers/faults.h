/* SPDX-License-Identifier: MIT */
/* faults.h - catalogs that are refused, each with its sentence. For reading's sake JSON stands there in
 * single quotes. */
#ifndef DAYBOOK_TESTS_IMPORTERS_FAULTS_H
#define DAYBOOK_TESTS_IMPORTERS_FAULTS_H

#include "tests/importers/files.h"

struct fault {
    const char *text, *sentence;
};
/* `whole` holds a %s for the text of each; every sentence begins with the path. */
void refused_each(const char *whole, const char *path, const struct fault *faults, size_t count);
#define REFUSED(whole, path, faults) refused_each(whole, path, faults, sizeof(faults) / sizeof((faults)[0]))

void taken(const char *text);

#define PRICE "{'currency':'USD','interval':'month','amount':'29.00'}"
#define PRO   "{'code':'pro','name':'Pro','prices':[" PRICE "]}"

#endif
