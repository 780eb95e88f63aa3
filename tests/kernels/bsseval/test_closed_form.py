"""Signals whose parts are known on paper, and what must hold for any signal."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sepeval.errors import DataError, ShapeError, UnknownNameError
from sepeval.kernels.bsseval import (
    PartEnergies,
    Ratios,
    part_energies,
    ratios,
    reference_side,
)
from sepeval.types import Array, IntArray

TAPS = 8
quick = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def scored(
    references: Array, estimates: Array, windows: IntArray, taps: int = TAPS
) -> PartEnergies:
    return part_energies(reference_side(references, windows, taps=taps), references, estimates)


def db(references: Array, estimates: Array, windows: IntArray, taps: int = TAPS) -> Ratios:
    return ratios(scored(references, estimates, windows, taps))


def impulses(samples: int, *places: tuple[int, float]) -> Array:
    signal = np.zeros((1, samples))
    for place, value in places:
        signal[0, place] = value
    return signal


def noise(seed: int, stems: int = 2, channels: int = 2, samples: int = 400) -> Array:
    return np.random.default_rng(seed).standard_normal((stems, channels, samples))


def halves(samples: int) -> IntArray:
    return np.array([[0, samples // 2], [samples // 2, samples]])


def whole(samples: int) -> IntArray:
    return np.array([[0, samples]])


def test_impulses_have_the_parts_that_they_are_built_of() -> None:
    references = np.stack([impulses(300, (10, 1.0)), impulses(300, (110, 1.0))])
    estimate = impulses(300, (10, 0.5), (13, 0.3), (115, 0.2), (210, 0.1))
    estimates = np.stack([estimate, references[1]])

    parts = scored(references, estimates, whole(300))

    assert parts.true[0, 0] == pytest.approx(1.0)
    assert parts.error[0, 0] == pytest.approx(0.25 + 0.09 + 0.04 + 0.01)
    assert parts.estimate[0, 0] == pytest.approx(0.25 + 0.09 + 0.04 + 0.01)
    assert parts.spatial[0, 0] == pytest.approx(0.25 + 0.09)
    assert parts.target[0, 0] == pytest.approx(0.25 + 0.09)
    assert parts.interference[0, 0] == pytest.approx(0.04)
    assert parts.projection[0, 0] == pytest.approx(0.25 + 0.09 + 0.04)
    assert parts.artefacts[0, 0] == pytest.approx(0.01)
    found = ratios(parts)
    assert found.isr[0, 0] == pytest.approx(10 * np.log10(1.0 / 0.34))
    assert found.sir[0, 0] == pytest.approx(10 * np.log10(0.34 / 0.04))
    assert found.sar[0, 0] == pytest.approx(10 * np.log10(0.38 / 0.01))
    assert found.sdr[1, 0] == np.inf


def test_a_filter_longer_than_the_taps_is_an_artefact() -> None:
    references = np.stack([impulses(300, (10, 1.0)), impulses(300, (110, 1.0))])
    estimates = np.stack([impulses(300, (10, 1.0), (10 + TAPS, 0.1)), references[1]])

    parts = scored(references, estimates, whole(300))

    assert parts.artefacts[0, 0] == pytest.approx(0.01)
    assert parts.spatial[0, 0] == pytest.approx(0.0, abs=1e-20)


def test_a_filtered_sound_rings_into_no_other_window() -> None:
    references = np.stack([impulses(200, (98, 1.0)), impulses(200, (20, 1.0), (150, 1.0))])
    estimates = np.stack([impulses(200, (98, 1.0), (102, 0.5)), references[1]])

    parts = scored(references, estimates, halves(200))

    # The window's own copy rings past its end, where the estimate is zero.
    assert parts.target[0].tolist() == pytest.approx([1.25, 0.0])
    assert parts.artefacts[0].tolist() == pytest.approx([0.25, 0.25])


@quick
@given(seeds)
def test_gain_of_track_changes_no_ratio(seed: int) -> None:
    references, estimates = noise(seed), noise(seed + 1) * 0.3 + noise(seed)

    once = db(references, estimates, halves(400))
    again = db(8.0 * references, 8.0 * estimates, halves(400))

    for one, other in zip(once, again, strict=True):
        assert other == pytest.approx(one, abs=1e-9)


@quick
@given(seeds, st.permutations(range(3)))
def test_order_of_stems_changes_no_value(seed: int, order: list[int]) -> None:
    references = noise(seed, stems=3)
    estimates = references + 0.2 * references[::-1] + 0.1 * noise(seed + 1, stems=3)

    once = db(references, estimates, halves(400))
    again = db(references[order], estimates[order], halves(400))

    for one, other in zip(once, again, strict=True):
        assert other == pytest.approx(one[order], abs=1e-9)


@quick
@given(seeds)
def test_swap_of_channels_changes_no_value(seed: int) -> None:
    references, estimates = noise(seed), noise(seed) + 0.3 * noise(seed + 1)

    once = db(references, estimates, halves(400))
    again = db(references[:, ::-1], estimates[:, ::-1], halves(400))

    for one, other in zip(once, again, strict=True):
        assert other == pytest.approx(one, abs=1e-9)


@quick
@given(seeds)
def test_over_the_whole_track_the_parts_are_orthogonal(seed: int) -> None:
    references = np.pad(noise(seed), ((0, 0), (0, 0), (0, TAPS)))
    estimates = np.pad(noise(seed) + 0.3 * noise(seed + 1), ((0, 0), (0, 0), (0, TAPS)))

    parts = scored(references, estimates, whole(400 + TAPS))

    assert parts.projection == pytest.approx(parts.target + parts.interference)
    assert parts.estimate == pytest.approx(parts.projection + parts.artefacts)


@quick
@given(seeds, st.integers(1, 4))
def test_number_of_threads_changes_no_bit(seed: int, threads: int) -> None:
    references = noise(seed, samples=3000)
    estimates = references + 0.1 * noise(seed + 1, samples=3000)
    windows = np.array([[0, 900], [500, 1400], [1400, 1403], [2000, 3000]])

    once = reference_side(references, windows, taps=TAPS, threads=1)
    again = reference_side(references, windows, taps=TAPS, threads=threads)

    assert np.array_equal(once.products, again.products)
    alone = part_energies(once, references, estimates, threads=1)
    side_by_side = part_energies(again, references, estimates, threads=threads)
    for field in fields(PartEnergies):
        assert np.array_equal(getattr(alone, field.name), getattr(side_by_side, field.name))


@quick
@given(seeds)
def test_estimates_can_be_of_any_stems(seed: int) -> None:
    references, estimates = noise(seed, stems=3), noise(seed + 1, stems=3)
    side = reference_side(references, halves(400), taps=TAPS)

    every = part_energies(side, references, estimates)
    some = part_energies(side, references, estimates[[2, 0]], stems=[2, 0])

    for field in fields(PartEnergies):
        assert getattr(some, field.name) == pytest.approx(getattr(every, field.name)[[2, 0]])


@quick
@given(
    hnp.arrays(np.float64, (2, 2, 50), elements=st.floats(-1, 1)),
    hnp.arrays(np.float64, (2, 2, 50), elements=st.floats(-1, 1)),
)
def test_any_finite_audio_has_energies_that_are_not_negative(
    references: Array, estimates: Array
) -> None:
    references, estimates = np.round(references, 4), np.round(estimates, 4)

    parts = scored(references, estimates, np.array([[0, 20], [20, 21], [15, 50]]))

    sounds = references.any(axis=(1, 2))
    for field in fields(PartEnergies):
        assert (getattr(parts, field.name)[sounds] >= 0).all()


def test_a_zero_window_has_zero_energies() -> None:
    references, estimates = noise(1), noise(2)
    references[..., 200:] = 0
    estimates[..., 200:] = 0

    parts = scored(references, estimates, halves(400))

    for field in fields(PartEnergies):
        assert getattr(parts, field.name)[:, 1].tolist() == [0.0, 0.0]
    assert all(np.isnan(values[:, 1]).all() for values in ratios(parts))


def test_a_zero_estimate_is_all_missing() -> None:
    references = noise(1)

    parts = scored(references, np.zeros_like(references), whole(400))

    assert parts.error == pytest.approx(parts.true)
    assert parts.spatial == pytest.approx(parts.true)
    assert parts.target == pytest.approx(0.0, abs=1e-12)
    assert parts.artefacts == pytest.approx(0.0, abs=1e-12)


def test_a_stem_that_never_sounds_is_left_out_and_reported() -> None:
    references = noise(1, stems=3)
    references[1] = 0
    estimates = references + 0.1 * noise(2, stems=3)

    side = reference_side(references, halves(400), taps=TAPS)
    parts = part_energies(side, references, estimates)

    assert side.present.tolist() == [True, False, True]
    without = scored(references[[0, 2]], estimates[[0, 2]], halves(400))
    for field in fields(PartEnergies):
        assert getattr(parts, field.name)[[0, 2]] == pytest.approx(getattr(without, field.name))
    assert np.isnan(parts.interference[1]).all()
    assert parts.true[1].tolist() == [0.0, 0.0]
    assert parts.error[1] == pytest.approx(parts.estimate[1])


def test_silence_throughout_has_no_filters_and_does_not_crash() -> None:
    silence = np.zeros((2, 2, 100))

    parts = scored(silence, silence, whole(100))

    assert parts.true.tolist() == [[0.0], [0.0]]
    assert np.isnan(parts.artefacts).all()


@pytest.mark.parametrize("samples", [1, 2, 3, 7, 8, 9, 513])
def test_a_track_may_be_shorter_than_the_filters(samples: int) -> None:
    references = noise(3, channels=1, samples=samples)

    found = db(references, 0.5 * references, whole(samples), 512)

    assert found.sdr == pytest.approx(20 * np.log10(2))
    assert found.isr == pytest.approx(20 * np.log10(2), abs=1e-3)


def test_opposite_channels_are_no_silence() -> None:
    references = noise(4)
    references[:, 1] = -references[:, 0]

    side = reference_side(references, whole(400), taps=TAPS)

    assert side.present.all()
    assert not side.ill_conditioned
    assert side.basis.dependent.tolist() == [[False, True], [False, True]] or (
        int(side.basis.dependent.sum()) == 2
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_an_estimate_that_is_not_finite_is_undefined_and_harms_no_other(value: float) -> None:
    references = noise(5)
    estimates = references + 0.1 * noise(6)
    clean = scored(references, estimates, halves(400))
    estimates[1, 0, 300] = value

    parts = scored(references, estimates, halves(400))

    assert np.isnan(parts.artefacts[1]).all()
    assert np.array_equal(parts.artefacts[0], clean.artefacts[0])
    assert parts.error[1, 0] == clean.error[1, 0]


@pytest.mark.parametrize("place", [10, 390])
def test_a_reference_that_is_not_finite_is_refused(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sepeval.kernels.bsseval.basis.READ", 100)
    references = noise(7)
    references[1, 1, place] = np.inf

    with pytest.raises(DataError, match="channel 3"):
        reference_side(references, whole(400))


def test_a_copy_that_begins_late_is_a_channel_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sepeval.kernels.bsseval.basis.READ", 100)
    references = noise(8)
    references[1, 1, 150:] = references[0, 0, 150:]
    late = references.copy()
    late[1, 1, :150] = 0.0
    copied = late.copy()
    copied[0, 0, :150] = 0.0

    assert not reference_side(references, whole(400), taps=TAPS).basis.dependent.any()
    assert not reference_side(late, whole(400), taps=TAPS).basis.dependent.any()
    assert reference_side(copied, whole(400), taps=TAPS).basis.dependent.any()


@pytest.mark.parametrize(
    "windows", [[[0, 401]], [[5, 5]], [[-1, 5]], [[0, 5, 6]]], ids=["long", "empty", "early", "odd"]
)
def test_windows_outside_the_track_are_refused(windows: list[list[int]]) -> None:
    with pytest.raises(ShapeError):
        reference_side(noise(8), np.array(windows))


def test_estimates_of_another_shape_are_refused() -> None:
    side = reference_side(noise(9), whole(400), taps=TAPS)

    with pytest.raises(ShapeError, match="400"):
        part_energies(side, noise(9), noise(9)[..., :-1])
    with pytest.raises(ShapeError, match="stems"):
        part_energies(side, noise(9), noise(9), stems=[0, 2])


def test_the_parts_of_a_silent_estimate_are_exactly_zero() -> None:
    references = noise(10)
    estimates = references + 0.1 * noise(11)
    estimates[1] = 0.0

    parts = scored(references, estimates, halves(400))

    assert not parts.target[1].any()
    assert not parts.interference[1].any()
    assert not parts.projection[1].any()
    assert not parts.artefacts[1].any()
    assert parts.spatial[1] == pytest.approx(parts.true[1])
    assert np.isnan(ratios(parts).sir[1]).all()
    assert np.isfinite(ratios(parts).sir[0]).all()


def test_a_level_at_which_squares_vanish_is_silence() -> None:
    references = noise(12)
    references[1] *= 1e-160

    side = reference_side(references, whole(400), taps=TAPS)

    assert side.present.tolist() == [True, False]


def test_names_that_are_unknown_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="scipy"):
        reference_side(noise(13), whole(400), engine="duc")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="ridge"):
        reference_side(noise(13), whole(400), regularisation="rigde")  # type: ignore[arg-type]
