/* SPDX-License-Identifier: MIT */
/* test_ledger.c - the ledger as a whole, log and views on disk: what is acknowledged stays, what is refused
 * leaves nothing, who else is there does no harm. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "projections/projections.h"
#include "tests/lib/fixture.h"

TestSuite(ledger, .init = test_begin, .fini = test_end);

static struct frozen_clock noon = {{INT64_C(1735732800000000)}}; /* 2025-01-01T12:00:00Z */

static struct ledger_options options(const char *name)
{
    return (struct ledger_options){.dir = test_path(name),
                                   .world = world_frozen(&noon),
                                   .state = &daybook_state,
                                   .map_bytes = 64u << 20};
}

static struct ledger *made(const char *name)
{
    struct ledger_options o = options(name);
    struct ledger *l = NULL;
    assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&l, &o, E));
    return l;
}

static struct command new_customer(const char *user)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    c.customer_create.user = str_of(user);
    return c;
}

static enum err run(struct outcome *out, struct ledger *l, const struct command *c, const char *key)
{
    struct request r = {.command = c, .key = str_of(key), .actor = STR("test")};
    return ledger_execute(out, l, &r, A, E);
}

static uint64_t size_of(struct ledger *l)
{
    struct log_state s = {0};
    assert_ok(log_state(&s, ledger_log(l), E));
    return s.head.range.size;
}

static void assert_customer(struct ledger *l, const char *user)
{
    struct views_txn *t = NULL;
    struct customer c = {0};
    assert_ok(ledger_read_begin(&t, l, E));
    assert_ok(find_customer(&c, t, str_of(user), A, E));
    ledger_read_end(l, t);
}

static void assert_verified(struct ledger *l)
{
    struct ledger_report report = {0};
    assert_ok(ledger_verify(&report, l, NULL, NULL, A, E));
}

Test(ledger, remembers_over_closing_and_opening)
{
    struct ledger *l = made("d");
    struct ledger_options o = options("d");
    struct command c = new_customer("ann");
    struct outcome out = {0};
    assert_ok(run(&out, l, &c, ""));
    ledger_close(l);
    assert_ok(ledger_open(&l, &o, E));
    assert_customer(l, "ann");
    assert_verified(l);
    ledger_close(l);
}

Test(ledger, a_refused_command_leaves_nothing)
{
    struct ledger *l = made("d");
    struct command c = new_customer("ann");
    struct outcome out = {0};
    assert_ok(run(&out, l, &c, ""));
    uint64_t before = size_of(l);
    assert_err(run(&out, l, &c, ""), ERR_REFUSED, "there is a customer 'ann' already");
    assert_int(size_of(l), before);
    ledger_close(l);
}

Test(ledger, the_same_key_answers_the_first_result_and_another_body_is_refused)
{
    struct ledger *l = made("d");
    struct command c = new_customer("ann"), other = new_customer("bob");
    struct outcome first = {0}, again = {0};
    assert_ok(run(&first, l, &c, "k1"));
    uint64_t before = size_of(l);
    assert_ok(run(&again, l, &c, "k1"));
    cr_assert(again.replayed);
    assert_int(again.seq, first.seq);
    assert_int(again.events_count, first.events_count);
    assert_str(again.events[0].customer_created.user, "ann");
    assert_int(size_of(l), before);
    cr_assert(run(&again, l, &other, "k1") == ERR_REFUSED);
    ledger_close(l);
}

Test(ledger, a_rehearsal_shows_what_would_be_and_leaves_nothing)
{
    struct ledger *l = made("d");
    struct command c = new_customer("ann");
    struct outcome out = {0};
    struct hash before = {0}, after = {0};
    uint64_t entries = 0, size = size_of(l);
    assert_ok(ledger_digest(&before, &entries, l, E));
    assert_ok(ledger_rehearse_begin(l, E));
    assert_ok(run(&out, l, &c, ""));
    assert_customer(l, "ann");
    ledger_rehearse_end(l);
    assert_ok(ledger_digest(&after, &entries, l, E));
    cr_assert(memcmp(&before, &after, sizeof before) == 0);
    assert_int(size_of(l), size);
    assert_ok(run(&out, l, &c, ""));
    assert_verified(l);
    ledger_close(l);
}

struct other_thread {
    struct ledger *ledger;
    struct outcome out;
    bool sees_ann; /* while she is only rehearsed */
};
static bool is_there(struct ledger *l, const char *user)
{
    struct views_txn *t = NULL;
    struct customer c = {0};
    struct arena *a = arena_new();
    struct error e = {0};
    cr_assert(ledger_read_begin(&t, l, &e) == OK, "%s", e.text);
    bool yes = find_customer(&c, t, str_of(user), a, &e) == OK;
    ledger_read_end(l, t);
    arena_free(a);
    return yes;
}
static void *look(void *context)
{
    struct other_thread *x = context;
    x->sees_ann = is_there(x->ledger, "ann");
    return NULL;
}
static void *add_bob(void *context)
{
    struct other_thread *x = context;
    struct command c = new_customer("bob");
    struct request r = {.command = &c, .actor = STR("test")};
    struct arena *a = arena_new();
    struct error e = {0};
    cr_assert(ledger_execute(&x->out, x->ledger, &r, a, &e) == OK, "%s", e.text);
    arena_free(a);
    return NULL;
}

Test(ledger, what_one_rehearses_nobody_else_sees_and_what_others_do_meanwhile_is_kept)
{
    struct ledger *l = made("d");
    struct command c = new_customer("ann");
    struct outcome out = {0};
    struct other_thread reader = {.ledger = l}, writer = {.ledger = l};
    pthread_t reads, writes;
    assert_ok(ledger_rehearse_begin(l, E));
    assert_ok(run(&out, l, &c, ""));
    cr_assert(is_there(l, "ann"));
    cr_assert(pthread_create(&writes, NULL, add_bob, &writer) == 0);
    cr_assert(pthread_create(&reads, NULL, look, &reader) == 0);
    cr_assert(pthread_join(reads, NULL) == 0);
    assert_ok(run(&out, l,
                  &(struct command){.type = COMMAND_CUSTOMER_UPDATE,
                                    .customer_update = {.user = STR("ann"), .locale = STR("de-DE")}},
                  ""));
    ledger_rehearse_end(l);
    cr_assert(pthread_join(writes, NULL) == 0);
    cr_assert(!reader.sees_ann);
    cr_assert(writer.out.code == OK);
    cr_assert(is_there(l, "bob"));
    cr_assert(!is_there(l, "ann"));
    assert_verified(l);
    ledger_close(l);
}

Test(ledger, all_or_nothing_is_nothing_when_one_is_refused)
{
    struct ledger *l = made("d");
    struct command c[] = {new_customer("ann"), new_customer("bob"), new_customer("ann")};
    struct request r[3];
    struct outcome out[3];
    uint64_t before = size_of(l);
    for (int i = 0; i < 3; i++) r[i] = (struct request){.command = &c[i], .actor = STR("test")};
    cr_assert(ledger_execute_batch(out, l, r, 3, true, A, E) == ERR_REFUSED);
    assert_int(size_of(l), before);
    assert_ok(ledger_execute_batch(out, l, r, 3, false, A, E));
    assert_int(out[1].code, OK);
    assert_int(out[2].code, ERR_REFUSED);
    assert_verified(l);
    ledger_close(l);
}

/* ---- keys and copies ---- */

Test(ledger, another_key_does_not_open_it)
{
    struct ledger_options o = options("d"), other = options("e");
    struct ledger *l = made("d");
    ledger_close(l);
    ledger_close(made("e"));
    o.key_file = test_path("e.key");
    cr_assert(ledger_open(&l, &o, E) == ERR_INVALID);
    cr_assert(strstr(E->text, "key does not open") != NULL, "%s", E->text);
    (void)other;
}

Test(ledger, without_key_the_chain_can_still_be_verified)
{
    struct ledger *l = made("d");
    struct ledger_options o = options("d");
    struct command c = new_customer("ann");
    struct outcome out = {0};
    struct ledger_report report = {0};
    assert_ok(run(&out, l, &c, ""));
    ledger_close(l);
    cr_assert(unlink(test_path("d.key")) == 0);
    o.without_key = true;
    assert_ok(ledger_open(&l, &o, E));
    assert_ok(ledger_verify(&report, l, NULL, NULL, A, E));
    cr_assert(!report.with_key);
    assert_int(report.chain.records, 4); /* genesis, two epochs, one command */
    ledger_close(l);
}

Test(ledger, there_is_one_ledger_in_a_directory)
{
    struct ledger_options o = options("d");
    ledger_close(made("d"));
    cr_assert(ledger_create(&o, E) == ERR_REFUSED, "%s", E->text);
}

Test(ledger, views_of_another_ledger_are_dropped_and_folded_anew)
{
    struct ledger *l = made("d");
    struct ledger_options o = options("d");
    struct command c = new_customer("ann"), d = new_customer("eve");
    struct outcome out = {0};
    char command[1024];
    assert_ok(run(&out, l, &c, ""));
    ledger_close(l);
    l = made("e");
    assert_ok(run(&out, l, &d, ""));
    ledger_close(l);
    snprintf(command, sizeof command, "rm -rf '%s/d/views' && cp -r '%s/e/views' '%s/d/views'", test_dir(),
             test_dir(), test_dir());
    cr_assert(system(command) == 0);
    assert_ok(ledger_open(&l, &o, E));
    assert_customer(l, "ann");
    assert_verified(l);
    ledger_close(l);
}

Test(ledger, nothing_a_customer_told_us_stands_in_clear_in_the_data_directory)
{
    struct ledger *l = made("d");
    struct command c = new_customer("canary_user_id");
    struct command item = {.type = COMMAND_INVOICE_ADD_ITEM};
    struct command method = {.type = COMMAND_PAYMENT_METHOD_ADD};
    struct usage_input in = {.user = STR("canary_user_id"),
                             .usage_type = STR("canary_usage"),
                             .amount = decimal_of(1),
                             .event_id = STR("canary_event")};
    struct command usage = {.type = COMMAND_USAGE_RECORD};
    struct outcome out = {0};
    char command[1024];
    c.customer_create.party = (struct party){
        .name = STR("canary name"), .email = STR("canary@example.com"), .city = STR("canary city")};
    item.invoice_add_item = (struct invoice_add_item_command){
        .user = STR("canary_user_id"), .description = STR("canary item"), .amount = decimal_of(5)};
    method.payment_method_add =
        (struct payment_method_add_command){.user = STR("canary_user_id"), .token = STR("pm_canary")};
    usage.usage_record = (struct usage_record_command){.readings = &in, .readings_count = 1};
    assert_ok(run(&out, l, &c, "canary_key"));
    assert_ok(run(&out, l, &item, ""));
    assert_ok(run(&out, l, &method, ""));
    assert_ok(run(&out, l, &usage, ""));
    ledger_close(l);
    snprintf(command, sizeof command, "grep -r -a -i -l canary '%s/d'", test_dir());
    cr_assert(system(command) != 0, "a customer's text stands in clear");
}

/* ---- many at once ---- */

enum { THREADS = 8, COMMANDS_EACH = 50 };

struct writer {
    struct ledger *ledger;
    int number;
    int failed;
};

static void *write_many(void *context)
{
    struct writer *w = context;
    struct arena *a = arena_new();
    for (int i = 0; i < COMMANDS_EACH; i++) {
        char user[32];
        struct error e = {0};
        struct outcome out = {0};
        struct command c = {.type = COMMAND_CUSTOMER_CREATE};
        struct request r = {.command = &c, .actor = STR("thread")};
        snprintf(user, sizeof user, "u%d_%d", w->number, i);
        c.customer_create.user = str_of(user);
        if (ledger_execute(&out, w->ledger, &r, a, &e) != OK) w->failed++;
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

Test(ledger, commands_of_many_threads_share_commits_and_none_is_lost)
{
    struct ledger *l = made("d");
    pthread_t threads[THREADS];
    struct writer writers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){l, i, 0};
        cr_assert(pthread_create(&threads[i], NULL, write_many, &writers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        cr_assert(pthread_join(threads[i], NULL) == 0);
        assert_int(writers[i].failed, 0);
    }
    assert_int(size_of(l), 3 + THREADS * COMMANDS_EACH);
    assert_verified(l);
    ledger_close(l);
}

static int child_writes(int number)
{
    struct ledger_options o = options("d");
    struct ledger *l = NULL;
    struct error e = {0};
    if (ledger_open(&l, &o, &e) != OK) {
        fprintf(stderr, "child %d: %s\n", number, e.text);
        return 1;
    }
    struct writer w = {l, number, 0};
    (void)write_many(&w);
    ledger_close(l);
    return w.failed == 0 ? 0 : 2;
}

Test(ledger, two_processes_write_and_both_are_in_the_chain)
{
    ledger_close(made("d"));
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        cr_assert(children[i] >= 0);
        if (children[i] == 0) _exit(child_writes(i));
    }
    for (int i = 0; i < 2; i++) {
        int status = 0;
        cr_assert(waitpid(children[i], &status, 0) == children[i]);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child %d: %d", i, status);
    }
    struct ledger_options o = options("d");
    struct ledger *l = NULL;
    assert_ok(ledger_open(&l, &o, E));
    for (int i = 0; i < 2; i++) {
        char user[32];
        snprintf(user, sizeof user, "u%d_%d", i, COMMANDS_EACH - 1);
        assert_customer(l, user);
    }
    assert_verified(l);
    ledger_close(l);
}

/* As on a machine that does not know the time zone of one customer. */
static enum err gather_but_not_bob(struct facts *out, struct views_txn *t, const struct command *c,
                                   const struct decided_at *at, struct zones *zones, struct arena *a,
                                   struct error *e)
{
    if (c->type == COMMAND_CUSTOMER_UPDATE && str_is(c->customer_update.user, "bob"))
        return fail(e, ERR_INVALID, "customer 'bob': where is that?");
    return daybook_state.gather(out, t, c, at, zones, a, e);
}

Test(ledger, what_cannot_be_gathered_for_one_customer_is_refused_and_stops_no_other)
{
    struct ledger_state state = daybook_state;
    struct ledger_options o = options("d");
    struct ledger *l = NULL;
    struct command create[] = {new_customer("ann"), new_customer("bob")}, change[2] = {0};
    struct request requests[2] = {0};
    struct outcome outcomes[2] = {0};
    state.gather = gather_but_not_bob;
    o.state = &state;
    assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&l, &o, E));
    for (size_t i = 0; i < 2; i++) {
        assert_ok(run(&outcomes[0], l, &create[i], ""));
        change[i].type = COMMAND_CUSTOMER_UPDATE;
        change[i].customer_update.user = create[1 - i].customer_create.user; /* bob's comes first */
        change[i].customer_update.locale = STR("de-DE");
        requests[i] = (struct request){.command = &change[i], .actor = STR("test")};
    }
    assert_ok(ledger_execute_batch(outcomes, l, requests, 2, false, A, E));
    assert_int(outcomes[0].code, ERR_INVALID);
    assert_str(str_of(outcomes[0].error.text), "customer 'bob': where is that?");
    assert_int(outcomes[1].code, OK);
    assert_int(outcomes[1].events_count, 1);
    assert_verified(l);
    ledger_close(l);
}
