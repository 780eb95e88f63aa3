"""Calling a graph that was made elsewhere: its failures are told, and it must repeat itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sepeval.errors import SeparatorError
from sepeval.inference.devices import Device, torch_device
from sepeval.inference.exported import Batch

if TYPE_CHECKING:
    from torch import Tensor

_STEADY = 1e-2  # of the peak: what rounding on a GPU stays below, and dropout does not


def called(network: Batch, chunks: Tensor, *, where: str) -> Tensor:
    """Return what a network makes of chunks.

    Raises:
        SeparatorError: it does not take their shape, or fails otherwise.
    """
    import torch

    try:
        return network(chunks)
    except torch.OutOfMemoryError:
        raise
    except (RuntimeError, AssertionError, ValueError, IndexError) as error:
        first = str(error).strip().partition("\n")[0]
        message = (
            f"{where}: fails on chunks {list(chunks.shape)}: {first}; a graph may be fixed to the "
            "length and batch that it was exported with (see its card's segment, and chunk, tail)"
        )
        raise SeparatorError(message) from error


def refuse_unsteady(network: Batch, heard: tuple[int, int], *, device: Device, where: str) -> None:
    """Refuse a network that makes two things of one input, as dropout that was left on does.

    Args:
        network: what is called.
        heard: channels and samples of a chunk.
        device: on which it runs.
        where: the file, for the message.

    Raises:
        SeparatorError: it does.
    """
    import torch

    chunk = 0.1 * torch.randn((1, *heard), generator=torch.Generator().manual_seed(0))
    chunk = chunk.to(torch_device(device))
    with torch.inference_mode():
        one, other = (called(network, chunk, where=where).float() for _ in range(2))
    if float((one - other).abs().max()) > _STEADY * float(one.abs().max()):
        message = (
            f"{where}: gives two outputs for one input, so that no output could be had again; is "
            "dropout on? Call eval() on the network before it is exported"
        )
        raise SeparatorError(message)
