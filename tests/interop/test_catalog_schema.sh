#!/bin/bash
# SPDX-License-Identifier: MIT
# test_catalog_schema.sh - fixtures/catalogs/schema.json is a JSON Schema as others understand it, the examples follow it, and it
# says of a spoiled catalog what the program says (catalog_schema.py).
set -u
daybook=${DAYBOOK:?}
for python in python3 /usr/bin/python3 none; do
    "$python" -c 'from jsonschema import Draft202012Validator' 2>/dev/null && break
done
[ "$python" != none ] || { echo "SKIP: there is no module jsonschema (Debian: python3-jsonschema)" && exit 77; }
export PYTHONDONTWRITEBYTECODE=1
examples=()
for file in fixtures/catalogs/*.json; do
    [ "$(basename "$file")" = schema.json ] || examples+=("$file")
done
[ ${#examples[@]} -ge 8 ] || { echo "FAIL: the examples are not there" && exit 1; }
"$python" tests/interop/catalog_schema.py "$daybook" fixtures/catalogs/schema.json "${examples[@]}"
