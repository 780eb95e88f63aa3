"""From the separator to the record: calls of known length are measured right.

Separators that note their own time are compared with the record call by call, so that a busy
machine changes both alike. Where time must be exact it is made up: `World` of `test_measuring`.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from sepeval.report.tables.timing_rows import rows_of
from sepeval.separators.base import Estimate
from sepeval.store.parts import read_table
from sepeval.timing import HostClock, Subject, Timing, time_separators
from sepeval.types import Array
from tests.timing.test_clock import busy
from tests.timing.test_measuring import World
from tests.timing.tiny import Halves, halves, protocol

TRACK = protocol(
    segment=None, track={"seconds": 0.1}, calls={"count": 10, "seconds": 1e3, "at_least": 10}
)


class Doing(Halves):
    """Does something at every call, and notes how long that was by the host's clock."""

    def __init__(
        self, work: Callable[[], object], now: Callable[[], float] = time.perf_counter
    ) -> None:
        self.work, self.now = work, now
        self.noted: list[float] = []

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        began = self.now()
        self.work()
        found = super().separate(mixture, rate=rate, seed=seed)
        self.noted.append(self.now() - began)
        return found


def recorded(made: Timing) -> list[float]:
    (arm,) = made.record.arms
    return [one.host_s for one in made.timed(arm)]


@pytest.mark.parametrize("work", [lambda: busy(0.01), lambda: time.sleep(0.02)], ids=["10", "20"])
def test_the_method_adds_less_than_a_hundredth(work: Callable[[], object], tmp_path: Path) -> None:
    separator = Doing(work)

    found = recorded(time_separators([halves(separator=separator)], TRACK, root=tmp_path))

    own = separator.noted[-len(found) :]
    added = [one - other for one, other in zip(found, own, strict=True)]
    assert len(found) == 10
    assert min(added) >= 0.0
    assert median(added) < 0.01 * 0.01  # of the shorter call, 10 ms


def test_a_separator_that_enqueues_20_ms_without_waiting_takes_20_ms(tmp_path: Path) -> None:
    world = World()
    done = 0.0

    def enqueue() -> None:
        nonlocal done
        world.spend(0.001)
        done = max(done, world.time) + 0.02

    def wait() -> None:
        world.time = max(world.time, done)

    separator = Doing(enqueue, now=world.now)
    clock = HostClock(now=world.now, synchronise=wait)
    made = time_separators([halves(separator=separator)], TRACK, root=tmp_path, clock=clock)

    assert separator.noted[-1] == pytest.approx(0.001)
    assert recorded(made) == pytest.approx([0.021] * 10)
    assert [one.enqueued_s for one in made.calls] == pytest.approx([0.001] * len(made.calls))
    assert made.record.arms[0].notes == ["the clock was given"]


def test_an_injected_drift_decides_between_runs_and_not_between_arms(tmp_path: Path) -> None:
    def subject(name: str, world: World) -> Subject:
        separator = Doing(lambda: world.spend(0.02), now=world.now)
        return dataclasses.replace(halves(separator=separator), name=name)

    world = World(drift=0.5)
    clock = HostClock(now=world.now)
    runs = [
        time_separators([subject(name, world)], TRACK, root=tmp_path / name, clock=clock)
        for name in "ab"
    ]
    world.time = 0.0
    turns = time_separators(
        [subject(name, world) for name in "ab"], TRACK, root=tmp_path / "both", clock=clock
    )

    first, second = (median(recorded(one)) for one in runs)
    (a, b) = rows_of(turns, machine="")
    assert second > 1.1 * first
    assert b.ratio == pytest.approx(1.0, abs=1e-3)
    assert b.track is not None
    assert a.track is not None
    assert b.track.median == pytest.approx(a.track.median, rel=1e-2)


def test_an_interrupted_run_keeps_every_call(tmp_path: Path) -> None:
    world = World()

    def work() -> None:
        if len(separator.noted) == 9:
            raise KeyboardInterrupt
        world.spend(1.0)

    separator = Doing(work, now=world.now)
    with pytest.raises(KeyboardInterrupt):
        time_separators(
            [halves(separator=separator)], TRACK, root=tmp_path, clock=HostClock(now=world.now)
        )
    (folder,) = tmp_path.iterdir()
    kept = [read_table(path)[0].to_pylist() for path in sorted(folder.glob("*.parquet"))]
    assert [len(one) for one in kept] == [2, 6]  # warm-up; the turns; one call was for the memory
    assert [one["host_s"] for one in kept[1]] == [1.0] * 6
