#!/bin/bash
# SPDX-License-Identifier: MIT
# test_saft.sh - the signatures that Portugal's tax office wants of documents, in the hands of strangers: openssl(1) checks each one by
# the public key, saft_chain.py holds the audit file against itself and the register, zbarimg reads the code on the page.
set -u
daybook=$(realpath "${DAYBOOK:?}")
here=$(realpath tests/interop)
for tool in python3 openssl xmllint pdftoppm zbarimg; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE DAYBOOK_FISCAL_KEY
cd "$work" || exit 1
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now "$@"; }
must() { at "$@" >said 2>&1 || fail "daybook --now $*: $(cat said)"; }
# denies WORDS ARGUMENT… - refused, and the sentence has these words
denies() {
    if at "${@:2}" >said 2>&1; then fail "accepted: ${*:2}"; fi
    grep -qF "$1" said || fail "'$1' is not said: $(cat said)"
}

new_key() {
    openssl genrsa -out "$1" "$2" 2>said || fail "no key: $(cat said)"
    chmod 600 "$1"
    openssl rsa -in "$1" -pubout -out "$1.pub" 2>said || fail "no public key: $(cat said)"
}
new_key sign.pem 1024
new_key other.pem 2048
python3 - <<'P' || fail "no catalog"
import json
taxes = [{"code": "pt", "name": "IVA", "country": "PT", "percent": "23"}, {"code": "pt-r", "name": "IVA", "country": "PT", "percent": "6", "product_code": "books"},
         {"code": "mad", "name": "IVA", "country": "PT", "region": "30", "percent": "22"},
         {"code": "fr", "name": "TVA", "country": "FR", "percent": "20", "reverse_charge": True}, {"code": "us", "name": "IVA", "country": "US", "percent": "0", "category": "G"}]
price = [{"currency": "EUR", "interval": "month", "amount": "33.33"}]
json.dump({"name": "Portugal", "taxes": taxes, "products": [{"code": "plano", "name": "Plano", "rank": 1, "prices": price},
           {"code": "livros", "name": "Livros & mais", "rank": 2, "tax_code": "books", "prices": price}]}, open("catalog.json", "w"))
kinds = [("PT", "501964843", None), ("PT", None, None), ("PT", None, "30"), ("FR", None, None), ("FR", "FR40303265045", None), ("US", None, None)]
with open("commands.jsonl", "w") as out:
    for i in range(30):
        country, tax_id, region = kinds[i % len(kinds)]
        party = {"name": f"Cliente {i} <ç&>", "country": country}
        party.update({"tax_id": tax_id} if tax_id else {}, **({"region": region} if region else {}))
        print(json.dumps({"command": "customer.create", "user": f"u{i}", "currency": "EUR", "party": party}), file=out)
        print(json.dumps({"command": "subscription.create", "user": f"u{i}", "tier": "livros" if i % 4 == 0 else "plano", "start": "2025-07-01",
                          "payment_method": "pm_card_chargeDeclined" if i in (1, 7) else "pm_card_visa"}), file=out)
P
must 2025-06-30 init --catalog catalog.json
must 2025-06-30 seller set --name 'Exemplo & Filhos Lda' --street 'Rua 1' --city Lisboa --postal-code 1000-001 --country PT --timezone Europe/Lisbon --tax-id 501964843
denies 'program-certificate' 2025-06-30 seller set --fiscal-chain saft-pt
denies 'no public RSA key' 2025-06-30 seller set --fiscal-public-key commands.jsonl
denies 'series_codes' 2025-06-30 seller set --series-codes INV-2025
must 2025-06-30 seller set --fiscal-chain saft-pt --program-certificate 9999 --fiscal-public-key sign.pem.pub --series-codes INV-2025=AAJFF7VG
must 2025-06-30 import commands commands.jsonl

# ---- no document without its signature ----

denies 'must be signed' 2025-06-30 invoice one-off u0 --description Horas --amount 10
denies 'not the private key of the seller' 2025-06-30 --fiscal-key other.pem invoice one-off u0 --description Horas --amount 10
install -m 600 sign.pem.pub public.pem
denies 'no private RSA key' 2025-06-30 --fiscal-key public.pem invoice one-off u0 --description Horas --amount 10
chmod 644 sign.pem
denies 'sign.pem' 2025-06-30 --fiscal-key sign.pem invoice one-off u0 --description Horas --amount 10
chmod 600 sign.pem
must 2025-06-30 report invoices -o none.csv
[ "$(wc -l <none.csv)" = 1 ] || fail "a refused document is there: $(cat none.csv)"

export DAYBOOK_FISCAL_KEY=$work/sign.pem
must 2025-07-01T00:30:00Z run --through 2025-07-01 --out out
denies 'series CN-2025 has no validation code' 2025-07-05 invoice credit INV-2025-000001 --amount 5 --reason 'desconto acordado'
must 2025-07-05 seller set --series-codes INV-2025=AAJFF7VG,CN-2025=AAJFF7VH
for n in 1 3 4 5 6; do must 2025-07-15T22:00:00Z invoice credit INV-2025-00000$n --amount 5 --reason 'desconto acordado'; done
# Two documents of one decision, one of them in another currency: each is signed with the signature before it.
must 2025-07-15T22:00:00Z seller set --tax-currency EUR
must 2025-07-15T22:00:00Z exchange-rate set USD EUR 0.5 --on 2025-07-15 --source BCE
must 2025-07-15T22:00:00Z invoice add-item u6 --description Horas --amount 20 --currency EUR
must 2025-07-15T22:00:00Z invoice add-item u6 --description Horas --amount 20 --currency USD
must 2025-07-15T22:00:00Z invoice generate u6
[ "$(at 2025-07-16 report invoices | grep -c '2025-07-15.*,20.00,')" = 2 ] || fail "two documents of one decision: $(at 2025-07-16 report invoices | tail -n 3)"
must 2025-07-16 invoice void INV-2025-000002 --reason 'emitida por engano'
must 2025-07-31T23:30:00Z run --through 2025-08-01 --out out2
must 2025-08-02 audit verify

must 2025-08-02 report invoices -o register.csv
must 2025-08-02 report fiscal_chain --format saft-pt -o saft.xml
xmllint --noout saft.xml 2>said || fail "no XML: $(cat said)"
python3 "$here/saft_chain.py" saft.xml sign.pem.pub register.csv >told 2>&1 || fail "the audit file: $(tail -n 3 told)"
cat told
for code in NOR RED ISE OUT; do grep -qw $code told || fail "no line with $code"; done
for change in 's/<GrossTotal>\([0-9]\)/<GrossTotal>9\1/' 's/<SystemEntryDate>\(.\{17\}\)00/<SystemEntryDate>\101/' 's/<Hash>./<Hash>A/'; do
    sed "$change" saft.xml >changed.xml
    cmp -s saft.xml changed.xml && fail "nothing to change: $change"
    if python3 "$here/saft_chain.py" changed.xml sign.pem.pub register.csv >said 2>&1; then fail "not found: $change"; fi
done
if python3 "$here/saft_chain.py" saft.xml other.pem.pub register.csv >said 2>&1; then fail "another key's signatures"; fi

# ---- on paper ----

for n in 1 3 4 5; do
    number=INV-2025-00000$n
    pdf=out/pdf/$number.pdf
    pdftoppm -r 200 -gray -png -f 1 -l 1 "$pdf" page
    zbarimg -q --raw --nodbus -Sdisable -Sqrcode.enable page*.png >codes 2>/dev/null
    rm -f page*.png
    hash=$(sed "s/.*<InvoiceNo>FT INV-2025\/$n<.\{0,400\}<Hash>\([^<]*\)<.*/\1/" saft.xml | tail -n 1)
    mark=${hash:0:1}${hash:10:1}${hash:20:1}${hash:30:1}
    grep -q "^A:501964843\*B:[0-9A-Z]*\*C:..\*D:FT\*E:N\*F:20250701\*G:FT INV-2025/$n\*H:AAJFF7VG-$n\*I1:.*\*Q:$mark\*R:9999\$" codes || fail "$pdf: $mark, $(cat codes)"
    pdftotext -layout "$pdf" text
    for words in "ATCUD:AAJFF7VG-$n" "$mark-Processado por programa certificado n.º 9999/AT" "Fatura FT INV-2025/$n"; do
        grep -qF -- "$words" text || fail "$pdf: '$words' is missing"
    done
    must 2025-08-02 invoice pdf "$number" -o again.pdf
    cmp -s "$pdf" again.pdf || fail "$pdf: drawn again it is another file"
done
echo "ok: no document without a signature, and none that openssl does not take"
