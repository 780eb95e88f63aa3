"""What denoisers and consistency models are trained with.

Every draw is an argument: the losses are functions of clean data, noise and noise levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from sepeval.diffusion.types import ItemDenoiser

WINDOWS = (4096, 2048, 1024, 512, 256)  # samples; Music-Source-Separation-Training at 44.1 kHz
HOP = 147  # samples, of all windows
N_FFT = 2048  # samples; shorter windows are padded to it


def denoising(
    denoiser: ItemDenoiser,
    clean: Tensor,
    noise: Tensor,
    sigma: Tensor,
    *,
    sigma_data: float,
) -> Tensor:
    """Denoising score matching, weighted so that all noise levels count alike.

        (σ² + σ_data²) / (σ σ_data)² · mean((D(x + σ ε, σ) − x)²)

    Args:
        denoiser: D.
        clean: x, [item ...].
        noise: ε, [item ...].
        sigma: σ, [item], above 0.
        sigma_data: standard deviation of the clean data.

    Returns:
        [item], lower is better.
    """
    estimate = denoiser(clean + _spread(sigma, clean) * noise, sigma)
    return weight(sigma, sigma_data=sigma_data) * _mean((estimate - clean) ** 2)


def weight(sigma: Tensor, *, sigma_data: float) -> Tensor:
    """Return (σ² + σ_data²) / (σ σ_data)²: 1 / c_out². It is large where σ is small."""
    return (sigma**2 + sigma_data**2) / (sigma * sigma_data) ** 2


def heun_path(denoiser: ItemDenoiser, x: Tensor, sigmas: Tensor) -> Tensor:
    """Follow the probability flow with Heun's steps, each item at its own noise levels.

    Args:
        denoiser: D.
        x: [item ...], at the first level.
        sigmas: [level item], falling, the last above 0.

    Returns:
        [item ...], at the last level.
    """
    for sigma, after in pairwise(sigmas):
        step = _spread(after - sigma, x)
        d = (x - denoiser(x, sigma)) / _spread(sigma, x)
        ahead = x + d * step
        d_ahead = (ahead - denoiser(ahead, after)) / _spread(after, x)
        x = x + (d + d_ahead) / 2.0 * step
    return x


def consistency(
    student: ItemDenoiser,
    target: ItemDenoiser,
    teacher: ItemDenoiser,
    clean: Tensor,
    noise: Tensor,
    sigmas: Tensor,
) -> Tensor:
    """Consistency distillation: two points of one path must lead to the same clean state.

        mean((f(x_n, t_n) − f⁻(x̂_{n+h}, t_{n+h}))²),    x_n = x + t_n ε

    x̂_{n+h} lies h Heun steps of the teacher further down the path from x_n.

    Args:
        student: f, the consistency function in training.
        target: f⁻, the running mean of the student; no gradient goes through it.
        teacher: the denoiser of a diffusion model.
        clean: x, [item ...].
        noise: ε, [item ...].
        sigmas: [level item], t_n to t_{n+h}, falling.

    Returns:
        [item], lower is better.

    References:
        [1] Song, Dhariwal, Chen, Sutskever. "Consistency Models", ICML 2023, algorithm 2.
        [2] Kim et al. "Consistency Trajectory Models", ICLR 2024.
    """
    noised = clean + _spread(sigmas[0], clean) * noise
    with torch.no_grad():
        aim = target(heun_path(teacher, noised, sigmas), sigmas[-1])
    return _mean((student(noised, sigmas[0]) - aim) ** 2)


def waveform_and_spectra(
    estimate: Tensor,
    reference: Tensor,
    *,
    windows: Sequence[int] = WINDOWS,
    hop: int = HOP,
    n_fft: int = N_FFT,
) -> Tensor:
    """Mean absolute error of the waveform plus that of complex spectra at several resolutions.

        mean |e − r| + Σ_w mean |STFT_w(e) − STFT_w(r)|

    Args:
        estimate: e, [item ... sample].
        reference: r, [item ... sample].
        windows: lengths of the Hann windows, in samples.
        hop: in samples.
        n_fft: length of the transform of the network; shorter windows are padded to it, longer
            ones have a transform as long as they are.

    Returns:
        [item], lower is better.
    """
    error = estimate - reference
    loss = _mean(error.abs())
    for window in windows:
        loss = loss + _mean(_spectra(error, window, hop, n_fft).abs())  # the transform is linear
    return loss


def _spectra(x: Tensor, window: int, hop: int, n_fft: int) -> Tensor:
    """[item row frequency frame] of x [item ... sample]."""
    shape = torch.hann_window(window, device=x.device)
    rows = x.reshape(-1, x.shape[-1])
    spectra = torch.stft(rows, max(window, n_fft), hop, window, shape, return_complex=True)
    return spectra.reshape(len(x), -1, *spectra.shape[1:])


def _spread(values: Tensor, x: Tensor) -> Tensor:
    """[item] as [item 1 ...]."""
    return values.reshape(-1, *[1] * (x.ndim - 1)).to(x)


def _mean(x: Tensor) -> Tensor:
    """[item], over all other axes."""
    return x.flatten(1).mean(dim=1)
