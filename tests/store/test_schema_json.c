/* SPDX-License-Identifier: MIT */
/* test_schema_json.c - described structs as JSON: what is written, that it can be read again, and which
 * sentence answers what cannot. JSON stands here with single quotes for double ones. */
#include <criterion/criterion.h>

#include "ledger/store/schema_json.h"
#include "tests/store/sample.h"

static const struct sample_rate rates[] = {{{"api_calls", 9}, {1, 3}}};
static const struct sample_price prices[] = {
    {INTERVAL_MONTH, {290000, "JPY"}, rates, 1},
    {INTERVAL_YEAR, {0, ""}, NULL, 0},
};

static struct sample sample_of_json(void)
{
    return (struct sample){
        .active = true,
        .number = 42,
        .user = STR("user_1"),
        .party = {STR("Ada \"Countess\" Lov\xc3\xa9lace"), STR("GB")},
        .fee = money_of(2900, "USD"),
        .tax = money_of(551, "USD"),
        .quantity = {125, 1},
        .start = date_of(2025, 1, 31),
        .at = {1738324800000000},
        .unit = INTERVAL_MONTH,
        .prices = prices,
        .prices_count = 2,
    };
}

/* Text with single quotes to double ones. */
static char *quoted(struct arena *a, const char *text)
{
    char *copy = str_cstring(a, str_of(text));
    for (char *c = copy; *c != '\0'; c++) {
        if (*c == '\'') *c = '"';
    }
    return copy;
}

static json_t *parsed(struct arena *a, const char *text)
{
    json_error_t why;
    json_t *json = json_loads(quoted(a, text), JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    cr_assert_not_null(json, "%s: %s", text, why.text);
    return json;
}

static void expect_json(const struct schema *s, const void *record, const char *wanted)
{
    struct arena *a = arena_new();
    json_t *json = schema_json(s, record);
    char *got = json_dumps(json, JSON_COMPACT);
    cr_expect_str_eq(got, quoted(a, wanted));
    free(got);
    json_decref(json);
    arena_free(a);
}

static void expect_round_trip(const struct schema *s, const void *record, void *again)
{
    struct arena *a = arena_new();
    struct error e = {0};
    json_t *json = schema_json(s, record);
    cr_expect_eq(schema_from_json(again, s, json, a, &e), OK, "%s", e.text);
    cr_expect(schema_equal(s, record, again));
    json_decref(json);
    arena_free(a);
}

#define ZEROS "'0000000000000000000000000000000000000000000000000000000000000000'"

Test(schema_json, a_record_is_written_in_declared_order)
{
    struct sample s = sample_of_json();
    s.party.name = STR("Ada");
    expect_json(
        &sample_schema, &s,
        "{'active':true,'number':42,'user':'user_1','party':{'name':'Ada','country':'GB'},'digest':" ZEROS
        ",'fee':'29.00','currency':'USD','tax':'5.51','quantity':'12.5','start':'2025-01-31',"
        "'at':'2025-01-31T12:00:00Z','unit':'month','prices':["
        "{'unit':'month','amount':'290000','currency':'JPY','rates':[{'usage_type':'api_calls',"
        "'unit_price':'0.001'}]},{'unit':'year','amount':null,'rates':[]}]}");
}

Test(schema_json, what_is_not_given_is_null_or_empty)
{
    struct sample none = {0};
    expect_json(&sample_schema, &none,
                "{'active':false,'number':0,'user':'','party':{'name':'','country':''},'digest':" ZEROS
                ",'fee':null,'tax':null,'quantity':'0','start':null,'at':null,'unit':'day','prices':[]}");
}

Test(schema_json, a_record_round_trips)
{
    struct sample s = sample_of_json(), again;
    expect_round_trip(&sample_schema, &s, &again);
    struct sample none = {0};
    expect_round_trip(&sample_schema, &none, &again);
}

/* ---- currencies ---- */

struct amounts {
    struct money fee, tax;
};
static const struct field amount_fields[] = {
    SAMPLE_FIELD(amounts, KIND_MONEY, fee),
    SAMPLE_FIELD(amounts, KIND_MONEY, tax),
};
static const struct schema amount_schema = SAMPLE_SCHEMA(amounts, "amounts", amount_fields);

struct bill {
    struct str currency;
    struct money fee;
};
static const struct field bill_fields[] = {
    SAMPLE_FIELD(bill, KIND_STR, currency),
    SAMPLE_FIELD(bill, KIND_MONEY, fee),
};
static const struct schema bill_schema = SAMPLE_SCHEMA(bill, "bill", bill_fields);

Test(schema_json, one_currency_follows_the_first_amount_when_all_share_it)
{
    struct amounts both = {money_of(100, "USD"), money_of(-7, "USD")}, again;
    expect_json(&amount_schema, &both, "{'fee':'1.00','currency':'USD','tax':'-0.07'}");
    expect_round_trip(&amount_schema, &both, &again);
    struct amounts second = {{0}, money_of(1000, "KWD")};
    expect_json(&amount_schema, &second, "{'fee':null,'tax':'1.000','currency':'KWD'}");
    expect_round_trip(&amount_schema, &second, &again);
}

Test(schema_json, every_amount_has_its_own_currency_when_they_differ)
{
    struct amounts both = {money_of(100, "USD"), money_of(100, "JPY")}, again;
    expect_json(&amount_schema, &both,
                "{'fee':'1.00','fee_currency':'USD','tax':'100','tax_currency':'JPY'}");
    expect_round_trip(&amount_schema, &both, &again);
}

Test(schema_json, a_field_named_currency_serves_the_amounts_when_it_says_the_same)
{
    struct bill again;
    struct bill same = {STR("EUR"), money_of(100, "EUR")};
    expect_json(&bill_schema, &same, "{'currency':'EUR','fee':'1.00'}");
    expect_round_trip(&bill_schema, &same, &again);
    struct bill other = {STR("EUR"), money_of(100, "USD")};
    expect_json(&bill_schema, &other, "{'currency':'EUR','fee':'1.00','fee_currency':'USD'}");
    expect_round_trip(&bill_schema, &other, &again);
    struct bill silent = {STR(""), money_of(100, "USD")};
    expect_json(&bill_schema, &silent, "{'currency':'','fee':'1.00','fee_currency':'USD'}");
    expect_round_trip(&bill_schema, &silent, &again);
}

Test(schema_json, counts_beyond_a_json_integer_are_strings)
{
    struct sample s = sample_of_json(), again;
    s.number = UINT64_MAX;
    expect_round_trip(&sample_schema, &s, &again);
    cr_expect_eq(again.number, UINT64_MAX);
    json_t *json = schema_json(&sample_schema, &s);
    cr_expect_str_eq(json_string_value(json_object_get(json, "number")), "18446744073709551615");
    json_decref(json);
}

/* ---- reading ---- */

static enum err read_into(struct sample *out, const char *text, struct arena *a, struct error *e)
{
    json_t *json = parsed(a, text);
    enum err err = schema_from_json(out, &sample_schema, json, a, e);
    json_decref(json);
    return err;
}

Test(schema_from_json, members_left_out_or_null_are_not_given)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample none = {0}, got;
    memset(&got, 0xa5, sizeof(got));
    cr_assert_eq(read_into(&got, "{}", a, &e), OK, "%s", e.text);
    cr_expect(schema_equal(&sample_schema, &got, &none));
    memset(&got, 0xa5, sizeof(got));
    const char *nulls =
        "{'active':null,'number':null,'user':null,'party':null,'digest':null,'fee':null,'currency':null,"
        "'tax':null,'quantity':null,'start':null,'at':null,'unit':null,'prices':null}";
    cr_assert_eq(read_into(&got, nulls, a, &e), OK, "%s", e.text);
    cr_expect(schema_equal(&sample_schema, &got, &none));
    arena_free(a);
}

Test(schema_from_json, texts_outlive_the_json_they_came_from)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample got = {0};
    cr_assert_eq(read_into(&got, "{'user':'u','party':{'name':'Ada'}}", a, &e), OK, "%s", e.text);
    cr_expect(str_is(got.user, "u"));
    cr_expect(str_is(got.party.name, "Ada"));
    arena_free(a);
}

Test(schema_from_json, a_decimal_may_be_an_integer_or_a_string)
{
    static const struct {
        const char *json;
        struct decimal wanted;
    } table[] = {
        {"{'quantity':12}", {12, 0}},       {"{'quantity':-3}", {-3, 0}},
        {"{'quantity':'12.50'}", {125, 1}}, {"{'quantity':0}", {0, 0}},
        {"{'quantity':'0.001'}", {1, 3}},   {"{'quantity':999999999999999999}", {999999999999999999, 0}},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct error e = {0};
        struct sample got = {0};
        cr_expect_eq(read_into(&got, table[i].json, a, &e), OK, "%s", e.text);
        cr_expect_eq(decimal_compare(got.quantity, table[i].wanted), 0, "%s", table[i].json);
    }
    arena_free(a);
}

Test(schema_from_json, an_amount_takes_its_own_currency_before_the_shared_one)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample got = {0};
    const char *text = "{'fee':'1.5','tax':'15','tax_currency':'JPY','currency':'USD'}";
    cr_assert_eq(read_into(&got, text, a, &e), OK, "%s", e.text);
    cr_expect_eq(money_compare(got.fee, money_of(150, "USD")), 0);
    cr_expect_eq(money_compare(got.tax, money_of(15, "JPY")), 0);
    arena_free(a);
}

Test(schema_from_json, what_is_not_valid_is_answered_with_its_path)
{
    static const struct {
        const char *json, *sentence;
    } table[] = {
        {"[]", "an object is expected"},
        {"{'colour':1}", "colour: there is no such member"},
        {"{'fee_currenc':'USD'}", "fee_currenc: there is no such member"},
        {"{'user_currency':'USD'}", "user_currency: there is no such member"},
        {"{'prices':[{},{},{'colour':1}]}", "prices[2].colour: there is no such member"},
        {"{'4111 1111 1111 1111':1}", "...: there is no such member"},
        {"{'active':1}", "active: true or false is expected"},
        {"{'active':'true'}", "active: true or false is expected"},
        {"{'number':1.0}", "number: a whole number from 0 is expected"},
        {"{'number':-1}", "number: a whole number from 0 is expected"},
        {"{'number':[]}", "number: a whole number from 0 is expected"},
        {"{'number':'5'}", "number: write whole numbers without quotes"},
        {"{'user':5}", "user: a string is expected"},
        {"{'user':{}}", "user: a string is expected"},
        {"{'party':'Ada'}", "party: an object is expected"},
        {"{'party':{'name':true}}", "party.name: a string is expected"},
        {"{'prices':{}}", "prices: a list is expected"},
        {"{'prices':[1]}", "prices[0]: an object is expected"},
        {"{'prices':[null]}", "prices[0]: an object is expected"},
        {"{'prices':[{'amount':29.00,'currency':'USD'}]}",
         "prices[0].amount: write amounts as strings, e.g. \"29.00\""},
        {"{'prices':[{'amount':29,'currency':'USD'}]}",
         "prices[0].amount: write amounts as strings, e.g. \"29.00\""},
        {"{'prices':[{'amount':'29.00'}]}",
         "prices[0].amount: the amount has no currency: add the member \"currency\""},
        {"{'currency':'USD','prices':[{'amount':'29.00'}]}",
         "prices[0].amount: the amount has no currency: add the member \"currency\""},
        {"{'fee':'29.00','currency':5}", "currency: a currency is expected, e.g. \"USD\""},
        {"{'fee':null,'fee_currency':5}", "fee_currency: a currency is expected, e.g. \"USD\""},
        {"{'prices':[{'rates':[{'unit_price':29.00}]}]}",
         "prices[0].rates[0].unit_price: write decimals as strings, e.g. \"29.00\""},
        {"{'quantity':true}", "quantity: write decimals as strings, e.g. \"29.00\""},
        {"{'unit':'fortnight'}", "unit: 'fortnight' is not one of day, week, month, year"},
        {"{'unit':2}", "unit: a string is expected"},
        {"{'start':20119}", "start: a string is expected"},
        {"{'at':1738324800}", "at: a string is expected"},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct error e = {0};
        struct sample got = {0};
        cr_expect_eq(read_into(&got, table[i].json, a, &e), ERR_INVALID, "%s", table[i].json);
        cr_expect_str_eq(e.text, table[i].sentence);
    }
    arena_free(a);
}

Test(schema_from_json, what_a_scalar_refuses_is_answered_with_its_path)
{
    static const struct {
        const char *json, *path;
    } table[] = {
        {"{'start':'2025-02-29'}", "start: "},
        {"{'at':'noon'}", "at: "},
        {"{'digest':'00'}", "digest: "},
        {"{'quantity':'1e3'}", "quantity: "},
        {"{'quantity':1000000000000000000}", "quantity: "},
        {"{'number':'99999999999999999999'}", "number: "},
        {"{'fee':'29.001','currency':'USD'}", "fee: "},
        {"{'fee':'29.00','currency':'QQQ'}", "currency: "},
        {"{'fee':'29.00','fee_currency':'usd'}", "fee_currency: "},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct error e = {0};
        struct sample got = {0};
        cr_expect_eq(read_into(&got, table[i].json, a, &e), ERR_INVALID, "%s", table[i].json);
        cr_expect_eq(strncmp(e.text, table[i].path, strlen(table[i].path)), 0, "%s", e.text);
    }
    arena_free(a);
}

struct order {
    struct str user;
    struct money price;
    uint64_t count;
};
static const struct field order_fields[] = {
    {.name = "user", .kind = KIND_STR, .offset = offsetof(struct order, user), .flags = FIELD_REQUIRED},
    {.name = "price", .kind = KIND_MONEY, .offset = offsetof(struct order, price), .flags = FIELD_REQUIRED},
    {.name = "count", .kind = KIND_COUNT, .offset = offsetof(struct order, count), .flags = FIELD_REQUIRED},
};
static const struct schema order_schema = SAMPLE_SCHEMA(order, "order", order_fields);

Test(schema_from_json, a_required_member_must_be_there_and_say_something)
{
    static const struct {
        const char *json, *sentence;
    } table[] = {
        {"{'price':'1','currency':'USD','count':0}", "user: a value is required"},
        {"{'user':null,'price':'1','currency':'USD','count':0}", "user: a value is required"},
        {"{'user':'','price':'1','currency':'USD','count':0}", "user: a value is required"},
        {"{'user':'u','count':0}", "price: a value is required"},
        {"{'user':'u','price':'1','currency':'USD'}", "count: a value is required"},
    };
    struct arena *a = arena_new();
    struct order got = {0};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct error e = {0};
        json_t *json = parsed(a, table[i].json);
        cr_expect_eq(schema_from_json(&got, &order_schema, json, a, &e), ERR_INVALID);
        cr_expect_str_eq(e.text, table[i].sentence);
        json_decref(json);
    }
    struct error e = {0};
    json_t *json = parsed(a, "{'user':'u','price':'1','currency':'USD','count':0}");
    cr_expect_eq(schema_from_json(&got, &order_schema, json, a, &e), OK, "%s", e.text);
    json_decref(json);
    arena_free(a);
}

Test(schema_from_json, a_list_longer_than_any_that_daybook_keeps_is_refused)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample got = {0};
    json_t *json = json_object();
    json_t *list = json_array();
    for (int i = 0; i <= LIMIT_INVOICE_LINES; i++)
        cr_assert_eq(json_array_append_new(list, json_object()), 0);
    cr_assert_eq(json_object_set_new(json, "prices", list), 0);
    cr_expect_eq(schema_from_json(&got, &sample_schema, json, a, &e), ERR_LIMIT);
    cr_expect_str_eq(e.text, "prices: 8193 items are more than the limit of 8192");
    json_decref(json);
    arena_free(a);
}

Test(schema_from_json, records_stand_in_each_other_only_as_deep_as_they_can_be_encoded)
{
    struct arena *a = arena_new();
    struct error e = {0};
    struct sample_nest got = {0};
    json_t *four = parsed(a, "{'inner':[{'inner':[{'inner':[{'depth':4}]}]}]}");
    cr_expect_eq(schema_from_json(&got, &sample_nest_schema, four, a, &e), OK, "%s", e.text);
    struct buffer b = {.arena = a};
    schema_encode(&b, &sample_nest_schema, &got);
    json_t *five = parsed(a, "{'inner':[{'inner':[{'inner':[{'inner':[{'depth':5}]}]}]}]}");
    cr_expect_eq(schema_from_json(&got, &sample_nest_schema, five, a, &e), ERR_INVALID);
    cr_expect_str_eq(e.text, "inner[0].inner[0].inner[0].inner[0]: nested too deep");
    json_decref(four);
    json_decref(five);
    arena_free(a);
}
