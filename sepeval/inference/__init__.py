"""Running a network over a track: chunks, batches, noise, precision, devices.

Nothing here knows what a network is. A network is a function from a batch of chunks, with one
seed for each, to a batch of estimates.

Convention: the random numbers of a chunk come from its own seed alone, so that the order and the
size of batches change nothing but rounding, and on the CPU not even that.
"""

from sepeval.inference.batches import ChunkFunction
from sepeval.inference.chunks import Chunking, Cut, chunk_seed
from sepeval.inference.devices import (
    Device,
    Precision,
    hardware,
    numerics,
    refuse_missing_device,
    torch_device,
)
from sepeval.inference.noise import Noise
from sepeval.inference.whole import Joined, in_chunks

__all__ = [
    "ChunkFunction",
    "Chunking",
    "Cut",
    "Device",
    "Joined",
    "Noise",
    "Precision",
    "chunk_seed",
    "hardware",
    "in_chunks",
    "numerics",
    "refuse_missing_device",
    "torch_device",
]
