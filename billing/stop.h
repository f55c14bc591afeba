/* SPDX-License-Identifier: MIT */
/* stop.h - billing's own: a signal asks long work to end at a good place. The program is the only one that
 * listens; who uses the library has handlers of his own. */
#ifndef DAYBOOK_BILLING_STOP_H
#define DAYBOOK_BILLING_STOP_H

#include <stdbool.h>

/* From here on the first SIGTERM or SIGINT is noted and nothing more; a second one ends the program at once.
 */
void stop_listen(void);
bool stop_was_asked(void *unused);

#endif
