/* SPDX-License-Identifier: MIT */
/* tamper.c - changes files that verify, one change at a time, and demands that the verifier finds each and
 * names what it is in. It calls the verifier's own function, so that a change costs a millisecond and not a
 * process.
 *
 *   tamper [--trials N] [--seed N] [--other FOLDER] [--older FOLDER] ARCHIVE PUBLIC-KEY
 *   tamper --claim [--record F] [--old F] [--checkpoint F] FILE PUBLIC-KEY
 *
 * Without --trials: every byte of every file flipped, dropped, doubled, swapped with the next, everything
 * behind it cut off; every file removed, doubled, put in the place of every other, taken from another ledger,
 * from an older copy. With it: that many changes by chance, of any length. The files are changed where they
 * are and put back: give it a copy. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "billing/verify/verify.h"
#include "tests/lib/dice.h"

enum { FILES_MAX = 256, CONTENT_MAX = 16 * 1024 * 1024 };

struct file {
    char path[512], place[PLACE_BYTES];
    struct bytes content;
};
struct files {
    struct file of[FILES_MAX];
    size_t count;
};

static struct arena *kept, *passing;
static struct question question;
static uint64_t tried, missed, unnamed;

/* ---- files ---- */

static void must(bool fine, const char *what, const char *path)
{
    if (fine) return;
    fprintf(stderr, "tamper: %s: %s: %s\n", what, path, strerror(errno));
    exit(2);
}

static void put_file(const char *path, struct bytes content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    must(fd >= 0, "cannot be written", path);
    must(write(fd, content.ptr, content.len) == (ssize_t)content.len, "cannot be written", path);
    close(fd);
}

static struct bytes get_file(const char *path)
{
    struct stat s = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    must(fd >= 0 && fstat(fd, &s) == 0 && s.st_size < CONTENT_MAX, "cannot be read", path);
    uint8_t *to = arena_take_raw(kept, (size_t)s.st_size + 1);
    must(read(fd, to, (size_t)s.st_size) == s.st_size, "cannot be read", path);
    close(fd);
    return (struct bytes){to, (size_t)s.st_size};
}

static void add_file(struct files *f, const char *path, const char *place)
{
    must(f->count < FILES_MAX, "too many files", path);
    struct file *file = &f->of[f->count++];
    snprintf(file->path, sizeof file->path, "%s", path);
    snprintf(file->place, sizeof file->place, "%s", place);
    file->content = get_file(path);
}

struct gathering {
    struct files *files;
    const char *folder;
};

static enum err gather_one(void *self, const char *place, struct fault *f)
{
    struct gathering *g = self;
    char path[512];
    (void)f;
    snprintf(path, sizeof path, "%s/%s", g->folder, place);
    add_file(g->files, path, place);
    return OK;
}

static void gather(struct files *out, const char *folder)
{
    struct fault f = {.file = ""};
    struct gathering g = {out, folder};
    const struct visitor v = {gather_one, &g};
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(fd >= 0, "cannot be opened", folder);
    must(folder_walk(fd, &v, &f) == OK, f.error.text, folder);
    close(fd);
}

static const struct file *named(const struct files *f, const char *place)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->of[i].place, place) == 0) return &f->of[i];
    return NULL;
}

/* ---- one change ---- */

static enum err ask(struct fault *f)
{
    struct finding found;
    arena_reset(passing);
    enum err err = verify(&found, &question, passing);
    *f = found.fault;
    finding_close(&found);
    return err;
}

/* Some change was made that `how`, `at` and `file` tell of: it has to be found, and said where. */
static void demand_found(const char *how, const char *file, size_t at)
{
    struct fault f;
    tried++;
    enum err err = ask(&f);
    if (err == OK && ++missed <= 20) printf("MISSED: %s at byte %zu of %s\n", how, at, file);
    bool is_named = f.file[0] != '\0' || f.has_record || strcmp(question.path, file) == 0;
    if (err != OK && (f.error.text[0] == '\0' || !is_named) && ++unnamed <= 20)
        printf("NOT NAMED: %s at byte %zu of %s: %s\n", how, at, file, f.error.text);
}

static void try_content(const char *how, const struct file *file, size_t at, struct bytes content)
{
    if (bytes_equal(content, file->content)) return;
    put_file(file->path, content);
    demand_found(how, file->path, at);
    put_file(file->path, file->content);
}

/* Puts together what is before `at`, something else, and what is from `on` on. */
static struct bytes spliced(struct bytes all, size_t at, struct bytes middle, size_t on)
{
    uint8_t *to = arena_take_raw(passing, at + middle.len + all.len - on + 1);
    bytes_put(to, (struct bytes){all.ptr, at});
    bytes_put(to + at, middle);
    bytes_put(to + at + middle.len, (struct bytes){all.ptr + on, all.len - on});
    return (struct bytes){to, at + middle.len + all.len - on};
}

/* ---- every byte ---- */

static void try_every_byte(const struct file *file)
{
    struct bytes all = file->content;
    for (size_t at = 0; at < all.len; at++) {
        uint8_t flipped = all.ptr[at] ^ (uint8_t)(1u << at % 8), swapped[2] = {0};
        arena_reset(passing);
        try_content("flipped", file, at, spliced(all, at, (struct bytes){&flipped, 1}, at + 1));
        try_content("dropped", file, at, spliced(all, at, (struct bytes){0}, at + 1));
        try_content("doubled", file, at, spliced(all, at + 1, (struct bytes){all.ptr + at, 1}, at + 1));
        if (at + 1 < all.len) {
            swapped[0] = all.ptr[at + 1];
            swapped[1] = all.ptr[at];
            try_content("swapped", file, at, spliced(all, at, (struct bytes){swapped, 2}, at + 2));
        }
        try_content("cut", file, at, (struct bytes){all.ptr, at});
    }
}

static void try_whole(const struct file *file, const struct files *all, const struct files *others,
                      const char *whose)
{
    const struct file *other = named(others, file->place);
    if (other != NULL) try_content(whose, file, 0, other->content);
    if (others != all) return;
    try_content("twice", file, 0,
                spliced(file->content, file->content.len, file->content, file->content.len));
    for (size_t i = 0; i < all->count; i++) try_content("another file in place", file, 0, all->of[i].content);
    must(unlink(file->path) == 0, "cannot be removed", file->path);
    demand_found("removed", file->path, 0);
    put_file(file->path, file->content);
}

/* ---- by chance ---- */

static size_t below(struct dice *d, size_t count)
{
    return count == 0 ? 0 : (size_t)(dice_next(d) % count);
}

/* A stretch of any of the files, mostly a short one. */
static struct bytes some_of(struct dice *d, const struct files *from)
{
    struct bytes all = from->of[below(d, from->count)].content;
    size_t at = below(d, all.len), len = below(d, 8) == 0 ? all.len : 1 + below(d, 64);
    return (struct bytes){all.ptr + at, len < all.len - at ? len : all.len - at};
}

static void try_by_chance(struct dice *d, const struct files *all, const struct files *sources[3])
{
    const struct file *file = &all->of[below(d, all->count)];
    struct bytes content = file->content;
    size_t at = below(d, content.len), on = at + below(d, 40);
    uint8_t byte = (uint8_t)dice_next(d);
    arena_reset(passing);
    if (on > content.len) on = content.len;
    const struct files *from = sources[below(d, 3)];
    const struct file *same = named(from, file->place);
    switch (below(d, 6)) {
    case 0:
        try_content("a byte", file, at,
                    spliced(content, at, (struct bytes){&byte, 1}, content.len > 0 ? at + 1 : 0));
        break;
    case 1: try_content("taken out", file, at, spliced(content, at, (struct bytes){0}, on)); break;
    case 2:
        try_content("doubled", file, at, spliced(content, on, (struct bytes){content.ptr + at, on - at}, on));
        break;
    case 3: try_content("spliced", file, at, spliced(content, at, some_of(d, from), on)); break;
    case 4:
        if (same != NULL && same->content.len >= on) /* the same place in another ledger or an older copy */
            try_content("replayed", file, at,
                        spliced(content, at, (struct bytes){same->content.ptr + at, on - at}, on));
        break;
    default: try_content("cut", file, at, (struct bytes){content.ptr, at}); break;
    }
}

/* ---- the program ---- */

struct options {
    uint64_t trials, seed;
    const char *other, *older;
    bool is_claim;
};

static uint64_t number_of(const char *text)
{
    struct error e = {0};
    uint64_t n = 0;
    must(uint_parse(&n, str_of(text), &e) == OK, "not a number", text);
    return n;
}

static void read_options(struct options *o, int argc, char **argv)
{
    int at = 1;
    for (; at + 1 < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--claim") == 0) {
            o->is_claim = true;
            continue;
        }
        const char *name = argv[at], *value = argv[++at];
        if (strcmp(name, "--trials") == 0) o->trials = number_of(value);
        if (strcmp(name, "--seed") == 0) o->seed = number_of(value);
        if (strcmp(name, "--other") == 0) o->other = value;
        if (strcmp(name, "--older") == 0) o->older = value;
        if (strcmp(name, "--record") == 0) question.record = value;
        if (strcmp(name, "--old") == 0) question.old = value;
        if (strcmp(name, "--checkpoint") == 0) question.checkpoint = value;
    }
    must(at + 2 == argc, "usage: see tests/faults/tamper.c", argv[0]);
    question.path = argv[at];
    question.public_key = argv[at + 1];
}

static void tamper_claim(void)
{
    struct files *f = arena_new_of(kept, struct files);
    const char *const paths[] = {question.path, question.record, question.old, question.checkpoint};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (paths[i] != NULL) add_file(f, paths[i], paths[i]);
    for (size_t i = 0; i < f->count; i++) {
        try_every_byte(&f->of[i]);
        try_content("twice", &f->of[i], 0,
                    spliced(f->of[i].content, f->of[i].content.len, f->of[i].content, f->of[i].content.len));
        for (size_t k = 0; k < f->count; k++)
            if (f->count > 2 || i == 0) try_content("another file in place", &f->of[i], 0, f->of[k].content);
    }
}

static void tamper_archive(const struct options *o)
{
    struct files *all = arena_new_of(kept, struct files), *other = arena_new_of(kept, struct files),
                 *older = arena_new_of(kept, struct files);
    gather(all, question.path);
    if (o->other != NULL) gather(other, o->other);
    if (o->older != NULL) gather(older, o->older);
    if (o->trials > 0) {
        const struct files *sources[3] = {all, other->count > 0 ? other : all,
                                          older->count > 0 ? older : all};
        struct dice d = dice_of(o->seed);
        for (uint64_t i = 0; i < o->trials; i++) try_by_chance(&d, all, sources);
        return;
    }
    for (size_t i = 0; i < all->count; i++) {
        try_every_byte(&all->of[i]);
        try_whole(&all->of[i], all, all, "");
        try_whole(&all->of[i], all, other, "from another ledger");
        try_whole(&all->of[i], all, older, "from an older copy");
    }
}

int main(int argc, char **argv)
{
    struct options o = {.seed = 1};
    struct fault f;
    kept = arena_new();
    passing = arena_new();
    question.jobs = 1;
    read_options(&o, argc, argv);
    must(ask(&f) == OK, f.error.text, question.path);
    if (o.is_claim)
        tamper_claim();
    else
        tamper_archive(&o);
    must(ask(&f) == OK, "does not verify when all was put back", question.path);
    printf("%ju changes, %ju missed, %ju found and not named\n", (uintmax_t)tried, (uintmax_t)missed,
           (uintmax_t)unnamed);
    arena_free(passing);
    arena_free(kept);
    return missed == 0 && unnamed == 0 && tried > 0 ? 0 : 1;
}
