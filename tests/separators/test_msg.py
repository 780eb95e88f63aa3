"""MSG around other separators and around folders of estimates: windows, levels, stems."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sepeval import audio
from sepeval.errors import SeparatorError
from sepeval.kernels.resampling import torchaudio_hann
from sepeval.networks.msg_generator import MsgConfig, MsgGenerator
from sepeval.separators.files import Files
from sepeval.separators.msg import HOP, RATE, SEGMENT, Msg, MsgFiles, _Windows
from sepeval.separators.trivial import Mixture, Zeros
from sepeval.types import Array, Track
from tests.separators import small_weights

STEMS = ("bass", "drums")


def mixture(length: int = 30_000, channels: int = 1) -> Array:
    return 0.1 * np.random.default_rng(0).standard_normal((channels, length))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return small_weights.msg(tmp_path / "msg.pth")


def built(weights: Path, **settings: Any) -> Msg:  # noqa: ANN401 - settings
    given = {"inner": Mixture(STEMS), "stems": STEMS, "scale": "generator", **settings}
    return Msg(checkpoint=str(weights), **given)


def separated(weights: Path, heard: Array, **settings: Any) -> Array:  # noqa: ANN401 - settings
    return built(weights, **settings).separate(heard, rate=RATE, seed=0).audio


@given(st.integers(0, 5 * HOP))
def test_windows_that_are_not_changed_join_to_the_signal(length: int) -> None:
    signal = np.random.default_rng(length).standard_normal(length)
    windows = _Windows.of(signal)

    joined = windows.joined(windows.window(number)[0] for number in range(len(windows.starts)))

    assert joined == pytest.approx(signal, abs=1e-6)


@given(st.integers(1, 5 * HOP))
def test_every_sample_lies_in_two_windows(length: int) -> None:
    windows = _Windows.of(np.ones(length))
    count = np.zeros(len(windows.signal) + SEGMENT)
    for start in windows.starts:
        count[start : start + SEGMENT] += 1

    assert (count[HOP : HOP + length] == 2).all()


def test_a_window_is_refined_with_a_quarter_of_a_second_of_zeros_around_it(weights: Path) -> None:
    state = torch.load(weights, weights_only=True)
    config = MsgConfig((4, 8, 8, 8, 8, 8), 8, 4, 3, 0, skip=True, segment=SEGMENT)
    network = MsgGenerator(config).eval()
    network.load_state_dict(state)
    heard = mixture(HOP)  # zeros, then the signal; the signal, then zeros

    padded = np.pad(heard, [(0, 0), (HOP + 4000, HOP + 4000)])
    parts = [padded[None, :, start : start + SEGMENT + 8000].copy() for start in (0, HOP)]
    with torch.inference_mode():
        for part in parts:  # the quarter seconds themselves are silent
            part[..., :4000] = part[..., -4000:] = 0.0
        late, early = (network(torch.from_numpy(part).float())[0, 0].numpy() for part in parts)
    rising = 0.54 - 0.46 * np.cos(2.0 * np.pi * np.arange(SEGMENT) / SEGMENT)
    expected = (rising[HOP:] * late[HOP:] + rising[:HOP] * early[:HOP]) / 1.08

    assert separated(weights, heard)[0, 0] == pytest.approx(expected, abs=1e-6)


def test_each_stem_has_its_own_generator(tmp_path: Path) -> None:
    for number, stem in enumerate(STEMS):
        small_weights.msg(tmp_path / f"{stem}.pth", seed=number)

    bass, drums = separated(tmp_path / "{stem}.pth", mixture())

    assert not np.allclose(bass, drums)


def test_only_the_stems_that_are_named_are_given(weights: Path) -> None:
    found = built(weights, stems=("drums",)).separate(mixture(), rate=RATE, seed=0)

    assert found.stems == ("drums",)
    assert found.nfe == 5  # windows over 30,000 samples


def test_a_level_can_be_that_of_the_initial_estimate(weights: Path) -> None:
    plain, fitted = (
        separated(weights, mixture(), scale=scale)[0, 0] for scale in ("generator", "initial")
    )

    gain = (fitted @ plain) / (plain @ plain)
    residual = mixture()[0] - fitted
    assert fitted == pytest.approx(gain * plain)
    assert residual @ fitted == pytest.approx(0.0, abs=1e-9 * (fitted @ fitted))


def test_a_level_can_be_the_peak_of_the_published_script(weights: Path) -> None:
    assert np.abs(separated(weights, mixture(), scale="peak")).max(axis=(1, 2)) == pytest.approx(1)


@pytest.mark.parametrize("scale", ["generator", "initial", "peak"])
def test_silence_stays_silence(weights: Path, scale: str) -> None:
    assert not separated(weights, mixture(), inner=Zeros(STEMS), scale=scale).any()


def test_channels_are_refined_one_by_one_or_as_their_mean(weights: Path) -> None:
    heard = mixture(channels=2)

    each = separated(weights, heard, channels="each")
    mean = separated(weights, heard, channels="downmix")

    assert each[:, :1] == pytest.approx(separated(weights, heard[:1]))
    assert mean[:, 1:] == pytest.approx(separated(weights, heard.mean(axis=0, keepdims=True)))
    assert np.array_equal(mean[:, 0], mean[:, 1])


def test_stereo_is_refused_unless_it_is_said_what_becomes_of_it(weights: Path) -> None:
    with pytest.raises(SeparatorError, match="hears 1 channel; the estimates have 2; say channels"):
        separated(weights, mixture(channels=2))


def test_another_rate_is_refused(weights: Path) -> None:
    with pytest.raises(SeparatorError, match="works at 16000 Hz; the estimates have 44100 Hz"):
        built(weights).separate(mixture(), rate=44_100, seed=0)


def test_another_rate_is_refined_at_the_generators_own(weights: Path) -> None:
    given = mixture(44_101)
    at_own = torchaudio_hann(given, rate=44_100, to=RATE)

    separator = built(weights, resampling="torchaudio_hann", scale="initial")
    found = separator.separate(given, rate=44_100, seed=0).audio

    refined = separated(weights, at_own, scale="initial")
    expected = torchaudio_hann(refined, rate=RATE, to=44_100)[..., :44_101]
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_stem_that_the_inner_separator_lacks_is_told(weights: Path) -> None:
    with pytest.raises(SeparatorError, match="no estimate of 'vocals'"):
        separated(weights, mixture(), stems=("vocals",))


def test_weights_of_something_else_are_told(tmp_path: Path) -> None:
    folder = small_weights.open_unmix(tmp_path / "umx")

    with pytest.raises(SeparatorError, match="the separator for it is open-unmix"):
        separated(folder / "bass.pth", mixture())


def test_the_size_of_batches_does_not_matter_on_the_cpu(weights: Path) -> None:
    alone, together = (separated(weights, mixture(), batch=batch) for batch in (1, 3))

    assert np.array_equal(alone, together)


def test_a_folder_of_estimates_is_refined_as_what_a_separator_gives(
    weights: Path, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    for stem in STEMS:
        audio.write(tmp_path / f"one/{stem}.wav", mixture(), rate=RATE, encoding="FLOAT")
    track = Track("one", "test", RATE, 1, 30_000, {}, None)
    inner = Files(tmp_path, "{track}/{stem}.wav")
    recording = MsgFiles(checkpoint=str(weights), inner=inner, stems=STEMS, scale="generator")

    found = recording.estimate(track, stems=STEMS, rate=RATE)

    assert found.audio == pytest.approx(separated(weights, mixture()), abs=1e-6)
    assert recording.fingerprint(track, stems=STEMS) == inner.fingerprint(track, stems=STEMS)
    assert not recording.is_of_one_track


def test_files_of_unequal_length_keep_their_lengths(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    for stem, length in zip(STEMS, (30_000, 20_000), strict=True):
        audio.write(tmp_path / f"one/{stem}.wav", mixture(length), rate=RATE, encoding="FLOAT")
    track = Track("one", "test", RATE, 1, 30_000, {}, None)
    recording = MsgFiles(
        checkpoint=str(weights),
        inner=Files(tmp_path, "{track}/{stem}.wav"),
        stems=STEMS,
        scale="generator",
    )

    found = recording.estimate(track, stems=STEMS[::-1], rate=RATE)

    assert found.lengths == (20_000, 30_000)
    assert found.audio[0, 0, :20_000] == pytest.approx(
        separated(weights, mixture(20_000))[0, 0], abs=1e-6
    )
    assert not found.audio[0, 0, 20_000:].any()
