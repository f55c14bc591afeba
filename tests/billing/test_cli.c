/* SPDX-License-Identifier: MIT */
/* test_cli.c - the command line is read as it is meant, slips are named with what was meant, and the manual
 * says all there is. */
#include "billing/cli.h"
#include "tests/lib/fixture.h"

TestSuite(cli, .init = test_begin, .fini = test_end);

enum { WORDS_MAX = 24 };

/* Splits at blanks; a word "_" stands for an empty one. */
static enum err parse(struct cli_command *out, const char *line)
{
    const char *argv[WORDS_MAX] = {"daybook"};
    int argc = 1;
    struct str left = str_of(line);
    while (left.len > 0) {
        const char *blank = memchr(left.ptr, ' ', left.len);
        size_t len = blank == NULL ? left.len : (size_t)(blank - left.ptr);
        cr_assert(argc < WORDS_MAX);
        struct str word = {left.ptr, len};
        argv[argc++] = str_is(word, "_") ? "" : str_cstring(A, word);
        left = blank == NULL ? STR_NONE : (struct str){blank + 1, left.len - len - 1};
    }
    return cli_parse(out, argc, argv, A, E);
}

static const void *body_of(const char *line, const char *words)
{
    struct cli_command *c = arena_new_of(A, struct cli_command);
    assert_ok(parse(c, line));
    cr_assert(c->verb != NULL);
    assert_str(str_of(c->verb->words), words);
    return c->body;
}

/* ---- what is meant ---- */

Test(cli, arguments_stand_in_their_order_and_options_anywhere)
{
    static const char *const lines[] = {
        "subscription create u1 --tier pro --interval year",
        "subscription create --tier pro u1 --interval=year",
        "subscription create --interval year --tier=pro -- u1",
        "--dir d subscription create --now 2025-01-01 u1 --tier pro --json --interval year",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct subscription_create_command *c = body_of(lines[i], "subscription.create");
        assert_str(c->user, "u1");
        assert_str(c->tier, "pro");
        cr_assert(c->interval == BILLING_YEAR);
    }
}

Test(cli, global_options_are_known_before_and_behind_the_command)
{
    struct cli_command c = {0};
    assert_ok(parse(&c, "--dir a --json customer update u1 --quiet --key-file=k --actor nightly "
                        "--idempotency-key 17"));
    assert_str(c.globals.dir, "a");
    assert_str(c.globals.key_file, "k");
    assert_str(c.globals.actor, "nightly");
    assert_str(c.globals.idempotency_key, "17");
    cr_assert(c.globals.json);
    cr_assert(c.globals.quiet);
    cr_assert_not(c.globals.help);
}

Test(cli, a_single_command_takes_a_key_whoever_puts_it_together)
{
    static const char *const lines[] = {"usage record u1 api_calls 5 --idempotency-key 17",
                                        "catalog load c.json --idempotency-key 17",
                                        "payment refund txn_1 --idempotency-key 17"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct cli_command c = {0};
        assert_ok(parse(&c, lines[i]));
        assert_str(c.globals.idempotency_key, "17");
    }
}

Test(cli, negative_amounts_are_amounts)
{
    static const char *const lines[] = {
        "invoice add-item u1 --description x --amount -5.25",
        "invoice add-item u1 --description x --amount=-5.25",
        "invoice add-item --amount -5.25 --description x u1",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct invoice_add_item_command *c = body_of(lines[i], "invoice.add-item");
        assert_str(decimal_text(A, c->amount), "-5.25");
        assert_str(c->user, "u1");
    }
    const struct transaction_store_command *t = body_of("transaction store u1 -0.5", "transaction.store");
    assert_str(decimal_text(A, t->amount), "-0.5");
}

Test(cli, a_threshold_with_a_percent_sign_is_a_part_of_the_quota)
{
    static const char *const lines[] = {"usage alert u1 api_calls 80.5%",
                                        "usage alert u1 api_calls 80.5 --percent",
                                        "usage alert --percent u1 api_calls 80.5%"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct usage_alert_command *c = body_of(lines[i], "usage.alert");
        assert_str(decimal_text(A, c->threshold), "80.5");
        cr_assert(c->percent);
    }
    const struct usage_alert_command *plain = body_of("usage alert u1 api_calls 80", "usage.alert");
    cr_assert_not(plain->percent);
    struct cli_command c = {0};
    assert_err_says(parse(&c, "payment charge u1 5%"), ERR_INVALID, "amount");
    assert_err_says(parse(&c, "usage alert u1 api_calls %"), ERR_INVALID, "threshold");
}

Test(cli, what_stands_behind_two_hyphens_is_no_option)
{
    const struct customer_create_command *c = body_of("customer create -- --json", "customer.create");
    assert_str(c->user, "--json");
}

Test(cli, parts_of_a_party_are_options_of_their_own)
{
    const struct customer_create_command *c =
        body_of("customer create u1 --name Zoë --postal-code 1000 --country SI", "customer.create");
    assert_str(c->party.name, "Zoë");
    assert_str(c->party.postal_code, "1000");
    assert_str(c->party.country, "SI");
}

Test(cli, switches_are_on_when_named_and_may_say_so)
{
    const struct subscription_cancel_command *on =
        body_of("subscription cancel u1 --immediate", "subscription.cancel");
    const struct subscription_cancel_command *off =
        body_of("subscription cancel u1 --immediate=false", "subscription.cancel");
    const struct payment_method_add_command *first =
        body_of("payment-method add u1 pm_card_visa --default", "payment-method.add");
    cr_assert(on->immediate);
    cr_assert_not(off->immediate);
    cr_assert(first->is_default);
}

Test(cli, dates_times_and_short_options_are_read)
{
    const struct report_file_query *r = body_of("report invoices -o x.csv --from 2025-01-31", "report");
    assert_str(r->output, "x.csv");
    assert_day(r->from, "2025-01-31");
    const struct usage_reading_query *u =
        body_of("usage record u1 api_calls 45.5 --at 2025-01-31T12:00:00+02:00 --event-id e", "usage.record");
    assert_str(u->at, "2025-01-31T12:00:00+02:00");
    assert_str(decimal_text(A, u->amount), "45.5");
    const struct transaction_store_command *t =
        body_of("transaction store u1 5 --at 2025-01-31T12:00:00+02:00", "transaction.store");
    assert_str(instant_text(A, t->at), "2025-01-31T10:00:00Z");
}

Test(cli, arguments_that_may_be_left_out_may_be)
{
    const struct invoice_list_query *all = body_of("invoice list --limit 3", "invoice.list");
    const struct invoice_list_query *one = body_of("invoice list u1", "invoice.list");
    assert_int(all->user.len, 0);
    assert_int(all->limit, 3);
    assert_str(one->user, "u1");
}

Test(cli, help_needs_nothing_else)
{
    struct cli_command c = {0};
    assert_ok(parse(&c, "subscription create --help"));
    cr_assert(c.globals.help);
    assert_str(str_of(c.verb->words), "subscription.create");
    assert_ok(parse(&c, "invoice --help"));
    assert_str(c.group, "invoice");
    assert_ok(parse(&c, "-h"));
    cr_assert(c.globals.help);
}

/* ---- slips ---- */

Test(cli, an_option_that_may_be_given_several_times_keeps_all_its_values)
{
    const struct witness_query *q =
        body_of("witness --key k --log a+1 --state s --log=b+2 --log c+3", "witness");
    assert_str(q->log, "a+1 b+2 c+3");
    assert_str(q->key, "k");
    const struct audit_anchor_query *anchor =
        body_of("audit anchor --time-stamp-authority http://a/x --at-once", "audit.anchor");
    assert_str(anchor->time_stamp_authority, "http://a/x");
    cr_assert(anchor->at_once && !anchor->list);
}

static const struct {
    const char *line;
    enum err code;
    const char *says;
} slips[] = {
    {"", ERR_USAGE, "a command is missing; see 'daybook help'"},
    {"invoice", ERR_USAGE, "'invoice' wants a second word; see 'daybook help invoice'"},
    {"subscribtion create u1", ERR_USAGE, "there is no command 'subscribtion'; did you mean 'subscription'?"},
    {"subscription craete u1", ERR_USAGE,
     "there is no command 'subscription craete'; did you mean 'subscription create'?"},
    {"subscription xyzzyx u1", ERR_USAGE, "there is no command 'subscription xyzzyx'; see 'daybook help'"},
    {"frobnicate", ERR_USAGE, "there is no command 'frobnicate'; see 'daybook help'"},
    {"subscription create u1 --tier pro --interval yeer", ERR_INVALID,
     "--interval: 'yeer' is not one of day, week, month, year, quarter, half_year; did you mean 'year'?"},
    {"catalog.show", ERR_USAGE, "there is no command 'catalog.show'; see 'daybook help'"},
    {"subscription create u1 --teir pro", ERR_USAGE, "there is no option '--teir'; did you mean '--tier'?"},
    {"subscription create u1 --payment_method p --tier pro", ERR_USAGE,
     "there is no option '--payment_method'; did you mean '--payment-method'?"},
    {"subscription create u1 --tier pro --jsn", ERR_USAGE,
     "there is no option '--jsn'; did you mean '--json'?"},
    {"stats -x", ERR_USAGE, "there is no option '-x'"},
    {"subscription create --tier pro", ERR_USAGE, "subscription create: user is missing: the customer's id"},
    {"subscription create u1", ERR_USAGE,
     "subscription create: --tier is missing: code of the tier in the catalog: free, basic, pro, enterprise "
     "…"},
    {"subscription create u1 --tier", ERR_USAGE, "option '--tier' wants a value"},
    {"subscription create u1 --tier --json", ERR_USAGE, "option '--tier' wants a value"},
    {"subscription create u1 --tier pro --tier free", ERR_USAGE, "option '--tier' is given twice"},
    {"subscription show u1 u2", ERR_USAGE, "subscription show: 'u2' is one argument too many"},
    {"subscription cancel u1 --immediate=soon", ERR_USAGE,
     "option '--immediate' is a switch: it takes no value"},
    {"stats --dir=", ERR_USAGE, "option '--dir' is empty"},
    {"payment charge u1 1e3", ERR_INVALID, "amount: number '1e3': exponents are not accepted"},
    {"payment charge u1 +5", ERR_INVALID, "amount: number '+5': a plus sign is not accepted"},
    {"subscription create u1 --tier pro --start 2025-02-29", ERR_INVALID,
     "--start: date '2025-02-29': there is no such day"},
    {"invoice credit INV-2025-000001 --as cash", ERR_INVALID,
     "--as: 'cash' is not one of refund, credit, offset"},
    {"customer create ann --tax-exempt maybe", ERR_INVALID, "--tax-exempt: 'maybe' is not one of yes, no"},
    {"payment refund txn_1 --amount 0.00", ERR_INVALID, "--amount: more than nothing is wanted"},
    {"subscription update u1 --billing-day 0", ERR_INVALID, "--billing-day: more than nothing is wanted"},
    {"run --through 2025-01-31 --out o --idempotency-key 17", ERR_USAGE,
     "run takes no --idempotency-key: only single commands do"},
    {"--idempotency-key 17 import usage u.csv", ERR_USAGE,
     "import takes no --idempotency-key: only single commands do"},
    {"usage import u.csv --idempotency-key 17", ERR_USAGE,
     "usage import takes no --idempotency-key: only single commands do"},
    {"payment list --idempotency-key=17", ERR_USAGE,
     "payment list takes no --idempotency-key: only single commands do"},
    {"payment charge u1 4242424242424242", ERR_INVALID,
     "amount: card numbers and security codes are never accepted"},
};

Test(cli, a_slip_is_named_with_what_was_meant)
{
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        struct cli_command c = {0};
        enum err got = parse(&c, slips[i].line);
        cr_assert(got == slips[i].code, "'%s': got %s: %s", slips[i].line, err_word(got), E->text);
        cr_assert(strcmp(E->text, slips[i].says) == 0, "'%s':\n got    %s\n wanted %s", slips[i].line,
                  E->text, slips[i].says);
    }
}

Test(cli, a_wrong_choice_lists_the_words)
{
    struct cli_command c = {0};
    assert_err_says(parse(&c, "subscription create u1 --tier pro --interval hour"), ERR_INVALID,
                    "month, year");
}

Test(cli, card_numbers_are_not_shown_again)
{
    struct cli_command c = {0};
    cr_assert(parse(&c, "4242424242424242") == ERR_USAGE);
    cr_assert(strstr(E->text, "4242") == NULL, "%s", E->text);
    cr_assert(parse(&c, "stats 4242424242424242") == ERR_USAGE);
    cr_assert(strstr(E->text, "4242") == NULL, "%s", E->text);
    cr_assert(parse(&c, "subscription create u1 --tier pro --start 4242424242424242") == ERR_INVALID);
    cr_assert(strstr(E->text, "4242") == NULL, "%s", E->text);
}

Test(cli, the_nearest_word_is_near)
{
    static const struct {
        const char *word, *candidates[4], *best;
    } cases[] = {
        {"teir", {"tier", "timer", "price"}, "tier"}, /* two letters swapped are one slip */
        {"ammount", {"amount", "count", "at"}, "amount"},
        {"curency", {"currency", "country"}, "currency"},
        {"zzz", {"tier", "amount"}, ""},
        {"xy", {"at", "to"}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nearest n = nearest_to(str_of(cases[i].word));
        for (size_t k = 0; k < 4 && cases[i].candidates[k] != NULL; k++)
            nearest_try(&n, str_of(cases[i].candidates[k]));
        assert_str(n.best, cases[i].best);
    }
}

/* ---- the tables ---- */

Test(cli, every_verb_can_be_found_and_says_what_it_does)
{
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        struct slot *slots = NULL;
        size_t count = verb_slots(&slots, v, A);
        cr_assert(verb_find(str_of(v->words)) == v, "'%s' stands there twice", v->words);
        cr_assert(strlen(v->help) > 10, "%s", v->words);
        for (size_t k = 0; k < count; k++) {
            for (size_t g = 0; cli_global_option(g) != NULL; g++) {
                cr_assert(strcmp(slots[k].name, cli_global_option(g)->name) != 0,
                          "%s: --%s stands anywhere already", v->words, slots[k].name);
            }
        }
    }
}

Test(cli, what_only_the_program_fills_is_no_option)
{
    struct cli_command c = {0};
    assert_err_says(parse(&c, "payment charge u1 5 --gateway x"), ERR_USAGE,
                    "there is no option '--gateway'");
    assert_err_says(parse(&c, "customer bill 5"), ERR_USAGE, "there is no command 'customer bill'");
    assert_err_says(parse(&c, "payment settle 5"), ERR_USAGE, "there is no command 'payment settle'");
}

/* The lines of the manual about one verb: from its item to the next command's. */
static struct str manual_of(struct str manual, const struct verb *v)
{
    struct str item = str_format(A, "\n.It Cm %.*s", STR_ARG(verb_words(A, v)));
    const char *from = NULL;
    for (const char *p = manual.ptr; (p = strstr(p, str_cstring(A, item))) != NULL; p++) {
        if (p[item.len] == ' ' || p[item.len] == '\n') from = p + 1;
    }
    cr_assert(from != NULL, "the manual does not have '%s'", v->words);
    const char *to = strstr(from, "\n.It Cm ");
    return str_copy(A, (struct str){from, to == NULL ? strlen(from) : (size_t)(to - from)});
}

static bool has_option(struct str text, const char *name)
{
    const char *text0 = str_cstring(A, text);
    const char *item = str_cstring(A, str_format(A, "Fl -%s", name));
    for (const char *p = text0; (p = strstr(p, item)) != NULL; p++) {
        char next = p[strlen(item)];
        if (next == ' ' || next == '\n' || next == '\0') return true;
    }
    return false;
}

Test(cli, every_command_and_option_is_in_the_manual)
{
    struct str manual = test_read("billing/daybook.1");
    manual = str_of(str_cstring(A, manual));
    const struct verb *v = NULL;
    for (size_t i = 0; (v = verb_at(i)) != NULL; i++) {
        struct slot *slots = NULL;
        size_t count = verb_slots(&slots, v, A);
        struct str part = manual_of(manual, v);
        for (size_t k = 0; k < count; k++) {
            if ((slots[k].field->flags & (unsigned)FIELD_ARGUMENT) != 0) continue;
            cr_assert(has_option(part, slots[k].name), "the manual has no --%s for '%s'", slots[k].name,
                      v->words);
        }
    }
    for (size_t g = 0; cli_global_option(g) != NULL; g++) {
        cr_assert(has_option(manual, cli_global_option(g)->name), "no --%s", cli_global_option(g)->name);
    }
}

Test(cli, the_manual_has_no_command_that_is_none)
{
    struct str manual = test_read("billing/daybook.1");
    size_t in_manual = 0, verbs = 0;
    for (const char *p = str_cstring(A, manual); (p = strstr(p, "\n.It Cm ")) != NULL; p++) in_manual++;
    while (verb_at(verbs) != NULL) verbs++;
    assert_int(in_manual, verbs);
}
