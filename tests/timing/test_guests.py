"""Separators that use a GPU by themselves, on one that is made up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from sepeval.timing import guests
from sepeval.timing.guests import GuestClock


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


def test_where_no_gpu_is_used_the_host_alone_was_timed(gpus: Gpus) -> None:
    call: Callable[[], object] = int

    assert GuestClock().measure(call).device_s is None
    assert gpus.waited == []
    assert guests.note() == "only the host was timed"
