"""Quality over the real-time factor: one point per separator and setting, and the Pareto front.

A point needs a run that was scored and an arm that was timed of the same separator: the same
description, weights and precision, and the same chunks: where a whole track was timed with the
run's chunks, overlap and border, that is the time. The time of a segment stands for a run only
where the run's chunks are such segments and nothing overlaps. What was only scored, or only timed,
or timed with other chunks, is named and not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sepeval.errors import StoreError, UnknownNameError
from sepeval.registry import nearest
from sepeval.report.canvas import GREY, Drawing, charts, look
from sepeval.report.timing_rows import TimingRow, rows_of
from sepeval.results import signature
from sepeval.summary import ALL, summarise
from sepeval.timing import ArmRecord, Timing, refuse_other_machines, what_differs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sepeval.store import Run

_STITCHING = ("chunk", "overlap", "window", "tail", "border", "stitching")  # of tracks alone
_ONCE = ((0, None), ("none", None))  # overlap and border with which every sample is heard once
_OTHER_CHUNKS = "timed with other chunks (take a timing protocol with track, and the run's chunks)"
_DECADE = 8.0  # ratio of the largest to the smallest time from which the axis is logarithmic


@dataclass(frozen=True)
class Point:
    """A separator with its quality and its time.

    Attributes:
        name: of the separator.
        rtf: seconds spent per second of audio.
        value: the number of a table for all stems.
        is_best: whether no other is both as fast and better, or as good and faster.
    """

    name: str
    rtf: float
    value: float
    is_best: bool = False


def plot_timing(
    runs: Sequence[Run],
    protocol: str,
    timings: Sequence[Timing],
    *,
    metric: str = "",
    folder: Path,
    mixed: bool = False,
    formats: Sequence[str] = ("png", "pdf"),
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

    Raises:
        StoreError: nothing was both scored and timed, or the times are of several machines or
            under several timing protocols.
        UnknownNameError: the protocol has no such metric.
    """
    timed = _only(timings)
    document = runs[0].protocol(protocol)
    known = list(dict.fromkeys(name for one in document.summaries for name in one.metrics))
    if metric and metric not in known:
        raise UnknownNameError(f"{protocol} has no metric {metric!r}; {nearest(metric, known)}")
    name = metric or known[0]
    told = runs[0].manifest.metrics[protocol][name]
    higher, unit = told.higher_is_better, told.unit
    found, left = _joined(runs, protocol, timings, name, mixed=mixed)
    if not found:
        message = (
            "no separator was both scored and timed: description, weights, precision and chunks "
            f"must be the same; {'; '.join(left)}"
        )
        raise StoreError(message)
    points = front(found, higher=higher)
    title = f"{name} under {protocol} over the real-time factor under {timed}"
    legend = "filled: no other is both faster and better (Pareto front, grey line)"
    legend += "".join(f"; {one}" for one in left)
    drawing = Drawing(
        name=f"{timed}-{protocol}-{name}",
        title=title,
        words="\n".join(f"{one.name}: RTF {one.rtf:.3g}, {one.value:.2f} {unit}" for one in points),
        draw=lambda: _drawn(
            points, title, f"{name}, {unit}", legend, _signed(runs, protocol, timings)
        ),
    )
    return list(drawing.write(folder, formats))


def front(points: Sequence[Point], *, higher: bool) -> tuple[Point, ...]:
    """Return the points from fast to slow, those of the Pareto front marked.

    Args:
        points: in any order.
        higher: whether a higher value is better.
    """
    sign = 1.0 if higher else -1.0
    ordered = sorted(points, key=lambda one: (one.rtf, -sign * one.value))
    found, best = [], -float("inf")
    for one in ordered:
        is_best = sign * one.value > best
        best = max(best, sign * one.value)
        found.append(Point(one.name, one.rtf, one.value, is_best))
    return tuple(found)


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


def _joined(
    runs: Sequence[Run], protocol: str, timings: Sequence[Timing], metric: str, *, mixed: bool
) -> tuple[list[Point], list[str]]:
    """Return the points, and what was left out, in words."""
    letters = refuse_other_machines(timings, mixed=mixed)
    rows = [
        (row, timing)
        for timing, letter in zip(timings, letters, strict=True)
        for row in rows_of(timing, machine=letter)
    ]
    points: list[Point] = []
    used: set[int] = set()
    left: dict[str, list[str]] = {}
    for run in runs:
        told = run.manifest.identity["separator"]
        value = _value(run, protocol, metric)
        own = [
            place
            for place, (row, timing) in enumerate(rows)
            if isinstance(told, dict) and _alike(told, _told(timing, row, row.unit))
        ]
        found = [
            (place, rtf)
            for place in own
            if isinstance(told, dict) and (rtf := _rtf(told, *rows[place])) is not None
        ]
        used |= set(own)
        if value is None or not own:
            left.setdefault("not timed, or without a number", []).append(run.manifest.label)
        elif not found:
            left.setdefault(_OTHER_CHUNKS, []).append(run.manifest.label)
        else:
            points += [Point(_name(run, rows[place][0]), rtf, value) for place, rtf in found]
    others = dict.fromkeys(row.name for place, (row, _) in enumerate(rows) if place not in used)
    left |= {"not scored": list(others)} if others else {}
    machines = [
        f"machine {letter}: {told}" for letter, told in what_differs(timings, letters).items()
    ]
    return points, [*(f"{why}: {', '.join(names)}" for why, names in left.items()), *machines]


def _told(timing: Timing, row: TimingRow, unit: str) -> Mapping[str, object]:
    return _arm(timing, row, unit).description


def _arm(timing: Timing, row: TimingRow, unit: str) -> ArmRecord:
    key = (row.name, row.precision, row.execution, unit)
    return next(
        arm
        for arm in timing.record.arms
        if (arm.name, arm.precision, arm.execution, arm.unit) == key
    )


def _alike(one: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Return whether two descriptions are the same but for the chunks."""
    own, others = (
        {key: value for key, value in told.items() if key not in _STITCHING}
        for told in (one, other)
    )
    return own == others


def _rtf(told: Mapping[str, object], row: TimingRow, timing: Timing) -> float | None:
    """Return the real-time factor of a run's chunks; None where these were not timed."""
    if row.track_rtf is not None and told == _told(timing, row, "track"):
        return row.track_rtf
    if row.unit != "segment":
        return None
    unit = timing.record.protocol.get("segment")
    is_native = isinstance(unit, dict) and unit.get("samples") == "native"
    chunks = [_arm(timing, row, "segment").samples, *([None] if is_native else [])]
    is_once = all(
        told.get(key) in same for key, same in zip(("overlap", "border"), _ONCE, strict=True)
    )
    return row.rtf if is_once and told.get("chunk") in chunks else None


def _name(run: Run, row: TimingRow) -> str:
    extra = [row.execution] if row.execution not in ("eager", "own") else []
    extra += [f"machine {row.machine}"] if row.machine else []
    return f"{run.manifest.label} ({', '.join(extra)})" if extra else run.manifest.label


def _value(run: Run, protocol: str, metric: str) -> float | None:
    """The number of a table for all stems, or for the only one."""
    rows = [row for row in summarise(run, protocol) if row.metric == metric]
    return next((row.value for row in rows if row.stem == ALL), rows[0].value if rows else None)


def _signed(runs: Sequence[Run], protocol: str, timings: Sequence[Timing]) -> str:
    told = dict.fromkeys(
        f"{one.record.protocol_id} {one.record.protocol_hash[:8]} on "
        f"{one.record.machine.device_name or one.record.machine.processor}"
        for one in timings
    )
    return f"{signature(runs, protocol)} | {', '.join(told)}"


def _drawn(points: Sequence[Point], title: str, beside: str, legend: str, signed: str) -> Figure:
    found = charts([""], title=title, beside=beside, legend=legend, signature=signed)
    (axis,) = found.axes
    best = [one for one in points if one.is_best]
    axis.step(
        [one.rtf for one in best],
        [one.value for one in best],
        where="post",
        color=GREY,
        linewidth=1,
        zorder=1,
    )
    for place, one in enumerate(points):
        colour, marker = look(place)
        style = "full" if one.is_best else "none"
        axis.plot([one.rtf], [one.value], marker, color=colour, fillstyle=style, label=one.name)
    axis.set_xlabel("seconds spent per second of audio (RTF)", parse_math=False)
    if max(one.rtf for one in points) >= _DECADE * min(one.rtf for one in points):
        axis.set_xscale("log")
    key = axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.01, 1.0))
    for text in key.get_texts():
        text.set_parse_math(False)
    return found.figure
