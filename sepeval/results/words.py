"""Names and counts as they are written in messages, tables and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sepeval.registry import nearest
from sepeval.summary import ALL

_SHOWN = 5  # names that a message lists
_OF_ONE = {"are": "is", "have": "has"}


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


def several(count: int, words: str) -> str:
    """Return a count with its noun and verb, given for several.

    Example:
        >>> several(3, "stems have"), several(1, "stems have"), several(1, "tracks lie")
        ('3 stems have', '1 stem has', '1 track lies')
    """
    if count != 1:
        return f"{count} {words}"
    noun, verb = words.split()
    return f"1 {noun.removesuffix('s')} {_OF_ONE.get(verb, f'{verb}s')}"


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


def not_named(name: str, names: Sequence[str]) -> str:
    """Return why a name is that of no system; of runs with one label, their names.

    Example:
        >>> not_named("ours", ["ours 3336725d", "ours 47302a9a"])
        "2 systems are named 'ours'; say which: 'ours 3336725d', 'ours 47302a9a'"
    """
    alike = [repr(one) for one in names if one.rpartition(" ")[0] == name]
    if len(alike) > 1:
        return f"{len(alike)} systems are named {name!r}; say which: {', '.join(alike)}"
    return f"no system is named {name!r}; {nearest(name, names)}"


def headline(stems: Sequence[str]) -> str:
    """Return the column whose number stands for a table: `All`, else the protocol's first stem.

    Example:
        >>> headline(["bass", "drums", "All"]), headline(["vocals", "accompaniment"])
        ('All', 'vocals')
    """
    return ALL if ALL in stems else stems[0]
