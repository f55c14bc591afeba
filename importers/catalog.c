/* SPDX-License-Identifier: MIT */
/* catalog.c - a catalog file to the command that loads it: its parts in the order in which they name each
 * other. A catalog with a fault is refused whole. */
#include "importers/catalog.h"

static enum err read_from(struct date *out, const json_t *root, struct catalog_reader *r)
{
    struct str text = STR_NONE;
    enum err err = json_member_text(&text, root, "from", r->arena, r->e);
    if (err != OK || text.len == 0) return err;
    err = date_parse(out, text, r->e);
    return err == OK ? OK : wrap(r->e, "from");
}

static enum err read_catalog(struct catalog_load_command *out, const json_t *root, struct arena *a,
                             struct error *e)
{
    static const char *const names[] = {"name",  "from",  "products", "metrics", "coupons",
                                        "taxes", "rules", "dunning",  NULL};
    struct catalog_reader r = {.arena = a, .e = e, .out = out};
    if (!json_is_object(root)) return fail(e, ERR_INVALID, "a JSON object is expected");
    enum err err = json_only_members(root, names, e);
    if (err == OK) err = json_member_text(&out->name, root, "name", a, e);
    if (err == OK) err = text_check(out->name, LIMIT_TEXT_BYTES, "name", e);
    if (err == OK) err = read_from(&out->from, root, &r);
    if (err == OK) err = catalog_read_products(root, &r);
    if (err == OK) err = catalog_read_metrics(root, &r);
    if (err == OK) err = catalog_check_in_advance(&r);
    if (err == OK) err = catalog_read_coupons(root, &r);
    if (err == OK) err = catalog_read_taxes(root, &r);
    if (err == OK) err = catalog_read_rules(root, &r);
    return err == OK ? catalog_read_dunning(root, &r) : err;
}

enum err catalog_parse(struct command *out, struct bytes text, struct arena *a, struct error *e)
{
    json_t *root = NULL;
    struct str content = bytes_str(text);
    if (str_starts(content, "\xef\xbb\xbf")) content = (struct str){content.ptr + 3, content.len - 3};
    *out = (struct command){.type = COMMAND_CATALOG_LOAD};
    enum err err = json_parse(&root, content, a, e);
    if (err == OK) err = read_catalog(&out->catalog_load, root, a, e);
    json_decref(root);
    if (err != OK) return err;
    struct hasher *h = hasher_new();
    hasher_digest(h, out->catalog_load.sha256.bytes, text, (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    return OK;
}

enum err catalog_read(struct command *out, const char *path, struct arena *a, struct error *e)
{
    struct bytes text = {0};
    enum err err = file_read(&text, path, LIMIT_CATALOG_FILE_BYTES, a, e);
    if (err != OK) return err;
    err = catalog_parse(out, text, a, e);
    return err == OK ? OK : wrap(e, "catalog '%s'", path);
}
