# SPDX-License-Identifier: MIT
"""Finds libdaybook.so and describes daybook.h to ctypes: only what this package calls."""
from __future__ import annotations

import ctypes
import os
import pathlib
from ctypes import POINTER, Structure, c_bool, c_char, c_char_p, c_int, c_size_t, c_void_p
from typing import Iterator, List

VERSION = "0.1.0"  # of the library that this package goes with, and its own


class Options(Structure):
    """struct daybook_options"""

    _fields_ = [
        ("dir", c_char_p), ("key_file", c_char_p), ("key_command", c_char_p), ("passphrase_file", c_char_p),
        ("passphrase_command", c_char_p), ("now", c_char_p), ("actor", c_char_p), ("catalog", c_char_p),
        ("no_catalog", c_bool), ("stripe_key_file", c_char_p), ("stripe_key_command", c_char_p),
        ("stripe_base", c_char_p), ("stripe_rate", c_int), ("stripe_window", c_int), ("token", c_char_p),
        ("token_file", c_char_p), ("checkpoint_key", c_char_p), ("publish", c_char_p),
        ("anchor_file", c_char_p),
    ]


class Error(Structure):
    """struct daybook_error"""

    _fields_ = [("code", c_int), ("kind", c_char * 24), ("reason", c_char * 40), ("message", c_char * 1024)]


class Webhook(Structure):
    """struct daybook_webhook"""

    _fields_ = [(name, c_char_p) for name in ("webhook_id", "event_id", "type", "data", "outcome", "what",
                                              "transaction_id")]


# daybook_alert: context, user_id, usage_type, threshold, total
ALERT = ctypes.CFUNCTYPE(None, c_void_p, c_char_p, c_char_p, c_char_p, c_char_p)

_PROTOTYPES = {
    "daybook_version": (c_char_p, []),
    "daybook_create": (c_int, [POINTER(Options), POINTER(Error)]),
    "daybook_open": (c_int, [POINTER(c_void_p), POINTER(Options), POINTER(Error)]),
    "daybook_close": (None, [c_void_p]),
    "daybook_free": (None, [c_void_p]),
    "daybook_set_now": (c_int, [c_void_p, c_char_p, POINTER(Error)]),
    "daybook_set_idempotency_key": (c_int, [c_void_p, c_char_p, POINTER(Error)]),
    "daybook_call": (c_int, [c_void_p, c_char_p, c_char_p, POINTER(c_void_p), POINTER(Error)]),
    "daybook_set_usage_alert": (c_int, [c_void_p, c_char_p, c_char_p, c_char_p, ALERT, c_void_p,
                                        POINTER(Error)]),
    "daybook_handle_webhook": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_char_p,
                                       POINTER(POINTER(Webhook)), POINTER(Error)]),
    "daybook_check_webhook": (c_int, [c_char_p, c_size_t, c_char_p, c_char_p, c_char_p,
                                      POINTER(POINTER(Webhook)), POINTER(Error)]),
}


def _candidates() -> Iterator[str]:
    named = os.environ.get("DAYBOOK_LIBRARY")
    if named:
        yield named  # and nothing else: who names one means it
        return
    here = pathlib.Path(__file__).resolve().parent
    places = [here]
    if here.parts[-3:] == ("billing", "python", "daybook"):
        places += [here.parents[2] / "build" / variant for variant in ("release", "debug")]
    for place in places:
        if (place / "libdaybook.so").is_file():
            yield str(place / "libdaybook.so")
    yield f"libdaybook.so.{VERSION.partition('.')[0]}"  # the system's


def _load() -> ctypes.CDLL:
    tried: List[str] = []
    for path in _candidates():
        try:
            return ctypes.CDLL(path)
        except OSError as why:
            tried.append(str(why))
    raise ImportError("libdaybook.so cannot be loaded, not beside this package, in its build tree or from the system: "
                      "run 'make' and 'make install', or name it in DAYBOOK_LIBRARY (" + "; ".join(tried) + ")")


def _declared(loaded: ctypes.CDLL) -> ctypes.CDLL:
    try:
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
    except AttributeError as why:
        raise ImportError(f"this is not the libdaybook.so of version {VERSION}: {why}") from None
    version = loaded.daybook_version().decode()
    if version != VERSION:
        raise ImportError(f"libdaybook.so is version {version}, and this package goes with {VERSION}")
    return loaded


library = _declared(_load())
