/* SPDX-License-Identifier: MIT */
/* fiscal_verifactu.c - records of the VeriFactu chain as the tax agency takes them: the element
 * RegFactuSistemaFacturacion of its schema SuministroLR 1.0, with a RegistroAlta for each document that was
 * issued and a RegistroAnulacion for each that was voided (Order HAC/1177/2024, annex). Whoever sends it puts
 * it into the body of a SOAP message. */
#include "reports/fiscal_export.h"

#define SCHEMAS                                                                                              \
    "https://www2.agenciatributaria.gob.es/static_files/common/internet/dep/aplicaciones/es/aeat/tike/cont/" \
    "ws/"
#define LR "sfLR:"
#define SF "sf:"

enum {
    RECORDS_MAX = 1000,
    NAME_MAX_CHARACTERS = 120,
    DESCRIPTION_MAX_CHARACTERS = 500,
    ID_MAX_CHARACTERS = 20
};

/* ---- what both kinds of records have ---- */

static void put_person(struct xml *x, struct str name, struct str nif)
{
    xml_leaf(x, SF "NombreRazon", fiscal_cut(name, NAME_MAX_CHARACTERS));
    xml_leaf(x, SF "NIF", nif);
}

static void put_chain(struct xml *x, const struct fiscal_recorded *r, struct arena *a)
{
    xml_open(x, SF "Encadenamiento");
    if (r->previous.len == 0) {
        xml_leaf(x, SF "PrimerRegistro", STR("S"));
    } else {
        xml_open(x, SF "RegistroAnterior");
        xml_leaf(x, SF "IDEmisorFactura", r->issuer);
        xml_leaf(x, SF "NumSerieFactura", r->previous_number);
        xml_leaf(x, SF "FechaExpedicionFactura", fiscal_spanish_date(a, r->previous_date));
        xml_leaf(x, SF "Huella", r->previous);
        xml_close(x);
    }
    xml_close(x);
}

/* The program's maker is whoever runs it: who builds it from source answers for it himself. */
static void put_system(const struct fiscal_writer *w, struct xml *x, struct str name)
{
    const char *program = w->file->query->program, *blank = program == NULL ? NULL : strrchr(program, ' ');
    xml_open(x, SF "SistemaInformatico");
    put_person(x, name, w->issuer);
    xml_leaf(x, SF "NombreSistemaInformatico", STR("Daybook"));
    xml_leaf(x, SF "IdSistemaInformatico", STR("DB"));
    xml_leaf(x, SF "Version", blank == NULL ? STR("0") : str_of(blank + 1));
    xml_leaf(x, SF "NumeroInstalacion", ledger_origin(w->file->ledger));
    xml_leaf(x, SF "TipoUsoPosibleSoloVerifactu", STR("N"));
    xml_leaf(x, SF "TipoUsoPosibleMultiOT", STR("N"));
    xml_leaf(x, SF "IndicadorMultiplesOT", STR("N"));
    xml_close(x);
}

static void put_end(const struct fiscal_writer *w, struct xml *x, const struct fiscal_recorded *r,
                    struct str name, struct arena *a)
{
    put_chain(x, r, a);
    put_system(w, x, name);
    xml_leaf(x, SF "FechaHoraHusoGenRegistro", r->generated_at);
    xml_leaf(x, SF "TipoHuella", STR("01")); /* SHA-256 */
    xml_leaf(x, SF "Huella", r->hash);
}

/* ---- an issue ---- */

static void put_corrected(struct xml *x, const struct fiscal_recorded *r, const struct document_parts *parts,
                          struct arena *a)
{
    xml_leaf(x, SF "TipoRectificativa", STR("I")); /* its amounts are the difference */
    if (parts->preceding_count == 0) return;
    xml_open(x, SF "FacturasRectificadas");
    for (size_t i = 0; i < parts->preceding_count; i++) {
        xml_open(x, SF "IDFacturaRectificada");
        xml_leaf(x, SF "IDEmisorFactura", r->issuer);
        xml_leaf(x, SF "NumSerieFactura", parts->preceding[i].number);
        xml_leaf(x, SF "FechaExpedicionFactura", fiscal_spanish_date(a, parts->preceding[i].date));
        xml_close(x);
    }
    xml_close(x);
}

/* List L7: 02 a VAT number of the European Union, 04 a number that another country gave. */
static void put_foreign_id(struct xml *x, const struct customer *c, struct str vat, struct str country)
{
    bool of_union = vat.len > 0 && country_is_in_eu(country);
    xml_open(x, SF "IDOtro");
    xml_leaf(x, SF "CodigoPais", country);
    xml_leaf(x, SF "IDType", of_union ? STR("02") : STR("04"));
    xml_leaf(x, SF "ID", fiscal_cut(of_union ? vat : c->party.tax_id, ID_MAX_CHARACTERS));
    xml_close(x);
}

static enum err put_buyer(struct xml *x, const struct customer *c, struct arena *a, struct error *e)
{
    static const char spain[] = "ES";
    struct str name = c->party.name.len > 0 ? c->party.name : c->user, id = c->party.tax_id;
    struct str country = tax_id_country(id, c->party.country), vat = vat_number(a, id, c->party.country);
    if (str_is(name, ERASED_TEXT) || str_is(id, ERASED_TEXT))
        return fail(e, ERR_REFUSED, "its customer was erased, and the record must name him");
    xml_open(x, SF "Destinatarios");
    xml_open(x, SF "IDDestinatario");
    xml_leaf(x, SF "NombreRazon", fiscal_cut(name, NAME_MAX_CHARACTERS));
    if (str_is(country, spain) && str_starts(vat, spain))
        xml_leaf(x, SF "NIF", (struct str){vat.ptr + sizeof spain - 1, vat.len - (sizeof spain - 1)});
    else
        put_foreign_id(x, c, vat, country);
    xml_close(x);
    xml_close(x);
    return OK;
}

static enum err put_breakdown(struct xml *x, const struct invoice *v, const struct fiscal_recorded *r,
                              struct str buyer_country, struct arena *a, struct error *e)
{
    struct spanish_detail details[SPANISH_DETAILS_MAX];
    size_t count = 0;
    enum err err = spanish_breakdown(details, &count, v, r, buyer_country, e);
    if (err != OK) return err;
    xml_open(x, SF "Desglose");
    for (size_t i = 0; i < count; i++) {
        const struct spanish_detail *d = &details[i];
        xml_open(x, SF "DetalleDesglose");
        xml_leaf(x, SF "Impuesto", STR("01")); /* IVA */
        xml_leaf(x, SF "ClaveRegimen", str_of(d->regime));
        if (d->subject != NULL) xml_leaf(x, SF "CalificacionOperacion", str_of(d->subject));
        if (d->exempt != NULL) xml_leaf(x, SF "OperacionExenta", str_of(d->exempt));
        if (d->has_rate) xml_leaf(x, SF "TipoImpositivo", decimal_text(a, d->rate));
        xml_leaf(x, SF "BaseImponibleOimporteNoSujeto", money_text(a, d->base));
        if (d->has_rate) xml_leaf(x, SF "CuotaRepercutida", money_text(a, d->tax));
        xml_close(x);
    }
    xml_close(x);
    return OK;
}

static bool is_simplified(const struct fiscal_recorded *r)
{
    return str_is(r->document_type, "F2") || str_is(r->document_type, "R5");
}

static struct str description_of(const struct invoice *v)
{
    struct str text = v->lines_count > 0 ? v->lines[0].description : STR_NONE;
    return text.len > 0 ? fiscal_cut(text, DESCRIPTION_MAX_CHARACTERS) : v->number;
}

static enum err put_issue(struct fiscal_writer *w, const struct fiscal_recorded *r, const struct invoice *v,
                          const struct document_parts *parts, struct arena *a, struct error *e)
{
    struct xml *x = &w->xml;
    xml_open(x, SF "RegistroAlta");
    xml_leaf(x, SF "IDVersion", STR("1.0"));
    xml_open(x, SF "IDFactura");
    xml_leaf(x, SF "IDEmisorFactura", r->issuer);
    xml_leaf(x, SF "NumSerieFactura", r->number);
    xml_leaf(x, SF "FechaExpedicionFactura", fiscal_spanish_date(a, r->issue_date));
    xml_close(x);
    xml_leaf(x, SF "NombreRazonEmisor", fiscal_cut(parts->seller.party.name, NAME_MAX_CHARACTERS));
    xml_leaf(x, SF "TipoFactura", r->document_type);
    if (v->kind == INVOICE_CREDIT_NOTE) put_corrected(x, r, parts, a);
    xml_leaf(x, SF "DescripcionOperacion", description_of(v));
    if (is_simplified(r)) xml_leaf(x, SF "FacturaSinIdentifDestinatarioArt61d", STR("S"));
    enum err err = is_simplified(r) ? OK : put_buyer(x, &parts->buyer, a, e);
    if (err == OK) err = put_breakdown(x, v, r, parts->buyer.party.country, a, e);
    xml_leaf(x, SF "CuotaTotal", money_text(a, r->tax));
    xml_leaf(x, SF "ImporteTotal", money_text(a, r->total));
    put_end(w, x, r, parts->seller.party.name, a);
    xml_close(x);
    return err;
}

/* ---- an annulment ---- */

static void put_annulment(struct fiscal_writer *w, const struct fiscal_recorded *r, struct str name,
                          struct arena *a)
{
    struct xml *x = &w->xml;
    xml_open(x, SF "RegistroAnulacion");
    xml_leaf(x, SF "IDVersion", STR("1.0"));
    xml_open(x, SF "IDFactura");
    xml_leaf(x, SF "IDEmisorFacturaAnulada", r->issuer);
    xml_leaf(x, SF "NumSerieFacturaAnulada", r->number);
    xml_leaf(x, SF "FechaExpedicionFacturaAnulada", fiscal_spanish_date(a, r->issue_date));
    xml_close(x);
    put_end(w, x, r, name, a);
    xml_close(x);
}

/* ---- the form ---- */

static enum err put_head(struct fiscal_writer *w, struct error *e)
{
    struct seller s = {0};
    struct xml *x = &w->xml;
    enum err err = load_seller(&s, w->file->txn, 0, w->file->arena, e);
    xml_open(x, LR "RegFactuSistemaFacturacion");
    xml_attribute(x, "xmlns:sfLR", SCHEMAS "SuministroLR.xsd");
    xml_attribute(x, "xmlns:sf", SCHEMAS "SuministroInformacion.xsd");
    xml_open(x, LR "Cabecera");
    xml_open(x, SF "ObligadoEmision");
    put_person(x, s.party.name, w->issuer);
    xml_close(x);
    xml_close(x);
    return err;
}

static enum err put_record(struct fiscal_writer *w, const struct fiscal_recorded *r, struct arena *a,
                           struct error *e)
{
    struct invoice v = {0};
    struct document_parts parts = {0};
    if (w->records == RECORDS_MAX)
        return fail(e, ERR_REFUSED,
                    "those days have more than the %d records that a file may have: ask for fewer",
                    RECORDS_MAX);
    enum err err = load_invoice(&v, w->file->txn, r->invoice, a, e);
    if (err == OK) err = document_gather(&parts, w->file->ledger, w->file->txn, &v, &w->logos, a, e);
    if (err != OK) return err;
    xml_open(&w->xml, LR "RegistroFactura");
    if (r->record == FISCAL_ANNULMENT)
        put_annulment(w, r, parts.seller.party.name, a);
    else
        err = put_issue(w, r, &v, &parts, a, e);
    xml_close(&w->xml);
    return err;
}

static enum err put_foot(struct fiscal_writer *w, struct error *e)
{
    (void)e;
    xml_close(&w->xml);
    return OK;
}

const struct fiscal_form verifactu_form = {"verifactu", false, put_head, put_record, put_foot};
