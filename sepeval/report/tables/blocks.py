"""The parts of a table as texts and counts, before they become one format or another.

A block is systems x stems for one summary of one metric. Behind it stand its counts: blocks whose
counts agree share one list of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sepeval.report.tables.rivals import rivals, unmarked
from sepeval.results import Results, failed, is_complete
from sepeval.results.signature import between, in_order
from sepeval.results.traits import direction, in_unit
from sepeval.results.words import plain, some
from sepeval.summary import ALL, SummaryRow
from sepeval.types import Status

MISSING = "-"
_INFINITE = {Status.PLUS_INF: "+inf", Status.MINUS_INF: "-inf"}
Lines: TypeAlias = tuple[
    tuple[str, tuple[int, ...]], ...
]  # names of counts, and one number per stem


@dataclass(frozen=True)
class Cell:
    """One number as it is shown.

    Attributes:
        text: with the decimals of the table; `+inf`, `-inf`, or `-` where there is none.
        number: what is sorted by; None where there is none.
        best: no other system has a better one.
        second: one system alone, or several alike, have a better one.
        mark: sign of a test against the baseline; empty if there is none.
        spread: standard deviation over replicates, with the decimals of the table; empty if there
            is one replicate.
    """

    text: str
    number: float | None
    best: bool
    second: bool = False
    mark: str = ""
    spread: str = ""


def legend(cells: Iterable[Cell]) -> str:
    """Return how best and second are shown on a page; empty where no cell is either."""
    marks = {(cell.best, cell.second) for cell in cells}
    told = ["bold: best"] if any(best for best, _ in marks) else []
    return ", ".join([*told, *(["underlined: second"] if any(one for _, one in marks) else [])])


@dataclass(frozen=True)
class Block:
    """One summary of one metric.

    Attributes:
        metric: name of the score.
        summary: name of the reduction.
        unit: of the numbers.
        direction: in words.
        marks: that hold for every system.
        stems: the columns, `All` last where the protocol has it.
        lines: a system's name, and one cell per column.
        published: how many of them, at the end, are copied from sources.
    """

    metric: str
    summary: str
    unit: str
    direction: str
    marks: tuple[str, ...]
    stems: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Cell, ...]], ...]
    published: int = 0

    @property
    def title(self) -> str:
        """Metric, reduction, unit, direction and marks in one line."""
        found = f"{self.metric}, {self.summary}, {in_unit(self.unit)}; {self.direction}"
        return f"{found} ({'; '.join(self.marks)})" if self.marks else found

    @property
    def titled(self) -> str:
        """The title, and how best and second are shown where a number is either."""
        told = legend(cell for _, cells in self.lines for cell in cells)
        return f"{self.title}; {told}" if told else self.title


@dataclass(frozen=True)
class Counts:
    """How many tracks and scores are behind the numbers of a block.

    Attributes:
        title: whose numbers.
        stems: the columns.
        lines: what is counted, and one count per column.
    """

    title: str
    stems: tuple[str, ...]
    lines: Lines


def blocks(results: Results, *, decimals: int) -> tuple[Block, ...]:
    """Return the blocks of a table, in the protocol's order of summaries and metrics."""
    found = []
    for summary, metric in results.keys:
        record = results.metrics[metric]
        lower = not record.higher_is_better
        rows = [system.rows_of(summary, metric) for system in results.systems]
        stems = tuple(row.stem for row in rows[0])
        fit = rivals(results, summary, metric)
        columns = [
            _column(own, fit[own[0].stem], decimals, lower=lower) for own in zip(*rows, strict=True)
        ]
        names = [results.shown(system) for system in results.systems]
        lines = tuple(zip(names, zip(*columns, strict=True), strict=True))
        marks = results.shared_marks
        found.append(Block(metric, summary, record.unit, direction(record), marks, stems, lines))
    return tuple(found)


def counts(results: Results) -> tuple[Counts, ...]:
    """Return the counts behind all blocks; those that are equal are told once."""
    shared: dict[tuple[tuple[str, ...], Lines], dict[tuple[str, str], list[str]]] = {}
    for summary, metric in results.keys:
        for system in results.systems:
            rows = system.rows_of(summary, metric)
            key = (tuple(row.stem for row in rows), _counted(rows))
            shared.setdefault(key, {}).setdefault((summary, metric), []).append(system.name)
    return tuple(
        Counts(_owners(results, owners), stems, lines) for (stems, lines), owners in shared.items()
    )


def notes(results: Results) -> tuple[str, ...]:
    """Return what a reader must know besides the numbers, as sentences."""
    broken: dict[tuple[str, ...], list[str]] = {}
    for system in results.systems:
        broken.setdefault(tuple(failed(system.run, results.protocol.id)), []).append(system.name)
    found = [
        f"{', '.join(names)}: no scores for {some([plain(track) for track in tracks])} (errors)."
        for tracks, names in broken.items()
        if tracks
    ]
    found.append(_missing(results))
    found += [
        f"{system.name}: the run is not complete; its scores can be old."
        for system in results.systems
        if not is_complete(system.run)
    ]
    if results.mixed:
        found.append("The systems did not measure the same audio; no number is marked as best.")
    found.append(_mask(results))
    found += [_silence(results, *key) for key in results.keys]
    if not _same_counts(results):
        found.append(
            "The systems are not scored on the same number of windows: see the counts. A number "
            "over fewer tracks than another's, and an All with such a stem, is no rival for best "
            f"and second{unmarked(results)}."
        )
    if any(row.value is None and not _INFINITE.get(row.status) for row in _rows(results)):
        found.append(f"No value ({MISSING}): no score was left to reduce; the counts say why.")
    return tuple(sentence for sentence in found if sentence)


def _missing(results: Results) -> str:
    """Return which tracks lack a stem that is scored, and what that leads to."""
    sources = set(results.protocol.sources_of_stems)
    lacking = {
        f"{plain(track.id)} ({', '.join(stem for stem in track.missing if stem in sources)})"
        for run in results.runs
        for track in run.manifest.tracks
        if sources & set(track.missing)
    }
    if not lacking:
        return ""
    rule = results.protocol.audio.missing
    outcome = "counts as silent" if rule == "silent" else "is not scored"
    return f"A stem that a track does not have {outcome}: {some(sorted(lacking))}."


def _rows(results: Results) -> list[SummaryRow]:
    return [row for system in results.systems for row in system.rows]


def _column(
    rows: Sequence[SummaryRow], fit: Sequence[bool], decimals: int, *, lower: bool
) -> tuple[Cell, ...]:
    """Return the cells of one stem; all that show the best number are marked, and the second."""
    numbers = [_number(row, decimals) for row in rows]
    rivals = [one for one, own in zip(numbers, fit, strict=True) if own and one is not None]
    order = sorted(set(rivals), reverse=not lower)
    best = order[:1] if len(rivals) > 1 else []
    second = order[1:2] if len(rivals) > 2 else []
    return tuple(
        Cell(_text(row, decimals), number, own and number in best, own and number in second)
        for row, number, own in zip(rows, numbers, fit, strict=True)
    )


def _number(row: SummaryRow, decimals: int) -> float | None:
    if row.value is not None:
        return round(row.value, decimals) + 0.0  # no minus before a zero
    return float(_INFINITE[row.status]) if row.status in _INFINITE else None


def _text(row: SummaryRow, decimals: int) -> str:
    if row.value is None:
        return _INFINITE.get(row.status, MISSING)
    return f"{round(row.value, decimals) + 0.0:.{decimals}f}"


def _counted(rows: Sequence[SummaryRow]) -> Lines:
    """Return the counts of one system under one metric."""
    left = in_order(name for row in rows for name in row.left)
    lines = [
        ("tracks", tuple(row.tracks for row in rows)),
        ("scores used", tuple(row.used for row in rows)),
        ("of which silent", tuple(row.silent for row in rows)),
    ]
    lines += [(f"left out: {name}", tuple(row.left.get(name, 0) for row in rows)) for name in left]
    if not left:
        lines.append(("left out", tuple(0 for _ in rows)))
    return tuple(lines)


def _owners(results: Results, owners: dict[tuple[str, str], list[str]]) -> str:
    """Return whose counts these are: `sdr, isr: all systems; sir: zeros`."""
    by_systems: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for key, systems in owners.items():
        by_systems.setdefault(tuple(systems), []).append(key)
    everyone, everything = len(results.systems), len(results.keys)
    several_summaries = len({summary for summary, _ in results.keys}) > 1
    parts = []
    for these, keys in by_systems.items():
        names = "all systems" if len(these) == everyone > 1 else ", ".join(these)
        metrics = [f"{name} ({summary})" if several_summaries else name for summary, name in keys]
        of_all = len(keys) == everything > 1
        parts.append(f"{'all metrics' if of_all else ', '.join(metrics)}: {names}")
    return "; ".join(parts)


def _mask(results: Results) -> str:
    """Return which systems share the windows that are left out; empty if each has its own."""
    if results.protocol.silence.mask == "own":
        return ""
    names = [system.name for system in results.systems]
    if len(names) == 1:
        return (
            f"The protocol has one silence mask for all systems shown together; {names[0]} is "
            "shown alone, so only its own silence is left out. Beside others its number can change."
        )
    return (
        f"These systems share one silence mask: {', '.join(names)}. A window that one of them "
        "leaves out for silence is left out for all of them, so the numbers depend on who is shown."
    )


def _silence(results: Results, summary: str, metric: str) -> str:
    """Return how many scores have a silent reference; empty if none has."""
    stems = [
        [row for row in system.rows_of(summary, metric) if row.stem != ALL]
        for system in results.systems
    ]
    used = [sum(row.used for row in own) for own in stems]
    silent = [sum(row.silent for row in own) for own in stems]
    if not any(silent):
        return ""
    shares = [round(100 * one / of) for one, of in zip(silent, used, strict=True) if of]
    return (
        f"{metric}, {summary}: {between(silent)} of {between(used)} scores used "
        f"({between(shares)} %) have a silent reference. They compare levels and say nothing "
        "about the separation of a sound."
    )


def _same_counts(results: Results) -> bool:
    first = [(row.tracks, row.used) for row in results.systems[0].rows]
    return all([(row.tracks, row.used) for row in one.rows] == first for one in results.systems)
