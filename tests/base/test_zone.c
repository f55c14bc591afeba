/* SPDX-License-Identifier: MIT */
/* Local dates. The rows Z-1 to Z-7 are those of the cases; all others were worked out by Python's zoneinfo,
 * which also gives the second opinion on tens of thousands of random instants. */
#include <pthread.h>

#include "tests/lib/fixture.h"

static struct zones *zones;

static void begin(void)
{
    test_begin();
    zones = zones_new();
}

static void end(void)
{
    zones_free(zones);
    zones = NULL;
    test_end();
}

TestSuite(zone, .init = begin, .fini = end);

static const struct zone *zone(const char *name)
{
    const struct zone *found = NULL;
    assert_ok(zone_find(&found, zones, str_of(name), E));
    return found;
}

/* ---- which date it is ---- */

struct local_row {
    const char *zone, *instant, *date;
    int32_t second;
};

static void assert_local(const struct local_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct local_row *r = &rows[i];
        struct instant t = moment(r->instant);
        struct str date = date_text(A, zone_date(zone(r->zone), t));
        int32_t second = zone_second_of_day(zone(r->zone), t);
        cr_expect(str_is(date, r->date) && second == r->second,
                  "%s in %s: got %.*s, second %d; wanted %s, second %d", r->instant, r->zone, STR_ARG(date),
                  second, r->date, r->second);
    }
}
#define ASSERT_LOCAL(...)                                      \
    do {                                                       \
        static const struct local_row rows_[] = {__VA_ARGS__}; \
        assert_local(rows_, sizeof rows_ / sizeof rows_[0]);   \
    } while (0)

Test(zone, z_1_to_z_5_and_z_7_dates_are_those_of_the_customers_clocks)
{
    ASSERT_LOCAL({"Pacific/Samoa", "2013-08-02T06:00:00Z", "2013-08-01", 68400},    /* Z-1 */
                 {"Asia/Tokyo", "2013-08-02T18:00:00Z", "2013-08-03", 10800},       /* Z-2, Z-3 */
                 {"America/Juneau", "2015-09-01T08:01:01Z", "2015-09-01", 61},      /* Z-4 */
                 {"America/Los_Angeles", "2015-11-01T07:01:01Z", "2015-11-01", 61}, /* Z-5 */
                 {"America/Los_Angeles", "2015-12-01T08:00:00Z", "2015-12-01", 0},  /* its local 12-01 */
                 {"America/Chicago", "2022-07-01T00:30:00Z", "2022-06-30", 70200},  /* Z-7: not due */
                 {"America/Chicago", "2022-07-01T12:00:00Z", "2022-07-01", 25200}); /* due */
}

/* Trials of 30 days, as the cases count them: from the local date. */
Test(zone, z_1_and_z_2_thirty_days_from_the_local_date)
{
    struct date samoa = zone_date(zone("Pacific/Samoa"), moment("2013-08-02T06:00:00Z"));
    struct date tokyo = zone_date(zone("Asia/Tokyo"), moment("2013-08-02T18:00:00Z"));
    assert_day(date_add_days(samoa, 30), "2013-08-31");
    assert_day(date_add_days(tokyo, 30), "2013-09-02");
}

Test(zone, z_6_usage_points_of_new_york_fall_into_their_local_months)
{
    ASSERT_LOCAL({"America/New_York", "2023-03-01T09:00:00Z", "2023-03-01", 14400},
                 {"America/New_York", "2023-04-01T03:59:00Z", "2023-03-31", 86340},
                 {"America/New_York", "2023-04-01T04:00:00Z", "2023-04-01", 0},
                 {"America/New_York", "2023-04-01T04:01:00Z", "2023-04-01", 60},
                 {"America/New_York", "2023-05-01T03:59:00Z", "2023-04-30", 86340},
                 {"America/New_York", "2023-05-01T04:00:00Z", "2023-05-01", 0});
}

Test(zone, clocks_that_are_changed_at_midnight)
{
    ASSERT_LOCAL({"America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03", 86399},
                 {"America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04", 3600}, /* there is no 00:00 */
                 {"America/Sao_Paulo", "2019-02-17T01:59:59Z", "2019-02-16", 86399},
                 {"America/Sao_Paulo", "2019-02-17T02:00:00Z", "2019-02-16", 82800}, /* 23:00 again */
                 {"America/Sao_Paulo", "2019-02-17T03:00:00Z", "2019-02-17", 0},
                 {"America/Havana", "2021-03-14T05:00:00Z", "2021-03-14", 3600},
                 {"Asia/Beirut", "2019-03-30T22:00:00Z", "2019-03-31", 3600});
}

/* Newfoundland turned its clocks back at 00:01: one minute of the new day, then an hour of the old. */
Test(zone, a_date_that_comes_twice)
{
    ASSERT_LOCAL({"America/St_Johns", "2010-11-07T02:30:00Z", "2010-11-07", 0},
                 {"America/St_Johns", "2010-11-07T02:31:00Z", "2010-11-06", 82860},
                 {"America/St_Johns", "2010-11-07T03:29:59Z", "2010-11-06", 86399},
                 {"America/St_Johns", "2010-11-07T03:30:00Z", "2010-11-07", 0});
}

Test(zone, days_that_were_left_out)
{
    ASSERT_LOCAL({"Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29", 86399},
                 {"Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31", 0},
                 {"Pacific/Kiritimati", "1994-12-31T09:59:59Z", "1994-12-30", 86399},
                 {"Pacific/Kiritimati", "1994-12-31T10:00:00Z", "1995-01-01", 0},
                 {"Pacific/Kwajalein", "1993-08-21T11:59:59Z", "1993-08-20", 86399},
                 {"Pacific/Kwajalein", "1993-08-21T12:00:00Z", "1993-08-22", 0});
}

Test(zone, offsets_that_are_no_whole_hours)
{
    ASSERT_LOCAL({"Asia/Kathmandu", "2023-01-01T18:14:59Z", "2023-01-01", 86399},
                 {"Asia/Kathmandu", "2023-01-01T18:15:00Z", "2023-01-02", 0},
                 {"Pacific/Chatham", "2020-06-30T11:15:00Z", "2020-07-01", 0},
                 {"Australia/Lord_Howe", "2020-10-03T15:29:59Z", "2020-10-04", 7199},
                 {"Australia/Lord_Howe", "2020-10-03T15:30:00Z", "2020-10-04", 9000},
                 {"Africa/Monrovia", "1972-01-06T00:44:29Z", "1972-01-05", 86399}, /* 44 min 30 s behind */
                 {"Africa/Monrovia", "1972-01-06T00:44:30Z", "1972-01-06", 0},
                 {"Africa/Monrovia", "1972-01-07T00:44:30Z", "1972-01-07", 2670});
}

Test(zone, summers_of_ireland_links_offsets_and_years_to_come)
{
    ASSERT_LOCAL({"Europe/Dublin", "2020-03-29T00:59:59Z", "2020-03-29", 3599},
                 {"Europe/Dublin", "2020-03-29T01:00:00Z", "2020-03-29", 7200},
                 {"Asia/Calcutta", "2020-02-28T18:30:00Z", "2020-02-29", 0},
                 {"Etc/GMT+12", "2020-01-01T11:59:59Z", "2019-12-31", 86399},
                 {"Etc/GMT-14", "2020-01-01T10:00:00Z", "2020-01-02", 0},
                 {"America/New_York", "2099-07-01T03:59:59Z", "2099-06-30", 86399},
                 {"America/New_York", "2099-07-01T04:00:00Z", "2099-07-01", 0});
}

Test(zone, microseconds_before_a_day_belong_to_the_day_before)
{
    assert_day(zone_date(zone("Asia/Tokyo"), moment("2025-01-31T14:59:59.999999Z")), "2025-01-31");
    assert_day(zone_date(zone("Asia/Tokyo"), moment("2025-01-31T15:00:00Z")), "2025-02-01");
    assert_int(zone_second_of_day(zone("Asia/Tokyo"), moment("2025-01-31T14:59:59.999999Z")), 86399);
}

/* ---- when a day begins ---- */

Test(zone, a_day_begins_at_the_first_instant_of_its_date)
{
    static const struct {
        const char *zone, *date, *begins;
    } rows[] = {
        {"UTC", "2013-08-03", "2013-08-03T00:00:00Z"},
        {"Asia/Tokyo", "2013-08-03", "2013-08-02T15:00:00Z"},
        {"Asia/Kathmandu", "2023-01-02", "2023-01-01T18:15:00Z"},
        {"America/New_York", "2023-03-12", "2023-03-12T05:00:00Z"}, /* 23 hours long */
        {"America/New_York", "2023-03-13", "2023-03-13T04:00:00Z"},
        {"America/New_York", "2023-11-05", "2023-11-05T04:00:00Z"}, /* 25 hours long */
        {"America/New_York", "2023-11-06", "2023-11-06T05:00:00Z"},
        {"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"}, /* at 01:00 */
        {"America/Sao_Paulo", "2019-02-16", "2019-02-16T02:00:00Z"},
        {"America/Sao_Paulo", "2019-02-17", "2019-02-17T03:00:00Z"},
        {"America/Havana", "2021-03-14", "2021-03-14T05:00:00Z"},
        {"Asia/Beirut", "2019-03-31", "2019-03-30T22:00:00Z"},
        {"America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z"}, /* the first of its two beginnings */
        {"America/St_Johns", "2010-11-08", "2010-11-08T03:30:00Z"},
        {"Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z"},
        {"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"}, /* left out: it has no length */
        {"Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
        {"Pacific/Kiritimati", "1994-12-31", "1994-12-31T10:00:00Z"},
        {"Africa/Monrovia", "1972-01-07", "1972-01-07T00:44:30Z"},
        {"Africa/Monrovia", "1972-01-08", "1972-01-08T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct str begins = instant_text(A, zone_day_start(zone(rows[i].zone), day(rows[i].date)));
        cr_expect(str_is(begins, rows[i].begins), "%s in %s: got %.*s, wanted %s", rows[i].date, rows[i].zone,
                  STR_ARG(begins), rows[i].begins);
    }
}

Test(zone, every_day_begins_when_the_one_before_has_ended)
{
    static const char *const names[] = {"America/New_York", "America/Sao_Paulo", "Asia/Tehran",
                                        "Australia/Lord_Howe", "Pacific/Apia"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct zone *z = zone(names[i]);
        for (int32_t d = day("2009-01-01").days; d < day("2020-01-01").days; d++) {
            struct instant begins = zone_day_start(z, (struct date){d});
            struct date eve = zone_date(z, (struct instant){begins.us - 1});
            cr_assert(eve.days < d, "%s, day %d", names[i], d);
            cr_assert(zone_date(z, begins).days >= d, "%s, day %d", names[i], d);
        }
    }
}

/* ---- UTC ---- */

Test(zone, utc_is_no_zone_and_icu_is_not_asked)
{
    static const char *const names[] = {"", "UTC", "Etc/UTC"};
    for (size_t i = 0; i < 3; i++) {
        const struct zone *z = NULL;
        /* Without a list to look into: it would crash if it were asked. */
        assert_ok(zone_find(&z, NULL, str_of(names[i]), E));
        cr_assert_null(z);
    }
    assert_str(zone_name(NULL), "UTC");
    assert_day(zone_date(NULL, moment("2025-01-31T23:59:59.999999Z")), "2025-01-31");
    assert_int(zone_second_of_day(NULL, moment("2025-01-31T23:59:59.999999Z")), 86399);
    assert_int(zone_day_start(NULL, day("2025-02-01")).us, moment("2025-02-01T00:00:00Z").us);
}

/* ---- names ---- */

Test(zone, names_are_known_in_any_case_and_keep_ianas_spelling)
{
    static const struct {
        const char *given, *name;
    } rows[] = {
        {"Europe/Berlin", "Europe/Berlin"},
        {"europe/berlin", "Europe/Berlin"},
        {"AMERICA/ARGENTINA/BUENOS_AIRES", "America/Argentina/Buenos_Aires"},
        {"Pacific/Samoa", "Pacific/Samoa"}, /* a link stays what it was called */
        {"Asia/Calcutta", "Asia/Calcutta"},
        {"Asia/Kolkata", "Asia/Kolkata"}, /* ICU's own name for it is the one above */
        {"US/Pacific", "US/Pacific"},
        {"EST", "EST"},
        {"CET", "CET"},
        {"EST5EDT", "EST5EDT"},
        {"GMT", "GMT"},
        {"GMT0", "GMT0"},
        {"Etc/GMT+5", "Etc/GMT+5"},
        {"etc/utc", "UTC"},
        {"utc", "UTC"},
        {"Zulu", "Zulu"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_str(zone_name(zone(rows[i].given)), rows[i].name);
    }
}

/* ICU itself takes most of these: what it does not understand it counts as GMT. */
Test(zone, what_is_no_name_of_ianas_is_refused)
{
    static const char *const names[] = {"GMT+5",     "GMT+05:00",    "UTC+1",       "+01:00",
                                        "IST",       "PST",          "BST",         "CST",
                                        "JST",       "SystemV/EST5", "Etc/Unknown", "Berlin",
                                        "Europe",    "Europe/",      "/Berlin",     "Europe/Berlin ",
                                        "Mars/Base", "UTC0",         "local",       "../etc/localtime",
                                        "Asia/\xff", " UTC",         "utc\n"};
    const struct zone *z = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        enum err err = zone_find(&z, zones, str_of(names[i]), E);
        cr_expect(err == ERR_INVALID && z == NULL, "'%s' was taken", names[i]);
    }
    cr_expect(zone_find(&z, zones, STR("Europe/Berlin\0/x"), E) == ERR_INVALID);
    char longest[400];
    memset(longest, 'a', sizeof longest);
    cr_expect(zone_find(&z, zones, (struct str){longest, sizeof longest}, E) == ERR_INVALID);
    assert_err(zone_find(&z, zones, STR("GMT+5"), E), ERR_INVALID,
               "timezone 'GMT+5': not the name of an IANA time zone, as Europe/Berlin is");
}

/* ---- many at once ---- */

static void *ask_much(void *unused)
{
    (void)unused;
    for (int32_t d = day("2020-01-01").days; d < day("2026-01-01").days; d++) {
        struct instant noon = {(int64_t)d * 86400 * 1000000 + INT64_C(43200) * 1000000};
        if (zone_date(zone("America/New_York"), noon).days != d) return zones;
        if (zone_date(zone("Pacific/Auckland"), noon).days != d + 1) return zones;
    }
    return NULL;
}

Test(zone, several_threads_ask_at_once)
{
    pthread_t threads[4];
    test_arena(); /* made before they all want it */
    for (size_t i = 0; i < 4; i++) cr_assert(pthread_create(&threads[i], NULL, ask_much, NULL) == 0);
    for (size_t i = 0; i < 4; i++) {
        void *wrong = NULL;
        cr_assert(pthread_join(threads[i], &wrong) == 0);
        cr_assert_null(wrong);
    }
}

/* ---- a second opinion ---- */

struct opinion {
    bool same_data; /* both have the same version of IANA's data */
    unsigned zones, unknown, differing;
    char last[64]; /* the zone that was counted last */
    bool last_differs;
};

static void note(struct opinion *o, const char *name, bool same, const char *what)
{
    if (strcmp(o->last, name) != 0) {
        (void)snprintf(o->last, sizeof o->last, "%s", name);
        o->zones++;
        o->last_differs = false;
    }
    if (same || o->last_differs) return;
    o->last_differs = true;
    o->differing++;
    cr_expect(!o->same_data, "%s", what);
}

static void compare(struct opinion *o, const char *line)
{
    char name[64] = "", date[16] = "";
    long long us = 0;
    int second = 0;
    const struct zone *z = NULL;
    bool is_date = sscanf(line, "date %63s %lld %15s %d", name, &us, date, &second) == 4;
    if (!is_date && sscanf(line, "start %63s %15s %lld", name, date, &us) != 3) {
        cr_assert_fail("what is '%s'?", line);
    }
    if (zone_find(&z, zones, str_of(name), E) != OK) {
        o->unknown += !is_date; /* once a zone; it is younger than ICU's data */
        return;
    }
    struct instant t = {us};
    bool same = is_date ? zone_date(z, t).days == day(date).days && zone_second_of_day(z, t) == second
                        : zone_day_start(z, day(date)).us == us;
    note(o, name, same, line);
}

static FILE *ask_python(const char *version, const char *years)
{
    char command[256];
    (void)snprintf(command, sizeof command, "python3 tests/base/zones.py 26 %s 2>/dev/null", years);
    FILE *answers = popen(command, "r");
    cr_assert_not_null(answers);
    char line[256] = "", of_python[32] = "";
    if (fgets(line, sizeof line, answers) == NULL || sscanf(line, "version %31s", of_python) != 1) {
        (void)pclose(answers);
        cr_skip_test("python3 has no zoneinfo, or no data for it");
    }
    if (version == NULL || strcmp(version, of_python) == 0) return answers;
    (void)pclose(answers);
    return NULL;
}

/* With the same data not one answer may differ, up to 2100. With data of different versions, of which the
 * newer may correct the past of some places, few may, and only years are asked for that both knew. An error
 * of ours would show in hundreds of zones. */
Test(zone, python_agrees_on_random_instants_of_every_zone)
{
    struct opinion o = {0};
    const char *version = str_cstring(A, zones_data_version(A));
    FILE *answers = ask_python(version, "1970 2100");
    o.same_data = answers != NULL;
    if (answers == NULL) answers = ask_python(NULL, "2000 2021");
    char line[256];
    while (fgets(line, sizeof line, answers) != NULL) compare(&o, line);
    cr_assert(pclose(answers) == 0);
    cr_expect(o.zones >= 400, "only %u zones were compared", o.zones);
    cr_expect(o.differing <= 12 && o.unknown <= 12, "%u zones differ and %u are unknown to ICU", o.differing,
              o.unknown);
}
