/* SPDX-License-Identifier: MIT */
/* test_anchor.c - who vouches for checkpoints, asked over a wire of our own: a witness that lives in this
 * process, and one that does what a test tells it to. What is pending is asked again, later each time. */
#include <string.h>

#include "importers/importers.h"
#include "tests/lib/fixture.h"

static struct simulated_world sim;
static struct ledger *l;
static const char *key;
static struct checkpoint_key *witness;
static struct note_key log_key;

/* ---- the wire ---- */

static struct {
    struct http_exchange *on_its_way;
    int questions; /* that were asked */
    bool is_down;  /* nobody answers */
    int status;    /* 0: the witness decides; else this, with the text */
    const char *type, *text;
    struct witnessed_log seen; /* the witness's */
    char last_path[256], last_body[8192];
} wire;

static void be_witness(struct http_exchange *x)
{
    struct witness_verdict v;
    struct str line = STR_NONE;
    witness_judge(&v, x->request.body, &wire.seen, 1, A);
    x->answer.status = v.status;
    if (v.status == WITNESS_OTHER_SIZE) {
        x->answer.type = STR("text/x.tlog.size");
        x->answer.body = str_bytes(str_format(A, "%ju\n", (uintmax_t)wire.seen.size));
    } else if (v.status == WITNESS_SIGNS) {
        assert_ok(witness_key_sign(&line, witness, v.text, 1735732900, A, E));
        x->answer.body = str_bytes(line);
        wire.seen.size = v.at.size;
        wire.seen.root = v.at.root;
    }
}

static enum err send_it(void *self, struct http_exchange *x, struct error *e)
{
    (void)self;
    (void)e;
    wire.questions++;
    wire.on_its_way = x;
    (void)snprintf(wire.last_path, sizeof wire.last_path, "%.*s", STR_ARG(x->request.path));
    (void)snprintf(wire.last_body, sizeof wire.last_body, "%.*s", STR_ARG(x->request.body));
    cr_assert(strcmp(x->request.method, "POST") == 0 && x->request.repeatable);
    x->answer = (struct http_answer){.result = HTTP_ANSWERED, .status = wire.status};
    if (wire.is_down) {
        x->answer = (struct http_answer){.result = HTTP_LOST, .why = STR("it took too long")};
    } else if (wire.status == 0) {
        be_witness(x);
    } else {
        x->answer.type = str_of(wire.type);
        x->answer.body = str_bytes(str_of(wire.text));
    }
    return OK;
}

static enum err next_of(void *self, struct http_exchange **out, int wait_ms, struct error *e)
{
    (void)self;
    (void)wait_ms;
    (void)e;
    *out = wire.on_its_way;
    return OK;
}

static void close_it(void *self)
{
    (void)self;
}

static enum err open_it(struct http *out, const struct http_options *o, struct error *e)
{
    (void)e;
    cr_assert(o->in_clear && o->bearer.len == 0 && o->answer_max_bytes > 0);
    *out = (struct http){.send = send_it, .next = next_of, .close = close_it};
    return OK;
}

/* ---- the ledger ---- */

static void grow(struct ledger *of, const char *user)
{
    struct command c = {.type = COMMAND_CUSTOMER_CREATE};
    struct request r = {.command = &c, .actor = STR("test")};
    struct outcome out = {0};
    c.customer_create.user = str_of(user);
    assert_ok(ledger_execute(&out, of, &r, A, E));
}

static uint64_t sign(void)
{
    struct ledger_checkpoint p;
    struct checkpoint_how how = {.key_file = key};
    assert_ok(ledger_checkpoint(&p, l, &how, A, E));
    return p.head.size;
}

static void begin(void)
{
    test_begin();
    struct str public = STR_NONE;
    sim = (struct simulated_world){.now = moment("2025-01-01T12:00:00Z"), .state = 1};
    struct ledger_options o = {.dir = test_path("d"),
                               .key_file = test_path("master"),
                               .world = world_simulated(&sim),
                               .state = &daybook_state,
                               .map_bytes = 64u << 20};
    assert_ok(ledger_create(&o, E));
    assert_ok(ledger_open(&l, &o, E));
    key = test_path("signer");
    assert_ok(ledger_new_checkpoint_key(&public, l, key, A, E));
    assert_ok(note_key_parse(&log_key, public, A, E));
    assert_ok(witness_key_create(test_path("w"), STR("w.example"), world_real(), A, E));
    assert_ok(witness_key_open(&witness, test_path("w"), E));
    memset(&wire, 0, sizeof wire);
    wire.seen = (struct witnessed_log){.origin = ledger_origin(l), .keys = &log_key, .keys_count = 1};
    struct str policy = str_format(A, "witness w %.*s https://w.example/here/\nquorum w\n",
                                   STR_ARG(note_key_text(A, checkpoint_key_public(witness))));
    test_write(test_path("policy"), policy);
}

static void end(void)
{
    checkpoint_key_close(witness);
    ledger_close(l);
    test_end();
}

TestSuite(anchor, .init = begin, .fini = end);

static struct anchor_report report;

static enum err anchored(bool at_once)
{
    struct anchor_options o = {.policy = test_path("policy"), .at_once = at_once, .open = open_it};
    return anchor_checkpoints(&report, l, &o, A, E);
}

static void later(int64_t seconds)
{
    sim.now.us += seconds * 1000000;
}

/* ---- witnesses ---- */

Test(anchor, a_witness_signs_the_newest_checkpoint_once)
{
    assert_err_says(anchored(false), ERR_NOT_FOUND, "there is no checkpoint yet");
    uint64_t size = sign();
    assert_ok(anchored(false));
    assert_int(report.checkpoint.head.size, size);
    cr_assert(report.has_policy && report.quorum.is_met);
    cr_assert(strcmp(wire.last_path, "/here/add-checkpoint") == 0);
    cr_assert(strncmp(wire.last_body, "old 0\n\ndaybook/", 15) == 0, "%s", wire.last_body);
    assert_str(instant_text(A, report.peers[0].at), "2025-01-01T12:01:40Z");
    assert_ok(anchored(false));
    assert_int(report.peers[0].state, ANCHOR_THERE);
    assert_int(wire.questions, 1);
}

Test(anchor, the_checkpoint_stays_as_it_was_and_proofs_lead_to_the_cosigned_one)
{
    struct ledger_checkpoint before, after;
    struct str cosigned = STR_NONE, proof = STR_NONE;
    (void)sign();
    assert_ok(ledger_newest_checkpoint(&before, l, A, E));
    assert_ok(anchored(false));
    assert_ok(ledger_newest_checkpoint(&after, l, A, E));
    cr_assert(str_equal(before.note, after.note));
    assert_ok(ledger_cosigned_note(&cosigned, l, &after, A, E));
    cr_assert(cosigned.len > before.note.len && memcmp(cosigned.ptr, before.note.ptr, before.note.len) == 0);
    assert_ok(ledger_prove_record(&proof, l, 1, NULL, A, E));
    cr_assert(str_equal(cosigned, (struct str){proof.ptr + proof.len - cosigned.len, cosigned.len}));
    (void)sign(); /* the same size again: nothing is lost */
    assert_ok(anchored(false));
    assert_int(wire.questions, 1);
    struct str changed = str_copy(A, cosigned); /* what is beside it and is not of it counts for nothing */
    test_write(test_path("d/cosigned/00000000000000000002"), (struct str){changed.ptr + 1, changed.len - 1});
    assert_ok(ledger_cosigned_note(&cosigned, l, &after, A, E));
    cr_assert(str_equal(cosigned, after.note));
}

Test(anchor, a_witness_that_knows_another_size_gets_the_proof_from_there_once)
{
    uint64_t first = sign();
    assert_ok(anchored(false));
    grow(l, "ann");
    (void)sign();
    assert_ok(anchored(false));
    assert_int(wire.questions, 2); /* what it signed last is remembered */
    grow(l, "bob");
    (void)sign();
    test_write(test_path("d/anchoring"), STR("not what was noted\n\n 7\n"));
    assert_ok(anchored(false));
    assert_int(wire.questions, 4); /* forgotten: it said the size, and got the proof */
    wire.status = 409;
    wire.type = "text/x.tlog.size";
    wire.text = str_format(A, "%ju\n", (uintmax_t)first).ptr;
    grow(l, "cec");
    (void)sign();
    wire.questions = 0;
    assert_err_says(anchored(false), ERR_INCOMPLETE, "it signed 2 records of this ledger meanwhile");
    assert_int(wire.questions, 2);
}

Test(anchor, another_history_is_an_alert_and_not_something_to_wait_for)
{
    (void)sign();
    assert_ok(anchored(false));
    grow(l, "ann");
    uint64_t size = sign();
    wire.seen.root.bytes[0] ^= 1; /* it saw other records */
    assert_err_says(anchored(false), ERR_TAMPERED, "witness 'w' saw another history of this ledger");
    assert_int(report.peers[0].state, ANCHOR_FORKED);
    assert_err_says(anchored(false), ERR_TAMPERED, "another history"); /* and again, without waiting */
    wire.seen.size = size;
    later(60);
    assert_err_says(anchored(true), ERR_TAMPERED, "it signed other 4 records of this ledger");
    wire.seen.size = size + 1;
    assert_err_says(
        anchored(true), ERR_ROLLED_BACK,
        "this ledger is an older copy: witness 'w': it signed 5 records of this ledger, which has 4");
}

Test(anchor, what_a_witness_answers_instead_is_told_and_not_kept)
{
    const struct {
        int status;
        const char *type, *text, *sentence;
    } cases[] = {
        {200, "text/plain", "", "its answer is not its signature: 'w.example' did not sign it with this key"},
        {200, "text/plain", "<html>\n",
         "its answer is not its signature: its signature 2 is not well-formed"},
        {200, "text/plain", "\xe2\x80\x94 w.example AAAAAAA=\n", "did not sign it"},
        {403, "text/plain", "", "it does not know the key that signed the checkpoint"},
        {404, "text/plain", "", "it does not know this ledger"},
        {409, "text/plain", "7\n", "it answered with status 409"},
        {409, "text/x.tlog.size", "7", "it answered with status 409"},
        {409, "text/x.tlog.size", "-7\n", "it answered with status 409"},
        {400, "text/plain", "", "it answered with status 400"},
        {500, "text/plain", "", "it answered with status 500"},
    };
    (void)sign();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wire.status = cases[i].status;
        wire.type = cases[i].type;
        wire.text = cases[i].text;
        assert_err_says(anchored(true), ERR_INCOMPLETE, cases[i].sentence);
        cr_assert(!file_exists(test_path("d/cosigned")));
    }
}

Test(anchor, who_does_not_answer_is_asked_later_each_time)
{
    static const int64_t waits[] = {60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600};
    (void)sign();
    wire.is_down = true;
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        int before = wire.questions;
        assert_err_says(anchored(false), ERR_INCOMPLETE, "'w': it took too long");
        assert_int(wire.questions, before + 1);
        assert_int(report.peers[0].next_try.us - sim.now.us, waits[i] * 1000000);
        later(waits[i] - 1);
        assert_err_says(anchored(false), ERR_INCOMPLETE, "'w': it did not lately");
        assert_int(wire.questions, before + 1);
        later(1);
    }
    wire.is_down = false;
    assert_ok(anchored(false));
    assert_int(report.peers[0].state, ANCHOR_DONE);
    assert_int(report.peers[0].failures, 0);
}

Test(anchor, a_clock_that_was_set_back_keeps_nobody_waiting_for_ever)
{
    (void)sign();
    wire.is_down = true;
    assert_err_says(anchored(false), ERR_INCOMPLETE, "it took too long");
    wire.is_down = false;
    later(-100 * 24 * 3600);
    assert_ok(anchored(false));
}

Test(anchor, one_process_asks_at_a_time)
{
    int lock = -1;
    (void)sign();
    assert_ok(ledger_lock_anchoring(&lock, l, A, E));
    assert_err_says(anchored(false), ERR_CONFLICT, "somebody else is asking");
    ledger_unlock_anchoring(lock);
    assert_ok(anchored(false));
}

Test(anchor, whom_to_ask_is_checked_before_anybody_is_asked)
{
    struct anchor_options o = {.open = open_it};
    (void)sign();
    assert_err_says(anchor_checkpoints(&report, l, &o, A, E), ERR_INVALID, "nobody is named");
    o.policy = test_path("none");
    assert_err_says(anchor_checkpoints(&report, l, &o, A, E), ERR_INVALID, "none'");
    test_write(test_path("bad"), STR("quorum nobody\n"));
    o.policy = test_path("bad");
    assert_err_says(anchor_checkpoints(&report, l, &o, A, E), ERR_INVALID,
                    "bad': line 1: no line before defines 'nobody'");
    test_write(test_path("other"), STR("log PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/"
                                       "LDE4izWy10TW\nquorum none\n"));
    o.policy = test_path("other");
    assert_err_says(anchor_checkpoints(&report, l, &o, A, E), ERR_INVALID, "is about other ledgers");
    o = (struct anchor_options){
        .open = open_it, .authorities = STR("http://x"), .certificates = test_path("bad")};
    assert_err_says(anchor_checkpoints(&report, l, &o, A, E), ERR_INVALID, "is no file of certificates");
    assert_int(wire.questions, 0);
}

Test(anchor, a_line_that_was_changed_is_asked_for_again_and_replaced)
{
    struct str note = STR_NONE;
    (void)sign();
    assert_ok(anchored(false));
    struct ledger_checkpoint p = report.checkpoint;
    assert_ok(ledger_cosigned_note(&note, l, &p, A, E));
    const char *path = str_format(A, "%s/%020ju", test_path("d/cosigned"), (uintmax_t)p.head.size).ptr;
    char *changed = str_cstring(A, note);
    changed[note.len - 20] = changed[note.len - 20] == 'A' ? 'B' : 'A';
    test_write(path, str_of(changed));
    assert_ok(anchored(false));
    assert_int(report.peers[0].state, ANCHOR_DONE);
    cr_assert(report.quorum.is_met);
    cr_assert(str_equal(test_read(path), note));
}

/* ---- time stamps ---- */

Test(anchor, what_has_no_stamp_for_more_than_a_day_is_an_alert)
{
    struct anchor_options o = {
        .authorities = STR("http://tsa.example/a http://tsa.example/b"), .open = open_it, .at_once = true};
    uint64_t size = sign();
    wire.is_down = true;
    assert_err_says(anchor_checkpoints(&report, l, &o, A, E), ERR_INCOMPLETE, "waits for 2 of 2");
    assert_int(report.unstamped, size);
    cr_assert(!report.is_overdue);
    cr_assert(!str_equal(report.peers[0].name, report.peers[1].name)); /* two addresses of one host */
    cr_assert(str_starts(report.peers[0].name, "tsa.example-"));
    later(25 * 3600);
    grow(l, "ann");
    (void)sign();
    assert_err_says(anchor_checkpoints(&report, l, &o, A, E), ERR_INCOMPLETE, "waits for 2 of 2");
    assert_int(report.unstamped, size); /* the oldest */
    cr_assert(report.is_overdue);
}

Test(anchor, an_address_becomes_the_name_of_a_file_that_stays_in_its_folder)
{
    struct anchor_options o = {
        .authorities = STR("http://../../etc/passwd https://EX\xc3\xa4mple.com:8443/x?y"), .open = open_it};
    (void)sign();
    wire.is_down = true;
    assert_err_says(anchor_checkpoints(&report, l, &o, A, E), ERR_INCOMPLETE, "waits for 2 of 2");
    for (size_t i = 0; i < report.count; i++)
        for (size_t at = 0; at < report.peers[i].name.len; at++)
            cr_assert(report.peers[i].name.ptr[at] != '/');
    cr_assert(str_starts(report.peers[1].name, "exmple.com-"));
}
