"""What was both scored and timed: the number of a table beside the time of the same separator.

A match needs a run that was scored and an arm that was timed of the same separator: the same
description, weights and precision, and the same chunks: where a whole track was timed with the
run's chunks, overlap and border, that is the time. The time of a segment stands for a run only
where the run's chunks are such segments and nothing overlaps. What was only scored, or only timed,
or timed with other chunks, is named and left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sepeval.errors import UnknownNameError
from sepeval.publications import PublishedNumber, numbers, same_name
from sepeval.registry import nearest
from sepeval.report.tables.timing_rows import TimingRow, rows_of
from sepeval.summary import ALL, summarise
from sepeval.timing import ArmRecord, Timing, refuse_other_machines, what_differs

if TYPE_CHECKING:
    from sepeval.store import Run

_STITCHING = ("chunk", "overlap", "window", "tail", "border", "stitching")  # of tracks alone
_ONCE = ((0, None), ("none", None))  # overlap and border with which every sample is heard once
_OTHER_CHUNKS = "timed with other chunks (take a timing protocol with track, and the run's chunks)"


@dataclass(frozen=True)
class Match:
    """A run with its number and its time.

    Attributes:
        name: of the run, with what tells its time from others.
        place: of the row of times, among all rows.
        rtf: seconds spent per second of audio.
        value: the number of a table for all stems, or for the only one.
    """

    name: str
    place: int
    rtf: float
    value: float


@dataclass(frozen=True)
class Joined:
    """Runs and times that belong together.

    Attributes:
        protocol: id, of the scores.
        metric: name of the score.
        unit: of the numbers.
        higher_is_better: their direction.
        matches: in the order of the runs.
        left: what was left out, in words.
    """

    protocol: str
    metric: str
    unit: str
    higher_is_better: bool
    matches: tuple[Match, ...]
    left: tuple[str, ...]

    @property
    def column(self) -> str:
        """The heading of the numbers, with their unit."""
        return self.metric if self.unit == "1" else f"{self.metric}, {self.unit}"

    def of(self, place: int) -> tuple[Match, ...]:
        """Return the matches of a row of times."""
        return tuple(one for one in self.matches if one.place == place)


def joined(
    runs: Sequence[Run],
    protocol: str,
    timings: Sequence[Timing],
    *,
    metric: str = "",
    mixed: bool = False,
) -> Joined:
    """Return what was both scored and timed.

    Args:
        runs: scored runs.
        protocol: id or name of what they are scored under.
        timings: runs of timings.
        metric: name of a score; the first one of the protocol if it is empty.
        mixed: accept times of several machines.

    Raises:
        StoreError: the times are of several machines, or a run has no scores under the protocol.
        UnknownNameError: the protocol has no such metric.
    """
    document = runs[0].protocol(protocol)
    known = list(dict.fromkeys(name for one in document.summaries for name in one.metrics))
    if metric and metric not in known:
        raise UnknownNameError(f"{document.id} has no metric {metric!r}; {nearest(metric, known)}")
    name = metric or known[0]
    letters = refuse_other_machines(timings, mixed=mixed)
    rows = [
        (row, timing)
        for timing, letter in zip(timings, letters, strict=True)
        for row in rows_of(timing, machine=letter)
    ]
    found, left = _matches(runs, document.id, rows, name)
    machines = [
        f"machine {letter}: {told}" for letter, told in what_differs(timings, letters).items()
    ]
    record = runs[0].manifest.metrics[document.id][name]
    return Joined(
        document.id, name, record.unit, record.higher_is_better, tuple(found), (*left, *machines)
    )


def published_quality(time: PublishedNumber, metric: str) -> PublishedNumber | None:
    """Return the number of all stems that the paper of a published time has of the same model.

    Args:
        time: of a model and configuration.
        metric: name of the score.
    """
    paper, _, _ = time.source.rpartition(", ")
    found = [
        one
        for one in numbers(source=paper, model=time.model, metric=metric)
        if same_name(one.stem, ALL)
        and (one.model, one.configuration) == (time.model, time.configuration)
        and one.dataset.split()[0] == time.dataset.split()[0]
    ]
    return found[0] if len(found) == 1 else None


def _matches(
    runs: Sequence[Run], protocol: str, rows: Sequence[tuple[TimingRow, Timing]], metric: str
) -> tuple[list[Match], list[str]]:
    """Return the matches, and what has none, in words."""
    matches: list[Match] = []
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
            matches += [
                Match(_name(run, rows[place][0]), place, rtf, value) for place, rtf in found
            ]
    others = dict.fromkeys(row.name for place, (row, _) in enumerate(rows) if place not in used)
    left |= {"not scored": list(others)} if others else {}
    return matches, [f"{why}: {', '.join(names)}" for why, names in left.items()]


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
