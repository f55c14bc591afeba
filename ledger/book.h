/* SPDX-License-Identifier: MIT */
/* book.h - the door of book/: what happened (events), what it means (records), what may happen next (commands
 * and decisions), and what it costs (billing rules). Pure: no file, no clock, no random number; every fact
 * comes as a value. */
#ifndef DAYBOOK_LEDGER_BOOK_H
#define DAYBOOK_LEDGER_BOOK_H

#include "ledger/book/aggregation.h"
#include "ledger/book/assess.h"
#include "ledger/book/billing.h"
#include "ledger/book/chronicle.h"
#include "ledger/book/command.h"
#include "ledger/book/crediting.h"
#include "ledger/book/decide.h"
#include "ledger/book/difference.h"
#include "ledger/book/dunning.h"
#include "ledger/book/earning.h"
#include "ledger/book/entitlement.h"
#include "ledger/book/envelope.h"
#include "ledger/book/event.h"
#include "ledger/book/fiscal.h"
#include "ledger/book/interval.h"
#include "ledger/book/invoice.h"
#include "ledger/book/posting.h"
#include "ledger/book/pricing.h"
#include "ledger/book/reminder.h"
#include "ledger/book/rerating.h"
#include "ledger/book/subscription.h"
#include "ledger/book/wallet.h"

#endif
