/* SPDX-License-Identifier: MIT */
/* out_folder.h - the folder that a run's files go to. One run at a time writes there; what a killed one left
 * half-written is removed by the next; run.json stands there only when everything that it lists is there and
 * synced. */
#ifndef DAYBOOK_REPORTS_OUT_FOLDER_H
#define DAYBOOK_REPORTS_OUT_FOLDER_H

#include "ledger/base.h"

struct out_folder {
    const char *path, *pdf; /* pdf: its folder of documents */
    int fd;                 /* locked; -1: not open */
};

/* Makes and locks it. ERR_REFUSED when another run is writing there. */
enum err out_folder_open(struct out_folder *out, const char *path, bool with_pdf, struct arena *a,
                         struct error *e) MUST_USE;
const char *out_folder_file(const struct out_folder *f, const char *name, struct arena *a);
/* From here on the files are no longer those of the last manifest: it is removed. */
enum err out_folder_begin_files(const struct out_folder *f, struct arena *a, struct error *e) MUST_USE;
/* Everything written so far is on disk, names too. */
enum err out_folder_sync(const struct out_folder *f, struct error *e) MUST_USE;
void out_folder_close(struct out_folder *f); /* accepts one that is not open */

#endif
