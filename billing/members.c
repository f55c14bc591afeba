/* SPDX-License-Identifier: MIT */
/* json.c - values of the ledger as members of a JSON object. It must never let an amount pass through a
 * floating-point number. */
#include "billing/answers.h"

/* jansson gives NULL when memory is out, or for a text that is not UTF-8, which no record holds. */
static json_t *must(json_t *made)
{
    if (made == NULL) WRONG("jansson cannot make a value");
    return made;
}

json_t *object_new(void)
{
    return must(json_object());
}

json_t *rows_new(void)
{
    return must(json_array());
}

void member_put(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, must(value)) != 0) WRONG("jansson cannot add a member");
}

void rows_add(json_t *list, json_t *value)
{
    if (json_array_append_new(list, must(value)) != 0) WRONG("jansson cannot add an item");
}

void member_text(json_t *object, const char *name, struct str text)
{
    member_put(object, name, json_stringn(text.ptr == NULL ? "" : text.ptr, text.len));
}

void member_text_or_null(json_t *object, const char *name, struct str text)
{
    if (text.len == 0)
        member_put(object, name, json_null());
    else
        member_text(object, name, text);
}

void member_count(json_t *object, const char *name, uint64_t count)
{
    assert(count <= INT64_MAX); /* nothing gets there by counting */
    member_put(object, name, json_integer((json_int_t)count));
}

void member_flag(json_t *object, const char *name, bool flag)
{
    member_put(object, name, json_boolean(flag));
}

/* Texts of numbers and dates are short: they are made in an arena of the moment. */
static void put_made(json_t *object, const char *name, struct str text, struct arena *a)
{
    member_text_or_null(object, name, text);
    arena_free(a);
}

void member_money(json_t *object, const char *name, struct money m)
{
    struct arena *a = arena_new();
    put_made(object, name, money_is_given(m) ? money_text(a, m) : STR_NONE, a);
}

void member_decimal(json_t *object, const char *name, struct decimal d)
{
    struct arena *a = arena_new();
    put_made(object, name, decimal_text(a, d), a);
}

void member_date(json_t *object, const char *name, struct date d)
{
    struct arena *a = arena_new();
    put_made(object, name, date_text(a, d), a);
}

void member_instant(json_t *object, const char *name, struct instant t)
{
    struct arena *a = arena_new();
    put_made(object, name, instant_is_given(t) ? instant_text(a, t) : STR_NONE, a);
}

void member_hash(json_t *object, const char *name, const struct hash *h)
{
    struct arena *a = arena_new();
    put_made(object, name, hex_text(a, h->bytes, sizeof h->bytes), a);
}

void member_interval(json_t *object, enum interval_unit unit, uint64_t count)
{
    struct interval_name every = interval_name((struct interval){unit, count == 0 ? 1 : (uint32_t)count});
    member_text(object, "interval", str_of(every.word));
    member_count(object, "interval_count", every.count);
}

void member_id(json_t *object, const char *name, const char *word, uint64_t number)
{
    struct arena *a = arena_new();
    put_made(object, name, number == 0 ? STR_NONE : public_id(a, word, number), a);
}

/* ---- names of customers ---- */

struct names names_of(struct views_txn *t, struct arena *a)
{
    return (struct names){.txn = t, .arena = a};
}

static void remember(struct names *n, uint64_t customer)
{
    struct error unused;
    struct customer c = {0};
    if (customer == n->customer) return;
    n->customer = customer;
    n->len = n->timezone_len = 0;
    if (load_customer(&c, n->txn, customer, n->arena, &unused) != OK) return;
    if (c.user.len > sizeof n->user || c.timezone.len > sizeof n->timezone) return;
    bytes_put(n->user, str_bytes(c.user));
    bytes_put(n->timezone, str_bytes(c.timezone));
    n->len = c.user.len;
    n->timezone_len = c.timezone.len;
}

void member_user(json_t *object, struct names *n, uint64_t customer)
{
    if (customer != 0) remember(n, customer);
    member_text_or_null(object, "user_id", customer == 0 ? STR_NONE : (struct str){n->user, n->len});
}

struct str timezone_of(struct names *n, uint64_t customer)
{
    remember(n, customer);
    return (struct str){n->timezone, n->timezone_len};
}
