/* SPDX-License-Identifier: MIT */
/* receipts.c - receipts beside the PDFs of a run: whoever has a document, its receipt and the ledger's public
 * key can check, without the ledger, that it is in there. One walk over the documents, one opened tree. It
 * must never write one that it did not check. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "reports/out_folder.h"
#include "reports/reports.h"

enum { TELL_EVERY = 256, FORGET_EVERY = 512 };

struct receipts {
    struct ledger *ledger;
    struct views_txn *txn;
    struct ledger_prover prover;
    struct out_folder folder;
    const char *temporary;
    struct receipts_summary *summary;
    uint64_t done, total;
    run_progress_fn *progress;
    void *progress_context;
    struct arena *row, *arena;
};

/* ---- which run ---- */

/* The value of a member that stands on the next line, as json_file.h writes it. */
static bool take_member(struct str *value, struct str *text, const char *name)
{
    struct str line = STR_NONE;
    if (!str_take_until(&line, text, '\n') || !str_starts(line, name)) return false;
    size_t skip = strlen(name);
    *value = (struct str){line.ptr + skip, line.len - skip};
    return true;
}

/* Which ledger's run, and through which day, its first lines say; the rest of it has a line for each file. */
static enum err read_head(struct str *text, const char *path, struct arena *a, struct error *e)
{
    enum { HEAD_BYTES = 512 };
    char *head = arena_take_raw(a, HEAD_BYTES);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return fail(e, ERR_NOT_FOUND, "there is no '%s': no run ended there", path);
    if (fd < 0) return fail_errno(e, errno, "cannot open '%s'", path);
    ssize_t n = read(fd, head, HEAD_BYTES);
    enum err err = n < 0 ? fail_errno(e, errno, "cannot read '%s'", path) : OK;
    (void)close(fd); /* only read */
    if (err == OK) *text = (struct str){head, (size_t)n};
    return err;
}

static enum err find_run(struct receipts *r, struct error *e)
{
    const char *path = out_folder_file(&r->folder, "run.json", r->arena);
    struct str text = STR_NONE, begin = STR_NONE, ledger = STR_NONE, through = STR_NONE, dry = STR_NONE;
    enum err err = read_head(&text, path, r->arena, e);
    if (err != OK) return err;
    bool fine = take_member(&begin, &text, "{") && take_member(&ledger, &text, "  \"ledger\": ") &&
                take_member(&through, &text, "  \"through\": ") &&
                take_member(&dry, &text, "  \"dry_run\": ") && through.len == sizeof "\"2025-01-31\"," - 1;
    struct str date = STR_NONE;
    struct error unused = {0};
    if (fine) date = (struct str){through.ptr + 1, through.len - 3}; /* without quotes and comma */
    if (!fine || date_parse(&r->summary->through, date, &unused) != OK)
        return fail(e, ERR_INVALID, "'%s' is not what a run writes", path);
    struct str ours = str_format(r->arena, "\"%.*s\",", STR_ARG(ledger_origin(r->ledger)));
    if (!str_equal(ledger, ours)) return fail(e, ERR_INVALID, "'%s' is of another ledger's run", path);
    if (!str_is(dry, "false,"))
        return fail(e, ERR_INVALID, "'%s' is of a dry run: it finalized nothing", path);
    return OK;
}

/* ---- one document ---- */

static enum err write_all(int fd, struct str text, const char *path, struct error *e)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(e, errno, "cannot write '%s'", path);
        text = (struct str){text.ptr + n, text.len - (size_t)n};
    }
    return OK;
}

/* Whole under its name or not there; all of them are synced at once, at the end. */
static enum err write_file(const struct receipts *r, const char *path, struct str text, struct error *e)
{
    int fd = open(r->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return fail_errno(e, errno, "cannot create '%s'", path);
    enum err err = write_all(fd, text, path, e);
    if (close(fd) != 0 && err == OK) err = fail_errno(e, errno, "cannot close '%s'", path);
    if (err == OK && rename(r->temporary, path) != 0)
        err = fail_errno(e, errno, "cannot move a new file to '%s'", path);
    if (err != OK) (void)unlink(r->temporary);
    return err;
}

static enum err visit_document(void *context, const struct invoice *v, struct error *e)
{
    struct receipts *r = context;
    const char *pdf = str_format(r->row, "%s/%.*s.pdf", r->folder.pdf, STR_ARG(v->number)).ptr;
    const char *path = str_format(r->row, "%s/%.*s.tlog-proof", r->folder.pdf, STR_ARG(v->number)).ptr;
    struct str text = STR_NONE;
    enum err err = OK;
    if (file_exists(pdf)) {
        err = ledger_prover_text(&text, &r->prover, v->seq, r->row, e);
        if (err == OK) err = write_file(r, path, text, e);
        r->summary->written++;
    } else {
        r->summary->without_pdf++;
    }
    if (++r->done % TELL_EVERY == 0 && r->progress != NULL)
        r->progress(r->progress_context, "receipts", r->done, r->total);
    if (r->done % FORGET_EVERY == 0) views_forget(r->txn);
    arena_reset(r->row);
    return err;
}

/* ---- all of them ---- */

static enum err check_covered(const struct receipts *r, const struct run *run, struct error *e)
{
    const struct ledger_checkpoint *at = &r->prover.at;
    if (run->finished_seq < at->head.size) return OK;
    return fail(e, ERR_NOT_FOUND,
                "checkpoint '%s' is of %ju records, and the run ended with record %ju: 'daybook audit "
                "checkpoint' signs a newer one",
                at->path, (uintmax_t)at->head.size, (uintmax_t)run->finished_seq);
}

static enum err write_receipts(struct receipts *r, struct error *e)
{
    struct run *runs = NULL;
    size_t count = 0;
    enum err err = runs_through(&runs, &count, r->txn, r->summary->through, r->arena, e);
    for (size_t i = 0; err == OK && i < count; i++) {
        err = check_covered(r, &runs[i], e);
        for (size_t k = 0; k < runs[i].totals_count; k++) r->total += runs[i].totals[k].invoices;
    }
    for (size_t i = 0; err == OK && i < count; i++)
        err = list_run_invoices(r->txn, runs[i].run, visit_document, r, r->row, e);
    if (err == OK && r->progress != NULL) r->progress(r->progress_context, "receipts", r->done, r->total);
    return err == OK ? out_folder_sync(&r->folder, e) : err;
}

/* Before anything is written: the folder, and what stands in it. */
static enum err open_folder(struct receipts *r, const char *out_dir, struct error *e)
{
    enum err err = ledger_guard_output(r->ledger, out_dir, e);
    if (err == OK) err = ledger_guard_output(r->ledger, str_format(r->arena, "%s/pdf", out_dir).ptr, e);
    if (err == OK && !file_exists(out_dir)) return fail(e, ERR_NOT_FOUND, "there is no folder '%s'", out_dir);
    if (err == OK) err = out_folder_open(&r->folder, out_dir, false, r->arena, e);
    if (err != OK) return err;
    r->temporary = str_format(r->arena, "%s/.daybook-%d.receipt.tmp", r->folder.pdf, (int)getpid()).ptr;
    return OK;
}

enum err receipts_write(struct receipts_summary *out, struct ledger *l, const char *out_dir,
                        const char *checkpoint, run_progress_fn *progress, void *progress_context,
                        struct arena *a, struct error *e)
{
    struct receipts r = {.ledger = l, .folder = {.fd = -1}, .summary = out, .row = arena_new(), .arena = a};
    *out = (struct receipts_summary){.written = 0};
    r.progress = progress;
    r.progress_context = progress_context;
    enum err err = open_folder(&r, out_dir, e);
    if (err == OK) err = find_run(&r, e);
    if (err == OK) err = ledger_prover_open(&r.prover, l, checkpoint, a, e);
    if (err == OK) {
        out->leads_to = r.prover.at.head;
        err = ledger_read_begin(&r.txn, l, e);
    }
    if (err == OK) err = write_receipts(&r, e);
    ledger_read_end(l, r.txn);
    ledger_prover_close(&r.prover);
    out_folder_close(&r.folder);
    arena_free(r.row);
    return err == OK ? OK : wrap(e, "receipts in '%s'", out_dir);
}
