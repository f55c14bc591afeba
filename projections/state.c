/* SPDX-License-Identifier: MIT */
/* state.c - what the ledger is given: the list of projections, made of projections.def, and the gathering of
 * facts. Also the words and numbers of public ids. */
#include "projections/state.h"
#include "projections/fold.h"

enum {
#define PROJECTION(name, version) PLACE_OF_##name,
#include "projections/projections.def"
#undef PROJECTION
    PROJECTION_COUNT
};

static const struct projection all[PROJECTION_COUNT] = {
#define PROJECTION(name, version) {#name, version, fold_##name},
#include "projections/projections.def"
#undef PROJECTION
};

static const struct projection *const list[PROJECTION_COUNT + 1] = {
#define PROJECTION(name, version) &all[PLACE_OF_##name],
#include "projections/projections.def"
#undef PROJECTION
    NULL,
};

const struct ledger_state daybook_state = {
    .projections = list,
    .gather = gather,
    .find_key = find_key,
    .keep_key = keep_key,
    .key_generation = key_generation,
    .gateway_request = gateway_request,
};

struct str public_id(struct arena *a, const char *word, uint64_t number)
{
    return str_format(a, "%s_%ju", word, (uintmax_t)number);
}

enum err public_id_parse(uint64_t *out, const char *word, struct str text, struct error *e)
{
    size_t len = strlen(word);
    if (str_starts(text, word) && text.len > len + 1 && text.ptr[len] == '_' && text.ptr[len + 1] != '0') {
        struct str digits = {text.ptr + len + 1, text.len - len - 1};
        struct error unused;
        if (uint_parse(out, digits, &unused) == OK) return OK;
    }
    struct str shown = text_quotable(text);
    return fail(e, ERR_INVALID, "'%.*s' is not an id like %s_12", STR_ARG(shown), word);
}
