"""Weights into a network: every key and shape must agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from sepeval.errors import SeparatorError

if TYPE_CHECKING:
    from torch import Tensor, nn

_SHOWN = 3  # keys of each kind in a message


def fill(network: nn.Module, tensors: Mapping[str, Tensor], *, where: str) -> None:
    """Put weights into a network.

    A network on the meta device takes the tensors themselves, so that memory is not spent twice;
    any other copies them. Both keep the network's own kinds of number: half-precision weights
    become what the network computes in.

    Args:
        network: has no weights yet, or weights that are to be replaced.
        tensors: by the network's own names.
        where: the file and the part of it, for messages.

    Raises:
        SeparatorError: a key is missing or unexpected, or a shape differs; the message counts
            all of them and names the first few.
    """
    expected = network.state_dict()
    problems = _problems(expected, tensors)
    if problems:
        raise SeparatorError(f"{where}: does not fit {type(network).__name__}: {problems}")
    on_meta = any(one.is_meta for one in expected.values())
    given = {key: tensors[key].to(one.dtype) for key, one in expected.items()}
    network.load_state_dict(given, assign=on_meta)
    empty = [
        name
        for name, one in chain(network.named_parameters(), network.named_buffers())
        if one.is_meta
    ]
    if empty:
        message = f"{where}: {type(network).__name__} needs {_listed(empty)}, which no file holds"
        raise SeparatorError(message)


def _problems(expected: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> str:
    """Return everything that disagrees, as the end of a message; empty if nothing does."""
    missing = [key for key in expected if key not in given]
    unexpected = [key for key in given if key not in expected]
    shapes = [
        f"{key} is {list(given[key].shape)}, expected {list(one.shape)}"
        for key, one in expected.items()
        if key in given and given[key].shape != one.shape
    ]
    kinds = [
        f"{key} holds {given[key].dtype}, expected {one.dtype}"
        for key, one in expected.items()
        if key in given and given[key].is_floating_point() != one.is_floating_point()
    ]
    told = (
        ("missing", missing),
        ("unexpected", unexpected),
        ("of another shape", shapes),
        ("of another kind", kinds),
    )
    return "; ".join(f"{len(keys)} {what}: {_listed(keys)}" for what, keys in told if keys)


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(keys[:_SHOWN]) + more
