/* SPDX-License-Identifier: MIT */
/* The clock and the dice. */
#include "tests/lib/fixture.h"

TestSuite(world, .init = test_begin, .fini = test_end);

Test(world, a_frozen_clock_stands_still_until_it_is_set)
{
    struct frozen_clock clock = {moment("2025-01-31T12:00:00Z")};
    struct world w = world_frozen(&clock);
    cr_assert(w.now(w.self).us == clock.now.us && w.now(w.self).us == clock.now.us);
    clock.now = moment("2025-02-01");
    cr_assert(w.now(w.self).us == moment("2025-02-01").us);
}

Test(world, the_real_clock_is_past_the_day_this_was_written_and_does_not_count_back)
{
    struct world w = world_real();
    cr_assert(w.now(w.self).us > moment("2025-01-01").us);
    uint64_t before = world_monotonic_ns();
    cr_assert(world_monotonic_ns() >= before);
}

Test(world, real_bytes_differ_each_time)
{
    struct frozen_clock clock = {0};
    struct world worlds[] = {world_real(), world_frozen(&clock)};
    for (size_t i = 0; i < 2; i++) {
        uint8_t a[32] = {0}, b[32] = {0}, none[32] = {0};
        worlds[i].random(worlds[i].self, a, sizeof(a));
        worlds[i].random(worlds[i].self, b, sizeof(b));
        cr_assert(memcmp(a, b, sizeof(a)) != 0 && memcmp(a, none, sizeof(a)) != 0);
        worlds[i].random(worlds[i].self, a, 0);
    }
}

Test(world, a_seed_repeats_its_bytes_and_a_neighbour_gives_others)
{
    struct simulated_world a = {.now = moment("2025-01-31"), .state = 4711}, b = a, c = {.state = 4712};
    struct world wa = world_simulated(&a), wb = world_simulated(&b), wc = world_simulated(&c);
    uint8_t bytes_a[100] = {0}, bytes_b[100] = {0}, bytes_c[100] = {0};
    for (size_t len = 0; len <= sizeof(bytes_a); len++) {
        wa.random(wa.self, bytes_a, len);
        wb.random(wb.self, bytes_b, len);
        wc.random(wc.self, bytes_c, len);
        cr_assert(memcmp(bytes_a, bytes_b, len) == 0);
        if (len >= 8) cr_assert(memcmp(bytes_a, bytes_c, len) != 0);
    }
    cr_assert(wa.now(wa.self).us == moment("2025-01-31").us);
    a.now = moment("2025-02-01");
    cr_assert(wa.now(wa.self).us == moment("2025-02-01").us);
}

Test(world, simulated_bytes_are_those_of_splitmix64)
{
    /* The first numbers from seed 1234567 as published with Vigna's reference implementation. */
    static const uint64_t published[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                         4593380528125082431u, 16408922859458223821u};
    struct dice dice = dice_of(1234567);
    for (size_t i = 0; i < 5; i++) cr_assert(dice_next(&dice) == published[i], "number %zu", i);
}

Test(world, simulated_bytes_are_evenly_spread)
{
    struct simulated_world sim = {.state = 0};
    struct world w = world_simulated(&sim);
    static uint8_t bytes[256 * 1000];
    size_t counts[256] = {0};
    w.random(w.self, bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) counts[bytes[i]]++;
    for (size_t i = 0; i < 256; i++)
        cr_assert(counts[i] > 840 && counts[i] < 1160, "byte %zu: %zu", i, counts[i]);
}
