"""Normal noise, drawn for each item of a batch by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sepeval.inference.devices import Device

if TYPE_CHECKING:
    from torch import Tensor


class Noise:
    """Calling it gives the next standard normal noise [item ...], float32.

    Each item has a generator of its own on the CPU, so that neither its neighbours in the batch
    nor the device change what it gets. Calls are counted: the k-th call is the k-th draw of every
    item.

    Args:
        seeds: one per item.
        shape: of one item.
        device: where the noise is needed.
    """

    def __init__(self, seeds: Sequence[int], shape: tuple[int, ...], device: Device) -> None:
        import torch

        self._shape = shape
        self._device = device
        self._generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]

    def __call__(self) -> Tensor:
        """Return the next draw."""
        import torch

        draws = [torch.randn(self._shape, generator=one) for one in self._generators]
        return torch.stack(draws).to(self._device)
