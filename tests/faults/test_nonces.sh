#!/bin/bash
# SPDX-License-Identifier: MIT
# test_nonces.sh - see nonces.c: no (key, nonce) pair comes twice with another plaintext, whatever the generator does.
count=100000
[ -n "${LONG:-}" ] && count=10000000
exec "${O:?}/faults/nonces" "$count"
