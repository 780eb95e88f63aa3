"""Ideal filters: values known on paper, then properties, then a filter by linear algebra."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepeval.errors import ShapeError
from sepeval.kernels import masks
from sepeval.kernels.stft import Spectra


def spectra(*shape: int, seed: int = 0) -> Spectra:
    values = np.random.default_rng(seed).standard_normal((*shape, 2))
    return values.view(np.complex128)[..., 0]


def bins(*values: complex) -> Spectra:
    """[stem channel frame frequency] with one channel, frame and frequency."""
    return np.array(values, np.complex128)[:, None, None, None]


def wiener(sources: Spectra, mixture: Spectra) -> Spectra:
    covariances = masks.spatial_covariances([sources])
    return masks.wiener_filtered(sources, mixture, covariances=covariances)


@pytest.mark.parametrize(
    ("power", "theta", "expected"), [(1, 0.5, [True, True]), (2, 0.5, [False, True])]
)
def test_a_bin_belongs_to_every_source_with_a_large_enough_share(
    power: int, theta: float, expected: list[bool]
) -> None:
    sources = bins(0.6, 0.9j)

    mask = masks.binary_mask(sources, bins(1.0)[0], power=power, theta=theta)

    assert mask.ravel().tolist() == expected


def test_the_share_itself_is_enough() -> None:
    mask = masks.binary_mask(bins(0.5), bins(1.0)[0], power=1, theta=0.5)

    assert mask.all()


@pytest.mark.parametrize(("power", "expected"), [(1, [0.25, 0.75]), (2, [0.1, 0.9])])
def test_ratios_are_those_of_the_spectrograms(power: int, expected: list[float]) -> None:
    assert masks.ratio_mask(bins(1.0, 3.0j), power=power).ravel() == pytest.approx(expected)


@given(st.integers(0, 99), st.sampled_from([1, 2]))
def test_ratios_sum_to_one(seed: int, power: int) -> None:
    mask = masks.ratio_mask(spectra(3, 2, 4, 5, seed=seed), power=power)

    assert mask.sum(axis=0) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("power", [1, 2])
def test_ratios_are_zero_where_all_sources_are_silent(power: int) -> None:
    assert masks.ratio_mask(bins(0.0, 0.0), power=power).max() == 0.0


def test_spatial_covariances_have_the_trace_of_the_identity_and_are_positive() -> None:
    covariances = masks.spatial_covariances([spectra(3, 2, 6, 4)])

    matrices = np.moveaxis(covariances, -1, 1)
    assert np.trace(matrices, axis1=2, axis2=3) == pytest.approx(2.0, abs=1e-8)
    assert matrices == pytest.approx(np.conj(np.swapaxes(matrices, 2, 3)), abs=1e-12)
    assert np.linalg.eigvalsh(matrices).min() > 0.0


def test_spatial_covariances_do_not_depend_on_the_blocks() -> None:
    sources = spectra(3, 2, 6, 4)

    split = masks.spatial_covariances([sources[:, :, :2], sources[:, :, 2:]])

    assert split == pytest.approx(masks.spatial_covariances([sources]), abs=1e-12)


def test_the_covariance_of_a_silent_source_is_the_identity() -> None:
    covariances = masks.spatial_covariances([np.zeros((1, 2, 3, 4), np.complex128)])

    assert np.moveaxis(covariances[0], -1, 0) == pytest.approx(np.stack([np.eye(2)] * 4), abs=1e-8)


def test_hard_panned_sources_are_separated_perfectly() -> None:
    sources = spectra(2, 2, 6, 4)
    sources[0, 1] = 0.0
    sources[1, 0] = 0.0

    assert wiener(sources, sources.sum(axis=0)) == pytest.approx(sources, abs=1e-8)


def test_for_mono_the_wiener_filter_is_the_ratio_of_powers() -> None:
    sources = spectra(3, 1, 6, 4)
    mixture = spectra(1, 6, 4, seed=1)

    expected = masks.ratio_mask(sources, power=2) * mixture

    assert wiener(sources, mixture) == pytest.approx(expected, abs=1e-12)


def test_the_wiener_filter_is_that_of_linear_algebra() -> None:
    sources, mixture = spectra(3, 2, 6, 4), spectra(2, 6, 4, seed=1)
    covariances = masks.spatial_covariances([sources])

    ours = masks.wiener_filtered(sources, mixture, covariances=covariances)

    for frame, frequency in np.ndindex(6, 4):
        models = [
            np.real(np.vdot(s, np.linalg.solve(r, s))) / 2 * r
            for s, r in zip(
                sources[..., frame, frequency], covariances[..., frequency], strict=True
            )
        ]
        whitened = np.linalg.solve(np.sum(models, axis=0), mixture[:, frame, frequency])
        expected = np.stack([model @ whitened for model in models])
        assert ours[..., frame, frequency] == pytest.approx(expected, abs=1e-9)


def identical_channels(sources: Spectra) -> Spectra:
    return np.repeat(sources[:, :1], 2, axis=1)


def opposite_channels(sources: Spectra) -> Spectra:
    opposite = identical_channels(sources)
    opposite[:, 1] *= -1.0
    return opposite


@pytest.mark.parametrize("change", [np.array, identical_channels, opposite_channels])
@pytest.mark.parametrize("silent", [[], [1], [0, 1, 2]])
@pytest.mark.parametrize("scale", [1.0, 1e-150])
def test_wiener_estimates_sum_to_the_mixture(
    change: Callable[[Spectra], Spectra], silent: list[int], scale: float
) -> None:
    sources = change(spectra(3, 2, 6, 4)) * scale
    sources[silent] = 0.0
    mixture = sources.sum(axis=0)

    estimates = wiener(sources, mixture)

    assert estimates.sum(axis=0) / scale == pytest.approx(
        mixture / scale, abs=1e-4
    )  # 1e-16 / 1e-10
    assert not estimates[silent].any()


def test_more_than_two_channels_are_refused() -> None:
    with pytest.raises(ShapeError, match="found 3"):
        wiener(spectra(2, 3, 4, 4), spectra(3, 4, 4))


@pytest.mark.parametrize("scale", [1e-120, 1e-6, 1e6])
def test_filters_do_not_depend_on_the_level(scale: float) -> None:
    sources, mixture = spectra(2, 2, 4, 4), spectra(2, 4, 4, seed=1)

    scaled = wiener(sources * scale, mixture)

    assert scaled == pytest.approx(wiener(sources, mixture), abs=1e-12)
    ratios = masks.ratio_mask(sources * scale, power=2)
    assert ratios == pytest.approx(masks.ratio_mask(sources, power=2), abs=1e-12)
