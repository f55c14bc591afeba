/* SPDX-License-Identifier: MIT */
/* zone.h - local time: which date it is somewhere, by the IANA time zones as ICU has them.
 *
 * Governments change their clocks, often at short notice, and ICU's data follow (zones_data_version() tells
 * how far; a newer set is taken from ICU_TIMEZONE_FILES_DIR). So the same instant can be another date on
 * another machine, or on the same one next year. Nothing that must come out the same again may therefore ask
 * here: a date is asked for once, when a command's facts are gathered, and what follows from it is stored in
 * the events as dates. Folds, verification, and a rebuild on whatever machine read those dates and never a
 * zone. New data thus change what happens from then on, and nothing that has happened.
 *
 * UTC is no zone: "", "UTC" and "Etc/UTC" are NULL, and ICU is not asked. */
#ifndef DAYBOOK_LEDGER_BASE_ZONE_H
#define DAYBOOK_LEDGER_BASE_ZONE_H

#include "ledger/base/calendar.h"

struct zones; /* all that ICU knows, read when the first is asked for; may be used by several threads */
struct zone;  /* one of them; lives as long as they do */

struct zones *zones_new(void);
void zones_free(struct zones *z); /* accepts NULL */

/* The zone of that name, in whatever case; links as 'Pacific/Samoa' are names like others. *out is NULL for
 * UTC. ERR_INVALID for what is no name of IANA's: offsets as 'GMT+5', and abbreviations that only ICU has. */
enum err zone_find(const struct zone **out, struct zones *z, struct str name, struct error *e) MUST_USE;
/* The name in IANA's spelling; it is not exchanged for the one that it is a link to. "UTC" for NULL. */
struct str zone_name(const struct zone *zone);

/* The date on which the instant falls there. */
struct date zone_date(const struct zone *zone, struct instant t);
/* What the clocks there show, in seconds since 00:00: 0 to 86399, on days of 23 or 25 hours too. */
int32_t zone_second_of_day(const struct zone *zone, struct instant t);
/* The first instant there whose date is `d` or a later one. That is midnight, but where the clocks leap over
 * it; and for a day that was left out, as 2011-12-30 in Pacific/Apia, the beginning of the next. */
struct instant zone_day_start(const struct zone *zone, struct date d);

/* Of the data that ICU has loaded, "2025b"; "" when it has none. */
struct str zones_data_version(struct arena *a);

#endif
