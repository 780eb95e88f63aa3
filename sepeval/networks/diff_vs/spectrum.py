"""Audio to complex spectra and back, as real tensors that a network can work on.

Convention: a spectrum is [item part bin frame]; its parts are the real part of each channel, then
the imaginary part of each channel.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sepeval.networks.diff_vs.config import DiffVsConfig


def analysed(audio: Tensor, config: DiffVsConfig) -> Tensor:
    """Short-time spectrum with a Hann window, of unit norm, without the bin at half the rate.

    Args:
        audio: [item channel sample].
        config: gives the transform and its hop.

    Returns:
        [item part bin frame], of 1 + samples // hop frames.
    """
    size = config.transform
    found = torch.stft(
        audio.flatten(0, 1),
        size,
        config.hop,
        window=torch.hann_window(size, dtype=audio.dtype, device=audio.device),
        normalized=True,
        center=True,
        pad_mode="constant",
        return_complex=True,
    )[:, :-1]
    parts = found.reshape(*audio.shape[:2], *found.shape[1:])
    return torch.cat([parts.real, parts.imag], dim=1)


def synthesised(spectrum: Tensor, config: DiffVsConfig, *, length: int) -> Tensor:
    """Audio of a spectrum; of an analysed one, the audio but for what lies at half the rate.

    Args:
        spectrum: [item part bin frame].
        config: gives the transform and its hop.
        length: samples of the result.

    Returns:
        [item channel sample].
    """
    size = config.transform
    real, imaginary = spectrum.chunk(2, dim=1)
    flat = torch.complex(real.contiguous(), imaginary.contiguous()).flatten(0, 1)
    flat = torch.nn.functional.pad(flat, (0, 0, 0, 1))
    found = torch.istft(
        flat,
        size,
        config.hop,
        window=torch.hann_window(size, dtype=spectrum.dtype, device=spectrum.device),
        normalized=True,
        center=True,
        length=length,
    )
    return found.reshape(*real.shape[:2], length)
