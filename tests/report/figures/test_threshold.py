from __future__ import annotations

from pathlib import Path

import pytest

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol
from sepeval.report.figures.threshold import thresholds
from sepeval.store import Run
from sepeval.synthetic import write_slakh2100_22050


@pytest.fixture
def run(tmp_path: Path) -> Run:
    root = write_slakh2100_22050(tmp_path / "slakh", tracks=1, seconds=14.0, seed=3)
    index = DATASETS.get("slakh2100_22050")(root=root, edition="orig").index("test")  # type: ignore[call-arg]
    return evaluate(
        index,
        SEPARATORS.get("leaky_reference")(leak_db=-20.0),  # type: ignore[call-arg]
        [load_protocol("slakh2100-msdm")],
        root=tmp_path / "runs",
        label="leaky",
        allow_partial=True,
    )


def test_the_curve_is_drawn_and_the_same_each_time(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (drawing,) = thresholds([run], "slakh2100-msdm.v1")
        drawing.write(tmp_path / name, ("png", "svg"))

    assert "at -47.0 dBFS" in drawing.words
    first, second = (sorted((tmp_path / name).iterdir()) for name in ("a", "b"))
    assert [one.read_bytes() for one in first] == [one.read_bytes() for one in second]


def test_another_protocol_has_no_curve(run: Run) -> None:
    assert thresholds([run], "musdb18-sisec18.v1") == ()
