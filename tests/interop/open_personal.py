#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the texts about customers in a ledger, from FORMAT.md's section "Erasure" alone: of a dump of the log, the master key,
customer-keys and the KEK's file. Prints each as "customer class event way: text", and "[erased]" where the key was destroyed.

--any-kek tries, for each file in the folder of the KEK, whether it opens customer-keys: what a thief of an old copy would do."""

import argparse
import hashlib
import hmac
import os
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import verify_format as log

HEADER, ENTRY = 72, 72
# The events with texts about customers, by their place in events.def: wire name, place of the customer (None: in the list's
# items) and of the texts: way and class; "counted" has a mark.
PARTY = [(0, 0), (1, 1), (2, 0), (3, 0), (4, 0), (5, 0), (8, 0)]
EVENTS = {3: ("customer.created", 0, 5), 4: ("customer.updated", 0, 4)}
USAGE = 15
READING_KEY = 7


class NoKey(Exception):
    """A key or a file does not open, or is not there."""


def opened(key, nonce, sealed, aad):
    try:
        return AESGCM(key).decrypt(nonce, sealed, aad)
    except InvalidTag:
        raise NoKey("a tag does not fit") from None


def read_kek(master, path, origin):
    with open(path, "rb") as file:
        data = file.read()
    if len(data) != 132 or data[:8] != b"DBKE\x01\0\0\0" or data[8:32] != origin:
        raise NoKey(f"{path} is no KEK of this ledger")
    key = log.hkdf(master, data[40:72], b"daybook/v1/kek" + origin)
    return opened(key, data[72:84], data[84:], data[:72]), struct.unpack(">Q", data[32:40])[0]


class CustomerKeys:
    def __init__(self, path, kek, generation, origin):
        with open(path, "rb") as file:
            self.data = file.read()
        self.kek, self.origin, self.generation = kek, origin, generation
        head = self.data[:HEADER]
        if head[:8] != b"DBCK\x01\0\0\0" or head[8:32] != origin:
            raise NoKey(f"{path} is no file of this ledger's keys")
        if head[32:40] != struct.pack(">Q", generation):
            raise NoKey(f"{path} is of another generation than the KEK")
        opened(kek, head[44:56], head[56:], head[:44])

    def find(self, customer, kind):
        """The state, the id and the key."""
        at = HEADER + (customer - 1) * 2 * ENTRY + kind * ENTRY
        entry = self.data[at:at + ENTRY]
        if len(entry) < ENTRY or not any(entry):
            raise NoKey(f"customer {customer} has no key")
        aad = (b"daybook/v1/customer-key" + self.origin + struct.pack(">QQ", self.generation, customer) +
               bytes([kind, entry[0]]) + entry[4:12])
        return entry[0], entry[4:12], opened(self.kek, entry[12:24], entry[24:], aad)


def text_of(keys, customer, kind, counted, wire, way, field):
    form, payload = field
    if form == 0:
        return payload
    state, name, key = keys.find(customer, kind)
    if payload[:8] != name:
        raise NoKey("another key's text")
    mark, rest = (payload[8:16], payload[16:]) if counted else (b"", payload[8:])
    if state == 2:
        return "[erased]" + (" " + mark.hex() if counted else "")
    aad = b"daybook/v1/personal" + keys.origin + struct.pack(">QB", customer, kind) + mark + wire.encode() + b"\0" + bytes(way)
    text = opened(key, rest[:12], rest[12:], aad)
    if counted and hmac.new(key, b"daybook/v1/mark" + text, hashlib.sha256).digest()[:8] != mark:
        raise NoKey("the mark is not that of the text")
    return text.decode()


def texts(plains, keys):
    for plain in plains:
        for number, _, fields in log.unpack(plain)[0][5]:
            if number in EVENTS:
                wire, at, party = EVENTS[number]
                for place, kind in PARTY:
                    text = text_of(keys, fields[at], kind, False, wire, [party, place], fields[party][place])
                    if text:
                        yield f"{fields[at]} {kind} {wire} {party}.{place}: {text}"
            if number == USAGE:
                for reading in fields[0]:
                    if len(reading) <= READING_KEY:
                        continue
                    text = text_of(keys, reading[0], 1, True, "usage.recorded", [0, READING_KEY], reading[READING_KEY])
                    if text:
                        yield f"{reading[0]} 1 usage.recorded 0.{READING_KEY}: {text}"


class Plains(log.Ledger):
    def __init__(self, keys):
        super().__init__(keys)
        self.plains = []

    def add_events(self, plain):
        self.plains.append(plain)
        super().add_events(plain)


def main():
    parser = argparse.ArgumentParser(description="Reads the texts about customers in a ledger.")
    parser.add_argument("dump")
    parser.add_argument("customer_keys")
    parser.add_argument("kek")
    parser.add_argument("--key-file", required=True)
    parser.add_argument("--any-kek", action="store_true", help="KEK is a folder: tries every file in it")
    options = parser.parse_args()
    master = log.read_key(options.key_file)
    log.Ledger = Plains  # that verify_dump makes
    with open(options.dump, encoding="ascii") as lines:
        ledger, _ = log.verify_dump(lines, log.Keys(master))
    files = [os.path.join(options.kek, name) for name in os.listdir(options.kek)] if options.any_kek else [options.kek]
    why = None
    for path in files:
        try:
            if not os.path.isfile(path):
                continue
            kek, generation = read_kek(master, path, ledger.origin)
            for line in texts(ledger.plains, CustomerKeys(options.customer_keys, kek, generation, ledger.origin)):
                print(line)
            return 0
        except NoKey as error:
            why = error
    print(f"not read: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
