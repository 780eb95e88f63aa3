from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.datasets.slakh2100_22050 import Slakh2100Repack
from sepeval.protocol import load
from sepeval.report import page, table
from sepeval.runner import evaluate
from sepeval.separators.trivial import Mixture, Zeros
from sepeval.store import Run
from sepeval.synthetic import Pathology, Placement, write_slakh2100_22050


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Two separators that do not separate, on two tracks of which one lacks a guitar."""
    root = tmp_path_factory.mktemp("whole")
    lacking = (Placement(Pathology.MISSING, 1, "guitar"),)
    write_slakh2100_22050(root / "data", tracks=2, seconds=16, seed=1, pathologies=lacking)
    index = Slakh2100Repack(root=root / "data", edition="redux").index("test")
    protocols = [load("slakh2100-msdm")]
    stems = tuple(protocols[0].stems)
    return [
        evaluate(
            index, one, protocols, root=root / "runs", label=label, tracks=(), allow_partial=True
        )
        for label, one in (("mixture", Mixture(stems)), ("zeros", Zeros(stems)))
    ]


def test_a_real_run_becomes_a_table(runs: list[Run]) -> None:
    made = table(runs, "slakh2100-msdm")

    mixture, zeros = made.blocks[0].lines
    assert [cell.text for cell in mixture[1]] == ["0.00"] * 5
    assert zeros[1][2].best  # guitar: silence is rewarded where the reference is silent
    assert any("have a silent reference" in note for note in made.notes)
    assert made.blocks[0].marks == (runs[0].manifest.partial,)


@pytest.mark.slow
def test_a_real_run_becomes_a_page_with_its_figures(runs: list[Run], tmp_path: Path) -> None:
    path = page(runs, tmp_path)

    assert "scored like any other" in path.read_text(encoding="utf-8")
    drawn = sorted(one.stem.rpartition("--")[2] for one in path.parent.rglob("*.svg"))
    assert [name.partition("-")[0] for name in drawn] == [
        "0001",  # a track over time
        "closed",  # form of scores on silence
        "differences",
        "gains",
        "silence",
        "tracks",
        "zeros",  # against the mixture
    ]
