/* SPDX-License-Identifier: MIT */
/* stripe_list.h - importers' own: what Stripe holds, object by object. Lists come by pages, the newest object
 * first; an object that is made meanwhile stands before the first page and is not told. */
#ifndef DAYBOOK_IMPORTERS_STRIPE_LIST_H
#define DAYBOOK_IMPORTERS_STRIPE_LIST_H

#include <jansson.h>

#include "importers/stripe.h"

enum { STRIPE_PAGE = 100 }; /* objects, the most that Stripe gives at once */

/* The objects live until it returns, as the arena does: each page has its own. */
typedef enum err stripe_page_fn(void *context, json_t *const *objects, size_t count, struct arena *a,
                                struct error *e);
struct stripe_list {
    const char *path;      /* "/v1/balance_transactions" */
    struct str parameters; /* of the form, without limit and starting_after; "": none */
    bool (*stops)(void *); /* is asked before each page; NULL: never */
    void *stops_context;
    stripe_page_fn *page; /* told of every page that holds something */
    void *context;
};
/* ERR_INCOMPLETE: Stripe does not answer, does not accept the key, or it was told to stop; pages that came
 * before were told. ERR_INVALID: Stripe does not know such a list. */
enum err stripe_list_read(struct stripe *s, const struct stripe_list *l, struct error *e) MUST_USE;

/* Many at once, each asked for once: as many in flight, and as fast, as payments are asked for. Of what was
 * not answered well out[i] is NULL: ask for it alone, which tries again and says why. The caller's
 * (json_decref). */
enum err stripe_objects_read(json_t **out, struct stripe *s, const struct str *paths, size_t count,
                             struct arena *a, struct error *e) MUST_USE;

/* One object: *out is the caller's (json_decref); NULL when there is none. */
enum err stripe_object_read(json_t **out, struct stripe *s, struct str path, struct arena *a,
                            struct error *e) MUST_USE;

#endif
