/* SPDX-License-Identifier: MIT */
/* number_census.c - see number_census.h. Of a sound series only its last serial is remembered; ranges are
 * kept where something is wrong. */
#include "reports/number_census.h"

/* ---- lists of serials ---- */

static void serials_add(struct serial_list *l, uint64_t first, uint64_t last, struct arena *a)
{
    l->items = arena_grow(a, l->items, l->count, &l->capacity, sizeof *l->items);
    l->items[l->count++] = (struct serial_range){first, last};
}

/* Takes a serial out; false when it was not there. */
static bool serials_take(struct serial_list *l, uint64_t serial, struct arena *a)
{
    struct serial_list left = {0};
    bool taken = false;
    for (size_t i = 0; i < l->count; i++) {
        struct serial_range r = l->items[i];
        if (serial < r.first || serial > r.last) {
            serials_add(&left, r.first, r.last, a);
            continue;
        }
        taken = true;
        if (r.first < serial) serials_add(&left, r.first, serial - 1, a);
        if (serial < r.last) serials_add(&left, serial + 1, r.last, a);
    }
    if (taken) *l = left;
    return taken;
}

uint64_t serials_counted(const struct serial_list *l)
{
    uint64_t count = 0;
    for (size_t i = 0; i < l->count; i++) count += l->items[i].last - l->items[i].first + 1;
    return count;
}

struct str serials_text(const struct serial_list *l, struct arena *a)
{
    struct buffer out = {.arena = a};
    for (size_t i = 0; i < l->count; i++) {
        const struct serial_range *r = &l->items[i];
        buffer_print(&out, "%s%ju", i > 0 ? "; " : "", (uintmax_t)r->first);
        if (r->last > r->first) buffer_print(&out, "-%ju", (uintmax_t)r->last);
    }
    return (struct str){(const char *)out.ptr, out.len};
}

/* ---- documents ---- */

static struct numbered_series *series_of(struct number_census *c, struct str name)
{
    for (size_t i = 0; i < c->count; i++) {
        if (str_equal(c->items[i].series, name)) return &c->items[i];
    }
    return NULL;
}

static struct numbered_series *begun(struct number_census *c, const struct invoice_finalized *v)
{
    c->items = arena_grow(c->arena, c->items, c->count, &c->capacity, sizeof *c->items);
    struct numbered_series *s = &c->items[c->count++];
    *s = (struct numbered_series){.series = str_copy(c->arena, v->series),
                                  .kind = v->kind,
                                  .first = v->serial,
                                  .last = c->from_one || v->serial == 0 ? 0 : v->serial - 1,
                                  .first_day = v->issue_date,
                                  .last_day = v->issue_date};
    if (c->from_one) s->first = 1;
    return s;
}

static void count_serial(struct numbered_series *s, uint64_t serial, struct arena *a)
{
    if (serial > s->last) {
        if (serial > s->last + 1) serials_add(&s->missing, s->last + 1, serial - 1, a);
        s->last = serial;
        return;
    }
    if (!serials_take(&s->missing, serial, a)) serials_add(&s->twice, serial, serial, a);
}

/* Its series and its serial of six digits at least. */
static bool is_well_named(const struct invoice_finalized *v)
{
    char serial[32];
    int len = snprintf(serial, sizeof serial, "-%06ju", (uintmax_t)v->serial);
    struct str end = {serial, (size_t)len}, series = v->series, number = v->number;
    return number.len == series.len + end.len && memcmp(number.ptr, series.ptr, series.len) == 0 &&
           memcmp(number.ptr + series.len, end.ptr, end.len) == 0;
}

void census_document(struct number_census *c, const struct invoice_finalized *v)
{
    struct numbered_series *s = series_of(c, v->series);
    if (s == NULL) s = begun(c, v);
    if (!is_well_named(v)) s->misnamed++;
    count_serial(s, v->serial, c->arena);
    s->documents++;
    if (date_compare(v->issue_date, s->first_day) < 0) s->first_day = v->issue_date;
    if (date_compare(v->issue_date, s->last_day) > 0) s->last_day = v->issue_date;
}

void census_void(struct number_census *c, const struct invoice_voided *v)
{
    size_t hyphen = v->number.len;
    struct error unused;
    uint64_t serial = 0;
    while (hyphen > 0 && v->number.ptr[hyphen - 1] != '-') hyphen--;
    if (hyphen == 0) return;
    struct numbered_series *s = series_of(c, (struct str){v->number.ptr, hyphen - 1});
    struct str digits = {v->number.ptr + hyphen, v->number.len - hyphen};
    bool counted =
        s != NULL && uint_parse(&serial, digits, &unused) == OK && serial >= s->first && serial <= s->last;
    if (counted) serials_add(&s->voided, serial, serial, c->arena);
}
