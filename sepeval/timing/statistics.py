"""What is told of many calls: quantiles, and ratios of arms that took turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sepeval.timing.measuring import Call


@dataclass(frozen=True)
class Spread:
    """Quantiles of seconds per item; nothing is left out.

    Attributes:
        calls: how many.
        minimum: of all.
        p5: 5th percentile.
        q25: first quartile.
        median: of all.
        q75: third quartile.
        p95: 95th percentile.
    """

    calls: int
    minimum: float
    p5: float
    q25: float
    median: float
    q75: float
    p95: float


def spread(seconds: Sequence[float]) -> Spread:
    """Return the quantiles of some seconds.

    Example:
        >>> spread([1.0, 2.0, 3.0]).median
        2.0
    """
    low, first, middle, third, high = np.quantile(seconds, [0.05, 0.25, 0.5, 0.75, 0.95])
    return Spread(
        len(seconds),
        float(min(seconds)),
        float(low),
        float(first),
        float(middle),
        float(third),
        float(high),
    )


def per_item(calls: Sequence[Call], *, by_device: bool = False) -> list[float]:
    """Return the seconds per item of calls, by the host's clock or by the device's."""
    if not by_device:
        return [one.host_s / one.batch for one in calls]
    return [one.device_s / one.batch for one in calls if one.device_s is not None]


def ratios(calls: Sequence[Call], *, arm: int, over: int) -> list[float]:
    """Return, for each pair of rounds, the time of one arm over that of another, per item.

    What drifts evenly during a pair adds the same to both.
    """
    found = []
    last = max((one.round for one in calls), default=-1)
    for first in range(0, last, 2):
        pair = [one for one in calls if one.round in (first, first + 1)]
        own, other = (
            sum(one.host_s / one.batch for one in pair if one.arm == number)
            for number in (arm, over)
        )
        found.append(own / other)
    return found
