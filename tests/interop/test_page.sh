#!/bin/bash
# SPDX-License-Identifier: MIT
# test_page.sh - verify.html in a browser that no one here wrote: it accepts our receipts and disclosures, refuses them with any
# character changed, shows hostile texts as texts, and says of events what 'audit check' says.
set -u
daybook=$(realpath "${DAYBOOK:?}")
here=$(realpath tests/interop)
page=$(realpath billing/verify.html)
for tool in python3 chromium; do
    command -v $tool >/dev/null || { echo "SKIP: there is no $tool" && exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
cd "$work" || exit 1
of() { "$daybook" --dir "$work/$1" --key-file "$work/$1.key" --now "$2" "${@:3}"; }
must() { of "$@" >said 2>&1 || { echo "FAIL: daybook ${*:3}: $(cat said)" && exit 1; }; }
name='<img src=x onerror="document.title=1"><script>document.title=2</script>&amp; evil'

must ledger 2025-01-10T09:00:00Z init
must ledger 2025-01-10T09:00:00Z key new-checkpoint signer
must ledger 2025-01-10T09:00:00Z seller set --name 'Acme Limited' --country IE
must ledger 2025-01-10T09:00:00Z customer create ann --name 'Ann Example' --email ann@example.com --country IE
must ledger 2025-01-10T09:00:00Z customer create eve --name "$name" --country IE
must ledger 2025-01-10T09:00:00Z customer create bob --currency JPY --country JP
for user in ann bob; do must ledger 2025-01-10T09:00:00Z subscription create $user --tier basic --payment-method pm_card_visa; done
for user in ann bob; do must ledger 2025-01-10T09:00:00Z invoice generate $user; done
must ledger 2025-01-10T09:00:00Z payment collect
must ledger 2025-01-11T09:00:00Z usage record ann api_calls 12345 --event-id e1
must ledger 2025-01-11T09:00:00Z usage alert ann api_calls 20000
must ledger 2025-01-11T09:00:00Z invoice add-item ann --description 'Set-up' --amount 12.50
must ledger 2025-01-11T09:00:00Z invoice add-item eve --description "$name" --amount 1.00 # her name itself is sealed in it
must ledger 2025-01-12T09:00:00Z subscription update ann --tier pro
must ledger 2025-01-13T09:00:00Z invoice credit INV-2025-000002 --reason 'as agreed'
must ledger 2025-02-10T09:00:00Z run --through 2025-02-10 --out out
must ledger 2025-02-11T09:00:00Z subscription cancel bob --immediate
must ledger 2025-02-11T09:00:00Z audit checkpoint --checkpoint-key signer -o checkpoint
must ledger 2025-02-11T09:00:00Z audit prove INV-2025-000001 -o receipt --record record
must ledger 2025-02-11T09:00:00Z audit disclose INV-2025-000001 --others -o disclosure
must ledger 2025-02-11T09:00:00Z audit disclose --from 2025-01-01 --others -o all
must other 2025-02-11T09:00:00Z init
must other 2025-02-11T09:00:00Z key new-checkpoint other_signer
record_of() { # USER TEXT - the first record about the user whose events say the text
    of ledger 2025-02-11T09:00:00Z --json audit log "$1" | python3 -c 'import json, sys
print([r["seq"] for r in map(json.loads, sys.stdin) if any(sys.argv[1] in text for text in r["events"])][0])' "$2"
}
must ledger 2025-02-11T09:00:00Z audit disclose "$(record_of bob created)" -o small
must ledger 2025-02-11T09:00:00Z audit disclose "$(record_of eve 'for the next invoice')" -o hostile
for file in disclosure all; do
    "$daybook" --json audit check $file --public-key signer.pub >$file.checked || { echo "FAIL: audit check $file" && exit 1; }
done

NAME=$name python3 - <<'P' || exit 1
import base64, hashlib, json, os
read = lambda name: open(name, encoding="utf-8").read()
def code_of(record):
    leaf = base64.b64encode(hashlib.sha256(b"\0" + record).digest()).decode()
    origin = read("checkpoint").split("\n")[0]
    return f"daybook-receipt@v1\n{origin}\n{int.from_bytes(record[8:16], 'big')}\n{leaf}\n"
record = open("record", "rb").read()
other = base64.b64decode(json.loads(read("hostile"))["records"][0]["record"])
checked = json.loads(read("all.checked"))["disclosed"]
json.dump({
    "key": read("signer.pub"), "otherKey": read("other_signer.pub"), "checkpoint": read("checkpoint"), "receipt": read("receipt"),
    "record": base64.b64encode(record).decode(), "code": code_of(record), "otherCode": code_of(other),
    "disclosure": read("disclosure"), "disclosed": json.loads(read("disclosure.checked"))["disclosed"], "small": read("small"),
    "all": read("all"), "allSays": [event["event"] + ": " + event["says"] for r in checked for event in r["events"]],
    "hostile": read("hostile"), "hostileName": os.environ["NAME"],
}, open("given.json", "w"))
P
python3 "$here/drive_page.py" "$page" "$here/page_driver.js" given.json chromium
