"""Lagged products against sums that are written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepeval.kernels.bsseval.engines import engine
from sepeval.kernels.bsseval.lagged import lagged_products
from sepeval.kernels.bsseval.signals import audio
from sepeval.types import Array, IntArray

SAMPLES = 700


def products(left: Array, right: Array, windows: IntArray, taps: int) -> tuple[Array, Array]:
    found = np.full((len(windows), left.shape[1], right.shape[1], taps), np.nan)

    def keep(window: int, products: tuple[Array, ...]) -> None:
        (found[window],) = products

    (whole,) = lagged_products(
        audio(left),
        (audio(right),),
        windows,
        taps=taps,
        threads=1,
        engine=engine("scipy"),
        window_done=keep,
    )
    return whole, found


def direct(left: Array, right: Array, taps: int) -> Array:
    """The definition, pair by pair and lag by lag, on one window."""
    samples = left.shape[1]
    found = np.zeros((len(left), len(right), taps))
    for lag in range(min(taps, samples)):
        found[:, :, lag] = left[:, : samples - lag] @ right[:, lag:].T
    return found


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, SAMPLES - 1), st.integers(1, SAMPLES)), max_size=6),
    st.integers(1, 70),
    st.integers(0, 2**32 - 1),
)
def test_any_windows_have_the_products_of_their_own_samples(
    spans: list[tuple[int, int]], taps: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    left, right = rng.standard_normal((1, 2, SAMPLES)), rng.standard_normal((1, 3, SAMPLES))
    windows = np.array(
        [[start, min(start + length, SAMPLES)] for start, length in spans], dtype=np.int64
    ).reshape(-1, 2)

    whole, found = products(left, right, windows, taps)

    assert whole == pytest.approx(direct(left[0], right[0], taps), abs=1e-11)
    for (start, stop), product in zip(windows, found, strict=True):
        expected = direct(left[0, :, start:stop], right[0, :, start:stop], taps)
        assert product == pytest.approx(expected, abs=1e-11)


def test_a_quiet_window_beside_a_loud_one_keeps_its_precision() -> None:
    signal = np.random.default_rng(1).standard_normal((1, 1, 2000))
    signal[..., :1000] *= 1e-9
    windows = np.array([[0, 1000], [1000, 2000]])

    _, found = products(signal, signal, windows, 64)

    quiet = direct(signal[0, :, :1000], signal[0, :, :1000], 64)
    assert found[0] == pytest.approx(quiet, abs=1e-13 * quiet.max())


def test_a_silent_window_has_products_of_exactly_zero() -> None:
    signal = np.random.default_rng(2).standard_normal((1, 2, 1500))
    signal[..., 500:1000] = 0

    _, found = products(signal, signal, np.array([[500, 1000], [0, 500]]), 512)

    assert not found[0].any()
    assert found[1].any()
