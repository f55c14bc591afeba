/* SPDX-License-Identifier: MIT */
/* catalog_reminders.c - what a catalog file says about reminders of what is due and overdue. */
#include "importers/catalog.h"
#include "ledger/book.h"

enum { REMINDER_DAYS_MAX = 365 };

static const struct catalog_path path = {"dunning"};

/* ---- templates ---- */

static enum err check_words(struct str text, const char *member, struct catalog_reader *r,
                            const struct catalog_path *p)
{
    if (template_check(text, r->e) == OK) return OK;
    return member[0] != '\0' ? wrap(r->e, "%s.%s", p->text, member) : wrap(r->e, "%s", p->text);
}

static enum err read_line(struct template_line *out, const json_t *value, size_t index,
                          struct catalog_reader *r, const struct catalog_path *in)
{
    struct catalog_path p = path_at(in, "body", index);
    if (!json_is_string(value)) return catalog_refuse(r, &p, "", "a line of text is expected");
    out->text = str_copy(r->arena, str_of(json_string_value(value)));
    enum err err = text_check(out->text, LIMIT_TEXT_BYTES, p.text, r->e);
    return err == OK ? check_words(out->text, "", r, &p) : err;
}

static enum err read_body(struct reminder_template *out, const json_t *object, struct catalog_reader *r,
                          const struct catalog_path *p)
{
    const json_t *list = NULL;
    size_t count = 0;
    enum err err = catalog_values(&list, &count, object, "body", LIMIT_TEMPLATE_LINES, r, p);
    if (err == OK && count == 0) return catalog_refuse(r, p, "body", "a list of lines is expected");
    struct template_line *lines = arena_array_of(r->arena, struct template_line, count);
    for (size_t i = 0; i < count && err == OK; i++)
        err = read_line(&lines[i], json_array_get(list, i), i, r, p);
    out->body = lines;
    out->body_count = count;
    return err;
}

static enum err read_template(struct dunning *d, struct reminder_template *out, json_t *object, size_t index,
                              struct catalog_reader *r)
{
    static const char *const lists[] = {"body", NULL};
    struct catalog_path p = path_at(&path, "templates", index);
    enum err err = catalog_object_but(out, &schema_reminder_template, object, lists, r, &p);
    if (err == OK) err = catalog_need_text(out->name, "name", r, &p);
    if (err == OK) err = catalog_need_text(out->subject, "subject", r, &p);
    if (err == OK) err = check_words(out->subject, "subject", r, &p);
    if (err != OK) return err;
    if (template_named(d, out->name) != NULL)
        return catalog_refuse(r, &p, "name", "this name stands there twice");
    return read_body(out, object, r, &p);
}

static enum err read_templates(struct dunning *d, const json_t *object, struct catalog_reader *r)
{
    const json_t *list = NULL;
    size_t count = 0;
    enum err err = catalog_values(&list, &count, object, "templates", LIMIT_CATALOG_REMINDERS, r, &path);
    struct reminder_template *templates = arena_array_of(r->arena, struct reminder_template, count);
    d->templates = templates;
    for (size_t i = 0; i < count && err == OK; i++) {
        err = read_template(d, &templates[i], json_array_get(list, i), i, r);
        d->templates_count = i + 1;
    }
    return err;
}

/* ---- when ---- */

static enum err read_on(struct reminder_rule *out, const json_t *value, struct catalog_reader *r,
                        const struct catalog_path *p)
{
    int kind = REMINDER_OVERDUE;
    json_int_t days = json_integer_value(value); /* 0 for what is no integer */
    if (days >= 1 && days <= REMINDER_DAYS_MAX)
        out->days = (uint64_t)days;
    else if (!json_is_string(value) ||
             !choice_parse(&kind, &choice_reminder_kind, str_of(json_string_value(value))) ||
             kind == REMINDER_OVERDUE)
        return catalog_refuse(
            r, p, "on",
            "due, failed, declined, ask, before_end, ended or 1 to 365 days after the due date is expected");
    out->on = (enum reminder_kind)kind;
    return OK;
}

static enum err read_reminder(struct dunning *d, struct reminder_rule *rules, json_t *object, size_t index,
                              struct catalog_reader *r)
{
    static const char *const others[] = {"on", NULL};
    struct catalog_path p = path_at(&path, "reminders", index);
    struct reminder_rule *out = &rules[index];
    if (json_object_get(object, "days") != NULL)
        return catalog_refuse(r, &p, "days", "there is no such member");
    enum err err = catalog_object_but(out, &schema_reminder_rule, object, others, r, &p);
    if (err == OK) err = read_on(out, json_object_get(object, "on"), r, &p);
    if (err == OK) err = catalog_need_text(out->template, "template", r, &p);
    if (err != OK) return err;
    if (template_named(d, out->template) == NULL)
        return catalog_refuse(r, &p, "template", "there is no template of this name");
    for (size_t i = 0; i < index; i++) {
        if (rules[i].on == out->on && rules[i].days == out->days)
            return catalog_refuse(r, &p, "on", "this stands there twice");
    }
    return OK;
}

enum err catalog_read_reminders(const json_t *object, struct catalog_reader *r)
{
    struct dunning *d = &r->out->dunning;
    const json_t *list = NULL;
    size_t count = 0;
    enum err err = read_templates(d, object, r);
    if (err == OK)
        err = catalog_values(&list, &count, object, "reminders", LIMIT_CATALOG_REMINDERS, r, &path);
    struct reminder_rule *rules = arena_array_of(r->arena, struct reminder_rule, count);
    for (size_t i = 0; i < count && err == OK; i++)
        err = read_reminder(d, rules, json_array_get(list, i), i, r);
    d->reminders = rules;
    d->reminders_count = count;
    return err;
}
