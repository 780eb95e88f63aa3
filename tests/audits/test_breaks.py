"""Zeros, holes, seams, delays and formats of estimates: planted, found, and what they cost."""

from __future__ import annotations

import numpy as np
import pytest

from sepeval.audits.leaks import _beside
from sepeval.store.signals import path_of
from sepeval.types import Array
from tests.audits.planting import Make, as_they_are, of_one_track, of_run, only


def test_a_run_that_is_silent_all_along_is_told_as_such(make: Make) -> None:
    found = only(of_run(make(lambda estimates, _: 0.0 * estimates), "zeros_while_playing"))

    assert "Every estimate of this run is exactly zero" in found.message
    assert (found.severity, found.effect_db) == ("error", None)


def test_zeros_while_a_stem_plays_are_found_with_what_they_earn(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        estimates[1, :, : 22050 * 10] = 0.0
        return estimates

    holed = make(change)

    found, hole = only(of_run(holed, "zeros_while_playing")), only(of_run(holed, "holes"))

    row = found.evidence[0]
    assert str(row["stems"]).startswith("drums ")
    windows = holed.read_scores("slakh2100-active.v1").to_pandas()
    assert row["windows"] == (~windows["silent"].astype(bool)).sum()  # of all stems
    assert f"in {row['zeros']} of the {row['windows']} windows of slakh2100-active" in found.message
    assert found.value_by_better_rule is not None
    assert found.value is not None
    assert found.value_by_better_rule > found.value
    assert float(str(hole.evidence[0]["zero_s"])) == pytest.approx(9.0, abs=1.5)


def test_a_hole_shorter_than_a_window_is_found_with_what_it_costs(make: Make) -> None:
    hole = slice(22050 * 25 // 10, 22050 * 5)

    def change(estimates: Array) -> Array:
        estimates[0, :, hole] = 0.0
        return estimates

    holed, clean = make(of_one_track(change)), make(as_they_are)

    found = only(of_run(holed, "holes"))

    assert of_run(holed, "zeros_while_playing") == []
    assert float(str(found.evidence[0]["zero_s"])) == pytest.approx(2.5, abs=0.1)
    assert float(str(found.evidence[0]["first_at_s"])) == pytest.approx(2.5, abs=0.1)
    scores = clean.read_scores("slakh2100-active.v1").to_pandas()
    bass = scores[(scores["stem"] == "bass") & (scores["status"] == "ok")]
    apart = bass[(bass["track"] != bass["track"].iloc[0]) | (bass["start"] >= hole.stop)]
    assert found.value_by_better_rule == pytest.approx(apart["value"].mean())
    assert found.effect_db is not None
    assert found.effect_db > 3


def without_vocals(estimates: Array) -> Array:
    estimates[0, :, 44100 * 5 : 44100 * 7] = 0.0
    return estimates


def test_a_hole_in_a_track_that_is_one_cell_has_a_length_and_no_decibels(make: Make) -> None:
    holed = make(of_one_track(without_vocals), protocols=("msst-si-sdr",), layout="musdb18hq")

    found = only(of_run(holed, "holes"))

    assert found.effect_db is None
    assert "1.5 s, in vocals of " in found.message


def test_an_estimate_under_another_name_is_no_hole(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        estimates[0, :, 22050 * 2 : 22050 * 9] = 0.0
        return estimates[[1, 0, 2, 3]]

    swapped = make(change, protocols=("slakh2100-active",))

    assert only(of_run(swapped, "swapped_stems")).where == "bass, drums"
    assert of_run(swapped, "holes") == []


def test_stems_that_were_never_separated_are_told_as_such(make: Make) -> None:
    found = only(
        of_run(make(lambda estimates, _: estimates * [[[0.0]], [[1.0]], [[1.0]], [[1.0]]]), "holes")
    )

    assert "2 of them from start to end" in found.message


def test_a_delay_is_found_to_the_sample(make: Make) -> None:
    late = make(lambda estimates, _: np.roll(estimates, 37, axis=2))

    found = only(of_run(late, "delay"))

    assert {row["late_by"] for row in found.evidence} == {37}
    assert all(float(str(row["undone_db"])) > 25 for row in found.evidence)
    assert found.effect_db is found.value is found.value_by_better_rule is None
    assert "no number of a protocol" in found.message
    assert "against their reference, 37 samples late." in found.message
    assert found.way_out.startswith("undo the delay of the model")


def test_samples_that_were_dropped_are_told_apart_from_a_delay(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        at = 22050 * 9
        return np.concatenate(
            [estimates[..., :at], estimates[..., at + 2000 :], 0.0 * estimates[..., :2000]], axis=-1
        )

    found = only(of_run(make(change, seconds=26.0), "delay"))

    assert {row["late_by"] for row in found.evidence} == {-2000}
    assert "2000 samples early." in found.message
    assert "the lag is not the same along the track" in found.message
    assert found.way_out.startswith("look for chunks that were dropped")


def test_clipping_and_rounding_of_estimates_are_found(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        limit = 0.3 * np.abs(estimates).max()
        return np.round(np.clip(estimates, -limit, limit) * 2**15) / 2**15

    written = make(change)

    clipped = only(of_run(written, "clipped_estimates"))
    assert (clipped.severity, clipped.effect_db) == ("warning", None)
    assert "is not known" in clipped.message
    assert len(only(of_run(written, "rounded_estimates")).evidence) >= 6


def test_seams_between_chunks_are_found_with_their_period(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        chunk = np.arange(estimates.shape[2]) // 40123  # off the beat
        return estimates + 0.2 * (-1.0) ** chunk

    found = only(of_run(make(change), "chunk_seams"))

    assert "every 40123 samples" in found.where
    assert sum(row["period"] == 40123 for row in found.evidence) > len(found.evidence) / 2


def test_short_gaps_at_equal_distances_are_found_as_joints(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        for joint in range(22050, estimates.shape[2], 22050):
            estimates[..., joint - 110 : joint + 110] = 0.0
        return estimates

    found = only(of_run(make(change), "holes"))

    assert "at equal distances, such as every 22050 samples" in found.message
    assert all(float(str(row["zero_s"])) < 0.2 for row in found.evidence if "zero_s" in row)


def test_stems_that_leak_alike_are_not_told_to_leak_less() -> None:
    def said(*levels: float) -> str:
        return _beside([{"median_dbfs": level} for level in levels])

    assert said(-60.0) == said(-60.0, -60.04) == ""
    assert said(-60.0, -61.0) == ", and other stems less"
    assert said(-60.0, -60.0, -61.0) == ", and no stem more"


def test_the_leak_is_given_in_dbfs(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        noise = np.random.default_rng(1).standard_normal(estimates.shape)
        return estimates + 1e-3 * noise

    found = only(of_run(make(change, seconds=26.0), "leaks"))

    levels = [float(str(row["median_dbfs"])) for row in found.evidence if "median_dbfs" in row]
    assert levels == pytest.approx([-60.0] * len(levels), abs=0.3)


def test_a_run_without_signal_facts_says_how_to_get_them(make: Make) -> None:
    old = make(as_they_are)
    for record in old.manifest.tracks:
        path_of(old, old.manifest.layouts[0].key, record).unlink()

    found = only(of_run(old, "no_signal_facts"))

    assert "sepeval run" in found.way_out
    assert of_run(old, "delay") == []


def test_zeros_on_silence_are_worth_what_a_floor_takes_away(make: Make) -> None:
    def gated(estimates: Array, _: Array) -> Array:
        silent = np.abs(estimates) < 1e-12
        return np.where(silent, 0.0, estimates)

    found = only(
        of_run(make(gated, protocols=("slakh2100-msdm",), seconds=26.0), "zeros_on_silence")
    )

    assert found.effect_db is not None
    assert found.effect_db > 1
