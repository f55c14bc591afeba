#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""manual.py DAYBOOK MANUAL - writes the COMMANDS section of the manual anew from what the program says of itself.

The help of every command is made from the tables (commands.def, queries.def); so is this section, and nobody writes it by
hand. What stands around it is left as it is.
"""
import re
import subprocess
import sys
import textwrap


def help_of(daybook, *words):
    return subprocess.run([daybook, "help", *words], check=True, capture_output=True, text=True).stdout


def commands(daybook):
    section = re.search(r"^Commands:\n(.*?)^$", help_of(daybook), re.S | re.M).group(1)
    found = [m.group(1).split() for m in re.finditer(r"^  ([a-z-]+(?: [a-z-]+)?)  ", section, re.M)]
    nouns = list(dict.fromkeys(words[0] for words in found))
    return sorted(found, key=lambda words: nouns.index(words[0]))


def sentence(text):
    """A help text as a sentence; words that mdoc would take for its own stand behind an escape."""
    text = text[0].upper() + text[1:]
    text = text.replace("\\", "\\e")
    text = text if text.endswith((".", "…")) else text + "."
    width = 78 - (len(text.encode()) - len(text))  # mandoc counts bytes
    lines = textwrap.wrap(text, width, break_on_hyphens=False)
    return "\n".join("\\&" + line if line[0] in ".'" else line for line in lines)


def argument(word):
    return "Ar " + word.lower()


def usage(line):
    """usage: daybook noun verb USER --tier TEXT [FILE] [--OPTIONS] as mdoc's words."""
    out = []
    words = line.replace("[--OPTIONS]", "").split()
    at = 0
    while at < len(words):
        word = words[at]
        if word.startswith("--"):
            out.append("Fl -" + word[2:])
        elif word.startswith("["):
            out.append("Op " + argument(word.strip("[]")))
        elif word.isupper() or "-" in word and word.upper() == word:
            out.append(argument(word))
        at += 1
    return " ".join(out)


def entry(daybook, words):
    text = help_of(daybook, *words)
    head, _, rest = text.partition("\n\n")
    what, _, rest = rest.partition("\n\n")
    rest = re.split(r"^Anywhere:", rest, flags=re.M)[0]
    line = head.split("daybook ", 1)[1]
    line = line[len(" ".join(words)):]
    out = [(".It Cm " + " ".join(words) + " " + usage(line)).rstrip(), sentence(what.replace("\n", " "))]
    options = []
    for m in re.finditer(r"^  (-o, )?(--[a-z0-9-]+|[A-Z][A-Z0-9_-]*)(?: ([A-Z]+))?  +(.*)$", rest, re.M):
        name, value, says = m.group(2), m.group(3), m.group(4)
        macro = "Fl -" + name[2:] if name.startswith("--") else argument(name)
        if m.group(1):
            macro = "Fl o , " + macro
        options.append(".It " + macro + (" " + argument(value) if value else ""))
        options.append(sentence(says))
    if options:
        out += [".Bl -tag -width Ds -compact", *options, ".El"]
    example = re.search(r"^  \$ (daybook .*)$", rest, re.M)
    if example:
        out.append(".Dl $ " + example.group(1).replace("\\", "\\e"))
    return "\n".join(out)


def main():
    daybook, path = sys.argv[1:]
    manual = open(path, encoding="utf-8").read()
    head, rest = manual.split(".Sh COMMANDS\n", 1)
    tail = rest[rest.index(".Ss "):]
    body = "\n".join(entry(daybook, words) for words in commands(daybook))
    with open(path, "w", encoding="utf-8") as out:
        out.write(head + ".Sh COMMANDS\n.Bl -tag -width Ds\n" + body + "\n.El\n" + tail)


main()
