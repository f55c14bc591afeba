/* SPDX-License-Identifier: MIT */
/* aging.c - what customers owed at the end of a day, document by document, by how long it had been due, and
 * what they had left of payments and credit notes that were applied to nothing, each a row below nothing; and
 * the same by customer, beside the accounts. All is read from the postings of receivables and of customers'
 * credit, so an aging of a past day is these accounts of that day. */
#include "reports/books.h"

static const char rows_header[] =
    "as_of,customer_id,customer_name,document_number,document_type,issue_date,due_date,days_overdue,currency,"
    "original,settled_as_of,outstanding,not_due,d1_30,d31_60,d61_90,d91_120,d120_plus";
static const char summary_header[] = "as_of,currency,customer_id,customer_name,documents,outstanding,not_due,"
                                     "d1_30,d31_60,d61_90,d91_120,d120_plus,"
                                     "gl_balance,difference,receivable,customer_credit";

enum { BUCKETS = 6 };

enum err report_ar_aging(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                         struct error *e);
enum err report_ar_aging_summary(struct ledger *l, const struct report_query *q, const char *path,
                                 struct arena *a, struct error *e);

/* What is open of a document, by its number; 0: of what was posted without one, and of all of a customer's
 * credit, which belongs to no document once it is his. Those with nothing left are dropped whenever the table
 * is full, so that it is of the size of what is owed, not of all that ever was. */
struct open_document {
    uint64_t customer, invoice;
    enum account account; /* receivable, or customer credit */
    struct money left;
};
struct open_documents {
    struct open_document *slots; /* open addressing; a currency "" is a free slot */
    size_t capacity, count;
};

static bool is_same(const struct open_document *x, const struct open_document *y)
{
    return x->invoice == y->invoice && x->customer == y->customer && x->account == y->account &&
           money_same_currency(x->left, y->left);
}

static size_t slot_of(const struct open_documents *all, const struct open_document *like)
{
    uint64_t hash =
        (like->invoice * UINT64_C(0x9e3779b97f4a7c15)) ^ (like->customer * UINT64_C(0xc2b2ae3d27d4eb4f));
    hash ^= hash >> 29;
    size_t at = (size_t)hash & (all->capacity - 1);
    while (money_is_given(all->slots[at].left) && !is_same(&all->slots[at], like))
        at = (at + 1) & (all->capacity - 1);
    return at;
}

static bool is_open(const struct open_document *d)
{
    return money_is_given(d->left) && !money_is_zero(d->left);
}

/* The table anew, without what is settled; larger only where more than half of what it held is still open. */
static void renew(struct open_documents *all)
{
    size_t open = 0, capacity = all->capacity == 0 ? 1024 : all->capacity;
    for (size_t i = 0; i < all->capacity; i++) open += is_open(&all->slots[i]);
    struct open_documents anew = {.capacity = 4 * open > capacity ? 2 * capacity : capacity};
    anew.slots = calloc(anew.capacity, sizeof *anew.slots);
    if (anew.slots == NULL) WRONG("out of memory");
    for (size_t i = 0; i < all->capacity; i++) {
        const struct open_document *d = &all->slots[i];
        if (!is_open(d)) continue;
        anew.slots[slot_of(&anew, d)] = *d;
        anew.count++;
    }
    free(all->slots);
    *all = anew;
}

static enum err post(struct open_documents *all, const struct posting *p, struct error *e)
{
    bool credit = p->account == ACCOUNT_CUSTOMER_CREDIT;
    struct open_document fresh = {p->customer, credit ? 0 : p->invoice, p->account, money_zero(p->amount)};
    if (2 * all->count >= all->capacity) renew(all);
    struct open_document *d = &all->slots[slot_of(all, &fresh)];
    if (!money_is_given(d->left)) {
        *d = fresh;
        all->count++;
    }
    return money_add(&d->left, d->left, p->amount, e);
}

static enum err take_entry(void *context, const struct journal_entry *entry, struct arena *a, struct error *e)
{
    enum err err = OK;
    (void)a;
    for (size_t i = 0; i < entry->count && err == OK; i++) {
        enum account account = entry->postings[i].account;
        bool aged = account == ACCOUNT_RECEIVABLE || account == ACCOUNT_CUSTOMER_CREDIT;
        if (aged) err = post(context, &entry->postings[i], e);
    }
    return err;
}

static int compare(const void *left, const void *right)
{
    const struct open_document *a = left, *b = right;
    if (a->customer != b->customer) return a->customer < b->customer ? -1 : 1;
    if (a->account != b->account) return a->account < b->account ? -1 : 1; /* credit stands last */
    if (a->invoice != b->invoice) return a->invoice < b->invoice ? -1 : 1;
    return strcmp(a->left.currency, b->left.currency);
}

/* What is left, by customer and document; the table is of no use afterwards. */
static void settle(struct open_documents *all)
{
    size_t kept = 0;
    for (size_t i = 0; i < all->capacity; i++) {
        if (is_open(&all->slots[i])) all->slots[kept++] = all->slots[i];
    }
    all->count = kept;
    if (kept > 0) qsort(all->slots, kept, sizeof *all->slots, compare);
}

/* Balances of the beginning count too, whatever --from says. */
static enum err collect(struct open_documents *all, struct report_file *f, struct error *e)
{
    struct book_query q = {.customer = f->query->customer, .to = f->day};
    if (!date_is_given(q.to)) return OK;
    enum err err = journal_walk(f->ledger, f->txn, &q, take_entry, all, e);
    settle(all);
    return err;
}

/* ---- by document ---- */

static int32_t days_overdue(const struct report_file *f, const struct book_document *d)
{
    int32_t days = date_is_given(d->due) ? date_days_between(d->due, f->day) : 0;
    return days > 0 ? days : 0;
}

/* Not due, up to 30 days, 60, 90, 120, and more. */
static size_t bucket_of(int32_t overdue)
{
    enum { MONTH = 30 };
    if (overdue <= 0) return 0;
    size_t bucket = (size_t)((overdue - 1) / MONTH) + 1;
    return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

static void put_buckets(struct sheet *s, const struct money buckets[BUCKETS])
{
    for (size_t i = 0; i < BUCKETS; i++) sheet_money(s, buckets[i]);
}

/* Credit is due to nobody on any day, and so is not overdue. */
static enum err load_open(struct book_document *out, struct report_file *f, const struct open_document *o,
                          struct error *e)
{
    enum err err = book_document(out, f, o->invoice, e);
    if (o->account == ACCOUNT_CUSTOMER_CREDIT) {
        out->type = "customer_credit";
        out->total = o->left;
    }
    return err;
}

static enum err put_document(struct report_file *f, const struct open_document *o, struct error *e)
{
    struct sheet *s = f->sheet;
    struct book_document d = {0};
    struct customer c = {0};
    struct money settled = {0}, buckets[BUCKETS];
    enum err err = load_open(&d, f, o, e);
    if (err == OK) err = load_customer(&c, f->txn, o->customer, f->row, e);
    struct money original = money_is_given(d.total) ? d.total : money_zero(o->left);
    if (err == OK) err = money_subtract(&settled, original, o->left, e);
    if (err != OK) return err;
    int32_t overdue = days_overdue(f, &d);
    for (size_t i = 0; i < BUCKETS; i++) buckets[i] = money_zero(o->left);
    buckets[bucket_of(overdue)] = o->left;
    sheet_date(s, f->day);
    sheet_text(s, c.user);
    sheet_text(s, c.party.name);
    sheet_text(s, d.number);
    sheet_word(s, d.type);
    sheet_date(s, d.issued);
    sheet_date(s, d.due);
    sheet_count(s, (uint64_t)overdue);
    sheet_word(s, o->left.currency);
    sheet_money(s, original);
    sheet_money(s, settled);
    sheet_money(s, o->left);
    put_buckets(s, buckets);
    sheet_end_row(s);
    const struct money sums[CONTROL_SUMS_MAX] = {o->left};
    return report_count(f, sums, e);
}

enum err report_ar_aging(struct ledger *l, const struct report_query *q, const char *path, struct arena *a,
                         struct error *e)
{
    struct report_file f = {
        .ledger = l, .query = q, .name = "ar_aging", .path = path, .arena = a, .sums = {"outstanding"}};
    struct open_documents all = {0};
    enum err err = report_begin(&f, rows_header, e);
    if (err == OK) err = collect(&all, &f, e);
    for (size_t i = 0; i < all.count && err == OK; i++) {
        err = put_document(&f, &all.slots[i], e);
        report_next(&f);
    }
    free(all.slots);
    return report_end(&f, err, e);
}

/* ---- by customer ---- */

struct customer_sum {
    uint64_t customer, documents;
    struct money outstanding, buckets[BUCKETS];
    struct money receivable, credit; /* of which */
};

/* Both accounts of a currency, of the customer or of all. */
struct account_sum {
    const char *currency;
    struct money receivable, credit;
};
static enum err take_accounts(void *context, const struct account_balance *row, struct error *e)
{
    struct account_sum *sum = context;
    bool receivable = row->account == ACCOUNT_RECEIVABLE, credit = row->account == ACCOUNT_CUSTOMER_CREDIT;
    if ((!receivable && !credit) || strcmp(row->debit.currency, sum->currency) != 0) return OK;
    struct money *balance = receivable ? &sum->receivable : &sum->credit;
    enum err err = money_add(balance, row->opening, row->debit, e);
    return err == OK ? money_subtract(balance, *balance, row->credit, e) : err;
}

static enum err add_document(struct customer_sum *sum, struct report_file *f, const struct open_document *o,
                             struct error *e)
{
    struct book_document d = {0};
    bool credit = o->account == ACCOUNT_CUSTOMER_CREDIT;
    struct money *account = credit ? &sum->credit : &sum->receivable;
    enum err err = load_open(&d, f, o, e);
    if (err == OK) err = money_add(&sum->outstanding, sum->outstanding, o->left, e);
    if (err == OK) err = money_add(account, *account, o->left, e);
    struct money *bucket = &sum->buckets[bucket_of(days_overdue(f, &d))];
    if (!credit) sum->documents++;
    return err == OK ? money_add(bucket, *bucket, o->left, e) : err;
}

static void put_sum(struct report_file *f, const struct customer_sum *sum, struct str user, struct str name)
{
    struct sheet *s = f->sheet;
    sheet_date(s, f->day);
    sheet_word(s, sum->outstanding.currency);
    sheet_text(s, user);
    sheet_text(s, name);
    sheet_count(s, sum->documents);
    sheet_money(s, sum->outstanding);
    put_buckets(s, sum->buckets);
}

static enum err put_customer(struct report_file *f, const struct customer_sum *sum, struct error *e)
{
    struct customer c = {0};
    enum err err = load_customer(&c, f->txn, sum->customer, f->row, e);
    if (err != OK) return err;
    put_sum(f, sum, c.user, c.party.name);
    sheet_empty(f->sheet);
    sheet_empty(f->sheet);
    sheet_money(f->sheet, sum->receivable);
    sheet_money(f->sheet, sum->credit);
    sheet_end_row(f->sheet);
    const struct money sums[CONTROL_SUMS_MAX] = {sum->outstanding};
    return report_count(f, sums, e);
}

static struct customer_sum sum_begun(uint64_t customer, struct money like)
{
    struct money zero = money_zero(like);
    struct customer_sum sum = {.customer = customer, .outstanding = zero, .receivable = zero, .credit = zero};
    for (size_t i = 0; i < BUCKETS; i++) sum.buckets[i] = money_zero(like);
    return sum;
}

/* The last row of a currency has no customer: all of it, and the accounts. */
static enum err put_currency(struct report_file *f, const struct customer_sum *total, struct error *e)
{
    struct money zero = money_zero(total->outstanding), both = zero, difference = zero;
    struct account_sum account = {zero.currency, zero, zero};
    struct book_query q = {.customer = f->query->customer, .to = f->day};
    enum err err = list_balances(f->txn, f->ledger, &q, take_accounts, &account, f->row, e);
    if (err == OK) err = money_add(&both, account.receivable, account.credit, e);
    if (err == OK) err = money_subtract(&difference, total->outstanding, both, e);
    if (err != OK) return err;
    put_sum(f, total, STR_NONE, STR_NONE);
    sheet_money(f->sheet, both);
    sheet_money(f->sheet, difference);
    sheet_money(f->sheet, account.receivable);
    sheet_money(f->sheet, account.credit);
    sheet_end_row(f->sheet);
    bool ties = money_is_zero(difference) && money_compare(total->receivable, account.receivable) == 0;
    if (ties) return OK;
    return fail(e, ERR_TAMPERED,
                "what is owed in %s is not the accounts of receivables and customers' credit",
                account.currency);
}

/* Sums in the order of the rows; a customer may owe in several currencies. */
struct sums {
    struct customer_sum *items;
    size_t count, capacity;
    struct arena *arena;
};
static struct customer_sum *sum_of(struct sums *all, const struct open_document *o)
{
    for (size_t i = all->count; i > 0 && all->items[i - 1].customer == o->customer; i--) {
        if (money_same_currency(all->items[i - 1].outstanding, o->left)) return &all->items[i - 1];
    }
    all->items = arena_grow(all->arena, all->items, all->count, &all->capacity, sizeof *all->items);
    all->items[all->count] = sum_begun(o->customer, o->left);
    return &all->items[all->count++];
}

static int compare_sums(const void *left, const void *right)
{
    const struct customer_sum *a = left, *b = right;
    int by_currency = strcmp(a->outstanding.currency, b->outstanding.currency);
    if (by_currency != 0) return by_currency;
    return a->customer == b->customer ? 0 : a->customer < b->customer ? -1 : 1;
}

static enum err add_sum(struct customer_sum *total, const struct customer_sum *sum, struct error *e)
{
    total->documents += sum->documents;
    enum err err = money_add(&total->outstanding, total->outstanding, sum->outstanding, e);
    for (size_t i = 0; i < BUCKETS && err == OK; i++)
        err = money_add(&total->buckets[i], total->buckets[i], sum->buckets[i], e);
    if (err == OK) err = money_add(&total->receivable, total->receivable, sum->receivable, e);
    return err == OK ? money_add(&total->credit, total->credit, sum->credit, e) : err;
}

static enum err put_sums(struct report_file *f, const struct sums *all, struct error *e)
{
    enum err err = OK;
    for (size_t i = 0; i < all->count && err == OK;) {
        struct customer_sum total = sum_begun(0, all->items[i].outstanding);
        for (; i < all->count && err == OK; i++) {
            if (!money_same_currency(all->items[i].outstanding, total.outstanding)) break;
            err = put_customer(f, &all->items[i], e);
            if (err == OK) err = add_sum(&total, &all->items[i], e);
            report_next(f);
        }
        if (err == OK) err = put_currency(f, &total, e);
        report_next(f);
    }
    return err;
}

enum err report_ar_aging_summary(struct ledger *l, const struct report_query *q, const char *path,
                                 struct arena *a, struct error *e)
{
    struct report_file f = {.ledger = l,
                            .query = q,
                            .name = "ar_aging_summary",
                            .path = path,
                            .arena = a,
                            .sums = {"outstanding"}};
    struct open_documents all = {0};
    struct sums sums = {.arena = a};
    enum err err = report_begin(&f, summary_header, e);
    if (err == OK) err = collect(&all, &f, e);
    for (size_t i = 0; i < all.count && err == OK; i++) {
        err = add_document(sum_of(&sums, &all.slots[i]), &f, &all.slots[i], e);
        report_next(&f);
    }
    free(all.slots);
    f.rows = 0;
    if (sums.count > 0) qsort(sums.items, sums.count, sizeof *sums.items, compare_sums);
    if (err == OK) err = put_sums(&f, &sums, e);
    return report_end(&f, err, e);
}
