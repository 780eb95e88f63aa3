"""How each tool is called. What it returns is compared, so that equal work is timed.

In one window of a mono track BSS Eval's images and sources versions have the same parts, and

    SDR of the sources version = ‖target‖² / ‖interference + artefacts‖²

is what torchmetrics and fast_bss_eval call SDR.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from sepeval.bench.task import PACKAGES, Task
from sepeval.errors import DependencyError
from sepeval.kernels.bsseval import (
    ReferenceSide,
    part_energies,
    ratios,
    side_and_part_energies,
)
from sepeval.kernels.bsseval.engines import engine as named
from sepeval.types import Array, EngineName

RATE = 44100  # Hz; a window is a second
TAPS = 512

Values: TypeAlias = dict[str, Array]
Estimates: TypeAlias = Callable[[], Iterator[Array]]


@dataclass(frozen=True)
class Found:
    """Time of all estimates, and the scores of the first, [stem window] in dB."""

    seconds: float
    values: Values


Scorer: TypeAlias = Callable[[Array, Estimates], Found]


def scorer(task: Task) -> Scorer:
    """Return what scores a track with the tool of a task.

    Raises:
        DependencyError: the tool or the engine is not there.
    """
    if task.tool == "sepeval":
        named(task.engine)
        return _ours(task)
    package = PACKAGES[task.tool]
    if importlib.util.find_spec(package) is None:
        raise DependencyError(f"{task.tool} is not installed: pip install {package}")
    if task.tool == "museval":
        return _each(_museval)
    if task.tool == "fast_bss_eval":
        return _each(_fast_bss_eval)
    return _each(_torchmetrics)


def _ours(task: Task) -> Scorer:
    def score(references: Array, estimates: Estimates) -> Found:
        samples = references.shape[2]
        if task.work == "whole":
            windows = np.array([[0, samples]])
        else:
            starts = np.arange(0, samples - RATE + 1, RATE)
            windows = np.stack([starts, starts + RATE], axis=1)
        return _scored(references, estimates, windows, task.engine)

    return score


def _scored(references: Array, estimates: Estimates, windows: Any, engine: EngineName) -> Found:  # noqa: ANN401
    threads = os.cpu_count() or 1
    side: ReferenceSide | None = None
    spent = 0.0
    values: Values = {}
    for estimate in estimates():
        begin = time.perf_counter()
        if side is None:
            side, parts = side_and_part_energies(
                references, estimate, windows, taps=TAPS, threads=threads, engine=engine
            )
        else:
            parts = part_energies(side, references, estimate, threads=threads, engine=engine)
        found = ratios(parts)
        spent += time.perf_counter() - begin
        if not values:
            values = dict(found._asdict())
            with np.errstate(divide="ignore"):
                rest = parts.interference + parts.artefacts
                values["sources_sdr"] = 10.0 * np.log10(parts.target / rest)
    return Found(spent, values)


def _each(call: Callable[[Array, Array], Values]) -> Scorer:
    def score(references: Array, estimates: Estimates) -> Found:
        spent, values = 0.0, Values()
        for estimate in estimates():
            begin = time.perf_counter()
            found = call(references, estimate)
            spent += time.perf_counter() - begin
            values = values or found
        return Found(spent, values)

    return score


def _museval(references: Array, estimate: Array) -> Values:
    """Museval's own `metrics.py`, by its place: importing the package needs ffmpeg."""
    package = importlib.util.find_spec("museval")
    place = next(iter(package.submodule_search_locations or [])) if package else ""
    spec = importlib.util.spec_from_file_location("museval_metrics", Path(place) / "metrics.py")
    if spec is None or spec.loader is None:
        raise DependencyError("museval holds no metrics.py: pip install museval==0.4.1")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.bss_eval(
        references.transpose(0, 2, 1), estimate.transpose(0, 2, 1), window=RATE, hop=RATE
    )
    return dict(zip(("sdr", "isr", "sir", "sar"), found[:4], strict=True))


def _fast_bss_eval(references: Array, estimate: Array) -> Values:
    import fast_bss_eval
    import torch

    sdr, sir, sar = fast_bss_eval.bss_eval_sources(
        torch.from_numpy(references[:, 0]),
        torch.from_numpy(estimate[:, 0]),
        filter_length=TAPS,
        compute_permutation=False,
    )
    return {"sources_sdr": sdr.numpy(), "sir": sir.numpy(), "sar": sar.numpy()}


def _torchmetrics(references: Array, estimate: Array) -> Values:
    import torch
    from torchmetrics.functional.audio import signal_distortion_ratio

    found = signal_distortion_ratio(
        torch.from_numpy(estimate[:, 0]), torch.from_numpy(references[:, 0]), filter_length=TAPS
    )
    return {"sources_sdr": found.numpy()}
