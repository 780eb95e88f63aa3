"""Warm-up, and arms that take turns.

A machine drifts: it grows warm, its clock rises, another program comes and goes. Arms that are
timed one after the other each see another stretch of that drift. So they take turns, forth and
back: A B C, C B A, A B C, ... In a pair of rounds every arm stands on the average in the same
place, and whatever changes evenly with time adds the same to all of them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Literal, NamedTuple, TypeAlias

from sepeval.timing.clock import Clock, Measured
from sepeval.timing.protocol import Calls, WarmUp

Stage: TypeAlias = Literal["warm_up", "doubling", "timed", "transfer", "peak"]


@dataclass(frozen=True)
class Arm:
    """One thing that is timed.

    Attributes:
        call: what is inside the clock.
        around: what must hold during a call and is set outside the clock, such as a precision.
        batch: items in a call.
    """

    call: Callable[[], object]
    around: Callable[[], AbstractContextManager[None]]
    batch: int


class Call(NamedTuple):
    """One measured call; a row of the table of calls.

    Attributes:
        arm: its number.
        stage: what the call is for.
        round: number of the turn of all arms, or of the call in its stage.
        place: within the round.
        batch: items.
        host_s: see `clock.Measured`, like the next three.
        enqueued_s: until it returned.
        device_s: None where the device does not count by itself.
        began_s: since the first moment of the run.
    """

    arm: int
    stage: Stage
    round: int
    place: int
    batch: int
    host_s: float
    enqueued_s: float
    device_s: float | None
    began_s: float


class Warmed(NamedTuple):
    """What a warm-up showed.

    Attributes:
        calls: all of them.
        settled: whether the medians agreed before the time was up.
        output: of the last call.
    """

    calls: tuple[Call, ...]
    settled: bool
    output: object


def warm(arm: Arm, rule: WarmUp, clock: Clock, *, number: int = 0) -> Warmed:
    """Call an arm until it has settled, and return the calls."""
    found: list[Call] = []
    medians: list[float] = []
    began = clock.now()
    with _quiet():
        while True:
            output: object = None  # the last one is gone before the next is made
            with arm.around():
                output, *_ = measured = clock.measure(arm.call)
            measured = measured._replace(output=None)
            found.append(row(measured, arm, number=number, stage="warm_up", turn=len(found)))
            if len(found) >= rule.window:
                medians.append(median(one.host_s for one in found[-rule.window :]))
            spent = clock.now() - began
            after_first = spent - found[0].host_s
            if len(found) >= rule.calls and spent >= rule.seconds and _agree(medians, rule):
                return Warmed(tuple(found), settled=True, output=output)
            if len(found) > 1 and after_first >= rule.limit_s:
                return Warmed(tuple(found), settled=False, output=output)


def _agree(medians: Sequence[float], rule: WarmUp) -> bool:
    last = medians[-rule.medians :]
    return len(last) == rule.medians and max(last) <= (1.0 + rule.tolerance) * min(last)


def taking_turns(
    arms: Sequence[Arm],
    rule: Calls,
    clock: Clock,
    *,
    failures: tuple[type[Exception], ...] = (),
    lost: Callable[[int, Exception], None] = lambda _, __: None,
    found: list[Call] | None = None,
) -> tuple[Call, ...]:
    """Return the calls of arms that take turns, in pairs of rounds of which one runs backwards.

    Nothing but calls happens between the first and the last: no file is read or written, no
    garbage collected, and the device does not wait for anything else.

    Args:
        arms: that take turns.
        rule: how often.
        clock: that measures.
        failures: errors of one arm after which the others go on without it.
        lost: gets the place of such an arm, and the error.
        found: gets every call as it is made, so that an interruption loses none of them.
    """
    found = [] if found is None else found
    began = clock.now()
    turn = 0
    left = list(range(len(arms)))
    with _quiet():
        while left:
            for order in (tuple(left), tuple(reversed(left))):
                for place, number in enumerate(order):
                    if number not in left:
                        continue
                    arm = arms[number]
                    try:
                        with arm.around():
                            measured = clock.measure(arm.call)._replace(output=None)
                    except failures as error:
                        lost(number, error)
                        left.remove(number)
                        continue
                    found.append(
                        row(measured, arm, number=number, stage="timed", turn=turn, place=place)
                    )
                turn += 1
            enough = clock.now() - began >= rule.seconds * len(arms)
            if turn >= rule.count or (turn >= rule.at_least and enough):
                break
    return tuple(found)


def row(
    measured: Measured, arm: Arm, *, number: int, stage: Stage, turn: int, place: int = 0
) -> Call:
    """Return a measured call as a row."""
    return Call(
        number,
        stage,
        turn,
        place,
        arm.batch,
        measured.host_s,
        measured.enqueued_s,
        measured.device_s,
        measured.began_s,
    )


@contextmanager
def settled_garbage() -> Iterator[None]:
    """Collect garbage once; what is there now is not looked through again inside the block."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _quiet() -> Iterator[None]:
    """Collect garbage now, and none inside the block."""
    gc.collect()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
