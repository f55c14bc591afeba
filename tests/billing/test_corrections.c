/* SPDX-License-Identifier: MIT */
/* test_corrections.c - corrections, re-ratings and other prices as doors answer them. */
#include <jansson.h>

#include "tests/billing/book.h"

TestSuite(correction_answers, .init = book_begin, .fini = book_end);

static json_t *answer_to(const char *words, const char *json)
{
    char *answer = NULL;
    does(daybook_call(book, words, json, &answer, &why));
    json_t *j = json_loads(answer, 0, NULL);
    daybook_free(answer);
    cr_assert(j != NULL);
    return j;
}

/* Members as "name=value …"; of rows, those of each. */
static void add_members(struct buffer *out, const json_t *j, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        char *value = json_dumps(json_object_get(j, names[i]), JSON_ENCODE_ANY | JSON_COMPACT);
        buffer_print(out, "%s=%s ", names[i], value == NULL ? "?" : value);
        free(value);
    }
}

static void says(const char *words, const char *json, const char *const *names, const char *wanted)
{
    struct buffer out = {.arena = A};
    json_t *j = answer_to(words, json);
    if (json_is_array(j)) {
        for (size_t i = 0; i < json_array_size(j); i++) add_members(&out, json_array_get(j, i), names);
    } else {
        add_members(&out, j, names);
    }
    json_decref(j);
    buffer_add_byte(&out, 0);
    cr_assert(strcmp((const char *)out.ptr, wanted) == 0, "%s:\n got    %s\n wanted %s", words,
              (const char *)out.ptr, wanted);
}

/* u1 was billed 5.00 for 1,500 calls of the month from January 10. */
static void bill_january(void)
{
    struct daybook_run *r = NULL;
    does(daybook_create_subscription(book, "u1", "basic", "pm_card_visa", NULL, &why));
    does(daybook_record_usage(book, "u1", "api_calls", "1500", NULL, "ev-1", NULL, &why));
    at("2025-02-10T09:00:00Z");
    does(daybook_run_nightly(book, "2025-02-10", test_path("out"), false, &r, &why));
    daybook_free(r);
}

Test(correction_answers, a_correction_tells_what_was_recorded_and_what_counts)
{
    static const char *const names[] = {"event_id", "user_id", "recorded", "amount",
                                        "canceled", "changed", NULL};
    bill_january();
    says("usage.correct", "{\"event_id\": \"ev-1\", \"amount\": \"1200\"}", names,
         "event_id=\"ev-1\" user_id=\"u1\" recorded=\"1500\" amount=\"1200\" canceled=false changed=true ");
    says("usage.correct", "{\"event_id\": \"ev-1\", \"amount\": \"1200\"}", names,
         "event_id=\"ev-1\" user_id=\"u1\" recorded=\"1500\" amount=\"1200\" canceled=false changed=false ");
    says("usage.cancel", "{\"event_id\": \"ev-1\", \"reason\": \"a test\"}", names,
         "event_id=\"ev-1\" user_id=\"u1\" recorded=\"1500\" amount=\"0\" canceled=true changed=true ");
    char *answer = NULL;
    refuses(daybook_call(book, "usage.cancel", "{\"event_id\": \"ev-2\"}", &answer, &why), DAYBOOK_NOT_FOUND,
            "no reading with event id 'ev-2'");
}

Test(correction_answers, readings_are_listed_by_the_names_that_corrections_take)
{
    static const char *const name[] = {"reading", NULL};
    static const char *const names[] = {"event_id", "usage_type", "amount", "counts", "canceled", NULL};
    bill_january();
    json_t *told =
        answer_to("usage.record", "{\"user\": \"u1\", \"usage_type\": \"disk\", \"amount\": \"7\"}");
    struct str reading = str_of(json_string_value(json_object_get(told, "reading")));
    struct str cancel = str_format(A, "{\"event_id\": \"%.*s\"}", STR_ARG(reading));
    struct str wanted = str_format(A, "reading=\"%.*s\" ", STR_ARG(reading));
    says("usage.list", "{\"user\": \"u1\"}", names,
         "event_id=\"ev-1\" usage_type=\"api_calls\" amount=\"1500\" counts=\"1500\" canceled=false "
         "event_id=null usage_type=\"disk\" amount=\"7\" counts=\"7\" canceled=false ");
    says("usage.cancel", str_cstring(A, cancel), name, str_cstring(A, wanted));
    says("usage.list", "{\"user\": \"u1\", \"usage_type\": \"disk\"}", name, str_cstring(A, wanted));
    says("usage.list", "{\"user\": \"u1\", \"from\": \"2025-02-10\"}", names,
         "event_id=null usage_type=\"disk\" amount=\"7\" counts=\"0\" canceled=true ");
    says("usage.list", "{\"user\": \"u1\", \"to\": \"2025-02-09\", \"limit\": 1}", names,
         "event_id=\"ev-1\" usage_type=\"api_calls\" amount=\"1500\" counts=\"1500\" canceled=false ");
    json_decref(told);
    char *answer = NULL;
    refuses(daybook_call(book, "usage.cancel", "{\"event_id\": \"1/0\"}", &answer, &why), DAYBOOK_NOT_FOUND,
            "no reading with event id '1/0'");
}

Test(correction_answers, a_re_rating_is_told_with_its_lines_and_listed_with_what_became_of_it)
{
    static const char *const names[] = {"rerating_id", "user_id",    "status",
                                        "corrections", "difference", NULL};
    bill_january();
    says("usage.rerate", "{\"user\": \"u1\"}", names,
         "rerating_id=null user_id=\"u1\" status=? corrections=0 difference=? ");
    json_decref(answer_to("usage.correct", "{\"event_id\": \"ev-1\", \"amount\": \"1200\"}"));
    says("usage.rerate", "{\"user\": \"u1\"}", names,
         "rerating_id=\"rerating_1\" user_id=\"u1\" status=\"proposed\" corrections=1 difference=\"-3.00\" ");
    says("rerating.list", "{\"status\": \"proposed\"}", names,
         "rerating_id=\"rerating_1\" user_id=\"u1\" status=\"proposed\" corrections=1 difference=\"-3.00\" ");
    json_t *shown = answer_to("rerating.show", "{\"rerating\": \"rerating_1\"}");
    const json_t *line = json_array_get(json_object_get(shown, "lines"), 0);
    same(json_string_value(json_object_get(line, "billed_quantity")), "1500");
    same(json_string_value(json_object_get(line, "quantity")), "1200");
    same(json_string_value(json_object_get(line, "period_end")), "2025-02-10");
    json_decref(shown);
    says("rerating.approve", "{\"rerating\": \"u1\"}", names,
         "rerating_id=\"rerating_1\" user_id=\"u1\" status=\"approved\" corrections=1 difference=\"-3.00\" ");
    says("rerating.list", "{\"status\": \"proposed\"}", names, "");
}

Test(correction_answers, what_usage_would_have_cost_by_another_catalog_is_told_for_everybody_and_in_total)
{
    static const char *const names[] = {"user_id",  "customers",  "periods", "billed",
                                        "would_be", "difference", NULL};
    static const char catalog[] =
        "{\"name\": \"other\", \"products\": [{\"code\": \"basic\", \"name\": \"Basic\", \"prices\": ["
        "{\"currency\": \"USD\", \"interval\": \"month\", \"amount\": \"29.00\", \"rates\": ["
        "{\"usage_type\": \"api_calls\", \"included\": \"1100\", \"unit_price\": \"0.02\"}]}]}]}";
    bill_january();
    test_write(test_path("other.json"), str_of(catalog));
    const char *question = str_cstring(A, str_format(A, "{\"catalog\": \"%s\"}", test_path("other.json")));
    says("usage.price", question, names, /* 400 at 0.02 */
         "user_id=\"u1\" customers=1 periods=1 billed=\"5.00\" would_be=\"8.00\" difference=\"3.00\" "
         "user_id=null customers=1 periods=1 billed=\"5.00\" would_be=\"8.00\" difference=\"3.00\" ");
    says("usage.price", "{\"version\": 1, \"from\": \"2025-01-11\"}", names, "");
    char *answer = NULL;
    refuses(daybook_call(book, "usage.price", "{}", &answer, &why), DAYBOOK_USAGE,
            "either --version or --catalog is wanted");
}

Test(correction_answers, corrections_come_in_files_as_all_commands_do)
{
    static const char *const names[] = {"accepted", "duplicates", "rejected", NULL};
    static const char lines[] =
        "{\"command\": \"usage.correct\", \"event_id\": \"ev-1\", \"amount\": \"1200\"}\n"
        "{\"command\": \"usage.cancel\", \"event_id\": \"ev-1\"}\n";
    bill_january();
    test_write(test_path("fix.jsonl"), str_of(lines));
    const char *question =
        str_cstring(A, str_format(A, "{\"kind\": \"commands\", \"file\": \"%s\", \"strict\": true}",
                                  test_path("fix.jsonl")));
    says("import", question, names, "accepted=2 duplicates=0 rejected=0 ");
    says("import", question, names, "accepted=0 duplicates=2 rejected=0 ");
    char *answer = NULL;
    refuses(daybook_call(book, "usage.correct", "{\"event_id\": \"ev-1\", \"amount\": \"5\"}", &answer, &why),
            DAYBOOK_REFUSED, "reading 'ev-1' was canceled");
}
