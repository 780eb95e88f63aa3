"""Times of separators in the layout of the papers: parameters, time of a segment, RTF.

Published rows stand below the measured ones and are marked: they are copied from their source,
which tells neither device nor precision, and nobody has measured them here.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sepeval.errors import StoreError
from sepeval.publications import PublishedNumber, numbers
from sepeval.report.formats import aligned, escaped, pipes, wrapped
from sepeval.report.timing_rows import MISSING, TimingRow, cells, rows_of
from sepeval.timing import Timing, refuse_other_machines, what_differs

_HEAD = ("system", "parameters", "time, ms", "q25-q75", "RTF", "x first")
_MORE = ("track RTF", "nfe", "batch", "precision", "execution", "TFLOP", "of peak", "memory, MB")
_PRINTED = {"parameters": 1, "inference time": 2, "RTF": 4}  # column of each published number
_IN_MS = {"ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class TimingTable:
    """Times side by side.

    Attributes:
        protocol: id of the timing protocol.
        rows: one for each way of running a separator.
        published: what sources print, in the order of the columns.
        notes: sentences.
        signature: protocol, hash, machine, versions, counts.
    """

    protocol: str
    rows: tuple[TimingRow, ...]
    published: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    signature: str

    @property
    def title(self) -> str:
        """What the table shows."""
        return f"Times under {self.protocol}: median of all calls, all stems"

    def as_text(self, *, width: int = 160) -> str:
        """Return the table as aligned text."""
        parts = [wrapped(self.title, width), aligned((*_HEAD, *_MORE), self._grid(), width)]
        parts += [wrapped(note, width) for note in self.notes]
        return "\n\n".join([*parts, self.signature]) + "\n"

    def as_markdown(self) -> str:
        """Return the table as Markdown."""
        grid = [[escaped(row[0]), *row[1:]] for row in self._grid()]
        parts = [f"**{escaped(self.title)}**", pipes((*_HEAD, *_MORE), grid)]
        parts.append("\n".join(f"- {escaped(note)}" for note in self.notes))
        return "\n\n".join([*parts, escaped(self.signature)]) + "\n"

    def as_csv(self) -> str:
        """Return the measured rows, unrounded, with all quantiles of both clocks."""
        text = io.StringIO(newline="")
        flat = [_flat(dataclasses.asdict(row)) for row in self.rows]
        names = list(dict.fromkeys(name for row in flat for name in row))
        writer = csv.DictWriter(text, ["protocol", *names], lineterminator="\n")
        writer.writeheader()
        for row in flat:
            writer.writerow({"protocol": self.protocol, **row})
        return text.getvalue()

    def as_json(self) -> str:
        """Return everything as JSON."""
        head = (*_HEAD, *_MORE)
        document = {
            "title": self.title,
            "protocol": self.protocol,
            "rows": [dataclasses.asdict(row) for row in self.rows],
            "published": [dict(zip(head, row, strict=True)) for row in self.published],
            "notes": list(self.notes),
            "signature": self.signature,
        }
        return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)

    def _grid(self) -> list[tuple[str, ...]]:
        return [*(cells(row) for row in self.rows), *self.published]


def timing_table(
    timings: Sequence[Timing], *, mixed: bool = False, published: Mapping[str, str] | None = None
) -> TimingTable:
    """Return the table of runs of timings.

    Args:
        timings: under one timing protocol.
        mixed: accept runs from several machines, and mark each row with its own.
        published: filters of published numbers to be shown below; see `publications.numbers`.

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
        for one, letter in zip(timings, letters, strict=True)
        for row in rows_of(one, machine=letter)
    )
    lines, sources = _published(published) if published else ((), ())
    return TimingTable(
        timings[0].record.protocol_id,
        rows,
        lines,
        (*_notes(rows, timings, letters), *sources),
        _signature(timings),
    )


def by_protocol(timings: Sequence[Timing]) -> tuple[tuple[Timing, ...], ...]:
    """Return runs of timings by the meaning of their protocol, in order of appearance."""
    groups: dict[str, list[Timing]] = {}
    for one in timings:
        groups.setdefault(one.record.protocol_hash, []).append(one)
    return tuple(tuple(group) for group in groups.values())


def _notes(
    rows: Sequence[TimingRow], timings: Sequence[Timing], letters: Sequence[str]
) -> list[str]:
    """Return what a reader must know, in sentences."""
    units = list(dict.fromkeys(row.unit for row in rows))
    clock = {
        "segment": "time, RTF: one segment from the samples in memory to all stems",
        "track": "track: with chunks, overlap, transfers and joining, as a run separates it",
    }
    notes = [
        "; ".join(clock[unit] for unit in units)
        + ". RTF is over the audio that is produced; less is faster. x first: ratio to the first "
        "row of the run, the median over pairs of rounds in which the arms took turns",
    ]
    if any("random weights" in row.marks for row in rows):
        notes.append("random weights: the shape is the published one; there is no quality")
    if any(row.parameters for row in rows):
        notes.append("memory: weights + what a call takes beside them, at most")
    if any("not settled" in row.marks for row in rows):
        notes.append("not settled: the medians of the warm-up still differed when its time was up")
    if any(row.tflop is not None for row in rows):
        notes.append(
            "TFLOP: products of matrices, convolutions and attention of one item, two for a "
            "multiplication with addition; of peak: over what a product of two square matrices "
            "reaches here at this precision"
        )
    notes += [
        f"failed: {one.title}: {one.reason}" for timing in timings for one in timing.record.failed
    ]
    differ = what_differs(timings, letters)
    told = dict.fromkeys(
        f"machine {letter}: {_machine(one)}; differs in: {differ[letter]}"
        for one, letter in zip(timings, letters, strict=True)
        if letter
    )
    return [*notes, *told]


def _machine(timing: Timing) -> str:
    machine = timing.record.machine
    name = machine.device_name or machine.processor or machine.device
    versions = ", ".join(f"{key} {value}" for key, value in machine.versions.items())
    driver = machine.gpu.get("driver_version", "")
    parts = [name, f"{machine.threads} threads", versions, f"driver {driver}" if driver else ""]
    return ", ".join(part for part in parts if part)


def _signature(timings: Sequence[Timing]) -> str:
    first = timings[0].record
    machines = list(dict.fromkeys(_machine(one) for one in timings))
    place = machines[0] if len(machines) == 1 else f"{len(machines)} machines"
    arms = sum(len(one.record.arms) for one in timings)
    loads = [one.load for timing in timings for one in timing.record.states if one.load is not None]
    load = f" | load {min(loads):.1f} to {max(loads):.1f}" if loads else ""
    return (
        f"{first.protocol_id} {first.protocol_hash[:8]} | {place}{load} | {arms} arms in "
        f"{len(timings)} runs"
    )


def _published(
    filters: Mapping[str, str],
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    """Return published rows in the order of the columns, and notes on their sources."""
    from sepeval.errors import UnknownNameError

    found = [one for one in numbers(**filters) if one.metric in _PRINTED]
    if not found:
        named = ", ".join(f"{key}={value}" for key, value in filters.items())
        raise UnknownNameError(f"--published: no published time has {named or 'anything'}")
    origins: dict[tuple[str, str, str], int] = {}
    rows: dict[tuple[str, str, int], list[str]] = {}
    width = len(_HEAD) + len(_MORE)
    for one in found:
        origin = origins.setdefault((one.source, one.dataset, one.protocol), len(origins) + 1)
        name = f"{one.model}, {one.configuration}" if one.configuration else one.model
        row = rows.setdefault((one.model, one.configuration, origin), [MISSING] * width)
        row[0] = f"{name} (published) [{origin}]"
        row[_PRINTED[one.metric]] = _printed(one)
    notes = [
        "Rows marked as published are copied from their sources and not measured here; device, "
        "precision and warm-up are not stated there",
        *(
            f"[{place}] {dataset}, “{protocol}”. Source: {source}"
            for (source, dataset, protocol), place in origins.items()
        ),
    ]
    return tuple(tuple(row) for row in rows.values()), tuple(notes)


def _printed(number: PublishedNumber) -> str:
    """Return a number as it is printed, times in ms."""
    if number.metric != "inference time" or number.value is None:
        return number.printed
    return f"{number.value * _IN_MS.get(number.unit, 1.0):.6g}"


def _flat(document: Mapping[str, object], before: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{key}_")
        else:
            found[f"{before}{key}"] = " + ".join(value) if isinstance(value, tuple) else value
    return found
