#!/bin/bash
# SPDX-License-Identifier: MIT
# run.sh - all benchmarks, each beside its floor or peer, in one sitting on one disk; then a table with the ratios. Prints `name value unit`
# lines. BENCH_ROUNDS and BENCH_COUNT scale them. Nothing here gates anything.
set -u
results=$(mktemp) || exit 1
trap 'rm -rf "$results" "$BENCH_DIR"' EXIT
export BENCH_DIR=${BENCH_DIR:-$O/bench-data}
mkdir -p "$BENCH_DIR"
echo "# $(uname -srm), $(nproc) processors, $(date -u +%Y-%m-%d); load $(cut -d' ' -f1 /proc/loadavg)"
for program in bench_log bench_sqlite bench_sqlcipher bench_run bench_rules bench_entitlement bench_pdf; do
    [ -x "$O/bench/$program" ] && "$O/bench/$program" | tee -a "$results"
done
bash tests/bench/collect.sh | tee -a "$results"
bash tests/bench/reports.sh | tee -a "$results"
for python in python3 /usr/bin/python3; do "$python" -c 'import cryptography' 2>/dev/null && break; done
PYTHONDONTWRITEBYTECODE=1 "$python" tests/bench/verify_archive.py "$O/daybook-verify" "$O/bench/bench_pack" "$BENCH_DIR/archive" | tee -a "$results"
awk -v cores="$(nproc)" '
    { value[$1] = $2 }
    function row(text, a, b, what) {
        if (a in value && b in value && value[b] > 0) printf "%-46s %12d  %5.2f x %s\n", text, value[a], value[a] / value[b], what
        else if (a in value) printf "%-46s %12d\n", text, value[a]
    }
    END {
        print "\n# ours, and the ratio to a floor or peer of the same sitting"
        row("single durable append, events/s", "append_batch_1", "floor_lmdb_batch_1", "bare LMDB")
        row("append in batches of 100, events/s", "append_batch_100", "floor_lmdb_batch_100", "bare LMDB")
        row("append in batches of 1000, events/s", "append_batch_1000", "floor_lmdb_batch_1000", "bare LMDB")
        row("the same", "append_batch_1000", "peer_sqlite_wal_full_batch_1000", "SQLite WAL FULL")
        row("the same", "append_batch_1000", "peer_sqlcipher_wal_full_batch_1000", "SQLCipher WAL FULL")
        row("the same, pipelined", "append_batch_1000_pipelined", "peer_sqlcipher_wal_full_batch_1000", "SQLCipher WAL FULL")
        row("verify without key, one core, records/s", "verify_chain_without_key_one_core", "floor_sha256_of_records", "their SHA-256 by OpenSSL, one core")
        row("the same, all cores", "verify_chain_without_key", "verify_chain_without_key_one_core", "one core")
        row("verify an archive, one thread, records/s", "verify_archive_packed_1", "floor_sha256_of_the_bytes", "SHA-256 of its bytes, once")
        row("the same, all cores", "verify_archive_packed_" cores, "verify_archive_packed_1", "one thread")
        row("one packed whole, one thread", "verify_archive_level6_1", "floor_inflate_level6", "unpacking alone")
        row("one that is only stored, one thread", "verify_archive_stored_1", "floor_sha256_of_the_bytes", "SHA-256 of its bytes, once")
        row("the memory that it takes, KiB", "verify_archive_memory", "", "")
        row("read and decrypt, records/s", "read_and_decrypt", "floor_gcm_open_of_records", "their AES-256-GCM alone")
        row("usage import, readings/s", "usage_import", "peer_sqlite_wal_full_usage_import", "SQLite WAL FULL, in clear")
        row("nightly run without PDF, subscriptions/s", "nightly_run_without_pdf", "append_batch_1000", "one append a subscription")
        row("a night with all rules in use, subscriptions/s", "nightly_run_all_rules", "nightly_run_plain", "the same in plain")
        row("rebuild of all views, events/s", "rebuild_views", "read_and_decrypt", "reading and decrypting alone")
        row("collection from a Stripe 20 ms away, charges/s", "collect_charges", "floor_curl_requests", "curl with as many at once")
        row("the memory that it takes, KiB", "collect_memory", "", "")
        row("invoice PDF, documents/s and core", "invoice_pdf", "floor_libharu_plain", "bare libharu page")
        row("the same with the e-invoice attached", "invoice_pdf_with_xml", "floor_libharu_plain", "bare libharu page")
        row("its bytes", "invoice_pdf_with_xml_bytes", "", "")
        row("the e-invoice alone, documents/s and core", "invoice_xml", "", "")
        row("transactions in the books", "trial_balance_transactions", "", "")
        row("trial balance from the projection, us", "trial_balance_from_projection", "peer_sqlite_group_by", "SQLite, group-by in clear")
        row("the same from the log", "trial_balance_from_log", "peer_sqlite_group_by", "SQLite, group-by in clear")
        row("the journal in order, transactions/s", "journal_in_order", "", "")
        row("invoices.csv, ms", "report_invoices", "report_invoices_first_month", "a tenth of it")
        row("the memory that it takes, KiB", "report_invoices_memory", "report_invoices_first_month_memory", "a tenth of it")
        row("journal.csv, ms", "report_journal", "report_journal_first_month", "a tenth of it")
        row("the memory that it takes, KiB", "report_journal_memory", "report_journal_first_month_memory", "a tenth of it")
        row("what the aging takes, KiB", "report_ar_aging_memory", "report_ar_aging_first_month_memory", "a tenth of it")
        row("what the statements take, KiB", "report_statement_memory", "report_statement_first_month_memory", "a tenth of it")
        row("what recurring revenue takes, KiB", "report_mrr_movements_memory", "report_mrr_movements_first_month_memory", "a tenth of it")
    }' "$results"
