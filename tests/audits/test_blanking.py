from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.audits.blanking import (
    channels_in_opposition,
    few_active,
    joint_blanking,
    missing_stems,
    shared_mask,
    silent_estimates,
)
from sepeval.interchange import import_museval
from tests.audits.boards import SDR, Heard, board, music, noisy, protocol, run, silence
from tests.interchange import museval_json
from tests.report.runs import summary

RULES = (
    joint_blanking,
    few_active,
    silent_estimates,
    channels_in_opposition,
    missing_stems,
    shared_mask,
)
MEDIANS = [
    summary(
        metrics=["sdr"],
        steps=[
            {"over": ["window"], "by": "median"},
            {"over": ["track"], "by": "median"},
            {"over": ["replicate"], "by": "mean"},
        ],
    )
]
MUSEVAL = protocol(
    SDR,
    summaries=MEDIANS,
    silence=silence(
        rule="zero_channel_sum", reference="leave_out", estimate="leave_out", other="leave_out"
    ),
)


def uneven(channels: int = 1) -> Heard:
    """Noise that grows from window to window, so that every window has its own score."""
    references = music(channels=channels)
    steps = np.repeat(np.linspace(0.05, 1.0, 6), 100)
    return Heard(references, references + steps * (noisy(references, level=1.0) - references))


@pytest.mark.parametrize("rule", RULES)
def test_music_without_silence_does_not_care(tmp_path: Path, rule: object) -> None:
    runs = [run(tmp_path, name, {"one": uneven()}, [MUSEVAL, protocol()]) for name in ("a", "b")]

    assert not list(rule(board(*runs)))  # type: ignore[operator]


def test_one_silent_stem_that_blanks_all_is_found(tmp_path: Path) -> None:
    references, estimates = uneven()
    references[0, 0, :300] = estimates[0, 0, :300] = 0.0
    made = run(tmp_path, "a", {"one": Heard(references, estimates)}, [MUSEVAL])

    (finding,) = joint_blanking(board(made))

    drums = next(row for row in finding.evidence if row["stem"] == "drums")
    assert float(str(drums["value_by_better_rule"])) > float(str(drums["value"])) + 2.0


def test_a_system_that_chooses_its_windows_is_found(tmp_path: Path) -> None:
    references, estimates = uneven()
    shy = estimates.copy()
    shy[0, 0, 300:] = 0.0
    runs = [
        run(tmp_path, name, {"one": Heard(references, one)}, [MUSEVAL])
        for name, one in (("brave", estimates * 0.99), ("shy", shy))
    ]

    (mask,) = shared_mask(board(*runs))
    (own,) = silent_estimates(board(runs[1]))

    assert mask.effect_ranks == 1
    assert mask.severity == "warning"
    assert {row["left_out"] for row in mask.evidence if row["system"] == "shy"} == {0.5}
    assert "if it were scored" in own.message


def test_few_active_references_that_are_filtered_are_found(tmp_path: Path) -> None:
    references, estimates = uneven()
    references[0, 0, :100] = 0.0
    under = protocol(silence=silence(min_active=2))
    made = run(tmp_path, "a", {"one": Heard(references, estimates)}, [under])

    (finding,) = few_active(board(made))

    assert finding.message.startswith("Without the filter")


def test_channels_that_cancel_count_as_silent(tmp_path: Path) -> None:
    references, estimates = uneven(channels=2)
    references[0, 1, :200] = -references[0, 0, :200]
    made = run(tmp_path, "a", {"one": Heard(references, estimates)}, [MUSEVAL])

    (finding,) = channels_in_opposition(board(made))

    assert finding.severity == "warning"


def test_a_stem_that_a_track_lacks_is_found(tmp_path: Path) -> None:
    whole = uneven()
    without = Heard(whole.references.copy(), whole.estimates)
    without.references[0] = 0.0
    made = run(
        tmp_path, "a", {"one": whole, "two": without}, [protocol()], missing={"two": ["bass"]}
    )

    (finding,) = missing_stems(board(made))

    assert "1 track lacks a stem, which counts as silence; left out" in finding.message
    assert finding.effect_db is not None
    assert finding.effect_db > 1.0
    assert finding.value_by_better_rule is not None


def test_a_stem_that_is_left_out_already_has_no_better_rule(tmp_path: Path) -> None:
    whole = uneven()
    without = Heard(whole.references.copy(), whole.estimates)
    without.references[0] = 0.0
    under = protocol()
    leaves_out = under.model_copy(
        update={"audio": under.audio.model_copy(update={"missing": "leave_out"})}
    )
    made = run(
        tmp_path, "a", {"one": whole, "two": without}, [leaves_out], missing={"two": ["bass"]}
    )

    (finding,) = missing_stems(board(made))

    assert "this protocol leaves out; where it counts as silence" in finding.message
    assert finding.value_by_better_rule is None
    assert not any("value_by_better_rule" in row for row in finding.evidence)
    assert any("value_by_the_other_rule" in row for row in finding.evidence)


def test_silent_estimates_of_silent_references_alone_are_no_finding(tmp_path: Path) -> None:
    references, estimates = uneven()
    references[0, 0, :300] = estimates[0, 0, :300] = 0.0
    hushed = run(tmp_path, "a", {"one": Heard(references, estimates)}, [protocol()])
    estimates[1, 0, :100] = 0.0
    misses = run(tmp_path, "b", {"one": Heard(references, estimates)}, [protocol()])

    assert not list(silent_estimates(board(hushed)))
    (finding,) = silent_estimates(board(misses))
    assert finding.message.startswith("Silent estimates of references that sound are scored")
    moved = {row["stem"]: row["change_db"] for row in finding.evidence}
    assert moved["bass"] == 0.0  # its silent windows rest, and are those of `silent_windows`
    assert moved["drums"] != 0.0


def test_the_masks_of_imported_systems_are_compared(tmp_path: Path) -> None:
    steady = {stem: np.full((6, 4), 5.0) for stem in museval_json.FOUR}
    shy = {stem: np.arange(24.0).reshape(6, 4) for stem in museval_json.FOUR}
    for stem in museval_json.FOUR:
        shy[stem][:3] = np.nan
        steady[stem][3:] = 40.0
    for name, scores in (("steady", steady), ("shy", shy)):
        museval_json.write(tmp_path / "json" / name / "test" / "song.json", scores)
    runs = import_museval(tmp_path / "json", root=tmp_path / "runs")

    (finding,) = shared_mask(board(*runs))

    row = next(
        row
        for row in finding.evidence
        if (row["system"], row["metric"], row["stem"]) == ("steady", "sdr", "All")
    )
    assert (row["value"], row["value_by_better_rule"]) == (22.5, 40.0)
    assert finding.effect_db == pytest.approx(17.5)
