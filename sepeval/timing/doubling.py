"""The best batch: doubled as long as that is worth it."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from sepeval.timing.clock import Clock
from sepeval.timing.measuring import Arm, Call, row
from sepeval.timing.protocol import Doubling

Share = Callable[[], float]  # of the device's memory that is taken at most so far
_MEMORY_ENDS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")


class Doubled(NamedTuple):
    """What doubling found.

    Attributes:
        batch: the best.
        calls: all that were measured.
        ended: why it went no further: `gain`, `memory` or `limit`.
    """

    batch: int
    calls: tuple[Call, ...]
    ended: str


def best_batch(
    arm_of: Callable[[int], Arm], rule: Doubling, clock: Clock, taken: Share, *, number: int = 0
) -> Doubled:
    """Return the batch that gives most items per second, as far as doubling leads there.

    Args:
        arm_of: makes an arm for a batch.
        rule: when it ends.
        clock: that measures.
        taken: share of the device's memory that the calls so far have taken at most.
        number: of the arm.
    """
    calls: list[Call] = []
    best, rate, batch = 1, 0.0, 1
    while batch <= rule.limit:
        found = _tried(arm_of, batch, rule, clock, number)
        if found is None:
            return Doubled(best, tuple(calls), "memory")
        calls += found
        now = batch / median(one.host_s for one in found[1:])
        if rate and now < rate * (1.0 + rule.gain):
            return Doubled(best, tuple(calls), "gain")
        if batch > 1 and taken() > rule.memory:
            return Doubled(best, tuple(calls), "memory")
        best, rate = batch, now
        batch *= 2
    return Doubled(best, tuple(calls), "limit")


def _tried(
    arm_of: Callable[[int], Arm], batch: int, rule: Doubling, clock: Clock, number: int
) -> list[Call] | None:
    """Return the calls with a batch, the first to warm up; None where the memory ends."""
    found = []
    try:
        arm = arm_of(batch)
        for turn in range(rule.calls + 1):
            with arm.around():
                measured = clock.measure(arm.call)._replace(output=None)
            found.append(row(measured, arm, number=number, stage="doubling", turn=turn))
    except RuntimeError as error:
        if any(words in str(error) for words in _MEMORY_ENDS):
            return None
        raise
    return found
