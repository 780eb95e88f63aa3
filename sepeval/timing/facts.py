"""What is told beside the time: parameters, memory, and the peak of the device."""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sepeval.inference import Device, Precision, numerics, torch_device
from sepeval.timing.clock import Clock
from sepeval.timing.measuring import Arm, Call, row
from sepeval.timing.protocol import Peak

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")
_RESET_PEAK = "5"  # what Linux takes to forget the largest size of the process so far


class Memory(NamedTuple):
    """What a call takes beside what was there before it.

    Attributes:
        working_bytes: at most; None where it cannot be told.
        reserved_bytes: by torch's allocator of a GPU, of everything, at most; None elsewhere.
    """

    working_bytes: int | None
    reserved_bytes: int | None


class Peaked(NamedTuple):
    """The peak of a device.

    Attributes:
        flops: operations per second.
        calls: that were measured.
    """

    flops: float
    calls: tuple[Call, ...]


def parameters(parts: Mapping[str, nn.Module]) -> dict[str, int]:
    """Return the parameters of each network; shared ones count once, where they come first."""
    seen: set[int] = set()
    found = {}
    for name, network in parts.items():
        own = [one for one in network.parameters() if id(one) not in seen]
        seen |= {id(one) for one in own}
        found[name] = sum(one.numel() for one in own)
    return found


def weights_bytes(parts: Mapping[str, nn.Module]) -> int:
    """Return the bytes of all parameters and buffers of the networks, each once."""
    tensors: dict[tuple[int, int], Tensor] = {}
    for network in parts.values():
        for one in (*network.parameters(), *network.buffers()):
            tensors[one.data_ptr(), one.numel()] = one
    return sum(one.numel() * one.element_size() for one in tensors.values())


def memory(
    call: Callable[[], object], around: Callable[[], AbstractContextManager[None]], device: Device
) -> Memory:
    """Return what a call takes; it is made for this alone and not timed."""
    place = torch_device(device)
    with around():
        return _on_cuda(call, place) if place.type == "cuda" else _on_host(call)


class Room(NamedTuple):
    """The memory of a GPU when an arm begins.

    Attributes:
        device: by name.
        held_bytes: that tensors of this process take, such as the networks of all arms.
        there_bytes: beside them, for the arm.
    """

    device: Device
    held_bytes: int
    there_bytes: int

    def taken(self) -> float:
        """Return the share of what was there that the arm has taken at most."""
        from torch import cuda

        return (cuda.max_memory_allocated(self.device) - self.held_bytes) / self.there_bytes


def emptied(device: Device) -> Room | None:
    """Give back what earlier arms left, and return what is there; None but on a GPU.

    What torch's allocator keeps without need counts as free, so an earlier arm decides nothing.
    """
    gc.collect()
    if torch_device(device).type != "cuda":
        return None
    from torch import cuda

    cuda.synchronize(device)
    cuda.empty_cache()
    cuda.reset_peak_memory_stats(device)
    held = cuda.memory_allocated(device)
    free, _ = cuda.mem_get_info(device)
    return Room(device, held, free + cuda.memory_reserved(device) - held)


def peak(
    device: Device, precision: Precision, rule: Peak, clock: Clock, *, number: int = 0
) -> Peaked:
    """Return the peak of a device at a precision: that of the product of two square matrices.

    Args:
        device: by name.
        precision: as a separator has it.
        rule: how large, how often.
        clock: that measures.
        number: that its calls have in place of an arm's.
    """
    import torch

    place = torch_device(device)
    size = rule.cuda if place.type == "cuda" else rule.cpu
    generator = torch.Generator().manual_seed(0)
    one, two = (torch.randn(size, size, generator=generator).to(place) for _ in range(2))
    if precision in ("bf16", "fp16"):
        dtype = torch.bfloat16 if precision == "bf16" else torch.float16
        one, two = one.to(dtype), two.to(dtype)
    arm = Arm(lambda: one @ two, lambda: numerics(device, precision), batch=1)
    calls = []
    for turn in range(rule.calls + 1):  # the first warms up
        with arm.around():
            measured = clock.measure(arm.call)._replace(output=None)
        calls.append(row(measured, arm, number=number, stage="peak", turn=turn))
    fastest = min(one.host_s for one in calls[1:])
    return Peaked(2.0 * size**3 / fastest, tuple(calls))


def are_finite(outputs: Iterable[Tensor]) -> bool:
    """Return whether every sample is a finite number."""
    return all(bool(one.isfinite().all()) for one in outputs)


def _on_cuda(call: Callable[[], object], place: torch.device) -> Memory:
    from torch import cuda

    cuda.synchronize(place)
    cuda.reset_peak_memory_stats(place)
    before = cuda.memory_allocated(place)
    call()
    cuda.synchronize(place)
    working = cuda.max_memory_allocated(place) - before
    return Memory(working, cuda.max_memory_reserved(place))


def _on_host(call: Callable[[], object]) -> Memory:
    """Linux tells the largest size of a process since it was last asked to forget it.

    What earlier calls left behind is given back first: a call that finds room there would seem to
    take none.
    """
    is_told = os.access(_CLEAR, os.W_OK)
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if is_told else None
    if trim is None:
        call()
        return Memory(None, None)
    gc.collect()
    trim(0)
    before = _resident("VmRSS")
    _CLEAR.write_text(_RESET_PEAK, encoding="ascii")
    call()
    return Memory(max(_resident("VmHWM") - before, 0), None)


def _resident(name: str) -> int:
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024
