"""Each fault of separation data does what its name says, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import ShapeError
from sepeval.synthetic import pathologies
from sepeval.synthetic.music import PEAK, STEP, quantised
from sepeval.synthetic.pathologies import (
    AFTER_SUM,
    BEFORE_SUM,
    MIXTURE,
    STEREO_ONLY,
    Pathology,
    Recording,
    recorded,
)
from sepeval.types import Array

STEMS = ("bass", "drums", "bass")


def noise(*shape: int, seed: int = 0) -> Array:
    return quantised(0.1 * np.random.default_rng(seed).standard_normal(shape))


def recorded_with(faults: dict[str, tuple[Pathology, ...]], music: Array) -> Recording:
    return recorded(music, STEMS, faults, peak=PEAK, generator=np.random.default_rng(5))


def test_silent_is_exactly_zero() -> None:
    assert not pathologies.silent(noise(2, 50)).any()


def test_silent_part_empties_the_middle_third_only() -> None:
    samples = noise(2, 90) + 1.0

    holed = pathologies.silent_part(samples)

    assert not holed[:, 30:60].any()
    assert (holed[:, :30] == samples[:, :30]).all()
    assert (holed[:, 60:] == samples[:, 60:]).all()


def test_the_noise_floor_is_at_minus_100_dbfs_and_survives_16_bit() -> None:
    floor = pathologies.with_floor(np.zeros((1, 400_000)), np.random.default_rng(1))

    assert (quantised(floor) == floor).all()
    level_db = 10 * np.log10(np.mean(floor**2))
    assert level_db == pytest.approx(-100.0, abs=0.1)  # 43 000 samples are not zero
    assert abs(floor.sum()) < 1000 * STEP


def test_opposite_channels_cancel() -> None:
    left, right = pathologies.opposite_channels(noise(2, 50))

    assert left.any()
    assert not (left + right).any()


def test_identical_channels_are_the_mean() -> None:
    samples = noise(2, 50)

    left, right = pathologies.identical_channels(samples)

    assert (left == right).all()
    np.testing.assert_allclose(left, samples.mean(axis=0))


def test_hard_panned_leaves_the_right_channel_empty() -> None:
    left, right = pathologies.hard_panned(noise(2, 50))

    assert left.any()
    assert not right.any()


def test_clipped_has_flat_tops_at_its_own_peak() -> None:
    samples = np.sin(np.arange(1000) / 10.0)[None]

    cut = pathologies.clipped(samples)

    assert np.abs(cut).max() == np.abs(samples).max()
    assert (np.abs(cut) == np.abs(cut).max()).mean() == pytest.approx(2 / 3, abs=0.01)


def test_clipping_silence_is_silence() -> None:
    assert not pathologies.clipped(np.zeros((1, 9))).any()


def test_shorter_lacks_the_last_twentieth() -> None:
    samples = noise(1, 200)

    assert (pathologies.shorter(samples) == samples[:, :190]).all()


def test_delayed_is_64_samples_late() -> None:
    samples = noise(1, 200)

    late = pathologies.delayed(samples)

    assert not late[:, :64].any()
    assert (late[:, 64:] == samples[:, :136]).all()


@pytest.mark.parametrize("fault", sorted(STEREO_ONLY))
def test_a_fault_of_two_channels_refuses_one(fault: Pathology) -> None:
    with pytest.raises(ShapeError, match=r"two channels, not \(1, 50\)"):
        BEFORE_SUM[fault](noise(1, 50), np.random.default_rng(0))


def test_every_fault_is_of_one_kind() -> None:
    assert {*BEFORE_SUM, *AFTER_SUM, Pathology.MISSING} == set(Pathology)
    assert not BEFORE_SUM.keys() & AFTER_SUM.keys()


@given(fault=st.sampled_from(sorted(BEFORE_SUM)), length=st.integers(1, 200))
def test_a_fault_of_a_recording_keeps_the_shape_and_its_argument(
    fault: Pathology, length: int
) -> None:
    samples = noise(2, length)
    before = samples.copy()

    faulty = BEFORE_SUM[fault](samples, np.random.default_rng(0))

    assert faulty.shape == samples.shape
    assert (samples == before).all()


@given(fault=st.sampled_from(sorted(AFTER_SUM)), length=st.integers(1, 200))
def test_a_fault_of_a_file_keeps_its_argument(fault: Pathology, length: int) -> None:
    samples = noise(2, length)
    before = samples.copy()

    AFTER_SUM[fault](samples)

    assert (samples == before).all()


def test_without_faults_the_files_are_the_music_and_its_sum() -> None:
    music = noise(3, 2, 50)

    recording = recorded_with({}, music)

    assert all(
        stem is not None and (stem == row).all()
        for stem, row in zip(recording.stems, music, strict=True)
    )
    assert recording.mixture is not None
    assert (recording.mixture == music.sum(axis=0)).all()


@pytest.mark.parametrize("fault", sorted(BEFORE_SUM))
def test_after_a_fault_of_a_recording_the_mixture_is_still_the_sum(fault: Pathology) -> None:
    music = noise(3, 2, 500)

    recording = recorded_with({"bass": (fault,)}, music)

    stems = np.stack([stem for stem in recording.stems if stem is not None])
    assert recording.mixture is not None
    assert (recording.mixture == stems.sum(axis=0)).all()
    assert (stems[1] == music[1]).all()
    assert not (stems[0] == music[0]).all()
    assert not (stems[2] == music[2]).all()


@pytest.mark.parametrize("fault", sorted(set(AFTER_SUM) - {Pathology.SHORTER}))
@pytest.mark.parametrize("place", ["drums", MIXTURE])
def test_after_a_fault_of_a_file_the_mixture_is_not_the_sum(fault: Pathology, place: str) -> None:
    recording = recorded_with({place: (fault,)}, noise(3, 2, 500))

    stems = np.stack([stem for stem in recording.stems if stem is not None])
    assert recording.mixture is not None
    assert np.abs(recording.mixture - stems.sum(axis=0)).max() > 100 * STEP


def test_a_missing_stem_is_not_in_the_mixture() -> None:
    music = noise(3, 2, 50)

    recording = recorded_with({"bass": (Pathology.MISSING,)}, music)

    assert recording.stems[0] is None
    assert recording.stems[2] is None
    assert recording.mixture is not None
    assert (recording.mixture == music[1]).all()


def test_a_missing_mixture_leaves_the_stems() -> None:
    recording = recorded_with({MIXTURE: (Pathology.MISSING,)}, noise(3, 2, 50))

    assert recording.mixture is None
    assert all(stem is not None for stem in recording.stems)


def test_a_mixture_that_would_be_too_loud_turns_all_stems_down() -> None:
    music = 6.0 * noise(3, 1, 500)

    recording = recorded_with({}, music)

    assert recording.mixture is not None
    assert np.abs(recording.mixture).max() == pytest.approx(PEAK, abs=2 * STEP)
    gain = PEAK / np.abs(music.sum(axis=0)).max()
    assert recording.stems[1] is not None
    np.testing.assert_allclose(recording.stems[1], gain * music[1], atol=STEP)
