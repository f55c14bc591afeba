/* SPDX-License-Identifier: MIT */
/* faults.c - see faults.h. */
#include "tests/importers/faults.h"

#include "importers/catalog.h"

static struct str json_of(const char *text)
{
    char *json = str_cstring(A, str_of(text));
    for (char *p = json; *p != '\0'; p++) *p = *p == '\'' ? '"' : *p;
    return str_of(json);
}

void refused_each(const char *whole, const char *path, const struct fault *faults, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct command c = {0};
        const char *at = strstr(whole, "%s");
        struct str text = str_format(A, "%.*s%s%s", (int)(at - whole), whole, faults[i].text, at + 2);
        struct str wanted = str_format(A, "%s%s", path, faults[i].sentence);
        enum err err = catalog_parse(&c, str_bytes(json_of(str_cstring(A, text))), A, E);
        cr_expect(err == ERR_INVALID || err == ERR_LIMIT, "taken: %.*s", STR_ARG(text));
        cr_expect(err == OK || str_is(wanted, E->text), "%.*s\n got    %s\n wanted %.*s", STR_ARG(text),
                  E->text, STR_ARG(wanted));
    }
}

void taken(const char *text)
{
    struct command c = {0};
    enum err err = catalog_parse(&c, str_bytes(json_of(text)), A, E);
    cr_assert(err == OK, "%s\n%s", text, E->text);
    assert_ok(command_check(&c, E));
}
