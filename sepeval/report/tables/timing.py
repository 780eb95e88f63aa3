"""Times of separators in the layout of the papers: parameters, time of a segment, RTF.

Published rows stand below the measured ones and are marked: they are copied from their source,
which tells neither device nor precision, and nobody has measured them here.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sepeval import csv_text
from sepeval.errors import StoreError
from sepeval.report.tables.formats import aligned, escaped, pipes, wrapped
from sepeval.report.tables.published_times import published_rows
from sepeval.report.tables.timed_quality import Joined
from sepeval.report.tables.timing_notes import notes, signature
from sepeval.report.tables.timing_rows import MISSING, TimingRow, cells, rows_of
from sepeval.timing import Timing, refuse_other_machines

_PAPER = (
    *("system", "parameters", "segment, s", "time, ms", "RTF", "track, s", "track RTF"),
    *("x first", "nfe", "precision", "execution"),
)
_WAY = ("system", "precision", "execution")  # tells the rows of the second table apart


class _Grid(NamedTuple):
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class TimingTable:
    """Times side by side.

    Attributes:
        protocol: id of the timing protocol.
        rows: one for each way of running a separator.
        published: what sources print, by columns.
        notes: sentences.
        signature: protocol, hash, machine, versions, counts.
        quality: numbers of the same separators, from scored runs.
    """

    protocol: str
    rows: tuple[TimingRow, ...]
    published: tuple[Mapping[str, str], ...]
    notes: tuple[str, ...]
    signature: str
    quality: Joined | None = None

    @property
    def title(self) -> str:
        """What the table shows."""
        return f"Times under {self.protocol}: median of all calls, all stems"

    def as_text(self, *, width: int = 160) -> str:
        """Return the table as aligned text."""
        parts = [wrapped(self.title, width)]
        parts += [aligned(head, grid, width) for head, grid in self._grids()]
        parts += [wrapped(note, width) for note in self.notes]
        return "\n\n".join([*parts, self.signature]) + "\n"

    def as_markdown(self) -> str:
        """Return the table as Markdown."""
        parts = [f"**{escaped(self.title)}**"]
        for head, grid in self._grids():
            parts.append(pipes(head, [[escaped(row[0]), *row[1:]] for row in grid]))
        parts.append("\n".join(f"- {escaped(note)}" for note in self.notes))
        return "\n\n".join([*parts, escaped(self.signature)]) + "\n"

    def as_csv(self) -> str:
        """Return the measured rows, unrounded, with all quantiles of both clocks."""
        flat = [
            {**_flat(dataclasses.asdict(row)), **self._numbers(place)}
            for place, row in enumerate(self.rows)
        ]
        names = list(dict.fromkeys(name for row in flat for name in row))
        rows = [{"protocol": self.protocol, **row} for row in flat]
        return csv_text.as_csv(["protocol", *names], rows)

    def as_json(self) -> str:
        """Return everything as JSON."""
        document = {
            "title": self.title,
            "protocol": self.protocol,
            "rows": [dataclasses.asdict(row) for row in self.rows],
            "published": [dict(row) for row in self.published],
            "quality": None if self.quality is None else dataclasses.asdict(self.quality),
            "notes": list(self.notes),
            "signature": self.signature,
        }
        return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)

    def _grids(self) -> list[_Grid]:
        """What papers print, with published rows; and what is known of the measured rows beside."""
        measured = [cells(row) for row in self.rows]
        more = [name for name in measured[0] if name not in _PAPER]
        lines: list[Mapping[str, str]] = [*measured, *self.published]
        columns: tuple[str, ...] = _PAPER
        if self.quality is not None:
            columns = (*_PAPER, self.quality.column)
            values = [self.quality.of(place) for place in range(len(measured))]
            own = [
                {**cells, self.quality.column: " / ".join(f"{one.value:.2f}" for one in found)}
                for cells, found in zip(measured, values, strict=True)
            ]
            lines = [*own, *self.published]
        return [_grid(columns, lines), _grid((*_WAY, *more), measured)]

    def _numbers(self, place: int) -> dict[str, object]:
        """Return what was scored of a row, flat; empty for a table of times alone."""
        if self.quality is None:
            return {}
        found = self.quality.of(place)
        return {
            "scored_under": self.quality.protocol,
            "metric": self.quality.metric,
            "value": " + ".join(str(one.value) for one in found),
            "runs": " + ".join(one.name for one in found),
        }


def _grid(columns: Sequence[str], lines: Sequence[Mapping[str, str]]) -> _Grid:
    """The columns in which something stands."""
    head = tuple(
        name for name in columns if any(line.get(name, MISSING) != MISSING for line in lines)
    )
    return _Grid(head, [tuple(line.get(name) or MISSING for name in head) for line in lines])


def timing_table(
    timings: Sequence[Timing],
    *,
    mixed: bool = False,
    published: Mapping[str, str] | None = None,
    quality: Joined | None = None,
) -> TimingTable:
    """Return the table of runs of timings.

    Args:
        timings: under one timing protocol.
        mixed: accept runs from several machines, and mark each row with its own.
        published: filters of published numbers to be shown below; see `publications.numbers`.
        quality: numbers of the same separators, from `timed_quality.joined` of the same timings.

    Raises:
        StoreError: the runs have several protocols, or are from several machines and that was not
            asked for.
        UnknownNameError: no published number has what the filters ask for.
    """
    protocols = {one.record.protocol_hash for one in timings}
    if len(protocols) > 1:
        names = ", ".join(dict.fromkeys(one.record.protocol_id for one in timings))
        message = f"these timings have several protocols ({names}); their times are no one table's"
        raise StoreError(message)
    letters = refuse_other_machines(timings, mixed=mixed)
    rows = tuple(
        row
        for place, (one, letter) in enumerate(zip(timings, letters, strict=True), start=1)
        for row in rows_of(one, machine=letter, run=place if len(timings) > 1 else None)
    )
    lines, sources = published_rows(published, quality) if published else ((), ())
    return TimingTable(
        timings[0].record.protocol_id,
        rows,
        lines,
        (*notes(rows, timings, letters), *_of_quality(quality), *sources),
        signature(timings),
        quality,
    )


def by_protocol(timings: Sequence[Timing]) -> tuple[tuple[Timing, ...], ...]:
    """Return runs of timings by the meaning of their protocol, in order of appearance."""
    groups: dict[str, list[Timing]] = {}
    for one in timings:
        groups.setdefault(one.record.protocol_hash, []).append(one)
    return tuple(tuple(group) for group in groups.values())


def _of_quality(quality: Joined | None) -> list[str]:
    """Return whose numbers stand beside the times."""
    if quality is None:
        return []
    names = ", ".join(dict.fromkeys(one.name for one in quality.matches)) or "no run"
    return [
        f"{quality.column}: the number of all stems under {quality.protocol}, of runs of the same "
        f"separator, weights, precision and chunks: {names}"
        + "".join(f"; {one}" for one in quality.left)
    ]


def _flat(document: Mapping[str, object], before: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{key}_")
        else:
            found[f"{before}{key}"] = " + ".join(value) if isinstance(value, tuple) else value
    return found
