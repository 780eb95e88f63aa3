"""The machine that a time belongs to: what it is, and in what state it was.

Times from two machines are not compared unless that is asked for. What makes a machine another
one is in `Machine`; what changes by the minute is in `State`, and is recorded beside the times.
"""

from __future__ import annotations

import csv
import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from sepeval.errors import DependencyError
from sepeval.inference import Device, hardware, torch_device
from sepeval.timing.flags import flags
from sepeval.timing.processor import number_in, processor_clock, processor_name

if TYPE_CHECKING:
    import torch

_TIMEOUT_S = 20.0  # of a question to the driver
_GPU = (  # asked of the driver, by its names
    *("uuid", "driver_version", "clocks.sm", "clocks.mem", "clocks.max.sm", "power.limit"),
    *("power.draw", "temperature.gpu", "utilization.gpu", "mig.mode.current"),
)
_OF_MACHINE = ("uuid", "driver_version", "clocks.max.sm", "power.limit", "mig.mode.current")

Ask = Callable[[list[str]], str]  # runs a command and returns what it prints; empty if it fails


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Machine(_Record):
    """What a machine is.

    Attributes:
        host: eight hexadecimal digits of its name's SHA-256.
        platform: system and architecture.
        processor: name.
        processors: of the machine.
        threads: of torch, held to as many processors.
        memory_bytes: of the machine.
        device: kind, `cpu` or `cuda`.
        device_name: of a GPU; empty for the CPU.
        gpu: what the driver says that does not change by itself: its version, limits.
        versions: of python, torch, CUDA, cuDNN, numpy.
        flags: of torch that can change a time, and variables of the environment.
    """

    host: str
    platform: str
    processor: str
    processors: int
    threads: int
    memory_bytes: int
    device: Literal["cpu", "cuda", "mps"]
    device_name: str
    gpu: dict[str, str]
    versions: dict[str, str]
    flags: dict[str, JsonValue]

    def facts(self) -> dict[str, object]:
        """Return all that is known by its name, such as `versions.torch`."""
        return _flat(self.model_dump())

    def differences(self, other: Machine) -> tuple[str, ...]:
        """Return the names of what differs from another machine."""
        own, others = self.facts(), other.facts()
        return tuple(sorted(name for name in own | others if own.get(name) != others.get(name)))


class State(_Record):
    """In what state a machine was at one moment.

    Attributes:
        when: `before`, `warm` (after all warm-ups) or `after`.
        load: average over one minute of processes that want to run; None where it is not known.
        clock_mhz: of the device: the median over the processors that may be used, or that of a
            GPU; None where it is not told.
        gpu: what the driver says: clocks in MHz, power in W, temperature in °C.
        gpu_processes: of all users on the GPU, as far as the driver tells; None: it does not.
        gpu_used_bytes: of the GPU's memory by all of them.
    """

    when: Literal["before", "warm", "after"]
    load: float | None
    clock_mhz: float | None = None
    gpu: dict[str, str]
    gpu_processes: int | None
    gpu_used_bytes: int | None


def asked(command: list[str]) -> str:
    """Return what a command prints; empty where it is not there, fails or does not end."""
    path = shutil.which(command[0])
    if path is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, no shell
            [path, *command[1:]], capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def machine(device: Device, *, threads: int, ask: Ask = asked) -> Machine:
    """Return what this machine is, as it is set now.

    Args:
        device: that is timed.
        threads: of torch.
        ask: how the driver is asked.

    Raises:
        SeparatorError: nothing has the device's name.
        DependencyError: it is not there.
    """
    place = torch_device(device)
    told = _of_gpu(_physical(place), ask) if place.type == "cuda" else {}
    name = hashlib.sha256(platform.node().encode()).hexdigest()[:8]
    return Machine.model_validate(
        {
            "host": name,
            "platform": f"{platform.system()} {platform.machine()}",
            "processor": processor_name(),
            "processors": os.cpu_count() or 1,
            "threads": threads,
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "device": place.type,
            "device_name": hardware(device),
            "gpu": {key: told[key] for key in _OF_MACHINE if key in told},
            "versions": _versions(place.type),
            "flags": flags(place.type),
        }
    )


def state(when: Literal["before", "warm", "after"], device: Device, *, ask: Ask = asked) -> State:
    """Return the state of this machine now. It is asked between calls, never during one."""
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    place = torch_device(device)
    if place.type != "cuda":
        return State(
            when=when,
            load=load,
            clock_mhz=processor_clock(),
            gpu={},
            gpu_processes=None,
            gpu_used_bytes=None,
        )
    import torch

    told = _of_gpu(_physical(place), ask)
    query = ["nvidia-smi", "--query-compute-apps=pid,gpu_uuid", "--format=csv,noheader"]
    lines = [line for line in ask(query).splitlines() if told.get("uuid", "-") in line]
    free, whole = torch.cuda.mem_get_info(place)
    return State(
        when=when,
        load=load,
        clock_mhz=number_in(told.get("clocks.sm", "")),
        gpu={key: value for key, value in told.items() if key not in _OF_MACHINE},
        gpu_processes=len(lines) if told else None,
        gpu_used_bytes=whole - free,
    )


@contextmanager
def pinned(threads: int | Literal["every"]) -> Iterator[int]:
    """Let torch have so many threads, and hold them to as many processors; yield how many.

    Raises:
        DependencyError: fewer processors may be used.
    """
    import torch

    there = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    count = (len(there) or os.cpu_count() or 1) if threads == "every" else threads
    if there and count > len(there):
        message = (
            f"the timing protocol asks for {count} threads; {len(there)} processors may be used "
            "here. Copy the protocol under a new name with fewer"
        )
        raise DependencyError(message)
    before = torch.get_num_threads()
    moved = _moved(there[:count]) if there else {}
    torch.set_num_threads(count)
    try:
        yield count
    finally:
        torch.set_num_threads(before)
        for thread, processors in moved.items():
            _move(thread, processors)


def _moved(processors: list[int]) -> dict[int, set[int]]:
    """Move all threads of this process to some processors; return where each may run before."""
    before: dict[int, set[int]] = {}
    tasks = Path("/proc/self/task")
    threads = [int(path.name) for path in tasks.iterdir()] if tasks.is_dir() else [0]
    for thread in threads:
        try:
            before[thread] = os.sched_getaffinity(thread)
        except ProcessLookupError:  # it has ended
            continue
        _move(thread, set(processors))
    return before


def _move(thread: int, processors: set[int]) -> None:
    try:
        os.sched_setaffinity(thread, processors)
    except ProcessLookupError:  # it has ended, and runs nowhere
        return


def _physical(place: torch.device) -> str:
    """Return the name by which the driver knows a GPU: torch may count them in another order."""
    import torch

    uuid = getattr(torch.cuda.get_device_properties(place), "uuid", None)
    return str(place.index or 0) if uuid is None else f"GPU-{uuid}"


def _of_gpu(name: str, ask: Ask) -> dict[str, str]:
    """Return what the driver says of a GPU, by its names; empty where it says nothing."""
    query = f"--query-gpu={','.join(_GPU)}"
    text = ask(["nvidia-smi", f"--id={name}", query, "--format=csv,noheader,nounits"])
    rows = [row for row in csv.reader(text.splitlines(), skipinitialspace=True) if row]
    if len(rows) != 1 or len(rows[0]) != len(_GPU):
        return {}
    return {key: value.strip() for key, value in zip(_GPU, rows[0], strict=True)}


def _versions(kind: str) -> dict[str, str]:
    import torch

    found = {"python": platform.python_version(), "torch": torch.__version__}
    for package in ("numpy", "sepeval"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    if kind == "cuda":
        cudnn: Any = torch.backends.cudnn  # its stubs lack types
        found |= {
            "cuda": str(torch.version.cuda),
            "cudnn": str(cudnn.version()),
        }
    return found


def _flat(document: Mapping[str, object], before: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{before}{key}.")
        else:
            found[f"{before}{key}"] = value
    return found
