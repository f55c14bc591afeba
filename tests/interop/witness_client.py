# SPDX-License-Identifier: MIT
"""witness_client.py - witnesses and cosigned notes, by Python's cryptography and from c2sp.org/tlog-witness and tlog-cosignature alone.

  check NOTE VKEY...             each of these witnesses signed the note, and nothing else is wrong with it; prints the times
  post URL FILE                  POSTs it to URL/add-checkpoint; prints status, type and the body
  race URL LOG_SEED COUNT FORKS  a log of our own (its key's seed in hexadecimal): COUNT checkpoints for each of FORKS histories of
                                 one length, all sent at once by as many processes; prints the histories that were signed
  key SEED NAME                  the log's public key
"""
import base64
import hashlib
import multiprocessing
import sys
import urllib.error
import urllib.request

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ORIGIN = "log.example/ours"


def split(note):
    text, _, lines = note.rpartition("\n\n")
    return text + "\n", [line.split(" ") for line in lines.splitlines()]


def parse(vkey):
    name, ident, key = vkey.strip().split("+", 2)
    raw = base64.b64decode(key)
    assert hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8] == ident, "the id is not the key's"
    return name, bytes.fromhex(ident), raw[0], Ed25519PublicKey.from_public_bytes(raw[1:])


def check(note, vkeys):
    text, lines = split(note)
    for vkey in vkeys:
        name, ident, kind, key = parse(vkey)
        assert kind == 4, "no witness's key"
        found = 0
        for dash, who, signature in lines:
            raw = base64.b64decode(signature, validate=True)
            if dash != "\u2014" or who != name or raw[:4] != ident:
                continue
            assert len(raw) == 4 + 8 + 64
            seconds = int.from_bytes(raw[4:12], "big")
            key.verify(raw[12:], f"cosignature/v1\ntime {seconds}\n{text}".encode())
            print(seconds)
            found += 1
        assert found, f"{name} did not sign it"


def post(url, body):
    request = urllib.request.Request(url + "/add-checkpoint", body, {"Content-Type": "text/plain"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers["Content-Type"], answer.read()
    except OSError:
        return 0, "", b""


def public(seed):
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    return key, key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def vkey_of(seed):
    raw = b"\1" + public(seed)[1]
    ident = hashlib.sha256(ORIGIN.encode() + b"\n" + raw).digest()[:4]
    return ident, f"{ORIGIN}+{ident.hex()}+{base64.b64encode(raw).decode()}"


def request(seed, size, history):
    """From nothing to so many records: whatever root goes on from nothing."""
    root = base64.b64encode(hashlib.sha256(history.encode()).digest()).decode()
    text = f"{ORIGIN}\n{size}\n{root}\n"
    line = base64.b64encode(vkey_of(seed)[0] + public(seed)[0].sign(text.encode())).decode()
    return f"old 0\n\n{text}\n\u2014 {ORIGIN} {line}\n".encode()


def race_one(job):
    url, seed, size, history = job
    return history, post(url, request(seed, size, history))[0]


def main(args):
    if args[0] == "check":
        check(open(args[1], encoding="utf-8").read(), [open(path).read() for path in args[2:]])
    elif args[0] == "post":
        status, kind, body = post(args[1], open(args[2], "rb").read())
        print(status, kind, body.decode(errors="replace"), end="")
    elif args[0] == "key":
        print(vkey_of(args[1])[1])
    elif args[0] == "request":
        sys.stdout.buffer.write(request(args[1], int(args[2]), args[3]))
    elif args[0] == "race":
        url, seed, count, forks = args[1], args[2], int(args[3]), int(args[4])
        jobs = [(url, seed, 7, f"history {i % forks}") for i in range(count * forks)]
        with multiprocessing.Pool(8) as pool:
            answers = pool.map(race_one, jobs, chunksize=1)
        for history in sorted({history for history, status in answers if status == 200}):
            print(history)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (AssertionError, InvalidSignature) as fault:
        sys.exit(f"refused: {fault!r}")
