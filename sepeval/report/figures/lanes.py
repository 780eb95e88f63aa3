"""What is shown of one track over time: scores, windows without a value, level of the reference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from sepeval.types import Array


@dataclass(frozen=True)
class Stretch:
    """A stretch of time, from `start` to `stop`, and its status; an empty one is a whole track."""

    start: float
    stop: float
    status: str


def joined(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return stretches, those that touch or overlap and have one status as one.

    Args:
        stretches: from early to late.
    """
    found: list[Stretch] = []
    for one in stretches:
        last = found[-1] if found else None
        if last and last.status == one.status and one.start <= last.stop:
            found[-1] = Stretch(last.start, max(last.stop, one.stop), one.status)
        else:
            found.append(one)
    return tuple(found)


@dataclass(frozen=True)
class Curve:
    """The scores of one system for one stem.

    Attributes:
        name: of the system.
        start: [window], of the windows.
        stop: [window].
        value: [window], mean of the replicates; nan where there is none.
        low: [window], the smallest of the replicates.
        high: [window], the largest.
        statuses: [window].
    """

    name: str
    start: Array
    stop: Array
    value: Array
    low: Array
    high: Array
    statuses: tuple[str, ...]

    @property
    def gaps(self) -> tuple[Stretch, ...]:
        """Where there is no value: neighbouring windows of one status as one stretch."""
        middle = (self.start + self.stop) / 2
        between = (middle[1:] + middle[:-1]) / 2  # where overlapping windows take turns
        starts = np.maximum(self.start, np.concatenate([self.start[:1], between]))
        stops = np.minimum(self.stop, np.concatenate([between, self.stop[-1:]]))
        return joined(
            Stretch(float(start), float(stop), status)
            for start, stop, status, value in zip(
                starts, stops, self.statuses, self.value, strict=True
            )
            if not np.isfinite(value)
        )


@dataclass(frozen=True)
class Activity:
    """The level of a reference.

    Attributes:
        edges: [cell + 1], in the unit of the curves.
        level_db: [cell], RMS over the channels in dB below full scale, not below the floor.
        floor_db: the lowest level that is shown.
    """

    edges: Array
    level_db: Array
    floor_db: float


@dataclass(frozen=True)
class Lane:
    """What is shown of one stem.

    Attributes:
        stem: its name.
        curves: of the systems.
        activity: of the reference; None where it is not known.
        silent: the windows whose reference is silent by the protocol.
    """

    stem: str
    curves: tuple[Curve, ...]
    activity: Activity | None
    silent: tuple[Stretch, ...]

    @property
    def rows(self) -> tuple[tuple[str, tuple[Stretch, ...]], ...]:
        """The windows without a value by who lacks them; systems that lack the same share a row."""
        found: dict[tuple[Stretch, ...], list[str]] = {}
        for curve in self.curves:
            found.setdefault(curve.gaps, []).append(curve.name)
        return tuple((self._group(names), gaps) for gaps, names in found.items() if gaps)

    def _group(self, names: Sequence[str]) -> str:
        """Return who they are, as short as can be."""
        if len(names) == 1:
            return names[0]
        return "all" if len(names) == len(self.curves) else f"{len(names)} systems"
