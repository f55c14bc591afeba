#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""catalog_schema.py DAYBOOK SCHEMA EXAMPLE... - the schema of catalogs and the program agree.

Every example is good for both. Then each object of each example is spoiled in every way that one edit can: a member is left
out, a member nobody knows is added, a value becomes something of another kind. What the program takes the schema must
take, so that nobody's editor calls a good catalog wrong; what nobody can mean must be refused by both.
"""
import copy
import json
import subprocess
import sys
import tempfile

from jsonschema import Draft202012Validator


def program_says(daybook, catalog, file):
    file.seek(0)
    file.truncate()
    json.dump(catalog, file)
    file.flush()
    done = subprocess.run([daybook, "catalog", "validate", file.name], capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"catalog validate ended with {done.returncode}: {done.stderr}")
    return done.returncode == 0, done.stderr.strip()


def objects(value, path=()):
    """Paths of all objects within."""
    if isinstance(value, dict):
        yield path
        for name, inner in value.items():
            yield from objects(inner, path + (name,))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects(inner, path + (index,))


def at(value, path):
    for step in path:
        value = value[step]
    return value


def spoiled(catalog):
    """(catalog, what was done, whether both must refuse it)"""
    for path in objects(catalog):
        for name in list(at(catalog, path)) + ["strange"]:
            made = copy.deepcopy(catalog)
            where = ".".join(map(str, path + (name,)))
            if name == "strange":
                at(made, path)[name] = "1"
                yield made, f"{where} added", True
                continue
            at(made, path)[name] = {"strange": 1}
            yield made, f"{where} is an object", True
            made = copy.deepcopy(catalog)
            del at(made, path)[name]
            yield made, f"{where} left out", False


def main():
    daybook, schema_path, *examples = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    checks = faults = 0
    with tempfile.NamedTemporaryFile("w+", suffix=".json") as scratch:
        for example in examples:
            with open(example, encoding="utf-8") as file:
                catalog = json.load(file)
            for made, what, refused in [(catalog, "as it is", None), *spoiled(catalog)]:
                checks += 1
                taken, sentence = program_says(daybook, made, scratch)
                valid = validator.is_valid(made)
                good = (taken and valid) if refused is None else not (taken or valid) if refused else valid or not taken
                if not good:
                    faults += 1
                    print(f"{example}: {what}: program {'takes' if taken else 'refuses'}, schema "
                          f"{'takes' if valid else 'refuses'} it: {sentence}")
    print(f"{checks - faults} passed, {faults} failed, 0 skipped")
    return 1 if faults or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
