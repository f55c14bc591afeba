/* SPDX-License-Identifier: MIT */
/* fixture.c - one arena, one error and one folder for the test that this process runs. */
#include "tests/lib/fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The one place of the tests with state of its own: a process runs a single test. */
static struct {
    struct arena *arena;
    struct error error;
    char dir[4096];
} fixture;

struct arena *test_arena(void)
{
    if (fixture.arena == NULL) fixture.arena = arena_new();
    return fixture.arena;
}

struct error *test_error(void)
{
    return &fixture.error;
}

void test_begin(void)
{
    (void)test_arena();
}

/* Removes what is in the folder open at `fd`; links are removed, not followed. */
static void folder_empty(int fd)
{
    DIR *folder = fdopendir(fd);
    if (folder == NULL) return;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (unlinkat(dirfd(folder), entry->d_name, 0) == 0) continue;
        /* A test may have taken away its own right to remove. */
        if (fchmodat(dirfd(folder), entry->d_name, 0700, 0) != 0) continue;
        int inner = openat(dirfd(folder), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner >= 0) folder_empty(inner);
        (void)unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR);
    }
    (void)closedir(folder);
}

void test_end(void)
{
    if (fixture.dir[0] != '\0') {
        (void)chmod(fixture.dir, 0700);
        int fd = open(fixture.dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0) folder_empty(fd);
        (void)rmdir(fixture.dir);
        fixture.dir[0] = '\0';
    }
    arena_free(fixture.arena);
    fixture.arena = NULL;
}

const char *test_dir(void)
{
    if (fixture.dir[0] != '\0') return fixture.dir;
    const char *root = getenv("TMPDIR");
    if (root == NULL || root[0] == '\0') root = "/tmp";
    char name[sizeof(fixture.dir)];
    int len = snprintf(name, sizeof(name), "%s/daybook-test-XXXXXX", root);
    cr_assert(len > 0 && (size_t)len < sizeof(name), "the path of the temporary folder is too long");
    cr_assert(mkdtemp(name) != NULL, "cannot make a temporary folder in %s", root);
    memcpy(fixture.dir, name, sizeof(name));
    return fixture.dir;
}

const char *test_path(const char *name)
{
    return str_format(test_arena(), "%s/%s", test_dir(), name).ptr;
}

const char *test_shared(const char *path)
{
    const char *full = str_format(test_arena(), "../shared/%s", path).ptr;
    if (!file_exists(full)) cr_skip_test("%s is not here", full);
    return full;
}

struct str test_read(const char *path)
{
    struct bytes content = {0};
    assert_ok(file_read(&content, path, (size_t)1 << 30, test_arena(), test_error()));
    return bytes_str(content);
}

void test_write(const char *path, struct str content)
{
    assert_ok(file_write(path, str_bytes(content), 0644, test_error()));
}

struct date day(const char *text)
{
    struct date d = {0};
    assert_ok(date_parse(&d, str_of(text), test_error()));
    return d;
}

struct instant moment(const char *text)
{
    struct instant t = {0};
    assert_ok(instant_parse(&t, str_of(text), test_error()));
    return t;
}
