/* SPDX-License-Identifier: MIT */
/* Files that are whole or not there, whatever fails on the way. */
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/fixture.h"

TestSuite(file, .init = test_begin, .fini = test_end);
TestSuite(dir, .init = test_begin, .fini = test_end);

static size_t entries_of(const char *path)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    cr_assert(folder != NULL);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(folder);
    return count;
}

static unsigned mode_of(const char *path)
{
    struct stat info = {0};
    cr_assert(stat(path, &info) == 0);
    return info.st_mode & 07777;
}

Test(file, what_is_written_is_read)
{
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 65536, 1000003};
    struct dice dice = dice_of(5);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t *content = arena_take(A, sizes[i], 1);
        for (size_t j = 0; j < sizes[i]; j++) content[j] = (uint8_t)dice_next(&dice);
        struct bytes written = {content, sizes[i]}, read = {0};
        assert_ok(file_write(test_path("f"), written, 0644, E));
        assert_ok(file_read(&read, test_path("f"), 1 << 20, A, E));
        cr_assert(bytes_equal(read, written));
    }
    assert_int(entries_of(test_dir()), 1);
}

Test(file, a_file_has_the_mode_that_was_asked_for)
{
    (void)umask(022);
    assert_ok(file_write(test_path("secret"), (struct bytes){0}, 0600, E));
    assert_int(mode_of(test_path("secret")), 0600);
    assert_ok(file_write(test_path("open"), (struct bytes){0}, 0644, E));
    assert_int(mode_of(test_path("open")), 0644);
    assert_ok(file_write(test_path("masked"), (struct bytes){0}, 0666, E));
    assert_int(mode_of(test_path("masked")), 0644);
}

Test(file, one_that_is_not_there_is_not_found)
{
    struct bytes b = {0};
    assert_err(file_read(&b, "/nowhere/at/all", 10, A, E), ERR_NOT_FOUND,
               "cannot read '/nowhere/at/all': there is no such file");
    cr_assert(!file_exists("/nowhere/at/all"));
    test_write(test_path("f"), STR("x"));
    cr_assert(file_exists(test_path("f")));
    assert_err_says(file_read(&b, test_path("f/g"), 10, A, E), ERR_NOT_FOUND, "there is no such file");
    assert_err_says(file_read(&b, test_dir(), 10, A, E), ERR_STORAGE, "Is a directory");
}

Test(file, one_beyond_the_limit_is_refused_and_one_at_it_is_read)
{
    struct bytes b = {0};
    test_write(test_path("f"), STR("0123456789"));
    assert_ok(file_read(&b, test_path("f"), 10, A, E));
    assert_int(b.len, 10);
    assert_err_says(file_read(&b, test_path("f"), 9, A, E), ERR_LIMIT, "more than the limit of 9 bytes");
    /* A file that does not tell its size beforehand. */
    assert_err_says(file_read(&b, "/dev/zero", 100000, A, E), ERR_LIMIT,
                    "more than the limit of 100000 bytes");
    assert_ok(file_read(&b, "/dev/null", 0, A, E));
    assert_int(b.len, 0);
}

Test(file, a_stream_shows_its_file_only_when_finished)
{
    struct file_sink s = {0};
    test_write(test_path("f"), STR("old"));
    assert_ok(file_begin(&s, test_path("f"), 0644, E));
    cr_assert(fputs("new", s.stream) >= 0);
    cr_assert(fflush(s.stream) == 0);
    assert_str(test_read(test_path("f")), "old");
    assert_int(entries_of(test_dir()), 2);
    assert_ok(file_finish(&s, E));
    assert_str(test_read(test_path("f")), "new");
    assert_int(entries_of(test_dir()), 1);
    file_abandon(&s);
    assert_str(test_read(test_path("f")), "new");
}

Test(file, an_abandoned_stream_leaves_nothing)
{
    struct file_sink s = {0};
    file_abandon(&s);
    assert_ok(file_begin(&s, test_path("f"), 0644, E));
    cr_assert(fputs("new", s.stream) >= 0);
    file_abandon(&s);
    file_abandon(&s);
    assert_int(entries_of(test_dir()), 0);
}

Test(file, two_streams_to_one_file_do_not_mix)
{
    struct file_sink *a = arena_new_of(A, struct file_sink), *b = arena_new_of(A, struct file_sink);
    assert_ok(file_begin(a, test_path("f"), 0644, E));
    assert_ok(file_begin(b, test_path("f"), 0644, E));
    cr_assert(fputs("first", a->stream) >= 0 && fputs("second", b->stream) >= 0);
    assert_ok(file_finish(a, E));
    assert_str(test_read(test_path("f")), "first");
    assert_ok(file_finish(b, E));
    assert_str(test_read(test_path("f")), "second");
    assert_int(entries_of(test_dir()), 1);
}

Test(file, the_longest_name_can_be_written)
{
    char name[256] = "";
    memset(name, 'n', 255);
    test_write(test_path(name), STR("x"));
    assert_str(test_read(test_path(name)), "x");
}

/* No file may grow beyond so many bytes, as on a disk that is full. The hard limit stays as it is. */
static void limit_files(rlim_t size)
{
    struct rlimit limit = {0};
    cr_assert(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
    cr_assert(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static void fill_the_disk(void)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    limit_files(10000);
}

static void free_the_disk(void)
{
    limit_files(RLIM_INFINITY);
}

Test(file, a_write_that_fails_keeps_the_old_file_and_leaves_no_other)
{
    static uint8_t content[200000];
    const char *path = test_path("f");
    test_write(path, STR("old"));
    /* The failure comes in the write itself, or only when the stream's buffer is flushed. */
    static const size_t sizes[] = {sizeof(content), 10001};
    for (size_t i = 0; i < 2; i++) {
        const char *sentence = str_format(A, "cannot write '%s': File too large", path).ptr;
        fill_the_disk();
        enum err err = file_write(path, (struct bytes){content, sizes[i]}, 0644, E);
        free_the_disk();
        assert_err(err, ERR_STORAGE, sentence);
        assert_str(test_read(path), "old");
        assert_int(entries_of(test_dir()), 1);
    }
    assert_ok(file_write(path, (struct bytes){content, sizeof(content)}, 0644, E));
    assert_int(test_read(path).len, sizeof(content));
}

Test(file, a_stream_that_failed_earlier_fails_when_it_is_finished)
{
    static uint8_t content[200000];
    struct file_sink s = {0};
    const char *path = test_path("f");
    assert_ok(file_begin(&s, path, 0644, E));
    fill_the_disk();
    (void)!fwrite(content, 1, sizeof(content), s.stream);
    free_the_disk();
    assert_err_says(file_finish(&s, E), ERR_STORAGE, "cannot write");
    cr_assert(!file_exists(path));
    assert_int(entries_of(test_dir()), 0);
}

Test(file, a_folder_that_is_not_there_or_in_the_way_is_told)
{
    assert_err_says(file_write(test_path("no/f"), (struct bytes){0}, 0644, E), ERR_STORAGE,
                    "No such file or directory");
    assert_err_says(file_write("", (struct bytes){0}, 0644, E), ERR_INVALID, "the path is empty");
    assert_err_says(file_write("/dev/full/x", (struct bytes){0}, 0644, E), ERR_STORAGE, "Not a directory");
    assert_ok(dir_make(test_path("d"), 0755, E));
    assert_err_says(file_write(test_path("d"), (struct bytes){0}, 0644, E), ERR_STORAGE, "Is a directory");
    assert_err_says(file_write(test_path("d/"), (struct bytes){0}, 0644, E), ERR_INVALID, "that is a folder");
    assert_int(entries_of(test_dir()), 1);
    char path[5000];
    memset(path, 'p', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    assert_err_says(file_write(path, (struct bytes){0}, 0644, E), ERR_LIMIT, "exceeds 4096");
}

Test(file, a_path_without_a_folder_is_in_the_current_one)
{
    cr_assert(chdir(test_dir()) == 0);
    test_write("f", STR("here"));
    assert_str(test_read(test_path("f")), "here");
    test_write("./f", STR("again"));
    assert_str(test_read("f"), "again");
}

Test(dir, is_made_with_its_parents_and_may_be_there)
{
    (void)umask(022);
    assert_ok(dir_make(test_path("a/b/c"), 0700, E));
    assert_int(mode_of(test_path("a/b/c")), 0700);
    assert_int(mode_of(test_path("a")), 0700);
    assert_ok(dir_make(test_path("a/b/c"), 0755, E));
    assert_int(mode_of(test_path("a/b/c")), 0700);
    assert_ok(dir_make(test_path("a//b///d//"), 0755, E));
    assert_int(mode_of(test_path("a/b/d")), 0755);
    assert_ok(dir_make("/", 0755, E));
    cr_assert(chdir(test_dir()) == 0);
    assert_ok(dir_make("x/y", 0755, E));
    assert_ok(dir_make(".", 0755, E));
    cr_assert(file_exists(test_path("x/y")));
}

Test(dir, cannot_be_made_where_a_file_stands)
{
    test_write(test_path("f"), STR("x"));
    assert_err_says(dir_make(test_path("f"), 0755, E), ERR_STORAGE, "File exists");
    assert_err_says(dir_make(test_path("f/g"), 0755, E), ERR_STORAGE, "cannot make folder");
    assert_err_says(dir_make("", 0755, E), ERR_INVALID, "the path is empty");
    assert_str(test_read(test_path("f")), "x");
}

Test(dir, is_synced_or_the_reason_is_told)
{
    assert_ok(dir_sync(test_dir(), E));
    assert_err_says(dir_sync(test_path("no"), E), ERR_STORAGE, "No such file or directory");
}

Test(dir, on_a_disk_of_this_machine_holds_a_ledger)
{
    assert_ok(dir_check_local("/proc", E));
    assert_err_says(dir_check_local(test_path("no"), E), ERR_STORAGE, "No such file or directory");
}

Test(dir, network_file_systems_are_known_by_their_magic)
{
    /* linux/magic.h and statfs(2). */
    assert_str(str_of(file_system_network(0x6969)), "NFS");
    assert_str(str_of(file_system_network(0xff534d42)), "CIFS");
    assert_str(str_of(file_system_network(0xfe534d42)), "SMB2");
    assert_str(str_of(file_system_network(0x65735546)), "FUSE");
    assert_str(str_of(file_system_network(0x01021997)), "9P");
    static const uint64_t local[] = {0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0};
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
        cr_assert(file_system_network(local[i]) == NULL);
}

Test(file, a_device_is_never_replaced)
{
    struct file_sink sink = {0};
    const char *fifo = test_path("fifo");
    cr_assert(mkfifo(fifo, 0600) == 0);
    assert_err(file_begin(&sink, fifo, 0600, E), ERR_INVALID,
               str_format(A, "cannot write '%s': it is not a regular file%c", fifo, 0).ptr);
    cr_assert(file_begin(&sink, "/dev/null", 0600, E) == ERR_INVALID);
}

Test(file, one_that_is_named_by_its_content_gets_its_name_at_the_end)
{
    struct file_sink sink = {0};
    assert_ok(dir_make(test_path("objects/ab"), 0700, E));
    assert_ok(file_begin(&sink, test_path("unnamed"), 0600, E));
    cr_assert(fputs("content", sink.stream) >= 0);
    assert_ok(file_finish_as(&sink, test_path("objects/ab/cd"), E));
    assert_str(test_read(test_path("objects/ab/cd")), "content");
    cr_assert(!file_exists(test_path("unnamed")));
}

Test(file, a_folder_is_listed_sorted_and_one_that_is_not_there_is_empty)
{
    struct names_list l;
    test_write(test_path("b"), STR("1"));
    test_write(test_path("a.2"), STR("2"));
    test_write(test_path("a"), STR("3"));
    assert_ok(dir_list(&l, test_dir(), A, E));
    assert_int(l.count, 3);
    assert_str(l.names[0], "a");
    assert_str(l.names[1], "a.2");
    assert_str(l.names[2], "b");
    assert_ok(dir_list(&l, test_path("nothing"), A, E));
    assert_int(l.count, 0);
    assert_err_says(dir_list(&l, test_path("a"), A, E), ERR_STORAGE, "cannot read folder '");
}

Test(file, a_folder_is_one_processes_alone_while_it_has_locked_it)
{
    int one = -1, two = -1;
    assert_ok(dir_lock(&one, test_dir(), E));
    assert_err_says(dir_lock(&two, test_dir(), E), ERR_CONFLICT, "another process is at work in");
    cr_assert(close(one) == 0);
    assert_ok(dir_lock(&two, test_dir(), E));
    cr_assert(close(two) == 0);
}

Test(file, what_a_killed_writer_left_is_swept_and_nothing_else)
{
    struct names_list l;
    test_write(test_path(".daybook-1.0.tmp"), STR("half"));
    test_write(test_path(".daybook-note"), STR("mine"));
    test_write(test_path("kept"), STR("mine"));
    assert_ok(dir_sweep(test_dir(), A, E));
    assert_ok(dir_list(&l, test_dir(), A, E));
    assert_int(l.count, 2);
}

Test(file, a_folder_is_removed_with_what_is_in_it_but_not_what_a_link_leads_to)
{
    assert_ok(dir_make(test_path("gone/deep"), 0700, E));
    test_write(test_path("gone/deep/file"), STR("1"));
    test_write(test_path("kept"), STR("2"));
    assert_ok(dir_make(test_path("other"), 0700, E));
    test_write(test_path("other/kept"), STR("3"));
    cr_assert(symlink(test_path("other"), test_path("gone/link")) == 0);
    dir_remove(test_path("gone"), 4);
    cr_assert(!file_exists(test_path("gone")));
    cr_assert(file_exists(test_path("kept")) && file_exists(test_path("other/kept")));
}
