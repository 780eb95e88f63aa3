"""Agreement with museval, where museval agrees with itself; stability where it does not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sepeval.kernels.bsseval import (
    Ratios,
    framewise_part_energies,
    part_energies,
    ratios,
    reference_side,
    side_and_part_energies,
)
from sepeval.types import Array
from tests.kernels.bsseval.corpus import CASES, ILL, RATE, Case, music, rounded, separated
from tests.kernels.bsseval.oracle import museval_ratios, museval_windows

SDR_BOUND = 1e-9
LARGE = 110.0  # dB; above it every tool's value is rounding


def largest_difference(ours: Array, theirs: Array) -> float:
    """In dB, over the values that museval defines; two large values are equal."""
    defined = ~np.isnan(theirs)
    one, other = ours[defined], theirs[defined]
    same = (one == other) | ((one > LARGE) & (other > LARGE))
    return float(np.max(np.abs(one[~same] - other[~same]), initial=0.0))


QUICK = {
    "level -30 dB, 16 bit",
    "SDR 60 dB",
    "reference silent in a window",
    "mono as stereo",
    "stem is the sum of two",
    "low-passed at 16 kHz, 16 bit",
    "low-passed at 16 kHz, float",
    "panned copies, 16 bit",
    "three channels",
    "odd length",
    "windows overlap",
}


def marked(case: Case) -> object:
    marks = [] if case.name in QUICK else [pytest.mark.slow]
    return pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_values_are_those_of_museval(case: Case) -> None:
    references, estimates = case.make()
    windows = museval_windows(references.shape[2], window=case.window, hop=case.hop)
    theirs = museval_ratios(references, estimates, window=case.window, hop=case.hop)

    side = reference_side(references, windows)
    ours = ratios(part_energies(side, references, estimates))

    assert largest_difference(ours.sdr, theirs.sdr) <= SDR_BOUND
    assert side.ill_conditioned == (case.bound == ILL)
    if not side.ill_conditioned:
        assert side.regularisation == "museval"
        assert largest_difference(ours.isr, theirs.isr) <= case.bound
        assert largest_difference(ours.sir, theirs.sir) <= case.bound
        assert largest_difference(ours.sar, theirs.sar) <= case.bound


@pytest.mark.parametrize("case", [marked(case) for case in CASES if case.bound == ILL])
def test_order_of_stems_moves_no_value_of_an_ill_conditioned_track(case: Case) -> None:
    references, estimates = case.make()
    windows = museval_windows(references.shape[2], window=case.window, hop=case.hop)

    once = reference_side(references, windows)
    again = reference_side(references[::-1], windows)

    assert once.regularisation == again.regularisation == "ridge"
    found = ratios(part_energies(once, references, estimates))
    turned = ratios(part_energies(again, references[::-1], estimates[::-1]))
    for one, other in zip(found, turned, strict=True):
        assert np.abs(one - other[::-1]).max() < 0.01


def test_a_stem_that_differs_from_another_in_a_single_bit_keeps_its_values() -> None:
    references = rounded(music(length=30000))
    references[1] = references[0]
    references[1, 0, 12345] += 2.0**-15
    draw = np.random.default_rng(5)
    estimates = 0.9 * references + 0.02 * draw.standard_normal(references.shape)
    windows = museval_windows(30000, window=10000, hop=10000)
    theirs = museval_ratios(references, estimates, window=10000, hop=10000)

    def found(order: slice) -> Ratios:
        side, parts = side_and_part_energies(references[order], estimates[order], windows)
        assert not side.ill_conditioned
        return ratios(parts)

    ours, again = found(slice(None)), found(slice(None, None, -1))

    for one, other, museval in zip(ours, again, theirs, strict=True):
        assert np.abs(one - other[::-1]).max() < 2e-4
        assert np.abs(one - museval).max() < 1e-2  # its own moves by 1e-3


def test_order_of_stems_moves_the_values_of_museval_by_decibels() -> None:
    case = next(case for case in CASES if case.name == "low-passed at 16 kHz, float")
    references, estimates = case.make()

    once = museval_ratios(references, estimates, window=case.window, hop=case.hop)
    turned = museval_ratios(references, estimates, window=case.window, hop=case.hop, order=[1, 0])

    moved = [np.nanmax(np.abs(one - other)) for one, other in zip(once, turned, strict=True)]
    assert max(moved) > 1.0


def test_values_made_of_rounding_are_given_on_request() -> None:
    case = next(case for case in CASES if case.name == "low-passed at 16 kHz, float")
    references, estimates = case.make()
    windows = museval_windows(references.shape[2], window=case.window, hop=case.hop)

    side = reference_side(references, windows, regularisation="museval")
    found = ratios(part_energies(side, references, estimates))

    assert side.ill_conditioned
    assert side.regularisation == "museval"
    assert all(np.isfinite(values).all() for values in found)


def test_the_ridge_moves_ordinary_music_by_little() -> None:
    references = rounded(music())
    estimates = separated(references)
    windows = museval_windows(references.shape[2], window=RATE // 2, hop=RATE // 2)

    plain = ratios(part_energies(reference_side(references, windows), references, estimates))
    ridge = reference_side(references, windows, regularisation="ridge")

    assert not ridge.ill_conditioned
    for one, other in zip(plain, ratios(part_energies(ridge, references, estimates)), strict=True):
        assert other == pytest.approx(one, abs=1e-6)


def test_unequal_windows_have_the_values_of_their_own_calls() -> None:
    references = rounded(music())
    estimates = rounded(separated(references))
    windows = np.array([[0, 20000], [15000, 30001], [40000, references.shape[2]]])
    side = reference_side(references, windows)

    found = part_energies(side, references, estimates)

    for number, (start, stop) in enumerate(windows):
        alone = part_energies(
            reference_side(references, np.array([[start, stop]])), references, estimates
        )
        assert found.artefacts[:, number] == pytest.approx(alone.artefacts[:, 0], rel=1e-9)
        assert found.interference[:, number] == pytest.approx(alone.interference[:, 0], rel=1e-9)


def test_products_that_do_not_fit_in_memory_give_the_same_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    references = rounded(music(channels=2))
    estimates = rounded(separated(references))
    windows = museval_windows(references.shape[2], window=30000, hop=10000)
    side = reference_side(references, windows)
    kept = part_energies(side, references, estimates)

    monkeypatch.setattr("sepeval.kernels.bsseval.reader.CROSS_BYTES", 0)
    read_twice = part_energies(side, references, estimates)

    assert np.array_equal(read_twice.artefacts, kept.artefacts)
    assert np.array_equal(read_twice.spatial, kept.spatial)


@pytest.mark.parametrize("channels", [1, 2])
def test_framewise_filters_give_the_values_of_museval(channels: int) -> None:
    references = rounded(music(channels=channels))
    estimates = rounded(separated(references))
    windows = museval_windows(references.shape[2], window=22050, hop=22050)
    theirs = museval_ratios(references, estimates, window=22050, hop=22050, framewise=True)

    found = framewise_part_energies(references, estimates, windows)

    assert not found.ill_conditioned.any()
    assert found.reciprocal_condition.shape == (len(windows),)
    assert found.present.all()
    ours = ratios(found.parts)
    assert largest_difference(ours.sdr, theirs.sdr) <= SDR_BOUND
    for one, other in zip(ours, theirs, strict=True):
        assert largest_difference(one, other) <= 1e-5


def test_framewise_a_stem_that_is_silent_in_one_window_is_left_out_there() -> None:
    references = rounded(music(stems=3, length=30000))
    references[1, :, 10000:20000] = 0
    estimates = rounded(separated(references))
    windows = museval_windows(30000, window=10000, hop=10000)

    found = framewise_part_energies(references, estimates, windows, taps=64)

    assert found.present[1].tolist() == [True, False, True]
    assert np.isnan(found.parts.artefacts[1]).tolist() == [False, True, False]
    assert not np.isnan(found.parts.artefacts[[0, 2]]).any()
    assert math.isfinite(found.parts.error[1, 1])
