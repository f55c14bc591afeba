#!/bin/bash
# SPDX-License-Identifier: MIT
# test_format.sh - a ledger made by the program is verified by a stranger who knows ledger/FORMAT.md only (verify_format.py),
# without key and with it, to the same size, root, epochs and events that the program tells. A changed byte anywhere is found.
set -u
daybook=${DAYBOOK:?}
here=tests/interop
for tool in mdb_dump mdb_load; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool (Debian: lmdb-utils)" && exit 77; }
done
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import cryptography' 2>/dev/null && break
done
[ "$python" != none ] || { echo "SKIP: there is no module cryptography (Debian: python3-cryptography)" && exit 77; }
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$work/$1" --key-file "$work/key" --now "$2" "${@:3}"; }
must() { at ledger "$@" >/dev/null || fail "daybook --now $*"; }
verify() { "$python" $here/verify_format.py "$@"; }
member() { "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"; }

verify --example ledger/FORMAT.md || fail "the worked example does not verify"

# Every command opens the ledger anew, so nearly each begins a key epoch.
must 2025-01-01 init
must 2025-01-01 customer create ann --name "Ann Example" --email ann@example.com --country IE
must 2025-01-02 subscription create ann --tier pro --payment-method pm_card_visa
must 2025-01-03 --idempotency-key "key of a command" subscription create bob --tier basic --payment-method pm_card_chargeDeclined
must 2025-01-05 usage record ann api_calls 12000 --event-id e1
must 2025-01-06 subscription update ann --tier basic
head -n 61 fixtures/customers.csv >"$work/customers.csv"
must 2025-02-10 import customers "$work/customers.csv"
# The master key is replaced, twice: what the older ones sealed, the newest opens.
cp -p "$work/key" "$work/first_key"
must 2025-02-10 key rotate
must 2025-02-10 run --through 2025-02-10 --out "$work/out" --no-pdf
must 2025-02-10 key rotate
must 2025-02-10 customer create last --name "Last One" --email last@example.com
at ledger 2025-02-11 --json audit verify >"$work/said" || fail "audit verify"
at ledger 2025-02-11 --json audit verify --without-key >"$work/said_without" || fail "audit verify --without-key"
at ledger 2025-02-11 --json stats >"$work/stats" || fail "stats"
mdb_dump -a "$work/ledger/log" >"$work/dump" || fail "mdb_dump"

size=$(member "$work/said" records)
root=$(member "$work/said" root)
verify "$work/dump" --size "$size" --root "$root" --json >"$work/without" || fail "it does not verify without key"
verify "$work/dump" --size "$size" --root "$root" --json --key-file "$work/key" >"$work/with" ||
    fail "it does not verify with the key"
mdb_dump -s records "$work/ledger/log" | verify --root "$root" >/dev/null || fail "the records alone do not verify"
"$python" - "$work" <<'P' || fail "the program and the stranger do not say the same"
import json, sys
said, said_without, stats, without, found = (
    json.load(open(f"{sys.argv[1]}/{name}")) for name in ("said", "said_without", "stats", "without", "with"))
pairs = []
for told in (said, said_without, stats):
    for one in (without, found):
        pairs += [("records", told["records"], one["size"]), ("root", told["root"], one["root"]),
                  ("last leaf", told["last_leaf"], one["last_leaf"]), ("origin", told["origin"], one["origin"])]
pairs += [("keys", 2, found["classes"]["4"]), ("epochs", said["epochs"], found["epochs"]), ("epochs", said_without["epochs"], found["epochs"]),
          ("epoch", stats["epoch"], found["epochs"]), ("bytes", said["bytes"], found["bytes"]),
          ("commands", said["commands"], found["classes"]["3"]), ("commands", said["commands"], found["opened"]),
          ("events", said["events"], found["events"])]
different = [pair for pair in pairs if pair[1] != pair[2]]
for pair in different:
    print("FAIL:", *pair)
sys.exit(bool(different) or found["epochs"] < 5 or not found["head_row"])
P

verify "$work/dump" --key-file "$work/first_key" >/dev/null 2>"$work/refused"
[ $? = 2 ] || fail "a key that was replaced is not refused: $(cat "$work/refused")"
head -c 64 /dev/zero | tr '\0' 5 >"$work/other_key"
verify "$work/dump" --key-file "$work/other_key" >/dev/null 2>"$work/refused"
[ $? = 2 ] || fail "another key is not refused: $(cat "$work/refused")"

# The chain alone finds a change of any record but the last, a record that is missing, doubled or moved; the root finds the rest.
"$python" - "$work/dump" "$root" $here <<'P' || fail "a change was not found"
import sys
sys.path.insert(0, sys.argv[3])
from verify_format import Broken, Incomplete, Ledger, databases
with open(sys.argv[1], encoding="ascii") as dump:
    records = [value for name, _, value in databases(dump) if name == "records"]
tried = 0

def found_at(changed):
    """The first record that is refused, "root" if all are taken and the root is another, None if that is the same."""
    ledger = Ledger()
    try:
        for record in changed:
            ledger.add(record)
    except (Broken, Incomplete):
        return ledger.size
    return None if ledger.tree.root().hex() == sys.argv[2] else "root"

def demand(name, changed, last):
    global tried
    tried += 1
    where = found_at(changed)
    if where is None or (where == "root" and not last):
        print("FAIL:", name, "is found by", where)
        sys.exit(1)

if found_at(records) is not None:
    sys.exit("FAIL: the ledger itself is not sound")
end = len(records) - 1
for seq in list(range(12)) + [end // 2, end]:
    record = records[seq]
    for at in range(seq % 11, len(record), 11):
        flipped = record[:at] + bytes([record[at] ^ (1 << at % 8)]) + record[at + 1 :]
        demand(f"byte {at} of record {seq}", records[:seq] + [flipped] + records[seq + 1 :], seq == end)
for seq in range(0, end, 5):
    demand(f"record {seq} missing", records[:seq] + records[seq + 1 :], False)
    demand(f"record {seq} twice", records[: seq + 1] + records[seq:], False)
    demand(f"record {seq} moved", records[:seq] + [records[seq + 1], records[seq]] + records[seq + 2 :], False)
demand("the last record missing", records[:-1], True)
print(f"{tried} changes found")
P

# One flipped digit in a copy of the dump, by the stranger and, loaded into LMDB again, by the program.
"$python" - "$work/dump" "$work/flipped" $((size / 2)) <<'P' || fail "cannot change the copy"
import sys
lines = open(sys.argv[1], encoding="ascii").read().split("\n")
row = lines.index("HEADER=END", lines.index("database=records")) + 2 + 2 * int(sys.argv[3])
place = 1 + 2 * 130
lines[row] = lines[row][:place] + ("0" if lines[row][place] != "0" else "1") + lines[row][place + 1 :]
open(sys.argv[2], "w", encoding="ascii").write("\n".join(lines))
P
verify "$work/flipped" 2>"$work/why" && fail "the stranger does not find the change"
grep -q "record $((size / 2 + 1)):" "$work/why" || fail "another record is named: $(cat "$work/why")"
verify "$work/flipped" --key-file "$work/key" 2>"$work/why" && fail "the stranger with the key does not find the change"
grep -q "record $((size / 2)):" "$work/why" || fail "with the key another record is named: $(cat "$work/why")"
mkdir -p "$work/copy/log"
mdb_load -f "$work/flipped" "$work/copy/log" 2>/dev/null || fail "mdb_load"
at copy 2025-02-11 audit verify --without-key >"$work/why" 2>&1 && fail "the program does not find the change"
grep -q "record $((size / 2))" "$work/why" || fail "the program names another record: $(cat "$work/why")"
echo "ok: $size records, $(member "$work/said" epochs) key epochs, $(member "$work/said" events) events"
