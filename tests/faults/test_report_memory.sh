#!/bin/bash
# SPDX-License-Identifier: MIT
# test_report_memory.sh - reports of many rows are written with 20 MB of memory of their own, in each format; the longest file alone
# is larger than that. Those that keep something of each customer may have 200 bytes of them more. LONG=1: a million rows.
set -u
daybook=$(realpath "${DAYBOOK:?}") here=$(cd "$(dirname "$0")/../.." && pwd)
customers=15000 limit=20000 # kB; what is mapped of the ledger's files is the system's
[ -n "${LONG:-}" ] && customers=125000
work=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")") || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0 good=0
unset DAYBOOK_DIR DAYBOOK_TOKEN_FILE DAYBOOK_KEY_FILE

{
    echo user_id,name,tier,payment_method
    seq "$customers" | sed 's/.*/u&,Customer number &,basic,pm_card_visa/'
} >customers.csv
"$daybook" init d --catalog "$here/fixtures/catalog.json" --now 2025-01-01 --quiet &&
    "$daybook" --dir d --now 2025-01-02 import customers customers.csv --quiet &&
    "$daybook" --dir d --now 2025-02-02 run --through 2025-02-01 --out out --no-pdf --quiet || exit 1

# streams REPORT FORM ROWS [BYTES] - the report is written within the limit, and so many bytes a customer, and has at least so many
# lines (of a workbook nobody counts them).
streams() {
    local file=r.$2 lines may=$((limit + ${4:-0} * customers / 1024))
    if ! (ulimit -d $may && exec "$daybook" --dir d --now 2025-02-02 report "$1" -o "$file") >/dev/null 2>said; then
        echo "FAIL: $1 as $2: $(cat said)"
        bad=$((bad + 1))
        return
    fi
    lines=$(wc -l <"$file")
    if [ "$2" != xlsx ] && [ "$lines" -lt "$3" ]; then
        echo "FAIL: $1 as $2 has $lines lines, wanted $3"
        bad=$((bad + 1))
    else
        good=$((good + 1))
    fi
}

# Each customer has one document, paid once, which four postings tell; and eight events.
for report in invoices invoice_lines transactions deferred_schedule cash; do streams $report csv "$customers"; done
streams journal csv $((4 * customers))
for report in trial_balance tax payouts usage wallet batch_control number_gaps; do streams $report csv 1; done
streams mrr_detail csv "$customers" 200
for report in mrr_movements ar_aging; do streams $report csv 1 200; done
for form in csv json xlsx; do streams audit_trail $form $((8 * customers)); done
if [ "$(stat -c %s r.csv)" -le $((1024 * limit)) ]; then
    echo "FAIL: the longest file would fit into the limit"
    bad=$((bad + 1))
fi
echo "$good passed, $bad failed, 0 skipped"
[ $bad = 0 ]
