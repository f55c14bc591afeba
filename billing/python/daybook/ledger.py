# SPDX-License-Identifier: MIT
"""An open ledger: one handle of the library, its lock, and the calls that go through it.

A directory is opened once in a process; whoever opens it again shares the handle, and the last one closes it.
A handle is for one thread at a time, so every call holds its lock; the interpreter runs on meanwhile.
"""
from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import threading
from ctypes import byref, c_char_p, c_void_p
from decimal import Decimal
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from .errors import Code, UsageError, error_of
from .library import ALERT, Error, Options, Webhook, library
from .values import Amount, argument, read_answer


class UsageAlert(NamedTuple):
    """What a callback is told: the total reached the threshold, both as quantities."""

    user_id: str
    usage_type: str
    threshold: Amount
    total: Amount


Watcher = Callable[[UsageAlert], Any]
_NOBODY = ctypes.cast(c_void_p(), ALERT)


def _text(value: Optional[str]) -> Optional[bytes]:
    """For a char *: what C would cut short is refused."""
    if value is None:
        return None
    made = os.fsencode(value)
    if b"\0" in made:
        raise UsageError("a text has a NUL in it")
    return made


def _raise(words: str, code: int, e: Error, answer: Any = None) -> None:
    raise error_of(words, code, e.kind.decode(), e.reason.decode(), e.message.decode("utf-8", "replace"),
                   answer)


def options_of(data_dir: str, settings: Mapping[str, Any]) -> Options:
    """The struct of the settings, which are given as argument() makes them."""
    known = {name for name, *_ in Options._fields_} - {"dir"}
    made = Options(dir=_text(data_dir))
    for name, value in settings.items():
        if name not in known:
            raise TypeError(f"BillingSystem() got an unexpected keyword argument '{name}'")
        setattr(made, name, _text(value) if isinstance(value, str) else value)
    return made


class Quiet:
    """While the library runs and may call back, signals wait: Python would handle them as the first thing in
    the callback, where what a handler raises is lost. In a callback's own code they are handled at once."""

    def __init__(self) -> None:
        self._handlers: Dict[int, Any] = {}
        self._waiting: List[int] = []

    def begin(self) -> None:
        if threading.current_thread() is threading.main_thread():  # no other one handles signals
            found = {number: signal.getsignal(number) for number in signal.valid_signals()}
            self._handlers = {number: handler for number, handler in found.items() if callable(handler)}
            self._silence()

    def end(self) -> None:
        handlers, waiting = self._handlers, self._waiting
        self._handlers, self._waiting = {}, []
        for number, handler in reversed(handlers.items()):  # Ctrl-C late, because it may be heard at once
            signal.signal(number, handler)
        for number in waiting:
            handlers[number](number, None)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        try:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            yield
        finally:
            self._silence()

    def _silence(self) -> None:
        for number in self._handlers:
            signal.signal(number, self._wait)

    def _wait(self, number: int, _: Any) -> None:
        self._waiting.append(number)


class Ledger:
    """Made by share() alone, and given back by release()."""

    _open: Dict[str, Ledger] = {}
    _guard = threading.RLock()

    def __init__(self, path: str, settings: Mapping[str, Any], create: bool) -> None:
        self.path, self.settings, self.users = path, dict(settings), 0
        self._handle = c_void_p()
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._depth = 0
        self._watchers: List[Watcher] = []
        self._watched: Dict[Tuple[str, str, str], int] = {}
        self._interrupt: Optional[BaseException] = None
        self._quiet = Quiet()
        # One for all, as old as the handle: what C calls may not be freed under it.
        self._alert = ALERT(self._fired)
        self._begin(options_of(path, settings), create)

    def _begin(self, options: Options, create: bool) -> None:
        e = Error()
        code = library.daybook_open(byref(self._handle), byref(options), byref(e))
        if code == Code.NOT_FOUND and create:
            parent = os.path.dirname(self.path)
            os.makedirs(parent, exist_ok=True)
            code = library.daybook_create(byref(options), byref(e))
            if code in (Code.OK, Code.REFUSED):  # REFUSED: another process was first
                code = library.daybook_open(byref(self._handle), byref(options), byref(e))
        if code != Code.OK:
            _raise("open", code, e)

    # ---- sharing

    @classmethod
    def share(cls, data_dir: Any, settings: Mapping[str, Any], create: bool) -> Ledger:
        """The open ledger of the directory. UsageError: it is open with other settings."""
        path = os.path.realpath(os.fspath(data_dir))
        given = {name: argument(value) for name, value in settings.items() if value is not None}
        with cls._guard:
            ledger = cls._open.get(path)
            if ledger is None:
                ledger = cls._open[path] = cls(path, given, create)
            elif any(ledger.settings.get(name) != value for name, value in given.items()):
                raise UsageError("this process has the ledger open already, with other settings")
            ledger.users += 1
            return ledger

    def release(self) -> None:
        """The last one closes it, or, in a callback, the call that called that. What a parent process opened
        is the parent's to close."""
        if self._process != os.getpid():
            return
        with self._lock:  # always before _guard, which a callback takes when it opens another ledger
            with Ledger._guard:
                self.users -= 1
            self._close_unused()

    def _close_unused(self) -> None:
        with Ledger._guard:
            if self.users == 0 and self._depth == 0 and self._handle:
                del Ledger._open[self.path]
                library.daybook_close(self._handle)
                self._handle = c_void_p()

    @classmethod
    def forget(cls) -> None:
        """In a child process: its parent's handles are not its own, and it may open what it needs itself."""
        cls._open = {}
        cls._guard = threading.RLock()

    # ---- calls

    def _enter(self) -> None:
        if self._process != os.getpid():
            raise UsageError(f"process {self._process} opened this ledger; a forked process opens it itself")
        self._lock.acquire()
        if not self._handle:
            self._lock.release()
            raise UsageError("the ledger is closed")
        self._depth += 1
        if self._depth == 1 and self._watchers:
            self._quiet.begin()

    def _leave(self) -> None:
        self._depth -= 1
        if self._depth > 0:
            self._lock.release()
            return
        interrupt, self._interrupt = self._interrupt, None
        try:
            self._close_unused()
            self._quiet.end()
            if interrupt is not None:
                raise interrupt
        finally:
            self._lock.release()

    def call(self, words: str, arguments: Mapping[str, Any], key: Optional[str] = None) -> Any:
        """Runs one call of the tables; the answer's amounts are decimals."""
        given = {name: argument(value) for name, value in arguments.items() if value is not None}
        asked, name, key_text = json.dumps(given).encode(), _text(words), _text(key)
        e, answer, text = Error(), c_void_p(), None
        self._enter()
        try:
            code = self._keyed(key_text, e)
            if code == Code.OK:
                code = library.daybook_call(self._handle, name, asked, byref(answer), byref(e))
            if answer.value is not None:
                text = ctypes.string_at(answer.value)
        finally:
            library.daybook_free(answer)
            if key_text is not None:
                library.daybook_set_idempotency_key(self._handle, None, None)
            self._leave()
        told = None if text is None else read_answer(words, json.loads(text))
        if code != Code.OK:
            _raise(words, code, e, told)
        return told

    def _keyed(self, key: Optional[bytes], e: Error) -> int:
        if key is None:
            return Code.OK
        return int(library.daybook_set_idempotency_key(self._handle, key, byref(e)))

    def set_now(self, now: Optional[str]) -> None:
        e = Error()
        self._enter()
        try:
            code = library.daybook_set_now(self._handle, _text(now), byref(e))
        finally:
            self._leave()
        if code != Code.OK:
            _raise("now", code, e)

    # ---- alerts

    def watch(self, user_id: str, usage_type: str, threshold: str, watcher: Optional[Watcher]) -> None:
        """Sets the alert; the same one again only sets its watcher."""
        e, context = Error(), None
        self._enter()
        try:
            if watcher is not None:
                context = self._watched.setdefault((user_id, usage_type, threshold), len(self._watchers) + 1)
                self._watchers[context - 1:context] = [watcher]
            code = library.daybook_set_usage_alert(
                self._handle, _text(user_id), _text(usage_type), _text(threshold),
                _NOBODY if watcher is None else self._alert, context, byref(e))
        finally:
            self._leave()
        if code != Code.OK:
            _raise("usage.alert", code, e)

    def _fired(self, context: int, user: bytes, usage_type: bytes, threshold: bytes, total: bytes) -> None:
        """Called by the library, within the call that recorded the usage. No exception may pass through C,
        and the usage is recorded: an error of the callback's goes to sys.unraisablehook, by ctypes, and only
        who wants the program stopped (Ctrl-C, sys.exit) is heard when the call is done."""
        try:
            with self._quiet.paused():
                self._watchers[context - 1](UsageAlert(user.decode(), usage_type.decode(),
                                                       Amount(threshold.decode()), Amount(total.decode())))
        except (KeyboardInterrupt, SystemExit) as why:
            self._interrupt = why

    # ---- what Stripe sends

    def handle_webhook(self, payload: bytes, signature: str, secrets: str) -> Dict[str, Any]:
        self._enter()
        try:
            return _webhook(lambda out, e: library.daybook_handle_webhook(
                self._handle, payload, len(payload), _text(signature), _text(secrets), out, e))
        finally:
            self._leave()


def check_webhook(payload: bytes, signature: str, secrets: str, now: Optional[str]) -> Dict[str, Any]:
    """The same without a ledger: it is genuine, and says this."""
    return _webhook(lambda out, e: library.daybook_check_webhook(
        payload, len(payload), _text(signature), _text(secrets), _text(now), out, e))


def _webhook(take: Callable[[Any, Any], Any]) -> Dict[str, Any]:
    e, out = Error(), ctypes.POINTER(Webhook)()
    try:
        code = take(byref(out), byref(e))
        made = {name: getattr(out.contents, name).decode() for name, *_ in Webhook._fields_} if out else {}
    finally:
        library.daybook_free(ctypes.cast(out, c_void_p))
    if code != Code.OK:
        _raise("webhook.handle", code, e)
    made["data"] = json.loads(made["data"], parse_float=Decimal)
    return made


os.register_at_fork(after_in_child=Ledger.forget)
