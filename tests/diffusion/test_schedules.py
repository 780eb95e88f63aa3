"""Noise levels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.diffusion.schedules import karras, to_zero
from sepeval.errors import ShapeError
from tests.golden_cases import case, needs_cases


def test_one_level_is_the_largest() -> None:
    assert karras(1, sigma_max=0.01, sigma_min=0.0001, rho=9.0) == (0.01,)


def test_with_rho_one_the_levels_are_evenly_spaced() -> None:
    assert karras(3, sigma_max=3.0, sigma_min=1.0, rho=1.0) == pytest.approx((3.0, 2.0, 1.0))


def test_with_rho_two_the_roots_are_evenly_spaced() -> None:
    assert karras(3, sigma_max=9.0, sigma_min=1.0, rho=2.0) == pytest.approx((9.0, 4.0, 1.0))


@given(
    count=st.integers(2, 50),
    sigma_max=st.floats(0.1, 80.0),
    rho=st.floats(1.0, 12.0),
)
def test_levels_fall_from_the_first_to_the_last(count: int, sigma_max: float, rho: float) -> None:
    levels = karras(count, sigma_max=sigma_max, sigma_min=1e-4, rho=rho)

    assert len(levels) == count
    assert sorted(levels, reverse=True) == list(levels)
    assert (levels[0], levels[-1]) == pytest.approx((sigma_max, 1e-4))


def test_zero_comes_last() -> None:
    assert to_zero((2.0, 1.0)) == (2.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("count", "sigma_max", "sigma_min"), [(0, 1.0, 0.1), (3, 0.1, 1.0), (3, 1.0, 0.0)]
)
def test_levels_that_make_no_sense_are_refused(
    count: int, sigma_max: float, sigma_min: float
) -> None:
    with pytest.raises(ShapeError, match=f"{count} levels from {sigma_max} to {sigma_min}"):
        karras(count, sigma_max=sigma_max, sigma_min=sigma_min, rho=9.0)


@pytest.mark.data
@needs_cases
def test_levels_are_those_of_the_released_code() -> None:
    runs = case("unet_small").document["runs"]
    for name, run in runs.items():
        if name.startswith("diff_"):
            found = karras(
                run["T"], sigma_max=run["sigma_max"], sigma_min=run["sigma_min"], rho=run["rho"]
            )
            assert to_zero(found) == pytest.approx(run["sigmas"], rel=1e-6)  # float32 there
        if name.startswith("cd_multi"):
            found = karras(
                run["T"] + 1, sigma_max=run["sigma_max"], sigma_min=run["sigma_min"], rho=run["rho"]
            )
            assert to_zero(found) == pytest.approx(run["sigmas"], rel=1e-6)


@pytest.mark.data
@needs_cases
@pytest.mark.parametrize(("name", "count", "sigma_max"), [("unet", 18, 10.0), ("bsrf", 10, 0.5)])
def test_levels_of_the_training_are_those_of_the_released_code(
    name: str, count: int, sigma_max: float
) -> None:
    expected = case("sampler_toy").tensors[f"out/train_grid_{name}"].tolist()

    found = karras(count, sigma_max=sigma_max, sigma_min=1e-4, rho=9.0)

    assert found == pytest.approx(expected, rel=1e-5)
