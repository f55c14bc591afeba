/* SPDX-License-Identifier: MIT */
/* journal_office.c - the journal as offices and their programs read it: France's fichier des écritures
 * comptables (art. A. 47 A-1 LPF, 18 columns), DATEV's Buchungsstapel (EXTF, format 700, version 13),
 * QuickBooks' IIF and Xero's manual journals. One currency a file; accounts by number, for which a file of
 * aliases is meant. */
#include "reports/journal_export.h"

static void add(struct journal_writer *w, struct str text)
{
    output_add(&w->output, text);
}

static void add_words(struct journal_writer *w, const char *words)
{
    output_add(&w->output, str_of(words));
}

/* A text without the signs that end a field. */
static void add_field(struct journal_writer *w, struct str text, size_t length)
{
    size_t shown = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c & 0xC0u) != 0x80u && shown++ == length) return; /* whole characters */
        output_add_byte(&w->output, c < 0x20 || c == '|' || c == '"' || c == ';' || c == 0x7f ? ' ' : c);
    }
}

static void add_comma_amount(struct journal_writer *w, struct money m)
{
    struct str text = money_text(w->arena, m);
    for (size_t i = 0; i < text.len; i++) output_add_byte(&w->output, text.ptr[i] == '.' ? ',' : text.ptr[i]);
}

struct ymd {
    int year, month, day;
};
static struct ymd split(struct date d)
{
    struct ymd s = {0};
    date_split(d, &s.year, &s.month, &s.day);
    return s;
}

static struct str date_compact(struct arena *a, struct date d)
{
    struct ymd s = split(d);
    return date_is_given(d) ? str_format(a, "%04d%02d%02d", s.year, s.month, s.day) : STR_NONE;
}

/* The journal that an entry belongs to. */
static const char *journal_code(const struct journal_entry *entry, const char **name)
{
    static const struct {
        const char *code, *name;
    } kinds[] = {{"VE", "Ventes"}, {"BQ", "Banque"}, {"OD", "Operations diverses"}};
    size_t kind = 2;
    for (size_t i = 0; i < entry->count; i++) {
        if (entry->postings[i].account == ACCOUNT_CASH) kind = 1;
    }
    bool sale = entry->event != NULL &&
                (entry->event->type == EVENT_INVOICE_FINALIZED || entry->event->type == EVENT_INVOICE_VOIDED);
    if (sale) kind = 0;
    *name = kinds[kind].name;
    return kinds[kind].code;
}

/* ---- FEC ---- */

static enum err fec_head(struct journal_writer *w, struct error *e)
{
    (void)e;
    add_words(
        w,
        "JournalCode\tJournalLib\tEcritureNum\tEcritureDate\tCompteNum\tCompteLib\tCompAuxNum\tCompAuxLib\t"
        "PieceRef\tPieceDate\tEcritureLib\tDebit\tCredit\tEcritureLet\tDateLet\tValidDate\tMontantdevise\t"
        "Idevise\r\n");
    return OK;
}

static void fec_line(struct journal_writer *w, const struct journal_entry *entry, const struct posting *p,
                     const struct book_document *d, struct str user)
{
    const char *name = "";
    const char *code = journal_code(entry, &name);
    struct money zero = money_zero(p->amount);
    bool credit = money_is_negative(p->amount), of_customer = p->account == ACCOUNT_RECEIVABLE;
    struct date valid = entry->place != NULL ? instant_date(entry->place->at) : entry->date;
    struct str piece = d->number.len > 0 ? d->number : entry->id;
    add(w, str_format(w->arena, "%s\t%s\t%ju\t", code, name, (uintmax_t)w->entries + 1));
    add(w, date_compact(w->arena, entry->date));
    add_words(w, "\t");
    add(w, writer_number(w, p));
    add_words(w, "\t");
    add_field(w, writer_name(w, p), 100);
    add_words(w, "\t");
    if (of_customer) add_field(w, user, 50);
    add_words(w, "\t");
    if (of_customer) add_field(w, user, 50);
    add_words(w, "\t");
    add_field(w, piece, 50);
    add_words(w, "\t");
    add(w, date_compact(w->arena, date_is_given(d->issued) ? d->issued : entry->document_date));
    add(w, str_format(w->arena, "\t%s\t", book_source(entry)));
    add_comma_amount(w, credit ? zero : p->amount);
    add_words(w, "\t");
    add_comma_amount(w, credit ? money_negate(p->amount) : zero);
    add_words(w, "\t\t\t");
    add(w, date_compact(w->arena, valid));
    add_words(w, "\t\t\r\n");
}

static enum err fec_entry(struct journal_writer *w, const struct journal_entry *entry,
                          const struct book_document *d, struct str user, struct error *e)
{
    (void)e;
    for (size_t i = 0; i < entry->count; i++) fec_line(w, entry, &entry->postings[i], d, user);
    return OK;
}

const struct journal_form fec_form = {"fec", "France's fichier des écritures comptables", true, fec_head,
                                      fec_entry};

/* ---- DATEV ---- */

static enum err datev_head(struct journal_writer *w, struct error *e)
{
    struct report_file *f = w->file;
    struct date from = f->query->from;
    struct ymd year = split(from);
    if (!date_is_given(from) || year.year != split(f->day).year)
        return fail(e, ERR_USAGE, "a DATEV file is of days of one year: --from and --to say which");
    add(w,
        str_format(
            f->row,
            "\"EXTF\";700;21;\"Buchungsstapel\";13;%04d%02d%02d000000000;;\"RE\";\"\";\"\";1001;1;%04d0101;4;"
            "%.*s;%.*s;\"Daybook\";\"\";1;0;0;\"%s\";;\"\";;;\"\";;;\"\";\"\"\r\n",
            split(f->day).year, split(f->day).month, split(f->day).day, year.year,
            STR_ARG(date_compact(f->row, from)), STR_ARG(date_compact(f->row, f->day)),
            w->currency == NULL ? "EUR" : w->currency));
    add_words(
        w, "Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Kurs;Basis-Umsatz;WKZ Basis-Umsatz;"
           "Konto;Gegenkonto (ohne BU-Schlüssel);BU-Schlüssel;Belegdatum;Belegfeld 1;Belegfeld 2;Skonto;"
           "Buchungstext\r\n");
    return OK;
}

static enum err datev_entry(struct journal_writer *w, const struct journal_entry *entry,
                            const struct book_document *d, struct str user, struct error *e)
{
    struct journal_pair *pairs = NULL;
    size_t count = journal_pairs(&pairs, entry, w->arena);
    struct ymd date = split(entry->date);
    struct str piece = d->number.len > 0 ? d->number : entry->id;
    (void)e;
    for (size_t i = 0; i < count; i++) {
        add_comma_amount(w, pairs[i].amount);
        add(w, str_format(w->arena, ";\"S\";\"%s\";;;;", pairs[i].amount.currency));
        add(w, writer_number(w, pairs[i].debit));
        add_words(w, ";");
        add(w, writer_number(w, pairs[i].credit));
        add(w, str_format(w->arena, ";;%02d%02d;\"", date.day, date.month));
        add_field(w, piece, 36);
        add_words(w, "\";\"\";;\"");
        add_field(w, str_format(w->arena, "%s %.*s", book_source(entry), STR_ARG(user)), 60);
        add_words(w, "\"\r\n");
    }
    return OK;
}

const struct journal_form datev_form = {"datev", "DATEV Buchungsstapel (EXTF)", true, datev_head,
                                        datev_entry};

/* ---- QuickBooks ---- */

static struct str date_american(struct arena *a, struct date d)
{
    struct ymd s = split(d);
    return str_format(a, "%02d/%02d/%04d", s.month, s.day, s.year);
}

static enum err iif_head(struct journal_writer *w, struct error *e)
{
    (void)e;
    add_words(w, "!TRNS\tTRNSID\tTRNSTYPE\tDATE\tACCNT\tNAME\tAMOUNT\tDOCNUM\tMEMO\r\n"
                 "!SPL\tSPLID\tTRNSTYPE\tDATE\tACCNT\tNAME\tAMOUNT\tDOCNUM\tMEMO\r\n"
                 "!ENDTRNS\r\n");
    return OK;
}

static enum err iif_entry(struct journal_writer *w, const struct journal_entry *entry,
                          const struct book_document *d, struct str user, struct error *e)
{
    (void)e;
    for (size_t i = 0; i < entry->count; i++) {
        const struct posting *p = &entry->postings[i];
        add(w, str_format(w->arena, "%s\t%ju\tGENERAL JOURNAL\t", i == 0 ? "TRNS" : "SPL",
                          (uintmax_t)w->entries + 1));
        add(w, date_american(w->arena, entry->date));
        add_words(w, "\t");
        add_field(w, writer_name(w, p), 80);
        add_words(w, "\t");
        if (p->account == ACCOUNT_RECEIVABLE) add_field(w, user, 40);
        add_words(w, "\t");
        add(w, money_text(w->arena, p->amount));
        add_words(w, "\t");
        add_field(w, d->number, 20);
        add(w, str_format(w->arena, "\t%s %.*s\r\n", book_source(entry), STR_ARG(entry->id)));
    }
    add_words(w, "ENDTRNS\r\n");
    return OK;
}

const struct journal_form iif_form = {"iif", "QuickBooks Desktop (IIF)", true, iif_head, iif_entry};

/* ---- Xero ---- */

static enum err xero_head(struct journal_writer *w, struct error *e)
{
    (void)e;
    add_words(w, "*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,TrackingName1,TrackingOption1,"
                 "TrackingName2,TrackingOption2\r\n");
    return OK;
}

/* Rows of one journal are those with the same narration and date. */
static enum err xero_entry(struct journal_writer *w, const struct journal_entry *entry,
                           const struct book_document *d, struct str user, struct error *e)
{
    struct ymd s = split(entry->date);
    (void)e;
    for (size_t i = 0; i < entry->count; i++) {
        const struct posting *p = &entry->postings[i];
        add(w, str_format(w->arena, "\"%s %.*s\",%02d/%02d/%04d,\"", book_source(entry), STR_ARG(entry->id),
                          s.day, s.month, s.year));
        add_field(w, str_format(w->arena, "%.*s %.*s", STR_ARG(d->number), STR_ARG(user)), 100);
        add_words(w, "\",");
        add(w, writer_number(w, p));
        add_words(w, ",Tax Exempt,");
        add(w, money_text(w->arena, p->amount));
        add_words(w, ",,,,\r\n");
    }
    return OK;
}

const struct journal_form xero_form = {"xero", "Xero manual journals", true, xero_head, xero_entry};
