"""Which measurements make a comparison, and what they show together."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import get_args

import numpy as np

from sepeval.bench.task import Result, Task, Tool, Work, measure
from sepeval.errors import DependencyError, SepevalError
from sepeval.types import EngineName

# 50 songs from 75 to 430 s, 12 433 s in all; the test set of MUSDB18 has 12 435 s.
MUSDB18_S = tuple(75 + round(355 * (place / 49) ** 1.045) for place in range(50))
WHOLE: tuple[Tool, ...] = ("fast_bss_eval", "torchmetrics")
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
LARGE = 110.0  # dB; above it every tool's value is rounding


@dataclass(frozen=True)
class Bench:
    """Measurements made in one run on one machine.

    Attributes:
        machine: processor, cores, system and versions, in one line.
        results: in the order of the table.
        missing: what could not be measured, with the command that mends it.
    """

    machine: str
    results: tuple[Result, ...]
    missing: tuple[str, ...]

    def ratio(self, result: Result) -> float | None:
        """Return how many times as long the yardstick of the same work takes, if it is there."""
        of = self._yardstick(result)
        return of.seconds / result.seconds if of else None

    def difference(self, result: Result) -> float | None:
        """Return the largest difference from the yardstick's scores in dB; None without any."""
        of = self._yardstick(result)
        return largest_difference(result.values, of.values) if of and of is not result else None

    def _yardstick(self, result: Result) -> Result | None:
        """museval, and for a whole track the first of the other tools."""
        alike = [
            one
            for one in self.results
            if one.task.tool != "sepeval"
            and one.task.work == result.task.work
            and one.task.seconds == result.task.seconds
            and one.task.estimates == result.task.estimates
        ]
        return alike[0] if alike else None


def compare(
    *,
    lengths: Sequence[int],
    estimates: Sequence[int],
    engines: Sequence[EngineName],
    tools: Sequence[Tool],
    repeats: int,
    told: Callable[[str], None],
) -> Bench:
    """Return time and memory of BSS Eval by each tool, each measured in a process of its own.

    Args:
        lengths: of the tracks, in seconds.
        estimates: how many estimates are scored together. Tools that share nothing between
            estimates are measured on one, and their time is multiplied.
        engines: of sepeval; none for all that are there.
        tools: other tools; one that is not there is listed as missing.
        repeats: how often sepeval is measured; the fastest counts. Other tools are measured once.
        told: called before each measurement, with what is measured.

    Raises:
        DependencyError: an engine that was named is not there.
        SepevalError: a measurement failed.
    """
    results: list[Result] = []
    missing: dict[str, str] = {}
    for work in get_args(Work):
        for seconds in lengths:
            for task in _tasks(work, seconds, estimates, engines or ENGINES, tools, repeats):
                if task.name in missing:
                    continue
                told(f"{task.name}: {seconds} s, {_counted(task.estimates)}")
                try:
                    results += _measured(task, estimates)
                except DependencyError as error:
                    if task.tool == "sepeval" and engines:
                        raise
                    missing[task.name] = str(error)
    return Bench(machine(), tuple(results), tuple(missing.values()))


def musdb18_set(
    *, engines: Sequence[EngineName], told: Callable[[str], None], repeats: int = 1
) -> Bench:
    """Return time and memory of one estimate of 50 tracks of MUSDB18's lengths, by each engine.

    Raises:
        DependencyError: an engine is not there.
        SepevalError: a measurement failed.
    """
    results = []
    for engine in engines:
        task = Task("windows", "sepeval", engine, MUSDB18_S, 1, repeats)
        told(f"{task.name}: {len(MUSDB18_S)} tracks, {sum(MUSDB18_S)} s")
        results.append(measure(task))
    return Bench(machine(), tuple(results), ())


def largest_difference(
    values: Mapping[str, Sequence[float]], others: Mapping[str, Sequence[float]]
) -> float | None:
    """Return the largest difference of the scores that both have, in dB."""
    largest = None
    for name in values.keys() & others.keys():
        one, other = np.array(values[name]), np.array(others[name])
        if one.shape != other.shape:
            raise SepevalError(f"{name}: {one.shape} scores beside {other.shape}")
        small = np.isfinite(one) & np.isfinite(other) & (np.minimum(one, other) < LARGE)
        found = float(np.max(np.abs(one[small] - other[small]), initial=0.0))
        largest = found if largest is None else max(largest, found)
    return largest


def machine() -> str:
    """Return processor, cores, system and versions, in one line."""
    model = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        lines = facts.read_text(errors="replace").splitlines()
        named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        model = named[0] if named else model
    packages = ("numpy", "scipy", "torch", "museval", "fast_bss_eval", "torchmetrics", "ducc0")
    versions = ", ".join(f"{name} {found}" for name in packages if (found := _version(name)))
    return (
        f"{model} ({platform.machine()}), {os.cpu_count()} processors, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}"
    )


def _tasks(
    work: Work,
    seconds: int,
    estimates: Sequence[int],
    engines: Sequence[EngineName],
    tools: Sequence[Tool],
    repeats: int,
) -> Iterator[Task]:
    others: tuple[Tool, ...] = ("museval",) if work == "windows" else WHOLE
    for tool in others:
        if tool in tools:
            yield Task(work, tool, "scipy", (seconds,), 1, 1)
    if work == "windows" or set(WHOLE) & set(tools):
        counts = estimates if work == "windows" else [1]
        for engine in engines:
            for count in counts:
                yield Task(work, "sepeval", engine, (seconds,), count, repeats)


def _measured(task: Task, estimates: Sequence[int]) -> Iterator[Result]:
    """Yield the result, and for a tool that shares nothing what several estimates take."""
    one = measure(task)
    yield one
    if task.tool == "museval":
        for count in estimates:
            if count != 1:
                several = replace(task, estimates=count)
                yield replace(one, task=several, seconds=count * one.seconds, scaled=True)


def _counted(estimates: int) -> str:
    return "1 estimate" if estimates == 1 else f"{estimates} estimates"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
