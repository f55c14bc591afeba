/* SPDX-License-Identifier: MIT */
/* Memory by lifetime, and buffers that grow. */
#include <signal.h>

#include "tests/lib/fixture.h"

TestSuite(arena, .init = test_begin, .fini = test_end);
TestSuite(buffer, .init = test_begin, .fini = test_end);

Test(arena, what_is_taken_is_zeroed_and_aligned)
{
    for (size_t size = 1; size < 300; size++) {
        uint8_t *memory = arena_take(A, size, 3);
        cr_assert((uintptr_t)memory % _Alignof(max_align_t) == 0);
        for (size_t i = 0; i < 3 * size; i++) cr_assert(memory[i] == 0);
        memset(memory, 0xff, 3 * size);
    }
}

Test(arena, no_two_takes_overlap)
{
    enum { TAKES = 2000 };
    static uint8_t *at[TAKES];
    static size_t size[TAKES];
    struct dice dice = dice_of(1);
    for (size_t i = 0; i < TAKES; i++) {
        size[i] = (size_t)dice_between(&dice, 1, dice_chance(&dice, 2) ? 100000 : 200);
        at[i] = arena_take_raw(A, size[i]);
        memset(at[i], (int)(i & 0xff), size[i]);
    }
    for (size_t i = 0; i < TAKES; i++) {
        for (size_t j = 0; j < size[i]; j++) cr_assert(at[i][j] == (i & 0xff), "take %zu was overwritten", i);
    }
}

Test(arena, nothing_at_all_is_a_valid_pointer_of_its_own)
{
    void *first = arena_take(A, 0, 8), *second = arena_take(A, 8, 0), *third = arena_take_raw(A, 0);
    cr_assert(first != second && second != third && first != third);
}

Test(arena, a_reset_arena_gives_zeroed_memory_again)
{
    memset(arena_take(A, 1000, 1), 0xff, 1000);
    cr_assert(arena_used(A) >= 1000);
    arena_reset(A);
    assert_int(arena_used(A), 0);
    uint8_t *again = arena_take(A, 1000, 1);
    for (size_t i = 0; i < 1000; i++) cr_assert(again[i] == 0);
}

Test(arena, a_reset_keeps_the_largest_block)
{
    uint8_t *large = arena_take_raw(A, 10 << 20);
    (void)arena_take_raw(A, 100);
    arena_reset(A);
    cr_assert(arena_take_raw(A, 10 << 20) == (void *)large, "the block of ten megabytes was not kept");
    arena_reset(A);
    arena_reset(A);
    cr_assert(arena_take_raw(A, 5 << 20) == (void *)large);
}

Test(arena, an_empty_arena_can_be_reset_and_freed)
{
    struct arena *a = arena_new();
    arena_reset(a);
    assert_int(arena_used(a), 0);
    arena_free(a);
    arena_free(NULL);
}

Test(arena, a_size_that_overflows_is_a_programmers_mistake, .signal = SIGABRT)
{
    (void)arena_take(A, SIZE_MAX / 2, 3);
}

Test(arena, running_out_of_memory_ends_the_process, .signal = SIGABRT)
{
    (void)arena_take_raw(A, SIZE_MAX - 64);
}

static void fill(struct buffer *b)
{
    for (int i = 0; i < 5000; i++) {
        buffer_add(b, "ab", 2);
        buffer_add_byte(b, 'c');
        buffer_print(b, "%d;", i);
    }
}

static void assert_filled(const struct buffer *b)
{
    size_t at = 0;
    for (int i = 0; i < 5000; i++) {
        char want[16];
        int len = snprintf(want, sizeof(want), "abc%d;", i);
        cr_assert(at + (size_t)len <= b->len);
        cr_assert(memcmp(b->ptr + at, want, (size_t)len) == 0, "at %d", i);
        at += (size_t)len;
    }
    assert_int(b->len, at);
}

Test(buffer, grows_in_an_arena)
{
    struct buffer b = {.arena = A};
    fill(&b);
    assert_filled(&b);
}

Test(buffer, grows_without_an_arena)
{
    struct buffer b = {0};
    fill(&b);
    assert_filled(&b);
    buffer_free(&b);
    cr_assert(b.ptr == NULL && b.len == 0 && b.capacity == 0);
}

Test(buffer, keeps_what_others_took_from_its_arena_meanwhile)
{
    struct buffer b = {.arena = A};
    uint8_t *others[200];
    for (int i = 0; i < 200; i++) {
        buffer_add(&b, "0123456789012345678901234567890123456789", 40);
        others[i] = arena_take_raw(A, 64);
        memset(others[i], i, 64);
    }
    for (int i = 0; i < 200; i++) {
        for (int j = 0; j < 64; j++) cr_assert(others[i][j] == i);
    }
    for (size_t i = 0; i < b.len; i++) cr_assert(b.ptr[i] == '0' + i % 10);
}

Test(buffer, prints_a_text_longer_than_its_room_and_one_that_just_fits)
{
    for (int len = 0; len < 1200; len++) {
        struct buffer b = {0};
        buffer_print(&b, "%*d", len, 7);
        assert_int(b.len, len > 1 ? len : 1);
        cr_assert(b.ptr[b.len - 1] == '7');
        buffer_free(&b);
    }
}

Test(buffer, room_leaves_the_length_and_clear_keeps_the_memory)
{
    struct buffer b = {.arena = A};
    uint8_t *room = buffer_room(&b, 10000);
    assert_int(b.len, 0);
    memset(room, 1, 10000);
    b.len = 10000;
    buffer_clear(&b);
    assert_int(b.len, 0);
    cr_assert(buffer_room(&b, 10000) == room);
    buffer_add(&b, NULL, 0);
    assert_int(b.len, 0);
}

Test(arena, a_list_grows_and_keeps_its_items)
{
    int *items = NULL;
    size_t capacity = 0;
    for (size_t count = 0; count < 1000; count++) {
        items = arena_grow(A, items, count, &capacity, sizeof *items);
        items[count] = (int)count;
    }
    assert_int(capacity, 1024);
    for (int i = 0; i < 1000; i++) assert_int(items[i], i);
}
