#!/bin/bash
# SPDX-License-Identifier: MIT
# bench.sh FOLDER - runs the benchmarks that were built in FOLDER/bench. They print `name value unit` and gate nothing. Where
# tests/bench/run.sh exists it knows the order and the peers, and runs instead.
set -u
if [ -e tests/bench/run.sh ]; then exec env DAYBOOK="$(realpath -m "$1/daybook")" O="$1" bash tests/bench/run.sh; fi
for program in "$1"/bench/bench_*; do
    if [ -x "$program" ]; then "$program"; fi
done
