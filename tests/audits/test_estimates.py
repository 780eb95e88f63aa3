"""Each audit of estimates finds what is planted and says what it is worth; clean runs are quiet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.audits.base import Runs
from sepeval.audits.base.exchanged import order
from sepeval.types import Array
from tests.audits import boards
from tests.audits.planting import Make, as_they_are, findings, of_one_track, of_run, only

GLOBAL = ("musdb18-usdr",)
MINE = (
    "dead_channels",
    "nothing_to_separate",
    *("swapped_stems", "swapped_channels", "wrong_gain", "inverted_polarity", "copied_estimates"),
    "wrong_balance",
    *("same_estimates", "zeros_while_playing", "zeros_on_silence", "delay", "holes"),
    *("chunk_seams", "rounded_estimates", "clipped_estimates", "no_signal_facts"),
)


@pytest.mark.parametrize(
    ("layout", "protocol"),
    [("slakh2100_22050", "slakh2100-active"), ("musdb18hq", "musdb18-usdr")],
)
def test_clean_estimates_set_off_no_alarm(make: Make, layout: str, protocol: str) -> None:
    seconds = 14.0 if layout == "slakh2100_22050" else 4.0
    clean = make(as_they_are, layout=layout, protocols=(protocol,), seconds=seconds)

    for name in MINE:
        assert of_run(clean, name) == [], name


def test_exchanged_stems_are_found_and_their_worth_is_that_of_the_clean_run(make: Make) -> None:
    clean = make(as_they_are)
    swapped = make(lambda estimates, _: estimates[[1, 0, 2, 3]])

    found = only(of_run(swapped, "swapped_stems"))

    assert found.severity == "error"
    assert found.where == "bass, drums"
    rows = {row["stem"]: row for row in found.evidence if "value_by_better_rule" in row}
    scores = clean.read_scores("slakh2100-active.v1").to_pandas()
    active = scores[(scores["stem"] == "bass") & (scores["status"] == "ok")]["value"]
    assert float(str(rows["bass"]["value_by_better_rule"])) == pytest.approx(active.mean(), abs=0.2)


def test_exchanged_stems_are_found_beside_silent_references() -> None:
    shares = np.zeros((4, 4))
    shares[0, 1] = shares[1, 0] = 0.9  # the other two references are silent

    assert order(shares).tolist() == [1, 0, 2, 3]
    assert order(np.eye(4) * 0.5).tolist() == [0, 1, 2, 3]


def test_exchanged_channels_are_found(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        estimates[1] = estimates[1, ::-1] * [[1.0], [1.0]]
        return estimates

    found = only(
        of_run(
            make(change, layout="musdb18hq", protocols=GLOBAL, seconds=4.0),
            "swapped_channels",
        )
    )

    assert found.value is not None
    assert found.value_by_better_rule is not None
    assert found.value_by_better_rule > 20
    assert found.value < 20


def test_another_level_is_found_with_what_it_costs(make: Make) -> None:
    half = make(
        lambda estimates, _: estimates * np.array([0.5, 1.0, 1.0, 1.0])[:, None, None],
        protocols=("slakh2100-active", "msst-sdr"),
    )

    found = only(of_run(half, "wrong_gain"))

    stems = {row["stem"] for row in found.evidence if "gain" in row}
    assert stems == {"bass"}
    assert "more than 1 dB outside what the smallest error asks for" in found.message
    assert found.value == pytest.approx(6.02, abs=0.1)
    assert found.value_by_better_rule is not None
    assert found.value_by_better_rule > 25


def test_the_gain_of_a_wiener_filter_is_no_fault(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        noisy = estimates + np.random.default_rng(2).normal(0, estimates.std(), estimates.shape)
        return 0.6 * noisy

    assert of_run(make(change), "wrong_gain") == []


def test_a_lean_to_one_side_is_found(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        leaning: Array = estimates * np.array([0.5, 1.0])[:, None]
        return leaning

    leaning = make(change, layout="musdb18hq", protocols=GLOBAL, seconds=4.0)

    found = only(of_run(leaning, "wrong_balance"))

    assert found.value_by_better_rule is not None
    assert found.value is not None
    assert found.value_by_better_rule > 25
    assert found.value < 12
    assert of_run(leaning, "wrong_gain") == []


def test_inverted_polarity_is_found_where_si_sdr_is_blind(make: Make) -> None:
    found = only(of_run(make(lambda estimates, _: -estimates), "inverted_polarity"))

    assert found.severity == "warning"
    assert found.effect_db == pytest.approx(0.0, abs=0.01)
    assert float(str(found.evidence[0]["undone_db"])) > 25


def test_what_a_fault_of_one_track_is_worth_is_the_move_of_the_number(make: Make) -> None:
    for name, gain in (("wrong_gain", 0.5), ("inverted_polarity", -1.0)):
        run = make(of_one_track(lambda one, gain=gain: gain * one), protocols=("msst-sdr",))
        found = only(of_run(run, name))

        own = [row for row in found.evidence if "undone_db" in row]
        rise = float(str(own[0]["undone_db"])) - float(str(own[0]["sdr_db"]))
        assert {row["track"] for row in own} == {run.manifest.tracks[0].id}
        assert found.effect_db == pytest.approx(rise / 2, abs=1.0)  # the mean of two tracks
        assert found.value_by_better_rule is not None
        assert found.value_by_better_rule - (found.value or 0.0) == pytest.approx(found.effect_db)


def test_the_mixture_and_the_reference_are_known_in_disguise(make: Make) -> None:
    def change(estimates: Array, mixture: Array) -> Array:
        return np.stack([estimates[0], 0.25 * mixture, estimates[2], 0.3 * estimates[2]])

    found = of_run(make(change), "copied_estimates")

    assert {one.where for one in found} == {"mixture", "each other"}
    assert all(one.effect_db is None and "is not known" in one.message for one in found)


def test_what_a_copied_reference_is_worth_is_the_mean_without_it(tmp_path: Path) -> None:
    references = boards.music()
    estimates = boards.noisy(references, level=0.1)
    copied = estimates.copy()
    copied[0] = references[0]
    tracks = {"one": boards.Heard(references, copied), "two": boards.Heard(references, estimates)}
    run = boards.run(tmp_path, "a", tracks, [boards.protocol()])

    found = only(of_run(run, "copied_estimates"))

    scores = run.read_scores("two-stems.v1").to_pandas()
    other = scores[(scores["track"] == "two") & (scores["stem"] == "bass")]["value"]
    assert found.where == "reference"
    assert found.value_by_better_rule == pytest.approx(other.mean())
    assert found.effect_db is not None
    assert found.effect_db > 10


def test_references_handed_in_as_estimates_are_an_error(make: Make) -> None:
    clean = make(as_they_are)
    oracle = make(lambda _, mixture: np.stack([mixture * 0] * 4), label="a")
    assert of_run(clean, "copied_estimates") == of_run(oracle, "copied_estimates") == []


def test_two_runs_with_the_same_estimates_are_told(make: Make) -> None:
    one = make(as_they_are, label="one")
    two = make(as_they_are, label="two")
    other = make(lambda estimates, _: 0.9 * estimates, label="other")

    found = only(findings(Runs((one, two, other)), "same_estimates"))

    assert found.subject == "one, two"
