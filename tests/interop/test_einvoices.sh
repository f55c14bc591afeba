#!/bin/bash
# SPDX-License-Identifier: MIT
# test_einvoices.sh - every document that can be an e-invoice is one by the rules of CEN for EN 16931, in CII and in UBL, as Saxon-HE
# reads them: domestic, reverse charge, export, intra-Community, exempt, not subject to VAT, several rates, coupons, prices with tax
# inside, credit notes, credits inside an invoice, paid by credit, currencies without and with three decimals, hostile texts. The same
# CII is attached to the PDF as Factur-X. What cannot be one is refused by name. And the rules refuse what was changed.
set -u
daybook=${DAYBOOK:?}
rules=../shared/validators
[ -x $rules/check-en16931.sh ] || { echo "SKIP: there are no rules of EN 16931 at $rules" && exit 77; }
for tool in java xmllint python3 qpdf pdftotext pdfdetach; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }
done
[ -e /usr/share/java/Saxon-HE.jar ] || { echo "SKIP: there is no Saxon-HE" && exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
must() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now "$@" >"$work/said" 2>&1 || fail "daybook --now $*: $(cat "$work/said")"; }
refused() { # refused STATUS WORDS ARGUMENT...
    local status=$1 words=$2 got=0
    "$daybook" --dir "$work/ledger" --key-file "$work/key" --now "${@:3}" >"$work/said" 2>&1 || got=$?
    if [ "$got" = "$status" ] && grep -qF "$words" "$work/said"; then return; fi
    fail "status $got for ${*:3}: $(cat "$work/said")"
}

# The example tiers, with a tax of every category of the standard, and coupons.
python3 - fixtures/catalog.json "$work/catalog.json" <<'P' || fail "no catalog"
import json, sys
catalog = json.load(open(sys.argv[1], encoding="utf-8"))
for product in catalog["products"]:
    for price in product["prices"]:
        price["tax_inclusive"] = price["currency"] == "JPY"
tax = lambda code, country, percent, **more: {"code": code, "name": "VAT", "country": country, "percent": percent, **more}
catalog["taxes"] = [tax(c.lower(), c, p, reverse_charge=True)
                    for c, p in {"DE": "19", "FR": "20", "ES": "21", "AT": "20", "FI": "25.5", "IE": "23"}.items()]
catalog["taxes"] += [tax("de-book", "DE", "7", product_code="book"),
                     tax("de-school", "DE", "0", product_code="school", category="E", note="Exempt: § 4 Nr. 21 UStG."),
                     tax("de-zero", "DE", "0", product_code="zero", category="Z"),
                     tax("nl-goods", "NL", "0", category="K"), tax("us", "US", "0", category="G"),
                     tax("ch", "CH", "0", category="O"), tax("jp", "JP", "10"), tax("kw", "KW", "0", category="G"),
                     tax("gst", "CA", "5"), tax("qst", "CA", "9.975", region="QC")]
catalog["coupons"] = [{"code": "THIRD", "percent": "33.3", "duration": "forever"},
                      {"code": "FIVE", "amount": "5.55", "currency": "EUR", "duration": "forever"}]
json.dump(catalog, open(sys.argv[2], "w", encoding="utf-8"))
P
must 2025-01-01 init --catalog "$work/catalog.json"

# --- what is missing is named, one after the other
must 2025-01-01 customer create early --currency EUR
must 2025-01-01 invoice one-off early --description Consulting --amount 100
refused 1 'no seller is set (BG-4)' 2025-01-01 invoice xml INV-2025-000001 -o "$work/no.xml"
must 2025-01-01 seller set --name "Ledger & Söhne GmbH" --payment-terms 'Payable within 14 days.' --footer 'HRB 4711'
must 2025-01-01 invoice one-off early --description Consulting --amount 100
refused 1 "the seller's address is missing (BG-5)" 2025-01-01 invoice xml INV-2025-000002 -o "$work/no.xml"
must 2025-01-01 seller set --street 'Hauptstraße 1' --postal-code 10115 --city Berlin --country DE --tax-id DE136695976 --email billing@ledger.example \
    --iban 'DE89 3704 0044 0532 0130 00' --bic COBADEFFXXX --registration 'Amtsgericht Berlin, HRB 4711'
must 2025-01-01 invoice one-off early --description Consulting --amount 100
refused 1 "the customer's country is missing (BT-55)" 2025-01-01 invoice xml INV-2025-000003 -o "$work/no.xml"
must 2025-01-01 customer create nowhere --currency EUR --name Nowhere --country BR
must 2025-01-01 invoice one-off nowhere --description Consulting --amount 100
refused 1 'line 1: no tax of the catalog counts for it' 2025-01-01 invoice xml INV-2025-000004 -o "$work/no.xml"
must 2025-01-01 customer create fils --currency KWD --name 'Fils Co' --country KW
must 2025-01-01 invoice one-off fils --description Consulting --amount 1.234
refused 1 'an amount in KWD has three decimals' 2025-01-01 invoice xml INV-2025-000005 -o "$work/no.xml"
refused 3 'cii or ubl' 2025-01-01 invoice xml INV-2025-000005 --format html -o "$work/no.xml"
[ -e "$work/no.xml" ] && fail "a file of what was refused"
must 2025-01-01 invoice pdf INV-2025-000005 -o "$work/plain.pdf"
pdfdetach -list "$work/plain.pdf" | grep -q '^0 ' || fail "something is attached to what is no e-invoice"
$rules/check-pdfa.sh "$work/plain.pdf" >"$work/checked" || fail "without attachment: $(cat "$work/checked")"

# --- taxes in the seller's own currency
must 2025-01-01 seller set --tax-currency EUR
must 2025-01-01 exchange-rate set USD EUR 0.9624 --on 2025-01-01 --source ECB
must 2025-01-01 exchange-rate set JPY EUR 0.006129 --on 2025-01-01 --source ECB
must 2025-03-01 exchange-rate set USD EUR 0.9615 --on 2025-02-28 --source ECB

# --- one customer a case
buyer() { must 2025-01-01 customer create "$1" --currency "$2" --country "$3" --name "${4:-Customer $1}" --street 'Some Road 1' --city Town --postal-code 12345 "${@:5}"; }
bill() { must 2025-01-01 invoice one-off "$1" --description "${2:-Consulting}" --amount "${3:-1234.56}" "${@:4}"; }
item() { must 2025-01-01 invoice add-item "$1" --description "$2" --amount "$3" "${@:4}"; }
buyer domestic EUR DE 'Müller GmbH' --tax-id DE571179962; bill domestic
buyer charged EUR FR 'Dubois SARL' --locale fr-FR --tax-id FR90772708913; bill charged
buyer goods EUR NL 'Waren B.V.' --locale de-DE --tax-id NL004495445B01; bill goods
buyer export USD US 'Export Inc.' --region CA; bill export
buyer exempt EUR DE 'Hospital' --locale de-DE --tax-exempt yes --tax-exempt-reason VATEX-EU-132-1B; bill exempt
buyer exempt_by_words EUR DE 'Embassy' --locale de-DE --tax-exempt yes --tax-exempt-reason 'section 4 no. 7'; bill exempt_by_words
buyer outside EUR CH 'Alpen AG' --locale fr-CH --tax-id CHE116281710; bill outside
buyer mixed EUR DE; item mixed 'At the full rate' 99.99; item mixed Books 12.34 --tax-code book; item mixed Courses 50 --tax-code school
item mixed Zero 7 --tax-code zero; item mixed 'Back' -10.01 --tax-code book; must 2025-01-01 invoice generate mixed
buyer coupons EUR DE 'Customer coupons' --locale es-ES; must 2025-01-01 coupon apply coupons THIRD; must 2025-01-01 coupon apply coupons FIVE; bill coupons
buyer coupons_mixed EUR DE; must 2025-01-01 coupon apply coupons_mixed THIRD; item coupons_mixed One 100.01
item coupons_mixed Two 33.33 --tax-code book; must 2025-01-01 invoice generate coupons_mixed
buyer inside EUR DE; bill inside 'With its tax' 119.99 --tax-inclusive --quantity 3
buyer two_taxes USD CA Québec --region QC; bill two_taxes
buyer yen JPY JP; bill yen Consulting 123457
buyer dinar KWD KW; bill dinar Consulting 12.340 --quantity 2.5
buyer dollars USD DE; bill dollars
buyer credit EUR DE; item credit Goodwill -1000; must 2025-01-01 invoice generate credit; bill credit
buyer prepaid EUR DE 'Customer prepaid' --locale de-AT; must 2025-01-01 wallet grant prepaid 500 --price 400; must 2025-01-01 invoice generate prepaid
bill prepaid Consulting 200
buyer voucher_mixed EUR DE 'Customer voucher_mixed' --locale es-ES; must 2025-01-01 wallet grant voucher_mixed 500 --price 400; item voucher_mixed Consulting 10
must 2025-01-01 invoice generate voucher_mixed
buyer free EUR DE; item free One 10; item free 'And back' -10; must 2025-01-01 invoice generate free
buyer tiny EUR DE; bill tiny Calls 0.0025 --quantity 12345.678
buyer hostile EUR DE "]]> & <x> \"q\" ' Ωmega Жук"
bill hostile "]]> <![CDATA[ & &amp; <!-- --> \\ \$(x) %s"
buyer far EUR DE '漢字 株式会社'; bill far '東京都 & 서울'
long=$(printf 'Ä%.0s' $(seq 1 256))
buyer long EUR DE; bill long "$long" 99999999.99
buyer subscribed EUR DE 'Customer subscribed' --locale de-DE; must 2025-01-01 payment-method add subscribed pm_card_visa --default
must 2025-01-01 subscription create subscribed --tier pro --payment-method pm_card_visa
must 2025-01-20 run --through 2025-01-20 --out "$work/first"
must 2025-01-20 subscription update subscribed --tier basic
must 2025-02-01 run --through 2025-02-01 --out "$work/second"
must 2025-02-10 subscription update subscribed --tier enterprise --price 500
must 2025-02-10 usage record subscribed api_calls 123456
buyer pounds GBP DE; item pounds Consulting 100
refused 8 "no exchange rate of GBP to EUR is known of 2025-03-01" 2025-03-02 run --through 2025-03-01 --out "$work/third"
must 2025-03-02 exchange-rate set GBP EUR 1.2097 --on 2025-02-28 --source ECB
must 2025-03-02 run --through 2025-03-01 --out "$work/third"

numbers() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now 2025-03-02 --json invoice list "$@" | python3 -c 'import json, sys
for line in sys.stdin:
    print(json.loads(line)["invoice_number"])'; }
number() { numbers "$1" | sed -n 1p; }
for user in dollars domestic charged export outside coupons two_taxes yen mixed; do
    must 2025-03-02 invoice credit "$(number $user)" --amount 10 --reason 'Agreed & done'
done
for user in goods exempt coupons_mixed inside credit prepaid subscribed; do
    must 2025-03-02 invoice credit "$(number $user)" --reason 'All of it'
done

# --- each document in both syntaxes, read by one JVM each
list=$(numbers) || fail "no documents"
mkdir "$work/xml"
documents=0
for n in $list; do
    case $n in INV-2025-00000[1-5]) continue ;; esac
    must 2025-03-02 invoice xml "$n" -o "$work/xml/$n.cii.xml"
    must 2025-03-02 invoice xml "$n" --format ubl -o "$work/xml/$n.ubl.xml"
    documents=$((documents + 1))
done
[ $documents -ge 40 ] || fail "only $documents documents"
$rules/check-en16931.sh "$work"/xml/*.xml >"$work/checked" 2>&1 || { grep -v '^ok' "$work/checked" | head -n 40; fail "the rules refuse an e-invoice"; }
[ "$(grep -c '^ok' "$work/checked")" = $((2 * documents)) ] || fail "not all were read"
grep -q 'flag="warning"' "$work/checked" && fail "the rules warn: $(grep warning "$work/checked" | sort | uniq -c)"

# --- the two syntaxes say the same, and what the ledger says
DAYBOOK_DIR=$work/ledger DAYBOOK_KEY_FILE=$work/key python3 tests/interop/read_einvoices.py "$daybook" "$work/xml" || exit 1

# --- what is attached is the same file, to what is made by hand and by night
for user in domestic hostile coupons subscribed; do
    n=$(number $user)
    must 2025-03-02 invoice pdf "$n" -o "$work/$n.pdf"
    $rules/check-facturx.sh "$work/$n.pdf" >"$work/checked" 2>&1 || fail "$n: $(cat "$work/checked")"
    (cd "$work" && rm -f factur-x.xml && pdfdetach -saveall "$n.pdf" && cmp factur-x.xml "xml/$n.cii.xml") || fail "$n: another XML is attached"
done
for pdf in "$work"/second/pdf/*.pdf; do
    n=$(basename "$pdf" .pdf)
    (cd "$work" && rm -f factur-x.xml && pdfdetach -saveall "$pdf" && cmp factur-x.xml "xml/$n.cii.xml") || fail "$n: the night attached another XML"
done
[ -n "$n" ] || fail "the night made no PDF"

# --- the register names both files by their hashes, the run's and the report's alike
must 2025-03-02 report invoices -o "$work/register.csv"
python3 - "$work" <<'P' || fail "the register has other hashes"
import csv, hashlib, pathlib, sys
work = pathlib.Path(sys.argv[1])
sha = lambda path: hashlib.sha256(path.read_bytes()).hexdigest()
read = lambda path: {row["document_number"]: row for row in csv.DictReader(open(path, encoding="utf-8", newline=""))}
register, night = read(work / "register.csv"), read(work / "second/invoices.csv")
for number, row in night.items():
    files = sha(work / f"second/pdf/{number}.pdf"), sha(work / f"xml/{number}.cii.xml")
    for found in row, register[number]:
        if (found["pdf_sha256"], found["xml_sha256"]) != files:
            sys.exit(f"{number}: {found['pdf_sha256']} {found['xml_sha256']}, not {files}")
plain = register["INV-2025-000005"]
sys.exit(0 if night and plain["pdf_sha256"] == sha(work / "plain.pdf") and plain["xml_sha256"] == "" else f"{plain}")
P
must 2025-03-02 --json invoice verify "$n"
grep -q '"file_as_issued": true' "$work/said" || fail "what was issued does not come out again: $(cat "$work/said")"

# --- the ledger knows their hashes
mkdir "$work/theirs" && cp "$work/xml/$n.cii.xml" "$work/theirs/$n.xml"
must 2025-03-02 audit verify --documents "$work/theirs"
sed -i 's/DuePayableAmount>/&1/' "$work/theirs/$n.xml"
refused 4 "is not the document that was issued" 2025-03-02 audit verify --documents "$work/theirs"

# --- the rules can fail: totals, a rate and a country that are no more what they were
n=$(number domestic)
mkdir "$work/bad"
sed 's/<ram:GrandTotalAmount>/&1/' "$work/xml/$n.cii.xml" >"$work/bad/1.xml"
sed 's/<ram:CategoryCode>S</<ram:CategoryCode>AE</' "$work/xml/$n.cii.xml" >"$work/bad/2.xml"
sed 's/<cbc:IdentificationCode>DE</<cbc:IdentificationCode>XX</' "$work/xml/$n.ubl.xml" >"$work/bad/3.xml"
sed 's/<cbc:PayableAmount currencyID="EUR">/&9/' "$work/xml/$n.ubl.xml" >"$work/bad/4.xml"
$rules/check-en16931.sh "$work"/bad/*.xml >"$work/checked" 2>&1 && fail "the rules accept everything"
[ "$(grep -c '^FAIL' "$work/checked")" = 4 ] || fail "the rules accept what was changed: $(cat "$work/checked")"
echo "ok: $documents documents in two syntaxes"
