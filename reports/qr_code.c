/* SPDX-License-Identifier: MIT */
/* qr_code.c - see qr_code.h. The only file that knows libqrencode. */
#include "reports/qr_code.h"

#include <errno.h>
#include <limits.h>
#include <qrencode.h>

enum { VERSION_SMALLEST = 0, IS_DARK = 1 };

enum err qr_code_make(struct qr_code *out, struct str text, struct arena *a, struct error *e)
{
    assert(text.len > 0 && text.len <= INT_MAX);
    QRcode *made =
        QRcode_encodeData((int)text.len, (const unsigned char *)text.ptr, VERSION_SMALLEST, QR_ECLEVEL_M);
    if (made == NULL && errno == ERANGE)
        return fail(e, ERR_LIMIT, "a QR code has no room for %zu bytes", text.len);
    if (made == NULL) return fail_errno(e, errno, "cannot make a QR code");
    size_t modules = (size_t)made->width * (size_t)made->width;
    uint8_t *dark = arena_take_raw(a, modules);
    for (size_t i = 0; i < modules; i++) dark[i] = made->data[i] & IS_DARK; /* the rest is how it was made */
    *out = (struct qr_code){made->width, dark};
    QRcode_free(made);
    return OK;
}
