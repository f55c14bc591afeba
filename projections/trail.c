/* SPDX-License-Identifier: MIT */
/* trail.c - what is to be said of a record where all that was done is told: whom and what it was about, what
 * came of it. Read from the record itself, so that it never rests on state. */
#include "projections/projections.h"

uint64_t trail_customer(const struct envelope *v)
{
    for (size_t i = 0; i < v->events_count; i++) {
        uint64_t customer = event_customer(&v->events[i]);
        if (customer != 0) return customer;
    }
    const struct usage_recorded *u = &v->events[0].usage_recorded;
    if (v->events[0].type != EVENT_USAGE_RECORDED || u->readings_count == 0) return 0;
    for (size_t i = 1; i < u->readings_count; i++) {
        if (u->readings[i].customer != u->readings[0].customer) return 0;
    }
    return u->readings[0].customer;
}

const char *trail_result(const struct envelope *v, struct arena *a)
{
    const char *result = "done";
    for (size_t i = 0; i < v->events_count; i++) {
        switch ((int)v->events[i].type) {
        case EVENT_ACCESS_NOTED: return str_cstring(a, v->events[i].access_noted.result);
        case EVENT_PAYMENT_FAILED:
        case EVENT_REFUND_FAILED:
        case EVENT_REFUND_RETURNED: return "declined";
        case EVENT_PAYMENT_REQUESTED:
        case EVENT_REFUND_REQUESTED: result = "requested"; break;
        default: break;
        }
    }
    return result;
}

struct str trail_action(const struct envelope *v)
{
    const struct event *ev = &v->events[0];
    return ev->type == EVENT_ACCESS_NOTED ? ev->access_noted.action : v->command;
}

struct str trail_sentence(const struct event *ev, struct arena *a)
{
    struct str said = event_sentence(a, ev);
    if (ev->type != EVENT_ACCESS_NOTED) return said;
    const struct access_noted *v = &ev->access_noted;
    if (v->detail.len > 0) said = str_format(a, "%.*s (%.*s)", STR_ARG(said), STR_ARG(v->detail));
    return v->times < 2 ? said : str_format(a, "%.*s, %ju times", STR_ARG(said), (uintmax_t)v->times);
}

/* ---- what an event is about ---- */

/* By the noun of its name: which field says which one, and with what word in front others know its number. Of
 * several the first that is given. */
static const struct about {
    const char *noun, *type, *field, *word;
} abouts[] = {
    {"access", "command", "action", NULL},
    {"actor", "actor", "name", NULL},
    {"alert", "alert", "alert", ""},
    {"catalog", "catalog", "version", ""},
    {"commitment", "subscription", "subscription", "sub"},
    {"coupon", "coupon_redemption", "redemption", ""},
    {"customer", "customer", "customer", "cus"},
    {"dispute", "dispute", "dispute", ""},
    {"draft", "draft", "draft", "draft"},
    {"dunning", "dunning_campaign", "campaign", ""},
    {"invoice", "document", "number", NULL},
    {"invoice", "draft", "draft", "draft"},
    {"item", "item", "item", "item"},
    {"object", "imported_object", "reference", NULL},
    {"payment", "payment", "payment", "txn"},
    {"payment", "payment", "transaction", "txn"},
    {"payment_method", "payment_method", "method", ""},
    {"period", "period", "through", NULL},
    {"quota_alert", "alert", "alert", ""},
    {"refund", "refund", "refund", "txn"},
    {"reminder", "reminder", "reminder", ""},
    {"rerating", "rerating", "rerating", "rerating"},
    {"run", "run", "run", "run"},
    {"seller", "seller", "version", ""},
    {"subscription", "subscription", "subscription", "sub"},
    {"token", "token", "token", "tok"},
    {"transaction", "payment", "transaction", "txn"},
    {"usage", "subscription", "subscription", "sub"},
    {"usage_alert", "alert", "alert", ""},
    {"wallet", "wallet_grant", "grant", ""},
    {"wallet_alert", "alert", "alert", ""},
    {"webhook", "webhook", "webhook", ""},
};

static struct str about_id(const struct about *about, const struct event *ev, struct arena *a)
{
    uint64_t number = event_number(ev, about->field);
    const struct field *f = schema_field(event_kind(ev->type)->schema, str_of(about->field));
    if (f == NULL) return STR_NONE;
    if (about->word == NULL) return field_text(a, f, event_body(ev));
    if (number == 0) return STR_NONE;
    return about->word[0] != '\0' ? public_id(a, about->word, number)
                                  : str_format(a, "%ju", (uintmax_t)number);
}

struct trail_entity trail_entity(const struct event *ev, struct arena *a)
{
    const char *wire = event_kind(ev->type)->wire;
    struct str noun = {wire, (size_t)(strchr(wire, '.') - wire)};
    for (size_t i = 0; i < sizeof abouts / sizeof *abouts; i++) {
        if (!str_is(noun, abouts[i].noun)) continue;
        struct str id = about_id(&abouts[i], ev, a);
        if (id.len > 0) return (struct trail_entity){abouts[i].type, id};
    }
    return (struct trail_entity){"", STR_NONE};
}

/* ---- when it counts ---- */

/* The days that events name by which they count, the first that one has. */
struct date trail_effective(const struct event *ev, struct instant recorded)
{
    static const char *const names[] = {"on", "issue_date", "start", "through", "at", "as_of"};
    const struct schema *s = event_kind(ev->type)->schema;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct field *f = schema_field(s, str_of(names[i]));
        struct date day = {0};
        struct instant at = {0};
        if (f == NULL) continue;
        const char *place = (const char *)event_body(ev) + f->offset;
        if (f->kind == KIND_DATE) memcpy(&day, place, sizeof day);
        if (f->kind == KIND_INSTANT) memcpy(&at, place, sizeof at);
        if (instant_is_given(at)) day = instant_date(at);
        if (date_is_given(day)) return day;
    }
    return instant_date(recorded);
}
