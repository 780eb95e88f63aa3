"""Names and counts as they are written in messages, tables and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_SHOWN = 5  # names that a message lists


def as_text(value: object) -> str:
    """Return a value of an identity in words; choices as `name=value`."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={one}" for key, one in sorted(value.items())) or "none"
    return str(value)


def plain(text: str) -> str:
    """Return a text on one line without control characters.

    Example:
        >>> plain(" a  b" + chr(10) + chr(7))
        'a b'
    """
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(shown.split())


def some(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are.

    Example:
        >>> some(["a", "b"])
        'a, b'
    """
    more = len(names) - _SHOWN
    listed = ", ".join(names[:_SHOWN])
    return f"{listed} and {more} more" if more > 0 else listed


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun.

    Example:
        >>> count_of(1, "track"), count_of(2, "track")
        ('1 track', '2 tracks')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
