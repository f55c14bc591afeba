/* SPDX-License-Identifier: MIT */
/* fiscal.h - chains of documents by the rules of tax offices: what is hashed of a record, and what comes out.
 * Pure functions of the record, so that what is printed, exported and verified is the same.
 *
 * Spain, VeriFactu: Royal Decree 1007/2023, Order HAC/1177/2024, and the tax agency's "Detalle de las
 * especificaciones técnicas para la generación de la huella o hash de los registros de facturación", version
 * 0.1.2. One chain of all records of an issuer. */
#ifndef DAYBOOK_LEDGER_BOOK_FISCAL_H
#define DAYBOOK_LEDGER_BOOK_FISCAL_H

#include "ledger/book/event.h"

/* Where a seller who has that number is not in the country of the chain: ERR_INVALID, with what is wanted. */
enum err fiscal_issuer(struct str *out, const struct party *seller, enum fiscal_chain chain, struct arena *a,
                       struct error *e) MUST_USE;

/* Of a document's taxes those that the chain's country gets: what is charged for others is none of its
 * office's. The document's sum of all must fit 64 bits, as it does. */
struct money fiscal_tax(const struct tax_total *taxes, size_t count, struct money none);
bool fiscal_is_own_tax(struct str jurisdiction); /* "ES", or a region of it */

/* The text that a record's hash is of: its fields by their names in the order of the law. */
struct str fiscal_message(struct arena *a, const struct fiscal_recorded *r);
struct str fiscal_hash(struct arena *a, const struct fiscal_recorded *r);

/* Tells chains apart: records of one name follow each other. */
struct str fiscal_chain_name(struct arena *a, enum fiscal_chain chain, struct str issuer);

/* "31-01-2025" */
struct str fiscal_spanish_date(struct arena *a, struct date d);

/* The address of the tax agency's service at which a document is held against what was reported of it. */
struct str fiscal_code_text(struct arena *a, const struct fiscal_recorded *r, enum fiscal_service service);

#endif
