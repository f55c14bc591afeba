/* SPDX-License-Identifier: MIT */
/* The versions of the catalog: which of them is in force on a day. */
#include "tests/projections/stage.h"

TestSuite(catalog, .init = test_begin, .fini = test_end);

struct load {
    const char *at, *from; /* "": without a first day */
};

static void load(struct stage *s, uint64_t version, struct load l)
{
    struct product products[] = {{.code = STR("pro"), .rank = version}};
    struct catalog_loaded v = {.version = version, .products = products, .products_count = 1};
    if (l.from[0] != '\0') v.from = day(l.from);
    struct event ev = {.type = EVENT_CATALOG_LOADED, .catalog_loaded = v};
    happen(s, l.at, ev);
}

Test(catalog, the_last_version_to_begin_is_in_force)
{
    static const struct {
        const char *says;
        struct load loads[4];
        struct {
            const char *on;
            uint64_t version;
        } in_force[5];
    } cases[] = {
        {"versions without a first day rule at once, the newer instead of the older",
         {{"2025-01-10T00:00:00Z", ""}, {"2025-02-10T00:00:00Z", ""}},
         {{"2025-02-10", 2}, {"2030-01-01", 2}}},
        {"and nothing ruled before the first one but itself",
         {{"2025-01-10T00:00:00Z", ""}},
         {{"2024-01-01", 1}, {"2025-01-10", 1}}},
        {"a version with a day to come waits for it",
         {{"2025-01-10T00:00:00Z", ""}, {"2025-02-10T00:00:00Z", "2025-06-01"}},
         {{"2025-02-10", 1}, {"2025-05-31", 1}, {"2025-06-01", 2}, {"2026-01-01", 2}}},
        {"a correction of today does not take back what was announced",
         {{"2025-01-10T00:00:00Z", ""}, {"2025-02-10T00:00:00Z", "2025-06-01"}, {"2025-03-01T00:00:00Z", ""}},
         {{"2025-03-01", 3}, {"2025-05-31", 3}, {"2025-06-01", 2}}},
        {"of two for the same day the newer one rules",
         {{"2025-01-10T00:00:00Z", ""},
          {"2025-02-10T00:00:00Z", "2025-06-01"},
          {"2025-03-01T00:00:00Z", "2025-06-01"}},
         {{"2025-05-31", 1}, {"2025-06-01", 3}}},
        {"a first day in the past is as good as none, for what is decided from now on",
         {{"2025-01-10T00:00:00Z", ""},
          {"2025-02-10T00:00:00Z", "2025-03-01"},
          {"2025-04-01T00:00:00Z", "2025-01-01"}},
         {{"2024-12-31", 1}, {"2025-04-01", 3}}},
        {"later days may be announced in any order",
         {{"2025-01-01T00:00:00Z", "2025-01-01"},
          {"2025-01-02T00:00:00Z", "2025-09-01"},
          {"2025-01-03T00:00:00Z", "2025-05-01"}},
         {{"2024-12-31", 0}, {"2025-04-30", 1}, {"2025-08-31", 3}, {"2025-09-01", 2}}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct stage s = stage_open(str_cstring(A, str_format(A, "d%zu", i)));
        for (uint64_t v = 0; v < 4 && cases[i].loads[v].at != NULL; v++) load(&s, v + 1, cases[i].loads[v]);
        for (size_t k = 0; k < 5 && cases[i].in_force[k].on != NULL; k++) {
            uint64_t version = 99;
            const char *on = cases[i].in_force[k].on;
            assert_ok(catalog_in_force(&version, s.t, day(on), 0, A, E));
            cr_assert(version == cases[i].in_force[k].version, "%s: version %ju on %s", cases[i].says,
                      (uintmax_t)version, on);
        }
        stage_close(&s);
    }
}

Test(catalog, what_was_in_force_on_a_day_is_told_as_it_was_known_then)
{
    static const struct {
        const char *on;
        uint64_t version; /* 0: none */
    } cases[] = {{"2025-01-09", 0}, {"2025-01-10", 1}, {"2025-03-31", 1},
                 {"2025-04-01", 3}, {"2025-05-31", 3}, {"2025-06-01", 2}};
    struct stage s = stage_open("d");
    load(&s, 1, (struct load){"2025-01-10T09:00:00Z", ""});
    load(&s, 2, (struct load){"2025-02-10T09:00:00Z", "2025-06-01"});
    load(&s, 3, (struct load){"2025-04-01T09:00:00Z", "2025-01-01"}); /* came after its first day */
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct catalog c = {0};
        enum err err = load_catalog_on(&c, s.t, day(cases[i].on), A, E);
        cr_assert(err == (cases[i].version == 0 ? ERR_NOT_FOUND : OK), "%s: %s", cases[i].on, E->text);
        cr_assert(c.version == cases[i].version, "%s: version %ju", cases[i].on, (uintmax_t)c.version);
    }
    stage_close(&s);
}

Test(catalog, an_earlier_state_does_not_know_later_versions)
{
    uint64_t version = 0;
    struct stage s = stage_open("d");
    load(&s, 1, (struct load){"2025-01-10T00:00:00Z", ""});
    load(&s, 2, (struct load){"2025-02-10T00:00:00Z", ""});
    assert_ok(catalog_in_force(&version, s.t, day("2025-03-01"), 1, A, E));
    assert_int(version, 1);
    stage_close(&s);
}
