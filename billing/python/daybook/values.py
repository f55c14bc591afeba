# SPDX-License-Identifier: MIT
"""Values on their way in and out: decimals that never pass through floating point, dates, times, paths."""
from __future__ import annotations

import datetime
import decimal
import enum
import os
from decimal import Decimal
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Union

from .decimals import DECIMALS, TEXTS_OF
from .errors import InvalidError

Number = Union[Decimal, int, float, str]
_EXACT = decimal.Context(prec=60)


def decimal_of(value: Number) -> Decimal:
    """The number that somebody wrote: a float is the shortest decimal that reads back as it, so that 0.1 is
    one tenth. InvalidError when it is no finite number."""
    try:
        made = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    except (decimal.InvalidOperation, TypeError, ValueError):
        raise InvalidError(f"{value!r} is no decimal number") from None
    if not made.is_finite():
        raise InvalidError(f"{value!r} is no finite number")
    return made


def _with_floats(name: str) -> Callable[..., Any]:
    plain = getattr(Decimal, name)

    def method(self: Amount, other: Any) -> Any:
        if isinstance(other, float):
            other = Decimal(repr(other))
        made = plain(self, other)
        return Amount(made) if isinstance(made, Decimal) else made

    method.__name__ = name
    return method


class Amount(Decimal):
    """Money or a quantity, exactly. A Decimal that can be reckoned and compared with floats, too: each is
    taken by its shortest decimal text, so Amount("57") * 0.01 is 0.57 and Amount("2.3") == 2.3. Hashes are
    Decimal's; do not mix amounts and floats as keys of one dict."""

    __slots__ = ()
    __hash__ = Decimal.__hash__

    def __neg__(self) -> Amount:
        return Amount(Decimal.__neg__(self))

    def __abs__(self) -> Amount:
        return Amount(Decimal.__abs__(self))


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "mod", "rmod", "floordiv",
              "rfloordiv", "eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Amount, f"__{_name}__", _with_floats(f"__{_name}__"))

UNLIMITED = Amount("Infinity")


def argument(value: Any) -> Any:
    """A value as the ledger's JSON has it."""
    if isinstance(value, enum.Enum):
        return argument(value.value)
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if -(2 ** 63) <= value < 2 ** 63 else str(value)
    if isinstance(value, (float, Decimal)):
        return format(decimal_of(value), "f")
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise InvalidError(f"the time {value.isoformat()} has no time zone")
        return value.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(name): argument(member) for name, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [argument(item) for item in value]
    raise InvalidError(f"a value of the type {type(value).__name__} has no meaning here")


def _is_decimal_text(text: str) -> bool:
    digits = text[1:] if text[:1] == "-" else text
    whole, point, part = digits.partition(".")
    return whole.isascii() and whole.isdigit() and (not point or (part.isascii() and part.isdigit()))


def _read(value: Any, names: FrozenSet[str]) -> Any:
    if isinstance(value, list):
        return [_read(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    made: Dict[str, Any] = {}
    for name, member in value.items():
        if isinstance(member, str) and name in names and _is_decimal_text(member):
            made[name] = Amount(member)
        else:
            made[name] = _read(member, names)
    return made


def read_answer(words: str, value: Any) -> Any:
    """An answer of the call `words` with its amounts, prices, rates and quantities as Amount. Which members
    are such is declared (decimals.py), not guessed by how a text looks; a customer's text never is one."""
    names = DECIMALS - TEXTS_OF.get(words, frozenset())
    if words == "usage.show":  # it has members called as the usage types are
        types: List[str] = [row["usage_type"] for row in value["usage"]]
        names = names.union(types, [f"{one}_limit" for one in types])
    return _read(value, names)
