#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page.py PAGE [--check] - fills in what verify.html takes from elsewhere: the names of events and their fields from the tables in
ledger/book, the decimals of currencies, and the hashes of its style and script that its policy allows. With --check it changes
nothing, and fails when the page would be another.
"""
import base64
import hashlib
import json
import re
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.S)
TOKEN = re.compile(r'(\w+)\(((?:[^()"]|"(?:[^"\\]|\\.)*")*)\)')


def calls(path):
    """The macro calls of a table in their order: name, arguments."""
    with open(path, encoding="utf-8") as f:
        text = COMMENT.sub("", f.read())
    for name, inner in TOKEN.findall(text):
        arguments = re.findall(r'"(?:[^"\\]|\\.)*"|[^,\s]+', inner)
        yield name, [json.loads(a) if a.startswith('"') else a for a in arguments]


def field_of(name, arguments):
    if name == "SINCE":
        return "since"
    kind, field = arguments
    return f"{kind} {field}" if name == "FIELD" else f"{name.lower()}:{kind} {field}"


def tables():
    records, events, choices = {}, [], {}
    for path in ("parts", "events", "events_payments"):
        fields = None
        for name, arguments in calls(f"ledger/book/{path}.def"):
            if name == "RECORD":
                fields = records[arguments[0]] = []
            elif name == "EVENT":
                fields = []
                events.append([arguments[2], int(arguments[3]), arguments[4], fields])
            elif name in ("FIELD", "CHOICE", "PART", "LIST", "SINCE") and fields is not None:
                fields.append(field_of(name, arguments))
            elif name == "END":
                fields = None
    for name, arguments in calls("ledger/book/choices.def"):
        if name == "CHOICE_BEGIN":
            words = choices[arguments[0]] = []
        elif name == "WORD":
            words.append(arguments[1])
    return records, events, choices


def names():
    records, events, choices = tables()
    used = set(re.findall(r"choice:(\w+)", str(records) + str(events)))
    decimals = {a[0]: int(a[1]) for n, a in calls("ledger/base/currencies.def") if n == "CURRENCY"}
    lines = ["const NAMES = {", "currencies: " + json.dumps(decimals, separators=(",", ":")) + ",", "choices: {"]
    lines += [f"{name}: {json.dumps(choices[name])}," for name in choices if name in used]
    lines += ["},", "records: {"]
    lines += [f"{name}: {json.dumps(', '.join(fields))}," for name, fields in records.items()]
    lines += ["},", "events: ["]
    lines += [json.dumps([wire, version, sentence, ", ".join(fields)], ensure_ascii=False) + "," for wire, version, sentence, fields in events]
    return "\n".join(lines + ["] };"])


def between(text, start, end, inner):
    head, rest = text.split(start, 1)
    return head + start + inner + end + rest.split(end, 1)[1]


def allowed(text, tag):
    inner = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.S).group(1)
    return base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as f:
        before = f.read()
    text = between(before, "by tests/tools/page.py, not by hand ---- */\n", "\n/* ---- end of names ---- */", names())
    for tag in ("script", "style"):
        text = re.sub(rf"{tag}-src 'sha256-[^']*'", f"{tag}-src 'sha256-{allowed(text, tag)}'", text)
    if "--check" not in sys.argv:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    elif text != before:
        sys.exit(f"{path}: is not in step with the tables: python3 tests/tools/page.py {path}")


main()
