/* SPDX-License-Identifier: MIT */
/* generate.c - see generate.h. */
#include "tests/lib/generate.h"

static struct str random_text(struct dice *d, struct arena *a)
{
    static const char *const pieces[] = {"a",     "Zoë", "北", " ", "=1+2", "-", "0",
                                         "user_", "é",   "\"", "'", ",",    "€", "x.y"};
    struct buffer b = {.arena = a};
    int64_t count = dice_between(d, 0, 6);
    for (int64_t i = 0; i < count; i++) {
        const char *piece = pieces[dice_next(d) % (sizeof pieces / sizeof pieces[0])];
        buffer_add(&b, piece, strlen(piece));
    }
    return (struct str){(const char *)b.ptr, b.len};
}

static int64_t random_number(struct dice *d)
{
    int64_t n = (int64_t)(dice_next(d) >> (dice_next(d) % 63 + 1));
    return dice_chance(d, 50) ? n : -n;
}

static struct money random_money(struct dice *d)
{
    static const char *const currencies[] = {"USD", "EUR", "JPY", "KWD"};
    if (dice_chance(d, 10)) return (struct money){0};
    return money_of(random_number(d), currencies[dice_next(d) % 4]);
}

static void generate_scalar(char *at, const struct field *f, struct dice *d, struct arena *a)
{
    bool flag = dice_chance(d, 50);
    uint64_t count = dice_next(d) >> (dice_next(d) % 64);
    struct str text = random_text(d, a);
    struct hash hash = {{0}};
    struct money money = random_money(d);
    struct decimal decimal = decimal_make(random_number(d) / 10, (uint32_t)(dice_next(d) % 13));
    struct date date = {(int32_t)dice_between(d, 0, 100000)};
    struct instant instant = {dice_between(d, 0, INT64_C(4102444800000000))};
    int choice = f->kind == KIND_CHOICE ? (int)(dice_next(d) % f->choice->count) : 0;
    for (size_t i = 0; i < sizeof hash.bytes; i++) hash.bytes[i] = (uint8_t)dice_next(d);
    switch (f->kind) {
    case KIND_FLAG: memcpy(at, &flag, sizeof flag); break;
    case KIND_COUNT: memcpy(at, &count, sizeof count); break;
    case KIND_STR:
    case KIND_PERSONAL:
    case KIND_CONTACT:
    case KIND_COUNTED:
    case KIND_REGION: memcpy(at, &text, sizeof text); break;
    case KIND_HASH: memcpy(at, &hash, sizeof hash); break;
    case KIND_MONEY: memcpy(at, &money, sizeof money); break;
    case KIND_DECIMAL: memcpy(at, &decimal, sizeof decimal); break;
    case KIND_DATE: memcpy(at, &date, sizeof date); break;
    case KIND_INSTANT: memcpy(at, &instant, sizeof instant); break;
    case KIND_CHOICE: memcpy(at, &choice, sizeof choice); break;
    case KIND_PART: generate_record(at, f->of, d, a); break;
    case KIND_LIST: break;
    }
}

void generate_record(void *record, const struct schema *s, struct dice *d, struct arena *a)
{
    size_t count = 0;
    const struct field *fields = schema_fields(s, &count);
    memset(record, 0, s->size);
    for (const struct field *f = fields; f < fields + count; f++) {
        char *at = (char *)record + f->offset;
        if (f->kind != KIND_LIST) {
            generate_scalar(at, f, d, a);
            continue;
        }
        size_t items = (size_t)(dice_next(d) % 4);
        char *list = arena_take(a, items, f->of->size);
        for (size_t i = 0; i < items; i++) generate_record(list + i * f->of->size, f->of, d, a);
        memcpy(at, &list, sizeof list);
        memcpy((char *)record + f->count_offset, &items, sizeof items);
    }
}
