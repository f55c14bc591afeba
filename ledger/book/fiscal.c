/* SPDX-License-Identifier: MIT */
/* fiscal.c - see fiscal.h. */
#include "ledger/book/fiscal.h"

#include "ledger/book/assess.h"

enum { DIGEST_BYTES = 32 };

enum err fiscal_issuer(struct str *out, const struct party *seller, enum fiscal_chain chain, struct arena *a,
                       struct error *e)
{
    static const char country[] = "ES";
    assert(chain == FISCAL_CHAIN_VERIFACTU);
    struct str id = vat_number(a, seller->tax_id, seller->country);
    bool named = str_starts(id, country) && seller->name.len > 0;
    if (!named)
        return fail(e, ERR_INVALID,
                    "fiscal_chain verifactu: the seller's name and Spanish tax number are wanted, as with "
                    "--name, --country ES and --tax-id");
    size_t prefix = sizeof country - 1;
    *out = (struct str){id.ptr + prefix, id.len - prefix};
    return OK;
}

bool fiscal_is_own_tax(struct str jurisdiction)
{
    enum { COUNTRY = 2 };
    return str_starts(jurisdiction, "ES") &&
           (jurisdiction.len == COUNTRY || jurisdiction.ptr[COUNTRY] == '-');
}

struct money fiscal_tax(const struct tax_total *taxes, size_t count, struct money none)
{
    struct money sum = none;
    for (size_t i = 0; i < count; i++)
        if (fiscal_is_own_tax(taxes[i].jurisdiction)) sum.minor += taxes[i].amount.minor;
    return sum;
}

struct str fiscal_spanish_date(struct arena *a, struct date d)
{
    int year = 0, month = 0, day = 0;
    date_split(d, &year, &month, &day);
    return str_format(a, "%02d-%02d-%04d", day, month, year);
}

struct str fiscal_message(struct arena *a, const struct fiscal_recorded *r)
{
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

struct str fiscal_chain_name(struct arena *a, enum fiscal_chain chain, struct str issuer)
{
    return str_format(a, "%s %.*s", choice_fiscal_chain.words[chain], STR_ARG(issuer));
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
