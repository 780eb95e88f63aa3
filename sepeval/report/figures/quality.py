"""Figures of quality over cost, from the timings that runs store beside their scores.

The time is that of the run itself: seconds per call over seconds of audio, the median of all calls
but those of the first track, on whatever machine made the run. It is no measurement under a timing
protocol; `sepeval time` makes those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from sepeval.errors import StoreError
from sepeval.report.drawing.canvas import Drawing
from sepeval.report.figures.cost_chart import Point, draw, front
from sepeval.results import Results, System, line
from sepeval.results.traits import direction, in_unit, with_unit
from sepeval.store import Run
from sepeval.store.parts import data_frame
from sepeval.store.run import slug
from sepeval.summary import ALL, SummaryRow


@dataclass(frozen=True)
class Cost:
    """What a run spent.

    Attributes:
        rtf: seconds spent per second of audio.
        nfe_per_s: network evaluations per second of audio.
    """

    rtf: float
    nfe_per_s: float


def cost_of(run: Run) -> Cost | None:
    """Return what a run spent, from its stored timings; None where it was not timed.

    Raises:
        StoreError: a file of timings is damaged.
    """
    paths = [run.timings(track) for track in run.manifest.tracks]
    tables = [data_frame(run.read_table(path)[0]) for path in paths if path.exists()]
    if not tables:
        return None
    calls, warm = pd.concat(tables), pd.concat(tables[1:] or tables)
    return Cost(
        rtf=float((warm["seconds"] / warm["audio_s"]).median()),
        nfe_per_s=float(calls["nfe"].sum() / calls["audio_s"].sum()),
    )


def quality(results: Results, summary: str, metric: str) -> tuple[Drawing, ...]:
    """Return the figures of quality over time and, where networks were counted, over evaluations.

    Args:
        results: the systems.
        summary: name of the reduction.
        metric: name of the score.

    Raises:
        StoreError: no run has both timings and a number.
    """
    costs = [cost_of(system.run) for system in results.systems]
    numbers = [_number(system, summary, metric) for system in results.systems]
    if not any(cost and row.value is not None for cost, row in zip(costs, numbers, strict=True)):
        message = (
            "no run has timings and a number: runs of separators are timed, estimates read from "
            "files are not; see `sepeval time`"
        )
        raise StoreError(message)
    upward = results.metrics[metric].higher_is_better
    found = []
    for name, told, below in (
        ("rtf", "time", "seconds spent per second of audio, on the machines of the runs"),
        ("nfe_per_s", "nfe", "network evaluations per second of audio"),
    ):
        known = [
            (system.name, place, float(getattr(cost, name)), row.value)
            for place, (system, cost, row) in enumerate(
                zip(results.systems, costs, numbers, strict=True)
            )
            if cost is not None and row.value is not None
        ]
        if name == "rtf" or len({one[2] for one in known}) > 1:
            points = front(known, upward=upward)
            left = [
                system.name
                for place, system in enumerate(results.systems)
                if place not in {one.place for one in points}
            ]
            found.append(_drawing(results, summary, metric, points, left, told, below))
    return tuple(found)


def _number(system: System, summary: str, metric: str) -> SummaryRow:
    """Return the number over all stems, or of the only one."""
    rows = system.rows_of(summary, metric)
    return next((row for row in rows if row.stem == ALL), rows[0])


def _drawing(
    results: Results,
    summary: str,
    metric: str,
    points: Sequence[Point],
    left: Sequence[str],
    told: str,
    below: str,
) -> Drawing:
    record = results.metrics[metric]
    stem = _number(results.systems[0], summary, metric).stem
    spent = "time" if told == "time" else "network evaluations"
    title = (
        f"What does quality cost in {spent}? {metric} of {stem}, {direction(record)}, "
        f"{results.protocol.id}"
    )
    spoken = ". ".join(
        f"{one.name}: {one.value:.2f} at {one.cost:.3g}{', front' if one.is_best else ''}"
        for one in points
    )
    return Drawing(
        name=slug(f"{results.protocol.id}--{metric}--{summary}--quality-{told}"),
        title=title,
        words=f"Values {in_unit(record.unit)}, over {below}. {spoken}.",
        draw=lambda: draw(
            points,
            [one.name for one in results.systems],
            title=title,
            beside=with_unit(metric, record.unit),
            below=below,
            remarks=[f"not timed, or without a number: {', '.join(left)}"] if left else [],
            signature=line(results),
        ),
    )
