/* SPDX-License-Identifier: MIT */
/* sample.h - a described struct with a field of every kind, for the tests and fuzz targets of the codec, so
 * that they need nothing of the book. Tables only. */
#ifndef DAYBOOK_TESTS_STORE_SAMPLE_H
#define DAYBOOK_TESTS_STORE_SAMPLE_H

#include "ledger/store/schema.h"

struct sample_rate {
    struct str usage_type;
    struct decimal unit_price;
};

struct sample_price {
    enum interval_unit unit;
    struct money amount;
    const struct sample_rate *rates;
    size_t rates_count;
};

struct sample_party {
    struct str name;
    struct str country;
};

struct sample {
    bool active;
    uint64_t number;
    struct str user;
    struct sample_party party;
    struct hash digest;
    struct money fee;
    struct money tax;
    struct decimal quantity;
    struct date start;
    struct instant at;
    enum interval_unit unit;
    const struct sample_price *prices;
    size_t prices_count;
};

/* A struct that holds itself, as deep as somebody likes. */
struct sample_nest {
    struct decimal depth;
    const struct sample_nest *inner;
    size_t inner_count;
};

/* clang-format off */
static const char *const sample_unit_words[] = {"day", "week", "month", "year"};
static const struct choice sample_unit = {"interval_unit", sample_unit_words, 4};

#define SAMPLE_FIELD(type, KIND, member) {.name = #member, .kind = KIND, .offset = offsetof(struct type, member)}
#define SAMPLE_UNIT(type, member) \
    {.name = #member, .kind = KIND_CHOICE, .offset = offsetof(struct type, member), .choice = &sample_unit}
#define SAMPLE_PART(type, member, schema) \
    {.name = #member, .kind = KIND_PART, .offset = offsetof(struct type, member), .of = &(schema)}
#define SAMPLE_LIST(type, member, schema) \
    {.name = #member, .kind = KIND_LIST, .offset = offsetof(struct type, member), \
     .count_offset = offsetof(struct type, member##_count), .of = &(schema)}
#define SAMPLE_COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define SAMPLE_SCHEMA(type, wire, table) \
    {.name = (wire), .size = sizeof(struct type), .fields = (table), .count = SAMPLE_COUNT(table)}

static const struct field sample_rate_fields[] = {
    SAMPLE_FIELD(sample_rate, KIND_STR, usage_type),
    SAMPLE_FIELD(sample_rate, KIND_DECIMAL, unit_price),
};
/* One that tells its table by a function, as the tables made of .def files do. */
static inline const struct field *sample_rate_tell(size_t *count)
{
    *count = SAMPLE_COUNT(sample_rate_fields);
    return sample_rate_fields;
}
static const struct schema sample_rate_schema = {
    .name = "rate", .size = sizeof(struct sample_rate), .tell = sample_rate_tell};

static const struct field sample_price_fields[] = {
    SAMPLE_UNIT(sample_price, unit),
    SAMPLE_FIELD(sample_price, KIND_MONEY, amount),
    SAMPLE_LIST(sample_price, rates, sample_rate_schema),
};
static const struct schema sample_price_schema = SAMPLE_SCHEMA(sample_price, "price", sample_price_fields);

static const struct field sample_party_fields[] = {
    SAMPLE_FIELD(sample_party, KIND_PERSONAL, name),
    SAMPLE_FIELD(sample_party, KIND_STR, country),
};
static const struct schema sample_party_schema = SAMPLE_SCHEMA(sample_party, "party", sample_party_fields);

static const struct field sample_fields[] = {
    SAMPLE_FIELD(sample, KIND_FLAG, active),
    SAMPLE_FIELD(sample, KIND_COUNT, number),
    SAMPLE_FIELD(sample, KIND_STR, user),
    SAMPLE_PART(sample, party, sample_party_schema),
    SAMPLE_FIELD(sample, KIND_HASH, digest),
    SAMPLE_FIELD(sample, KIND_MONEY, fee),
    SAMPLE_FIELD(sample, KIND_MONEY, tax),
    SAMPLE_FIELD(sample, KIND_DECIMAL, quantity),
    SAMPLE_FIELD(sample, KIND_DATE, start),
    SAMPLE_FIELD(sample, KIND_INSTANT, at),
    SAMPLE_UNIT(sample, unit),
    SAMPLE_LIST(sample, prices, sample_price_schema),
};
static const struct schema sample_schema = SAMPLE_SCHEMA(sample, "sample.made", sample_fields);

static const struct schema sample_nest_schema;
static const struct field sample_nest_fields[] = {
    SAMPLE_FIELD(sample_nest, KIND_DECIMAL, depth),
    SAMPLE_LIST(sample_nest, inner, sample_nest_schema),
};
static const struct schema sample_nest_schema = SAMPLE_SCHEMA(sample_nest, "nest", sample_nest_fields);
/* clang-format on */

/* A record with something in every field but `tax`. */
static const struct sample_rate sample_rates[] = {
    {{"api_calls", 9}, {1, 3}},
    {{"stor\xc3\xa9", 6}, {-5, 2}},
};
static const struct sample_price sample_prices[] = {
    {INTERVAL_MONTH, {290000, "JPY"}, sample_rates, 2},
    {INTERVAL_YEAR, {0, ""}, NULL, 0},
};

static inline struct sample sample_made(void)
{
    struct sample s = {
        .active = true,
        .number = 42,
        .user = STR("user_1"),
        .party = {STR("Ada Lovelace"), STR("GB")},
        .fee = money_of(2900, "USD"),
        .quantity = {125, 1},
        .start = date_of(2025, 1, 31),
        .at = {1738324800000000},
        .unit = INTERVAL_MONTH,
        .prices = sample_prices,
        .prices_count = 2,
    };
    for (size_t i = 0; i < sizeof(s.digest.bytes); i++) s.digest.bytes[i] = (uint8_t)i;
    return s;
}

#endif
