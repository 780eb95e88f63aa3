"""Floating-point operations of a call: those that torch counts, and those that it passes over.

Torch's counter knows products of matrices, convolutions, and the attention of GPUs. What has no
formula there counts as nothing, without a word. Attention on a CPU and recurrent layers get theirs
here; and the fused layers of transformers, which have none, are run piece by piece for the count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any, TypeAlias

Shape: TypeAlias = Sequence[int]


def operations(call: Callable[[], object]) -> int:
    """Return the floating-point operations of a call: two per multiplication with addition.

    Products of matrices, convolutions, attention and recurrent layers are counted; spectra and
    what is done element by element are not.
    """
    from torch.utils.flop_counter import FlopCounterMode

    with _in_pieces(), FlopCounterMode(display=False, custom_mapping=_formulas()) as counter:
        call()
    return int(counter.get_total_flops())


@contextmanager
def _in_pieces() -> Iterator[None]:
    """Let torch run no layer of a transformer as one."""
    import torch

    layers: Any = torch.backends.mha  # untyped
    before = layers.get_fastpath_enabled()
    layers.set_fastpath_enabled(False)
    try:
        yield
    finally:
        layers.set_fastpath_enabled(before)


def _formulas() -> dict[Any, Callable[..., int]]:
    """Return the formulas that torch's counter lacks, by operator."""
    from torch import ops

    aten: Any = ops.aten  # its attributes are made when they are asked for
    known: Mapping[str, Callable[..., int]] = {
        "_scaled_dot_product_flash_attention_for_cpu": _attention,
        "mkldnn_rnn_layer": _recurrent_on_cpu,
        "_cudnn_rnn": _recurrent_on_cuda,
    }
    return {getattr(aten, name): one for name, one in known.items() if hasattr(aten, name)}


def _attention(query: Shape, key: Shape, value: Shape, *_: object, **__: object) -> int:
    """Q Kᵀ, and its product with V."""
    return 2 * prod(query[:-1]) * key[-2] * (query[-1] + value[-1])


def _recurrent_on_cpu(heard: Shape, *weights: Any, **__: object) -> int:  # noqa: ANN401 - shapes first
    """One layer in one direction: each step meets the weights of the input and of the state."""
    return int(2 * prod(heard[:-1]) * (prod(weights[0]) + prod(weights[1])))


def _recurrent_on_cuda(heard: Shape, weights: Sequence[Shape], *_: object, **__: object) -> int:
    """All layers in all directions; what is added has one dimension."""
    return 2 * prod(heard[:-1]) * sum(prod(one) for one in weights if len(one) > 1)
