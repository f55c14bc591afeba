/* SPDX-License-Identifier: MIT */
/* say.c - see say.h. Texts come from files that nobody vouched for, and may be bound for a terminal: what
 * would do something to one is not printed as it is. */
#include "billing/verify/say.h"

#include "billing/verify/show.h"

int exit_status(enum err err)
{
    switch (err) {
    case OK: return 0;
    case ERR_USAGE: return 2;
    case ERR_INVALID:
    case ERR_LIMIT: return 3;
    case ERR_TAMPERED: return 4;
    case ERR_ROLLED_BACK: return 5;
    case ERR_REFUSED:
    case ERR_NOT_FOUND:
    case ERR_CONFLICT:
    case ERR_STORAGE:
    case ERR_DECLINED:
    case ERR_INCOMPLETE: break;
    }
    return 8;
}

static const char *verdict(enum err err)
{
    switch (exit_status(err)) {
    case 0: return "verified";
    case 2: return "usage";
    case 3: return "unknown";
    case 4: return "tampered";
    case 5: return "rolled_back";
    default: return "incomplete";
    }
}

/* ---- JSON; every member is there each time, null where nothing is known ---- */

static void name_member(struct buffer *b, const char *name)
{
    buffer_print(b, "%s\"%s\": ", b->len > 1 && b->ptr[b->len - 1] != '{' ? ", " : "", name);
}

static void put_text(struct buffer *b, const char *name, bool is_there, struct str text)
{
    name_member(b, name);
    if (is_there && text_is_utf8(text))
        show_text(b, text);
    else
        buffer_print(b, "null");
}

static void put_count(struct buffer *b, const char *name, bool is_there, uint64_t count)
{
    name_member(b, name);
    if (is_there)
        buffer_print(b, "%ju", (uintmax_t)count);
    else
        buffer_print(b, "null");
}

static void put_hash(struct buffer *b, const char *name, bool is_there, const uint8_t hash[32])
{
    char digits[64];
    hex_encode(digits, hash, 32);
    put_text(b, name, is_there, (struct str){digits, sizeof digits});
}

static void put_time(struct buffer *b, const char *name, bool is_there, uint64_t at)
{
    name_member(b, name);
    if (is_there)
        show_instant(b, (int64_t)at);
    else
        buffer_print(b, "null");
}

static bool is_archive(const struct finding *f)
{
    return strcmp(f->kind, "archive") == 0;
}

static void put_read(struct buffer *b, const struct finding *f)
{
    bool is = is_archive(f), has = is && f->records > 0;
    name_member(b, "read");
    buffer_add_byte(b, '{');
    put_count(b, "records", is || strcmp(f->kind, "disclosure") == 0, f->records);
    put_count(b, "bytes", is || strcmp(f->kind, "disclosure") == 0, f->bytes);
    put_count(b, "epochs", is, f->epochs);
    put_count(b, "rotations", is, f->rotations);
    put_count(b, "generations", is, f->generations);
    put_count(b, "successor_keys", is, f->successors);
    put_count(b, "tiles", is, f->tiles);
    put_count(b, "checkpoints", is, f->checkpoints);
    put_count(b, "files", is, f->files);
    put_count(b, "timestamps", is, f->timestamps);
    put_time(b, "first_time", has, f->first_time);
    put_time(b, "last_time", has, f->last_time);
    buffer_add_byte(b, '}');
}

static void put_fault(struct buffer *b, const struct finding *f, enum err err)
{
    const struct fault *w = &f->fault;
    bool is = err != OK;
    name_member(b, "fault");
    buffer_add_byte(b, '{');
    put_text(b, "file", is && w->file[0] != '\0', str_of(w->file));
    put_count(b, "record", is && w->has_record, w->record);
    put_hash(b, "expected", is && w->has_hashes, w->expected);
    put_hash(b, "actual", is && w->has_hashes, w->actual);
    buffer_add_byte(b, '}');
}

void say_json(FILE *out, const struct finding *f, const struct question *q, enum err err)
{
    struct buffer b = {.arena = NULL};
    buffer_add_byte(&b, '{');
    name_member(&b, "verified");
    buffer_print(&b, "%s", err == OK ? "true" : "false");
    put_text(&b, "verdict", true, str_of(verdict(err)));
    put_count(&b, "status", true, (uint64_t)exit_status(err));
    put_text(&b, "path", true, str_of(q->path));
    put_text(&b, "kind", f->kind[0] != '\0', str_of(f->kind));
    put_text(&b, "says", true, err == OK ? f->proves : str_of(f->fault.error.text));
    put_text(&b, "origin", f->has_checkpoint, f->at.origin);
    put_count(&b, "records", f->has_checkpoint, f->at.size);
    put_hash(&b, "root", f->has_checkpoint, f->at.root.bytes);
    put_count(&b, "record", f->has_record, f->record);
    put_hash(&b, "leaf", f->has_record && err == OK, f->leaf.bytes);
    put_count(&b, "older_records", f->older > 0, f->older);
    put_read(&b, f);
    put_fault(&b, f, err);
    name_member(&b, "disclosed");
    bool has_shown = err == OK && f->shown.len > 0;
    buffer_add(&b, has_shown ? (const char *)f->shown.ptr : "null", has_shown ? f->shown.len : 4);
    buffer_print(&b, "}\n");
    (void)fwrite(b.ptr, 1, b.len, out);
    buffer_free(&b);
}

/* ---- for people ---- */

/* A sentence may quote the name of a file. */
static void print_safely(FILE *out, const char *text)
{
    bool is_printable = text_is_printable(str_of(text));
    for (const char *at = text; *at != '\0'; at++) {
        uint8_t c = (uint8_t)*at;
        (void)fputc(!is_printable && (c < ' ' || c >= 0x7f) ? '?' : c, out);
    }
}

static void print_times(FILE *out, const struct finding *f)
{
    struct buffer b = {.arena = NULL};
    show_instant(&b, (int64_t)f->first_time);
    buffer_print(&b, " to ");
    show_instant(&b, (int64_t)f->last_time);
    (void)fputs("times         ", out);
    for (size_t i = 0; i < b.len; i++)
        if (b.ptr[i] != '"') (void)fputc(b.ptr[i], out);
    (void)fputc('\n', out);
    buffer_free(&b);
}

static void print_read(FILE *out, const struct finding *f)
{
    (void)fprintf(out, "records       %ju\nbytes         %ju\n", (uintmax_t)f->records, (uintmax_t)f->bytes);
    (void)fprintf(out, "key epochs    %ju\ntiles         %ju\n", (uintmax_t)f->epochs, (uintmax_t)f->tiles);
    (void)fprintf(out, "key rotations %ju\ngenerations   %ju\n", (uintmax_t)f->rotations,
                  (uintmax_t)f->generations);
    (void)fprintf(out, "checkpoints   %ju\nfiles         %ju\n", (uintmax_t)f->checkpoints,
                  (uintmax_t)f->files);
    if (f->successors > 0)
        (void)fprintf(out, "other keys    %ju, which notes in the archive name that a trusted key signed\n",
                      (uintmax_t)f->successors);
    if (f->timestamps > 0)
        (void)fprintf(
            out, "time stamps   %ju, whose files are the signed ones; what they say is not checked here\n",
            (uintmax_t)f->timestamps);
    print_times(out, f);
}

static void print_checkpoint(FILE *out, const struct finding *f)
{
    char root[65];
    digest_hex(root, &f->at.root);
    (void)fprintf(out, "origin        %.*s\n", STR_ARG(f->at.origin));
    (void)fprintf(out, "checkpoint    of %ju records, root %s\n", (uintmax_t)f->at.size, root);
    if (f->older > 0) (void)fprintf(out, "goes on from  %ju records\n", (uintmax_t)f->older);
    if (f->has_record) {
        digest_hex(root, &f->leaf);
        (void)fprintf(out, "record        %ju, hash %s\n", (uintmax_t)f->record, root);
    }
}

void say_people(FILE *out, FILE *wrong, const struct finding *f, const struct question *q, enum err err)
{
    if (err == OK) {
        (void)fprintf(out, "verified      %.*s\n", STR_ARG(f->proves));
        print_checkpoint(out, f);
        if (is_archive(f)) print_read(out, f);
        if (f->shown.len > 0)
            (void)fprintf(out, "disclosed     %.*s\n", (int)f->shown.len, (const char *)f->shown.ptr);
        return;
    }
    (void)fprintf(wrong, "daybook-verify: %s: '", verdict(err));
    print_safely(wrong, q->path);
    (void)fputs("': ", wrong);
    print_safely(wrong, f->fault.error.text);
    (void)fputc('\n', wrong);
}
