/* SPDX-License-Identifier: MIT */
/* fuzz_witness.c - any bytes as a request to a witness, as a witness's answer, as what it kept, and as a
 * policy. Nobody signs what was not signed; a policy that is read can be counted, and none of it is met by
 * nobody unless it asks for nobody. */
#include <string.h>

#include "ledger/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ORIGIN "daybook/0123456789abcdef"
#define TEXT   ORIGIN "\n3\n35YgmO3vxji+myC8UpJiOHEa+qrM/PEJIAAAjD2+UeQ=\n"
#define NOTE                                                                                                \
    TEXT "\n\xe2\x80\x94 " ORIGIN " ArJSItJj26vKkXyNGQrKbm612i0Fc+D3Z8SxbARS/scptGwArw5+Qs3Y7Is0OJVdjTuygS" \
         "PWpaMrQMMOGJqgNRYVGAo=\n"
static const uint8_t nobody[NOTE_PUBLIC_BYTES] = {7};

static void check_request(struct str body, struct arena *a)
{
    struct error e = {0};
    struct note_key k = {.name = STR_NONE};
    struct witness_verdict v;
    enum err err = note_key_of(&k, STR(ORIGIN), nobody, &e);
    assert(err == OK);
    struct witnessed_log log = {.origin = STR(ORIGIN), .keys = &k, .keys_count = 1, .size = 2};
    witness_judge(&v, body, &log, 1, a);
    assert(v.status == WITNESS_BAD_REQUEST || v.status == WITNESS_UNKNOWN_LOG ||
           v.status == WITNESS_NOT_SIGNED);
    assert(v.why.len > 0);
}

/* Behind a note that the log signed: no line of bytes is a signature of a key that nobody has. */
static void check_answer(struct str lines, struct arena *a)
{
    struct error e = {0};
    struct note_key k = {.name = STR_NONE};
    struct buffer note = {.arena = a};
    struct str line = STR_NONE;
    struct witnessed_log log = {.origin = STR(ORIGIN)};
    uint64_t seconds = 0;
    enum err err = note_witness_of(&k, STR("w"), nobody, &e);
    assert(err == OK);
    buffer_print(&note, "%s", NOTE);
    buffer_add(&note, lines.ptr, lines.len);
    struct str whole = {(const char *)note.ptr, note.len};
    err = note_witnessed(&seconds, &line, whole, &k, a, &e);
    assert(err != OK && line.len == 0);
    err = witness_recall(&log, whole, &k, a, &e);
    assert(err != OK && log.size == 0);
    (void)note_signed_by(a, lines, STR("w"));
}

static void check_policy(struct str text, struct arena *a)
{
    struct error e = {0};
    struct witness_policy p;
    struct policy_count count;
    if (policy_parse(&p, text, a, &e) != OK) {
        assert(e.text[0] != 0);
        return;
    }
    assert(p.quorum == POLICY_NOBODY || p.quorum < p.members_count);
    enum err err = policy_check(&count, &p, STR(NOTE), a, &e);
    assert(err == OK && count.signed_count == 0);
    assert(count.is_met == (p.quorum == POLICY_NOBODY));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str text = {(const char *)data, size};
    check_request(text, a);
    check_answer(text, a);
    check_policy(text, a);
    arena_free(a);
    return 0;
}
