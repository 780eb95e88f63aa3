"""The engine that computes on a device of torch, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np
import torch

from sepeval.kernels.bsseval.engines.base import Engine
from sepeval.types import Array

if TYPE_CHECKING:
    from torch import Tensor
else:
    Tensor = torch.Tensor


@final
class TorchEngine(Engine[Tensor]):
    """Transforms and their products on a device; blocks go there, lags come back.

    Args:
        device: such as `cuda`; with `cpu` the same code runs without a GPU, for tests.
    """

    def __init__(self, device: str) -> None:
        self._device = torch.device(device)

    def spectra(self, blocks: Array, *, conjugate: bool) -> Tensor:
        """See `Engine.spectra`; [channel block frequency]."""
        there = torch.from_numpy(np.ascontiguousarray(blocks)).to(self._device)
        found: Tensor = torch.fft.rfft(there, dim=-1)
        return found.conj() if conjugate else found

    def product(self, conjugate: Tensor, spectra: Tensor) -> Tensor:
        """See `Engine.product`; [frequency left right]."""
        return conjugate.permute(2, 0, 1) @ spectra.permute(2, 1, 0)

    def lags(self, product: Tensor, *, taps: int, length: int) -> Array:
        """See `Engine.lags`."""
        circular = torch.fft.irfft(product.permute(1, 2, 0), n=length, dim=-1)
        return np.asarray(circular[..., :taps].contiguous().cpu().numpy())
