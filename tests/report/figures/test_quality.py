"""Quality over what runs spent, and the level of references, from runs that really ran."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from matplotlib.patches import StepPatch

from sepeval.datasets.slakh2100_22050 import Slakh2100Repack
from sepeval.errors import StoreError
from sepeval.protocol import load
from sepeval.report.figures.quality import cost_of, quality
from sepeval.report.figures.timeline import timeline
from sepeval.results import gather
from sepeval.runner import evaluate
from sepeval.separators.trivial import Mixture
from sepeval.store import Run, parts
from sepeval.synthetic import write_slakh2100_22050
from tests.report.runs import two_tracks, write

KEY = ("mean of means", "sdr")


def timed(run: Run, calls: Sequence[tuple[float, int]]) -> Run:
    """The run with one call of ten seconds per track: seconds spent, and evaluations."""
    for track, (seconds, nfe) in zip(run.manifest.tracks, calls, strict=True):
        table = pa.table({"replicate": [0], "seconds": [seconds], "audio_s": [10.0], "nfe": [nfe]})
        parts.write_table(run.timings(track), table, {"schema": 1})
    return run


def systems(tmp_path: Path, *facts: tuple[str, float, float, int]) -> list[Run]:
    """Runs by name, value, seconds and evaluations per call."""
    return [
        timed(
            write(tmp_path / "runs", name, two_tracks((value, value), (value, value))),
            [(99.0, nfe), (seconds, nfe)],
        )
        for name, value, seconds, nfe in facts
    ]


def test_the_first_track_warms_up(tmp_path: Path) -> None:
    (run,) = systems(tmp_path, ("a", 1.0, 5.0, 40))
    found = cost_of(run)

    assert found is not None
    assert (found.rtf, found.nfe_per_s) == (0.5, 4.0)


def test_time_and_evaluations_are_figures_of_their_own(tmp_path: Path) -> None:
    runs = systems(tmp_path, ("a", 1.0, 5.0, 40), ("b", 2.0, 9.0, 80), ("c", 0.5, 10.0, 80))
    over_time, over_nfe = quality(gather(runs, "two-stems"), *KEY)

    assert "a: 1.00 at 0.5, front. b: 2.00 at 0.9, front. c: 0.50 at 1." in over_time.words
    assert "a: 1.00 at 4, front. b: 2.00 at 8, front. c: 0.50 at 8." in over_nfe.words
    assert len(over_time.draw().axes[1].lines) == 4  # the front, and three systems


def test_runs_without_timings_are_named(tmp_path: Path) -> None:
    runs = systems(tmp_path, ("a", 1.0, 5.0, 0))
    other = write(tmp_path / "runs", "b", two_tracks((1, 1), (1, 1)))

    found = quality(gather([*runs, other], "two-stems"), *KEY)
    assert len(found) == 1  # nothing was counted
    told = " ".join(text.get_text() for text in found[0].draw().texts)
    assert "not timed, or without a number: b" in told.replace("\n", " ")
    with pytest.raises(StoreError, match="no run has timings and a number"):
        quality(gather([other], "two-stems"), *KEY)


def test_the_level_under_the_scores_is_that_of_the_reference(tmp_path: Path) -> None:
    write_slakh2100_22050(tmp_path / "data", tracks=1, seconds=14, seed=1)
    index = Slakh2100Repack(root=tmp_path / "data", edition="redux").index("test")
    protocol = load("slakh2100-msdm")
    run = evaluate(
        index,
        Mixture(tuple(protocol.stems)),
        [protocol],
        root=tmp_path / "runs",
        label="mixture",
        tracks=(),
        allow_partial=True,
    )
    drawing = timeline(gather([run], "slakh2100-msdm"), "si_sdri", index.tracks[0].id)
    level = drawing.draw().axes[3]

    (path,) = (tmp_path / "data").rglob("bass.wav")
    bass, rate = soundfile.read(path)
    steps = level.patches[0]
    assert isinstance(steps, StepPatch)
    values, edges, _ = steps.get_data()
    first = bass[round(edges[1] * rate) : round(edges[2] * rate)]
    assert values[1] == pytest.approx(10 * np.log10(np.mean(first**2)), abs=1e-6)
    assert drawing.draw().axes[-1].get_xlabel() == "time (s)"
