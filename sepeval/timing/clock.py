"""Clocks: how long one call takes, for the host and, where it counts by itself, for the device.

A device computes behind the host's back: a call returns when its work is enqueued. So the host
waits for the device before it starts its clock and before it stops it. The time up to the return
of the call is kept too: where it is nearly all of the time, the host cannot enqueue fast enough.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sepeval.inference import Device, torch_device

if TYPE_CHECKING:
    import torch

Now = Callable[[], float]  # seconds since some moment


class Measured(NamedTuple):
    """One call.

    Attributes:
        output: what it returned.
        host_s: until its work was done, by the host's clock.
        enqueued_s: until it returned, by the host's clock.
        device_s: between two events on the device around it; None where there are none.
        began_s: by the host's clock.
    """

    output: object
    host_s: float
    enqueued_s: float
    device_s: float | None
    began_s: float


class Clock(ABC):
    """Measures calls. Nothing is done between its marks but the call."""

    @abstractmethod
    def measure(self, call: Callable[[], object]) -> Measured:
        """Return how long a call takes, with all work that it enqueues."""

    @property
    @abstractmethod
    def now(self) -> Now:
        """The host's clock."""


@dataclass(frozen=True)
class HostClock(Clock):
    """The host's clock alone.

    Attributes:
        now: seconds.
        synchronise: returns when the device has done all that was enqueued; for a CPU, at once.
    """

    now: Now = time.perf_counter
    synchronise: Callable[[], None] = lambda: None

    def measure(self, call: Callable[[], object]) -> Measured:
        """Return how long a call takes by the host's clock."""
        now, synchronise = self.now, self.synchronise
        synchronise()
        began = now()
        output = call()
        enqueued = now()
        synchronise()
        ended = now()
        return Measured(output, ended - began, enqueued - began, None, began)


@dataclass(frozen=True)
class CudaClock(Clock):
    """The host's clock, and events on the current stream of a GPU.

    Attributes:
        device: the GPU.
        now: seconds.
    """

    device: torch.device
    now: Now = time.perf_counter

    def measure(self, call: Callable[[], object]) -> Measured:
        """Return how long a call takes by both clocks."""
        import torch

        cuda: Any = torch.cuda  # the stubs lack types of events
        now, device = self.now, self.device
        with cuda.device(device):
            first, last = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
            cuda.synchronize(device)
            began = now()
            first.record()
            output = call()
            last.record()
            enqueued = now()
            cuda.synchronize(device)
            ended = now()
            device_s = first.elapsed_time(last) / 1000.0  # it tells milliseconds
        return Measured(output, ended - began, enqueued - began, device_s, began)


def clock_of(name: Device) -> Clock:
    """Return the clock for a device.

    Raises:
        SeparatorError: nothing has that name.
        DependencyError: it is not there.
    """
    device = torch_device(name)
    if device.type == "cuda":
        return CudaClock(device)
    if device.type == "mps":
        import torch

        return HostClock(synchronise=torch.mps.synchronize)
    return HostClock()


def overhead_s(clock: Clock, *, calls: int = 200) -> float:
    """Return what a clock shows for a call that does nothing: the median, in seconds."""
    found = sorted(clock.measure(_nothing).host_s for _ in range(calls))
    return found[len(found) // 2]


def _nothing() -> None:
    return
