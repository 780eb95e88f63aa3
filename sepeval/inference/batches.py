"""A function over many chunks, in batches that shrink where memory ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from sepeval.errors import SeparatorError

if TYPE_CHECKING:
    from torch import Tensor

# [item channel sample] float32 and one seed per item -> [item stem channel sample]
ChunkFunction: TypeAlias = "Callable[[Tensor, Sequence[int]], Tensor]"

_MEMORY_ENDS = (  # how errors begin or what they contain that are no OutOfMemoryError
    "out of memory",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "can't allocate memory",
    "not enough memory",
)


def in_batches(
    chunk: Callable[[int], Tensor],
    seeds: Sequence[int],
    function: ChunkFunction,
    *,
    batch: int,
    notes: list[str],
) -> Iterator[Tensor]:
    """Yield what the function makes of each chunk, in order.

    Where the device has too little memory for a batch, half of it is tried, down to one chunk;
    later batches have the size that went well.

    Args:
        chunk: returns the samples of a chunk by its number, [channel sample], on the device. All
            are as long as the first, but for the last, which may be shorter.
        seeds: of the chunks.
        function: takes chunks of one length.
        batch: chunks in a batch, at most.
        notes: gets a line for every batch that was halved.

    Yields:
        [stem channel sample] for each chunk.

    Raises:
        SeparatorError: the memory does not even suffice for one chunk, or the function returns
            something else than one estimate per chunk.
    """
    done = 0
    while done < len(seeds):
        numbers = range(done, min(done + batch, len(seeds)))
        items = [chunk(number) for number in numbers]
        alike = [one for one in items if one.shape == items[0].shape]
        found = _attempt(alike, seeds[done : done + len(alike)], function)
        if found is None:
            batch = _halved(alike, notes)
            continue
        yield from found
        done += len(alike)


def _attempt(
    items: Sequence[Tensor], seeds: Sequence[int], function: ChunkFunction
) -> Tensor | None:
    """Return the estimates of a batch, checked; None where the memory ends."""
    import torch

    try:
        found = function(torch.stack(list(items)), seeds)
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or any(
            words in str(error) for words in _MEMORY_ENDS
        ):
            return None
        raise
    expected = (len(items), items[0].shape[-1])
    if found.ndim != 4 or (found.shape[0], found.shape[3]) != expected:
        message = (
            f"the network returned {list(found.shape)} for {expected[0]} chunks of {expected[1]} "
            f"samples; expected [item stem channel sample]"
        )
        raise SeparatorError(message)
    return found


def _halved(items: Sequence[Tensor], notes: list[str]) -> int:
    """Return half the size of a batch that was too large, after the device's cache is emptied."""
    import torch

    size, device = items[0].shape[-1], items[0].device
    if len(items) == 1:
        message = (
            f"out of memory on {device} with one chunk of {size} samples; choose a shorter chunk, "
            "a lower precision or another device"
        )
        raise SeparatorError(message)
    if device.type == "cuda":
        torch.cuda.empty_cache()
    half = len(items) // 2
    notes.append(
        f"out of memory on {device} with {len(items)} chunks of {size}; went on with {half}"
    )
    return half
