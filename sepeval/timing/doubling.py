"""The best batch: doubled as long as that is worth it."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from sepeval.timing.clock import Clock
from sepeval.timing.execution import is_memory_end
from sepeval.timing.measuring import Arm, Call, row
from sepeval.timing.protocol import Doubling

Share = Callable[[], float | None]  # of the memory there was, at most; None: it cannot be told
_NO_RULE = "the memory rule does not apply here"


class Doubled(NamedTuple):
    """What doubling found.

    Attributes:
        batch: the best.
        calls: all that were measured.
        ended: why it went no further: `gain`, `memory` or `limit`; and whether the rule on memory
            does not apply, as on a CPU.
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
        taken: share of the memory that was there for the arm which its calls have taken at most;
            None on a device of which that cannot be told.
        number: of the arm.
    """
    calls: list[Call] = []
    best, rate, batch = 1, 0.0, 1
    beside = f"; {_NO_RULE}" if taken() is None else ""
    while batch <= rule.limit:
        found = _tried(arm_of, batch, rule, clock, number)
        if found is None:
            return Doubled(best, tuple(calls), "memory")
        calls += found
        now = batch / median(one.host_s for one in found[1:])
        if rate and now < rate * (1.0 + rule.gain):
            return Doubled(best, tuple(calls), f"gain{beside}")
        share = taken()
        if batch > 1 and share is not None and share > rule.memory:
            return Doubled(best, tuple(calls), "memory")
        best, rate = batch, now
        batch *= 2
    return Doubled(best, tuple(calls), f"limit{beside}")


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
    except (RuntimeError, MemoryError) as error:
        if is_memory_end(error):
            return None
        raise
    return found
