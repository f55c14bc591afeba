# SPDX-License-Identifier: MIT
# archive_stories.py - archives of ledgers to which something happened, and each with one fault: master keys that were replaced,
# generations that were lost, checkpoint keys that named the next. archive_faults.py writes them with the others.

from make_archive import ORIGIN, Ledger, Signer, archive_of, leaf_of, pack, put, root_of, seal, sha, stranger


def at(number, /, **changes):
    return {number: put(**changes)}


def body(*values):
    return lambda fields, ledger: pack(list(values))


# ---- master keys and generations: a ledger with all of them, and one fault each

NEXT_KEY, LAST_KEY = b"next key", b"last key"
KEYS_AT, KEYS_AGAIN_AT, GENERATION_AT, GENERATION_AGAIN_AT, STORY = 60, 90, 100, 130, 150
STORY_SIZES = (2, 59, 62, 100, 101, 130, 131, STORY)


def told(bend=None, until=STORY):
    """Two rotations and two losses."""
    ledger = Ledger(5, bend)
    ledger.grow(KEYS_AT)
    ledger.rotate(NEXT_KEY)
    ledger.grow(KEYS_AGAIN_AT)
    ledger.rotate(LAST_KEY)
    ledger.grow(GENERATION_AT)
    ledger.lose(120)
    ledger.grow(GENERATION_AGAIN_AT)
    ledger.lose(GENERATION_AGAIN_AT)
    ledger.grow(until)
    return ledger.records


def signer_of(generation):
    return Signer(sha(b"seed of a signer", str(generation).encode()), ORIGIN + ("" if generation == 1 else f"/{generation}"))


def generation_of(size):
    return 1 + (size > GENERATION_AT) + (size > GENERATION_AGAIN_AT)


def story(bend=None, change=None, sizes=STORY_SIZES, newest=None):
    """An archive of it, signed by the key of each generation; `change` may give a checkpoint to another."""
    records, last = told(bend, sizes[-1]), signer_of((change or {}).get(sizes[-1], generation_of(sizes[-1])))
    leaves = [leaf_of(r) for r in records]
    files = archive_of(records, last, [len(records)])
    for size in sizes:
        files[f"checkpoints/{size:020}"] = signer_of((change or {}).get(size, generation_of(size))).note(size, root_of(leaves[:size]))
    if newest:
        last = signer_of(newest)
        files["checkpoint"] = last.note(len(records), root_of(leaves))
        del files["signify.pub"]
    return seal(files, last)


def member(place, value):
    """Of a record's body, as it would be with another value there."""
    def change(fields, ledger):
        values = list(unpacked(fields["body"]))
        values[place] = value(values, ledger) if callable(value) else value
        return pack(values)
    return change


def unpacked(data):
    """The values of an array of integers, bin and short strings."""
    count, at = data[0] & 0x0F, 1
    for _ in range(count):
        head = data[at]
        at += 1
        if head < 0x80:
            yield head
        elif 0xCC <= head <= 0xCF:
            size = 1 << (head - 0xCC)
            yield int.from_bytes(data[at : at + size], "big")
            at += size
        elif head == 0xC4:
            yield data[at + 1 : at + 1 + data[at]]
            at += 1 + data[at]
        else:
            yield data[at : at + (head & 0x1F)].decode()
            at += head & 0x1F


def story_fault(number, place, value):
    return at(number, body=member(place, value))


STORY_FAULTS = {
    "keys_kind": story_fault(KEYS_AT, 0, 2),
    "keys_name": story_fault(KEYS_AT, 1, b"nine byte"),
    "keys_old_name_size": story_fault(KEYS_AT, 2, b"nine byte"),
    "keys_same_name": {KEYS_AT: put(body=member(1, bytes(8))), KEYS_AT + 1: put(body=member(3, bytes(8)))},
    "keys_nonce": story_fault(KEYS_AT, 3, bytes(11)),
    "keys_sealed": story_fault(KEYS_AT, 4, bytes(47)),
    "keys_members": at(KEYS_AT, body=body(1, NEXT_KEY, bytes(8), bytes(12), bytes(48))),
    "keys_behind": at(KEYS_AT, body=lambda f, l: f["body"] + b"\xc0"),
    "keys_with_epoch": at(KEYS_AT, epoch=1),
    "keys_with_commit": at(KEYS_AT, commit=b"c" * 32),
    "keys_of_another": story_fault(KEYS_AT, 2, b"a secret"),
    "keys_before": story_fault(KEYS_AGAIN_AT, 5, KEYS_AT - 1),
    "keys_before_first": story_fault(KEYS_AT, 5, 1),
    "keys_no_epoch": at(KEYS_AT + 1, **{"class": 3}, epoch=1, commit=b"c" * 32),
    "keys_other_epoch": story_fault(KEYS_AT + 1, 3, b"a secret"),
    "keys_twice": at(KEYS_AT + 1, **{"class": 4}, body=lambda f, l: pack([1, LAST_KEY, NEXT_KEY, bytes(12), bytes(48), KEYS_AT])),
    "epoch_of_a_key_not_announced": story_fault(41, 3, b"a secret"),
    "generation_skipped": story_fault(GENERATION_AT, 0, 3),
    "generation_again": story_fault(GENERATION_AGAIN_AT, 0, 2),
    "generation_one": story_fault(GENERATION_AT, 0, 1),
    "generation_huge": story_fault(GENERATION_AT, 0, 1 << 32),
    "generation_restored": story_fault(GENERATION_AT, 1, GENERATION_AT - 1),
    "generation_root": story_fault(GENERATION_AT, 2, b"r" * 32),
    "generation_root_of_another": story_fault(GENERATION_AT, 2, lambda v, l: root_of([leaf_of(r) for r in l.records[:-1]])),
    "generation_root_size": story_fault(GENERATION_AT, 2, bytes(33)),
    "generation_lost_nothing": story_fault(GENERATION_AT, 3, 0),
    "generation_lost_root_size": story_fault(GENERATION_AT, 4, bytes(31)),
    "generation_lost_what_is_there": story_fault(GENERATION_AGAIN_AT, 4, lambda v, l: v[2]),
    "generation_reason_long": story_fault(GENERATION_AT, 5, "x" * 513),
    "generation_reason": story_fault(GENERATION_AT, 5, 7),
    "generation_members": at(GENERATION_AT, body=lambda f, l: bytes([0x95]) + f["body"][1:].rsplit(b"\xaf", 1)[0]),
    "generation_behind": at(GENERATION_AT, body=lambda f, l: f["body"] + b"\xc0"),
    "generation_with_epoch": at(GENERATION_AT, epoch=1),
}
# Which record is named, where it is not the one that was changed.
STORY_NAMED = {"keys_no_epoch": KEYS_AT, "keys_other_epoch": KEYS_AT, "keys_twice": KEYS_AT}
STORY_SIGNED = {
    "story_older_by_next": {GENERATION_AT: 2},
    "story_newer_by_last": {GENERATION_AT + 1: 1},
    "story_newest_by_last": {STORY: 2},
    "story_newest_by_none_yet": {STORY: 4},
}
STORIES = {"story_sound": {}, **STORY_FAULTS, **STORY_SIGNED, "story_keys_last": {}, "story_key_missing": {}, "story_newest_key_missing": {},
           "story_newest_of_another": {}}


def stories():
    for name in STORIES:
        if name == "story_keys_last":  # the record behind a KEYS record is there
            ledger = Ledger(5)
            ledger.grow(KEYS_AT)
            ledger.rotate(NEXT_KEY)
            yield name, archive_of(ledger.records[:-1], signer_of(1), [KEYS_AT + 1])
        else:
            yield name, story(STORY_FAULTS.get(name), STORY_SIGNED.get(name), newest=2 if name == "story_newest_of_another" else None)


def story_keys(name):
    """Of all generations, but for the cases that want one."""
    missing = {"story_key_missing": 1, "story_newest_key_missing": 3}.get(name)
    return "".join(signer_of(g).line() for g in range(1, 5) if g != missing) + stranger("daybook/fedcba9876543210").line()


# ---- keys that name keys: the auditor has the first one's, the third signs


def handed(*, name=ORIGIN, head="daybook-key-rotation@v1", says="7", by=None, to=None, key=None, file=None, false=False, behind=""):
    """A note by which a key names the next one: the file and what is in it."""
    old, new = by or HANDS[0], to or HANDS[1]
    text = f"{head}\n{name}\n{says}\n{key or new.line()}{behind}"
    lines = [signer.signature(text) for signer in (old, new)]
    if false:
        lines[false - 1] = (old, new)[false - 1].signature("another text\n")
    return {f"keys/{file or new.id.hex()}": (text + "\n" + "".join(lines)).encode()}


HANDS = [Signer(sha(b"hand", bytes([i]))) for i in range(3)]
FOREIGN = Signer(sha(b"hand"), "daybook/fedcba9876543210")
LATER = handed(by=HANDS[1], to=HANDS[2])
HANDED = {
    "handed_sound": {},
    "handed_head": handed(head="daybook-key-rotation@v2"),
    "handed_name": handed(name="daybook/fedcba9876543210"),
    "handed_number": handed(says="07"),
    "handed_more": handed(behind="more\n"),
    "handed_key": handed(key=HANDS[1].line().replace("+", "+0", 1)),
    "handed_file": handed(file="00000000"),
    "handed_old_false": handed(false=1),
    "handed_new_false": handed(false=2),
    "handed_new_by_itself": {name: note.replace(HANDS[1].signature(note.decode().split("\n\n")[0] + "\n").encode(), b"")
                             for name, note in handed().items()},
    "handed_by_stranger": handed(by=Signer(sha(b"hand of a stranger"))),
    "handed_by_foreigner": handed(by=FOREIGN),
    "handed_missing": None,
}


def handovers():
    records = Ledger(6).grow(20)
    for name, change in HANDED.items():
        files = archive_of(records, HANDS[2], [20])
        files.update(LATER)
        if change is not None:
            files.update(change or handed())
        yield name, seal(files, HANDS[2])
