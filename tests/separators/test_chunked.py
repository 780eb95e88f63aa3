"""Chunked processing of any separator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sepeval.errors import SeparatorError
from sepeval.kernels import overlap_add
from sepeval.separators.base import Estimate, Plain, Separator
from sepeval.separators.chunked import Chunked
from sepeval.separators.trivial import Mixture
from sepeval.types import Array

STEMS = ("bass", "drums")


@dataclass(frozen=True)
class Noise(Separator):
    """Noise from the seed alone; spends two evaluations per call."""

    summary: ClassVar[str] = "noise"

    @property
    def is_stochastic(self) -> bool:
        return True

    def describe(self) -> Mapping[str, Plain]:
        return {"name": "noise"}

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        assert rate == 8
        audio = np.random.default_rng(seed).standard_normal((2, *mixture.shape))
        return Estimate(STEMS, audio, 2)


@dataclass(frozen=True)
class Fickle(Separator):
    """Returns one sample too few from the chunks that begin with a zero."""

    summary: ClassVar[str] = "fickle"

    @property
    def is_stochastic(self) -> bool:
        return False

    def describe(self) -> Mapping[str, Plain]:
        return {"name": "fickle"}

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        assert (rate, seed >= 0) == (8, True)
        return Estimate(("all",), mixture[None, :, int(mixture[0, 0] == 0.0) :])


def chunked(inner: Separator, **changes: object) -> Chunked:
    fields: dict[str, object] = {"chunk": 10, "overlap": 0, "window": "none", "tail": "pad"}
    return Chunked(inner=inner, **(fields | changes))  # type: ignore[arg-type]  # validated


@given(
    length=st.integers(10, 100),
    overlap=st.integers(0, 9),
    window=st.sampled_from(get_args(overlap_add.Window)),
    tail=st.sampled_from(["pad", "partial"]),
)
def test_a_separator_that_looks_at_samples_alone_is_not_changed(
    length: int, overlap: int, window: str, tail: str
) -> None:
    mixture = np.random.default_rng(length).standard_normal((2, length))
    overlap = max(overlap, 2) if window == "msst" else overlap
    separator = chunked(Mixture(STEMS), overlap=overlap, window=window, tail=tail)

    audio = separator.separate(mixture, rate=8, seed=0).audio

    assert audio.ravel() == pytest.approx(np.stack([mixture] * 2).ravel(), abs=1e-12)


def test_a_dropped_tail_makes_the_estimate_shorter() -> None:
    estimate = chunked(Mixture(STEMS), tail="drop").separate(np.ones((1, 29)), rate=8, seed=0)

    assert estimate.audio.shape == (2, 1, 20)


def test_a_mixture_shorter_than_a_chunk_cannot_lose_its_tail() -> None:
    with pytest.raises(SeparatorError, match="has 9 samples, less than one chunk of 10"):
        chunked(Mixture(STEMS), tail="drop").separate(np.ones((1, 9)), rate=8, seed=0)


def test_the_evaluations_of_all_chunks_are_counted() -> None:
    assert chunked(Noise()).separate(np.ones((1, 31)), rate=8, seed=0).nfe == 8


def test_each_chunk_draws_its_own_noise() -> None:
    audio = chunked(Noise()).separate(np.ones((1, 20)), rate=8, seed=0).audio

    assert np.abs(audio[..., :10] - audio[..., 10:]).min() > 0.0


def test_the_noise_of_a_chunk_depends_on_the_seed_and_its_number_alone() -> None:
    short = chunked(Noise()).separate(np.ones((1, 20)), rate=8, seed=5).audio
    long = chunked(Noise()).separate(np.zeros((1, 60)), rate=8, seed=5).audio

    assert long[..., :20].tolist() == short.tolist()


def test_a_wrapper_is_as_stochastic_as_what_it_wraps() -> None:
    assert chunked(Noise()).is_stochastic
    assert not chunked(Mixture(STEMS)).is_stochastic


def test_the_description_holds_that_of_the_inner_separator() -> None:
    assert chunked(Noise(), overlap=3).describe() == {
        "name": "chunked",
        "version": 1,
        "chunk": 10,
        "overlap": 3,
        "window": "none",
        "tail": "pad",
        "inner": {"name": "noise"},
    }


def test_an_inner_separator_that_changes_the_length_is_refused() -> None:
    mixture = np.ones((1, 20))
    mixture[0, 10] = 0.0

    with pytest.raises(SeparatorError, match=r"chunk 1: expected .*'all', 1, 10.*'all', 1, 9"):
        chunked(Fickle()).separate(mixture, rate=8, seed=0)


def test_a_window_that_ends_at_zero_needs_neighbours() -> None:
    with pytest.raises(SeparatorError, match="at least 2 samples; found overlap 1"):
        chunked(Noise(), overlap=1, window="msst")


def test_an_overlap_as_long_as_the_chunk_is_refused() -> None:
    with pytest.raises(SeparatorError, match="less than chunk 10; found 10"):
        chunked(Noise(), overlap=10)


@pytest.mark.parametrize(
    "change", [{"chunk": 0}, {"overlap": -1}, {"window": "hamming"}, {"tail": "cut"}, {"inner": 3}]
)
def test_settings_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        chunked(**({"inner": Noise()} | change))  # type: ignore[arg-type]  # validated
