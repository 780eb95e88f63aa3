"""One measurement: what is computed by which tool on how much audio, and what it took."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from sepeval.errors import DependencyError, SepevalError
from sepeval.types import EngineName

Tool: TypeAlias = Literal["museval", "fast_bss_eval", "torchmetrics", "sepeval"]
# windows: BSS Eval v4 of four stereo stems in windows of 1 s, filters of the track.
# whole:   BSS Eval's sources version of four mono stems, one value for the whole track.
Work: TypeAlias = Literal["windows", "whole"]

PACKAGES: Mapping[Tool, str] = {
    "museval": "museval",
    "fast_bss_eval": "fast_bss_eval",
    "torchmetrics": "torchmetrics",
}
MISSING = 3  # exit code of a worker whose tool is not installed


@dataclass(frozen=True)
class Task:
    """What is to be measured.

    Attributes:
        work: what is computed.
        tool: who computes it.
        engine: of sepeval.
        seconds: lengths of the tracks, one after the other.
        estimates: how many estimates of each track are scored together.
        repeats: how often; the fastest counts.
    """

    work: Work
    tool: Tool
    engine: EngineName
    seconds: tuple[int, ...]
    estimates: int
    repeats: int

    @property
    def name(self) -> str:
        """How the tool is called in a table."""
        return f"sepeval ({self.engine})" if self.tool == "sepeval" else self.tool


@dataclass(frozen=True)
class Result:
    """What a measurement found.

    Attributes:
        task: what was measured.
        seconds: time, without making the audio and without the first call of a process.
        peak: largest resident memory of the process, in bytes.
        before: resident memory before the work: interpreter, libraries and input, in bytes.
        values: by name of the score, what was computed for the first estimate, in dB.
        scaled: True where one estimate was measured and the time multiplied.
    """

    task: Task
    seconds: float
    peak: int
    before: int
    values: Mapping[str, list[float]]
    scaled: bool = False


def measure(task: Task) -> Result:
    """Return what a task takes, in a process of its own, so that its peak memory is its own.

    Raises:
        DependencyError: the tool or the engine is not there.
        SepevalError: the process failed; the message holds its last line.
    """
    command = [sys.executable, "-m", "sepeval.bench.worker", json.dumps(asdict(task))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    last = (done.stderr.strip().splitlines() or ["no message"])[-1]
    if done.returncode == MISSING:
        raise DependencyError(last)
    if done.returncode:
        raise SepevalError(f"measuring {task.name} failed with exit {done.returncode}: {last}")
    found = json.loads(done.stdout.splitlines()[-1])
    return Result(task, **found)
