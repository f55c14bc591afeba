#!/bin/bash
# SPDX-License-Identifier: MIT
# test_witness.sh - ledgers and witnesses: two copies of a ledger that went two ways cannot both be signed by one witness; k of n; a
# witness that is killed, raced and lied to never signs two histories. Python checks the signatures from the specification alone, Go's
# sumdb/note opens the cosigned note by the ledger's key.
set -u
daybook=$(realpath "${DAYBOOK:?}")
here=$(realpath tests/interop)
python3 -c 'import cryptography' 2>/dev/null || { echo "SKIP: there is no python3 with cryptography (Debian: python3-cryptography)" && exit 77; }
work=$(mktemp -d) || exit 1
declare -A pid
stop() { # stop NAME SIGNAL
    kill "-$2" "${pid[$1]}" 2>/dev/null
    wait "${pid[$1]}" 2>/dev/null
    ended=$?
    unset "pid[$1]"
}
finish() { for name in "${!pid[@]}"; do kill -9 "${pid[$name]}" 2>/dev/null; done; rm -rf "$work"; }
trap finish EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE DAYBOOK_TIME_STAMP_AUTHORITIES DAYBOOK_TIME_STAMP_CA DAYBOOK_WITNESS_POLICY
bad=0 good=0 skipped=0
fail() { echo "FAIL: $*" && bad=$((bad + 1)); }
ledger=ledger now=2025-01-10T09:00:00Z
at() { "$daybook" --dir "$work/$ledger" --key-file "$work/key" --now "$now" "$@"; }
must() { at "$@" >"$work/said" 2>&1 || { echo "FAIL: daybook $*: $(cat "$work/said")" && exit 1; }; }
gives() {
    local status=0
    "${@:3}" >"$work/said" 2>&1 || status=$?
    if [ "$status" = "$1" ]; then good=$((good + 1)); else fail "$2: $status, wanted $1: $(cat "$work/said")"; fi
}
says() { if grep -qF -- "$1" "$work/said"; then good=$((good + 1)); else fail "it does not say '$1': $(cat "$work/said")"; fi; }
python() { python3 "$here/witness_client.py" "$@"; }
start() { # start NAME [PORT] - a witness; url is then where it is
    : >"$1.address"
    "$daybook" --json witness --key "$1.key" --state "$1.state" --listen "127.0.0.1:${2:-0}" --log "$(cat log.vkey)" --log "$(cat signer.pub)" \
        >"$1.address" 2>"$1.log" &
    pid[$1]=$!
    for _ in $(seq 200); do
        url=$(sed -n 's/.*"listening": *"\([^"]*\)".*/\1/p' "$1.address")
        [ -n "$url" ] && return 0
        kill -0 "${pid[$1]}" 2>/dev/null || return 1
        sleep 0.02
    done
    return 1
}
cd "$work" || exit 1

must init
must key new-checkpoint signer
seed=4242424242424242424242424242424242424242424242424242424242424242
python key $seed >log.vkey
for n in w1 w2 w3; do "$daybook" key new-witness $n.key $n.example >/dev/null || exit 1; done
[ "$(stat -c %a w1.key)" = 600 ] || fail "others can read a witness's key"
{
    for n in w1 w2 w3; do
        start $n || { echo "FAIL: $n: $(cat $n.log)" && exit 1; }
        echo "$url" >$n.url
        echo "witness $n $(cat $n.key.pub) $url"
    done
    echo "group most 2 w1 w2 w3"
    echo "quorum most"
} >policy
stop w3 TERM
[ "$ended" = 0 ] || fail "a witness that is told to stop ends with $ended"

# ---- two of three ----
must customer create ann
must audit checkpoint --checkpoint-key signer -o first
cp ledger/checkpoints/* signed
gives 8 'two of three, one is down' at --json audit anchor --witness-policy policy
says '"quorum": "met"'
says '"cosigned": 2'
cosigned=$(echo ledger/cosigned/*)
gives 0 'Python: both signatures' python check "$cosigned" w1.key.pub w2.key.pub
gives 1 'Python: who did not sign' python check "$cosigned" w3.key.pub
sed '2s/.*/9/' "$cosigned" >changed
gives 1 'Python: a changed note' python check changed w1.key.pub
cmp -s signed "$(echo ledger/checkpoints/*)" || fail "the checkpoint itself was changed"
check() { "$daybook" audit check "$@" --public-key signer.pub --witness-policy policy; }
gives 0 'the quorum, offline' check "$cosigned"
says 'met'
gives 8 'nobody signed' check first
gives 4 'a changed note' check changed
sed 's/^group most 2/group most all/' policy >strict
gives 8 'all of three' "$daybook" audit check "$cosigned" --public-key signer.pub --witness-policy strict
python3 - "$cosigned" <<'P' >forged
import base64, sys
for line in open(sys.argv[1], encoding="utf-8"):
    words = line.rstrip("\n").split(" ")
    if len(words) == 3 and words[1] == "w1.example":
        raw = bytearray(base64.b64decode(words[2]))
        raw[40] ^= 1
        line = " ".join([*words[:2], base64.b64encode(raw).decode()]) + "\n"
    sys.stdout.buffer.write(line.encode())
P
gives 4 'a forged line of a witness' check forged
echo "quorum nobody" >nonsense
gives 3 'a policy that is none' "$daybook" audit check "$cosigned" --public-key signer.pub --witness-policy nonsense
says 'line 1'
must audit prove 2 -o proof --record record
gives 0 'a proof leads to the cosigned note' check proof --record record
start w3 "$(sed 's/.*://' w3.url)" || fail "the third does not start again: $(cat w3.log)"
gives 0 'the third is back' at --json audit anchor --witness-policy policy --at-once
says '"cosigned": 3'
gives 0 'all of three now' "$daybook" audit check ledger/cosigned/* --public-key signer.pub --witness-policy strict
must audit checkpoint --checkpoint-key signer
gives 0 'signing the same again changes nothing for witnesses' at audit anchor --witness-policy policy

# ---- Go: the cosigned note, by the ledger's key ----
export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' GOCACHE="$work/gocache"
if ! command -v go >/dev/null || [ ! -d /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog ]; then
    echo "skipped: there is no go with golang.org/x/mod (Debian: golang-go, golang-golang-x-mod-dev)" && skipped=$((skipped + 1))
elif ! go build -o claims "$here/check_claims.go" >"$work/said" 2>&1; then
    fail "go build: $(cat "$work/said")"
else
    gives 0 'Go: the cosigned note' ./claims signer.pub checkpoint "$cosigned"
    gives 0 'Go: the proof that leads to it' ./claims signer.pub record proof record
    gives 1 'Go: a changed note' ./claims signer.pub checkpoint changed
fi

# ---- a fork: both copies go on and sign, one of them is refused ----
cp -r ledger fork && cp ledger.anchor fork.anchor && cp signer fork.signer && cp signer.pub fork.signer.pub && cp signer.last fork.signer.last
for i in 1 2 3; do must customer create "a$i"; done
must audit checkpoint --checkpoint-key signer
gives 0 'the one copy' at audit anchor --witness-policy policy
cp -r ledger grown && cp ledger.anchor grown.anchor
ledger=fork
must customer create b1
must audit checkpoint --checkpoint-key fork.signer
gives 5 'the other copy, shorter' at audit anchor --witness-policy policy
says 'older copy'
for i in 2 3 4; do must customer create "b$i"; done
must audit checkpoint --checkpoint-key fork.signer
gives 4 'the other copy, longer' at audit anchor --witness-policy policy --at-once
says 'another history'
[ "$(find fork/cosigned -type f | wc -l)" = 1 ] || fail "a fork was signed"
ledger=grown
must customer create a4
must audit checkpoint --checkpoint-key signer
gives 0 'the one copy goes on' at audit anchor --witness-policy policy

# ---- a checkpoint that the folder has lost: the proof is made from the records ----
cp -r grown lost && cp grown.anchor lost.anchor && rm -r lost/checkpoints lost/cosigned lost/anchoring
ledger=lost
must customer create a5
must audit checkpoint --checkpoint-key signer
gives 0 'without the older checkpoints' at audit anchor --witness-policy policy

# ---- what a witness is told that is not so ----
url=$(cat w1.url)
asks() { # asks STATUS WHAT FILE
    python post "$url" "$3" >answer
    if [ "$(cut -d' ' -f1 answer)" = "$1" ]; then good=$((good + 1)); else fail "$2: $(cat answer), wanted $1"; fi
}
python request $seed 7 one >one.body
asks 200 'the first of a log' one.body
asks 409 'the same again from nothing' one.body
[ "$(cat answer)" = "409 text/x.tlog.size 7" ] || fail "its size: $(cat answer)"
python request $seed 5 five | sed 's/^old 0/old 7/' >smaller
asks 400 'a smaller one' smaller
python request $seed 7 two | sed 's/^old 0/old 7/' >other
asks 409 'as many records, another root' other
python request $seed 9 nine | sed 's/^old 0/old 7/' >bad
asks 422 'no proof' bad
awk 'NR == 1 { print; print "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; next } 1' bad >wrong
asks 422 'a wrong proof' wrong
sed 's|log.example/ours|log.example/theirs|' one.body >unknown
asks 404 'another log' unknown
python request 4343434343434343434343434343434343434343434343434343434343434343 9 nine >foreign
asks 403 'another key' foreign
sed 's/^old 0/old 00/' one.body >zeros
asks 400 'no number' zeros
head -c 100 one.body >cut.body
asks 400 'cut off' cut.body
: >nothing
asks 400 'nothing' nothing
head -c 300000 /dev/zero | tr '\0' 'x' >long
asks 413 'too long' long
sed 's/^old 0/old 7/' one.body >again
asks 200 'what it signed, again' again

# ---- of many histories of one length, sent at once, it signs one; killed in the middle, too ----
again() { start "$1" "$(sed 's/.*://' "$1.url")" || fail "$1 does not start again: $(cat "$1.log")"; }
for round in 1 2 3 4 5 6 7 8 9; do
    stop w2 TERM
    rm -f w2.state/*
    again w2
    python race "$(cat w2.url)" $seed 4 8 >raced &
    racer=$!
    if [ $round -gt 2 ]; then
        sleep "0.$((8 + round * 2))"
        stop w2 9
        again w2
    fi
    wait $racer
    python race "$(cat w2.url)" $seed 2 8 >>raced
    signed=$(sort -u raced | wc -l)
    if [ "$signed" -le 1 ]; then good=$((good + 1)); else fail "round $round: $signed histories were signed"; fi
    [ $round -gt 2 ] || [ "$signed" = 1 ] || fail "round $round: none was signed"
    url=$(cat w2.url)
    asks 409 "round $round: it knows that it signed one" one.body
    [ "$(cat answer)" = "409 text/x.tlog.size 7" ] || fail "round $round: its size: $(cat answer)"
done
url=$(cat w1.url)
for round in 1 2 3; do
    stop w1 9
    again w1
    asks 409 "round $round: after a kill" one.body
done

# ---- its memory, changed: it signs nothing more ----
gives 1 'two witnesses of one folder' "$daybook" witness --key w1.key --state w1.state --log "$(cat log.vkey)" --listen 127.0.0.1:0
stop w1 TERM
for file in w1.state/*; do
    [ -s "$file" ] || continue # the lock
    cp "$file" kept
    for change in '$d' '2s/.*/1/' '3s/^./Z/' '1s/.*/x/'; do
        sed "$change" kept >"$file"
        cmp -s kept "$file" && continue
        gives 4 "a changed memory ($change)" "$daybook" witness --key w1.key --state w1.state --log "$(cat log.vkey)" --log "$(cat signer.pub)" --listen 127.0.0.1:0
    done
    : >"$file"
    gives 4 'an emptied memory' "$daybook" witness --key w1.key --state w1.state --log "$(cat log.vkey)" --log "$(cat signer.pub)" --listen 127.0.0.1:0
    cp kept "$file"
done
gives 3 'a key that is none' "$daybook" witness --key signer --state w1.state --log "$(cat log.vkey)"
gives 2 'no log' "$daybook" witness --key w1.key --state w1.state
gives 3 'no public key' "$daybook" witness --key w1.key --state w1.state --log nonsense
gives 3 "a witness's key is no log's" "$daybook" witness --key w1.key --state w1.state --log "$(cat w2.key.pub)"
gives 1 'a key is never overwritten' "$daybook" key new-witness w1.key w1.example

# ---- a witness that answers nonsense ----
python3 - >fake.port <<'P' &
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        word = open("fake.how").read().strip()
        status, kind, body = {"garbage": (200, "text/plain", b"<html>"), "nobody": (200, "text/plain", b""), "huge": (200, "text/plain", b"x" * 300000),
            "size": (409, "text/x.tlog.size", b"many\n"), "loop": (409, "text/x.tlog.size", b"3\n"), "plain": (409, "text/plain", b"3\n"), "unknown": (404, "text/plain", b""),
            "other": (403, "text/plain", b""), "bad": (400, "text/plain", b""), "moved": (301, "text/plain", b""),
            "line": (200, "text/plain", open("fake.line", "rb").read())}[word]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
P
pid[fake]=$!
for _ in $(seq 200); do [ -s fake.port ] && break; sleep 0.02; done
"$daybook" key new-witness fake.key fake.example >/dev/null
printf 'witness fake %s http://127.0.0.1:%s/\nquorum fake\n' "$(cat fake.key.pub)" "$(cat fake.port)" >fake.policy
grep -- '— w2.example' "$cosigned" >fake.line
before=$(find lost/cosigned -type f -exec cat {} +)
for how in garbage nobody huge size loop plain unknown other bad moved line; do
    echo $how >fake.how
    gives 8 "a witness that answers: $how" at audit anchor --witness-policy fake.policy --at-once
done
[ "$before" = "$(find lost/cosigned -type f -exec cat {} +)" ] || fail 'nonsense was kept'
gives 0 'the ledger is sound' at audit verify
echo "$good passed, $bad failed, $skipped skipped"
[ "$bad" = 0 ]
