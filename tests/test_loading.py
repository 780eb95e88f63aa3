"""From files to arrays that fit together, by the rules of a protocol and no others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from sepeval.errors import DataError, ProtocolError
from sepeval.kernels.resampling import torchaudio_hann
from sepeval.loading import heard_rate, load, missing_stems
from sepeval.scoring import View, views
from sepeval.types import Array, AudioFile, Track
from tests.protocol.documents import document, protocol

RATE = 1000  # Hz
CUT, PAD = ({"tolerance_s": 0.01, "rule": rule} for rule in ("cut", "pad"))  # ten samples
STEMS: dict[str, list[str]] = {"vocals": ["vocals"], "drums": ["drums"], "bass": ["bass"]}
TWO: dict[str, list[str]] = {"vocals": ["vocals"], "accompaniment": ["drums", "bass"]}


def view(*, stems: Mapping[str, list[str]] = STEMS, **audio: Any) -> View:  # noqa: ANN401
    """What a protocol with this audio rule looks at."""
    rule = protocol(stems=dict(stems), audio={**document()["audio"], **audio})
    return views([rule])[0]


def noise(length: int = 400, *, channels: int = 2, seed: int = 0) -> Array:
    return 0.1 * np.random.default_rng(seed).standard_normal((channels, length))


def written(folder: Path, name: str, samples: Array, *, rate: int = RATE) -> AudioFile:
    path = folder / f"{name}.wav"
    soundfile.write(path, samples.T, rate, subtype="DOUBLE")
    return AudioFile(path)


def track(
    folder: Path,
    *,
    lengths: Mapping[str, int] | None = None,
    mixture: int | None = None,
    channels: int = 2,
    rate: int = RATE,
    absent: tuple[str, ...] = (),
) -> Track:
    """A track of vocals, drums and bass; seeds 0, 1 and 2, and 9 for a mixture file."""
    found: dict[str, tuple[AudioFile, ...]] = {}
    for seed, stem in enumerate(STEMS):
        length = (lengths or {}).get(stem, 400)
        samples = noise(length, channels=channels, seed=seed)
        found[stem] = () if stem in absent else (written(folder, stem, samples, rate=rate),)
    file = None
    if mixture is not None:
        file = written(folder, "mixture", noise(mixture, channels=channels, seed=9), rate=rate)
    return Track("song", "test", rate, channels, 400, found, file, absent)


def test_references_are_the_samples_of_the_files(tmp_path: Path) -> None:
    found = load(track(tmp_path), view())

    assert found.rate == RATE
    assert found.references.shape == (3, 2, 400)
    for seed, reference in enumerate(found.references):
        assert np.array_equal(reference, noise(seed=seed))


def test_a_summed_mixture_is_the_sum_of_the_sources(tmp_path: Path) -> None:
    found = load(track(tmp_path, mixture=400), view(mixture="sum"))

    assert np.array_equal(found.mixture, noise(seed=0) + noise(seed=1) + noise(seed=2))


def test_a_mixture_file_is_heard_as_it_is(tmp_path: Path) -> None:
    found = load(track(tmp_path, mixture=400), view(mixture="file"))

    assert np.array_equal(found.mixture, noise(seed=9))


def test_without_a_mixture_file_the_sum_is_heard(tmp_path: Path) -> None:
    found = load(track(tmp_path), view(mixture="file"))

    assert np.array_equal(found.mixture, noise(seed=0) + noise(seed=1) + noise(seed=2))


def test_the_mixture_is_summed_from_the_sources_of_the_protocol_only(tmp_path: Path) -> None:
    found = load(track(tmp_path), view(stems={"vocals": ["vocals"], "drums": ["drums"]}))

    assert np.array_equal(found.mixture, noise(seed=0) + noise(seed=1))


def test_a_stem_of_several_sources_is_their_sum(tmp_path: Path) -> None:
    found = load(track(tmp_path), view(stems=TWO))

    assert np.array_equal(found.references[1], noise(seed=1) + noise(seed=2))
    np.testing.assert_allclose(found.mixture, found.references.sum(axis=0), rtol=0, atol=1e-15)


def test_a_source_in_two_stems_is_heard_once(tmp_path: Path) -> None:
    stems = {"drums": ["drums"], "accompaniment": ["drums", "bass"]}

    found = load(track(tmp_path), view(stems=stems))

    assert np.array_equal(found.mixture, noise(seed=1) + noise(seed=2))


def test_a_stem_of_several_files_is_their_sum(tmp_path: Path) -> None:
    one = track(tmp_path)
    more = {**one.stems, "drums": (*one.stems["drums"], *one.stems["bass"])}
    several = Track("song", "test", RATE, 2, 400, more, None)

    found = load(several, view())

    assert np.array_equal(found.references[1], noise(seed=1) + noise(seed=2))


@pytest.mark.parametrize(("rule", "length"), [(CUT, 392), (PAD, 400)])
def test_unequal_references_are_cut_or_padded(
    rule: dict[str, Any], length: int, tmp_path: Path
) -> None:
    found = load(track(tmp_path, lengths={"drums": 392}), view(references=rule))

    assert found.references.shape[2] == length
    assert np.array_equal(found.references[1, :, :392], noise(392, seed=1))
    assert not found.references[1, :, 392:].any()
    assert np.array_equal(found.references[0], noise(seed=0)[:, :length])
    assert found.mixture.shape == (2, length)


def test_references_that_differ_by_more_than_the_tolerance_are_refused(tmp_path: Path) -> None:
    one = track(tmp_path, lengths={"drums": 389})

    with pytest.raises(DataError) as raised:
        load(one, view(references=CUT))

    text = str(raised.value)
    assert "track 'song'" in text
    assert "drums.wav (389 samples)" in text
    assert "vocals.wav (400)" in text
    assert "differ by 11 samples (0.011 s); the protocol accepts 0.01 s" in text


def test_no_tolerance_accepts_any_difference(tmp_path: Path) -> None:
    rule = {"tolerance_s": None, "rule": "cut"}

    found = load(track(tmp_path, lengths={"drums": 5}), view(references=rule))

    assert found.references.shape[2] == 5


@pytest.mark.parametrize(("mixture", "length"), [(395, 395), (405, 400)])
def test_a_cut_is_to_the_shortest_of_stems_and_mixture(
    mixture: int, length: int, tmp_path: Path
) -> None:
    found = load(track(tmp_path, mixture=mixture), view(mixture="file", references=CUT))

    assert found.references.shape[2] == length
    assert np.array_equal(found.mixture, noise(mixture, seed=9)[:, :length])


@pytest.mark.parametrize("mixture", [395, 405])
def test_a_padded_mixture_is_as_long_as_the_references(mixture: int, tmp_path: Path) -> None:
    found = load(track(tmp_path, mixture=mixture), view(mixture="file", references=PAD))

    kept = min(mixture, 400)
    assert found.references.shape[2] == found.mixture.shape[1] == 400
    assert np.array_equal(found.mixture[:, :kept], noise(mixture, seed=9)[:, :kept])
    assert not found.mixture[:, kept:].any()


def test_a_mixture_of_quite_another_length_is_refused(tmp_path: Path) -> None:
    one = track(tmp_path, mixture=300)

    with pytest.raises(DataError, match=r"track 'song': .*mixture\.wav \(300 samples\).*\(400\)"):
        load(one, view(mixture="file", references=CUT))


def test_a_missing_stem_is_silent(tmp_path: Path) -> None:
    one = track(tmp_path, absent=("bass",))

    found = load(one, view(missing="silent"))

    assert not found.references[2].any()
    assert np.array_equal(found.mixture, noise(seed=0) + noise(seed=1))
    assert missing_stems(one, view()) == ("bass",)


def test_a_stem_is_missing_only_if_all_its_sources_are(tmp_path: Path) -> None:
    one = track(tmp_path, absent=("bass",))

    found = load(one, view(stems=TWO, missing="error"))

    assert missing_stems(one, view(stems=TWO)) == ()
    assert np.array_equal(found.references[1], noise(seed=1))


def test_a_missing_stem_can_be_an_error(tmp_path: Path) -> None:
    one = track(tmp_path, absent=("bass", "drums"))

    with pytest.raises(DataError, match="track 'song': has no drums, bass; the protocol needs"):
        load(one, view(missing="error"))


def test_a_track_without_any_of_the_stems_is_an_error(tmp_path: Path) -> None:
    one = track(tmp_path, absent=tuple(STEMS))

    with pytest.raises(DataError, match="track 'song': has none of vocals, drums, bass"):
        load(one, view(missing="leave_out"))


def test_a_source_that_the_dataset_does_not_know_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="'song': the protocol needs piano; the dataset has"):
        load(track(tmp_path), view(stems={"keys": ["piano", "drums"]}))


def test_a_fault_of_the_track_is_its_message() -> None:
    broken = Track("song", "test", 0, 0, 0, {}, None, (), "track song of test: holds no audio")

    with pytest.raises(DataError, match=r"^track song of test: holds no audio$"):
        load(broken, view())


@pytest.mark.parametrize(("channels", "wanted"), [(1, "stereo"), (2, "mono"), (3, "stereo")])
def test_another_number_of_channels_is_refused(channels: int, wanted: str, tmp_path: Path) -> None:
    one = track(tmp_path, channels=channels)

    message = f"track 'song': has {channels} channels; the protocol asks for {wanted}"
    with pytest.raises(DataError, match=message):
        load(one, view(channels=wanted))


@pytest.mark.parametrize(("channels", "wanted"), [(1, "mono"), (2, "stereo"), (3, "any")])
def test_the_number_of_channels_that_is_asked_for_is_accepted(
    channels: int, wanted: str, tmp_path: Path
) -> None:
    found = load(track(tmp_path, channels=channels), view(channels=wanted))

    assert found.references.shape[1] == channels


def test_another_rate_is_refused_where_nothing_is_resampled(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'song': .*vocals\.wav: 1000 Hz; .*asks for 500 Hz"):
        load(track(tmp_path), view(rate=500))


@pytest.mark.parametrize("rate", [500, 2000, 735])
def test_audio_is_resampled_as_the_protocol_says(rate: int, tmp_path: Path) -> None:
    one = track(tmp_path, mixture=400)

    hann = load(one, view(rate=rate, resampler="torchaudio_hann", mixture="file"))
    vhq = load(one, view(rate=rate, resampler="soxr_vhq", mixture="file"))

    assert hann.rate == vhq.rate == rate
    assert heard_rate(one, view(rate=rate, resampler="soxr_vhq").audio) == rate
    assert np.array_equal(hann.references[1], torchaudio_hann(noise(seed=1), rate=RATE, to=rate))
    assert np.array_equal(hann.mixture, torchaudio_hann(noise(seed=9), rate=RATE, to=rate))
    expected = soxr.resample(noise(seed=1).T, RATE, rate, quality="VHQ").T
    assert np.array_equal(vhq.references[1], expected)


def test_the_tolerance_counts_seconds_at_the_rate_that_is_heard(tmp_path: Path) -> None:
    one = track(tmp_path, lengths={"drums": 378})  # 22 ms short, 11 samples at 500 Hz
    rule = {"tolerance_s": 0.022, "rule": "cut"}

    found = load(one, view(rate=500, resampler="torchaudio_hann", references=rule))

    assert found.references.shape[2] == 189


def test_an_equal_rate_is_not_resampled(tmp_path: Path) -> None:
    found = load(track(tmp_path), view(rate=RATE, resampler="soxr_vhq"))

    assert np.array_equal(found.references[0], noise(seed=0))


def test_a_file_that_changed_since_it_was_indexed_is_refused(tmp_path: Path) -> None:
    one = track(tmp_path)
    written(tmp_path, "drums", noise(channels=1), rate=500)

    with pytest.raises(DataError, match=r"'song': .*drums\.wav: 500 Hz with 1 .*1000 Hz with 2"):
        load(one, view())


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    one = track(tmp_path)
    (tmp_path / "bass.wav").write_bytes(b"RIFF")

    with pytest.raises(DataError, match=r"bass\.wav"):
        load(one, view())
