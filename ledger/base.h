/* SPDX-License-Identifier: MIT */
/* base.h - the door of base/: what every room stands on. It knows nothing of billing, files of the
 * ledger, or networks. Everything here is either a value (money, date, text slice) or one of the two
 * ways in which the outside world enters: struct world (clock, randomness) and base/file.h. */
#ifndef DAYBOOK_LEDGER_BASE_H
#define DAYBOOK_LEDGER_BASE_H

/* These declare what is banned below, so they come first wherever this file stands among the includes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/base/arena.h"
#include "ledger/base/bank.h"
#include "ledger/base/calendar.h"
#include "ledger/base/colour.h"
#include "ledger/base/country.h"
#include "ledger/base/error.h"
#include "ledger/base/file.h"
#include "ledger/base/image.h"
#include "ledger/base/limits.h"
#include "ledger/base/locked.h"
#include "ledger/base/money.h"
#include "ledger/base/passphrase.h"
#include "ledger/base/secret.h"
#include "ledger/base/sha256.h"
#include "ledger/base/text.h"
#include "ledger/base/world.h"
#include "ledger/base/zone.h"

/* Banned everywhere: unbounded, locale-bound, or hidden global state. time(), rand() and friends are
 * banned by a check in `make tidy`, because their names are also good names. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atoll atof gets

#endif
