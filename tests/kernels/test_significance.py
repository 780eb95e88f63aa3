"""Resampling of tracks: closed forms, properties, and scipy as the oracle."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sepeval.errors import ShapeError
from sepeval.kernels.significance import (
    Statistic,
    bca,
    effect_size,
    holm,
    left_out,
    once,
    rank_intervals,
    ranks,
    reduced,
    resamples,
    sign_flips,
    tracks_needed,
    wilcoxon,
)
from sepeval.types import Array


def drawn(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("by", ["mean", "median"])
@pytest.mark.parametrize("tracks", [1, 4, 5])
def test_a_draw_of_counts_is_the_statistic_of_the_repeated_tracks(
    by: Statistic, tracks: int
) -> None:
    values = drawn(tracks, 3)
    counts = resamples(tracks, draws=20, generator=np.random.default_rng(1))

    found = reduced(values, counts, by=by)

    for row, count in zip(found, counts.astype(int), strict=True):
        repeated = np.repeat(values, count, axis=0)
        np.testing.assert_allclose(row, getattr(np, by)(repeated, axis=0), atol=1e-12)


def test_the_lower_median_is_the_lower_of_the_middle_two() -> None:
    values = np.array([[1.0], [2.0], [3.0], [9.0]])

    assert reduced(values, once(4), by="median").item() == 2.5
    assert reduced(values, once(4), by="lower_median").item() == 2.0


@pytest.mark.parametrize("by", ["mean", "median", "lower_median"])
def test_a_track_without_a_value_is_left_out_of_its_series_alone(by: Statistic) -> None:
    values = np.array([[1.0, 1.0], [np.nan, 5.0], [3.0, 3.0]])

    found = reduced(values, once(3), by=by)

    assert found[0, 1] == 3.0
    assert found[0, 0] == (1.0 if by == "lower_median" else 2.0)


def test_a_series_without_values_has_no_statistic() -> None:
    values = np.full((3, 1), np.nan)

    assert np.isnan(reduced(values, once(3), by="mean")).all()
    assert np.isnan(reduced(values, once(3), by="median")).all()


def test_weights_make_the_mean_over_tracks_the_flat_mean_over_windows() -> None:
    windows = [np.array([1.0, 2.0, 3.0]), np.array([10.0])]
    means = np.array([[one.mean()] for one in windows])
    lengths = np.array([[float(len(one))] for one in windows])

    found = reduced(means, once(2), by="mean", weights=lengths).item()

    assert found == pytest.approx(np.concatenate(windows).mean())


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ShapeError, match=r"\[3, 2\] and counts \[1, 4\]"):
        reduced(np.zeros((3, 2)), once(4), by="mean")
    with pytest.raises(ShapeError, match="are for the mean"):
        reduced(np.zeros((3, 2)), once(3), by="median", weights=np.ones((3, 2)))


@pytest.mark.parametrize("by", ["mean", "median"])
def test_the_interval_is_that_of_scipy_on_the_same_draws(by: Statistic) -> None:
    values = np.exp(drawn(30, seed=3))
    function = getattr(np, by)
    theirs = stats.bootstrap((values,), function, n_resamples=2000, method="BCa")
    column = values[:, None]

    found = bca(
        reduced(column, once(30), by=by)[0],
        theirs.bootstrap_distribution[:, None],
        reduced(column, left_out(30), by=by),
        confidence=0.95,
    )

    np.testing.assert_allclose(found.low, theirs.confidence_interval.low, rtol=1e-12)
    np.testing.assert_allclose(found.high, theirs.confidence_interval.high, rtol=1e-12)


@pytest.mark.slow
def test_the_interval_holds_the_mean_of_a_skewed_law_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        values = generator.exponential(size=(40, 1))
        draws = reduced(values, resamples(40, draws=1000, generator=generator), by="mean")
        whole, jackknife = (
            reduced(values, once(40), by="mean"),
            reduced(values, left_out(40), by="mean"),
        )
        low, high = bca(whole[0], draws, jackknife, confidence=0.9)
        held += int(low.item() <= 1.0 <= high.item())

    assert 0.84 <= held / 400 <= 0.95


def test_equal_tracks_give_an_interval_of_one_value() -> None:
    values = np.full((6, 1), 2.5)
    draws = reduced(values, resamples(6, draws=50, generator=np.random.default_rng(0)), by="mean")

    found = bca(np.array([2.5]), draws, reduced(values, left_out(6), by="mean"), confidence=0.95)

    assert found.low.item() == found.high.item() == 2.5


def test_with_few_tracks_the_permutation_test_is_exact() -> None:
    differences = np.array([[1.0], [2.0], [3.0]])
    generator = np.random.default_rng(0)

    assert sign_flips(differences, flips=1000, generator=generator).item() == 2 / 8


def test_the_permutation_test_agrees_with_scipy() -> None:
    differences = drawn(10, 1, seed=2) + 0.4

    found = sign_flips(differences, flips=2000, generator=np.random.default_rng(0)).item()
    theirs = stats.permutation_test(
        (differences[:, 0],), np.mean, permutation_type="samples", n_resamples=2000
    )

    assert found == pytest.approx(theirs.pvalue, abs=1e-12)


def test_where_nothing_was_measured_nothing_is_tested() -> None:
    nothing = np.full((5, 1), np.nan)
    both = np.concatenate([nothing, np.ones((5, 1))], axis=1)

    found = sign_flips(both, flips=100, generator=np.random.default_rng(0))
    corrected = holm(np.array([np.nan, 0.01, 0.04]))

    assert found[1] == 2 / 2**5
    for tested in (found, wilcoxon(both), effect_size(both, by="median"), corrected):
        assert np.isnan(tested[0])
    assert corrected[1:].tolist() == [0.02, 0.04]


def test_one_track_far_off_moves_no_effect_by_the_median() -> None:
    differences = drawn(101, 1, seed=3) + 0.5
    far = differences.copy()
    far[np.argmin(far)] = -500.0

    mean, median = (effect_size(far, by=by).item() for by in ("mean", "median"))

    assert median == effect_size(differences, by="median").item()
    assert median == pytest.approx(effect_size(differences, by="mean").item(), abs=0.15)
    assert mean < 0


def test_with_many_tracks_the_permutation_test_is_near_the_t_test() -> None:
    differences = drawn(200, 1, seed=4) + 0.15

    found = sign_flips(differences, flips=20000, generator=np.random.default_rng(0)).item()

    assert found == pytest.approx(stats.ttest_1samp(differences[:, 0], 0).pvalue, abs=0.01)


def test_no_difference_is_no_evidence() -> None:
    nothing = np.zeros((8, 1))

    assert sign_flips(nothing, flips=100, generator=np.random.default_rng(0)).item() == 1.0
    assert wilcoxon(nothing).item() == 1.0
    assert effect_size(nothing, by="mean").item() == 0.0
    assert tracks_needed(nothing, by="mean", confidence=0.95, power=0.8).item() == np.inf


def test_wilcoxon_is_that_of_scipy_without_missing_tracks() -> None:
    differences = drawn(12, 1) + 0.5

    with_a_hole = np.concatenate([differences, [[np.nan]]])

    assert wilcoxon(with_a_hole).item() == stats.wilcoxon(differences[:, 0]).pvalue


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8))
def test_holm_raises_p_values_and_keeps_their_order(p_values: list[float]) -> None:
    before = np.array(p_values)

    after = holm(before)

    assert (after >= before).all()
    assert (after <= 1.0).all()
    assert (np.diff(after[np.argsort(before, kind="stable")]) >= 0).all()
    assert after.min() == pytest.approx(min(1.0, before.min() * len(before)))


def test_the_tracks_needed_resolve_the_difference_as_often_as_asked() -> None:
    differences = drawn(50, 1, seed=6)
    differences = (differences - differences.mean()) / differences.std(ddof=1) + 0.4
    count = int(tracks_needed(differences, by="mean", confidence=0.95, power=0.8).item())
    generator = np.random.default_rng(0)
    samples = generator.normal(0.4, 1.0, (2000, count))

    power = np.mean(np.asarray(stats.ttest_1samp(samples, 0, axis=1).pvalue) < 0.05)

    assert count == 50
    assert power == pytest.approx(0.8, abs=0.04)


def test_fewer_tracks_than_a_test_can_tell_are_never_enough() -> None:
    sure = np.ones((8, 1))
    count = int(tracks_needed(sure, by="mean", confidence=0.95, power=0.8).item())
    generator = np.random.default_rng(0)

    p_values = [
        sign_flips(sure[:tracks], flips=1000, generator=generator).item()
        for tracks in (count - 1, count)
    ]

    assert p_values[1] < 0.05 < p_values[0]


def test_a_median_needs_more_tracks_than_a_mean_to_show_as_much() -> None:
    count = int(
        tracks_needed(
            np.array([[-0.6745 + 0.4], [0.4], [0.6745 + 0.4]]),  # effect 0.4 by the median
            by="median",
            confidence=0.95,
            power=0.8,
        ).item()
    )
    samples = np.random.default_rng(0).normal(0.4, 1.0, (2000, count))

    p_values = np.asarray(stats.wilcoxon(samples, axis=1, method="approx").pvalue)

    assert count == 52  # pi / 3 times 49.06
    assert np.mean(p_values < 0.05) == pytest.approx(0.8, abs=0.04)


def test_ranks_of_resamples_hold_the_place_of_the_table() -> None:
    values = drawn(30, 4) + np.array([0.0, 0.1, 5.0, -5.0])
    counts = resamples(30, draws=500, generator=np.random.default_rng(0))

    found = rank_intervals(
        reduced(values, once(30), by="mean")[0],
        reduced(values, counts, by="mean"),
        confidence=0.95,
        higher_is_better=True,
    )

    assert found.rank[2] == found.low[2] == found.high[2] == 1
    assert found.rank[3] == found.low[3] == found.high[3] == 4
    assert (found.low[:2] == 2).all()
    assert (found.high[:2] == 3).all()


def test_lower_can_be_better_and_nothing_is_last() -> None:
    assert ranks(np.array([2.0, np.nan, 1.0]), higher_is_better=False).tolist() == [2.0, 3.0, 1.0]


@pytest.mark.slow
@pytest.mark.parametrize("by", ["mean", "median"])
def test_ten_thousand_resamples_of_a_table_take_less_than_five_seconds(by: Statistic) -> None:
    values = drawn(50, 40)  # ten systems, four stems
    start = time.perf_counter()

    counts = resamples(50, draws=10000, generator=np.random.default_rng(0))
    draws = reduced(values, counts, by=by)
    whole = reduced(values, once(50), by=by)[0]
    interval = bca(whole, draws, reduced(values, left_out(50), by=by), confidence=0.95)
    rank_intervals(
        whole.reshape(10, 4).mean(axis=1),
        draws.reshape(-1, 10, 4).mean(axis=2),
        confidence=0.95,
        higher_is_better=True,
    )

    assert time.perf_counter() - start < 5.0
    assert (interval.low < interval.high).all()
