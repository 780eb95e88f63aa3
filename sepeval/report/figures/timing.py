"""Quality over the real-time factor: one point per separator and setting, and the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sepeval.errors import StoreError
from sepeval.report.drawing.canvas import Drawing
from sepeval.report.drawing.paper import Width
from sepeval.report.figures.cost_chart import draw, front
from sepeval.report.tables.timed_quality import joined
from sepeval.results import signature
from sepeval.results.traits import with_unit
from sepeval.timing import Timing

if TYPE_CHECKING:
    from sepeval.store import Run


def plot_timing(
    runs: Sequence[Run],
    protocol: str,
    timings: Sequence[Timing],
    *,
    metric: str = "",
    folder: Path,
    mixed: bool = False,
    formats: Sequence[str] = ("png", "pdf"),
    width: Width = "page",
) -> list[Path]:
    """Write the figure of quality over the real-time factor and return its paths.

    Args:
        runs: scored runs.
        protocol: that they are scored under.
        timings: runs of timings under one timing protocol.
        metric: name of a score; the first one of the protocol if it is empty.
        folder: where the files go.
        mixed: accept times of several machines.
        formats: of `png`, `pdf` and `svg`.
        width: of a page, or of one or two columns of a paper.

    Raises:
        StoreError: nothing was both scored and timed, or the times are of several machines or
            under several timing protocols.
        UnknownNameError: the protocol has no such metric.
    """
    timed = _only(timings)
    found = joined(runs, protocol, timings, metric=metric, mixed=mixed)
    if not found.matches:
        message = (
            "no separator was both scored and timed: description, weights, precision and chunks "
            f"must be the same; {'; '.join(found.left)}"
        )
        raise StoreError(message)
    points = front(
        [(one.name, place, one.rtf, one.value) for place, one in enumerate(found.matches)],
        upward=found.higher_is_better,
    )
    title = f"{found.metric} under {protocol} over the real-time factor under {timed}"
    drawing = Drawing(
        name=f"{timed}-{protocol}-{found.metric}",
        title=title,
        words="\n".join(
            f"{one.name}: RTF {one.cost:.3g}, {one.value:.2f} {found.unit}" for one in points
        ),
        draw=lambda: draw(
            points,
            [one.name for one in found.matches],
            title=title,
            beside=with_unit(found.metric, found.unit),
            below="seconds spent per second of audio (RTF)",
            remarks=found.left,
            signature=_signed(runs, protocol, timings),
        ),
    )
    return list(drawing.write(folder, formats, width=width))


def _only(timings: Sequence[Timing]) -> str:
    """Return the id of the timing protocol; times under several are no one axis."""
    found = {one.record.protocol_hash: one.record.protocol_id for one in timings}
    if len(found) > 1:
        message = (
            f"these timings have several protocols ({', '.join(found.values())}); their times are "
            "no one axis: give the folders of one"
        )
        raise StoreError(message)
    return next(iter(found.values()))


def _signed(runs: Sequence[Run], protocol: str, timings: Sequence[Timing]) -> str:
    told = dict.fromkeys(
        f"{one.record.protocol_id} {one.record.protocol_hash[:8]} on "
        f"{one.record.machine.device_name or one.record.machine.processor}"
        for one in timings
    )
    return f"{signature(runs, protocol)} | {', '.join(told)}"
