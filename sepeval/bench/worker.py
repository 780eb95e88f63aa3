"""The process that measures one task: `python -m sepeval.bench.worker '<task as JSON>'`."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from sepeval.bench.task import MISSING, Task
from sepeval.bench.tools import Values, scorer
from sepeval.errors import DependencyError
from sepeval.types import Array

STEMS = 4
RATE = 44100  # Hz
BITS = 16
WARM_S = 2  # seconds of audio of the first call, which loads libraries and starts threads


def main(text: str) -> int:
    """Measure the task in a JSON text and print the result as JSON."""
    document = json.loads(text)
    task = Task(**{**document, "seconds": tuple(document["seconds"])})
    channels = 2 if task.work == "windows" else 1
    try:
        score = scorer(task)
    except DependencyError as error:
        sys.stderr.write(f"{error}\n")
        return MISSING
    warm = _references(WARM_S, channels, seed=0)
    score(warm, partial(_estimates, warm, 1, np.zeros_like(warm)))
    seconds, before, values = 0.0, 0, Values()
    for number, length in enumerate(task.seconds):
        references = _references(length, channels, seed=number)
        room = np.full_like(references, 0.1)  # its pages are there before memory is measured
        _forget_peak()
        before = max(before, _memory("VmRSS"))
        times = []
        for _ in range(task.repeats):
            found = score(references, partial(_estimates, references, task.estimates, room))
            times.append(found.seconds)
        seconds += min(times)
        values = found.values
        del references, room
    peak = _memory("VmHWM")
    shown = {name: np.ravel(one).tolist() for name, one in values.items()}
    result = {"seconds": seconds, "peak": peak, "before": before, "values": shown}
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


def _references(seconds: int, channels: int, *, seed: int) -> Array:
    """White noise of 16 bit at -20 dBFS: time and memory do not depend on the sound."""
    draw = np.random.default_rng(seed)
    found = np.empty((STEMS, channels, seconds * RATE))
    for channel in found.reshape(-1, seconds * RATE):
        channel[...] = 0.1 * draw.standard_normal(seconds * RATE)
        _round(channel)
    return found


def _estimates(references: Array, count: int, found: Array) -> Iterator[Array]:
    """Yield estimates with leak from the next stem and noise, one at a time, in one place."""
    for number in range(count):
        draw = np.random.default_rng(1000 + number)
        for stem in range(STEMS):
            for channel in range(references.shape[1]):
                signal = found[stem, channel]
                np.multiply(references[(stem + 1) % STEMS, channel], 0.1, out=signal)
                signal += references[stem, channel]
                signal += 0.01 * draw.standard_normal(len(signal))
                _round(signal)
        yield found


def _round(signal: Array) -> None:
    signal *= 2.0 ** (BITS - 1)
    np.round(signal, out=signal)
    signal /= 2.0 ** (BITS - 1)


def _memory(field: str) -> int:
    """Return resident memory in bytes, now (`VmRSS`) or at its highest (`VmHWM`)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith(field))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _forget_peak() -> None:
    """Let the highest resident memory begin anew, where the system allows it."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists() and os.access(clear, os.W_OK):
        clear.write_text("5")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
