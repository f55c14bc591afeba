#!/bin/bash
# SPDX-License-Identifier: MIT
# test_fiscal.sh - the chain of documents for Spain's tax agency in the hands of strangers: a nightly run is killed again and again, and
# finished; documents are credited and voided; then xmllint holds the delivery against a schema, and verifactu_chain.py computes the chain
# once more, with hashlib, and finds each document of the registers in it once. The code on each document is read by zbarimg.
set -u
daybook=$(realpath "${DAYBOOK:?}")
here=$(realpath tests/interop)
for tool in python3 xmllint pdftoppm zbarimg; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
cd "$work" || exit 1
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now "$@"; }
must() { at "$@" >said 2>&1 || fail "daybook --now $*: $(cat said)"; }
denies() { if at "$@" >said 2>&1; then fail "accepted: $*"; fi; }

# ---- customers at home and abroad, with and without tax numbers ----

python3 - <<'P' || fail "no catalog"
import json
rates = {"ES": "21", "FR": "20", "DE": "19"}
taxes = [{"code": c.lower(), "name": "IVA", "country": c, "percent": p, "reverse_charge": True} for c, p in rates.items()]
taxes.append({"code": "us", "name": "IVA", "country": "US", "percent": "0", "category": "G"})
taxes.append({"code": "es-books", "name": "IVA", "country": "ES", "percent": "4", "product_code": "books"})
products = [{"code": "plan", "name": "Plan", "rank": 1, "prices": [{"currency": c, "interval": "month", "amount": "33.33"} for c in ("EUR", "USD")]},
            {"code": "libros", "name": "Libros & más", "rank": 2, "tax_code": "books",
             "prices": [{"currency": c, "interval": "month", "amount": "9.99"} for c in ("EUR", "USD")]}]
json.dump({"name": "Spain", "taxes": taxes, "products": products}, open("catalog.json", "w"))
kinds = [("ES", "A58818501", "EUR"), ("ES", None, "EUR"), ("DE", "DE136695976", "EUR"), ("FR", None, "EUR"), ("US", None, "USD"),
         ("US", "12-3456789", "EUR")]
with open("commands.jsonl", "w") as out:
    for i in range(200): # seven commits of a run
        country, tax_id, currency = kinds[i % len(kinds)]
        party = {"name": f"Cliente n.º {i} <ñ&> S.L.", "country": country}
        if tax_id:
            party["tax_id"] = tax_id
        print(json.dumps({"command": "customer.create", "user": f"u{i}", "currency": currency, "party": party}), file=out)
        print(json.dumps({"command": "subscription.create", "user": f"u{i}", "tier": "libros" if i % 5 == 0 else "plan", "start": "2025-07-01",
                          "payment_method": "pm_card_chargeDeclined" if i in (1, 7, 8) else "pm_card_visa"}), file=out)
P
must 2025-06-30 init --catalog catalog.json
must 2025-06-30 seller set --name 'Ejemplo & Hijos S.L.' --street 'Calle Mayor 1' --city Madrid --postal-code 28013 --country ES \
    --timezone Europe/Madrid --tax-currency EUR
denies 2025-06-30 seller set --fiscal-chain verifactu
grep -q 'Spanish tax number' said || fail "a chain without a tax number: $(cat said)"
must 2025-06-30 seller set --tax-id B58378431
must 2025-06-30 exchange-rate set USD EUR 0.8532 --on 2025-06-30 --source ECB
must 2025-06-30 exchange-rate set USD EUR 0.8741 --on 2025-07-31 --source ECB
must 2025-06-30 import commands commands.jsonl
[ -s commands.jsonl.rejects.csv ] && fail "commands: $(head -n 3 commands.jsonl.rejects.csv)"
must 2025-06-30 invoice one-off u0 --description 'Antes de la cadena' --amount 10 # stands in no chain
denies 2025-06-30 report fiscal_chain --format verifactu -o none.xml
must 2025-07-01 seller set --fiscal-chain verifactu --fiscal-service test
must 2025-07-01 report invoices -o before.csv

# ---- a night that is killed in its n-th write, and so are documents one by one ----

records() { at 2025-07-02 report fiscal_chain --format csv | tail -n +2 | wc -l; }
# killed N ARGUMENT… - where there is no strace(1), soon after it began
killed() {
    if command -v strace >/dev/null; then
        at() { strace -f -qq -e trace=pwrite64,pwritev,fdatasync -e inject=pwrite64,pwritev,fdatasync:signal=KILL:when="$n" \
            "$daybook" --dir "$work/ledger" --key-file "$work/key" --now "$@"; }
    else
        at() { timeout -s KILL 0.0"$n" "$daybook" --dir "$work/ledger" --key-file "$work/key" --now "$@"; }
    fi
    n=$1
    (at "${@:2}") >/dev/null 2>&1
    at() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now "$@"; }
}
for write in 10 15 20 25 30 35 40; do
    killed $write 2025-07-01T00:30:00Z run --through 2025-07-01 --out out --jobs 1
    must 2025-07-01T00:30:00Z audit verify
done
must 2025-07-01T00:30:00Z run --through 2025-07-01 --out out
must 2025-07-01T00:30:00Z run --through 2025-07-01 --out again
diff -r out again >/dev/null || fail "the same night gives other files"
[ "$(records)" = 200 ] || fail "$(records) records of 200 documents"

written=0 unwritten=0
for write in {1..16}; do
    before=$(records)
    order=(2025-07-02 --idempotency-key "one-$write" invoice one-off "u$write" --description 'Horas' --amount 50)
    killed "$write" "${order[@]}"
    if [ "$(records)" = "$before" ]; then unwritten=$((unwritten + 1)); else written=$((written + 1)); fi
    must "${order[@]}"
    [ "$(records)" = $((before + 1)) ] || fail "$(records) records where $((before + 1)) were due, killed in write $write"
done
must 2025-07-02 audit verify

# ---- what happens to documents ----

must 2025-07-15T21:59:59Z invoice void INV-2025-000003 --reason 'emitida por error'
for n in 2 4 5 6 7; do
    must 2025-07-15T22:00:00Z invoice credit INV-2025-00000$n --amount 5 --reason 'descuento acordado'
done
must 2025-07-20T10:00:00Z invoice void INV-2025-000009 --reason 'emitida por error'
denies 2025-07-20T10:00:00Z invoice void INV-2025-000009 --reason again
for n in 11 12; do must 2025-07-20T10:00:00Z invoice one-off u$n --description 'Horas de julio' --amount 120.55; done
must 2025-07-31T22:30:00Z run --through 2025-08-01 --out out2 --no-pdf
must 2025-08-02 audit verify

# ---- in the hands of strangers ----

must 2025-08-02 report fiscal_chain --format verifactu -o chain.xml
must 2025-08-02 report fiscal_chain -o chain.csv
must 2025-08-02 report invoices -o after.csv
grep -v 'INV-2025-000001,' after.csv >chained.csv # the one that stands in no chain
grep -q 'INV-2025-000001,' chain.csv && fail "a document of before the chain is in it"
xmllint --noout --schema "$here/verifactu_lr.xsd" chain.xml 2>said || fail "the schema: $(cat said)"
python3 "$here/verifactu_chain.py" chain.xml chained.csv >told 2>&1 || fail "the chain: $(tail -n 3 told)"
cat told
for word in F1 F2 R1 R5 S1 N2 E2; do grep -qw $word told || fail "no document of kind $word"; done
grep -q '2025-07-15T23:59:59+02:00' chain.xml || fail "the time of an annulment is not that of Madrid"
[ "$(grep -c '"issue"\|,issue,\|,annulment,' chain.csv)" = "$(($(wc -l <chain.csv) - 1))" ] || fail "chain.csv"

# The days that are asked for, and the link to the day before.
must 2025-08-02 report fiscal_chain --format verifactu --from 2025-07-16 --to 2025-07-31 -o part.xml
xmllint --noout --schema "$here/verifactu_lr.xsd" part.xml 2>said || fail "the schema, of part: $(cat said)"
grep -q PrimerRegistro part.xml && fail "the first record of a part is taken for the first of all"
if python3 "$here/verifactu_chain.py" part.xml chained.csv >said 2>&1; then fail "a part is taken for the whole"; fi

# A changed one is found.
sed 's/<sf:ImporteTotal>\([0-9]\)/<sf:ImporteTotal>9\1/' chain.xml >changed.xml
if python3 "$here/verifactu_chain.py" changed.xml chained.csv >said 2>&1; then fail "a changed amount is not found"; fi

# ---- on paper ----

read_codes() { pdftoppm -r 200 -gray -png -f 1 -l 1 "$1" page && zbarimg -q --raw --nodbus -Sdisable -Sqrcode.enable page*.png 2>/dev/null; rm -f page*.png; }
seen=0
for pdf in out/pdf/INV-2025-00000[2-5].pdf; do
    number=${pdf##*/} && number=${number%.pdf}
    total=$(python3 -c 'import csv, sys; print(next(r["total"] for r in csv.DictReader(open("chain.csv")) if r["document_number"] == sys.argv[1]))' "$number")
    url="https://prewww2.aeat.es/wlpl/TIKE-CONT/ValidarQR?nif=B58378431&numserie=$number&fecha=01-07-2025&importe=$total"
    read_codes "$pdf" | grep -qxF "$url" || fail "$pdf: its code is not $url: $(read_codes "$pdf")"
    pdftotext -layout "$pdf" text
    for words in 'QR tributario:' 'VERI*FACTU' 'Factura verificable en la sede electrónica de la AEAT'; do
        grep -qF "$words" text || fail "$pdf: '$words' is missing"
    done
    must 2025-08-02 invoice pdf "$number" -o again.pdf
    cmp -s "$pdf" again.pdf || fail "$pdf: drawn again it is another file"
    seen=$((seen + 1))
done
[ $seen = 4 ] || fail "$seen of 4 documents looked at"
must 2025-08-02 invoice pdf INV-2025-000001 -o first.pdf
pdftotext first.pdf text && grep -q 'QR tributario' text && fail "a document of before the chain has its code"

# ---- the chain ends when the seller says so; a void still follows what was recorded ----

must 2025-08-03 seller set --fiscal-chain none
must 2025-08-03 invoice one-off u1 --description 'Después' --amount 10
must 2025-08-03 invoice void INV-2025-000010 --reason 'emitida por error'
must 2025-08-03 audit verify
must 2025-08-03 report fiscal_chain -o end.csv
[ "$(($(wc -l <end.csv) - $(wc -l <chain.csv)))" = 1 ] || fail "after the chain's end: $(tail -n 2 end.csv)"
echo "ok: of 16 documents that were killed $written were there with their record, $unwritten not at all"
