/* SPDX-License-Identifier: MIT */
/* fuzz_scenario.c - any bytes as a scenario file, run against a ledger that has a beginning (below) and
 * forgets each file: files are rehearsals, so that hundreds of them are run in a second. Whatever is in one,
 * a refusal is a sentence, nothing that was written is ever damaged, and in every currency debits are
 * credits. What a rehearsal cannot show, that a rebuild equals the live views, tests/spec and tests/sim show
 * of theirs. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/spec/runner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { YEARS_END = 2028, CURRENCIES = 16 };

/* A customer with everything that a step may be about, and one who pays nothing. */
static const char *const beginning[] = {
    "catalog tests/spec/catalogs/cases.json",
    "catalog fixtures/catalog.json",
    "now 2025-01-01",
    "customer.create ann timezone=Europe/Berlin country=DE",
    "subscription.create ann pro payment_method=pm_card_visa",
    "customer.create bob timezone=Pacific/Apia",
    "subscription.create bob basic interval=year payment_method=pm_card_chargeDeclined",
    "customer.create cat currency=JPY",
    "run 2025-01-01",
    "usage.record ann api_calls 20000 id=ev-1 at=2025-01-01",
    "usage.alert ann api_calls 80 percent=true",
    "wallet.grant ann 50.00 price=40.00",
    "invoice.one-off cat Work 1000",
    "payment.charge ann 5.00",
    "now 2025-02-01",
    "run 2025-02-01",
    "usage.correct ev-1 15000",
    "usage.rerate ann",
    "invoice.add-item ann Extra 1.00",
};

static struct story base;

static void remove_folder(void)
{
    char command[256];
    ledger_close(base.ledger);
    arena_free(base.arena);
    snprintf(command, sizeof command, "rm -rf -- '%s' '%s.key'", base.dir, base.dir);
    if (system(command) != 0) fprintf(stderr, "cannot remove %s\n", base.dir);
}

static enum err open_base(struct error *e)
{
    static const char key[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    char key_path[128];
    base = (struct story){.path = "base",
                          .arena = arena_new(),
                          .clock = {date_start(date_of(2025, 1, 1))},
                          .gateway = gateway_simulator()};
    snprintf(base.dir, sizeof base.dir, "/tmp/daybook-fuzz.XXXXXX");
    if (mkdtemp(base.dir) == NULL) return fail(e, ERR_STORAGE, "cannot make a folder");
    snprintf(key_path, sizeof key_path, "%s.key", base.dir);
    enum err err = file_write(key_path, (struct bytes){(const uint8_t *)key, sizeof key - 1}, 0600, e);
    struct ledger_options o = {.dir = base.dir,
                               .in_memory = true,
                               .world = world_frozen(&base.clock),
                               .state = &daybook_state,
                               .map_bytes = 64u << 20};
    return err == OK ? ledger_open(&base.ledger, &o, e) : err;
}

static void open_once(void)
{
    struct error e = {0};
    if (base.ledger != NULL) return;
    enum err err = open_base(&e);
    for (size_t i = 0; i < sizeof beginning / sizeof beginning[0] && err == OK; i++) {
        bool stepped = false;
        err = story_line(&stepped, &base, str_of(beginning[i]), &e);
        if (err == OK && base.code != OK) {
            err = base.code;
            e = base.refusal;
        }
        if (err != OK) fprintf(stderr, "%s: %s\n", beginning[i], e.text);
    }
    if (err != OK) {
        fprintf(stderr, "no beginning: %s\n", e.text);
        abort();
    }
    (void)atexit(remove_folder);
}

static struct str next_word(struct str *line)
{
    while (line->len > 0 && line->ptr[0] == ' ') *line = (struct str){line->ptr + 1, line->len - 1};
    size_t len = 0;
    while (len < line->len && line->ptr[len] != ' ') len++;
    struct str w = {line->ptr, len};
    *line = (struct str){line->ptr + len, line->len - len};
    return w;
}

static bool is_catalog(struct str path)
{
    static const char ours[] = "tests/spec/catalogs/";
    if (str_is(path, "fixtures/catalog.json")) return true;
    if (!str_starts(path, ours)) return false;
    for (size_t i = sizeof ours - 1; i < path.len; i++) {
        char c = path.ptr[i];
        if ((c < 'a' || c > 'z') && c != '_' && c != '.') return false;
    }
    return path.ptr[path.len - 1] == 'n';
}

/* One that is none of ours. */
static bool reads_a_file(struct str line)
{
    return str_is(next_word(&line), "catalog") && !is_catalog(next_word(&line));
}

/* The clock is not set to before the ledger's beginning, nor to where nobody can catch up. */
static void keep_clock(struct story *s)
{
    struct date today = instant_date(s->clock.now);
    if (today.days < date_of(2000, 1, 1).days || today.days > date_of(YEARS_END, 1, 1).days)
        s->clock.now = date_start(date_of(2025, 2, 1));
}

static void check_answer(enum err code, const struct error *e)
{
    if (code == OK) return;
    bool damaged = code == ERR_TAMPERED || code == ERR_ROLLED_BACK || code == ERR_STORAGE;
    if (damaged) fprintf(stderr, "damage: %s\n", e->text);
    assert(!damaged);
    assert(e->text[0] != '\0');
}

/* The runner's own sentences, of words that mean nothing, repeat them as they stand. */
static void check_refusal(const struct story *s)
{
    check_answer(s->code, &s->refusal);
    if (s->code == OK || s->code == ERR_USAGE) return;
    assert(text_is_printable(str_of(s->refusal.text)));
    assert(!text_holds_card_data(str_of(s->refusal.text)));
}

/* ---- the accounts ---- */

struct sums {
    struct money of[CURRENCIES];
    size_t count;
};

static enum err add_row(void *context, enum account account, const struct account_total *row, struct error *e)
{
    struct sums *s = context;
    size_t i = 0;
    (void)account, (void)e;
    while (i < s->count && strcmp(s->of[i].currency, row->debit.currency) != 0) i++;
    if (i == CURRENCIES) return OK;
    if (i == s->count) s->of[s->count++] = money_zero(row->debit);
    s->of[i].minor += row->debit.minor - row->credit.minor;
    return OK;
}

static void check_accounts(struct story *s)
{
    struct error e = {0};
    struct views_txn *t = NULL;
    struct sums sums = {0};
    enum err err = ledger_read_begin(&t, s->ledger, &e);
    if (err == OK) err = list_accounts(t, add_row, &sums, s->arena, &e);
    assert(err == OK);
    for (size_t i = 0; i < sums.count; i++) assert(sums.of[i].minor == 0);
    ledger_read_end(s->ledger, t);
}

/* ---- a file ---- */

/* A sum that leaves 64 bits in the fold takes a commit down with it; in a rehearsal nothing is good after it.
 */
static bool goes_on(const struct story *s)
{
    return s->code != ERR_LIMIT;
}

static void run_lines(struct story *s, struct str text)
{
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        struct str line = {text.ptr, end == NULL ? text.len : (size_t)(end - text.ptr)};
        struct error e = {0};
        bool stepped = false;
        text = end == NULL ? STR_NONE : (struct str){end + 1, text.len - line.len - 1};
        if (reads_a_file(line)) continue;
        check_answer(story_line(&stepped, s, line, &e), &e);
        check_refusal(s);
        if (!goes_on(s)) return;
        s->code = OK; /* a refusal surprises nobody here */
        keep_clock(s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e = {0};
    open_once();
    if (memchr(data, '\0', size) != NULL) return 0;
    struct story s = base; /* but for the clock, which is the ledger's */
    base.arena = arena_new();
    base.code = OK;
    enum err err = ledger_rehearse_begin(base.ledger, &e);
    assert(err == OK);
    run_lines(&base, (struct str){(const char *)data, size});
    if (goes_on(&base)) check_accounts(&base);
    ledger_rehearse_end(base.ledger);
    arena_free(base.arena);
    base = s;
    return 0;
}
