"""Generated music: its notes in closed form, then what evaluation needs it to be like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import istft, stft

from sepeval.errors import ShapeError, UnknownNameError
from sepeval.synthetic import instruments, score
from sepeval.synthetic.music import INSTRUMENTS, PEAK, STEP, compose
from sepeval.types import Array

RATE = 22050
FOUR = ("bass", "drums", "guitar", "piano")
BAND = ("drums", "bass", "other", "vocals")


def music(
    stems: tuple[str, ...] = FOUR, *, seconds: float = 12.0, channels: int = 2, seed: int = 1
) -> Array:
    return compose(
        stems=stems,
        length=int(seconds * RATE),
        rate=RATE,
        channels=channels,
        generator=np.random.default_rng(seed),
    )


def db(ratio: float) -> float:
    return float(10 * np.log10(ratio))


def sdr(reference: Array, estimate: Array) -> float:
    return db(float(np.sum(reference**2) / np.sum((reference - estimate) ** 2)))


def test_ring_is_the_sum_of_decaying_sinusoids() -> None:
    frequencies, amplitudes = np.array([440.0, 1234.5]), np.array([1.0, 0.3])
    decays, phases = np.array([2.0, 0.0]), np.array([0.0, 1.0])
    time_s = np.arange(5001)[:, None] / RATE

    ringing = instruments.ring(frequencies, amplitudes, decays, phases, length=5001, rate=RATE)

    terms = np.exp(-decays * time_s) * np.sin(2 * np.pi * frequencies * time_s + phases)
    np.testing.assert_allclose(ringing, terms @ amplitudes, atol=1e-11)


def test_ring_leaves_out_partials_that_would_alias() -> None:
    one = np.ones(1)

    ringing = instruments.ring(one * 0.46 * RATE, one, one, one, length=100, rate=RATE)

    assert not ringing.any()


def test_a_faded_note_ends_at_zero_and_keeps_its_middle() -> None:
    faded = instruments.faded(np.ones(100), attack=10, release=20)

    assert faded[0] == 0.0
    assert faded[-1] == pytest.approx(0.0, abs=1e-15)
    assert (faded[10:80] == 1.0).all()


@pytest.mark.parametrize("name", ["bass", "guitar", "piano", "pad"])
def test_a_note_has_its_strongest_partials_at_multiples_of_its_pitch(name: str) -> None:
    note = getattr(instruments, name)(220.0, length=RATE, rate=RATE)
    spectrum = np.abs(np.fft.rfft(note * np.hanning(RATE)))  # one bin per Hz

    strongest = int(np.argmax(spectrum))

    assert abs(strongest / 220.0 - round(strongest / 220.0)) < 0.02


def test_rests_keep_one_bar_at_least() -> None:
    for bars in (1, 2, 30):
        silent = score.rests(bars=bars, share=0.99, generator=np.random.default_rng(0))

        assert not silent.all()


def test_chords_are_triads_of_one_major_key() -> None:
    chords = score.chords(bars=9, generator=np.random.default_rng(3))

    assert chords.shape == (9, 3)
    assert set(np.diff(chords, axis=1).ravel()) <= {3, 4}
    assert (chords[0] == chords[4]).all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    assert music(BAND).tobytes() == music(BAND).tobytes()
    assert music(BAND, seed=2).tobytes() != music(BAND).tobytes()


def test_the_sum_of_the_stems_is_exact_in_16_bit_and_below_the_peak() -> None:
    stems = music()

    steps = stems.sum(axis=0) / STEP

    assert (steps == np.round(steps)).all()
    assert np.abs(steps).max() * STEP <= PEAK + 2 * STEP


@pytest.mark.parametrize("stems", [FOUR, BAND])
def test_stems_are_balanced_and_separable_as_in_real_music(stems: tuple[str, ...]) -> None:
    tracks = np.stack([music(stems, seconds=16.0, seed=seed) for seed in range(2)])

    for references in tracks:
        mixture = references.sum(axis=0)
        powers = np.abs(stft(references, nperseg=2048)[2]) ** 2
        masks = powers / (powers.sum(axis=0) + 1e-12)
        filtered = istft(masks * stft(mixture, nperseg=2048)[2], nperseg=2048)[1]
        for reference, oracle in zip(references, filtered, strict=True):
            assert -27.0 < db(float(np.mean(reference**2))) < -18.0
            assert -10.0 < sdr(reference, mixture) < 2.0
            assert 6.0 < sdr(reference, oracle[:, : reference.shape[1]]) < 16.0


def test_guitars_rest_for_seconds_and_drums_hardly_ever() -> None:
    tracks = np.stack([music(seconds=30.0, channels=1, seed=seed) for seed in range(6)])
    seconds = tracks.reshape(6, 4, 30, RATE)

    silent = (seconds == 0.0).all(axis=3).mean(axis=(0, 2))

    bass, drums, guitar, piano = silent
    assert drums < 0.1
    assert bass < 0.2
    assert 0.1 < piano < guitar < 0.6


def test_two_sources_of_one_name_rest_together_and_differ() -> None:
    first, second = music(("guitar", "guitar"), seconds=20.0, channels=1)
    blocks = np.stack([first, second])[:, 0].reshape(2, 20, RATE)

    sounding = np.abs(blocks).max(axis=2) > 0.0

    assert (sounding[0] == sounding[1]).mean() > 0.85  # their last notes may end apart
    assert not (first == second).all()


@pytest.mark.parametrize("name", sorted(INSTRUMENTS))
def test_every_stem_is_stereo_and_mono_is_one_channel(name: str) -> None:
    stereo = music((name,), seconds=3.0)

    assert np.abs(stereo[0, 0] - stereo[0, 1]).max() > 100 * STEP
    assert music((name,), seconds=3.0, channels=1).shape == (1, 1, 3 * RATE)


@settings(max_examples=10, deadline=None)
@given(
    length=st.integers(1, 9000),
    rate=st.sampled_from([8000, 16000, 44100, 48000]),
    channels=st.sampled_from([1, 2]),
    seed=st.integers(0, 2**32),
)
def test_any_length_and_rate_gives_finite_samples(
    length: int, rate: int, channels: int, seed: int
) -> None:
    stems = compose(
        stems=tuple(INSTRUMENTS),
        length=length,
        rate=rate,
        channels=channels,
        generator=np.random.default_rng(seed),
    )

    assert stems.shape == (len(INSTRUMENTS), channels, length)
    assert np.isfinite(stems).all()
    assert np.abs(stems).max() <= 1.0


def test_wrong_requests_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="no instrument plays 'flute'; known: bass"):
        music(("flute",))
    with pytest.raises(ShapeError, match="1 or 2 channels, not 220500 and 3"):
        music(seconds=10.0, channels=3)
