"""Factor and product of block-Toeplitz matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from sepeval.kernels.bsseval import part_energies, ratios, reference_side, toeplitz
from sepeval.types import Array


def two_sided(channels: int, taps: int, *, seed: int = 0) -> Array:
    """Correlations of coloured noise at lags 1 - taps .. taps - 1."""
    signals = np.random.default_rng(seed).standard_normal((channels, 40 * taps))
    signals[:, 1:] += 0.9 * signals[:, :-1]
    signals[-1] += 0.7 * signals[0]
    spectra = np.fft.rfft(signals, 80 * taps)
    circular = np.fft.irfft(spectra[:, None].conj() * spectra[None])
    found = np.roll(circular, taps - 1, axis=2)[..., : 2 * taps - 1]
    energies = np.sqrt(np.einsum("iil->il", found)[:, taps - 1])
    return np.asarray(found / energies[:, None, None] / energies[None, :, None])


def formed(correlations: Array) -> Array:
    """The matrix, entry by entry."""
    channels, taps = len(correlations), correlations.shape[2] // 2 + 1
    matrix = np.empty((taps, channels, taps, channels))
    for a in range(taps):
        for b in range(taps):
            matrix[a, :, b] = correlations[:, :, taps - 1 + a - b]
    return matrix.reshape(taps * channels, taps * channels)


@pytest.fixture(params=["LAPACK", "Schur"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 1 << 20 if request.param == "LAPACK" else 0
    monkeypatch.setattr(toeplitz, "LAPACK_ROWS", rows)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("channels", "taps"), [(1, 1), (1, 40), (2, 30), (3, 17), (8, 12)])
def test_the_factor_makes_the_matrix(channels: int, taps: int) -> None:
    correlations = two_sided(channels, taps)

    lower = toeplitz.factor(correlations)

    assert lower is not None
    lower = np.tril(lower)
    assert np.allclose(lower @ lower.T, formed(correlations), rtol=0, atol=1e-13)


@pytest.mark.usefixtures("way")
def test_what_is_not_positive_definite_has_no_factor() -> None:
    correlations = two_sided(2, 20)
    correlations[:, :, 19] *= 0.5

    assert np.linalg.eigvalsh(formed(correlations))[0] < 0
    assert toeplitz.factor(correlations) is None


@pytest.mark.usefixtures("way")
def test_an_indefinite_first_block_has_no_factor() -> None:
    correlations = two_sided(2, 20)
    correlations[0, 1, 19] = correlations[1, 0, 19] = 2.0

    assert toeplitz.factor(correlations) is None


@pytest.mark.parametrize(("channels", "taps"), [(1, 1), (3, 20), (8, 12)])
def test_the_product_is_that_of_the_matrix(channels: int, taps: int) -> None:
    correlations = two_sided(channels, taps)
    vectors = np.random.default_rng(1).standard_normal((5, channels, taps))

    found = toeplitz.product(correlations, vectors)

    by_tap = vectors.transpose(0, 2, 1).reshape(5, -1)
    expected = (by_tap @ formed(correlations).T).reshape(5, taps, channels).transpose(0, 2, 1)
    assert np.allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cut", "bits", "bound"),
    [(None, 16, 1e-9), (16000, 16, 1e-6), (300, 16, 1e-5), (300, None, 1e-4)],
    ids=["broadband", "low-passed, 16 bit", "bass, 16 bit", "bass, float: ridge"],
)
def test_eight_channels_have_the_values_of_lapack(
    cut: int | None, bits: int | None, bound: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = np.random.default_rng(3)
    signals = draw.standard_normal((8, 60000)) + 0.3 * draw.standard_normal(60000)
    if cut:
        signals = sosfilt(butter(8, cut, fs=44100, output="sos"), signals)
    references = (0.1 * signals / signals.std()).reshape(4, 2, -1)
    estimates = references + 0.1 * np.roll(references, 1, axis=0)
    estimates += 0.001 * draw.standard_normal(references.shape)
    if bits:
        references, estimates = (np.round(one * 2**15) / 2**15 for one in (references, estimates))
    windows = np.array([[0, 30000], [30000, 60000]])

    found = ratios(part_energies(reference_side(references, windows), references, estimates))
    monkeypatch.setattr(toeplitz, "LAPACK_ROWS", 1 << 20)
    expected = ratios(part_energies(reference_side(references, windows), references, estimates))

    for one, other in zip(found, expected, strict=True):
        assert np.abs(one - other).max() <= bound
