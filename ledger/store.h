/* SPDX-License-Identifier: MIT */
/* store.h - the door of store/: bytes that last. The log (truth: sealed, hash-chained records) and the views
 * (derived state, disposable). This room knows schemas, keys and bytes; it knows nothing of billing. */
#ifndef DAYBOOK_LEDGER_STORE_H
#define DAYBOOK_LEDGER_STORE_H

#include "ledger/store/anchor.h"
#include "ledger/store/chain.h"
#include "ledger/store/checkpoint.h"
#include "ledger/store/checkpoint_key.h"
#include "ledger/store/customer_keys.h"
#include "ledger/store/hasher.h"
#include "ledger/store/key_file.h"
#include "ledger/store/keys.h"
#include "ledger/store/log.h"
#include "ledger/store/log_backend.h"
#include "ledger/store/log_copy.h"
#include "ledger/store/merkle.h"
#include "ledger/store/msgpack.h"
#include "ledger/store/note.h"
#include "ledger/store/proof.h"
#include "ledger/store/record.h"
#include "ledger/store/rotation.h"
#include "ledger/store/rsa_key.h"
#include "ledger/store/schema.h"
#include "ledger/store/schema_json.h"
#include "ledger/store/segment.h"
#include "ledger/store/signed_file.h"
#include "ledger/store/tiles.h"
#include "ledger/store/time_stamp.h"
#include "ledger/store/views.h"
#include "ledger/store/witness.h"
#include "ledger/store/witness_policy.h"

#endif
