"""Estimates are brought to the length of the references, by the rules of a protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from sepeval.errors import DataError, SeparatorError
from sepeval.loading import align
from sepeval.scoring import View, views
from sepeval.separators.base import Estimate
from sepeval.types import Track, TrackAudio
from tests.protocol.documents import document, protocol

RATE = 1000  # Hz
CUT, PAD = ({"tolerance_s": 0.01, "rule": rule} for rule in ("cut", "pad"))  # ten samples
STEMS: dict[str, list[str]] = {"vocals": ["vocals"], "drums": ["drums"], "bass": ["bass"]}
TWO: dict[str, list[str]] = {"vocals": ["vocals"], "accompaniment": ["drums", "bass"]}


def view(*, stems: Mapping[str, list[str]] = STEMS, **audio: Any) -> View:  # noqa: ANN401
    """What a protocol with this audio rule looks at."""
    rule = protocol(stems=dict(stems), audio={**document()["audio"], **audio})
    return views([rule])[0]


def estimate(length: int = 400, *, stems: tuple[str, ...] = tuple(STEMS)) -> Estimate:
    draw = np.random.default_rng(7)
    return Estimate(stems, draw.standard_normal((len(stems), 2, length)))


def heard(length: int = 400) -> TrackAudio:
    draw = np.random.default_rng(8)
    references = draw.standard_normal((3, 2, length))
    return TrackAudio(references, references.sum(axis=0), RATE)


SONG = Track("song", "test", RATE, 2, 400, {}, None)


def test_equal_lengths_are_left_alone() -> None:
    given = estimate()

    found = align(SONG, heard(), given, view())

    assert np.array_equal(found.references, heard().references)
    assert np.array_equal(found.estimates, given.audio)
    assert np.array_equal(found.mixture, heard().mixture)


@pytest.mark.parametrize(
    ("rule", "given", "length"),
    [(CUT, 395, 395), (CUT, 405, 400), (PAD, 395, 400), (PAD, 405, 400)],
)
def test_estimates_of_another_length_are_cut_or_padded(
    rule: dict[str, Any], given: int, length: int
) -> None:
    found = align(SONG, heard(), estimate(given), view(estimates=rule))

    kept = min(given, length)
    assert found.references.shape == found.estimates.shape == (3, 2, length)
    assert found.mixture.shape == (2, length)
    assert np.array_equal(found.references, heard().references[..., :length])
    assert np.array_equal(found.estimates[..., :kept], estimate(given).audio[..., :kept])
    assert not found.estimates[..., kept:].any()


@pytest.mark.parametrize("given", [389, 411])
@pytest.mark.parametrize("rule", [CUT, PAD])
def test_estimates_that_differ_by_more_than_the_tolerance_are_refused(
    given: int, rule: dict[str, Any]
) -> None:
    message = r"'song': .*estimate and reference differ by 11 samples .*accepts 0\.01 s"
    with pytest.raises(DataError, match=message):
        align(SONG, heard(), estimate(given), view(estimates=rule))


def test_a_track_is_cut_to_whole_stretches() -> None:
    found = align(SONG, heard(), estimate(395), view(estimates=CUT, multiple_of=128))

    assert found.estimates.shape[2] == found.mixture.shape[1] == 384


def test_a_track_shorter_than_a_stretch_is_refused() -> None:
    with pytest.raises(DataError, match=r"'song': 400 samples; .*whole stretches of 512 samples"):
        align(SONG, heard(), estimate(), view(multiple_of=512))


def test_estimates_are_found_by_name() -> None:
    given = estimate(stems=("bass", "other", "vocals", "drums"))

    found = align(SONG, heard(), given, view())

    assert np.array_equal(found.estimates, given.audio[[2, 3, 0]])


def test_a_stem_that_is_not_estimated_is_the_sum_of_its_parts() -> None:
    given = estimate()
    two = TrackAudio(heard().references[:2], heard().mixture, RATE)

    found = align(SONG, two, given, view(stems=TWO))

    assert np.array_equal(found.estimates[0], given.audio[0])
    assert np.array_equal(found.estimates[1], given.audio[1] + given.audio[2])


def test_a_stem_that_is_estimated_is_not_summed() -> None:
    given = estimate(stems=("accompaniment", "drums", "bass", "vocals"))
    two = TrackAudio(heard().references[:2], heard().mixture, RATE)

    found = align(SONG, two, given, view(stems=TWO))

    assert np.array_equal(found.estimates, given.audio[[3, 0]])


def test_a_stem_without_estimate_is_named() -> None:
    given = estimate(stems=("vocals", "drums"))

    with pytest.raises(SeparatorError, match=r"'song': no estimate of bass; .* vocals, drums"):
        align(SONG, heard(), given, view())


def test_a_part_without_estimate_is_said_of_its_stem() -> None:
    two = TrackAudio(heard().references[:2], heard().mixture, RATE)

    with pytest.raises(SeparatorError, match="'song': no estimate of accompaniment"):
        align(SONG, two, estimate(stems=("vocals", "drums")), view(stems=TWO))


def test_estimates_with_other_channels_are_refused() -> None:
    mono = Estimate(tuple(STEMS), np.zeros((3, 1, 400)))

    with pytest.raises(DataError, match=r"'song': the estimate has 1 channels, .* have 2"):
        align(SONG, heard(), mono, view())


def test_nothing_is_written_into_the_arguments() -> None:
    audio, given = heard(), estimate(395)
    before = audio.references.copy(), given.audio.copy()

    align(SONG, audio, given, view(estimates=PAD))

    assert np.array_equal(audio.references, before[0])
    assert np.array_equal(given.audio, before[1])
