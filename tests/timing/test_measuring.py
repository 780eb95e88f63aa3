"""Warm-up, and arms that take turns, on clocks that are made up."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from contextlib import nullcontext
from statistics import median

import pytest

from sepeval.timing.clock import HostClock
from sepeval.timing.measuring import Arm, taking_turns, warm
from sepeval.timing.protocol import Calls, WarmUp
from sepeval.timing.statistics import per_item, ratios, spread

pytestmark = pytest.mark.slow

RULE = WarmUp(calls=3, seconds=0.0, medians=2, window=2, tolerance=0.02, limit_s=100.0)


class World:
    """Time that passes only when something is done, ever more slowly."""

    def __init__(self, drift: float = 0.0) -> None:
        self.time = 0.0
        self.drift = drift  # by which a second of work grows with every second

    def now(self) -> float:
        return self.time

    def spend(self, seconds: float) -> None:
        self.time += seconds * (1.0 + self.drift * self.time)

    def clock(self) -> HostClock:
        return HostClock(now=self.now)

    def arm(self, seconds: float, batch: int = 1) -> Arm:
        return Arm(lambda: self.spend(seconds), nullcontext, batch)


def falling(world: World, *seconds: float) -> Callable[[], None]:
    """Take so long for the first calls, and as long as the last for all others."""
    left = list(seconds)
    return lambda: world.spend(left.pop(0) if len(left) > 1 else left[0])


def test_arms_take_turns_forth_and_back() -> None:
    world = World()
    arms = [world.arm(1.0), world.arm(2.0), world.arm(3.0)]

    found = taking_turns(arms, Calls(count=4, seconds=1000.0, at_least=2), world.clock())

    assert [one.arm for one in found] == [0, 1, 2, 2, 1, 0] * 2
    assert [one.round for one in found] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [one.place for one in found] == [0, 1, 2] * 4


def test_taking_turns_removes_a_drift_that_decides_without() -> None:
    rule = Calls(count=20, seconds=1e9, at_least=2)
    world = World(drift=0.01)
    turns = taking_turns([world.arm(1.0), world.arm(1.0)], rule, world.clock())
    after = World(drift=0.01)
    first, second = (
        taking_turns([after.arm(1.0)], rule, after.clock()),
        taking_turns([after.arm(1.0)], rule, after.clock()),
    )

    apart = median(per_item(second)) / median(per_item(first))
    assert apart > 1.1
    assert median(ratios(turns, arm=1, over=0)) == pytest.approx(1.0, abs=1e-3)


def test_the_ratio_of_two_arms_is_that_of_their_work() -> None:
    world = World(drift=0.001)
    rule = Calls(count=10, seconds=1e9, at_least=2)

    found = taking_turns([world.arm(1.0), world.arm(3.0, batch=2)], rule, world.clock())

    assert median(ratios(found, arm=1, over=0)) == pytest.approx(1.5, abs=0.01)


def test_every_call_is_kept() -> None:
    world = World()

    found = taking_turns(
        [world.arm(1.0)] * 2, Calls(count=6, seconds=1e9, at_least=2), world.clock()
    )

    assert len(found) == 12
    assert sum(one.host_s for one in found) == world.time


def test_slow_arms_end_by_time_but_not_before_the_least_count() -> None:
    world = World()

    few = taking_turns([world.arm(9.0)], Calls(count=50, seconds=1.0, at_least=6), world.clock())
    more = taking_turns([world.arm(1.0)], Calls(count=50, seconds=10.0, at_least=2), world.clock())

    assert (len(few), len(more)) == (6, 10)


def test_warm_up_goes_on_until_the_medians_agree() -> None:
    world = World()
    arm = Arm(falling(world, 9.0, 5.0, 3.0, 2.0, 1.0), nullcontext, 1)

    found = warm(arm, RULE, world.clock())

    assert found.settled
    assert [one.host_s for one in found.calls] == [9.0, 5.0, 3.0, 2.0, 1.0, 1.0, 1.0]


def test_warm_up_takes_its_least_calls_and_seconds() -> None:
    world = World()
    by_calls = warm(world.arm(1.0), RULE.model_copy(update={"calls": 9}), world.clock())
    by_time = warm(world.arm(1.0), RULE.model_copy(update={"seconds": 7.0}), world.clock())

    assert (len(by_calls.calls), len(by_time.calls)) == (9, 7)


def test_warm_up_that_does_not_settle_ends_and_says_so() -> None:
    world = World(drift=1.0)

    found = warm(world.arm(1.0), RULE, world.clock())

    assert not found.settled
    assert world.time >= RULE.limit_s


def test_a_first_call_that_compiles_takes_nothing_of_the_limit() -> None:
    world = World()
    arm = Arm(falling(world, 500.0, 1.0), nullcontext, 1)

    found = warm(arm, RULE, world.clock())

    assert found.settled
    assert [one.host_s for one in found.calls] == [500.0, 1.0, 1.0, 1.0]


def test_warm_up_returns_the_last_output() -> None:
    world = World()
    arm = Arm(lambda: world.spend(1.0) or "estimate", nullcontext, 1)  # type: ignore[func-returns-value]  # in one line

    assert warm(arm, RULE, world.clock()).output == "estimate"


def test_no_file_is_opened_and_no_garbage_collected_between_the_calls() -> None:
    opened: list[object] = []
    is_watched = False

    def watch(event: str, args: tuple[object, ...]) -> None:
        if is_watched and event == "open":
            opened.append(args[0])

    sys.addaudithook(watch)  # stays, and does nothing after this test
    collecting: list[bool] = []
    clock = HostClock()
    arms = [Arm(lambda: collecting.append(gc.isenabled()), nullcontext, 1)] * 2

    is_watched = True
    taking_turns(arms, Calls(count=4, seconds=10.0, at_least=2), clock)
    is_watched = False

    assert opened == []
    assert collecting == [False] * 8
    assert gc.isenabled()


def test_what_is_around_a_call_is_outside_the_clock() -> None:
    world = World()

    class Slow:
        def __enter__(self) -> None:
            world.spend(5.0)

        def __exit__(self, *_: object) -> None:
            world.spend(5.0)

    arm = Arm(lambda: world.spend(1.0), Slow, 1)
    found = taking_turns([arm], Calls(count=2, seconds=100.0, at_least=2), world.clock())

    assert [one.host_s for one in found] == [1.0, 1.0]


def test_quantiles_are_those_of_all_calls() -> None:
    found = spread([float(one) for one in range(101)])

    assert (found.calls, found.minimum, found.p5, found.q25) == (101, 0.0, 5.0, 25.0)
    assert (found.median, found.q75, found.p95) == (50.0, 75.0, 95.0)
