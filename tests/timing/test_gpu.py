"""The parts for a GPU, on one that is made up: what is called, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
import torch

from sepeval.timing import facts
from sepeval.timing.clock import CudaClock


class Gpu:
    """Stands for `torch.cuda`: time passes when work is enqueued, and is waited for."""

    def __init__(self) -> None:
        self.time = 0.0  # of the host, in seconds
        self.done = 0.0  # when the device will have done what was enqueued
        self.allocated, self.peak = 100, 500
        self.said: list[str] = []

    def enqueue(self, seconds: float) -> None:
        self.said.append("call")
        self.time += 0.001
        self.done = max(self.done, self.time) + seconds

    def now(self) -> float:
        return self.time

    def synchronize(self, _: object) -> None:
        self.said.append("synchronise")
        self.time = max(self.time, self.done)

    @contextmanager
    def device(self, _: object) -> Iterator[None]:
        yield

    def Event(self, *, enable_timing: bool) -> Event:  # noqa: N802 - torch's name
        assert enable_timing
        return Event(self)

    def reset_peak_memory_stats(self, _: object) -> None:
        self.said.append("reset")
        self.peak = self.allocated

    def memory_allocated(self, _: object) -> int:
        return self.allocated

    def max_memory_allocated(self, _: object) -> int:
        return self.peak

    def max_memory_reserved(self, _: object) -> int:
        return 1000

    def empty_cache(self) -> None:
        self.said.append("emptied")

    def memory_reserved(self, _: object) -> int:
        return 400

    def mem_get_info(self, _: object) -> tuple[int, int]:
        return 1000, 2000


class Event:
    """A mark in the device's queue."""

    def __init__(self, gpu: Gpu) -> None:
        self.gpu, self.at = gpu, 0.0

    def record(self) -> None:
        self.gpu.said.append("event")
        self.at = max(self.gpu.done, self.gpu.time)

    def elapsed_time(self, other: Event) -> float:
        return 1000.0 * (other.at - self.at)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Gpu:
    made = Gpu()
    monkeypatch.setattr(torch, "cuda", made)
    return made


def test_both_clocks_wait_for_the_device(gpu: Gpu) -> None:
    gpu.enqueue(5.0)  # from before: is waited for, and not counted
    gpu.said.clear()

    found = CudaClock(torch.device("cuda"), now=gpu.now).measure(lambda: gpu.enqueue(0.02))

    assert gpu.said == ["synchronise", "event", "call", "event", "synchronise"]
    assert found.host_s == pytest.approx(0.021)
    assert found.enqueued_s == pytest.approx(0.001)
    assert found.device_s == pytest.approx(0.021)


def test_memory_is_the_largest_of_one_call_beside_what_was_there(
    gpu: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "torch_device", torch.device)

    def call() -> None:
        gpu.enqueue(1.0)
        gpu.peak = 340

    found = facts.memory(call, nullcontext, "cuda")

    assert found == (240, 1000)
    assert gpu.said == ["synchronise", "reset", "call", "synchronise"]


def test_an_earlier_arm_decides_nothing_of_the_memory(
    gpu: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "torch_device", torch.device)

    room = facts.emptied("cuda")  # 500 bytes were taken at most before, 100 still are

    assert room is not None
    assert gpu.said == ["synchronise", "emptied", "reset"]
    assert (room.held_bytes, room.there_bytes) == (100, 1300)
    gpu.peak = 100 + 650
    assert room.taken() == 0.5


def test_there_is_no_such_rule_for_a_cpu() -> None:
    assert facts.emptied("cpu") is None
