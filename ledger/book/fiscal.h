/* SPDX-License-Identifier: MIT */
/* fiscal.h - chains of documents by the rules of tax offices: what is hashed of a record, and what comes out.
 * Pure functions of the record, so that what is printed, exported and verified is the same.
 *
 * Portugal, SAF-T: Portaria 363/2010, article 6, and Despacho 8632/2014: an RSA signature of each document,
 * one chain a series.
 *
 * Spain, VeriFactu: Royal Decree 1007/2023, Order HAC/1177/2024, and the tax agency's "Detalle de las
 * especificaciones técnicas para la generación de la huella o hash de los registros de facturación", version
 * 0.1.2. One chain of all records of an issuer. */
#ifndef DAYBOOK_LEDGER_BOOK_FISCAL_H
#define DAYBOOK_LEDGER_BOOK_FISCAL_H

#include "ledger/book/event.h"

bool fiscal_chain_is_on(enum fiscal_chain chain);

/* Where a seller who has that number is not in the country of the chain: ERR_INVALID, with what is wanted. */
enum err fiscal_issuer(struct str *out, const struct party *seller, enum fiscal_chain chain, struct arena *a,
                       struct error *e) MUST_USE;

/* Of a document's taxes those that the chain's country gets: what is charged for others is none of its
 * office's. The document's sum of all must fit 64 bits, as it does. */
struct money fiscal_tax(enum fiscal_chain chain, const struct tax_total *taxes, size_t count,
                        struct money none);
bool fiscal_is_own_tax(enum fiscal_chain chain, struct str jurisdiction); /* "ES", or a region of it */

/* A document's number as the office has it: ours, and in Portugal "FT INV-2025/1" or "NC CN-2025/1". */
struct str fiscal_number(struct arena *a, enum fiscal_chain chain, const struct invoice_finalized *d);

/* ERR_INVALID: the chain that is set wants more of the seller's data, or other. */
enum err fiscal_check_seller(const struct seller_set *v, struct arena *a, struct error *e) MUST_USE;

/* ---- Portugal ---- */

/* What the office calls a series; "": the seller's codes do not name it. */
struct str fiscal_series_code(struct str codes, struct str series);
/* The characters 1, 11, 21 and 31 of a signature, which stand on the document. */
struct str fiscal_mark(struct arena *a, const struct fiscal_recorded *r);

/* The text that a record's hash or signature is of: its fields in the order of the law. */
struct str fiscal_message(struct arena *a, const struct fiscal_recorded *r);
/* Spain's. */
struct str fiscal_hash(struct arena *a, const struct fiscal_recorded *r);

/* Tells chains apart: records of one name follow each other. */
struct str fiscal_chain_name(struct arena *a, const struct fiscal_recorded *r);

/* "31-01-2025" */
struct str fiscal_spanish_date(struct arena *a, struct date d);

/* The address of the tax agency's service at which a document is held against what was reported of it. */
struct str fiscal_code_text(struct arena *a, const struct fiscal_recorded *r, enum fiscal_service service);

#endif
