"""What Linux tells of the processors: their name, and their clock now."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from statistics import median

_TOLD = Path("/proc/cpuinfo")


def processor_name() -> str:
    """Return the name of the processor, as far as the system tells."""
    named = _lines("model name")
    return named[0] if named else platform.processor()


def processor_clock() -> float | None:
    """Return the median clock of the processors that this process may use, in MHz.

    A virtual machine tells the same at all times; None: nothing is told.
    """
    told = _lines("cpu MHz")
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(len(told)))
    clocks = [number_in(text) for place, text in enumerate(told) if place in mine]
    known = [one for one in clocks if one is not None]
    return median(known) if known else None


def number_in(text: str) -> float | None:
    """Return the number in a text; None where it is none, such as `[N/A]`."""
    try:
        return float(text)
    except ValueError:
        return None


def _lines(name: str) -> list[str]:
    lines = _TOLD.read_text(encoding="utf-8").splitlines() if _TOLD.is_file() else []
    return [line.partition(":")[2].strip() for line in lines if line.startswith(name)]
