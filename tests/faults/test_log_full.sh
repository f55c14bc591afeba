#!/bin/bash
# SPDX-License-Identifier: MIT
# test_log_full.sh - a disk that fills up under the log and under the views.
exec "${O:?}/faults/log_full"
