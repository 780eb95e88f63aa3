"""The audits on real segments and their published separations."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.audits.base import Runs, failing
from sepeval.audits.listening import listen
from sepeval.datasets.folder import Folder
from sepeval.protocol import load
from sepeval.runner import evaluate
from sepeval.separators.files import Files
from sepeval.store import Run
from tests.audits.planting import findings
from tests.shared_data import DICOSE, STEMS, needs_audio

pytestmark = [pytest.mark.data, needs_audio]
ESTIMATES = (
    *("swapped_stems", "wrong_gain", "inverted_polarity", "copied_estimates", "same_estimates"),
    *("zeros_while_playing", "zeros_on_silence"),
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, ...]:
    data = segments().index("all")
    return tuple(
        evaluate(
            data,
            Files(root=DICOSE, pattern=f"{system}/generated_{{stem}}_{{track}}.wav"),
            [load("slakh2100-msdm")],
            root=tmp_path_factory.mktemp("runs"),
            label=system,
        )
        for system in ("Vanilla", "CD_4_step")
    )


def segments() -> Folder:
    return Folder(
        root=DICOSE,
        references="original/original_{stem}_{track}.wav",
        mixture="original/Mixture_audio_{track}.wav",
        stems=STEMS,
    )


def test_five_stems_of_the_segments_are_silent_all_along() -> None:
    split = listen(segments().index("all"))

    (found,) = findings(split, "empty_stems")

    assert "5 stems are exactly zero" in found.message
    for name in ("mixture_sum", "clipping", "offset", "formats", "same_stems", "same_audio"):
        assert failing(findings(split, name), least="warning") == (), name


def test_separations_that_are_sound_set_off_no_alarm(runs: tuple[Run, ...]) -> None:
    for name in ESTIMATES:
        assert failing(findings(Runs(runs), name), least="warning") == (), name


def test_the_consistency_model_leaks_less_than_the_deterministic_one(
    runs: tuple[Run, ...],
) -> None:
    found = {one.subject: one for one in findings(Runs(runs), "leaks")}

    bass = {name: _median(one.evidence[0]) for name, one in found.items()}
    assert bass["CD_4_step"] < bass["Vanilla"] - 10
    assert all((one.effect_db or 0.0) > 3 for one in found.values())


def _median(row: object) -> float:
    assert isinstance(row, dict)
    assert row["stem"] == "bass"
    return float(row["median_dbfs"])


def test_segments_that_are_found_are_all_there(tmp_path: Path) -> None:
    assert findings(listen(segments().index("all")), "faulty_tracks") == []
    assert tmp_path.exists()
