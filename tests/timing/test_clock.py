"""Clocks: what they show for calls of known length."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from sepeval.timing.clock import HostClock, clock_of, overhead_s


class Device:
    """Does its work behind the host's back, one piece after another."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1)
        self._work: list[Future[None]] = []

    def enqueue(self, seconds: float) -> None:
        self._work.append(self._worker.submit(time.sleep, seconds))

    def synchronise(self) -> None:
        wait(self._work)
        self._work.clear()


def busy(seconds: float) -> float:
    """Work for so long, and return how long it was by the same clock."""
    began = now = time.perf_counter()
    while now - began < seconds:
        now = time.perf_counter()
    return now - began


def test_work_that_is_enqueued_is_waited_for() -> None:
    device = Device()
    clock = HostClock(synchronise=device.synchronise)

    found = [clock.measure(lambda: device.enqueue(0.02)) for _ in range(5)]

    assert 0.02 <= min(one.host_s for one in found) < 0.04
    assert min(one.enqueued_s for one in found) < 0.01
    assert all(one.device_s is None for one in found)


def test_without_waiting_the_same_work_would_seem_to_take_no_time() -> None:
    device = Device()

    found = [HostClock().measure(lambda: device.enqueue(0.02)).host_s for _ in range(5)]

    device.synchronise()
    assert min(found) < 0.01


def test_work_from_before_is_not_counted() -> None:
    device = Device()
    clock = HostClock(synchronise=device.synchronise)
    found = []
    for _ in range(3):
        device.enqueue(0.1)
        found.append(clock.measure(lambda: device.enqueue(0.01)).host_s)

    assert 0.01 <= min(found) < 0.05


def test_the_clock_adds_less_than_a_hundredth_to_10_ms() -> None:
    clock = HostClock()
    found = []
    for _ in range(10):
        inner, host, *_ = clock.measure(lambda: busy(0.01))
        assert isinstance(inner, float)
        found.append((host - inner) / inner)

    assert min(found) >= 0.0
    assert sorted(found)[5] < 0.01
    assert overhead_s(clock) < 0.01 * 0.01


def test_the_cpu_has_the_hosts_clock() -> None:
    assert isinstance(clock_of("cpu"), HostClock)


@pytest.mark.gpu
def test_a_gpu_counts_by_itself_too() -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    x = torch.randn(4096, 4096, device="cuda")
    clock = clock_of("cuda")
    found = [clock.measure(lambda: x @ x) for _ in range(5)][-1]

    assert found.device_s is not None
    assert 0.0 < found.device_s <= found.host_s
    assert found.enqueued_s < found.host_s
