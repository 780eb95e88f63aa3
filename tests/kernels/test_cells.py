"""Stored inner products equal those of the samples, and join without losing digits."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from sepeval.errors import ShapeError
from sepeval.kernels.cells import Statistics, join, measure
from sepeval.kernels.windows import edges, gather
from sepeval.types import Array, IntArray

BLOCK = 1 << 16  # samples that are measured at a time
EXACT = 1e-12
NEAR = 1e-10  # a residual may lose 1e-11 of itself: 4e-11 dB
few = settings(max_examples=25)


class Signals(NamedTuple):
    references: Array
    estimates: Array
    mixture: Array


def noise(*, stems: int = 3, channels: int = 2, length: int = 300, seed: int = 0) -> Signals:
    draw = np.random.default_rng(seed)
    references = draw.standard_normal((stems, channels, length))
    estimates = references + 0.1 * draw.standard_normal(references.shape)
    return Signals(references, estimates, references.sum(axis=0))


def whole(signals: Signals) -> Statistics:
    return measure(*signals, np.array([0, signals.mixture.shape[1]]))


def joined(signals: Signals, cuts: IntArray, windows: IntArray) -> Statistics:
    cell_edges = edges([cuts.reshape(-1, 1)], length=signals.mixture.shape[1])
    into = gather(windows, cell_edges)
    assert into is not None
    return join(measure(*signals, cell_edges), into)


def direct(signals: Signals, start: int, stop: int) -> tuple[NDArray[np.longdouble], ...]:
    """Gram matrix and residual energies in extended precision, channels and then their sum."""
    parts = [np.moveaxis(one, -2, 0).astype(np.longdouble) for one in signals]
    grams, residuals = [], []
    for channel in range(len(parts[0]) + (len(parts[0]) > 1)):
        if channel < len(parts[0]):
            references, estimates, mixture = (part[channel, ..., start:stop] for part in parts)
        else:
            references, estimates, mixture = (part.sum(0)[..., start:stop] for part in parts)
        x = np.concatenate([references, estimates, mixture[None], np.ones((1, stop - start))])
        grams.append((x[:, None] * x[None]).sum(axis=-1))
        rests = [
            [orthogonal(e, r) for e, r in zip(estimates, references, strict=True)],
            [orthogonal(mixture, r) for r in references],
        ]
        residuals.append(np.array(rests))
    return np.array(grams), np.array(residuals)


def orthogonal(signal: NDArray[np.longdouble], reference: NDArray[np.longdouble]) -> np.longdouble:
    """Energy of the part of a signal that is orthogonal to the reference."""
    energy = (reference**2).sum()
    gain = (signal * reference).sum() / energy if energy else np.longdouble(0)
    return np.longdouble(((signal - gain * reference) ** 2).sum())


def agrees(found: Statistics, row: int, expected: tuple[NDArray[np.longdouble], ...]) -> None:
    scale = float(np.abs(expected[0]).max())
    np.testing.assert_allclose(found.gram[row], expected[0], rtol=EXACT, atol=EXACT * scale)
    np.testing.assert_allclose(found.residual[row], expected[1], rtol=NEAR)


def test_inner_products_of_a_few_samples_are_those_on_paper() -> None:
    references = np.array([[[1.0, 2.0]], [[0.0, 1.0]]])
    estimates = np.array([[[2.0, -1.0]], [[3.0, 1.0]]])
    mixture = np.array([[1.0, 3.0]])

    found = measure(references, estimates, mixture, np.array([0, 2]))

    assert found.gram[0, 0].tolist() == [
        [5, 2, 0, 5, 7, 3],
        [2, 1, -1, 1, 3, 1],
        [0, -1, 5, 5, -1, 1],
        [5, 1, 5, 10, 6, 4],
        [7, 3, -1, 6, 10, 4],
        [3, 1, 1, 4, 4, 2],
    ]
    assert found.reference[0, 0].tolist() == [5, 1]
    assert found.estimate[0, 0].tolist() == [5, 10]
    assert found.cross[0, 0].tolist() == [[0, 1], [7, 3]]
    np.testing.assert_allclose(found.residual[0, 0, 0], [5.0, 9.0], rtol=1e-14)
    np.testing.assert_allclose(found.residual[0, 0, 1], [0.2, 1.0], rtol=1e-14)


@given(
    stems=st.integers(1, 4),
    channels=st.integers(1, 3),
    cuts=st.lists(st.integers(0, 50), max_size=4),
    seed=st.integers(0, 2**32 - 1),
)
@few
def test_statistics_are_the_inner_products_of_the_samples(
    stems: int, channels: int, cuts: list[int], seed: int
) -> None:
    signals = noise(stems=stems, channels=channels, length=50, seed=seed)
    cell_edges = np.unique([0, 50, *cuts])

    found = measure(*signals, cell_edges)

    for cell, (start, stop) in enumerate(pairwise(cell_edges.tolist())):
        if stop - start > 1:
            agrees(found, cell, direct(signals, start, stop))


@given(
    channels=st.integers(1, 2),
    cuts=st.lists(st.integers(1, 299), max_size=12),
    level_db=st.floats(0, 140),
    seed=st.integers(0, 2**32 - 1),
)
@few
def test_cells_join_to_what_the_window_has_in_one_piece(
    channels: int, cuts: list[int], level_db: float, seed: int
) -> None:
    signals = noise(channels=channels, seed=seed)
    references = signals.references
    estimates = references + (signals.estimates - references) * 10 ** (-level_db / 20)
    signals = signals._replace(estimates=estimates)

    found = joined(signals, np.array([0, *cuts]), np.array([[0, 300]]))

    one = whole(signals)
    np.testing.assert_allclose(found.gram, one.gram, rtol=EXACT, atol=EXACT * one.gram.max())
    rounding = NEAR + 2e-15 * 10 ** (level_db / 20)  # of the gain, seen from the residual
    np.testing.assert_allclose(found.residual, one.residual, rtol=rounding)


def test_overlapping_windows_are_each_joined_from_their_cells() -> None:
    signals = noise()
    windows = np.array([[0, 200], [100, 300], [100, 200], [300, 300]])

    found = joined(signals, windows.ravel(), windows)

    for row, (start, stop) in enumerate(windows[:3].tolist()):
        agrees(found, row, direct(signals, start, stop))
    assert not found.gram[3].any()
    assert not found.residual[3].any()


@pytest.mark.parametrize("length", [BLOCK, BLOCK + 1, 2 * BLOCK + 7])
def test_a_cell_of_several_blocks_is_measured_like_one(length: int) -> None:
    signals = noise(stems=2, length=length)

    found = whole(signals)

    agrees(found, 0, direct(signals, 0, length))


@pytest.mark.parametrize("level_db", [60.0, 100.0, 140.0])
@pytest.mark.parametrize("cells", [1, 7])
def test_the_residual_of_a_good_estimate_keeps_its_digits(level_db: float, cells: int) -> None:
    signals = noise(stems=2, channels=1, length=44100)
    faint = 10 ** (-level_db / 20) * np.random.default_rng(1).standard_normal((2, 1, 44100))
    signals = signals._replace(estimates=0.7 * signals.references + faint)
    cuts = np.linspace(0, 44100, cells + 1).astype(np.int64)

    found = joined(signals, cuts, np.array([[0, 44100]]))

    _, expected = direct(signals, 0, 44100)
    np.testing.assert_allclose(found.residual[0], expected, rtol=1e-9)


def test_the_plain_closed_form_loses_the_residual_of_a_good_estimate() -> None:
    signals = noise(stems=1, channels=1, length=44100)
    faint = 1e-7 * np.random.default_rng(1).standard_normal((1, 1, 44100))
    signals = signals._replace(estimates=0.7 * signals.references + faint)

    found = whole(signals)

    plain = found.estimate[0, 0] - found.cross[0, 0, 0] ** 2 / found.reference[0, 0]
    _, expected = direct(signals, 0, 44100)
    assert abs(plain / expected[0, 0] - 1) > 1e-3
    assert abs(found.residual[0, 0, 0] / expected[0, 0] - 1) < 1e-9


@pytest.mark.parametrize("gain", [1.0, 0.5, -1.0, -2.0, 2.0**-10])
@pytest.mark.parametrize("length", [1, 3, 1000, BLOCK + 5])
def test_a_scaled_reference_leaves_no_residual_at_all(gain: float, length: int) -> None:
    signals = noise(length=length)
    signals = signals._replace(estimates=gain * signals.references)
    third = length // 3

    found = joined(signals, np.array([0, third]), np.array([[0, length]]))

    assert not found.residual[:, :, 0].any()
    assert np.array_equal(found.cross[:, :, 0], gain * found.reference)


def test_a_gain_that_rounds_leaves_only_that_rounding() -> None:
    signals = noise(length=5000)
    signals = signals._replace(estimates=0.3 * signals.references)

    found = joined(signals, np.array([0, 1234, 2345]), np.array([[0, 5000]]))

    assert (found.residual[:, :, 0] < 1e-31 * found.reference).all()
    plain = found.estimate - found.cross[:, :, 0] ** 2 / found.reference
    assert (np.abs(plain) > 1e-31 * found.reference).any()


def test_several_channels_are_followed_by_their_sum() -> None:
    signals = noise(channels=2)
    summed = Signals(*(one.sum(axis=-2, keepdims=True) for one in signals))

    found = whole(signals)

    assert found.gram.shape[1] == 3
    assert found.channels == 2
    np.testing.assert_allclose(found.gram[:, 2], whole(summed).gram[:, 0], rtol=EXACT, atol=1e-10)
    np.testing.assert_allclose(found.residual[:, 2], whole(summed).residual[:, 0], rtol=NEAR)


def test_opposite_channels_sum_to_exactly_zero() -> None:
    signals = noise(channels=1)
    opposite = Signals(*(np.concatenate([one, -one], axis=-2) for one in signals))

    found = whole(opposite)

    assert not found.gram[:, 2, :-1].any()
    assert not found.residual[:, 2].any()


def test_mono_has_no_row_for_the_sum() -> None:
    found = whole(noise(channels=1))

    assert found.gram.shape == (1, 1, 8, 8)
    assert found.channels == 1


def test_channels_keep_their_order() -> None:
    signals = noise(channels=2)
    swapped = Signals(*(one[..., ::-1, :] for one in signals))

    found, other = whole(signals), whole(swapped)

    np.testing.assert_allclose(found.gram[:, [1, 0, 2]], other.gram, rtol=EXACT, atol=1e-10)


@given(order=st.permutations(range(4)))
@few
def test_the_order_of_the_stems_is_the_order_of_the_statistics(order: list[int]) -> None:
    signals = noise(stems=4, channels=1, length=40)
    turned = Signals(signals.references[order], signals.estimates[order], signals.mixture)

    found = whole(signals).select(order)

    expected = whole(turned)
    np.testing.assert_allclose(found.gram, expected.gram, rtol=EXACT, atol=1e-11)
    np.testing.assert_allclose(found.residual, expected.residual, rtol=NEAR)


def test_selected_stems_are_measured_as_if_they_were_alone() -> None:
    signals = noise(stems=4)
    alone = Signals(signals.references[[2, 0]], signals.estimates[[2, 0]], signals.mixture)

    found = whole(signals).select([2, 0])

    expected = whole(alone)
    assert found.stems == 2
    np.testing.assert_allclose(found.gram, expected.gram, rtol=EXACT, atol=1e-10)
    np.testing.assert_allclose(found.residual, expected.residual, rtol=NEAR)
    np.testing.assert_allclose(found.cross, expected.cross, rtol=EXACT, atol=1e-10)


def test_the_whole_of_an_estimate_is_residual_where_the_reference_is_zero() -> None:
    signals = noise()
    signals.references[1, :, :150] = 0.0
    cuts = np.array([0, 150])

    found = joined(signals, cuts, np.array([[0, 150], [0, 300]]))

    assert (found.reference[0, :, 1] == 0).all()
    np.testing.assert_allclose(found.residual[0, :, 0, 1], found.estimate[0, :, 1], rtol=EXACT)
    agrees(found, 1, direct(signals, 0, 300))


def test_silence_has_no_energy_anywhere() -> None:
    silent = np.zeros((2, 2, 100))

    found = measure(silent, silent, silent[0], np.array([0, 40, 100]))

    assert not found.gram[..., :-1, :-1].any()
    assert not found.residual.any()
    assert found.gram[:, 0, -1, -1].tolist() == [40, 60]


def test_one_sample_is_its_own_reference() -> None:
    found = measure(np.array([[[0.5]]]), np.array([[[0.25]]]), np.array([[-1.0]]), np.array([0, 1]))

    assert found.reference.item() == 0.25
    assert found.residual.ravel().tolist() == [0.0, 0.0]


def test_an_empty_track_has_no_cells() -> None:
    found = measure(np.zeros((2, 1, 0)), np.zeros((2, 1, 0)), np.zeros((1, 0)), np.array([0]))

    assert found.gram.shape == (0, 1, 6, 6)


def test_nothing_is_written_into_the_arguments() -> None:
    signals = noise()
    before = [one.copy() for one in signals]

    joined(signals, np.array([0, 100]), np.array([[0, 300]]))

    assert all(np.array_equal(one, two) for one, two in zip(signals, before, strict=True))


@pytest.mark.parametrize(
    ("estimates", "mixture"), [((2, 1, 9), (1, 10)), ((2, 1, 10), (2, 10)), ((1, 1, 10), (1, 10))]
)
def test_arrays_that_do_not_fit_together_are_refused(
    estimates: tuple[int, ...], mixture: tuple[int, ...]
) -> None:
    with pytest.raises(ShapeError, match=r"references \[2, 1, 10\].*estimates \["):
        measure(np.zeros((2, 1, 10)), np.zeros(estimates), np.zeros(mixture), np.array([0, 10]))
