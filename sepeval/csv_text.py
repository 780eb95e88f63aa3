"""Rows as CSV that a spreadsheet shows and never computes.

A name from data can begin like a formula: a track `=cmd|...` would be run by a program that opens
the file. A text that begins so gets an apostrophe in front, as such programs expect it; numbers
stay as they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_BEGINS = tuple("=+-@\t\r\n＝＋－＠")  # also as full-width signs, which some programs take alike


def inert(value: object) -> object:
    """Return a value as it may stand in a spreadsheet.

    Example:
        >>> [inert(value) for value in ("=1+1", "-3.5", "-rf", -3.5, "bass")]
        ["'=1+1", '-3.5', "'-rf", -3.5, 'bass']
    """
    if not isinstance(value, str) or not value.startswith(_BEGINS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def frame_as_csv(frame: pd.DataFrame) -> str:
    """Return a table as CSV, without its index."""
    texts = frame.select_dtypes(exclude=["number", "bool"])
    safe = frame.assign(**{str(name): texts[name].map(inert) for name in texts})
    found: str = safe.to_csv(index=False, lineterminator="\n")
    return found


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return rows under a line of names; a value that a row lacks is empty.

    Args:
        columns: names, in their order; a row has no others.
        rows: values by column.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([inert(name) for name in columns])
    known = set(columns)
    for row in rows:
        if not known.issuperset(row):
            raise ValueError(f"a row has {sorted(set(row) - known)} besides {list(columns)}")
        writer.writerow([inert(row.get(name, "")) for name in columns])
    return text.getvalue()
