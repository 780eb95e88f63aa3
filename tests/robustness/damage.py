"""Ways to spoil a file, the same in each run, and the one way in which a spoiled file may end."""

from __future__ import annotations

import faulthandler
import json
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

import numpy as np

from sepeval.errors import SepevalError
from tests.robustness.figures import REDUCED, count

LIMIT_S = 20.0  # of one case; most take milliseconds
SIZES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)  # where programs err
Result = TypeVar("Result")


def rounds(full: int) -> int:
    """Return how many cases are tried: an eighth of them in the reduced form."""
    return max(1, full // 8) if REDUCED else full


def damaged(content: bytes, cases: int, *, seed: int = 0, head: int = 0) -> Iterator[bytes]:
    """Yield so many spoiled copies of a file.

    Args:
        content: of the file.
        cases: how many copies.
        seed: of all draws.
        head: bytes at the start in which every second damage lies; 0: it lies anywhere.
    """
    generator = np.random.default_rng([seed, len(content)])
    for number in range(cases):
        reach = head if head and number % 2 else len(content)
        way = _WAYS[number % len(_WAYS)]
        spoiled = way(bytearray(content), min(reach, len(content)), generator)
        if bytes(spoiled) != content:
            yield bytes(spoiled)


def _flip(data: bytearray, reach: int, draw: np.random.Generator) -> bytearray:
    for _ in range(int(draw.integers(1, 4))):
        data[int(draw.integers(reach))] ^= 1 << int(draw.integers(8))
    return data


def _cut(data: bytearray, reach: int, draw: np.random.Generator) -> bytearray:
    return data[: int(draw.integers(reach))]


def _zero(data: bytearray, reach: int, draw: np.random.Generator) -> bytearray:
    start, stop = _stretch(data, reach, draw)
    data[start:stop] = bytes(stop - start)
    return data


def _double(data: bytearray, reach: int, draw: np.random.Generator) -> bytearray:
    start, stop = _stretch(data, reach, draw)
    return data[:stop] + data[start:stop] + data[stop:]


def _leave_out(data: bytearray, reach: int, draw: np.random.Generator) -> bytearray:
    start, stop = _stretch(data, reach, draw)
    return data[:start] + data[stop:]


def _swap(data: bytearray, reach: int, draw: np.random.Generator) -> bytearray:
    start, stop = _stretch(data, reach, draw)
    middle = (start + stop) // 2
    return data[:start] + data[middle:stop] + data[start:middle] + data[stop:]


def _size(data: bytearray, reach: int, draw: np.random.Generator) -> bytearray:
    """Put a size at which programs err where one could stand."""
    width, order = int(draw.choice([1, 2, 4, 8])), str(draw.choice(["little", "big"]))
    start = int(draw.integers(max(1, reach - width)))
    value = int(draw.choice(SIZES)) % (1 << 8 * width)
    data[start : start + width] = value.to_bytes(width, order)  # type: ignore[arg-type]  # one of two
    return data


def _insert(data: bytearray, reach: int, draw: np.random.Generator) -> bytearray:
    start = int(draw.integers(reach))
    return data[:start] + draw.bytes(int(draw.integers(1, 64))) + data[start:]


def _stretch(data: bytearray, reach: int, draw: np.random.Generator) -> tuple[int, int]:
    start = int(draw.integers(reach))
    return start, min(len(data), start + int(2 ** draw.uniform(0, 10)))


_WAYS = (_flip, _cut, _size, _zero, _double, _leave_out, _swap, _insert)

STRANGE: tuple[object, ...] = (
    *(None, True, 0, -1, 1e308, -1e-320, 2**70, 10**400, float("nan"), float("inf")),
    *("", " ", ".", "..", "../up", "/etc/passwd", "a/b", "a\\b", "C:x", "~", "x" * 5000),
    *("\0", "a\nb", "\x1b[2J", "\ud800", "\u202egnp", "NUL", "-rf", "=1+1", "<b>", "{track}", "%s"),
    *([], {}, [[]], [None], {"": 0}, {"a": {"a": {"a": []}}}),
)


def spoiled(document: object, cases: int, *, seed: int = 0) -> Iterator[Any]:
    """Yield so many copies of a document of plain values, each with one or two values changed."""
    generator = np.random.default_rng([seed, 7])
    text = json.dumps(document)
    for _ in range(cases):
        found = json.loads(text)
        for _ in range(int(generator.integers(1, 3))):
            found = _changed(found, generator)
        yield found


def _changed(document: Any, draw: np.random.Generator) -> Any:  # noqa: ANN401 - plain values
    places = list(_places(document))
    strange = STRANGE[int(draw.integers(len(STRANGE)))]
    if not places:
        return strange
    holder, key = places[int(draw.integers(len(places)))]
    way = int(draw.integers(6))
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, list):
        holder.append(holder[key])
    elif way == 1:
        holder[f"{key}_"] = holder.pop(key)
    elif way == 2:
        holder[key] = [holder[key]]
    else:
        holder[key] = strange
    return document


def _places(document: object) -> Iterator[tuple[Any, Any]]:
    """Yield every container with each of its keys."""
    entries: list[tuple[Any, object]] = []
    if isinstance(document, Mapping):
        entries = list(document.items())
    elif isinstance(document, list):
        entries = list(enumerate(document))
    for key, value in entries:
        yield document, key
        yield from _places(value)


def ends_well(kind: str, action: Callable[..., Result], *given: object) -> Result | None:
    """Return what an action makes of one bad input, or None where it refuses it; count both."""
    count(f"bad inputs tried: {kind}")
    found = refused_or(action, *given)
    if found is None:
        count(f"bad inputs refused: {kind}")
    return found


def refused_or(action: Callable[..., Result], *given: object) -> Result | None:
    """Return what an action returns, or None where it ends in a clear error.

    Any other exception, a warning, and a case that takes too long go through to the test.
    """
    try:
        with warnings.catch_warnings(), time_limit(LIMIT_S):
            warnings.simplefilter("error")
            return action(*given)
    except SepevalError as error:
        message = str(error)
        assert message.strip(), "an error without words"
        assert len(message) < 20_000, "an error that is a flood"
        message.encode()  # it can be shown and stored
        return None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeoutError` after so long; end the process where compiled code does not return."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        message = f"a case took more than {seconds} s"
        raise TimeoutError(message)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(5 * seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
