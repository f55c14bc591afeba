/* SPDX-License-Identifier: MIT */
/* qr_code.h - a text as a QR code (ISO/IEC 18004), by libqrencode. The same text is the same code for ever:
 * bytes as they are, the smallest version that has room, error correction M. Safe to call from several
 * threads. */
#ifndef DAYBOOK_REPORTS_QR_CODE_H
#define DAYBOOK_REPORTS_QR_CODE_H

#include "ledger/base.h"

struct qr_code {
    int32_t side;        /* in modules, without the quiet zone */
    const uint8_t *dark; /* side * side, row by row; 1: dark */
};
enum { QR_QUIET = 4 }; /* modules that stay white on each side */

/* Lives in the arena. ERR_LIMIT: no code has room for it. */
enum err qr_code_make(struct qr_code *out, struct str text, struct arena *a, struct error *e) MUST_USE;

#endif
