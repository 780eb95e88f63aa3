"""What counts as silent, by each published rule."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.kernels.cells import measure
from sepeval.kernels.levels import Rule, silent
from sepeval.types import Array

MSDM = 1.5e-5


def is_silent(
    signal: Array, rule: Rule, threshold: float | None = None, *, padded: int | None = None
) -> bool:
    """Whether one stem [channel sample] is silent."""
    length = signal.shape[1]
    found = measure(signal[None], signal[None], signal, np.array([0, length]))
    lengths = np.array([padded or length])
    return bool(silent(found.reference, lengths=lengths, rule=rule, threshold=threshold).item())


@pytest.mark.parametrize(
    ("seconds", "rate", "channels", "dbfs"),
    [
        (4, 22050, 1, -47.0),
        (262144 / 22050, 22050, 1, -42.3),
        (4, 44100, 2, -47.0),
        (3, 44100, 2, -48.3),
        (4, 44100, 1, -44.0),
        (1, 22050, 1, -53.0),
        (1, 44100, 1, -50.0),
        (1, 44100, 2, -53.0),
    ],
)
def test_the_norm_per_sample_moves_with_length_rate_and_channels(
    seconds: float, rate: int, channels: int, dbfs: float
) -> None:
    samples = round(seconds * rate)
    above, below = (
        np.full((channels, samples), 10 ** ((dbfs + step) / 20)) for step in (0.06, -0.06)
    )

    assert is_silent(below, "norm_per_sample", MSDM)
    assert not is_silent(above, "norm_per_sample", MSDM)


def test_padding_counts_as_samples_of_the_norm() -> None:
    signal = np.full((1, 22050), 3e-3)  # above -53.0 dBFS for 1 s, below -47.0 for 4 s

    assert not is_silent(signal, "norm_per_sample", MSDM)
    assert is_silent(signal, "norm_per_sample", MSDM, padded=4 * 22050)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_level_in_dbfs_does_not_move(channels: int) -> None:
    for samples in (10, 1000):
        assert is_silent(np.full((channels, samples), 0.99e-3), "rms_dbfs", -60.0)
        assert not is_silent(np.full((channels, samples), 1.01e-3), "rms_dbfs", -60.0)


def test_a_level_in_dbfs_is_that_of_all_channels_together() -> None:
    signal = np.stack([np.full(100, 1e-3), np.zeros(100)])

    assert is_silent(signal, "rms_dbfs", -62.9)
    assert not is_silent(signal, "rms_dbfs", -63.1)


@pytest.mark.parametrize("rule", ["zero", "zero_channel_sum"])
def test_dither_is_no_silence_where_silence_is_zero(rule: Rule) -> None:
    dither = np.random.default_rng(0).choice([-1, 0, 1], (2, 1000)) / 32768

    assert not is_silent(dither, rule)
    assert is_silent(0 * dither, rule)


def test_opposite_channels_are_silent_by_their_sum_only() -> None:
    left = np.random.default_rng(0).standard_normal(1000)
    opposite = np.stack([left, -left])

    assert is_silent(opposite, "zero_channel_sum")
    assert not is_silent(opposite, "zero")
    assert not is_silent(opposite, "norm_per_sample", MSDM)


def test_one_sample_that_is_not_opposite_sounds() -> None:
    left = np.random.default_rng(0).standard_normal(1000)
    opposite = np.stack([left, -left])
    opposite[0, 500] += 2.0**-23

    assert not is_silent(opposite, "zero_channel_sum")


@pytest.mark.parametrize("rule", ["zero", "zero_channel_sum", "norm_per_sample", "rms_dbfs"])
def test_a_window_without_samples_is_silent(rule: Rule) -> None:
    energy, lengths = np.zeros((1, 3, 2)), np.array([0])

    found = silent(energy, lengths=lengths, rule=rule, threshold=1e-5)

    assert found.tolist() == [[True, True]]


@given(level=st.floats(1e-9, 10), less=st.floats(0, 1), samples=st.integers(1, 50))
def test_what_is_softer_than_silence_is_silent(level: float, less: float, samples: int) -> None:
    signal = np.full((1, samples), level)

    for rule, threshold in (("norm_per_sample", MSDM), ("rms_dbfs", -60.0), ("zero", None)):
        loud, soft = (
            is_silent(one, rule, threshold)  # type: ignore[arg-type]  # a Rule
            for one in (signal, less * signal)
        )
        assert soft or not loud


def test_stems_and_windows_are_judged_one_by_one() -> None:
    energy = np.array([[[0.0, 1.0]], [[1.0, 0.0]], [[0.0, 0.0]]])

    found = silent(energy, lengths=np.array([4, 4, 4]), rule="zero", threshold=None)

    assert found.tolist() == [[True, False], [False, True], [True, True]]
