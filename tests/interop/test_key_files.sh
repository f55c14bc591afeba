#!/bin/bash
# SPDX-License-Identifier: MIT
# test_key_files.sh - key files behind a passphrase, through the program: Python's hashlib and cryptography open them from ledger/FORMAT.md
# alone, and one that they made the program opens. The passphrase comes from a file, a command, or a terminal, which shows nothing of it.
set -u
daybook=$(realpath "${DAYBOOK:?}")
here=tests/interop
command -v mdb_dump >/dev/null || { echo "SKIP: there is no mdb_dump (Debian: lmdb-utils)" && exit 77; }
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'import cryptography' 2>/dev/null && break
done
[ "$python" != none ] || { echo "SKIP: there is no module cryptography (Debian: python3-cryptography)" && exit 77; }
export PYTHONDONTWRITEBYTECODE=1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset DAYBOOK_DIR DAYBOOK_KEY_FILE
fail() { echo "FAIL: $*"; exit 1; }
at() { "$daybook" --dir "$work/d" --now 2026-01-10 "$@"; }
# refused STATUS WORDS COMMAND... - ends with it, one sentence that has the words.
refused() {
    local wanted=$1 words=$2 status=0
    shift 2
    setsid -w "$@" >/dev/null 2>"$work/said" </dev/null || status=$?
    [ "$status" = "$wanted" ] || fail "$*: $status, wanted $wanted: $(cat "$work/said")"
    grep -q "$words" "$work/said" || fail "$*: $(cat "$work/said")"
    [ "$(wc -l <"$work/said")" = 1 ] || fail "$*: more than a sentence: $(cat "$work/said")"
}
verifies() { # PASSPHRASE-FILE
    mdb_dump -a "$work/d/log" | "$python" $here/verify_format.py --key-file "$work/d.key" --passphrase-file "$1"
}
umask 077
echo "first passphrase" >"$work/first"
echo "second passphrase" >"$work/second"

at init >/dev/null || fail init
at customer create ann --name Ann --email ann@example.com >/dev/null || fail "customer create"
cp "$work/d.key" "$work/clear.key"
at --passphrase-file "$work/first" key protect >/dev/null || fail "key protect"
grep -q "$(head -c 16 "$work/clear.key")" "$work/d.key" && fail "the key stands in the protected file"
[ "$(stat -c %a "$work/d.key")" = 600 ] || fail "the mode is $(stat -c %a "$work/d.key")"
at --passphrase-file "$work/first" customer show ann >/dev/null || fail "a command with the passphrase in a file"
at --passphrase-command "cat $work/first" customer show ann >/dev/null || fail "a command with the passphrase from a command"
refused 3 "the passphrase does not open it" "$daybook" --dir "$work/d" --passphrase-file "$work/second" stats
refused 3 "there is no terminal" "$daybook" --dir "$work/d" stats
refused 8 "not verified: .*the passphrase does not open it" "$daybook" --dir "$work/d" --passphrase-file "$work/second" audit verify
refused 2 "one of them is enough" "$daybook" --dir "$work/d" --passphrase-file "$work/first" --passphrase-command true stats
chmod 644 "$work/first"
refused 3 "its mode is 0644" "$daybook" --dir "$work/d" --passphrase-file "$work/first" stats
chmod 600 "$work/first"
verifies "$work/first" >/dev/null || fail "Python does not open the key file"
verifies "$work/second" >/dev/null 2>&1 && fail "Python opens the key file by another passphrase"

# Another passphrase, then a rotation: the new key's file is protected as the old one was.
at --passphrase-file "$work/first" key protect --new-passphrase-file "$work/second" >/dev/null || fail "another passphrase"
refused 3 "does not open it" "$daybook" --dir "$work/d" --passphrase-file "$work/first" stats
at --passphrase-file "$work/second" key rotate >/dev/null || fail "key rotate of a protected key"
head -n 1 "$work/d.key" | grep -qx "daybook-key@v1" || fail "the new key's file is not protected"
verifies "$work/second" >/dev/null || fail "Python does not open the new key file"
at --passphrase-file "$work/second" audit verify >/dev/null || fail "audit verify"
at --passphrase-file "$work/second" --key-command "cat $work/d.key" stats >/dev/null || fail "what a key command printed"

# One that signs, too.
at --passphrase-file "$work/second" key new-checkpoint "$work/signer" >/dev/null || fail "key new-checkpoint"
"$daybook" --passphrase-file "$work/second" key protect "$work/signer" >/dev/null || fail "key protect signer"
grep -q PRIVATE "$work/signer" && fail "the signing key stands in its file"
at --passphrase-file "$work/second" audit checkpoint --checkpoint-key "$work/signer" >/dev/null || fail "audit checkpoint"

# One that Python made.
at --passphrase-file "$work/second" key unprotect >/dev/null || fail "key unprotect"
at stats >/dev/null || fail "a key file in clear"
refused 1 "is not protected" "$daybook" --dir "$work/d" key unprotect
cp "$work/d.key" "$work/clear.key"
"$python" - "$work/d.key" <<'P' || fail "Python cannot protect the key"
import base64, hashlib, os, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
path = sys.argv[1]
content = open(path, "rb").read()
salt, nonce = os.urandom(16), os.urandom(12)
head = b"daybook-key@v1\nscrypt 2048 4 3\n%s\n%s\n" % (base64.b64encode(salt), base64.b64encode(nonce))
key = hashlib.scrypt(b"second passphrase", salt=salt, n=2048, r=4, p=3, dklen=32)
open(path, "wb").write(head + base64.b64encode(AESGCM(key).encrypt(nonce, content, head)) + b"\n")
P
at --passphrase-file "$work/second" stats >/dev/null || fail "the program does not open what Python made"

# The terminal: asked once, or twice for a new one; nothing is shown; what differs, what is wrong and Ctrl-C are refused.
"$python" - "$daybook" "$work" <<'P' || fail "at the terminal"
import os, pty, select, shutil, sys, termios
daybook, work = sys.argv[1:]

def talk(lines, *words):
    """Runs it at a terminal of its own and types each line behind the next prompt."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(daybook, [daybook, "--dir", f"{work}/d", *words])
    seen, lines = b"", list(lines)
    while True:
        try:
            ready, _, _ = select.select([terminal], [], [], 60)
            piece = os.read(terminal, 4096) if ready else b""
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if seen.rstrip().endswith((b".key:", b"(new):", b"(once more):")) and lines:
            assert not termios.tcgetattr(terminal)[3] & termios.ECHO, "the terminal echoes"
            os.write(terminal, lines.pop(0))
            seen += b"\n"
    _, status = os.waitpid(pid, 0)
    assert b"passphrase" not in seen.replace(b"the passphrase", b"").replace(b"by a passphrase", b""), seen
    return status, seen

def demand(wanted, said, answer):
    status, seen = answer
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
    assert code == wanted and said in seen, (wanted, said, code, seen)

demand(0, b"records", talk([b"second passphrase\n"], "stats"))
demand(3, b"does not open it", talk([b"some passphrase\n"], "stats"))
demand(-2, b"", talk([b"\x03"], "stats"))
shutil.copy(f"{work}/clear.key", f"{work}/d.key")
demand(3, b"the two differ", talk([b"my passphrase\n", b"my passphrase.\n"], "key", "protect"))
demand(3, b"8 bytes at least", talk([b"short\n", b"short\n"], "key", "protect"))
demand(0, b"protected", talk([b"my passphrase\n", b"my passphrase\n"], "key", "protect"))
demand(0, b"records", talk([b"my passphrase\n"], "stats"))
demand(0, b"in clear", talk([b"my passphrase\n"], "key", "unprotect"))
P
cmp -s "$work/clear.key" "$work/d.key" || fail "the key is another one"
echo "ok: passphrases by file, command and terminal; both ways with Python's scrypt"
