"""The figure of protocols against each other: one set of estimates, read by every protocol.

A row is a score of a protocol, a column is a system. Rows of one unit and direction share a scale
of lightness, so that dark is better everywhere; the number stands in the cell, its place below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepeval.errors import StoreError, UnknownNameError
from sepeval.registry import nearest
from sepeval.report.drawing.canvas import Drawing
from sepeval.report.drawing.paper import Width
from sepeval.report.figures.kinds import FORMATS, refuse_formats
from sepeval.report.figures.rosetta_chart import Row, draw
from sepeval.results import Results, by_protocol, dataset_of, gather
from sepeval.results.traits import direction, in_unit
from sepeval.results.words import count_of, plain
from sepeval.store import Run
from sepeval.store.run import slug
from sepeval.summary import ALL, SummaryRow


@dataclass(frozen=True)
class _Gathered:
    """What the runs have in common, and which protocols one of them lacks."""

    results: tuple[Results, ...]
    lacking: tuple[str, ...]


def plot_protocols(
    runs: Sequence[Run],
    protocols: Sequence[str] = (),
    *,
    metric: str = "",
    stem: str = ALL,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    mixed: bool = False,
    width: Width = "page",
) -> list[Path]:
    """Write the figure of protocols against each other and return its paths.

    Args:
        runs: one per column, in this order.
        protocols: ids or names, in this order; all that every run has if left out.
        metric: name of a score; all if left out.
        stem: whose numbers are shown.
        folder: where the files go; it is made.
        formats: of `png`, `pdf` and `svg`.
        mixed: accept runs that measured different audio.
        width: of the figure.

    Raises:
        StoreError: the runs share no protocol or are not comparable, so many systems do not fit,
            or a file cannot be written.
        UnknownNameError: no protocol has such a score or stem, or there is no such format.
    """
    refuse_formats(formats)
    drawing = rosetta(runs, protocols, metric=metric, stem=stem, mixed=mixed)
    return list(drawing.write(folder, formats, width=width))


def rosetta(
    runs: Sequence[Run],
    protocols: Sequence[str] = (),
    *,
    metric: str = "",
    stem: str = ALL,
    mixed: bool = False,
) -> Drawing:
    """Return the figure of protocols against each other; see `plot_protocols`.

    Raises:
        StoreError: the runs share no protocol, or are not comparable.
        UnknownNameError: no protocol has such a score or stem.
    """
    found = _gathered(runs, protocols, mixed=mixed)
    return rosetta_of(found.results, metric=metric, stem=stem, lacking=found.lacking)


def rosetta_of(
    found: Sequence[Results], *, metric: str = "", stem: str = ALL, lacking: Sequence[str] = ()
) -> Drawing:
    """Return the figure of results of the same systems under several protocols.

    Args:
        found: one for each protocol.
        metric: name of a score; all if left out.
        stem: whose numbers are shown.
        lacking: protocols that some of the systems have no scores under.

    Raises:
        UnknownNameError: no protocol has such a score or stem.
    """
    rows = _rows(found, metric, stem)
    names = tuple(one.name for one in found[0].systems)
    asked = "put the systems in one order" if len(names) > 1 else f"agree about {names[0]}"
    title = f"Do protocols {asked}? {stem}, one set of estimates"
    lines = [
        f"{row.protocol}, {row.score}, {in_unit(row.unit)}, {row.better}: "
        + ", ".join(f"{name} {text}" for name, text in zip(names, row.texts(2), strict=True))
        for row in rows
    ]
    parts = ("protocols", *([metric] if metric else []), *([stem] if stem != ALL else []))
    return Drawing(
        name=slug("--".join((*parts, _hashes(found[0])))),
        title=title,
        words=". ".join(lines) + ".",
        draw=lambda: draw(
            rows, names, title=title, lacking=tuple(lacking), signature=_signature(found)
        ),
    )


def _gathered(runs: Sequence[Run], protocols: Sequence[str], *, mixed: bool) -> _Gathered:
    if protocols:
        return _Gathered(tuple(gather(runs, name, mixed=mixed) for name in protocols), ())
    by_name = by_protocol(runs)
    shared = [name for name, own in by_name.items() if len(own) == len(runs)]
    if not shared:
        message = "no protocol is common to these runs; score them under one (sepeval rescore)"
        raise StoreError(message)
    lacking = tuple(name for name in by_name if name not in shared)
    return _Gathered(tuple(gather(runs, name, mixed=mixed) for name in shared), lacking)


def _rows(gathered: Sequence[Results], metric: str, stem: str) -> tuple[Row, ...]:
    """Return the scores that have a number of the stem, those of one unit and direction together.

    Raises:
        UnknownNameError: there is none.
    """
    found = [
        row
        for results in gathered
        for key in results.keys
        if metric in ("", key[1]) and (row := _row(results, *key, stem)) is not None
    ]
    if not found:
        scores = dict.fromkeys(name for results in gathered for _, name in results.keys)
        if metric and metric not in scores:
            message = f"no protocol has a metric {metric!r}; {nearest(metric, scores)}"
            raise UnknownNameError(message)
        stems = dict.fromkeys(name for results in gathered for name in results.protocol.stems)
        raise UnknownNameError(f"no protocol has numbers of {stem!r}; {nearest(stem, stems)}")
    kinds = list(dict.fromkeys((row.unit, row.better) for row in found))
    return tuple(row for kind in kinds for row in found if (row.unit, row.better) == kind)


def _row(results: Results, summary: str, metric: str, stem: str) -> Row | None:
    """Return one score; of a protocol with a single stem that one stands for All."""
    found: list[SummaryRow] = []
    for system in results.systems:
        rows = system.rows_of(summary, metric)
        by_stem: Mapping[str, SummaryRow] = {row.stem: row for row in rows}
        only = rows[0] if stem == ALL and len(rows) == 1 else None
        own = by_stem.get(stem, only)
        if own is None:
            return None
        found.append(own)
    record = results.metrics[metric]
    reduced = [name for name, other in results.keys if other == metric]
    return Row(
        protocol=results.protocol.id,
        score=f"{metric}, {summary}" if len(reduced) > 1 else metric,
        unit=record.unit,
        better=direction(record),
        upward=record.higher_is_better,
        values=tuple(one.value for one in found),
        statuses=tuple(str(one.status) for one in found),
    )


def _hashes(results: Results) -> str:
    hashes = [system.run.manifest.hash for system in results.systems]
    more = f"-and-{len(hashes) - 6}-more" if len(hashes) > 6 else ""
    return "-".join(hashes[:6]) + more


def _signature(gathered: Sequence[Results]) -> str:
    first = gathered[0]
    versions = {str(run.manifest.environment.get("sepeval")) for run in first.runs}
    tracks = {len(run.manifest.tracks) for run in first.runs}
    partial = dict.fromkeys(run.manifest.partial for run in first.runs if run.manifest.partial)
    parts = [
        ", ".join(f"{one.protocol.id} {one.protocol.hash[:8]}" for one in gathered),
        ", ".join(f"{one.name} {one.run.manifest.hash}" for one in first.systems),
        f"sepeval {', '.join(sorted(versions))}",
        "; ".join(dict.fromkeys(plain(dataset_of(run)) for run in first.runs)),
        " or ".join(count_of(number, "track") for number in sorted(tracks)),
        *([f"partial: {'; '.join(partial)}"] if partial else []),
        *(["mixed data"] if first.mixed else []),
    ]
    return " | ".join(parts)
