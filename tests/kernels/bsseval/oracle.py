"""museval's own `metrics.py`, loaded by file: importing the package needs ffmpeg."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np

from sepeval.kernels.bsseval import Ratios
from sepeval.types import Array, IntArray


@cache
def museval_metrics() -> ModuleType:
    package = importlib.util.find_spec("museval")
    assert package is not None
    assert package.submodule_search_locations is not None
    path = Path(next(iter(package.submodule_search_locations))) / "metrics.py"
    spec = importlib.util.spec_from_file_location("museval_metrics", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def museval_ratios(
    references: Array,
    estimates: Array,
    *,
    window: float,
    hop: float,
    order: list[int] | None = None,
    framewise: bool = False,
) -> Ratios:
    """museval's answer; with an order, for the stems in that order, put back as they were."""
    rows = list(range(len(references))) if order is None else order
    found = museval_metrics().bss_eval(
        references[rows].transpose(0, 2, 1),
        estimates[rows].transpose(0, 2, 1),
        window=window,
        hop=hop,
        framewise_filters=framewise,
    )
    back = np.argsort(rows)
    return Ratios(*(np.asarray(values)[back] for values in found[:4]))


def museval_windows(samples: int, *, window: float, hop: float) -> IntArray:
    """museval's framing as start and stop in samples, [window 2]."""
    frames = museval_metrics().Framing(window, hop, samples)
    return np.array([[frame.start, frame.stop] for frame in frames], dtype=np.int64)
