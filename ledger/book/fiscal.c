/* SPDX-License-Identifier: MIT */
/* fiscal.c - see fiscal.h. */
#include "ledger/book/fiscal.h"

#include "ledger/book/assess.h"

enum { DIGEST_BYTES = 32 };

bool fiscal_chain_is_on(enum fiscal_chain chain)
{
    return chain == FISCAL_CHAIN_VERIFACTU || chain == FISCAL_CHAIN_SAFT_PT;
}

static const char *country_of(enum fiscal_chain chain)
{
    return chain == FISCAL_CHAIN_SAFT_PT ? "PT" : "ES";
}

enum err fiscal_issuer(struct str *out, const struct party *seller, enum fiscal_chain chain, struct arena *a,
                       struct error *e)
{
    enum { PREFIX = 2 };
    const char *country = country_of(chain);
    struct str id = vat_number(a, seller->tax_id, seller->country);
    if (!str_starts(id, country) || seller->name.len == 0)
        return fail(e, ERR_INVALID,
                    "fiscal_chain %s: the seller's name and %s tax number are wanted, as with --name, "
                    "--country %s and --tax-id",
                    choice_fiscal_chain.words[chain],
                    chain == FISCAL_CHAIN_SAFT_PT ? "Portuguese" : "Spanish", country);
    *out = (struct str){id.ptr + PREFIX, id.len - PREFIX};
    return OK;
}

bool fiscal_is_own_tax(enum fiscal_chain chain, struct str jurisdiction)
{
    enum { COUNTRY = 2 };
    return str_starts(jurisdiction, country_of(chain)) &&
           (jurisdiction.len == COUNTRY || jurisdiction.ptr[COUNTRY] == '-');
}

struct money fiscal_tax(enum fiscal_chain chain, const struct tax_total *taxes, size_t count,
                        struct money none)
{
    struct money sum = none;
    for (size_t i = 0; i < count; i++)
        if (fiscal_is_own_tax(chain, taxes[i].jurisdiction)) sum.minor += taxes[i].amount.minor;
    return sum;
}

struct str fiscal_number(struct arena *a, enum fiscal_chain chain, const struct invoice_finalized *d)
{
    if (chain != FISCAL_CHAIN_SAFT_PT) return d->number;
    return str_format(a, "%s %.*s/%ju", d->kind == INVOICE_CREDIT_NOTE ? "NC" : "FT", STR_ARG(d->series),
                      (uintmax_t)d->serial);
}

/* ---- the seller's data ---- */

static bool next_code(struct str *series, struct str *code, struct str *from)
{
    if (from->len == 0) return false;
    size_t end = 0, sign = 0;
    while (end < from->len && from->ptr[end] != ',') end++;
    while (sign < end && from->ptr[sign] != '=') sign++;
    *series = str_trim((struct str){from->ptr, sign});
    *code = sign == end ? STR_NONE : str_trim((struct str){from->ptr + sign + 1, end - sign - 1});
    size_t taken = end < from->len ? end + 1 : end;
    *from = (struct str){from->ptr + taken, from->len - taken};
    return true;
}

struct str fiscal_series_code(struct str codes, struct str series)
{
    struct str named = STR_NONE, code = STR_NONE;
    while (next_code(&named, &code, &codes))
        if (str_equal(named, series)) return code;
    return STR_NONE;
}

/* The office gives codes of eight capitals and digits or more. */
static enum err check_codes(struct str codes, struct error *e)
{
    enum { LEAST = 8, MOST = 32 };
    struct str named = STR_NONE, code = STR_NONE;
    while (next_code(&named, &code, &codes)) {
        bool fits = named.len > 0 && code.len >= LEAST && code.len <= MOST;
        for (size_t i = 0; i < code.len; i++)
            fits = fits &&
                   ((code.ptr[i] >= 'A' && code.ptr[i] <= 'Z') || (code.ptr[i] >= '0' && code.ptr[i] <= '9'));
        if (!fits)
            return fail(e, ERR_INVALID,
                        "series_codes: pairs as INV-2025=AAJFF7VG are wanted, with a comma between them");
    }
    return OK;
}

enum err fiscal_check_seller(const struct seller_set *v, struct arena *a, struct error *e)
{
    struct str issuer = STR_NONE;
    enum err err = check_codes(v->series_codes, e);
    if (err != OK || !fiscal_chain_is_on(v->fiscal_chain)) return err;
    err = fiscal_issuer(&issuer, &v->party, v->fiscal_chain, a, e);
    if (err != OK || v->fiscal_chain != FISCAL_CHAIN_SAFT_PT) return err;
    if (v->program_certificate == 0)
        return fail(e, ERR_INVALID, "fiscal_chain saft-pt: --program-certificate is wanted");
    if (v->fiscal_public_key.len == 0)
        return fail(e, ERR_INVALID, "fiscal_chain saft-pt: --fiscal-public-key is wanted");
    return OK;
}

/* ---- records ---- */

struct str fiscal_spanish_date(struct arena *a, struct date d)
{
    int year = 0, month = 0, day = 0;
    date_split(d, &year, &month, &day);
    return str_format(a, "%02d-%02d-%04d", day, month, year);
}

/* The time as the clocks show it, and the amount without its sign: a credit note's is what it credits. */
static struct str portuguese_message(struct arena *a, const struct fiscal_recorded *r)
{
    enum { LOCAL_TIME = 19 };
    struct money total = r->total;
    if (total.minor < 0) total.minor = -total.minor;
    return str_format(a, "%.*s;%.*s;%.*s;%.*s;%.*s", STR_ARG(date_text(a, r->issue_date)), LOCAL_TIME,
                      r->generated_at.ptr, STR_ARG(r->number), STR_ARG(money_text(a, total)),
                      STR_ARG(r->previous));
}

struct str fiscal_mark(struct arena *a, const struct fiscal_recorded *r)
{
    enum { MARKS = 4, APART = 10 };
    char mark[MARKS] = "";
    size_t count = 0;
    for (size_t at = 0; count < MARKS && at < r->hash.len; at += APART) mark[count++] = r->hash.ptr[at];
    return str_copy(a, (struct str){mark, count});
}

struct str fiscal_message(struct arena *a, const struct fiscal_recorded *r)
{
    if (r->chain == FISCAL_CHAIN_SAFT_PT) return portuguese_message(a, r);
    struct str date = fiscal_spanish_date(a, r->issue_date);
    if (r->record == FISCAL_ANNULMENT)
        return str_format(a,
                          "IDEmisorFacturaAnulada=%.*s&NumSerieFacturaAnulada=%.*s&"
                          "FechaExpedicionFacturaAnulada=%.*s&Huella=%.*s&FechaHoraHusoGenRegistro=%.*s",
                          STR_ARG(r->issuer), STR_ARG(r->number), STR_ARG(date), STR_ARG(r->previous),
                          STR_ARG(r->generated_at));
    return str_format(
        a,
        "IDEmisorFactura=%.*s&NumSerieFactura=%.*s&FechaExpedicionFactura=%.*s&TipoFactura=%.*s&"
        "CuotaTotal=%.*s&ImporteTotal=%.*s&Huella=%.*s&FechaHoraHusoGenRegistro=%.*s",
        STR_ARG(r->issuer), STR_ARG(r->number), STR_ARG(date), STR_ARG(r->document_type),
        STR_ARG(money_text(a, r->tax)), STR_ARG(money_text(a, r->total)), STR_ARG(r->previous),
        STR_ARG(r->generated_at));
}

struct str fiscal_hash(struct arena *a, const struct fiscal_recorded *r)
{
    uint8_t digest[DIGEST_BYTES];
    struct hasher *h = hasher_new();
    hasher_digest(h, digest, str_bytes(fiscal_message(a, r)), (struct bytes){0}, (struct bytes){0});
    hasher_free(h);
    struct buffer hex = {.arena = a};
    for (size_t i = 0; i < sizeof digest; i++) buffer_print(&hex, "%02X", digest[i]);
    return (struct str){(const char *)hex.ptr, hex.len};
}

struct str fiscal_chain_name(struct arena *a, const struct fiscal_recorded *r)
{
    return str_format(a, "%s %.*s %.*s", choice_fiscal_chain.words[r->chain], STR_ARG(r->issuer),
                      STR_ARG(r->series));
}

/* As RFC 3986 has it: all but unreserved characters by their bytes. */
static void add_escaped(struct buffer *to, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                     c == '.' || c == '_' || c == '~';
        if (plain)
            buffer_add_byte(to, c);
        else
            buffer_print(to, "%%%02X", c);
    }
}

struct str fiscal_code_text(struct arena *a, const struct fiscal_recorded *r, enum fiscal_service service)
{
    struct buffer url = {.arena = a};
    buffer_print(&url, "https://%s/wlpl/TIKE-CONT/ValidarQR?nif=",
                 service == FISCAL_SERVICE_TEST ? "prewww2.aeat.es" : "www2.agenciatributaria.gob.es");
    add_escaped(&url, r->issuer);
    buffer_print(&url, "&numserie=");
    add_escaped(&url, r->number);
    buffer_print(&url, "&fecha=");
    add_escaped(&url, fiscal_spanish_date(a, r->issue_date));
    buffer_print(&url, "&importe=");
    add_escaped(&url, money_text(a, r->total));
    return (struct str){(const char *)url.ptr, url.len};
}
