/* SPDX-License-Identifier: MIT */
/* zone.c - local time by ICU. ICU is slow (microseconds) where a nightly run wants nanoseconds, so of each
 * zone the last few stretches between two changes of its clocks are kept, and nearly every answer comes from
 * them. ICU counts milliseconds in floating point; whole ones are exact there for 285,000 years, and leave it
 * as integers in the one function that asks. */
#include <pthread.h>
#include <string.h>

#include <unicode/putil.h>
#include <unicode/ucal.h>

#include "ledger/base.h"
#include "ledger/base/days.h"

enum {
    SPANS = 4,       /* an import of a year's readings needs three */
    NAME_BYTES = 64, /* IANA's names are half as long */
};

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    (86400 * US_PER_SECOND)
/* No zone was ever further from UTC. */
#define OFFSET_MAX (INT64_C(26) * 3600 * US_PER_SECOND)

/* Clocks are `offset` ahead of UTC from `from` until `to`; all in microseconds. */
struct span {
    int64_t from, to, offset;
};

struct recent {
    struct span spans[SPANS];
    size_t count, next; /* to be replaced */
};

struct zone {
    struct zones *all;
    const char *name;
    struct recent *recent;
};

struct zones {
    pthread_mutex_t lock;
    struct arena *arena;
    struct zone *known; /* in the order of their names, whatever the case */
    size_t count;       /* 0: not read yet */
    UCalendar *calendar;
    const struct zone *of_calendar; /* whose rules it has */
};

/* ---- the list ---- */

struct zones *zones_new(void)
{
    struct arena *a = arena_new();
    struct zones *z = arena_new_of(a, struct zones);
    z->arena = a;
    if (pthread_mutex_init(&z->lock, NULL) != 0) WRONG("a mutex cannot be made");
    return z;
}

void zones_free(struct zones *z)
{
    if (z == NULL) return;
    ucal_close(z->calendar); /* accepts NULL */
    (void)pthread_mutex_destroy(&z->lock);
    arena_free(z->arena);
}

static void lock(struct zones *z)
{
    if (pthread_mutex_lock(&z->lock) != 0) WRONG("the lock of the time zones is broken");
}

static void unlock(struct zones *z)
{
    if (pthread_mutex_unlock(&z->lock) != 0) WRONG("the lock of the time zones is broken");
}

/* ICU keeps some names for Java's sake. Each means one of the places that use it: its IST is India's time,
 * never Ireland's or Israel's. */
static bool is_of_icu_only(const char *name)
{
    static const char *const abbreviations[] = {"ACT", "AET", "AGT", "ART", "AST", "BET", "BST", "CAT", "CNT",
                                                "CST", "CTT", "EAT", "ECT", "IET", "IST", "JST", "MIT", "NET",
                                                "NST", "PLT", "PNT", "PRT", "PST", "SST", "VST"};
    for (size_t i = 0; i < sizeof abbreviations / sizeof abbreviations[0]; i++) {
        if (strcmp(name, abbreviations[i]) == 0) return true;
    }
    return strncmp(name, "SystemV/", 8) == 0 || strcmp(name, "Etc/Unknown") == 0;
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Without regard to case, and to what the process may have for a locale. */
static int compare_names(const void *a, const void *b)
{
    const char *x = ((const struct zone *)a)->name, *y = ((const struct zone *)b)->name;
    for (; *x != '\0' && lower(*x) == lower(*y); x++) y++;
    return lower(*x) - lower(*y);
}

static enum err check(UErrorCode code, struct error *e)
{
    if (U_SUCCESS(code)) return OK;
    return fail(e, ERR_INCOMPLETE, "the time zones of ICU cannot be read: %s", u_errorName(code));
}

static void take_names(struct zones *z, UEnumeration *names, int32_t count, UErrorCode *code)
{
    struct zone *known = arena_array_of(z->arena, struct zone, (size_t)count);
    size_t taken = 0;
    for (int32_t i = 0; i < count && U_SUCCESS(*code); i++) {
        int32_t len = 0;
        const char *name = uenum_next(names, &len, code);
        if (name == NULL || len >= NAME_BYTES || is_of_icu_only(name)) continue;
        known[taken++] = (struct zone){.all = z,
                                       .name = str_cstring(z->arena, str_of(name)),
                                       .recent = arena_new_of(z->arena, struct recent)};
    }
    if (U_FAILURE(*code)) return;
    qsort(known, taken, sizeof *known, compare_names);
    z->known = known;
    z->count = taken;
}

static enum err read_list(struct zones *z, struct error *e)
{
    UErrorCode code = U_ZERO_ERROR;
    if (z->count > 0) return OK;
    if (z->calendar == NULL) z->calendar = ucal_open(NULL, 0, "", UCAL_GREGORIAN, &code);
    UEnumeration *names = ucal_openTimeZoneIDEnumeration(UCAL_ZONE_TYPE_ANY, NULL, NULL, &code);
    int32_t count = uenum_count(names, &code);
    if (U_SUCCESS(code)) take_names(z, names, count, &code);
    uenum_close(names); /* accepts NULL */
    return check(code, e);
}

static const struct zone *find(const struct zones *z, struct str name)
{
    char text[NAME_BYTES] = "";
    struct zone wanted = {.name = text};
    if (name.len >= sizeof text || memchr(name.ptr, '\0', name.len) != NULL) return NULL;
    bytes_put(text, str_bytes(name));
    return bsearch(&wanted, z->known, z->count, sizeof wanted, compare_names);
}

static bool is_utc(struct str name)
{
    static const struct zone utc = {.name = "UTC"}, etc_utc = {.name = "Etc/UTC"};
    char text[sizeof "Etc/UTC"] = "";
    if (name.len == 0) return true;
    if (name.len != 3 && name.len != 7) return false;
    bytes_put(text, str_bytes(name));
    const struct zone given = {.name = text};
    return compare_names(&given, &utc) == 0 || compare_names(&given, &etc_utc) == 0;
}

enum err zone_find(const struct zone **out, struct zones *z, struct str name, struct error *e)
{
    *out = NULL;
    if (is_utc(name)) return OK;
    lock(z);
    enum err err = read_list(z, e);
    unlock(z);
    if (err != OK) return err;
    *out = find(z, name);
    if (*out != NULL) return OK;
    struct str quoted = text_quotable(name);
    return fail(e, ERR_INVALID, "timezone '%.*s': not the name of an IANA time zone, as Europe/Berlin is",
                STR_ARG(quoted));
}

struct str zone_name(const struct zone *zone)
{
    return zone == NULL ? STR("UTC") : str_of(zone->name);
}

struct str zones_data_version(struct arena *a)
{
    UErrorCode code = U_ZERO_ERROR;
    const char *version = ucal_getTZDataVersion(&code);
    return U_SUCCESS(code) ? str_copy(a, str_of(version)) : STR("");
}

/* ---- spans ---- */

static void turn_calendar_to(struct zones *z, const struct zone *zone, UErrorCode *code)
{
    UChar name[NAME_BYTES];
    int32_t len = (int32_t)strlen(zone->name);
    if (z->of_calendar == zone) return;
    u_charsToUChars(zone->name, name, len);
    ucal_setTimeZone(z->calendar, name, len, code);
    z->of_calendar = zone;
}

static int64_t change_of_clocks(const UCalendar *c, UTimeZoneTransitionType which, int64_t otherwise,
                                UErrorCode *code)
{
    UDate at = 0;
    bool found = ucal_getTimeZoneTransitionDate(c, which, &at, code);
    return found ? (int64_t)at * 1000 : otherwise;
}

/* Once the list was read, none of this fails for want of data. */
static struct span ask_icu(const struct zone *zone, int64_t us)
{
    struct zones *z = zone->all;
    UErrorCode code = U_ZERO_ERROR;
    int64_t ms = us / 1000 - (us % 1000 < 0);
    turn_calendar_to(z, zone, &code);
    ucal_setMillis(z->calendar, (UDate)ms, &code);
    int64_t offset = ucal_get(z->calendar, UCAL_ZONE_OFFSET, &code);
    offset += ucal_get(z->calendar, UCAL_DST_OFFSET, &code);
    struct span s = {
        .from = change_of_clocks(z->calendar, UCAL_TZ_TRANSITION_PREVIOUS_INCLUSIVE, INT64_MIN, &code),
        .to = change_of_clocks(z->calendar, UCAL_TZ_TRANSITION_NEXT, INT64_MAX, &code),
        .offset = offset * 1000,
    };
    if (U_FAILURE(code)) WRONG("ICU does not tell the time of a zone that it knows");
    assert(s.from <= us && us < s.to);
    assert(-OFFSET_MAX < s.offset && s.offset < OFFSET_MAX);
    return s;
}

static struct span span_locked(const struct zone *zone, int64_t us)
{
    struct recent *r = zone->recent;
    for (size_t i = 0; i < r->count; i++) {
        if (r->spans[i].from <= us && us < r->spans[i].to) return r->spans[i];
    }
    struct span s = ask_icu(zone, us);
    r->spans[r->next] = s;
    r->next = (r->next + 1) % SPANS;
    if (r->count < SPANS) r->count++;
    return s;
}

static struct span span_at(const struct zone *zone, int64_t us)
{
    lock(zone->all);
    struct span s = span_locked(zone, us);
    unlock(zone->all);
    return s;
}

/* ---- local time ---- */

/* What the clocks show, as the instant at which UTC's show it. */
static struct instant shown(const struct zone *zone, struct instant t)
{
    if (zone != NULL) t.us += span_at(zone, t.us).offset;
    return t;
}

struct date zone_date(const struct zone *zone, struct instant t)
{
    return instant_date(shown(zone, t));
}

int32_t zone_second_of_day(const struct zone *zone, struct instant t)
{
    struct instant local = shown(zone, t);
    return (int32_t)((local.us - date_start(instant_date(local)).us) / US_PER_SECOND);
}

struct instant zone_day_start(const struct zone *zone, struct date d)
{
    int64_t midnight = date_start(d).us;
    if (zone == NULL) return (struct instant){midnight};
    /* Within a span the day begins where its midnight is, or with the span when that is past already; the
     * first span in which either happens has it. */
    for (int64_t at = midnight - OFFSET_MAX;;) {
        struct span s = span_at(zone, at);
        int64_t begins = midnight - s.offset;
        if (begins < s.from) begins = s.from;
        if (begins < s.to) return (struct instant){begins};
        at = s.to;
    }
}
