#!/bin/bash
# SPDX-License-Identifier: MIT
# test_crash_states.sh - every acknowledged record survives a power cut at any moment, whatever of the unsynced writes reached the
# disk; with LMDB's weaker modes it must not. LONG=1: fifty times as many states.
exec "${O:?}/faults/crash_states" $((2000 * (${LONG:-0} == 1 ? 50 : 1)))
