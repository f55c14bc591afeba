/* SPDX-License-Identifier: MIT */
/* test_views_files.c - the views as files: nothing stands in clear, and when they are kept or dropped: killed
 * processes, machines that start again, copies, damage, other ledgers and other versions of the program. */
#include <lmdb.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/view_values.h"

TestSuite(views_files, .init = test_begin, .fini = test_end);

static const char BOOT_FILE[] = "/proc/sys/kernel/random/boot_id";

static const char *marker(void)
{
    return str_cstring(A, test_read(test_path("ledger/views/state")));
}

Test(views_files, no_value_and_no_id_stands_in_clear_in_any_file)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    for (uint64_t i = 0; i < 500; i++) {
        struct views_txn *t = begun(v, true);
        struct view_key key = view_key(1);
        uint8_t mac[16];
        indexer_mac(views_indexer(t), mac, 1, STR("canary_user_id"));
        view_key_mac(&key, mac);
        assert_ok(views_put(t, &key, str_bytes(STR("canary@example.org lives here")), E));
        put(t, 2, i, "canary_description");
        assert_ok(views_commit(t, E));
    }
    struct bytes needle = str_bytes(STR("canary"));
    cr_assert(!folder_holds(test_path("ledger"), needle), "while open");
    views_close(v);
    cr_assert(!folder_holds(test_path("ledger"), needle), "after closing");
    cr_assert(!folder_holds(test_path("ledger"), str_bytes(o.origin)), "not even the ledger's name");
    cr_assert(folder_holds(test_path("ledger"), str_bytes(STR("daybook views 1"))), "the search does search");
    master_key_close(k);
}

/* ---- whose they are ---- */

Test(views_files, another_ledger_definition_or_key_drops_them)
{
    struct master_key *k = key_of(1), *other = key_of(2);
    struct views_options good = view_options(k);
    for (int i = 0; i < 3; i++) {
        struct views *v = views_opened(&good, true);
        fill(v);
        views_close(v);
        struct views_options o = good;
        if (i == 0) o.origin = STR("daybook/ffffffffffffffff");
        if (i == 1) o.definition.bytes[5] = 1;
        if (i == 2) o.master = other;
        v = views_opened(&o, true);
        struct views_txn *t = begun(v, false);
        cr_assert(get(t, 1, 7) == NULL);
        views_abort(t);
        views_close(v);
    }
    master_key_close(k);
    master_key_close(other);
}

Test(views_files, dropped_views_are_empty_and_other_handles_follow)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true), *second = views_opened(&o, true);
    fill(v);
    assert_filled(second);
    assert_ok(views_drop(v, E));
    struct views_txn *t = begun(second, false); /* takes the new key without being told */
    struct view_cursor c = {.seq = 1};
    cr_assert(get(t, 1, 7) == NULL);
    assert_ok(views_cursor(&c, t, E));
    assert_int(c.seq, 0);
    views_abort(t);
    fill(second);
    assert_filled(v);
    views_close(second);
    views_close(v);
    master_key_close(k);
}

Test(views_files, a_running_program_is_told_when_another_version_took_the_views)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k), newer = o;
    newer.definition.bytes[0] = 2;
    struct views *v = views_opened(&o, true);
    fill(v);
    struct views *w = views_opened(&newer, true);
    struct views_txn *t = NULL;
    assert_err_says(views_begin(&t, v, true, E), ERR_CONFLICT, "version of the program");
    fill(w);
    views_close(v);
    views_close(w);
    master_key_close(k);
}

/* ---- deaths of processes and machines ---- */

static void fill_and_die(const struct views_options *o)
{
    struct views *v = NULL;
    struct views_txn *t = NULL;
    bool fresh = false;
    struct view_key key = key_u64(1, 7);
    struct view_cursor c = {.seq = 42};
    memset(c.leaf.bytes, 42, 32);
    bool fine = views_open(&v, &fresh, o, E) == OK && views_begin(&t, v, true, E) == OK &&
                views_put(t, &key, str_bytes(STR("seven")), E) == OK;
    if (!fine) _exit(3);
    views_set_cursor(t, &c);
    if (views_commit(t, E) != OK) _exit(4);
    (void)raise(SIGKILL);
    _exit(5);
}

static void fill_in_a_process_that_is_killed(const struct views_options *o)
{
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0) fill_and_die(o);
    int status = 0;
    cr_assert(waitpid(pid, &status, 0) == pid);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the child ended otherwise: %d", status);
}

/* The marker as a machine that has started again since would find it. */
static void pretend_another_boot(void)
{
    struct bytes boot = {0};
    assert_ok(file_read(&boot, BOOT_FILE, 100, A, E));
    char *text = str_cstring(A, str_of(marker()));
    char *at = strstr(text, str_format(A, "%.36s", str_cstring(A, bytes_str(boot))).ptr);
    cr_assert(at != NULL, "the marker does not hold the boot id: %s", text);
    at[0] = at[0] == '0' ? '1' : '0';
    test_write(test_path("ledger/views/state"), str_of(text));
}

static void put_noise(void)
{
    char noise[8192];
    memset(noise, 0xee, sizeof noise);
    test_write(test_path("ledger/views/data.mdb"), (struct str){noise, sizeof noise});
}

Test(views_files, a_killed_process_costs_no_rebuild)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    fill_in_a_process_that_is_killed(&o);
    struct views *v = views_opened(&o, false);
    assert_filled(v);
    views_close(v);
    master_key_close(k);
}

Test(views_files, views_left_open_in_another_boot_are_dropped_before_they_are_opened)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k), reader = o;
    struct views *v = NULL;
    bool fresh = false;
    fill_in_a_process_that_is_killed(&o);
    pretend_another_boot();
    put_noise(); /* whatever the crash made of the file: it is not looked at */
    reader.read_only = true;
    assert_err_says(views_open(&v, &fresh, &reader, E), ERR_INCOMPLETE, "must be rebuilt");
    v = views_opened(&o, true);
    fill(v);
    views_close(v);
    master_key_close(k);
}

Test(views_files, views_closed_cleanly_survive_another_boot)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    fill(v);
    views_close(v);
    pretend_another_boot();
    v = views_opened(&o, false);
    assert_filled(v);
    cr_assert(strstr(marker(), "clean") != NULL, "reading leaves the marker alone");
    fill(v);
    cr_assert(strstr(marker(), "open") != NULL, "the first write does not");
    views_close(v);
    cr_assert(strstr(marker(), "clean") != NULL);
    master_key_close(k);
}

Test(views_files, only_the_last_handle_notes_a_clean_end)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true), *second = views_opened(&o, true);
    fill(v);
    views_close(v);
    cr_assert(strstr(marker(), "open") != NULL);
    views_close(second);
    cr_assert(strstr(marker(), "clean") != NULL);
    master_key_close(k);
}

/* ---- copies and damage ---- */

Test(views_files, views_without_a_marker_or_copied_while_open_are_dropped)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k), copy = o;
    struct views *v = views_opened(&o, true);
    fill(v);
    copy_folder(test_path("ledger/views"), test_path("copy/views"));
    views_close(v);
    copy.dir = test_path("copy");
    views_close(views_opened(&copy, true));
    cr_assert(unlink(test_path("ledger/views/state")) == 0);
    views_close(views_opened(&o, true));
    master_key_close(k);
}

Test(views_files, views_copied_after_a_clean_end_are_kept)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k), copy = o;
    struct views *v = views_opened(&o, true);
    fill(v);
    views_close(v);
    copy_folder(test_path("ledger/views"), test_path("copy/views"));
    copy.dir = test_path("copy");
    v = views_opened(&copy, false);
    assert_filled(v);
    views_close(v);
    master_key_close(k);
}

Test(views_files, a_damaged_file_is_dropped)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    fill(v);
    views_close(v);
    put_noise();
    views_close(views_opened(&o, true));
    master_key_close(k);
}

Test(views_files, reading_only_makes_and_drops_nothing)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k), reader = o;
    struct views *v = NULL;
    bool fresh = false;
    reader.read_only = true;
    assert_err_says(views_open(&v, &fresh, &reader, E), ERR_INCOMPLETE, "must be built");
    cr_assert(!file_exists(test_path("ledger/views")));
    v = views_opened(&o, true);
    fill(v);
    views_close(v);
    v = views_opened(&reader, false);
    assert_filled(v);
    views_close(v);
    reader.definition.bytes[0] = 77;
    assert_err_says(views_open(&v, &fresh, &reader, E), ERR_INCOMPLETE, "must be rebuilt");
    v = views_opened(&o, false);
    assert_filled(v);
    views_close(v);
    master_key_close(k);
}

static void exchange_on_disk(struct view_key one, struct view_key two)
{
    MDB_env *env = NULL;
    MDB_txn *txn = NULL;
    MDB_dbi values = 0;
    MDB_val a = {one.len, one.bytes}, b = {two.len, two.bytes}, x = {0, NULL}, y = {0, NULL};
    cr_assert(mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, 2) == 0);
    cr_assert(mdb_env_open(env, test_path("ledger/views"), 0, 0600) == 0);
    cr_assert(mdb_txn_begin(env, NULL, 0, &txn) == 0 && mdb_dbi_open(txn, "values", 0, &values) == 0);
    cr_assert(mdb_get(txn, values, &a, &x) == 0 && mdb_get(txn, values, &b, &y) == 0);
    struct bytes first = bytes_copy(A, (struct bytes){x.mv_data, x.mv_size});
    struct bytes second = bytes_copy(A, (struct bytes){y.mv_data, y.mv_size});
    uint8_t *swapped = arena_take(A, 2, 64);
    bytes_put(swapped, second);
    bytes_put(swapped + 64, first);
    x = (MDB_val){second.len, swapped};
    y = (MDB_val){first.len, swapped + 64};
    cr_assert(mdb_put(txn, values, &a, &x, 0) == 0 && mdb_put(txn, values, &b, &y, 0) == 0);
    cr_assert(mdb_txn_commit(txn) == 0);
    mdb_env_close(env);
}

static enum err ignore(void *context, struct bytes key, struct bytes value, struct error *e)
{
    (void)context;
    (void)key;
    (void)value;
    (void)e;
    return OK;
}

/* Somebody with write access exchanges two sealed values: each opens under its own key only. */
Test(views_files, a_value_moved_to_another_key_does_not_open)
{
    struct master_key *k = key_of(1);
    struct views_options o = view_options(k);
    struct views *v = views_opened(&o, true);
    struct views_txn *t = begun(v, true);
    struct view_key one = key_u64(1, 1), two = key_u64(1, 2);
    put(t, 1, 1, "one");
    put(t, 1, 2, "two");
    set_seq(t, 1);
    assert_ok(views_commit(t, E));
    views_close(v);
    exchange_on_disk(one, two);
    v = views_opened(&o, false);
    t = begun(v, false);
    struct bytes value = {0};
    assert_err_says(views_get(&value, t, &one, E), ERR_TAMPERED, "does not fit");
    assert_err_says(views_get(&value, t, &one, E), ERR_TAMPERED,
                    "does not open"); /* asked again, the same answer */
    struct view_key from = view_key(1);
    assert_err_says(views_scan(t, &from, 1, false, ignore, NULL, E), ERR_TAMPERED, "does not fit");
    views_abort(t);
    views_close(v);
    master_key_close(k);
}
