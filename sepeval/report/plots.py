"""Figures of runs, as files: every track, and what silent stems contribute."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sepeval.errors import UnknownNameError
from sepeval.report.canvas import Drawing
from sepeval.report.distribution import distribution
from sepeval.report.silence import silence
from sepeval.results import Results, gather
from sepeval.store import Run

FORMATS = ("png", "pdf", "svg")


def plot(
    runs: Sequence[Run],
    protocol: str,
    *,
    metric: str,
    folder: Path,
    formats: Sequence[str] = FORMATS,
    mixed: bool = False,
) -> list[Path]:
    """Write the figures of one metric and return their paths. The same runs give the same bytes.

    One figure shows every track, with one panel per stem. Where silent references are scored, a
    second one shows what they contribute.

    Args:
        runs: one per line of a figure, in this order.
        protocol: id or name of a protocol that all of them were scored under.
        metric: name of a score of the protocol.
        folder: where the files go; it is made.
        formats: of `png`, `pdf` and `svg`.
        mixed: accept runs that measured different audio, and mark them.

    Raises:
        StoreError: a run has no scores under the protocol, the runs are not comparable, or a file
            cannot be written.
        UnknownNameError: the protocol reduces no such metric, or there is no such format.
    """
    unknown = [one for one in formats if one not in FORMATS]
    if unknown:
        message = f"no figure can be written as {unknown[0]!r}; there are {', '.join(FORMATS)}"
        raise UnknownNameError(message)
    results = gather(runs, protocol, mixed=mixed)
    drawn = drawings(results, metric)
    return [path for drawing in drawn for path in drawing.write(folder, formats)]


def drawings(results: Results, metric: str) -> tuple[Drawing, ...]:
    """Return the figures of one metric, for each summary that reduces it.

    Raises:
        UnknownNameError: the protocol reduces no such metric.
    """
    summaries = [one for one in results.protocol.summaries if metric in one.metrics]
    if not summaries:
        known = ", ".join(dict.fromkeys(name for _, name in results.keys))
        raise UnknownNameError(f"{results.protocol.id} has no metric {metric!r}; it has {known}")
    tracks = [distribution(results, summary, metric) for summary in summaries]
    quiet = silence(results, summaries[0], metric)
    return (*tracks, *([quiet] if quiet else []))
