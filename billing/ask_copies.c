/* SPDX-License-Identifier: MIT */
/* ask_copies.c - archives for auditors, backups, what is restored of them, and followers. */
#include "billing/answers.h"

static void export_progress(void *context, uint64_t done, uint64_t total)
{
    const struct service *s = context;
    if (s->progress != NULL) s->progress(s->progress_context, "export", done, total);
}

enum err ask_audit_export(const struct call *c, struct error *e)
{
    const struct audit_export_query *q = c->query;
    struct archive_options o = {.dir = str_cstring(c->arena, q->directory),
                                .checkpoint = path_or_null(q->checkpoint, c->arena),
                                .key_file = c->service->checkpoints.key,
                                .told = {export_progress, c->service}};
    struct ledger_archive r = {.files = 0};
    enum err err = ledger_export(&r, c->service->ledger, &o, c->arena, e);
    if (err != OK) return err;
    c->service->access.key_used = r.is_signed;
    json_t *j = object_new();
    member_text(j, "origin", r.at.origin);
    member_count(j, "records", r.at.size);
    member_hash(j, "root", &r.at.root);
    member_text(j, "path", q->directory);
    member_count(j, "files", r.files);
    member_count(j, "written", r.written);
    member_flag(j, "signed", r.is_signed);
    member_text_or_null(j, "ssh_key", r.ssh_public);
    return tell_one(c, j, e);
}

/* ---- backups ---- */

static void copy_progress(void *context, uint64_t done, uint64_t total)
{
    const struct service *s = context;
    if (s->progress != NULL) s->progress(s->progress_context, "copy", done, total);
}

enum err ask_backup(const struct call *c, struct error *e)
{
    const struct backup_query *q = c->query;
    struct copying told = {copy_progress, c->service};
    struct ledger_backup r = {.records = 0};
    const char *dir = str_cstring(c->arena, q->directory);
    enum err err = ledger_backup(&r, c->service->ledger, dir, &told, c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "snapshot", r.snapshot);
    member_count(j, "records", r.records);
    member_count(j, "added", r.added);
    member_hash(j, "root", &r.root);
    member_count(j, "objects_written", r.objects);
    member_count(j, "bytes_written", r.bytes);
    return tell_one(c, j, e);
}

static json_t *entry_json(const struct backup_entry *v)
{
    json_t *j = object_new();
    member_text(j, "snapshot", v->name);
    member_text(j, "origin", v->origin);
    member_count(j, "records", v->records);
    member_count(j, "segments", v->segments);
    member_count(j, "files", v->files);
    member_count(j, "bytes", v->bytes);
    member_hash(j, "root", &v->root);
    return j;
}

static enum err list_backup(const struct call *c, struct error *e)
{
    const struct backup_list_query *q = c->query;
    struct backup_entry *all = NULL;
    size_t count = 0;
    enum err err = backup_list(&all, &count, str_cstring(c->arena, q->directory), c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new(), *rows = rows_new();
    for (size_t i = 0; i < count; i++) rows_add(rows, entry_json(&all[i]));
    member_put(j, "snapshots", rows);
    return tell_one(c, j, e);
}

static enum err verify_backup(const struct call *c, struct error *e)
{
    const struct backup_verify_query *q = c->query;
    struct copying told = {copy_progress, c->service};
    struct backup_entry v = {.records = 0};
    size_t verified = 0;
    enum err err = backup_verify(&v, &verified, str_cstring(c->arena, q->directory),
                                 path_or_null(q->snapshot, c->arena), &told, c->arena, e);
    if (err != OK) return err;
    json_t *j = entry_json(&v);
    member_flag(j, "verified", true);
    member_text(j, "checked", STR("objects, chain, checkpoints and root, without key"));
    member_count(j, "snapshots_verified", verified);
    return tell_one(c, j, e);
}

static enum err prune_backup(const struct call *c, struct error *e)
{
    const struct backup_prune_query *q = c->query;
    struct backup_pruned r = {.kept = 0};
    enum err err = backup_prune(&r, str_cstring(c->arena, q->directory), q->keep, c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_count(j, "snapshots_kept", r.kept);
    member_count(j, "snapshots_removed", r.snapshots);
    member_count(j, "objects_removed", r.objects);
    member_count(j, "bytes_removed", r.bytes);
    return tell_one(c, j, e);
}

enum err backup_door(const struct call *c, struct error *e)
{
    if (strcmp(c->verb->words, "backup.list") == 0) return list_backup(c, e);
    if (strcmp(c->verb->words, "backup.verify") == 0) return verify_backup(c, e);
    return prune_backup(c, e);
}

/* ---- restored ledgers and followers ---- */

enum err restore_door(const struct call *c, const struct ledger_options *o, struct error *e)
{
    const struct restore_query *q = c->query;
    struct copying told = {copy_progress, c->service};
    struct ledger_report r = {.with_key = true};
    enum err err = ledger_restore(&r, o, str_cstring(c->arena, q->backup),
                                  path_or_null(q->snapshot, c->arena), &told, c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "restored", q->directory);
    member_text(j, "origin", r.origin);
    member_flag(j, "verified", true);
    member_count(j, "records", r.chain.records);
    member_hash(j, "root", &r.chain.root);
    member_count(j, "events", r.events);
    member_count(j, "invoices_verified", r.documents.verified);
    member_count(j, "invoices_not_verifiable", r.documents.incomplete);
    return tell_one(c, j, e);
}

enum err promote_door(const struct call *c, struct error *e)
{
    const struct replicate_query *q = c->query;
    enum err err = ledger_promote(str_cstring(c->arena, q->directory), e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "promoted", q->directory);
    return tell_one(c, j, e);
}

enum err ask_replicate(const struct call *c, struct error *e)
{
    const struct replicate_query *q = c->query;
    struct copying told = {copy_progress, c->service};
    struct ledger_replica r = {.records = 0};
    const char *dir = str_cstring(c->arena, q->directory);
    if (q->promote) return promote_door(c, e);
    enum err err = ledger_replicate(&r, c->service->ledger, dir, &told, c->arena, e);
    if (err != OK) return err;
    json_t *j = object_new();
    member_text(j, "follower", q->directory);
    member_count(j, "records", r.records);
    member_count(j, "added", r.added);
    member_hash(j, "root", &r.root);
    return tell_one(c, j, e);
}
