"""Audio to short-time spectra and back, as the network hears and makes them.

Always float32: half precision has neither the range nor, on most devices, the transform.
"""

from __future__ import annotations

import torch
from torch import Tensor

from sepeval.networks.bs_roformer.config import BSRoFormerConfig


def spectrum(audio: Tensor, config: BSRoFormerConfig) -> Tensor:
    """Short-time spectra under a periodic Hann window, reflected at both ends.

    Args:
        audio: [item channel sample], longer than half a transform.
        config: of the network.

    Returns:
        [item channel frequency frame], complex64.
    """
    spectra = torch.stft(
        audio.float().flatten(0, 1),
        n_fft=config.stft_n_fft,
        hop_length=config.stft_hop_length,
        win_length=config.stft_win_length,
        window=torch.hann_window(config.stft_win_length, device=audio.device),
        return_complex=True,
    )
    return spectra.view(*audio.shape[:2], *spectra.shape[1:])


def inverse(spectra: Tensor, config: BSRoFormerConfig, *, length: int) -> Tensor:
    """Return the audio [... sample] of spectra [... frequency frame]; see `spectrum`."""
    audio = torch.istft(
        spectra.flatten(0, -3),
        n_fft=config.stft_n_fft,
        hop_length=config.stft_hop_length,
        win_length=config.stft_win_length,
        window=torch.hann_window(config.stft_win_length, device=spectra.device),
        length=length,
    )
    return audio.view(*spectra.shape[:-2], length)
