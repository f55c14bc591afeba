#!/bin/bash
# SPDX-License-Identifier: MIT
# test_receipts.sh - documents, their receipts and disclosures in the hands of strangers: the code on each PDF is read by zbarimg, and
# held against its receipt by a verifier that was written from FORMAT.md alone (verify_disclosure.py); which refuses what was changed.
set -u
daybook=$(realpath "${DAYBOOK:?}")
here=$(realpath tests/interop)
for tool in /usr/bin/python3 pdftoppm zbarimg; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }
done
/usr/bin/python3 -c 'import cryptography' 2>/dev/null || { echo "SKIP: Python has no cryptography (Debian: python3-cryptography)" && exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
cd "$work" || exit 1
bad=0 good=0
fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
at() { "$daybook" --dir "$work/ledger" --key-file "$work/key" --now 2025-01-31T09:00:00Z "$@"; }
must() { at "$@" >said 2>&1 || { echo "FAIL: daybook $*: $(cat said)" && exit 1; }; }
stranger() { /usr/bin/python3 "$here/verify_disclosure.py" signer.pub "$@"; }
takes() { if "${@:2}" >said 2>&1; then good=$((good + 1)); else fail "$1: refused: $(cat said)"; fi; }
denies() { if "${@:2}" >said 2>&1; then fail "$1: accepted"; else good=$((good + 1)); fi; }

must init
must key new-checkpoint signer
must seller set --name 'Acme Limited' --country IE --footer 'Registered in Ireland, no. 123456'
for user in ann bob; do
    must customer create $user --name "$user Example" --country IE
    must subscription create $user --tier pro --payment-method pm_card_visa
done
for i in $(seq 30); do must invoice add-item bob --description "Hours of day $i" --amount 10; done # two pages
must run --through 2025-01-31 --out out
must run --through 2025-01-31 --out again
must invoice credit INV-2025-000001 --amount 5 --reason 'as agreed'
must invoice pdf CN-2025-000001 -o CN-2025-000001.pdf
must audit checkpoint --checkpoint-key signer -o checkpoint
must audit receipts --out out
must audit prove CN-2025-000001 -o CN-2025-000001.tlog-proof
cp CN-2025-000001.* out/pdf/

# ---- the code on each document, and its receipt ----
for pdf in out/pdf/*.pdf; do
    receipt=${pdf%.pdf}.tlog-proof
    rm -f page*.png
    pdftoppm -r 200 -gray -png "$pdf" page
    # zbarimg ends what it read with a line end of its own.
    zbarimg -q --raw --nodbus -Sdisable -Sqrcode.enable page*.png | head -c -1 >code
    [ "$(wc -l <code)" = 4 ] || fail "$pdf: its code has not four lines: $(cat code)"
    takes "$pdf" stranger "$receipt" code
    takes "$pdf: audit check" "$daybook" audit check "$receipt" --public-key signer.pub --code code
    sed 's/^index .*/index 3/' "$receipt" >changed && denies "$pdf: another record's receipt" stranger changed code
    sed '4s/^./-/' code >changed && denies "$pdf: a changed code" stranger "$receipt" changed
    sed '2s/.$/x/' code >changed && denies "$pdf: another ledger's code" "$daybook" audit check "$receipt" --public-key signer.pub --code changed
done
[ "$good" = 15 ] || fail "$good of 15 checks of three documents"
for pdf in again/pdf/*.pdf; do
    takes "$pdf is the same the second time" cmp "$pdf" "out/pdf/${pdf##*/}"
done
pages=$(pdfinfo out/pdf/INV-2025-000002.pdf | sed -n 's/^Pages: *//p')
[ "$pages" -ge 2 ] || fail "the long invoice has $pages page"

# ---- disclosures ----
must audit disclose INV-2025-000001 -o disclosure
takes 'the disclosure' stranger disclosure
"$daybook" --json audit check disclosure --public-key signer.pub | /usr/bin/python3 -c 'import json, sys
print(*[r["record"] for r in json.load(sys.stdin)["disclosed"]])' >ours
[ "$(cut -d' ' -f1 said | xargs)" = "$(cat ours)" ] || fail "the stranger sees other records than we: $(cat said)"
/usr/bin/python3 - <<'P'
import json, random
text = open("disclosure", "rb").read()
d = json.loads(text)
random.seed(5)
for i in range(40): # one bit anywhere
    other = bytearray(text)
    other[random.randrange(len(text))] ^= 1 << random.randrange(8)
    open(f"bit{i}", "wb").write(other)
def write(name, change):
    other = json.loads(text)
    change(other)
    open(name, "w").write(json.dumps(other, ensure_ascii=False) + "\n")
def swapped(o):
    o["records"][0]["plaintext"], o["records"][1]["plaintext"] = o["records"][1]["plaintext"], o["records"][0]["plaintext"]
def exchanged(o):
    o["records"][0], o["records"][1] = o["records"][1], o["records"][0]
write("swapped", swapped)
write("exchanged", exchanged)
write("doubled", lambda o: o["records"].append(o["records"][-1]))
write("more", lambda o: o.update(note="paid in full"))
write("unsigned", lambda o: o.update(checkpoint=o["checkpoint"].split("\n\n")[0] + "\n\n"))
P
for file in bit* swapped exchanged doubled more unsigned; do
    denies "a disclosure: $file" stranger "$file"
    denies "a disclosure: $file, audit check" "$daybook" audit check "$file" --public-key signer.pub
done
echo "$good passed, $bad failed, 0 skipped"
[ "$bad" = 0 ]
