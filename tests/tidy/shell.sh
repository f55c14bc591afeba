#!/bin/bash
# SPDX-License-Identifier: MIT
# shell.sh - shellcheck over every script. Dollar signs in single quotes (SC2016) are meant: they are awk's or an inner shell's.
set -u
{ find tests fixtures billing -name '*.sh' -print0 && printf '.ci/run\0'; } | sort -z | xargs -0 shellcheck --exclude=SC2016
