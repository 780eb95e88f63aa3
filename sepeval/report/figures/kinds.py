"""Figures of runs, as files: each answers one question about the scores under one protocol."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sepeval.compare import compare
from sepeval.errors import StoreError, UnknownNameError
from sepeval.protocol import Summary
from sepeval.report.drawing.canvas import Drawing
from sepeval.report.drawing.paper import Width
from sepeval.report.figures.comparison import differences
from sepeval.report.figures.quality import quality
from sepeval.report.figures.ranks import ranks
from sepeval.report.figures.scatter import scatter, scatter_of_protocols
from sepeval.report.figures.silent_scores import silence
from sepeval.report.figures.timeline import timeline
from sepeval.report.figures.tracks import distribution
from sepeval.results import Results, gather
from sepeval.store import Run

FORMATS = ("png", "pdf", "svg")
Kind = Literal["tracks", "silence", "scatter", "time", "quality", "differences", "ranks"]


def plot(
    runs: Sequence[Run],
    protocol: str,
    *,
    metric: str,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    mixed: bool = False,
    kinds: Sequence[Kind] = ("tracks", "silence"),
    width: Width = "page",
    track: str = "",
    baseline: str = "",
) -> list[Path]:
    """Write the figures of one metric and return their paths. The same runs give the same bytes.

    | kind | question |
    |---|---|
    | `tracks` | what is the score of every track? one panel per stem |
    | `silence` | what do silent references contribute, where they are scored? |
    | `scatter` | on which tracks is a system better than the baseline? |
    | `time` | where in a track is each system good, and what does the reference do there? |
    | `quality` | what does quality cost, by the timings that the runs store? |
    | `differences` | how far from the baseline is each system, with an interval? |
    | `ranks` | which systems can be told apart by their ranks? |

    Args:
        runs: one per system, in this order.
        protocol: id or name of a protocol that all of them were scored under.
        metric: name of a score of the protocol.
        folder: where the files go; it is made.
        formats: of `png`, `pdf` and `svg`.
        mixed: accept runs that measured different audio, and mark them.
        kinds: of figures.
        width: of a page, or of one or two columns of a paper.
        track: id of the track that `time` shows.
        baseline: name of the system that others are held against; the first if left out.

    Raises:
        StoreError: a run has no scores under the protocol, the runs are not comparable, they are
            too few for the kind of figure, or a file cannot be written.
        UnknownNameError: the protocol reduces no such metric, or there is no such format, track or
            system.
    """
    refuse_formats(formats)
    results = gather(runs, protocol, mixed=mixed)
    found = [
        one
        for kind in kinds
        for one in _drawn(results, metric, kind=kind, track=track, baseline=baseline)
    ]
    return [path for one in found for path in one.write(folder, formats, width=width)]


def plot_against(
    run: Run,
    protocols: tuple[str, str],
    *,
    metrics: tuple[str, str] = ("", ""),
    folder: Path,
    formats: Sequence[str] = FORMATS,
    width: Width = "page",
) -> list[Path]:
    """Write the scatter of one run's tracks under two protocols and return its paths.

    Args:
        run: scored under both.
        protocols: ids or names, of the horizontal and the vertical axes.
        metrics: names of their scores; the first of each if left out.
        folder: where the files go; it is made.
        formats: of `png`, `pdf` and `svg`.
        width: of a page, or of one or two columns of a paper.

    Raises:
        StoreError: the run has no scores under one of them, or a file cannot be written.
        UnknownNameError: a protocol reduces no such metric, or there is no such format.
    """
    refuse_formats(formats)
    below, beside = (gather([run], name) for name in protocols)
    keys = [
        (_summaries(results, name or results.keys[0][1])[0].name, name or results.keys[0][1])
        for results, name in zip((below, beside), metrics, strict=True)
    ]
    drawing = scatter_of_protocols(below, beside, keys[0], keys[1])
    return list(drawing.write(folder, formats, width=width))


def drawings(results: Results, metric: str) -> tuple[Drawing, ...]:
    """Return the figures of tracks and of silence of one metric, for each summary that reduces it.

    Raises:
        UnknownNameError: the protocol reduces no such metric.
    """
    return (
        *_drawn(results, metric, kind="tracks"),
        *_drawn(results, metric, kind="silence"),
    )


def refuse_formats(formats: Sequence[str]) -> None:
    """Refuse what a figure cannot be written as.

    Raises:
        UnknownNameError: there is no such format.
    """
    unknown = [one for one in formats if one not in FORMATS]
    if unknown:
        message = f"no figure can be written as {unknown[0]!r}; there are {', '.join(FORMATS)}"
        raise UnknownNameError(message)


def _drawn(
    results: Results, metric: str, *, kind: Kind, track: str = "", baseline: str = ""
) -> tuple[Drawing, ...]:
    """Return the figures of one kind."""
    summaries = _summaries(results, metric)
    first = summaries[0]
    if kind == "tracks":
        return tuple(distribution(results, one, metric) for one in summaries)
    if kind == "silence":
        quiet = silence(results, first, metric)
        return (quiet,) if quiet else ()
    if kind == "scatter":
        return scatter(results, first.name, metric, baseline=baseline)
    if kind == "time":
        return (timeline(results, metric, track),)
    if kind == "quality":
        return tuple(found for one in summaries for found in quality(results, one.name, metric))
    return (_compared(results, metric, kind=kind, baseline=baseline),)


def _compared(
    results: Results, metric: str, *, kind: Literal["differences", "ranks"], baseline: str
) -> Drawing:
    """Return a figure of a comparison.

    Raises:
        StoreError: systems or tracks are too few, or their data are mixed.
    """
    if kind == "ranks" and len(results.systems) < 3:
        raise StoreError(f"ranks take three systems at least; found {len(results.systems)}")
    made = compare(results.runs, results.protocol.id, metric=metric, baseline=baseline)
    if kind == "ranks" and not made.standings:
        raise StoreError(
            "ranks take two tracks at least with values of the same systems; found one"
        )
    return differences(made) if kind == "differences" else ranks(made)


def _summaries(results: Results, metric: str) -> tuple[Summary, ...]:
    """Return the reductions of a metric.

    Raises:
        UnknownNameError: the protocol reduces no such metric.
    """
    found = tuple(one for one in results.protocol.summaries if metric in one.metrics)
    if not found:
        known = ", ".join(dict.fromkeys(name for _, name in results.keys))
        raise UnknownNameError(f"{results.protocol.id} has no metric {metric!r}; it has {known}")
    return found
