#!/bin/bash
# SPDX-License-Identifier: MIT
# layers.sh - one door a room, and arrows one way: a file includes headers of its own room and doors of the rooms below.
#
#   billing > importers, reports > projections > ledger > book > store > base       (importers and reports are apart)
#
# A table (.def) of a room below may be read too: tables are made to have many users. Tests may look inside every room, and are not read here.
set -u
bad=$(find ledger projections reports importers billing -name '*.[ch]' | sort | xargs -r awk '
function room_of(path) {
    if (path ~ /^ledger\/(base|store|book)(\.h$|\/)/) { sub(/^ledger\//, "", path); sub(/[.\/].*/, "", path); return path }
    sub(/\/.*/, "", path)
    return path in level ? path : ""
}
BEGIN {
    level["base"] = 0; level["store"] = 1; level["book"] = 2; level["ledger"] = 3
    level["projections"] = 4; level["reports"] = 5; level["importers"] = 5; level["billing"] = 6
    door["ledger/base.h"]; door["ledger/store.h"]; door["ledger/book.h"]; door["ledger/ledger.h"]
    door["projections/projections.h"]; door["reports/reports.h"]; door["importers/importers.h"]
}
match($0, /^[ \t]*#[ \t]*include[ \t]*"[^"]*"/) {
    target = substr($0, RSTART, RLENGTH)
    sub(/^[^"]*"/, "", target); sub(/"$/, "", target)
    here = room_of(FILENAME); there = room_of(target)
    if (here == there && there != "") next
    if (there != "" && (target in door || target ~ /\.def$/) && level[there] < level[here]) next
    print FILENAME ": may not include " target
}')
[ -z "$bad" ] && exit 0
echo "$bad"
exit 1
