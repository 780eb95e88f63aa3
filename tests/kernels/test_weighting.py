"""Weighting filters: their response, published taps, and convolution without delay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import freqz

from sepeval.errors import ShapeError
from sepeval.kernels.weighting import (
    HEARING_CENTRE,
    a_weighting_taps,
    filtered,
    hearing_taps,
)
from sepeval.types import Array


def level_db(taps: Array, hertz: float, rate: int = 44100) -> float:
    response = freqz(taps, worN=[2 * np.pi * hertz / rate])[1]
    return float(20 * np.log10(np.abs(response[0])))


def test_hearing_is_the_filters_it_is_made_of() -> None:
    taps = hearing_taps(44100)

    # 12 dB per octave below 120 Hz, shelf of 5 dB, 10 kHz twice at -3 dB
    assert level_db(taps, 30) - level_db(taps, 15) == pytest.approx(12.0, abs=0.3)
    assert level_db(taps, 10_000) == pytest.approx(5.0 - 6.02, abs=0.1)
    assert level_db(taps, 3000) == pytest.approx(4.7, abs=0.5)
    assert level_db(taps, 20_000) < -20


def test_hearing_has_zero_phase() -> None:
    taps = hearing_taps(44100)

    around = taps[: 2 * HEARING_CENTRE + 1]
    assert len(taps) == 4000
    np.testing.assert_allclose(around, around[::-1], rtol=0, atol=1e-15)


def test_hearing_has_the_taps_that_are_published() -> None:
    taps = hearing_taps(44100)

    # torch-log-wmse 0.3.1, made in single precision
    published = {
        1900: -0.0018948982616801887,
        1990: -0.01674159095736282,
        1998: 0.3875357122592409,
        1999: 0.7688241610547457,
        2001: -0.01977339914605465,
        2100: -0.0019020964114522495,
        3000: 9.780996308752847e-09,
    }
    for place, value in published.items():
        assert taps[place] == pytest.approx(value, abs=3e-8)
    assert np.square(taps).sum() == pytest.approx(0.9124618994240465, abs=1e-7)


@pytest.mark.parametrize("rate", [8000, 20000])
def test_hearing_needs_a_rate_that_holds_it(rate: int) -> None:
    with pytest.raises(ShapeError, match=f"above 20000 Hz; found {rate}"):
        hearing_taps(rate)


@pytest.mark.parametrize(
    ("hertz", "standard_db", "tolerance_db"),
    [(500, -3.2, 0.2), (1000, 0.0, 0.2), (2000, 1.2, 0.2), (4000, 1.0, 0.2), (8000, -1.1, 0.8)],
)
def test_a_weighting_follows_the_standard(
    hertz: float, standard_db: float, tolerance_db: float
) -> None:
    taps = a_weighting_taps(44100, taps=101)

    assert level_db(taps, hertz) == pytest.approx(standard_db, abs=tolerance_db)


def test_a_weighting_has_the_taps_of_auraloss() -> None:
    taps = a_weighting_taps(44100, taps=101)

    assert taps[[0, 25, 45, 49, 50]] == pytest.approx(  # auraloss 0.4.0, in single precision
        [-0.00192694, -0.00706918, -0.02930451, 0.27340317, 0.5443199], abs=5e-8
    )
    np.testing.assert_allclose(taps, taps[::-1], rtol=0, atol=1e-15)


def test_an_even_number_of_taps_is_refused() -> None:
    with pytest.raises(ShapeError, match="found 100"):
        a_weighting_taps(44100, taps=100)


@given(
    length=st.one_of(st.integers(0, 300), st.sampled_from([16284, 16384, 40_000])),
    taps=st.integers(1, 120),
    data=st.data(),
)
def test_filtering_is_convolution_cut_around_its_centre(
    length: int, taps: int, data: st.DataObject
) -> None:
    centre = data.draw(st.integers(0, taps - 1))
    draw = np.random.default_rng(length)
    signals, response = draw.standard_normal((2, length)), draw.standard_normal(taps)

    found = filtered(signals, response, centre=centre)

    assert found.shape == signals.shape
    for one, signal in zip(found, signals, strict=True):
        full = np.convolve(signal, response) if length else signal
        np.testing.assert_allclose(one, full[centre : centre + length], rtol=0, atol=1e-10)
