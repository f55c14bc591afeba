#!/bin/bash
# SPDX-License-Identifier: MIT
# test_model.sh - histories of dice, billed by the ledger and anew by a model of its rules in Python (model.py), come to the
# same lines, amount by amount and day by day: a tenth of SIM_HISTORIES (10,000), from seed SIM_SEED (1).
set -u
command -v python3 >/dev/null || { echo "SKIP: there is no python3" && exit 77; }
runner=
for folder in "${O:-build/debug}" build/debug "$(dirname "${O:-build/debug}")/debug"; do
    if [ -x "$folder/tests/sim_runner" ]; then runner=$folder/tests/sim_runner; fi
done
[ -n "$runner" ] || { echo "SKIP: there is no sim_runner (make V=debug tests)" && exit 77; }
histories=$((${SIM_HISTORIES:-10000} / 10))
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export PYTHONDONTWRITEBYTECODE=1
"$runner" --dump "$work/histories" --histories "$histories" --seed "${SIM_SEED:-1}" || exit 1
python3 tests/sim/model.py tests/sim/catalog.json "$work/histories"
