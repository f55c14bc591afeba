/* SPDX-License-Identifier: MIT */
/* signature.h - who signed SHA256SUMS: the same key as the checkpoint, in the forms that signify and
 * `ssh-keygen -Y verify -n daybook-archive` read. */
#ifndef DAYBOOK_BILLING_VERIFY_SIGNATURE_H
#define DAYBOOK_BILLING_VERIFY_SIGNATURE_H

#include "billing/verify/folder.h"
#include "billing/verify/note.h"

/* Both signatures and signify.pub, of a key with this name that is among them. ERR_INCOMPLETE: one is
 * missing; or both, and *is_unsigned. */
enum err signatures_check(bool *is_unsigned, int folder, const struct keys *keys, struct str name,
                          struct arena *a, struct fault *f) MUST_USE;

#endif
