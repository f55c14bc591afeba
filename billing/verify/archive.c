/* SPDX-License-Identifier: MIT */
/* archive.c - a whole archive: first who signed what, then which files there are, then every record. See
 * FORMAT.md, "Archives". */
#include "billing/verify/archive.h"

#include "billing/verify/signature.h"

/* ---- who signed ---- */

/* Without trusted keys those that came with the archive tell at least whether it fits itself. */
static enum err choose_keys(struct archive *x, const struct keys *trusted)
{
    struct fault *f = &x->out->fault;
    struct bytes text = {0};
    if (trusted != NULL) return take_successors(x, trusted);
    struct keys *own = arena_new_of(x->arena, struct keys);
    enum err err = place_read(&text, x->folder, "public-keys", LIMIT_NOTE_BYTES, x->arena, f);
    if (err != OK) return err;
    if (keys_read(own, bytes_str(text), x->arena, &f->error) != OK) {
        f->error.code = ERR_TAMPERED;
        return fault_in(f, "public-keys");
    }
    return take_successors(x, own);
}

static enum err read_newest(struct archive *x)
{
    struct finding *out = x->out;
    struct bytes note = {0};
    enum err err = place_read(&note, x->folder, "checkpoint", LIMIT_NOTE_BYTES, x->arena, &out->fault);
    if (err != OK) return err;
    if (checkpoint_read(&out->at, bytes_str(note), x->keys, x->arena, &out->fault.error) != OK) {
        if (!keys_have(x->keys, out->at.origin) && strcmp(out->fault.error.reason, SIGNED_BY_OTHERS) == 0)
            return signed_by_others(x, "checkpoint", out->at.origin);
        out->fault.error.code = ERR_TAMPERED;
        return fault_in(&out->fault, "checkpoint");
    }
    out->has_checkpoint = true;
    if (out->at.size >= 2) return OK;
    return fault_of(&out->fault, "checkpoint", ERR_TAMPERED, "no ledger has %ju records",
                    (uintmax_t)out->at.size);
}

enum err signed_by_others(struct archive *x, const char *place, struct str origin)
{
    struct fault *f = &x->out->fault;
    if (keys_have(x->keys, origin)) return fault_in(f, place);
    return fault_of(f, place, ERR_INCOMPLETE,
                    "the key of '%.*s' signed it, or should have, and no key of that name was given",
                    STR_ARG(text_quotable(origin)));
}

/* The checkpoint that the auditor kept; it has to be signed, too, if there is a key that he trusts. */
static enum err read_kept(struct archive *x, const struct keys *trusted)
{
    const char *path = x->question->checkpoint;
    struct fault *f = &x->out->fault;
    struct bytes note = {0};
    if (path == NULL) return OK;
    enum err err = given_read(&note, path, LIMIT_NOTE_BYTES, x->arena, f);
    if (err != OK) return err;
    if (checkpoint_read(&x->kept, bytes_str(note), trusted != NULL ? x->keys : NULL, x->arena, &f->error) !=
        OK)
        return strcmp(f->error.reason, SIGNED_BY_OTHERS) == 0 && !keys_have(x->keys, x->kept.origin)
                   ? signed_by_others(x, path, x->kept.origin)
                   : fault_in(f, path);
    if (!str_equal(origin_ledger(x->kept.origin), origin_ledger(x->out->at.origin)))
        return fault_of(f, path, ERR_TAMPERED, "it is of another ledger, '%.*s'",
                        STR_ARG(text_quotable(x->kept.origin)));
    if (x->kept.size > x->out->at.size)
        return fault_of(f, path, ERR_ROLLED_BACK,
                        "it is of %ju records, and the archive has only %ju: it is older, or was cut",
                        (uintmax_t)x->kept.size, (uintmax_t)x->out->at.size);
    x->has_kept = true;
    x->out->older = x->kept.size;
    return OK;
}

/* ---- every record ---- */

/* The root over the first `size` records, of which the last ones are in the segment. */
static void root_at(struct digest *out, struct archive *x, const struct segment *s, uint64_t size)
{
    struct digest tail = {{0}};
    segment_root(&tail, s, (uint32_t)(size - s->number * SEGMENT_RECORDS));
    range_root(out, &x->segments, &tail);
}

uint64_t generation_at(const struct archive *x, const struct segment *s, uint64_t size)
{
    const struct landmark *l = (const struct landmark *)(const void *)s->landmarks.ptr;
    uint64_t generation = x->succession.generation;
    for (size_t i = s->landmarks.len / sizeof *l; i-- > 0;)
        if (l[i].class_ == CLASS_GENERATION && l[i].seq >= size) generation--;
    return generation;
}

static enum err hold_kept(struct archive *x, const struct segment *s, uint64_t end)
{
    struct fault *f = &x->out->fault;
    struct digest root = {{0}};
    uint64_t size = x->kept.size, begin = s->number * SEGMENT_RECORDS;
    if (!x->has_kept || size <= begin || size > end) return OK;
    root_at(&root, x, s, size);
    if (origin_generation(x->kept.origin) != generation_at(x, s, size))
        return fault_of(
            f, x->question->checkpoint, ERR_ROLLED_BACK,
            "it is of generation %ju, and record %ju of the archive is of generation %ju: what it "
            "was of was lost, as the ledger says itself",
            (uintmax_t)origin_generation(x->kept.origin), (uintmax_t)(size - 1),
            (uintmax_t)generation_at(x, s, size));
    if (digest_equal(&root, &x->kept.root)) return OK;
    memcpy(f->expected, x->kept.root.bytes, 32);
    memcpy(f->actual, root.bytes, 32);
    f->has_hashes = true;
    return fault_of(
        f, x->question->checkpoint, ERR_TAMPERED,
        "the archive's first %ju records are not those of this checkpoint: they have another root",
        (uintmax_t)size);
}

static enum err hold_level(struct archive *x, unsigned number)
{
    struct level *l = &x->levels[number];
    char place[PLACE_BYTES];
    if (l->count == 0) return OK;
    tile_place(place, number, l->tiles, l->count);
    x->out->tiles++;
    return tile_hold(x->folder, &x->view, place, l->hashes, l->count, &x->out->fault);
}

/* A hash more on a level; a full tile is one on the level above. */
static enum err add_above(struct archive *x, unsigned number, const struct digest *hash)
{
    struct digest root = *hash;
    for (; number < TILE_LEVELS; number++) {
        struct level *l = &x->levels[number];
        l->hashes[l->count++] = root;
        if (l->count < TILE_HASHES) return OK;
        enum err err = hold_level(x, number);
        if (err != OK) return err;
        root_of(&root, l->hashes, TILE_HASHES);
        l->count = 0;
        l->tiles++;
    }
    return OK;
}

static void count_segment(struct archive *x, const struct segment *s)
{
    struct finding *out = x->out;
    const struct chain *c = &x->chain;
    out->records = c->size;
    out->epochs = c->epochs;
    out->rotations = x->succession.keys;
    out->generations = x->succession.generation;
    out->first_time = c->first_time;
    out->last_time = c->time;
    out->bytes += s->bytes;
    out->tiles += s->tiles;
}

static enum err bad_record(struct archive *x, const struct segment *s, uint64_t bad)
{
    struct fault *f = &x->out->fault;
    char place[PLACE_BYTES];
    segment_place(place, s->number, s->count);
    f->has_record = true;
    f->record = bad;
    (void)wrap(&f->error, "record %ju", (uintmax_t)bad);
    return fault_in(f, place);
}

/* What the segment says of what is before it. */
static enum err join_chain(struct archive *x, const struct segment *s)
{
    struct fault *f = &x->out->fault;
    uint64_t bad = 0;
    char place[PLACE_BYTES];
    segment_place(place, s->number, s->count);
    if (chain_join(&x->chain, &s->chain, &bad, &f->error) != OK) return bad_record(x, s, bad);
    if (s->number == 0 && !str_is(origin_ledger(x->out->at.origin), x->chain.origin))
        return fault_of(f, place, ERR_TAMPERED,
                        "record 0 says that the ledger is '%s', and the checkpoint says '%.*s'",
                        x->chain.origin, STR_ARG(text_quotable(x->out->at.origin)));
    return OK;
}

/* Master keys and generations behind those of the segments before. */
static enum err join_succession(struct archive *x, const struct segment *s)
{
    const struct landmark *l = (const struct landmark *)(const void *)s->landmarks.ptr;
    struct succession *all = &x->succession;
    struct error *e = &x->out->fault.error;
    uint64_t bad = 0, begin = s->number * SEGMENT_RECORDS;
    if (all->generation == 0) all->generation = 1;
    for (size_t i = 0; i < s->landmarks.len / sizeof *l; i++) {
        struct digest root = {{0}};
        if (l[i].class_ == CLASS_GENERATION && l[i].seq == begin) range_root(&root, &x->segments, NULL);
        if (l[i].class_ == CLASS_GENERATION && l[i].seq > begin) root_at(&root, x, s, l[i].seq);
        if (succession_take(all, &l[i], &root, &bad, e) != OK) return bad_record(x, s, bad);
    }
    bool is_end = s->chain.size == x->out->at.size;
    return succession_reach(all, s->chain.size, is_end, &bad, e) == OK ? OK : bad_record(x, s, bad);
}

static enum err join(struct archive *x, const struct segment *s)
{
    uint64_t end = s->number * SEGMENT_RECORDS + s->count;
    struct digest root = {{0}};
    enum err err =
        s->chain.size > s->chain.begin ? join_chain(x, s) : OK; /* what is wrong there comes first */
    if (err == OK) err = join_succession(x, s);
    if (err == OK && s->err != OK) {
        x->out->fault = s->fault;
        return s->err;
    }
    if (err == OK) err = checkpoints_up_to(x, end, root_at, s);
    if (err == OK) err = hold_kept(x, s, end);
    if (err != OK) return err;
    count_segment(x, s);
    segment_root(&root, s, s->count);
    if (s->count == SEGMENT_RECORDS) {
        err = add_above(x, 2, &root);
        range_add(&x->segments, &root);
    }
    if (end == x->out->at.size) range_root(&root, &x->segments, s->count < SEGMENT_RECORDS ? &root : NULL);
    if (err == OK && end == x->out->at.size && !digest_equal(&root, &x->out->at.root)) {
        memcpy(x->out->fault.expected, x->out->at.root.bytes, 32);
        memcpy(x->out->fault.actual, root.bytes, 32);
        x->out->fault.has_hashes = true;
        err = fault_of(&x->out->fault, "checkpoint", ERR_TAMPERED, "the archive's records have another root");
    }
    if (x->question->progress != NULL) x->question->progress(x->question->self, end, x->out->at.size);
    return err;
}

static enum err verify_records(struct archive *x)
{
    checkpoints_begin(x);
    enum err err = crew_work(x, join);
    for (unsigned number = 2; err == OK && number < TILE_LEVELS; number++) err = hold_level(x, number);
    if (err == OK && origin_generation(x->out->at.origin) != x->succession.generation)
        return fault_of(&x->out->fault, "checkpoint", ERR_TAMPERED,
                        "it is of generation %ju, and the records are of generation %ju",
                        (uintmax_t)origin_generation(x->out->at.origin), (uintmax_t)x->succession.generation);
    return err == OK ? checkpoints_end(x) : err;
}

static enum err verify_parts(struct archive *x, const struct keys *trusted)
{
    struct finding *out = x->out;
    enum err err = choose_keys(x, trusted);
    if (err == OK) err = read_newest(x);
    if (err == OK) err = read_kept(x, trusted);
    if (err == OK) err = sums_open(&x->sums, x->folder, &out->fault);
    if (err != OK) return err;
    err = signatures_check(&x->is_unsigned, x->folder, x->keys, out->at.origin, x->arena, &out->fault);
    if (x->is_unsigned) {
        err = OK;
        out->fault = (struct fault){.file = ""};
    }
    if (err == OK) err = archive_files(x);
    if (err == OK) err = verify_records(x);
    sums_close(&x->sums);
    return err;
}

/* The records are proven all the same, but not that the files beside them are those that were written. */
static enum err not_signed(struct archive *x)
{
    struct fault *f = &x->out->fault;
    *f = (struct fault){.file = ""};
    return fault_of(
        f, "SHA256SUMS.sig", ERR_INCOMPLETE,
        "not verified: all records are those that the ledger's key signed, but SHA256SUMS is not signed, and "
        "so nobody "
        "can tell whether a checkpoint, a time stamp or another file beside them was left out or changed");
}

enum err verify_archive(struct finding *out, int folder, const struct question *q, struct arena *a)
{
    const struct keys *trusted = NULL;
    out->kind = "archive";
    enum err err = only_given(out, q, true, false, false);
    if (err == OK) err = trusted_keys(&trusted, q, a, &out->fault);
    if (err != OK) return err;
    struct archive *x = arena_new_of(a, struct archive);
    *x = (struct archive){.folder = folder, .question = q, .out = out, .arena = a, .passing = arena_new()};
    x->sums.fd = -1;
    x->view.of = x->lines.of = &x->sums;
    err = verify_parts(x, trusted);
    arena_free(x->passing);
    if (err != OK) return err;
    if (x->is_unsigned && trusted != NULL) return not_signed(x);
    out->fault = (struct fault){.file = ""};
    if (trusted == NULL)
        return not_trusted(
            out, x->has_kept
                     ? "the archive fits itself, every record of it was read, and it goes on from the "
                       "checkpoint that was kept"
                     : "the archive fits itself, and every record of it was read");
    out->proves = x->has_kept ? STR("all records are those that the ledger's key signed, and they go on from "
                                    "the checkpoint that was kept")
                              : STR("all records are those that the ledger's key signed");
    return OK;
}
