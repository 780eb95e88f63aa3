"""Separators that do not separate."""

import numpy as np
import pytest
from pydantic import ValidationError

from sepeval.separators.trivial import Mixture, MixtureOverN, Zeros

STEMS = ("bass", "drums", "guitar", "piano")
MIXTURE = np.array([[0.25, -0.5, 1.0], [0.0, 0.5, -1.0]])


def test_every_stem_of_mixture_is_the_mixture() -> None:
    estimate = Mixture(STEMS).separate(MIXTURE, rate=8, seed=0)

    assert estimate.stems == STEMS
    assert estimate.audio.tolist() == [MIXTURE.tolist()] * 4


def test_stems_of_mixture_over_n_sum_to_the_mixture() -> None:
    estimate = MixtureOverN(STEMS).separate(MIXTURE, rate=8, seed=0)

    assert estimate.audio.sum(axis=0).tolist() == MIXTURE.tolist()


def test_every_stem_of_zeros_is_silent() -> None:
    estimate = Zeros(STEMS).separate(MIXTURE, rate=8, seed=0)

    assert estimate.audio.shape == (4, 2, 3)
    assert not estimate.audio.any()


def test_the_mixture_handed_out_is_a_copy() -> None:
    estimate = Mixture(STEMS).separate(MIXTURE, rate=8, seed=0)

    assert not np.shares_memory(estimate.audio, MIXTURE)


def test_no_stems_are_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        Zeros(())
