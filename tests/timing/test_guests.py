"""Separators that use a GPU by themselves, on one that is made up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from sepeval.separators.base import Estimate
from sepeval.timing import guests, time_separators
from sepeval.timing.guests import GuestClock
from sepeval.types import Array
from tests.timing.tiny import Halves, halves, protocol


class Gpus:
    """Stands for `torch.cuda` with two GPUs, of which the second is used from the first call on."""

    def __init__(self) -> None:
        self.time, self.done = 0.0, 0.0
        self.waited: list[int] = []
        self.is_used = False

    def is_initialized(self) -> bool:
        return self.is_used

    def device_count(self) -> int:
        return 2

    def memory_reserved(self, number: int) -> int:
        return 7 * number

    def get_device_name(self, number: int) -> str:
        return f"made-up {number}"

    def is_available(self) -> bool:
        return True

    def get_device_properties(self, _: object) -> object:
        return object()

    def mem_get_info(self, _: object) -> tuple[int, int]:
        return 30, 100

    def synchronize(self, number: int) -> None:
        self.waited.append(number)
        self.time = max(self.time, self.done)

    def call(self) -> None:
        self.is_used = True
        self.time += 0.001
        self.done = self.time + 0.5


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> Gpus:
    made = Gpus()
    monkeypatch.setattr(torch, "cuda", made)
    return made


def test_the_gpu_that_is_used_is_waited_for(gpus: Gpus) -> None:
    clock = GuestClock(now=lambda: gpus.time)

    found = [clock.measure(gpus.call) for _ in range(2)]

    assert [one.host_s for one in found] == pytest.approx([0.501, 0.501])
    assert gpus.waited == [1, 1, 1]
    assert guests.note() == "waited for made-up 1 (cuda:1)"


def test_a_separator_that_enqueues_on_a_gpu_is_timed_with_its_work_and_its_gpu(
    gpus: Gpus, tmp_path: Path
) -> None:
    class Enqueuing(Halves):
        def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
            gpus.call()
            return super().separate(mixture, rate=rate, seed=seed)

    own = protocol(segment=None, track={"seconds": 0.1})
    clock = GuestClock(now=lambda: gpus.time)

    made = time_separators([halves(separator=Enqueuing())], own, root=tmp_path, clock=clock)

    assert [one.host_s for one in made.calls] == pytest.approx([0.501] * len(made.calls))
    assert made.record.arms[0].notes == ["waited for made-up 1 (cuda:1)"]
    assert (made.record.machine.device, made.record.machine.device_name) == (
        "cuda",
        "made-up cuda:1",
    )
    assert [one.gpu_used_bytes for one in made.record.states] == [None, 70, 70]


def test_where_no_gpu_is_used_the_host_alone_was_timed(gpus: Gpus) -> None:
    call: Callable[[], object] = int

    assert GuestClock().measure(call).device_s is None
    assert gpus.waited == []
    assert guests.note() == "only the host was timed"
