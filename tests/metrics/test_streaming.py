"""Audio that lies in mapped files is scored piece by piece."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sepeval.metrics.base import Means, Scored, SignalMetric, build
from sepeval.protocol import load
from tests.kernels.bsseval.corpus import music, rounded, separated

SCALE = 2.0**15


def scores(references: NDArray[Any], estimates: NDArray[Any]) -> Scored:
    metric = build(load("musdb18-sisec18").metrics[-1])
    assert isinstance(metric, SignalMetric)
    windows = np.array([[0, 20000], [20000, 40000]])
    prepared = metric.prepare(
        references, mixture=np.zeros((1, 1)), windows=windows, rate=44100, means=Means()
    )
    return metric.score(prepared.measure(references, estimates, means=Means()))


def test_mapped_16_bit_files_have_the_scores_of_their_samples(tmp_path: Path) -> None:
    references = rounded(music(length=40000))
    estimates = rounded(separated(references))
    mapped = []
    for name, audio in (("references", references), ("estimates", estimates)):
        found = np.memmap(tmp_path / name, dtype=np.int16, mode="w+", shape=audio.shape)
        found[...] = audio * SCALE
        mapped.append(found)

    plain, streamed = scores(references, estimates), scores(*mapped)

    # 32768 times as loud: what museval adds to the diagonal weighs less
    assert streamed.values == pytest.approx(plain.values, abs=1e-9)
