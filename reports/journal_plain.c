/* SPDX-License-Identifier: MIT */
/* journal_plain.c - the journal for plain-text accounting: hledger, ledger, beancount. Accounts are our
 * names; aliases have no say here. Texts of customers stand in comments and codes alone, without what those
 * programs would read as more than text. */
#include "reports/journal_export.h"

/* Letters, digits and what else is harmless; everything else is a low line. */
static void add_plain(struct sheet_output *o, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool ok = c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  strchr("-_./@+ ", c) != NULL;
        output_add_byte(o, ok && c != 0 ? c : '_');
    }
}

/* Two blanks end an account's name, and a semicolon begins a comment. */
static void add_account(struct sheet_output *o, struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        bool ok = c >= 0x80 || (c > ' ' && c < 0x7f && strchr(";()[]{}\"*", c) == NULL);
        output_add_byte(o, ok ? c : '-');
    }
}

static void add_words(struct sheet_output *o, const char *words)
{
    output_add(o, str_of(words));
}

/* ---- what stands in front: accounts and currencies, which strict checks want declared ---- */

struct declaring {
    struct journal_writer *writer;
    void (*declare)(struct journal_writer *w, const struct account_balance *row, bool new_account,
                    bool new_currency);
    struct str last;
    char seen[64][4];
    size_t seen_count;
};

static bool is_new_currency(struct declaring *d, const char *currency)
{
    for (size_t i = 0; i < d->seen_count; i++) {
        if (strcmp(d->seen[i], currency) == 0) return false;
    }
    if (d->seen_count < sizeof d->seen / sizeof d->seen[0])
        memcpy(d->seen[d->seen_count++], currency, sizeof d->seen[0]);
    return true;
}

static enum err declare_row(void *context, const struct account_balance *row, struct error *e)
{
    struct declaring *d = context;
    (void)e;
    if (d->writer->currency != NULL && strcmp(d->writer->currency, row->debit.currency) != 0) return OK;
    bool new_account = !str_equal(d->last, row->name);
    if (new_account) d->last = str_copy(d->writer->file->arena, row->name);
    d->declare(d->writer, row, new_account, is_new_currency(d, row->debit.currency));
    return OK;
}

static enum err declare(struct journal_writer *w,
                        void (*one)(struct journal_writer *, const struct account_balance *, bool, bool),
                        struct error *e)
{
    struct report_file *f = w->file;
    struct declaring d = {.writer = w, .declare = one};
    struct book_query q = {.customer = f->query->customer, .from = f->query->from, .to = f->day};
    if (!date_is_given(q.to)) return OK;
    return list_balances(f->txn, f->ledger, &q, declare_row, &d, f->row, e);
}

static void declare_plain(struct journal_writer *w, const struct account_balance *row, bool new_account,
                          bool new_currency, const char *mark)
{
    struct sheet_output *o = &w->output;
    if (new_currency) {
        struct money one = money_of(1, row->debit.currency);
        int decimals = currency_decimals(row->debit.currency);
        for (int i = 0; i < decimals + 3; i++) one.minor *= 10; /* 1000 */
        struct str amount = money_text(w->file->row, one);
        output_add(o, str_format(w->file->row, "commodity %s\n    format %.*s%s %s\n", row->debit.currency,
                                 STR_ARG(amount), decimals == 0 ? mark : "", row->debit.currency));
    }
    if (!new_account) return;
    add_words(o, "account ");
    add_account(o, row->name);
    output_add_byte(o, '\n');
}

/* hledger wants the decimal mark of a format also where there are no decimals; ledger takes it for a part of
 * the currency's name. */
static void declare_hledger(struct journal_writer *w, const struct account_balance *row, bool new_account,
                            bool new_currency)
{
    declare_plain(w, row, new_account, new_currency, ".");
}

static void declare_ledger(struct journal_writer *w, const struct account_balance *row, bool new_account,
                           bool new_currency)
{
    declare_plain(w, row, new_account, new_currency, "");
}

static void head_comment(struct journal_writer *w)
{
    struct report_file *f = w->file;
    struct str origin = ledger_origin(f->ledger);
    struct str as_of = date_text(f->row, f->day);
    output_add(&w->output, str_format(f->row, "; journal of %.*s through %.*s, %ju records\n",
                                      STR_ARG(origin), STR_ARG(as_of), (uintmax_t)f->as_of.seq));
}

static enum err hledger_head(struct journal_writer *w, struct error *e)
{
    head_comment(w);
    enum err err = declare(w, declare_hledger, e);
    output_add_byte(&w->output, '\n');
    return err;
}

/* ---- entries ---- */

static void add_head_line(struct journal_writer *w, const struct journal_entry *entry,
                          const struct book_document *d, struct str user)
{
    struct sheet_output *o = &w->output;
    output_add(o, date_text(w->arena, entry->date));
    output_add_byte(o, ' ');
    if (d->number.len > 0) {
        output_add_byte(o, '(');
        add_plain(o, d->number);
        add_words(o, ") ");
    }
    add_words(o, book_source(entry));
    add_words(o, "\n    ; event: ");
    output_add(o, entry->id);
    if (user.len > 0) {
        add_words(o, "\n    ; customer: ");
        add_plain(o, user);
    }
    if (date_compare(entry->document_date, entry->date) != 0) {
        add_words(o, "\n    ; document-date: ");
        output_add(o, date_text(w->arena, entry->document_date));
    }
    output_add_byte(o, '\n');
}

static enum err plain_entry(struct journal_writer *w, const struct journal_entry *entry,
                            const struct book_document *d, struct str user, struct error *e)
{
    (void)e;
    add_head_line(w, entry, d, user);
    for (size_t i = 0; i < entry->count; i++) {
        const struct posting *p = &entry->postings[i];
        add_words(&w->output, "    ");
        add_account(&w->output, book_account(p, w->arena));
        output_add(&w->output, str_format(w->arena, "  %.*s %s\n", STR_ARG(money_text(w->arena, p->amount)),
                                          p->amount.currency));
    }
    output_add_byte(&w->output, '\n');
    return OK;
}

/* ledger's strict checks want tags declared, which hledger does not know. */
static enum err ledger_head(struct journal_writer *w, struct error *e)
{
    head_comment(w);
    add_words(&w->output, "tag event\ntag customer\ntag document-date\n");
    enum err err = declare(w, declare_ledger, e);
    output_add_byte(&w->output, '\n');
    return err;
}

const struct journal_form hledger_form = {"hledger", "for hledger", false, hledger_head, plain_entry};
const struct journal_form ledger_form = {"ledger", "for ledger", false, ledger_head, plain_entry};

/* ---- beancount ---- */

/* Its parts begin with a capital or digit and have letters, digits and hyphens: what else is in a name stands
 * as a hyphen and two hexadecimal digits, so that no two names become one. */
static void add_bean_account(struct sheet_output *o, struct str name)
{
    static const char digits[] = "0123456789ABCDEF";
    bool begins = true;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool digit = c >= '0' && c <= '9';
        if (c == ':') {
            output_add_byte(o, ':');
        } else if (letter && begins) {
            output_add_byte(o, c >= 'a' ? c - 'a' + 'A' : c);
        } else if (letter || digit || (c == '-' && !begins)) {
            output_add_byte(o, c);
        } else {
            if (begins) output_add_byte(o, 'X');
            output_add_byte(o, '-');
            output_add_byte(o, digits[(unsigned char)c >> 4]);
            output_add_byte(o, digits[(unsigned char)c & 15]);
        }
        begins = c == ':';
    }
}

static void declare_bean(struct journal_writer *w, const struct account_balance *row, bool new_account,
                         bool new_currency)
{
    struct sheet_output *o = &w->output;
    if (new_currency)
        output_add(o, str_format(w->file->row, "1970-01-01 commodity %s\n", row->debit.currency));
    if (!new_account) return;
    add_words(o, "1970-01-01 open ");
    add_bean_account(o, row->name);
    output_add_byte(o, '\n');
}

static enum err bean_head(struct journal_writer *w, struct error *e)
{
    head_comment(w);
    add_words(&w->output, "option \"title\" \"Daybook\"\n");
    enum err err = declare(w, declare_bean, e);
    output_add_byte(&w->output, '\n');
    return err;
}

static void add_tag(struct sheet_output *o, const char *name, struct str value)
{
    add_words(o, "  ");
    add_words(o, name);
    add_words(o, ": \"");
    add_plain(o, value);
    add_words(o, "\"\n");
}

static enum err bean_entry(struct journal_writer *w, const struct journal_entry *entry,
                           const struct book_document *d, struct str user, struct error *e)
{
    struct sheet_output *o = &w->output;
    (void)e;
    output_add(o, date_text(w->arena, entry->date));
    add_words(o, " * \"");
    add_words(o, book_source(entry));
    add_words(o, "\"\n");
    add_tag(o, "event", entry->id);
    if (d->number.len > 0) add_tag(o, "document", d->number);
    if (user.len > 0) add_tag(o, "customer", user);
    for (size_t i = 0; i < entry->count; i++) {
        const struct posting *p = &entry->postings[i];
        add_words(o, "  ");
        add_bean_account(o, book_account(p, w->arena));
        output_add(o, str_format(w->arena, "  %.*s %s\n", STR_ARG(money_text(w->arena, p->amount)),
                                 p->amount.currency));
    }
    output_add_byte(o, '\n');
    return OK;
}

const struct journal_form beancount_form = {"beancount", "for beancount", false, bean_head, bean_entry};
