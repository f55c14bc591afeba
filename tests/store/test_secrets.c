/* SPDX-License-Identifier: MIT */
/* test_secrets.c - where secrets are in the memory of a process: while a ledger is open in pages that are
 * left out of core files, and nowhere when it is closed. One process makes the secrets and leaves them to
 * another with many bits turned, so that the other, which looks for them in itself, does not find its own
 * list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/store/log_private.h"
#include "tests/store/ledgers.h"
#include "tests/store/view_values.h"

TestSuite(secrets, .init = test_begin, .fini = test_end);

/* AddressSanitizer keeps terabytes of its own, and copies of what was on the stack. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#define IS_SANITIZED (__has_feature(address_sanitizer))
#else
#define IS_SANITIZED false
#endif

enum { NEEDLE_MAX = 64, NEEDLES = 7, LINE_BYTES = 512 };
static const uint8_t TURNED = 0xa5;

struct needle {
    char name[24];
    bool in_openssl; /* its key schedule is in memory that is OpenSSL's own */
    bool lasts;      /* it is there as long as the ledger is open */
    bool is_seen;
    size_t len;
    uint8_t turned[NEEDLE_MAX];
};
struct needles {
    struct needle items[NEEDLES];
    size_t count;
};

/* ---- the process that makes them ---- */

static void add(struct needles *n, const char *name, bool lasts, const void *secret, size_t len)
{
    struct needle *one = &n->items[n->count++];
    cr_assert(n->count <= NEEDLES && len <= NEEDLE_MAX);
    (void)snprintf(one->name, sizeof one->name, "%s", name);
    one->len = len;
    one->lasts = lasts;
    for (size_t i = 0; i < len; i++) one->turned[i] = ((const uint8_t *)secret)[i] ^ TURNED;
}

static void write_private(const char *name, struct str content)
{
    test_write(test_path(name), content);
    cr_assert(chmod(test_path(name), 0600) == 0);
}

static struct passphrase_source source(void)
{
    return (struct passphrase_source){.file = test_path("passphrase")};
}

static enum err note_salt(void *context, const struct log_entry *entry, struct error *e)
{
    return entry->seq == 1 ? epoch_body_take(context, entry->clear_body, e) : OK;
}

static struct log_options log_options_of(const struct master_key *k)
{
    return options_lmdb("ledger", k);
}

/* The master key, the data key of epoch 1 and the index key. */
static void add_keys(struct needles *n, const uint8_t key[KEY_BYTES])
{
    struct master_key *k = NULL;
    struct log_state s = {0};
    struct epoch_body epoch = {0};
    uint8_t derived[KEY_BYTES];
    assert_ok(master_key_from_bytes(&k, key, E));
    struct log_options o = log_options_of(k);
    struct log *l = log_made(&o);
    append_plains(l, 0, 3); /* sealed under the data key of epoch 1 */
    assert_ok(log_state(&s, l, E));
    assert_ok(log_scan(l, 0, UINT64_MAX, note_salt, &epoch, E));
    struct bytes salt = {epoch.salt, SALT_BYTES};
    struct str info = str_format(A, "daybook/v1/data%.*s%c%c%c%c", STR_ARG(s.origin), 0, 0, 0, 1);
    assert_ok(master_key_derive(derived, k, salt, str_bytes(info), E));
    add(n, "data key", true, derived, sizeof derived);
    n->items[n->count - 1].in_openssl = true;
    assert_ok(master_key_derive(derived, k, str_bytes(STR("daybook/0123456789abcdef")),
                                str_bytes(STR("daybook/v1/index")), E));
    add(n, "index key", true, derived, sizeof derived);
    log_close(l);
    master_key_close(k);
}

static _Noreturn void make(void)
{
    struct needles n = {.count = 0};
    uint8_t key[KEY_BYTES];
    struct world w = world_real();
    w.random(w.self, key, sizeof key);
    struct str digits = hex_text(A, key, sizeof key);
    write_private("passphrase", hex_text(A, key, 12)); /* anything that is nowhere else */
    add(&n, "passphrase", false, hex_text(A, key, 12).ptr, 24);
    w.random(w.self, key, sizeof key);
    digits = hex_text(A, key, sizeof key);
    write_private("key", digits);
    struct passphrase_source by = source();
    assert_ok(key_file_protect(test_path("key"), NULL, &by, w, E));
    add(&n, "master key", true, key, sizeof key);
    add(&n, "its digits", false, digits.ptr, digits.len);
    add_keys(&n, key);
    assert_ok(checkpoint_key_create(test_path("signer"), STR("daybook/0123456789abcdef"), w, A, E));
    struct str line = test_read(test_path("signer"));
    struct bytes seed = {0};
    struct str text = {line.ptr + line.len - 45, 44};
    assert_ok(base64_decode(&seed, text, A, E));
    add(&n, "signing key", true, seed.ptr + 1, 32);
    add(&n, "its digits", false, text.ptr, text.len);
    test_write(test_path("needles"), (struct str){(const char *)&n, sizeof n});
    _exit(0);
}

/* ---- the process that looks for them ---- */

struct region {
    const uint8_t *begin, *end;
    bool readable, not_dumped;
};

static bool holds(const uint8_t *at, const struct needle *n)
{
    for (size_t i = 0; i < n->len; i++)
        if ((uint8_t)(at[i] ^ TURNED) != n->turned[i]) return false;
    return true;
}

/* Whether one of them is where it may not be: anywhere, or while they are in use in memory that core files
 * have. */
static bool is_found(const struct region *r, struct needles *n, bool in_use)
{
    bool found = false;
    for (size_t i = 0; i < n->count && r->readable; i++) {
        struct needle *one = &n->items[i];
        for (const uint8_t *p = r->begin; p + one->len <= r->end; p++) {
            if (!holds(p, one)) continue;
            one->is_seen = true;
            if (in_use && (r->not_dumped || one->in_openssl)) continue;
            (void)fprintf(stderr, "%s: the %s at %p\n", in_use ? "in use" : "closed", one->name,
                          (const void *)p);
            found = true;
        }
    }
    return found;
}

/* Private memory only: what is shared is a file. */
static void take_line(struct region *r, const char *line)
{
    unsigned long begin = 0, end = 0;
    char flags[8] = {0};
    if (sscanf(line, "%lx-%lx %7s", &begin, &end, flags) != 3) return;
    memcpy(&r->begin, &begin, sizeof r->begin);
    memcpy(&r->end, &end, sizeof r->end);
    r->readable = flags[0] == 'r' && flags[3] == 'p' && strstr(line, "[v") == NULL;
}

static bool is_anywhere(struct needles *n, bool in_use)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[LINE_BYTES];
    struct region r = {NULL, NULL, false, false};
    bool found = false;
    if (maps == NULL) return true;
    while (fgets(line, sizeof line, maps) != NULL) {
        if (strncmp(line, "VmFlags:", 8) == 0) {
            r.not_dumped = strstr(line, " dd") != NULL;
            found = is_found(&r, n, in_use) || found;
            r.readable = false;
        } else if (strchr("0123456789abcdef", line[0]) != NULL) {
            take_line(&r, line);
        }
    }
    (void)fclose(maps);
    return found;
}

static enum err ignore(void *context, const struct log_entry *entry, struct error *e)
{
    (void)context;
    (void)entry;
    (void)e;
    return OK;
}

struct use {
    struct master_key *master;
    struct log *log;
    struct views *views;
    struct checkpoint_key *signer;
};

/* As a ledger does it: the log is read and written, the views are used, a checkpoint is signed. */
static void open_all(struct use *u)
{
    struct passphrase_source by = source();
    struct checkpoint c = {STR("daybook/0123456789abcdef"), 1, {{1}}};
    struct str note = STR_NONE;
    struct views_txn *t = NULL;
    uint64_t first = 0;
    assert_ok(master_key_open(&u->master, test_path("key"), NULL, false, &by, world_real(), E));
    struct log_options o = log_options_of(u->master);
    u->log = log_opened(&o);
    assert_ok(log_append(&first, u->log, size_of(u->log), plains_of(3, 3), 3, (struct instant){1}, E));
    assert_ok(log_read(u->log, 0, UINT64_MAX, ignore, NULL, E));
    struct views_options vo = view_options(u->master);
    u->views = views_opened(&vo, true);
    t = begun(u->views, true);
    struct view_key key = key_u64(1, 1);
    assert_ok(views_put(t, &key, plain_of(1, 30), E));
    assert_ok(views_commit(t, E));
    assert_ok(checkpoint_key_open(&u->signer, test_path("signer"), E));
    assert_ok(checkpoint_key_sign(&note, u->signer, &c, A, E));
}

static _Noreturn void look(void)
{
    struct needles n = {.count = 0};
    struct use u = {.master = NULL};
    struct str content = test_read(test_path("needles"));
    memcpy(&n, content.ptr, sizeof n);
    open_all(&u);
    if (is_anywhere(&n, true)) _exit(1);
    for (size_t i = 0; i < n.count; i++)
        if (n.items[i].lasts && !n.items[i].is_seen) _exit(3);
    checkpoint_key_close(u.signer);
    views_close(u.views);
    log_close(u.log);
    master_key_close(u.master);
    _exit(is_anywhere(&n, false) ? 2 : 0);
}

static bool is_sanitized(void)
{
    return IS_SANITIZED;
}

static int ended(void (*what)(void))
{
    int status = 0;
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) what();
    cr_assert(waitpid(pid, &status, 0) == pid);
    return status;
}

Test(secrets, are_left_out_of_core_files_and_nowhere_when_the_ledger_is_closed)
{
    if (is_sanitized()) cr_skip_test("the sanitizer's memory is not the program's");
    (void)test_dir();
    assert_int(ended(make), 0);
    int status = ended(look);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0,
              "status %d: 1 in use, 2 after closing, 3 not where they should be",
              WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

/* The test of the test: what lies about is found. */
static _Noreturn void lose(void)
{
    struct needles n = {.count = 0};
    uint8_t *lost = malloc(KEY_BYTES);
    for (size_t i = 0; i < KEY_BYTES && lost != NULL; i++) lost[i] = (uint8_t)(i * 11 + 5);
    add(&n, "lost key", true, lost, KEY_BYTES);
    _exit(is_anywhere(&n, true) && is_anywhere(&n, false) ? 0 : 1);
}

Test(secrets, a_key_that_lies_about_would_be_found)
{
    if (is_sanitized()) cr_skip_test("the sanitizer's memory is not the program's");
    assert_int(ended((void (*)(void))lose), 0);
}

static _Noreturn void die(void)
{
    struct rlimit limit = {1, 1};
    keys_harden_process();
    if (prctl(PR_GET_DUMPABLE) != 0 || getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_max != 0) _exit(1);
    abort();
}

Test(secrets, a_process_that_dies_leaves_no_core_file)
{
    int status = ended((void (*)(void))die);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "it ends by itself");
    cr_assert(!WCOREDUMP(status), "it leaves a core file");
}
