/* SPDX-License-Identifier: MIT */
/* issued.c - the files that documents were made into: their hashes go into the ledger, and files that
 * somebody has are held against them. */
#include <errno.h>
#include <fts.h>

#include "reports/file_digest.h"
#include "reports/reports.h"

enum { FILES_PER_RECORD = 1000 };

/* ---- into the ledger ---- */

static enum err take_new(struct issued_file *fresh, size_t *taken, struct views_txn *t,
                         const struct issued_file *files, size_t count, struct error *e)
{
    enum err err = OK;
    *taken = 0;
    for (size_t i = 0; i < count && err == OK; i++) {
        bool known = false;
        err = was_issued(&known, t, &files[i], e);
        if (err == OK && !known) fresh[(*taken)++] = files[i];
    }
    return err;
}

static enum err note_some(struct ledger *l, const struct issued_file *files, size_t count, struct str actor,
                          struct arena *a, struct error *e)
{
    struct views_txn *t = NULL;
    struct issued_file *fresh = arena_array_of(a, struct issued_file, count);
    struct command c = {.type = COMMAND_DOCUMENT_ISSUE, .document_issue = {.files = fresh}};
    struct request r = {.command = &c, .actor = actor, .brief = true};
    struct outcome out = {0};
    enum err err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    err = take_new(fresh, &c.document_issue.files_count, t, files, count, e);
    ledger_read_end(l, t);
    return err == OK && c.document_issue.files_count > 0 ? ledger_execute(&out, l, &r, a, e) : err;
}

enum err note_issued(struct ledger *l, const struct issued_file *files, size_t count, struct str actor,
                     struct error *e)
{
    struct arena *a = arena_new();
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i += FILES_PER_RECORD) {
        size_t some = count - i < FILES_PER_RECORD ? count - i : FILES_PER_RECORD;
        err = note_some(l, files + i, some, actor, a, e);
        arena_reset(a);
    }
    arena_free(a);
    return err == OK ? OK : wrap(e, "cannot note the documents that were issued");
}

/* ---- a document that is made again ---- */

enum err make_document(struct made_document *out, const struct ledger *l, struct views_txn *t,
                       const struct invoice *v, struct arena *a, struct error *e)
{
    struct bytes attached = {0};
    *out = (struct made_document){.pdf = {.arena = a}};
    enum err err = invoice_pdf(&out->pdf, &attached, l, t, v, a, e);
    if (err != OK) return err;
    struct hasher *h = hasher_new();
    struct bytes files[] = {{out->pdf.ptr, out->pdf.len}, attached};
    for (size_t i = 0; i < 2 && files[i].len > 0; i++) {
        struct issued_file *file = &out->files[out->files_count++];
        *file = (struct issued_file){v->invoice, i == 0 ? DOCUMENT_PDF : DOCUMENT_CII, {{0}}, files[i].len};
        hasher_digest(h, file->sha256.bytes, files[i], (struct bytes){0}, (struct bytes){0});
    }
    hasher_free(h);
    return OK;
}

enum err check_made_again(struct made_again *out, struct ledger *l, uint64_t invoice, struct arena *a,
                          struct error *e)
{
    struct views_txn *t = NULL;
    struct invoice v = {0};
    struct made_document made = {0};
    *out = (struct made_again){0};
    enum err err = ledger_read_begin(&t, l, e);
    if (err != OK) return err;
    err = load_invoice(&v, t, invoice, a, e);
    if (err == OK) err = was_issued_at_all(&out->noted, t, invoice, e);
    if (err == OK && out->noted) err = make_document(&made, l, t, &v, a, e);
    bool as_noted = made.files_count > 0;
    for (size_t i = 0; i < made.files_count && err == OK && as_noted; i++)
        err = was_issued(&as_noted, t, &made.files[i], e);
    out->as_noted = as_noted;
    ledger_read_end(l, t);
    return err;
}

/* ---- files against the ledger ---- */

struct checking_files {
    struct issued_check *out;
    struct views_txn *txn;
    struct arena *arena, *row;
};

static void note_first(struct checking_files *c, const char *path, const char *why)
{
    if (c->out->first.len == 0) c->out->first = str_format(c->arena, "'%s' %s", path, why);
}

/* INV-2025-000001.pdf bears the number INV-2025-000001, and so does INV-2025-000001.xml. */
static enum err invoice_named(uint64_t *out, struct checking_files *c, struct str name, struct error *e)
{
    struct invoice v = {0};
    struct error unused = {0};
    *out = 0;
    if (name.len <= 4) return OK;
    struct str ending = {name.ptr + name.len - 4, 4};
    if (!str_is(ending, ".pdf") && !str_is(ending, ".xml")) return OK;
    enum err err = find_invoice(&v, c->txn, (struct str){name.ptr, name.len - 4}, c->row, &unused);
    if (err == OK) *out = v.invoice;
    if (err == OK || err == ERR_NOT_FOUND) return OK;
    *e = unused;
    return err;
}

/* As whichever of the forms that a file of this name can have. */
static enum err is_as_issued(bool *yes, struct checking_files *c, struct issued_file *file, struct str name,
                             struct error *e)
{
    static const enum document_form of_pdf[] = {DOCUMENT_PDF}, of_xml[] = {DOCUMENT_CII, DOCUMENT_UBL};
    bool xml = name.ptr[name.len - 1] == 'l';
    const enum document_form *forms = xml ? of_xml : of_pdf;
    size_t count = xml ? sizeof of_xml / sizeof of_xml[0] : 1;
    enum err err = OK;
    *yes = false;
    for (size_t i = 0; i < count && err == OK && !*yes; i++) {
        file->form = forms[i];
        err = was_issued(yes, c->txn, file, e);
    }
    return err;
}

static enum err check_file(struct checking_files *c, const char *path, struct str name, struct error *e)
{
    struct issued_file file = {0};
    bool same = false, any = false;
    enum err err = invoice_named(&file.invoice, c, name, e);
    c->out->files++;
    if (err == OK && file.invoice == 0) c->out->others++;
    if (err != OK || file.invoice == 0) return err;
    err = file_digest(&file.sha256, &file.bytes, path, e);
    if (err == OK) err = is_as_issued(&same, c, &file, name, e);
    if (err == OK) err = was_issued_at_all(&any, c->txn, file.invoice, e);
    if (err != OK) return wrap(e, "'%s'", path);
    if (same) {
        c->out->as_issued++;
    } else if (any) {
        note_first(c, path, "is not the document that was issued");
        c->out->differing++;
    } else {
        note_first(c, path, "is of a document of which no file was noted");
        c->out->never_noted++;
    }
    return OK;
}

static enum err walk_files(struct checking_files *c, FTS *tree, struct error *e)
{
    enum err err = OK;
    errno = 0;
    for (FTSENT *f = fts_read(tree); f != NULL && err == OK; f = err == OK ? fts_read(tree) : NULL) {
        arena_reset(c->row);
        if (f->fts_info == FTS_F) err = check_file(c, f->fts_path, str_of(f->fts_name), e);
        if (f->fts_info == FTS_DNR || f->fts_info == FTS_ERR || f->fts_info == FTS_NS)
            err = fail_errno(e, f->fts_errno, "cannot read '%s'", f->fts_path);
        errno = 0; /* by which alone the end differs from a failure */
    }
    return err == OK && errno != 0 ? fail_errno(e, errno, "cannot read the folder") : err;
}

enum err check_issued(struct issued_check *out, struct ledger *l, const char *folder, struct arena *a,
                      struct error *e)
{
    struct checking_files c = {.out = out, .arena = a};
    char *path = arena_take(a, strlen(folder) + 1, 1); /* fts wants one that it may change */
    *out = (struct issued_check){0};
    memcpy(path, folder, strlen(folder) + 1);
    char *const paths[] = {path, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (tree == NULL) return fail_errno(e, errno, "cannot read '%s'", folder);
    enum err err = ledger_read_begin(&c.txn, l, e);
    c.row = arena_new();
    if (err == OK) err = walk_files(&c, tree, e);
    ledger_read_end(l, c.txn);
    arena_free(c.row);
    (void)fts_close(tree); /* only read */
    return err;
}
