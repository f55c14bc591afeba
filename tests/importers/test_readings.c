/* SPDX-License-Identifier: MIT */
/* Usage files: CSV, JSON lines and CloudEvents say the same; amounts stay exact; every row gets an id it
 * keeps. */
#include "importers/readings.h"
#include "tests/importers/files.h"

TestSuite(readings, .init = test_begin, .fini = test_end);

static void read_all(struct reading_row *rows, size_t count, struct str content, const char *path)
{
    struct source *s = source_of(content);
    struct readings *r = NULL;
    bool end = false;
    assert_ok(readings_open(&r, s, path, E));
    for (size_t i = 0; i < count; i++) {
        assert_ok(readings_next(&rows[i], &end, r, A, E));
        cr_assert(!end, "only %zu rows", i);
    }
    struct reading_row more = {0};
    assert_ok(readings_next(&more, &end, r, A, E));
    cr_assert(end, "more than %zu rows", count);
    readings_close(r);
    source_close(s);
}

static struct reading_row read_one(struct str content)
{
    struct reading_row row = {0};
    read_all(&row, 1, content, "usage.csv");
    return row;
}

static void expect_input(const struct reading_row *r, const char *user, const char *type, const char *amount,
                         const char *at, const char *id)
{
    cr_assert(row_is_good(&r->row), "%s: %.*s", r->row.column, STR_ARG(r->row.why));
    assert_str(r->input.user, user);
    assert_str(r->input.usage_type, type);
    assert_str(decimal_text(A, r->input.amount), amount);
    assert_str(instant_text(A, r->input.at), at);
    assert_str(r->input.event_id, id);
}

static void expect_refused(struct str content, const char *column, const char *why)
{
    struct reading_row r = read_one(content);
    assert_str(r.row.why, why);
    assert_str(str_of(r.row.column), column);
}

Test(readings, the_three_formats_say_the_same)
{
    struct reading_row csv = read_one(STR("timestamp,amount,usage_type,user_id,event_id\n"
                                          "2025-01-31T12:00:00Z,45.5,compute_minutes,user_123,ev-1\n"));
    struct reading_row json =
        read_one(STR("{\"event_id\":\"ev-1\",\"user_id\":\"user_123\",\"usage_type\":\"compute_minutes\","
                     "\"amount\":45.5,\"timestamp\":\"2025-01-31T13:00:00+01:00\"}\n"));
    struct reading_row cloud = read_one(
        STR("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"ev\",\"type\":\"compute_minutes\","
            "\"subject\":\"user_123\",\"time\":\"2025-01-31T12:00:00Z\",\"data\":{\"amount\":\"45.50\"}}"));
    expect_input(&csv, "user_123", "compute_minutes", "45.5", "2025-01-31T12:00:00Z", "ev-1");
    expect_input(&json, "user_123", "compute_minutes", "45.5", "2025-01-31T12:00:00Z", "ev-1");
    expect_input(&cloud, "user_123", "compute_minutes", "45.5", "2025-01-31T12:00:00Z", "ev/1");
}

Test(readings, a_key_may_stand_in_each_format)
{
    struct reading_row csv = read_one(STR("user_id,usage_type,amount,key\nu,members,1,bea@example.com\n"));
    struct reading_row none = read_one(STR("user_id,usage_type,amount,key\nu,members,1,\n"));
    struct reading_row json =
        read_one(STR("{\"user_id\":\"u\",\"usage_type\":\"members\",\"amount\":1,\"key\":7}\n"));
    struct reading_row cloud =
        read_one(STR("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"ev\",\"type\":\"members\","
                     "\"subject\":\"u\",\"data\":{\"amount\":1,\"key\":\"m-7\"}}"));
    assert_str(csv.input.key, "bea@example.com");
    assert_str(none.input.key, "");
    assert_str(json.input.key, "7");
    assert_str(cloud.input.key, "m-7");
    expect_refused(STR("{\"user_id\":\"u\",\"usage_type\":\"m\",\"amount\":1,\"key\":[1]}\n"), "key",
                   "key: a string is expected");
}

Test(readings, a_spreadsheets_file_reads_like_any_other)
{
    struct reading_row rows[2] = {0};
    read_all(
        rows, 2,
        STR("\xef\xbb\xbf"
            "user_id,usage_type,amount,event_id\r\n\"u,1\",\"api_calls\",\"1\",a\r\nu2,api_calls,2,b\r\n"),
        "x.csv");
    expect_input(&rows[0], "u,1", "api_calls", "1", "", "a");
    expect_input(&rows[1], "u2", "api_calls", "2", "", "b");
    assert_int(rows[1].row.line, 3);
}

Test(readings, amounts_are_exact_in_csv_and_json)
{
    static const char *const good[][2] = {{"0.1", "0.1"},
                                          {"123456789012345678", "123456789012345678"},
                                          {"0.000000000001", "0.000000000001"},
                                          {"1.10", "1.1"},
                                          {"0", "0"},
                                          {"-3.5", "-3.5"}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct reading_row json = read_one(str_format(
            A, "{\"user_id\":\"u\",\"usage_type\":\"t\",\"amount\":%s,\"event_id\":\"e\"}", good[i][0]));
        struct reading_row csv =
            read_one(str_format(A, "user_id,usage_type,amount,event_id\nu,t,%s,e\n", good[i][0]));
        expect_input(&json, "u", "t", good[i][1], "", "e");
        expect_input(&csv, "u", "t", good[i][1], "", "e");
    }
}

Test(readings, amounts_that_are_none_are_refused)
{
    static const char *const bad[][2] = {
        {"1e3", "number '1e3': exponents are not accepted"},
        {"+1", "number '+1': a plus sign is not accepted"},
        {"1234567890123456789", "number '1234567890123456789': more than 18 digits"},
        {"0.0000000000001", "number '0.0000000000001': more than 12 decimals"},
        {"NaN", "number 'NaN': not a plain decimal number"},
        {"0x10", "number '0x10': not a plain decimal number"},
        {"", "a value is missing"},
        {"\"1,5\"", "number '1,5': commas are not accepted, a point stands before the decimals"},
        {"4242 4242 4242 4242", "number '...': blanks are not accepted in a number"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_refused(str_format(A, "user_id,usage_type,amount\nu,t,%s\n", bad[i][0]), "amount", bad[i][1]);
    }
    expect_refused(STR("{\"user_id\":\"u\",\"usage_type\":\"t\",\"amount\":1e3}"), "amount",
                   "number '1e3': exponents are not accepted");
    expect_refused(STR("{\"user_id\":\"u\",\"usage_type\":\"t\",\"amount\":true}"), "amount",
                   "amount: a string is expected");
}

Test(readings, times_that_do_not_exist_are_refused_and_nanoseconds_are_cut)
{
    struct reading_row r = read_one(STR("user_id,usage_type,amount,timestamp\nu,t,1,2025-02-30T00:00:00Z\n"));
    cr_assert(!row_is_good(&r.row));
    assert_str(str_of(r.row.column), "timestamp");
    expect_refused(STR("user_id,usage_type,amount,timestamp\nu,t,1,yesterday\n"), "timestamp",
                   "time 'yesterday': not in the form 2025-01-31T12:00:00Z");
    r = read_one(
        STR("user_id,usage_type,amount,timestamp,event_id\nu,t,1,2025-01-31T12:00:00.123456789Z,e\n"));
    expect_input(&r, "u", "t", "1", "2025-01-31T12:00:00.123456Z", "e");
}

Test(readings, a_bare_date_is_a_day_of_the_customers)
{
    struct reading_row r =
        read_one(STR("user_id,usage_type,amount,timestamp,event_id\nu,t,1,2025-01-31,e\n"));
    expect_input(&r, "u", "t", "1", "", "e");
    assert_day(r.input.on, "2025-01-31");
    r = read_one(STR("user_id,usage_type,amount,timestamp,event_id\nu,t,1,2025-01-31T00:00:00Z,e\n"));
    expect_input(&r, "u", "t", "1", "2025-01-31T00:00:00Z", "e");
    assert_int(r.input.on.days, 0);
    expect_refused(STR("user_id,usage_type,amount,timestamp\nu,t,1,2025-02-30\n"), "timestamp",
                   "date '2025-02-30': there is no such day");
    struct reading_row here = {0}, there = {0}; /* it is dated, so its id is not made of the file's name */
    read_all(&here, 1, STR("user_id,usage_type,amount,timestamp\nu,t,1,2025-01-31\n"), "a.csv");
    read_all(&there, 1, STR("user_id,usage_type,amount,timestamp\nu,t,1,2025-01-31\n"), "b.csv");
    cr_assert(str_equal(here.input.event_id, there.input.event_id));
}

Test(readings, json_that_is_wrong_is_named_by_its_place_and_never_quoted)
{
    expect_refused(STR("{\"user_id\":\"u\",\"usage_type\":\"t\"}"), "amount", "a value is missing");
    expect_refused(STR("{\"user_id\":\"u\",\"usage_type\":\"t\",\"amount\":\"1\",\"4242424242424242\":1}"),
                   "", "there is no member '...'");
    expect_refused(STR("{\"user\":\"u\",\"usage_type\":\"t\",\"amount\":\"1\"}"), "",
                   "there is no member 'user'");
    expect_refused(
        STR("{\"amount\":1,\"amount\":2}"), "",
        "not valid JSON: a member stands twice in its object, the second time at or before byte 20");
    struct reading_row r = read_one(STR("{\"amount\":1.5,\"user_id\":4242424242424242 x}"));
    cr_assert(str_starts(r.row.why, "not valid JSON, at or before byte 4"), "%.*s", STR_ARG(r.row.why));
    struct reading_row rows[3] = {0};
    read_all(rows, 3, STR("{\"event_id\":1}\n[]\n\n4\n"), "x");
    assert_str(rows[1].row.why, "a JSON object is expected");
    assert_int(rows[2].row.line, 4);
    cr_assert(!row_is_good(&rows[2].row));
}

#define CLOUD(members) \
    STR("{\"specversion\":\"1.0\",\"id\":\"i\",\"source\":\"s\",\"type\":\"t\"," members "}")

Test(readings, cloud_events_need_what_their_specification_asks_for)
{
    struct reading_row r =
        read_one(CLOUD("\"subject\":\"u\",\"data\":{\"value\":3},\"traceparent\":\"00-ab\""));
    expect_input(&r, "u", "t", "3", "", "s/i");
    expect_refused(CLOUD("\"subject\":\"u\",\"data\":{\"value\":0.30000000000000004440892098500626}"),
                   "data.amount", "number '0.30000000000000004440892098500626': more than 18 digits");
    expect_refused(CLOUD("\"data\":{\"value\":3}"), "subject", "a value is missing");
    expect_refused(CLOUD("\"subject\":\"u\""), "data", "an object with an amount is expected");
    expect_refused(CLOUD("\"subject\":\"u\",\"data\":{}"), "data.amount", "a value is missing");
    expect_refused(CLOUD("\"subject\":\"u\",\"data\":{\"value\":3},\"time\":\"now\""), "time",
                   "time 'now': not in the form 2025-01-31T12:00:00Z");
    expect_refused(
        STR("{\"specversion\":\"0.3\",\"id\":\"i\",\"source\":\"s\",\"type\":\"t\",\"subject\":\"u\","
            "\"data\":{}}"),
        "specversion", "only version 1.0 is known");
}

Test(readings, a_long_cloud_event_id_becomes_its_hash)
{
    struct str source = repeated('x', 120);
    struct reading_row r = read_one(
        str_format(A,
                   "{\"specversion\":\"1.0\",\"id\":\"0123456789\",\"source\":\"%.*s\",\"type\":\"t\","
                   "\"subject\":\"u\",\"data\":{\"value\":3}}",
                   STR_ARG(source)));
    /* { head -c 120 /dev/zero | tr '\0' x; printf /0123456789; } | sha256sum */
    expect_input(&r, "u", "t", "3", "",
                 "ce:f05cda3b49340f5ef6b76ec778200daeec134b586e9b77151f0064f2d7b56f8a");
}

Test(readings, a_row_without_an_id_gets_one_of_its_line_and_text)
{
    struct reading_row first[2] = {0}, again[2] = {0}, other[2] = {0};
    read_all(first, 2, STR("user_id,usage_type,amount,timestamp\nu,t,1,2025-01-01\nu,t,1,2025-01-01\n"),
             "dir/usage.csv");
    read_all(again, 2, STR("user_id,usage_type,amount,timestamp\r\nu,t,1,2025-01-01\r\nu,t,1,2025-01-01"),
             "elsewhere.csv");
    read_all(other, 2, STR("user_id,usage_type,amount,timestamp\nu,t,2,2025-01-01\nu,t,1,2025-01-02\n"),
             "dir/usage.csv");
    for (size_t i = 0; i < 2; i++) {
        assert_int(first[i].input.event_id.len, 4 + 32);
        cr_assert(str_equal(first[i].input.event_id, again[i].input.event_id));
        cr_assert(!str_equal(first[i].input.event_id, other[i].input.event_id));
    }
    cr_assert(!str_equal(first[0].input.event_id, first[1].input.event_id), "equal rows are two readings");
}

Test(readings, without_id_and_time_the_name_of_the_file_counts_too)
{
    struct str content = STR("user_id,usage_type,amount\nu,t,1\n");
    struct reading_row monday = {0}, tuesday = {0}, packed = {0};
    read_all(&monday, 1, content, "in/monday.csv");
    read_all(&tuesday, 1, content, "in/tuesday.csv");
    read_all(&packed, 1, content, "done/monday.csv.gz");
    cr_assert(!str_equal(monday.input.event_id, tuesday.input.event_id));
    cr_assert(str_equal(monday.input.event_id, packed.input.event_id));
}

static void refused_file(struct str content, const char *sentence)
{
    struct readings *r = NULL;
    struct source *s = source_of(content);
    assert_err(readings_open(&r, s, "x", E), ERR_INVALID, sentence);
    source_close(s);
}

Test(readings, an_empty_file_is_no_usage_file)
{
    refused_file(STR(""), "the file is empty: there is not even a header");
    refused_file(STR("\n\n"), "the file is empty: there is not even a header");
    refused_file(STR("user,amount\n"), "line 1: there is no column 'user'; the columns are "
                                       "event_id,user_id,usage_type,amount,timestamp,key");
}
