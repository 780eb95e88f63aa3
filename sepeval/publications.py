"""Numbers that others have published, as data: `reports/published/*.csv`.

One file per source, one line per number, with the protocol as the source states it. A number is
kept as it is printed; what is known to contradict it stands in its note. Nothing here is measured
by this package.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypedDict, Unpack

import pandas as pd

from sepeval.errors import DataError, UnknownNameError
from sepeval.registry import nearest

_PACKAGE = Path(__file__).parent
_MILLIONS = re.compile(r"(\d+(?:\.\d+)?)M")
_EXACT = ("stem", "metric")  # filters that a whole value must match


@dataclass(frozen=True)
class PublishedNumber:
    """One number as a source prints it.

    Attributes:
        source: paper, table or file, with its version or commit.
        dataset: and split, as stated.
        protocol: as stated.
        model: as the source calls it.
        configuration: of the model, as stated; empty if it is not.
        stem: name of the stem, or `All`.
        metric: as the source calls it.
        printed: the number as it is printed.
        value: in the unit; None where what is printed is no single number, such as a range.
        unit: of the number.
        note: contradictions and doubts, separated by `; `.
    """

    source: str
    dataset: str
    protocol: str
    model: str
    configuration: str
    stem: str
    metric: str
    printed: str
    value: float | None
    unit: str
    note: str


@dataclass(frozen=True)
class PublishedLine:
    """The numbers of one model under one stated protocol and metric, as a line of a table.

    Attributes:
        name: the model with its configuration.
        source: as in `PublishedNumber`, like the next four.
        dataset: and split, as stated.
        protocol: as stated.
        metric: as the source calls it.
        unit: of the numbers.
        numbers: by stem.
    """

    name: str
    source: str
    dataset: str
    protocol: str
    metric: str
    unit: str
    numbers: Mapping[str, PublishedNumber]


class Filters(TypedDict, total=False):
    """What a published number must have; see `numbers`."""

    source: str
    dataset: str
    protocol: str
    model: str
    configuration: str
    stem: str
    metric: str
    note: str


def published(**wanted: Unpack[Filters]) -> pd.DataFrame:
    """Return published numbers as a table, one line each; columns as in `PublishedNumber`.

    Args:
        **wanted: filters, as in `numbers`.

    Raises:
        UnknownNameError: there is no such column.
        DataError: the files are missing or damaged.
    """
    columns = [field.name for field in fields(PublishedNumber)]
    found = [[getattr(one, name) for name in columns] for one in numbers(**wanted)]
    table = pd.DataFrame(found, columns=columns)
    return table.astype({"value": "float64"})


def numbers(**wanted: Unpack[Filters]) -> tuple[PublishedNumber, ...]:
    """Return published numbers, in the order of the files and their lines.

    Args:
        **wanted: a text for each column that matters: part of it, or all of it for `stem` and
            `metric`. Case does not count, nor do `-`, `_` and blanks in stems and metrics:
            `metric="si_sdri"` finds `SI-SDRi`.

    Raises:
        UnknownNameError: there is no such column.
        DataError: the files are missing or damaged.
    """
    known = Filters.__annotations__
    for name in wanted:
        if name not in known:
            message = f"published numbers have no column {name!r}; {nearest(name, known)}"
            raise UnknownNameError(message)
    every = (one for path in _files() for one in _read(path))
    return tuple(one for one in every if _matches(one, dict(wanted)))


def lines(found: Iterable[PublishedNumber]) -> tuple[PublishedLine, ...]:
    """Return numbers grouped into lines of tables, in the order of appearance."""
    grouped: dict[tuple[str, str, str, str, str, str], dict[str, PublishedNumber]] = {}
    for one in found:
        name = f"{one.model}, {one.configuration}" if one.configuration else one.model
        key = (name, one.source, one.dataset, one.protocol, one.metric, one.unit)
        grouped.setdefault(key, {})[one.stem] = one
    return tuple(PublishedLine(*key, by_stem) for key, by_stem in grouped.items())


def same_name(one: str, other: str) -> bool:
    """Return whether two names of metrics or stems are spelled alike.

    Example:
        >>> same_name("SI-SDRi", "si_sdri"), same_name("uSDR", "sdr")
        (True, False)
    """
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return re.sub(r"[-_ ]", "", name).casefold()


def _matches(one: PublishedNumber, wanted: Mapping[str, object]) -> bool:
    for name, text in wanted.items():
        found = str(getattr(one, name))
        if name in _EXACT:
            if not same_name(found, str(text)):
                return False
        elif str(text).casefold() not in found.casefold():
            return False
    return True


def folder() -> Path:
    """Return the folder of published numbers: inside a wheel, or beside the package."""
    inside = _PACKAGE / "_published"
    return inside if inside.is_dir() else _PACKAGE.parent / "reports" / "published"


def _files() -> list[Path]:
    found = sorted(folder().glob("*.csv"))
    if not found:
        raise DataError(f"{folder()}: holds no published numbers; install the package again")
    return found


def _read(path: Path) -> list[PublishedNumber]:
    columns = [field.name for field in fields(PublishedNumber) if field.name != "printed"]
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames != columns:
                message = f"{path}: expected the columns {', '.join(columns)}"
                raise DataError(f"{message}; found {', '.join(reader.fieldnames or [])}")
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    for place, row in enumerate(rows):
        if set(row) != set(columns) or None in row.values():
            raise DataError(f"{path}: number {place} has another count of columns than the first")
    return [_number(row) for row in rows]


def _number(row: Mapping[str, str]) -> PublishedNumber:
    texts = {name: text for name, text in row.items() if name != "value"}
    return PublishedNumber(printed=row["value"], value=_value(row["value"]), **texts)


def _value(printed: str) -> float | None:
    """Return a printed number; `405M` is 405 millions; anything else is no single number."""
    millions = _MILLIONS.fullmatch(printed)
    if millions:
        return float(millions.group(1)) * 1e6
    try:
        return float(printed)
    except ValueError:
        return None
