"""From a mixture to the estimates of a network: cut, run in batches, join."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sepeval.errors import SeparatorError
from sepeval.inference.batches import ChunkFunction, in_batches
from sepeval.inference.chunks import Chunking, Cut, chunk_seed
from sepeval.inference.devices import Device, Precision, numerics, torch_device
from sepeval.types import Array

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Joined:
    """The estimates of a network for one mixture.

    Attributes:
        audio: [stem channel sample], as long as the mixture unless its tail is dropped.
        chunks: how many the network has heard.
        notes: what went otherwise than asked and changes no more than rounding.
    """

    audio: Array
    chunks: int
    notes: tuple[str, ...]


def in_chunks(
    mixture: Array,
    function: ChunkFunction,
    *,
    chunking: Chunking,
    batch: int,
    seed: int,
    device: Device,
    precision: Precision,
) -> Joined:
    """Return what a network makes of a mixture, chunk by chunk.

    Each chunk has a seed of its own, from the seed and the number of the chunk. On the CPU chunks
    are processed one at a time whatever the batch is, so that it changes no bit of the result;
    the libraries there block their sums by the size of the batch, and gain little from it. Other
    devices process whole batches, and their results differ by rounding from size to size.

    Args:
        mixture: [channel sample].
        function: the network; see `ChunkFunction`. It is called at the precision, without
            gradients.
        chunking: how the mixture is cut and joined.
        batch: chunks that are processed at once, at most.
        seed: of the track and replicate.
        device: where the chunks are handed to the function.
        precision: see `devices`.

    Raises:
        SeparatorError: the chunking leaves nothing, the memory does not suffice for one chunk, or
            the function returns something that is no finite estimate.
        DependencyError: the device is not there.
    """
    import torch

    cut = Cut.of(mixture, chunking)
    seeds = [chunk_seed(seed, index) for index in range(len(cut))]
    notes: list[str] = []
    with numerics(device, precision):
        place = torch_device(device)
        size = 1 if place.type == "cpu" else batch

        def chunk(number: int) -> Tensor:
            samples = np.ascontiguousarray(cut.chunk(number), dtype=np.float32)
            return torch.from_numpy(samples).to(place)

        outputs = in_batches(chunk, seeds, function, batch=size, notes=notes)
        audio = cut.joined(_checked(outputs, precision))
    return Joined(audio, len(cut), tuple(notes))


def _checked(outputs: Iterator[Tensor], precision: Precision) -> Iterator[Array]:
    """Yield the estimates of the chunks as float64, which are finite and alike."""
    shape: tuple[int, ...] = ()
    for number, output in enumerate(outputs):
        found = output.to("cpu").numpy().astype(np.float64)
        shape = shape or found.shape[:2]
        if found.shape[:2] != shape:
            message = (
                f"chunk {number}: the network returned stems and channels {list(found.shape[:2])}; "
                f"before it returned {list(shape)}"
            )
            raise SeparatorError(message)
        if not np.isfinite(found).all():
            count = int((~np.isfinite(found)).sum())
            message = (
                f"chunk {number}: {count} of {found.size} samples are NaN or infinite at precision "
                f"{precision}"
            )
            raise SeparatorError(message)
        yield found
