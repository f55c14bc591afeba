#!/bin/bash
# SPDX-License-Identifier: MIT
# readme.sh - what the README prints from the tables and the stories is what they say.
python3 tests/tools/readme.py --check
