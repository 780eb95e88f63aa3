"""Energies become decibels by every published place of eps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.kernels.ratios import Eps, Precision, decibels, mean_of_channels, plain_error, scaled
from sepeval.types import Array

NONE = Eps(0.0, 0.0, 0.0, 0.0)
energies = st.floats(1e-12, 1e9)
gains = st.floats(-1e3, 1e3)


def db(target: float, error: float, eps: Eps = NONE, precision: Precision = "float64") -> float:
    return decibels(np.array(target), np.array(error), eps=eps, precision=precision).item()


def scalar(value: float) -> Array:
    return np.array([value])


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_ratio_of_energies_is_ten_times_its_logarithm(precision: Precision) -> None:
    assert db(100.0, 1.0, precision=precision) == 20.0
    assert db(1.0, 1.0, precision=precision) == 0.0
    assert db(1.0, 1000.0, precision=precision) == pytest.approx(-30.0, abs=1e-12)


def test_each_eps_has_its_own_place() -> None:
    assert db(1.0, 1.0, Eps(0, 9.0, 0, 0)) == 10.0
    assert db(1.0, 1.0, Eps(0, 0, 9.0, 0)) == -10.0
    assert db(1.0, 1.0, Eps(0, 0, 0, 9.0)) == 10.0
    assert db(1.0, 1.0, Eps(9.0, 0, 0, 0)) == 0.0


def test_zeros_without_eps_are_infinite_or_nothing() -> None:
    assert db(1.0, 0.0) == np.inf
    assert db(0.0, 1.0) == -np.inf
    assert np.isnan(db(0.0, 0.0))


def test_zeros_with_eps_are_bounded_by_it() -> None:
    eps = Eps(0, 1e-8, 1e-8, 0)

    assert db(0.0, 0.0, eps) == 0.0
    assert db(1.0, 0.0, eps) == pytest.approx(80.0, abs=1e-7)
    assert db(0.0, 1.0, Eps(0, 0, 1e-8, 1e-8)) == pytest.approx(-80.0, abs=1e-12)


def test_single_precision_forgets_an_eps_far_below_the_energy() -> None:
    eps = Eps(0, 1e-8, 1e-8, 0)

    assert db(1.0, 1.0 - 2**-20, eps, "float32") == db(1.0, 1.0 - 2**-20, NONE, "float32")
    assert db(1.0, 1.0 - 2**-20, eps) != db(1.0, 1.0 - 2**-20)


@given(target=energies, error=energies, eps=st.floats(0, 1e-5))
def test_single_precision_is_the_sum_of_single_numbers(
    target: float, error: float, eps: float
) -> None:
    one = np.float32(target) + np.float32(eps)
    other = np.float32(error) + np.float32(eps)

    assert db(target, error, Eps(0, eps, eps, 0), "float32") == pytest.approx(
        10 * np.log10(np.float64(one) / np.float64(other)), abs=1e-12
    )


@given(target=energies, error=energies, more=energies)
def test_more_error_is_never_better(target: float, error: float, more: float) -> None:
    assert db(target, error + more) <= db(target, error)
    assert db(target + more, error) >= db(target, error)


def test_channels_are_averaged_in_decibels() -> None:
    scores = np.array([[[10.0, 1.0], [20.0, 2.0]], [[0.0, -1.0], [0.0, -3.0]]])

    assert mean_of_channels(scores).tolist() == [[15.0, 0.0], [1.5, -2.0]]


def test_infinities_that_disagree_have_no_mean() -> None:
    scores = np.array([[[np.inf, np.inf, 1.0], [-np.inf, 5.0, np.nan]]])

    found = mean_of_channels(scores)

    assert np.isnan(found[[0, 2], 0]).all()
    assert found[1, 0] == np.inf


@given(gain=gains, reference=energies, residual=energies)
def test_without_eps_the_target_is_the_projection(
    gain: float, reference: float, residual: float
) -> None:
    found = scaled(scalar(gain * reference), scalar(reference), scalar(residual), eps=0.0)

    assert found.target.item() == pytest.approx(gain**2 * reference, rel=1e-12)
    assert found.error.item() == residual


@given(gain=gains, reference=energies, residual=energies, eps=st.floats(1e-12, 1.0))
def test_eps_in_the_gain_moves_energy_along_the_reference(
    gain: float, reference: float, residual: float, eps: float
) -> None:
    moved = (gain * reference + eps) / (reference + eps)

    found = scaled(scalar(gain * reference), scalar(reference), scalar(residual), eps=eps)

    apart = (moved - gain) ** 2 * reference
    assert found.target.item() == pytest.approx(moved**2 * reference, rel=1e-9, abs=1e-300)
    assert found.error.item() == pytest.approx(residual + apart, rel=1e-6)


def test_a_zero_reference_has_a_zero_target_and_the_estimate_as_error() -> None:
    found = scaled(scalar(0.0), scalar(0.0), scalar(7.0), eps=1e-8)

    assert found.target.item() == 0.0
    assert found.error.item() == 7.0


def test_a_zero_reference_without_eps_is_undefined() -> None:
    found = scaled(scalar(0.0), scalar(0.0), scalar(7.0), eps=0.0)

    assert np.isnan(found.target.item())
    assert np.isnan(found.error.item())


def test_eps_per_sample_pulls_a_faint_reference_towards_gain_one() -> None:
    samples = 4 * 44100
    reference = samples * 1e-8  # RMS 1e-4

    found = scaled(
        scalar(0.5 * reference), scalar(reference), scalar(0.0), eps=np.array([samples * 1e-8])
    )

    assert np.sqrt(found.target / reference).item() == pytest.approx(0.75, abs=1e-12)
    assert db(found.target.item(), found.error.item()) == pytest.approx(9.54, abs=0.01)


@given(gain=gains, reference=energies, residual=st.floats(0, 1e9))
def test_the_plain_error_is_the_residual_and_what_lies_along_the_reference(
    gain: float, reference: float, residual: float
) -> None:
    found = plain_error(scalar(gain * reference), scalar(reference), scalar(residual))

    assert found.item() == pytest.approx(residual + (gain - 1) ** 2 * reference, rel=1e-6)


def test_the_plain_error_of_the_reference_itself_is_exactly_zero() -> None:
    assert plain_error(scalar(0.3), scalar(0.3), scalar(0.0)).item() == 0.0
    assert plain_error(scalar(0.0), scalar(0.0), scalar(0.3)).item() == 0.3
