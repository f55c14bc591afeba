/* SPDX-License-Identifier: MIT */
/* journal_export.c - walks the journal for the form that was asked for; the file of accounts' aliases; pairs.
 */
#include "reports/journal_export.h"

#include <jansson.h>

static const struct journal_form *const forms[] = {
#define JOURNAL_FORM(form) &(form),
#include "reports/journal_forms.def"
#undef JOURNAL_FORM
};

const struct journal_form *journal_form_find(struct str name)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (str_is(name, forms[i]->name)) return forms[i];
    }
    return NULL;
}

/* ---- other names for accounts ---- */

static struct str member(const json_t *object, const char *name, struct arena *a)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value)) return STR_NONE;
    return str_copy(a, (struct str){json_string_value(value), json_string_length(value)});
}

static bool is_alias(const struct account_alias *alias)
{
    for (size_t i = 0; i < alias->number.len; i++) {
        char c = alias->number.ptr[i];
        bool ok = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
                  c == '-';
        if (!ok) return false;
    }
    return alias->number.len > 0 && text_is_printable(alias->name);
}

static enum err read_aliases(struct account_map *out, json_t *all, const char *path, struct arena *a,
                             struct error *e)
{
    const char *account = NULL;
    json_t *value = NULL;
    out->items = arena_array_of(a, struct account_alias, json_object_size(all));
    json_object_foreach(all, account, value)
    {
        struct account_alias *alias = &out->items[out->count++];
        *alias = (struct account_alias){str_copy(a, str_of(account)), member(value, "number", a),
                                        member(value, "name", a)};
        struct str shown = text_quotable(alias->account);
        if (!account_is_named(alias->account))
            return fail(e, ERR_INVALID, "'%s': account '%.*s' is none of the ledger's", path, STR_ARG(shown));
        if (!is_alias(alias)) {
            return fail(e, ERR_INVALID,
                        "'%s': account '%.*s': {\"number\": \"1400\", \"name\": \"…\"} is wanted", path,
                        STR_ARG(shown));
        }
    }
    return OK;
}

enum err account_map_read(struct account_map *out, const char *path, struct arena *a, struct error *e)
{
    json_error_t what;
    struct bytes text = {NULL, 0};
    *out = (struct account_map){0};
    enum err err = file_read(&text, path, LIMIT_SMALL_FILE_BYTES, a, e);
    if (err != OK) return err;
    json_t *all = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, &what);
    if (!json_is_object(all)) {
        json_decref(all);
        return fail(e, ERR_INVALID, "'%s' is no JSON object of accounts (line %d)", path, what.line);
    }
    err = read_aliases(out, all, path, a, e);
    json_decref(all);
    return err;
}

static const struct account_alias *alias_of(const struct account_map *map, struct str account)
{
    for (size_t i = 0; map != NULL && i < map->count; i++) {
        if (str_equal(map->items[i].account, account)) return &map->items[i];
    }
    return NULL;
}

static const struct account_alias *alias_of_posting(const struct journal_writer *w, const struct posting *p)
{
    const struct account_alias *alias = alias_of(w->map, book_account(p, w->arena));
    return alias != NULL ? alias : alias_of(w->map, str_of(account_name(p->account)));
}

struct str writer_number(const struct journal_writer *w, const struct posting *p)
{
    const struct account_alias *alias = alias_of_posting(w, p);
    return alias != NULL ? alias->number : str_format(w->arena, "%d", (int)p->account);
}

struct str writer_name(const struct journal_writer *w, const struct posting *p)
{
    const struct account_alias *alias = alias_of_posting(w, p);
    return alias != NULL && alias->name.len > 0 ? alias->name : book_account(p, w->arena);
}

/* ---- pairs ---- */

static size_t next_of(const struct journal_entry *entry, const int64_t *left, size_t from, bool credit,
                      const char *currency)
{
    for (size_t i = from; i < entry->count; i++) {
        if (left[i] != 0 && (left[i] < 0) == credit &&
            strcmp(entry->postings[i].amount.currency, currency) == 0)
            return i;
    }
    return entry->count;
}

size_t journal_pairs(struct journal_pair **out, const struct journal_entry *entry, struct arena *a)
{
    int64_t *left = arena_array_of(a, int64_t, entry->count);
    size_t count = 0;
    *out = arena_array_of(a, struct journal_pair, entry->count);
    for (size_t i = 0; i < entry->count; i++) left[i] = entry->postings[i].amount.minor;
    for (size_t i = 0; i < entry->count; i++) {
        const char *currency = entry->postings[i].amount.currency;
        while (left[i] > 0) {
            size_t k = next_of(entry, left, 0, true, currency);
            if (k == entry->count) return count; /* postings_check has seen that there is none such */
            int64_t part = left[i] < -left[k] ? left[i] : -left[k];
            (*out)[count++] =
                (struct journal_pair){&entry->postings[i], &entry->postings[k], money_of(part, currency)};
            left[i] -= part;
            left[k] += part;
        }
    }
    return count;
}

/* ---- the walk ---- */

struct exporting {
    struct journal_writer writer;
    const struct journal_form *form;
    char currency[4]; /* of the first posting */
};

/* The postings of the currency that is asked for; none: of all. */
static struct journal_entry selected(const struct journal_writer *w, const struct journal_entry *entry)
{
    struct journal_entry mine = *entry;
    if (w->currency == NULL) return mine;
    struct posting *postings = arena_array_of(w->arena, struct posting, entry->count);
    mine.count = 0;
    mine.postings = postings;
    for (size_t i = 0; i < entry->count; i++) {
        if (strcmp(entry->postings[i].amount.currency, w->currency) == 0)
            postings[mine.count++] = entry->postings[i];
    }
    return mine;
}

static enum err one_currency(struct exporting *x, const struct journal_entry *entry, struct error *e)
{
    if (!x->form->one_currency) return OK;
    if (x->currency[0] == '\0') memcpy(x->currency, entry->postings[0].amount.currency, sizeof x->currency);
    for (size_t i = 0; i < entry->count; i++) {
        if (strcmp(entry->postings[i].amount.currency, x->currency) != 0)
            return fail(e, ERR_USAGE,
                        "%s has one currency a file, and the journal has %s and %s: --currency says which",
                        x->form->name, x->currency, entry->postings[i].amount.currency);
    }
    return OK;
}

static enum err put_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    struct exporting *x = context;
    struct report_file *f = x->writer.file;
    struct book_document d = {0};
    struct str user = STR_NONE;
    x->writer.arena = a;
    struct journal_entry mine = selected(&x->writer, entry);
    if (mine.count == 0) return OK;
    enum err err = one_currency(x, &mine, e);
    if (err == OK) err = book_document(&d, f, book_invoice(&mine), e);
    if (err == OK) err = book_user(&user, f, mine.postings[0].customer, e);
    if (err == OK) err = x->form->entry(&x->writer, &mine, &d, user, e);
    x->writer.entries++;
    for (size_t i = 0; i < mine.count && err == OK; i++) {
        struct money amount = mine.postings[i].amount, zero = money_zero(amount);
        bool credit = money_is_negative(amount);
        const struct money sums[CONTROL_SUMS_MAX] = {credit ? zero : amount,
                                                     credit ? money_negate(amount) : zero};
        err = report_count(f, sums, e);
    }
    report_next(f);
    return err;
}

static enum err write_all(struct exporting *x, struct error *e)
{
    struct report_file *f = x->writer.file;
    enum err err = output_begin(&x->writer.output, f->path, e);
    x->writer.arena = f->row;
    if (err == OK) err = x->form->head(&x->writer, e);
    return err == OK ? book_walk(f, put_entry, x, e) : err;
}

enum err journal_export(struct ledger *l, const struct report_query *q, const struct journal_form *form,
                        const struct journal_options *o, const char *path, struct arena *a, struct error *e)
{
    struct account_map map = {0};
    struct report_file f = {
        .ledger = l, .query = q, .name = "journal", .path = path, .arena = a, .sums = {"debit", "credit"}};
    struct exporting x = {.writer = {.file = &f, .currency = o->currency}, .form = form};
    enum err err = o->accounts != NULL ? account_map_read(&map, o->accounts, a, e) : OK;
    if (err != OK) return err;
    x.writer.map = &map;
    err = report_begin_plain(&f, e);
    if (err == OK) err = write_all(&x, e);
    return report_end_plain(&f, &x.writer.output, err, e);
}
