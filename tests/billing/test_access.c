/* SPDX-License-Identifier: MIT */
/* Who may do what: every command with every role by the table, tokens of every wrong kind, and what the audit
 * log has of all that. */
#include <jansson.h>

#include "billing/access.h"
#include "tests/billing/book.h"

TestSuite(access, .init = book_begin, .fini = book_end);

static char tokens[5][TOKEN_TEXT + 1]; /* by role */

static void open_as(const char *token, const char *actor)
{
    struct daybook_options o = {
        .dir = book_dir(), .now = "2025-01-10T09:00:00Z", .token = token, .actor = actor};
    daybook_close(book);
    cr_assert(daybook_open(&book, &o, &why) == DAYBOOK_OK, "%s", why.message);
}

static void take_token(char out[TOKEN_TEXT + 1], const char *words, const char *arguments)
{
    char *answer = NULL;
    does(daybook_call(book, words, arguments, &answer, &why));
    json_t *j = json_loads(answer, 0, NULL);
    const char *text = json_string_value(json_object_get(j, "token"));
    cr_assert(text != NULL && strlen(text) == TOKEN_TEXT, "%s", answer);
    memcpy(out, text, TOKEN_TEXT + 1);
    json_decref(j);
    daybook_free(answer);
}

/* One actor of each role, each called as it; the handle is the administrator's. */
static void add_everybody(void)
{
    take_token(tokens[ROLE_ADMINISTRATOR], "actor.add",
               "{\"name\":\"administrator\",\"role\":\"administrator\"}");
    open_as(tokens[ROLE_ADMINISTRATOR], NULL);
    for (int role = ROLE_OPERATOR; role < ROLE_ADMINISTRATOR; role++) {
        char arguments[128];
        const char *word = choice_role.words[role];
        (void)snprintf(arguments, sizeof arguments, "{\"name\":\"%s\",\"role\":\"%s\"}", word, word);
        take_token(tokens[role], "actor.add", arguments);
    }
}

static int call(const char *words, const char *arguments)
{
    char *answer = NULL;
    int code = daybook_call(book, words, arguments, &answer, &why);
    daybook_free(answer);
    return code;
}

/* The records of the audit log that fit, as JSON text; the caller frees it. */
static char *log_of(const char *arguments)
{
    char *answer = NULL;
    open_as(tokens[ROLE_AUDITOR], NULL);
    does(daybook_call(book, "audit.log", arguments, &answer, &why));
    return answer;
}

static size_t count_rows(const char *arguments)
{
    char *text = log_of(arguments);
    json_t *rows = json_loads(text, 0, NULL);
    size_t count = json_array_size(rows);
    json_decref(rows);
    daybook_free(text);
    return count;
}

/* ---- the table ---- */

Test(access, the_table_has_every_command_once_and_no_other)
{
    const struct verb *v = NULL;
    const struct access_rule *r = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        size_t lines = 0;
        for (size_t k = 0; (r = access_rule_at(k)) != NULL; k++) lines += strcmp(r->words, v->words) == 0;
        size_t wanted = (v->flags & VERB_DOOR) != 0 ? 0 : 1;
        cr_expect(lines == wanted, "%s: %zu lines in roles.def", v->words, lines);
    }
    for (size_t k = 0; (r = access_rule_at(k)) != NULL; k++) {
        v = verb_find(str_of(r->words));
        cr_assert(v != NULL, "roles.def has '%s', and there is no such command", r->words);
        bool has = r->subject[0] == '\0' || schema_field(verb_schema(v), str_of(r->subject)) != NULL;
        cr_expect(has, "'%s' has no field '%s'", r->words, r->subject);
    }
}

Test(access, an_auditor_changes_nothing_and_nobody_but_the_administrator_has_keys_and_actors)
{
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        bool writes = (v->flags & VERB_WRITES) != 0;
        bool is_copy = strcmp(v->words, "invoice.pdf") == 0 || strcmp(v->words, "invoice.xml") == 0 ||
                       strncmp(v->words, "audit.", 6) == 0;
        if (writes && !is_copy) cr_expect(!access_may(ROLE_AUDITOR, v->words), "%s", v->words);
        bool theirs =
            strncmp(v->words, "key.", 4) == 0 ||
            (writes && (strncmp(v->words, "actor.", 6) == 0 || strncmp(v->words, "token.", 6) == 0));
        if (!theirs) continue;
        cr_expect(!access_may(ROLE_OPERATOR, v->words), "%s", v->words);
        cr_expect(!access_may(ROLE_ACCOUNTANT, v->words), "%s", v->words);
    }
    cr_assert_not(access_may(ROLE_OPERATOR, "export"));
    cr_assert_not(access_may(ROLE_OPERATOR, "customer.list"));
    cr_assert_not(access_may(ROLE_AUDITOR, "no.such"));
    cr_assert(access_may(ROLE_ADMINISTRATOR, "no.such"));
}

/* Something for all that is wanted; no such file, customer or invoice is there. */
static const char *arguments_for(const struct verb *v)
{
    size_t count = 0;
    const struct field *fields = schema_fields(verb_schema(v), &count);
    json_t *j = json_object();
    for (const struct field *f = fields; f < fields + count; f++) {
        if ((f->flags & (unsigned)FIELD_REQUIRED) == 0) continue;
        json_t *value = NULL;
        if (f->kind == KIND_STR) value = json_string(test_path("none/x"));
        if (f->kind == KIND_DATE) value = json_string("2025-01-10");
        if (f->kind == KIND_COUNT) value = json_integer(1);
        if (f->kind == KIND_DECIMAL) value = json_string("1");
        cr_assert(value != NULL, "%s: %s", v->words, f->name);
        cr_assert(json_object_set_new(j, f->name, value) == 0);
    }
    char *text = json_dumps(j, JSON_COMPACT);
    const char *copy = str_cstring(A, str_of(text));
    free(text);
    json_decref(j);
    return copy;
}

static int call_rule(const struct access_rule *r)
{
    bool serves = strcmp(r->words, "serve") == 0; /* would go on until it is told to stop */
    return call(r->words, serves ? "{\"listen\": \"nowhere\"}" : arguments_for(verb_find(str_of(r->words))));
}

Test(access, every_command_is_refused_to_every_role_that_may_not_and_to_nobody_else)
{
    add_everybody();
    for (int role = ROLE_OPERATOR; role <= ROLE_ADMINISTRATOR; role++) {
        const struct access_rule *r = NULL;
        open_as(tokens[role], NULL);
        for (size_t i = 0; (r = access_rule_at(i)) != NULL; i++) {
            bool may = access_may((enum role)role, r->words);
            if (strcmp(r->words, "actor.recover") == 0) continue;
            int code = call_rule(r);
            bool turned_away = code == DAYBOOK_REFUSED && strstr(why.message, "and may not '") != NULL;
            cr_expect(turned_away == !may, "%s as %s: %d %s", r->words, choice_role.words[role], code,
                      why.message);
        }
    }
    open_as(NULL, NULL);
    refuses(call("actor.recover", "{\"name\":\"zoe\"}"), DAYBOOK_REFUSED,
            "the master key is to be named on the command line");
    const struct access_rule *r = NULL;
    for (size_t i = 0; (r = access_rule_at(i)) != NULL; i++) {
        if (strcmp(r->words, "actor.recover") == 0) continue;
        refuses(call_rule(r), DAYBOOK_REFUSED, "this ledger has actors, and no token was shown");
    }
    open_as(tokens[ROLE_AUDITOR], NULL);
}

Test(access, approving_all_drafts_by_a_run_is_for_whoever_may_approve_one)
{
    add_everybody();
    open_as(tokens[ROLE_OPERATOR], NULL);
    refuses(call("run", "{\"through\":\"2025-01-10\",\"finalize\":true,\"approve\":true,\"dry_run\":true}"),
            DAYBOOK_REFUSED,
            "'operator' is operator, and may not 'draft approve': accountant or administrator may");
    does(call("run", "{\"through\":\"2025-01-10\",\"dry_run\":true}"));
}

Test(access, a_line_of_an_imported_file_is_judged_by_its_own_command)
{
    add_everybody();
    does(call("subscription.create",
              "{\"user\":\"ann\",\"tier\":\"basic\",\"payment_method\":\"pm_card_visa\"}"));
    FILE *f = fopen(test_path("lines.jsonl"), "w");
    cr_assert(f != NULL);
    (void)fprintf(
        f, "{\"command\":\"invoice.one-off\",\"user\":\"ann\",\"description\":\"x\",\"amount\":\"5.00\"}\n"
           "{\"command\":\"coupon.apply\",\"user\":\"ann\",\"code\":\"NONE\"}\n"
           "{\"command\":\"usage.alert\",\"user\":\"ann\",\"usage_type\":\"api_calls\",\"threshold\":\"5\"}\n"
           "{\"command\":\"actor.remove\",\"name\":\"auditor\"}\n");
    (void)fclose(f);
    open_as(tokens[ROLE_OPERATOR], NULL);
    char arguments[512], *answer = NULL;
    (void)snprintf(arguments, sizeof arguments, "{\"kind\":\"commands\",\"file\":\"%s\"}",
                   test_path("lines.jsonl"));
    does(daybook_call(book, "import", arguments, &answer, &why));
    json_t *j = json_loads(answer, 0, NULL);
    assert_int(json_integer_value(json_object_get(j, "accepted")), 1);
    assert_int(json_integer_value(json_object_get(j, "rejected")), 3);
    cr_assert(strstr(json_string_value(json_object_get(j, "first_reject")), "may not 'invoice one-off'") !=
              NULL);
    json_decref(j);
    daybook_free(answer);
}

/* ---- tokens ---- */

Test(access, a_token_with_one_digit_changed_is_told_from_one_that_is_not_known)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= ";
    struct hash sha256;
    struct str good = token_make(&sha256, world_real(), A);
    char text[TOKEN_TEXT + 2];
    for (size_t i = 0; i < good.len; i++) {
        for (const char *d = digits; *d != '\0'; d++) {
            memcpy(text, good.ptr, good.len);
            text[i] = *d;
            struct shown_token t = token_read((struct str){text, good.len});
            cr_expect(t.form == (*d == good.ptr[i] ? TOKEN_SHOWN : TOKEN_MISSPELT), "digit %zu as %c", i, *d);
        }
        cr_expect(token_read((struct str){good.ptr, i}).form == TOKEN_MISSPELT, "cut at %zu", i);
    }
    memcpy(text, good.ptr, good.len);
    text[good.len] = 'A';
    cr_assert(token_read((struct str){text, good.len + 1}).form == TOKEN_MISSPELT);
    struct shown_token shown = token_read(good);
    cr_assert(hash_equal(&shown.sha256, &sha256));
}

Test(access, two_tokens_are_never_the_same)
{
    struct hash one, other;
    struct str a = token_make(&one, world_real(), A), b = token_make(&other, world_real(), A);
    cr_assert_not(str_equal(a, b));
    cr_assert_not(hash_equal(&one, &other));
}

Test(access, only_a_token_that_counts_opens)
{
    char ends[TOKEN_TEXT + 1], extra[TOKEN_TEXT + 1];
    struct hash unused;
    add_everybody();
    take_token(ends, "token.issue", "{\"name\":\"operator\",\"until\":\"2025-01-10\",\"label\":\"today\"}");
    take_token(extra, "token.issue", "{\"name\":\"operator\"}");
    does(call("token.revoke", "{\"token\":\"tok_6\"}"));
    struct str foreign = token_make(&unused, world_real(), A);
    open_as(ends, NULL);
    does(call("stats", "{}"));
    at("2025-01-11T00:00:00Z");
    refuses(call("stats", "{}"), DAYBOOK_REFUSED, "token tok_5 of 'operator' ended on 2025-01-10");
    open_as(extra, NULL);
    refuses(call("stats", "{}"), DAYBOOK_REFUSED, "token tok_6 of 'operator' was revoked");
    open_as(foreign.ptr, NULL);
    refuses(call("stats", "{}"), DAYBOOK_REFUSED, "the token is none of this ledger's");
    open_as("dbk_", NULL);
    refuses(call("stats", "{}"), DAYBOOK_REFUSED, "no token, or one that was cut or misspelt");
    open_as(tokens[ROLE_ADMINISTRATOR], NULL);
    does(call("actor.remove", "{\"name\":\"operator\"}"));
    open_as(tokens[ROLE_OPERATOR], NULL);
    refuses(call("stats", "{}"), DAYBOOK_REFUSED, "of 'operator' is of an actor who was removed");
    open_as(tokens[ROLE_AUDITOR], NULL);
}

Test(access, a_token_is_revoked_for_who_is_in_already)
{
    add_everybody();
    char mine[TOKEN_TEXT + 1];
    take_token(mine, "token.issue", "{\"name\":\"administrator\"}");
    open_as(mine, NULL);
    does(call("token.revoke", "{\"token\":\"tok_5\"}"));
    refuses(call("stats", "{}"), DAYBOOK_REFUSED, "was revoked");
    open_as(tokens[ROLE_AUDITOR], NULL);
}

Test(access, a_ledger_without_actors_asks_for_no_token_and_takes_none)
{
    struct hash unused;
    does(call("customer.create", "{\"user\":\"ann\"}"));
    does(call("customer.show", "{\"user\":\"ann\"}"));
    struct daybook_verification *v = NULL;
    does(daybook_verify(book, &v, &why));
    int64_t records = v->records;
    daybook_free(v);
    does(call("customer.list", "{}"));
    does(daybook_verify(book, &v, &why));
    assert_int(v->records, records); /* reading writes nothing */
    daybook_free(v);
    open_as(token_make(&unused, world_real(), A).ptr, NULL);
    refuses(call("stats", "{}"), DAYBOOK_REFUSED, "a token was shown, and this ledger has no actors");
    open_as(NULL, "test");
}

Test(access, who_asks_is_told_by_the_token_alone)
{
    add_everybody();
    open_as(tokens[ROLE_OPERATOR], "administrator");
    refuses(call("stats", "{}"), DAYBOOK_REFUSED, "this ledger knows who asks by the token alone");
    open_as(tokens[ROLE_OPERATOR], NULL);
    does(call("customer.create", "{\"user\":\"ann\"}"));
    assert_int(count_rows("{\"by\":\"operator\",\"action\":\"customer create\",\"result\":\"done\"}"), 1);
    assert_int(count_rows("{\"action\":\"customer.create\",\"by\":\"test\"}"), 0);
}

/* ---- what the log has of it ---- */

Test(access, what_was_read_exported_or_refused_is_in_the_log_and_what_is_asked_often_is_not)
{
    add_everybody();
    does(call("customer.create",
              "{\"user\":\"ann\",\"party\":{\"name\":\"Ann Example\",\"email\":\"ann@example.com\"}}"));
    open_as(tokens[ROLE_ACCOUNTANT], NULL);
    does(call("customer.show", "{\"user\":\"ann\"}"));
    does(call("customer.list", "{}"));
    does(call("usage.show", "{\"user\":\"ann\"}"));
    (void)call("entitlement.check", "{\"user\":\"ann\",\"feature\":\"api_calls\"}");
    char arguments[512];
    (void)snprintf(arguments, sizeof arguments, "{\"name\":\"trial_balance\",\"output\":\"%s\"}",
                   test_path("tb.csv"));
    does(call("report", arguments));
    cr_assert(call("invoice.credit", "{\"invoice\":\"INV-2025-000009\"}") == DAYBOOK_NOT_FOUND);
    cr_assert(call("customer.create", "{\"user\":\"bob\"}") == DAYBOOK_REFUSED);
    char *rows = log_of("{\"user\":\"ann\",\"by\":\"accountant\"}");
    cr_assert(strstr(rows, "\"action\":\"customer.show\"") != NULL, "%s", rows);
    cr_assert(strstr(rows, "\"result\":\"done\"") != NULL);
    daybook_free(rows);
    rows = log_of("{\"by\":\"accountant\"}");
    cr_assert(strstr(rows, "\"subject\":\"trial_balance to ") != NULL, "%s", rows);
    cr_assert(strstr(rows, "\"result\":\"not_found\"") != NULL, "%s", rows);
    cr_assert(strstr(rows, "\"subject\":\"INV-2025-000009\"") != NULL, "%s", rows);
    cr_assert(strstr(rows, "refused: customer.create (role accountant)") != NULL, "%s", rows);
    cr_assert(strstr(rows, "usage.show") == NULL && strstr(rows, "entitlement") == NULL, "%s", rows);
    cr_assert(strstr(rows, "Ann Example") == NULL && strstr(rows, "ann@example.com") == NULL, "%s", rows);
    daybook_free(rows);
    assert_int(count_rows("{\"by\":\"accountant\"}"), 5);
    assert_int(count_rows("{\"by\":\"accountant\",\"limit\":2}"), 2);
}

Test(access, whoever_has_no_token_cannot_fill_the_log)
{
    add_everybody();
    struct daybook_verification *v = NULL;
    does(daybook_verify(book, &v, &why));
    int64_t before = v->records;
    daybook_free(v);
    open_as(NULL, NULL);
    for (int i = 0; i < 500; i++) cr_assert(call("customer.list", "{}") == DAYBOOK_REFUSED);
    at("2025-01-10T09:02:00Z");
    cr_assert(call("customer.list", "{}") == DAYBOOK_REFUSED);
    for (int i = 0; i < 100; i++) cr_assert(call("customer.list", "{}") == DAYBOOK_REFUSED);
    char *rows = log_of("{\"by\":\"unauthenticated\"}"); /* opening anew closes that handle */
    cr_assert(strstr(rows, "refused: customer.list (no token)\"") != NULL, "%s", rows);
    cr_assert(strstr(rows, "refused: customer.list (no token), 500 times") != NULL, "%s", rows);
    cr_assert(strstr(rows, ", 100 times") != NULL, "%s", rows);
    daybook_free(rows);
    assert_int(count_rows("{\"by\":\"unauthenticated\"}"), 3);
    does(daybook_verify(book, &v, &why));
    cr_assert(v->records - before < 8, "%jd", (intmax_t)(v->records - before));
    daybook_free(v);
}

Test(access, a_message_of_stripe_wants_the_role_of_who_hands_it_on)
{
    add_everybody();
    open_as(tokens[ROLE_AUDITOR], NULL);
    refuses(daybook_handle_webhook(book, "{}", 2, "t=1,v1=00", "whsec_0123456789abcdef", NULL, &why),
            DAYBOOK_REFUSED, "may not 'webhook handle'");
    open_as(tokens[ROLE_OPERATOR], NULL);
    cr_assert(daybook_handle_webhook(book, "{}", 2, "t=1,v1=00", "whsec_0123456789abcdef", NULL, &why) ==
              DAYBOOK_INVALID);
    open_as(tokens[ROLE_AUDITOR], NULL);
}

Test(access, a_role_is_shown_with_all_that_it_may_do)
{
    char *answer = NULL;
    add_everybody();
    does(daybook_call(book, "actor.show", "{\"name\":\"auditor\"}", &answer, &why));
    json_t *j = json_loads(answer, 0, NULL), *may = json_object_get(j, "may");
    size_t wanted = 0;
    const struct access_rule *r = NULL;
    for (size_t i = 0; (r = access_rule_at(i)) != NULL; i++) wanted += access_may(ROLE_AUDITOR, r->words);
    assert_int(json_array_size(may), wanted);
    cr_assert(strstr(answer, "\"status\":\"valid\"") != NULL);
    json_decref(j);
    daybook_free(answer);
}
