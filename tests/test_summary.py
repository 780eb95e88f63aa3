from __future__ import annotations

from pathlib import Path

import pytest

from sepeval import summarise
from sepeval.protocol import Protocol
from tests.report import runs
from tests.report.runs import Score


def shared(mask: str) -> Protocol:
    document = runs.protocol().model_dump(mode="json")
    document["silence"] = {**document["silence"], "mask": mask}
    return Protocol.model_validate(document)


def systems(tmp_path: Path, mask: str) -> tuple[runs.Run, runs.Run]:
    """One system that is silent in its hard window, and one that is not."""
    protocol = shared(mask)
    hard = [Score("one", "bass", 10.0), Score("one", "bass", -20.0)]
    easy = [Score("one", "bass", 8.0), Score("one", "bass", None, status="silent_estimate")]
    drums = [Score("one", "drums", 1.0), Score("one", "drums", 1.0)]
    return (
        runs.write(tmp_path / "a", "honest", [*hard, *drums], under=protocol),
        runs.write(tmp_path / "b", "zeros", [*easy, *drums], under=protocol),
    )


def test_a_shared_mask_takes_the_window_from_every_system(tmp_path: Path) -> None:
    honest, zeros = systems(tmp_path, "shared")

    alone = summarise(honest, "two-stems")[0]
    beside = summarise(honest, "two-stems", beside=(honest, zeros))[0]

    assert alone.value == pytest.approx(-5.0)
    assert beside.value == pytest.approx(10.0)
    assert beside.left == {"silent_other": 1}


def test_an_own_mask_stays_each_system_s_own(tmp_path: Path) -> None:
    honest, zeros = systems(tmp_path, "own")

    beside = summarise(honest, "two-stems", beside=(honest, zeros))[0]

    assert beside.value == pytest.approx(-5.0)
