/* SPDX-License-Identifier: MIT */
/* test_witness.c - cosignatures that Python's cryptography made are found and held against their keys;
 * policies mean what c2sp.org/tlog-policy says; and a witness signs only what goes on from what it signed
 * before. */
#include <string.h>
#include <sys/stat.h>

#include "tests/lib/dice.h"
#include "tests/store/ledgers.h"

TestSuite(witness, .init = test_begin, .fini = test_end);

#define ORIGIN  "daybook/0123456789abcdef"
#define DASH    "\xe2\x80\x94 "
#define LOG_KEY ORIGIN "+02b25222+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define KEY_1   "witness.example/w1+cad5d722+BGd6dNlk5KhP+lAlqLVTe1xKN61tFG6FR4Osc0aEogfE"
#define KEY_2   "witness.example/w2+1516eaa9+BNuZX+JRadFByrm7upK6oB+fLh7OffTLKsBRkPN/zB+d"
#define KEY_3   "witness.example/w3+3888b2f8+BCFS+NGbeR0kRTJC4V8uq2y3z/p7al7TAJeWDgaYgdsS"
#define TEXT    ORIGIN "\n3\n35YgmO3vxji+myC8UpJiOHEa+qrM/PEJIAAAjD2+UeQ=\n"
#define NOTE                                                                                        \
    TEXT "\n" DASH ORIGIN " ArJSItJj26vKkXyNGQrKbm612i0Fc+D3Z8SxbARS/scptGwArw5+Qs3Y7Is0OJVdjTuygS" \
         "PWpaMrQMMOGJqgNRYVGAo=\n"
#define LINE_1                                                                              \
    DASH "witness.example/w1 ytXXIgAAAABkGFDLoAJR3Gw+00jxBlhaJl0k/4T0Gz01OaEYzQoqQmSK+rsyI" \
         "ThQLr/dwnThznMoFPXsFgHhc4fh7b59r35rn+/HDA==\n"
#define LINE_2                                                                              \
    DASH "witness.example/w2 FRbqqQAAAABkGFDM3Y2NUDi6A6llR0xb9Glsw8PphmrEjirIYeXGo8Rj6ACvT" \
         "QRgJI+Ib70LmvZ1f5CBtjvi4Id8N/kJfW1x093sDw==\n"

static struct note_key witness_named(const char *text)
{
    struct note_key k = {.name = STR_NONE};
    assert_ok(note_witness_parse(&k, str_of(text), A, E));
    assert_str(note_key_text(A, &k), text);
    return k;
}

static enum err witnessed(const char *note, const char *key, uint64_t *seconds, struct str *line)
{
    struct note_key k = witness_named(key);
    return note_witnessed(seconds, line, str_of(note), &k, A, E);
}

/* ---- cosignatures ---- */

Test(witness, a_cosignature_is_of_its_key_time_and_text)
{
    uint64_t seconds = 0;
    struct str line = STR_NONE;
    assert_ok(witnessed(NOTE LINE_1 LINE_2, KEY_1, &seconds, &line));
    assert_int(seconds, 1679315147);
    assert_str(line, LINE_1);
    assert_ok(witnessed(NOTE LINE_1 LINE_2, KEY_2, &seconds, &line));
    assert_int(seconds, 1679315148);
    assert_err(witnessed(NOTE LINE_1, KEY_2, &seconds, &line), ERR_NOT_FOUND,
               "'witness.example/w2' did not sign it with this key");
    char *changed = str_cstring(A, STR(NOTE LINE_1));
    strstr(changed, "\n3\n")[1] = '4';
    assert_err(witnessed(changed, KEY_1, &seconds, &line), ERR_TAMPERED,
               "the signature of 'witness.example/w1' is of another text");
    changed = str_cstring(A, STR(NOTE LINE_1));
    memcpy(strstr(changed, "AAAABkGFDL"), "AAAABkGFDM", 10); /* a second later */
    assert_err(witnessed(changed, KEY_1, &seconds, &line), ERR_TAMPERED,
               "the signature of 'witness.example/w1' is of another text");
}

Test(witness, a_key_is_of_a_log_or_of_a_witness_and_never_both)
{
    struct note_key k = {.name = STR_NONE};
    assert_err(note_key_parse(&k, STR(KEY_1), A, E), ERR_INVALID, "its key is not one of Ed25519");
    assert_err(note_witness_parse(&k, STR(LOG_KEY), A, E), ERR_INVALID,
               "its key is not one of Ed25519 for the cosignatures of a witness");
    struct checkpoint_key *key = NULL;
    assert_ok(witness_key_create(test_path("w"), STR("witness.example/w1"), world_real(), A, E));
    assert_err_says(checkpoint_key_open(&key, test_path("w"), E), ERR_INVALID, "a key for checkpoints");
    assert_ok(witness_key_open(&key, test_path("w"), E));
    struct str line = STR_NONE, public = test_read(test_path("w.pub"));
    assert_ok(witness_key_sign(&line, key, STR(TEXT), 1700000000, A, E));
    struct str note = str_format(A, "%s%.*s", NOTE, STR_ARG(line)), found = STR_NONE;
    uint64_t seconds = 0;
    assert_ok(note_witness_parse(&k, public, A, E));
    assert_ok(note_witnessed(&seconds, &found, note, &k, A, E));
    assert_int(seconds, 1700000000);
    cr_assert(str_equal(found, line));
    struct stat s;
    cr_assert(stat(test_path("w"), &s) == 0 && (s.st_mode & 0777) == 0600);
    checkpoint_key_close(key);
}

Test(witness, what_the_log_signed_is_the_note_without_the_lines_of_others)
{
    assert_str(note_signed_by(A, STR(NOTE LINE_1 LINE_2), STR(ORIGIN)), NOTE);
    assert_str(note_signed_by(A, STR(NOTE), STR(ORIGIN)), NOTE);
    assert_str(note_signed_by(A, STR(NOTE), STR("nobody")), "");
    assert_str(note_signed_by(A, STR("no note"), STR(ORIGIN)), "");
    assert_str(note_signed_by_others(A, STR(NOTE LINE_1 LINE_2), STR("witness.example/w1")), NOTE LINE_2);
    assert_str(note_signed_by_others(A, STR(NOTE), STR(ORIGIN)), "");
}

/* ---- policies ---- */

#define WITNESSES "witness X " KEY_1 " https://x.example/w\nwitness Y " KEY_2 "\n\twitness  Z " KEY_3 " \n"

static struct policy_count counted(const char *lines, const char *note)
{
    struct witness_policy p;
    struct policy_count count;
    assert_ok(policy_parse(&p, str_format(A, "# ours\n\nlog " LOG_KEY "\n" WITNESSES "%s", lines), A, E));
    assert_ok(policy_check(&count, &p, str_of(note), A, E));
    return count;
}

Test(witness, a_quorum_is_met_by_as_many_of_a_group_as_it_says)
{
    const struct {
        const char *lines;
        bool with_none, with_one, with_two;
    } cases[] = {
        {"quorum none\n", true, true, true},
        {"quorum X\n", false, true, true},
        {"quorum Y\n", false, false, true},
        {"group g any X Y Z\nquorum g\n", false, true, true},
        {"group g 2 X Y Z\nquorum g\n", false, false, true},
        {"group g all X Y\nquorum g\n", false, false, true},
        {"group g all X Y Z\nquorum g\n", false, false, false},
        {"group g any Y Z\ngroup h all X g\nquorum h\n", false, false, true},
        {"group g all Y Z\ngroup h 1 X g\nquorum h\n", false, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect(counted(cases[i].lines, NOTE).is_met == cases[i].with_none, "%s", cases[i].lines);
        cr_expect(counted(cases[i].lines, NOTE LINE_1).is_met == cases[i].with_one, "%s", cases[i].lines);
        cr_expect(counted(cases[i].lines, NOTE LINE_1 LINE_2).is_met == cases[i].with_two, "%s",
                  cases[i].lines);
    }
    struct policy_count count = counted("quorum none\n", NOTE LINE_1 LINE_1 LINE_2);
    assert_int(count.signed_count, 2); /* a line that stands twice is one witness */
    assert_int(count.witnesses, 3);
    assert_int(count.newest_seconds, 1679315148);
}

Test(witness, a_policy_that_is_none_is_refused_by_its_line)
{
    const struct {
        const char *text, *sentence;
    } cases[] = {
        {"", "it has no line for the quorum"},
        {"quorum none", "line 1: its end is missing"},
        {"quorum none\nquorum none\n", "line 2: there is a quorum already"},
        {"quorum X\n", "line 1: no line before defines 'X'"},
        {"quorum\n", "line 1: a name is missing"},
        {"quorum none X\n", "line 1: 'X' is one word too many"},
        {"witnes X\n", "line 1: 'witnes' is none of log, witness, group and quorum"},
        {"witness none " KEY_1 "\n", "line 1: 'none' cannot be the name of anybody"},
        {"witness X\n", "line 1: a public key is missing"},
        {"witness X " KEY_1 "\nwitness X " KEY_2 "\n", "line 2: the name 'X' is given twice"},
        {"witness X " KEY_1 "\nwitness Y " KEY_1 "\n", "line 2: 'Y' has the key of 'X'"},
        {"witness X " KEY_1 " http://x y\n", "line 1: 'y' is one word too many"},
        {"log " LOG_KEY "\nlog " LOG_KEY " http://x\n", "line 2: this log's key is given twice"},
        {"witness X " KEY_1 "\ngroup g 2 X\n",
         "line 2: '2' of 1 members: a number from 1 to that, any or all is wanted"},
        {"witness X " KEY_1 "\ngroup g 0 X\n",
         "line 2: '0' of 1 members: a number from 1 to that, any or all is wanted"},
        {"witness X " KEY_1 "\ngroup g most X\n",
         "line 2: 'most' of 1 members: a number from 1 to that, any or all is wanted"},
        {"group g any\n", "line 1: a group needs a member"},
        {"group g any g\n", "line 1: no line before defines 'g'"},
        {"witness X " KEY_1 "\ngroup g any X X\n", "line 2: 'X' is in a group already"},
        {"witness X " KEY_1 "\ngroup g any X\ngroup h any X\n", "line 3: 'X' is in a group already"},
        {"quorum none\r\n", "line 1: it has a control character"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct witness_policy p;
        assert_err(policy_parse(&p, str_of(cases[i].text), A, E), ERR_INVALID, cases[i].sentence);
    }
    struct witness_policy p;
    assert_err_says(policy_parse(&p, STR("witness X " LOG_KEY "\nquorum X\n"), A, E), ERR_INVALID,
                    "its key is not one of Ed25519 for the cosignatures of a witness");
}

Test(witness, a_line_that_a_witness_did_not_write_is_found)
{
    struct witness_policy p;
    struct policy_count count;
    char *note = str_cstring(A, STR(NOTE LINE_1));
    memcpy(strstr(note, "HDA==") - 1, "I", 1);
    assert_ok(policy_parse(&p, STR(WITNESSES "quorum none\n"), A, E));
    assert_err(policy_check(&count, &p, str_of(note), A, E), ERR_TAMPERED,
               "witness 'X': the signature of 'witness.example/w1' is of another text");
}

/* ---- what a witness signs ---- */

enum { LEAVES = 23 };

struct tree {
    struct checkpoint_key *key;
    struct hash leaves[LEAVES];
    struct hasher *hasher;
    struct note_key public;
    struct witnessed_log log;
};

static enum err perfect(void *context, struct hash *out, unsigned height, uint64_t index, struct error *e)
{
    (void)e;
    struct tree *t = context;
    struct merkle_range r = {.size = 0};
    for (uint64_t i = index << height; i < (index + 1) << height; i++)
        merkle_append(&r, t->hasher, &t->leaves[i]);
    merkle_root(&r, t->hasher, out);
    return OK;
}

static struct tree *tree_begin(void)
{
    struct tree *t = arena_new_of(A, struct tree);
    struct dice dice = dice_of(1);
    t->hasher = hasher_new();
    for (size_t i = 0; i < LEAVES; i++) be64_put(t->leaves[i].bytes, dice_next(&dice));
    assert_ok(checkpoint_key_create(test_path("log"), STR(ORIGIN), world_real(), A, E));
    assert_ok(checkpoint_key_open(&t->key, test_path("log"), E));
    t->public = *checkpoint_key_public(t->key);
    t->log = (struct witnessed_log){.origin = STR(ORIGIN), .keys = &t->public, .keys_count = 1};
    return t;
}

static void tree_end(struct tree *t)
{
    hasher_free(t->hasher);
    checkpoint_key_close(t->key);
}

static struct str request_of(struct tree *t, uint64_t old, uint64_t size)
{
    struct checkpoint at = {.origin = STR(ORIGIN), .size = size};
    struct merkle_range r = {.size = 0};
    struct merkle_source s = {.node = perfect, .context = t, .hasher = t->hasher};
    struct proof_text p = {.kind = PROOF_OF_GROWTH, .number = old};
    for (uint64_t i = 0; i < size; i++) merkle_append(&r, t->hasher, &t->leaves[i]);
    merkle_root(&r, t->hasher, &at.root);
    assert_ok(checkpoint_key_sign(&p.note, t->key, &at, A, E));
    if (old > 0 && old <= size) assert_ok(merkle_prove_consistency(&p.path, &s, old, size, E));
    return proof_text(A, &p);
}

static int judged(struct tree *t, struct str body)
{
    struct witness_verdict v;
    witness_judge(&v, body, &t->log, 1, A);
    cr_assert((v.status == WITNESS_SIGNS) == (v.why.len == 0));
    if (v.status == WITNESS_SIGNS) {
        t->log.size = v.at.size;
        t->log.root = v.at.root;
    }
    return v.status;
}

Test(witness, signs_what_goes_on_from_what_it_signed_and_nothing_else)
{
    struct tree *t = tree_begin();
    struct str fork = STR_NONE;
    assert_int(judged(t, request_of(t, 5, 14)), WITNESS_OTHER_SIZE); /* it has seen nothing yet */
    assert_int(judged(t, request_of(t, 0, 14)), WITNESS_SIGNS);
    assert_int(judged(t, request_of(t, 0, 14)), WITNESS_OTHER_SIZE);
    assert_int(judged(t, request_of(t, 14, 14)), WITNESS_SIGNS);
    assert_int(judged(t, request_of(t, 13, 20)), WITNESS_OTHER_SIZE);
    assert_int(judged(t, request_of(t, 14, 13)), WITNESS_BAD_REQUEST); /* smaller */
    assert_int(judged(t, request_of(t, 13, 13)), WITNESS_OTHER_SIZE);  /* an older one again */
    struct str grown = request_of(t, 14, 20);
    t->leaves[3].bytes[0] ^= 1;
    fork = request_of(t, 14, 20);
    assert_int(judged(t, fork), WITNESS_BAD_PROOF);
    assert_int(judged(t, request_of(t, 14, 14)), WITNESS_OTHER_SIZE); /* as many records, another root */
    t->leaves[3].bytes[0] ^= 1;
    assert_int(judged(t, grown), WITNESS_SIGNS);
    assert_int(t->log.size, 20);
    tree_end(t);
}

Test(witness, refuses_what_the_log_did_not_sign)
{
    struct tree *t = tree_begin();
    struct tree other = *t;
    struct witness_verdict v;
    struct str body = request_of(t, 0, 14);
    struct checkpoint_key *forger = NULL;
    assert_ok(checkpoint_key_create(test_path("forger"), STR(ORIGIN), world_real(), A, E));
    assert_ok(checkpoint_key_open(&forger, test_path("forger"), E));
    other.key = forger;
    assert_int(judged(t, request_of(&other, 0, 14)), WITNESS_NOT_SIGNED);
    t->log.origin = STR("daybook/fedcba9876543210");
    assert_int(judged(t, body), WITNESS_UNKNOWN_LOG);
    t->log.origin = STR(ORIGIN);
    assert_int(judged(t, STR("")), WITNESS_BAD_REQUEST);
    assert_int(judged(t, STR("old 0\n\n" TEXT)), WITNESS_BAD_REQUEST);
    assert_int(judged(t, str_format(A, "old 00%.*s", (int)body.len - 5, body.ptr + 5)), WITNESS_BAD_REQUEST);
    struct str proven =
        str_format(A, "old 0\n%s\n%.*s", "35YgmO3vxji+myC8UpJiOHEa+qrM/PEJIAAAjD2+UeQ=", (int)body.len - 6,
                   body.ptr + 6);
    assert_int(judged(t, proven), WITNESS_BAD_PROOF); /* from nothing there is nothing to prove */
    struct note_key two[] = {t->public, *checkpoint_key_public(forger)};
    t->log.keys = two;
    t->log.keys_count = 2; /* while a key is replaced either will do */
    assert_int(judged(t, request_of(&other, 0, 14)), WITNESS_SIGNS);
    witness_judge(&v, body, &t->log, 0, A);
    assert_int(v.status, WITNESS_UNKNOWN_LOG);
    checkpoint_key_close(forger);
    tree_end(t);
}

Test(witness, remembers_only_what_the_log_and_it_itself_signed)
{
    struct tree *t = tree_begin();
    struct witness_verdict v;
    struct checkpoint_key *witness = NULL;
    struct str line = STR_NONE;
    assert_ok(witness_key_create(test_path("w"), STR("w"), world_real(), A, E));
    assert_ok(witness_key_open(&witness, test_path("w"), E));
    const struct note_key *k = checkpoint_key_public(witness);
    witness_judge(&v, request_of(t, 0, 14), &t->log, 1, A);
    assert_ok(witness_key_sign(&line, witness, v.text, 1700000000, A, E));
    struct str kept = str_format(A, "%.*s%.*s", STR_ARG(v.own), STR_ARG(line));
    assert_ok(witness_recall(&t->log, kept, k, A, E));
    assert_int(t->log.size, 14);
    cr_assert(hash_equal(&t->log.root, &v.at.root));
    assert_err_says(witness_recall(&t->log, v.own, k, A, E), ERR_TAMPERED, "'w' did not sign it");
    for (size_t i = 0; i < kept.len; i++) { /* whatever byte is another, it is not what was kept */
        char *changed = str_cstring(A, kept);
        changed[i] = (char)(changed[i] ^ 1);
        cr_assert(witness_recall(&t->log, (struct str){changed, kept.len}, k, A, E) != OK, "byte %zu", i);
    }
    cr_assert(witness_recall(&t->log, (struct str){kept.ptr, kept.len / 2}, k, A, E) != OK);
    cr_assert(witness_recall(&t->log, STR_NONE, k, A, E) != OK);
    checkpoint_key_close(witness);
    tree_end(t);
}
