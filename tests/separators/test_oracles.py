"""Oracles: closed forms, then properties, then masks by SciPy's transform.

`PUBLISHED` was computed once by running the scripts of https://github.com/sigsep/sigsep-mus-oracle
(commit 1590b09) on the same arrays.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import scipy.signal

from sepeval import audio
from sepeval.errors import SeparatorError
from sepeval.separators.base import Oracle
from sepeval.separators.oracles import (
    IdealBinaryMask,
    IdealRatioMask,
    LeakyReference,
    MultichannelWiener,
)
from sepeval.types import Array, AudioFile

STEMS = ("bass", "drums", "vocals")
FILTERS = [
    IdealBinaryMask(),
    IdealBinaryMask(power=2),
    IdealRatioMask(power=1),
    IdealRatioMask(),
    MultichannelWiener(),
]


TRACK = "musdb18-sample/MUSDB18-7-SAMPLE/train/Music Delta - 80s Rock.stem.mp4"
PUBLISHED = {  # 10 log10 ||r||^2 / ||r - e||^2 in dB, both channels, of drums, bass, other, vocals
    IdealBinaryMask(power=1): [9.5076002, 7.2068355, 7.4050308, 12.2426222],
    IdealBinaryMask(power=2): [9.6953933, 7.0749679, 7.4808750, 12.4071672],
    IdealRatioMask(power=1): [9.9105576, 7.5899295, 8.0513995, 12.5105425],
    IdealRatioMask(power=2): [11.0939660, 8.8907964, 9.0751818, 13.9233676],
}


class Music(NamedTuple):
    references: Array
    mixture: Array


def music(channels: int = 2, length: int = 5001) -> Music:
    """Three noises in bands of their own that leak into each other."""
    noise = np.random.default_rng(3).standard_normal((3, channels, length))
    bands = [
        scipy.signal.butter(2, band, "bandpass") for band in ((0.02, 0.2), (0.2, 0.5), (0.4, 0.8))
    ]
    references = np.stack(
        [scipy.signal.lfilter(*band, one) for band, one in zip(bands, noise, strict=True)]
    )
    return Music(references, references.sum(axis=0))


def sdr(reference: Array, estimate: Array) -> float:
    return float(10 * np.log10(np.sum(reference**2) / np.sum((reference - estimate) ** 2)))


def masked_by_scipy(mask: Array, mixture: Array) -> Array:
    spectra = scipy.signal.stft(mixture, nperseg=2048)[-1]
    audio: Array = scipy.signal.istft(mask * spectra)[1][..., : mixture.shape[-1]]
    return audio


def magnitudes(signals: Array) -> Array:
    spectrogram: Array = np.abs(scipy.signal.stft(signals, nperseg=2048)[-1])
    return spectrogram


def test_the_defaults_are_those_of_sisec_2018() -> None:
    assert (IdealBinaryMask().power, IdealBinaryMask().theta) == (1, 0.5)
    assert IdealRatioMask().power == 2
    for oracle in (IdealBinaryMask(), IdealRatioMask(), MultichannelWiener()):
        assert (oracle.window, oracle.hop) == (2048, 1024)


def test_the_leak_has_the_level_it_says() -> None:
    references, mixture = music()

    audio = LeakyReference(leak_db=-40.0).separate(references, mixture, stems=STEMS).audio

    assert audio - references == pytest.approx((mixture - references) / 100.0, abs=1e-12)


def test_a_leak_of_zero_db_is_the_mixture() -> None:
    references, mixture = music()

    audio = LeakyReference(leak_db=0.0).separate(references, mixture, stems=STEMS).audio

    assert audio == pytest.approx(np.stack([mixture] * 3), abs=1e-12)


@pytest.mark.parametrize("oracle", FILTERS, ids=repr)
def test_a_stem_alone_is_returned_whole(oracle: Oracle) -> None:
    references, _ = music()
    references[1:] = 0.0

    estimate = oracle.separate(references, references.sum(axis=0), stems=STEMS)

    assert estimate.audio[0] == pytest.approx(references[0], abs=1e-9)


@pytest.mark.parametrize("oracle", FILTERS[2:], ids=repr)
@pytest.mark.parametrize("channels", [1, 2])
def test_soft_filters_share_out_the_whole_mixture(oracle: Oracle, channels: int) -> None:
    references, mixture = music(channels)

    estimate = oracle.separate(references, mixture, stems=STEMS)

    assert estimate.audio.sum(axis=0) == pytest.approx(mixture, abs=1e-8)


@pytest.mark.parametrize("oracle", FILTERS, ids=repr)
def test_filters_separate(oracle: Oracle) -> None:
    references, mixture = music()

    estimate = oracle.separate(references, mixture, stems=STEMS)

    for reference, found in zip(references, estimate.audio, strict=True):
        assert sdr(reference, found) > sdr(reference, mixture) + 4.0


@pytest.mark.parametrize("oracle", FILTERS, ids=repr)
def test_the_order_of_the_stems_does_not_matter(oracle: Oracle) -> None:
    references, mixture = music()

    forward = oracle.separate(references, mixture, stems=STEMS).audio
    backward = oracle.separate(references[::-1], mixture, stems=STEMS[::-1]).audio

    assert backward[::-1] == pytest.approx(forward, abs=1e-9)


@pytest.mark.parametrize("oracle", FILTERS, ids=repr)
def test_the_level_does_not_matter(oracle: Oracle) -> None:
    references, mixture = music()

    quiet = oracle.separate(references * 1e-6, mixture * 1e-6, stems=STEMS).audio

    expected = oracle.separate(references, mixture, stems=STEMS).audio
    assert quiet * 1e6 == pytest.approx(expected, abs=1e-8)


def test_for_mono_the_wiener_filter_is_the_ratio_mask_of_powers() -> None:
    references, mixture = music(channels=1)

    filtered = MultichannelWiener().separate(references, mixture, stems=STEMS).audio

    expected = IdealRatioMask(power=2).separate(references, mixture, stems=STEMS).audio
    assert filtered == pytest.approx(expected, abs=1e-9)


def test_the_wiener_filter_parts_what_lies_in_different_channels() -> None:
    references = np.random.default_rng(0).standard_normal((2, 2, 9000))
    references[0, 1] = 0.0
    references[1, 0] = 0.0

    estimate = MultichannelWiener().separate(
        references, references.sum(axis=0), stems=("left", "right")
    )

    assert estimate.audio == pytest.approx(references, abs=1e-8)


@pytest.mark.parametrize("power", [1, 2])
def test_ratio_masks_by_scipy_give_the_same(power: int) -> None:
    references, mixture = music(length=150_000)
    spectrograms = magnitudes(references) ** power
    mask = spectrograms / np.maximum(spectrograms.sum(axis=0), 1e-300)

    oracle = IdealRatioMask(power=1) if power == 1 else IdealRatioMask(power=2)

    audio = oracle.separate(references, mixture, stems=STEMS).audio
    assert np.allclose(audio, masked_by_scipy(mask, mixture), rtol=0.0, atol=1e-10)


def test_binary_masks_by_scipy_give_the_same() -> None:
    references, mixture = music()
    mask = (magnitudes(references) >= 0.5 * magnitudes(mixture)).astype(float)

    audio = IdealBinaryMask().separate(references, mixture, stems=STEMS).audio

    assert np.allclose(audio, masked_by_scipy(mask, mixture), rtol=0.0, atol=1e-10)


@pytest.mark.parametrize("oracle", FILTERS, ids=repr)
@pytest.mark.parametrize("right", ["identical", "opposite", "silent"])
def test_odd_stereo_images_give_finite_estimates(oracle: Oracle, right: str) -> None:
    references, _ = music()
    references[:, 1] = references[:, 0] * {"identical": 1.0, "opposite": -1.0, "silent": 0.0}[right]
    references[2] = 0.0
    mixture = references.sum(axis=0)

    audio = oracle.separate(references, mixture, stems=STEMS).audio

    assert np.isfinite(audio).all()
    assert sdr(references[0], audio[0]) > sdr(references[0], mixture)


def test_more_than_two_channels_are_refused() -> None:
    references, mixture = music(channels=3)

    with pytest.raises(SeparatorError, match="found 3 channels"):
        MultichannelWiener().separate(references, mixture, stems=STEMS)


@pytest.mark.parametrize("kind", [IdealBinaryMask, IdealRatioMask, MultichannelWiener])
def test_a_hop_that_does_not_divide_the_window_is_refused(kind: type) -> None:
    with pytest.raises(SeparatorError, match="found hop 1000, window 2048"):
        kind(hop=1000)


@pytest.mark.data
@pytest.mark.parametrize("oracle", PUBLISHED, ids=repr)
def test_masks_score_on_a_real_track_as_the_published_scripts_do(oracle: Oracle) -> None:
    shared = Path(__file__).parents[2].parent / "shared" / "data"
    path = Path(os.environ.get("SEPEVAL_DATA", shared)) / TRACK
    if not path.is_file():
        pytest.skip(f"needs the sample track {path}")
    mixture, *references = [audio.read(AudioFile(path, stream)).samples for stream in range(5)]

    stems = ("drums", "bass", "other", "vocals")
    estimate = oracle.separate(np.stack(references), mixture, stems=stems)

    found = [sdr(*pair) for pair in zip(references, estimate.audio, strict=True)]
    assert found == pytest.approx(PUBLISHED[oracle], abs=1e-5)  # their scripts add epsilons
