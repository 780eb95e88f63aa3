from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepeval.errors import ShapeError
from sepeval.kernels.signal_facts import (
    SignalFacts,
    Stretch,
    facts_of_stretches,
    in_stretches,
    lag,
    levels,
    likeness,
    packed,
    signal_facts,
    unpacked,
)
from sepeval.kernels.signal_facts.likeness import bits, pitch_classes
from sepeval.types import Array

RATE = 8000


def noise(length: int, *, seed: int = 1, level: float = 0.1) -> Array:
    return level * np.random.default_rng(seed).standard_normal(length)


def notes(seconds: float, *, seed: int, partials: tuple[float, ...], rate: int = RATE) -> Array:
    """A melody of half-second notes, each the sum of its partials."""
    generator = np.random.default_rng(seed)
    time = np.arange(rate // 2) / rate
    played = [
        sum(
            share * np.sin(2 * np.pi * 220.0 * 2.0 ** (key / 12) * (place + 1) * time)
            for place, share in enumerate(partials)
        )
        for key in generator.integers(0, 12, int(seconds * 2))
    ]
    return np.asarray(0.1 * np.concatenate(played))


def test_mean_peak_and_energy_are_those_of_numpy() -> None:
    signal = noise(70_001)[None] + 0.01

    found = levels(signal)

    assert found.length == 70_001
    assert found.mean == pytest.approx(signal.mean(axis=1), abs=1e-15)
    assert found.peak == pytest.approx(np.abs(signal).max(axis=1))
    assert found.energy == pytest.approx((signal**2).sum(axis=1))


def test_zeros_are_counted_in_whole_slices_across_the_edges_of_stretches() -> None:
    signal = noise(600_000)[None]
    signal[0, 1024 * 200 : 1024 * 300] = 0.0  # a stretch of levels ends at 1024 * 256
    signal[0, 1024 * 400 : 1024 * 410] = 0.0

    found = levels(signal)

    assert found.zeros.tolist() == [1024 * 110]
    assert found.longest_zeros.tolist() == [1024 * 100]


def test_a_signal_of_zeros_is_zero_from_start_to_end() -> None:
    found = levels(np.zeros((2, 5000)))

    assert found.zeros.tolist() == found.longest_zeros.tolist() == [5000, 5000]
    assert found.bits.tolist() == [0, 0]
    assert found.flat_runs.tolist() == [0, 0]


def test_clipping_leaves_flat_runs_and_music_does_not() -> None:
    wave = np.sin(2 * np.pi * 50.0 * np.arange(80_000) / RATE + 0.1)[None]
    music = wave * np.linspace(0.5, 1.0, 80_000)

    clipped, whole = levels(np.clip(music, -0.6, 0.6)), levels(music)

    assert clipped.flat_runs[0] > 100
    assert clipped.longest_flat[0] >= 4
    assert whole.flat_runs[0] == 0


@pytest.mark.parametrize("bits_", [16, 24])
def test_samples_of_an_integer_format_lie_on_its_grid(bits_: int) -> None:
    full = 2.0 ** (bits_ - 1)
    signal = np.round(noise(5000)[None] * full) / full

    assert levels(signal).bits.tolist() == [bits_]
    assert levels(signal + 1e-9).bits.tolist() == [0]


def test_equal_signals_have_equal_digests_and_others_have_not() -> None:
    assert levels(noise(9999)[None]).digest == levels(noise(9999)[None]).digest
    assert levels(noise(9999)[None]).digest != levels(noise(9999, seed=2)[None]).digest


@given(late=st.integers(-300, 300), sign=st.sampled_from([1.0, -1.0]))
def test_the_lag_is_found_to_the_sample_with_its_sign(late: int, sign: float) -> None:
    found = lag(noise(8192), sign * np.roll(noise(8192), late), furthest=400)

    assert found is not None
    assert found.samples == late
    assert np.sign(found.correlation) == sign


def test_a_long_lag_costs_no_correlation() -> None:
    late = np.concatenate([np.zeros(4000), noise(4192)])

    found = lag(noise(8192), late, furthest=5000)

    assert found is not None
    assert (found.samples, found.correlation) == (4000, pytest.approx(1.0))


def shifted(*, at_s: int, by: int, seconds: int = 40) -> SignalFacts:
    """Facts of an estimate that has lost `by` samples at a place."""
    reference = noise(seconds * RATE)
    cut = at_s * RATE
    estimate = np.concatenate([reference[:cut], reference[cut + by :], np.zeros(by)])
    estimate += noise(len(estimate), seed=3, level=0.01)
    reference[: 4 * RATE] *= 1.2  # loudest at the start, where nothing is lost
    return signal_facts(
        *(one[None, None] for one in (reference, estimate)), reference[None], rate=RATE
    )


@pytest.mark.parametrize("by", [500, 4 * RATE])
def test_samples_that_are_lost_are_seen_where_the_track_goes_on(by: int) -> None:
    facts = shifted(at_s=12, by=by)

    (loudest,), (other,) = facts.lags, facts.elsewhere
    assert loudest is not None
    assert other is not None
    assert (loudest.samples, other.lag.samples) == (0, -by)
    assert other.start >= 8 * RATE
    assert other.lag.correlation > 0.9


def test_an_estimate_that_fits_all_along_lies_nowhere_else() -> None:
    assert shifted(at_s=12, by=0).elsewhere == (None,)
    assert shifted(at_s=0, by=300).elsewhere == (None,)  # a constant shift is no other one


def test_a_silent_signal_has_no_lag() -> None:
    assert lag(np.zeros(100), noise(100), furthest=10) is None


def test_a_fingerprint_comes_back_from_its_text() -> None:
    found = bits(pitch_classes(notes(12.0, seed=1, partials=(1.0,)), rate=RATE))

    assert np.array_equal(unpacked(packed(found))[: len(found)], found)


def test_two_renderings_of_a_piece_are_alike_and_two_pieces_are_not() -> None:
    melody, other = (1.0, 0.2), (0.4, 0.5, 0.1)
    one = notes(80.0, seed=1, partials=melody)
    again = 0.1 * notes(80.0, seed=1, partials=other) + noise(len(one), level=1e-3)
    different = notes(80.0, seed=2, partials=melody)
    late = np.concatenate([np.zeros(RATE), one])

    prints = [bits(pitch_classes(x, rate=RATE)) for x in (one, again, different, late)]
    found = likeness(prints[:1], prints)[0]

    assert found[0] == pytest.approx(1.0)
    assert found[1] > 0.5
    assert abs(found[2]) < 0.2
    assert found[3] > 0.9


def test_a_fingerprint_gathered_in_stretches_is_as_long_as_that_of_the_whole() -> None:
    mixture = notes(40.0, seed=1, partials=(1.0, 0.2))
    signal = mixture[None, None]

    gathered = signal_facts(signal, signal, signal[0], rate=RATE).likeness
    whole = bits(pitch_classes(mixture, rate=RATE))

    assert gathered.shape == whole.shape
    assert np.mean(gathered == whole) > 0.95


def chunked_error(length: int, *, period: int) -> Array:
    """A smooth error with a jump at each multiple of the period."""
    time = np.arange(length) / RATE
    chunk = np.arange(length) // period
    return 0.01 * np.sin(2 * np.pi * 60.0 * time + 2.3 * chunk**2)


def test_jumps_at_equal_distances_are_seams() -> None:
    reference = notes(60.0, seed=1, partials=(1.0, 0.3))[None, None]
    estimate = reference + chunked_error(reference.shape[2], period=RATE * 7 + 311)

    found = signal_facts(reference, estimate, reference[0], rate=RATE).seams[0]

    assert found is not None
    assert found.period == RATE * 7 + 311
    assert found.found == found.possible == 8


def test_jumps_at_odd_places_and_jumps_of_the_music_are_no_seams() -> None:
    length = 60 * RATE
    reference = 0.05 * np.sin(2 * np.pi * 50.0 * np.arange(length) / RATE)
    beats = np.arange(RATE, length, RATE)
    reference[beats] += 0.5  # the music clicks at equal distances, and so does the error
    odd = np.zeros(length)
    odd[np.random.default_rng(1).integers(0, length, 9)] = 0.1
    smooth = 0.01 * np.sin(2 * np.pi * 60.0 * np.arange(length) / RATE)
    clicks = 0.9 * reference + smooth

    for estimate in (reference + smooth + odd, clicks):
        given_ = (reference[None, None], estimate[None, None], reference[None])
        assert signal_facts(*given_, rate=RATE).seams == (None,)


def test_beats_that_leak_are_no_seams() -> None:
    length = 60 * RATE
    time = np.arange(length) / RATE
    since = np.arange(length) % (7 * RATE + 311)
    beats = 0.1 * np.exp(-since / 400.0) * np.cos(0.2 * since) * (time > 1)
    bass = 0.1 * np.sin(2 * np.pi * 50.0 * time)
    references = np.stack([bass, beats])[:, None]

    for estimates in (references + 0.12 * references[::-1], 0.0 * references):
        found = signal_facts(references, estimates, references.sum(axis=0), rate=RATE)

        assert found.seams == (None, None)


def test_fewer_than_five_jumps_at_equal_distances_are_no_seams() -> None:
    reference = notes(40.0, seed=1, partials=(1.0, 0.3))[None, None]
    estimate = reference + chunked_error(reference.shape[2], period=RATE * 9 + 311)

    assert signal_facts(reference, estimate, reference[0], rate=RATE).seams == (None,)


def test_holes_are_zeros_of_the_estimate_while_the_reference_plays() -> None:
    reference = noise(RATE * 20)[None, None].repeat(2, axis=0)
    estimate = reference + 1e-4
    estimate[0, :, RATE * 5 : RATE * 10] = 0.0
    reference[1, :, RATE * 5 : RATE * 10] = 0.0
    estimate[1, :, RATE * 5 : RATE * 10] = 0.0

    found = signal_facts(reference, estimate, reference.sum(axis=0), rate=RATE)

    assert np.diff(found.holes[0]).sum() == pytest.approx(5 * RATE, abs=2048)
    assert found.holes[1].shape == (0, 2)


def test_short_runs_of_zeros_are_holes_to_the_sample() -> None:
    reference = noise(RATE * 20)[None, None].repeat(2, axis=0)
    estimate = reference + 1e-4
    for start, length in ((RATE * 3 + 7, 128), (RATE * 8, 1500), (RATE * 12, 60)):
        estimate[0, :, start : start + length] = 0.0
    estimate[1, :, ::2] = 0.0  # every other sample is no run

    found = signal_facts(reference, estimate, reference.sum(axis=0), rate=RATE)

    starts = [(RATE * 3 + 7, RATE * 3 + 7 + 128), (RATE * 8, RATE * 8 + 1500)]
    assert [tuple(one) for one in found.holes[0].tolist()] == starts
    assert found.holes[1].shape == (0, 2)


@settings(max_examples=12)
@given(cuts=st.lists(st.integers(1, 199_999), max_size=4, unique=True))
def test_facts_do_not_depend_on_the_blocks_that_audio_comes_in(cuts: list[int]) -> None:
    references = np.stack([noise(200_000, seed=seed).reshape(2, -1) for seed in (1, 2)])
    estimates = np.roll(references, 9, axis=2)
    signals = (references, estimates, references.sum(axis=0))
    edges = [0, *sorted({cut // 2 for cut in cuts}), 100_000]
    blocks = [
        Stretch(*(signal[..., start:stop] for signal in signals))
        for start, stop in pairwise(edges)
        if stop > start
    ]

    whole = signal_facts(*signals, rate=RATE)
    parts = facts_of_stretches(in_stretches(blocks, rate=RATE), rate=RATE)

    assert [one.digest for one in parts.estimates] == [one.digest for one in whole.estimates]
    assert parts.lags == whole.lags
    assert parts.elsewhere == whole.elsewhere
    assert np.array_equal(parts.likeness, whole.likeness)
    assert np.array_equal(parts.mixture.energy, whole.mixture.energy)


def test_arrays_that_do_not_fit_and_no_audio_are_refused() -> None:
    with pytest.raises(ShapeError, match="must be"):
        signal_facts(np.zeros((1, 1, 5)), np.zeros((1, 1, 6)), np.zeros((1, 5)), rate=RATE)
    with pytest.raises(ShapeError, match="no samples"):
        facts_of_stretches([], rate=RATE)


@pytest.mark.parametrize("length", [1, 3, 1023, 1025])
def test_short_tracks_have_facts(length: int) -> None:
    signal = noise(length)[None, None]

    found = signal_facts(signal, signal, signal[0], rate=RATE)

    assert found.references[0].length == length
