"""Operations of layers, by hand: two for each multiplication with addition."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from sepeval.timing.operations import operations

STEPS, WIDE = 50, 16
ATTENTION = 2 * STEPS * STEPS * WIDE + 2 * STEPS * STEPS * WIDE  # Q Kᵀ and its product with V
PROJECTIONS = 4 * 2 * STEPS * WIDE * WIDE  # to Q, K and V, and back
LSTM = 2 * STEPS * 4 * (10 * 20 + 20 * 20)  # four gates hear the input and the state


def attended() -> Tensor:
    one = torch.zeros(1, 2, STEPS, WIDE // 2)
    return functional.scaled_dot_product_attention(one, one, one)


def attended_by_module() -> Tensor:
    heard = torch.zeros(1, STEPS, WIDE)
    module = nn.MultiheadAttention(WIDE, 2, batch_first=True).eval()
    found: Tensor = module(heard, heard, heard)[0]
    return found


def recurrent(**options: bool) -> object:
    return nn.LSTM(10, 20, **options)(torch.zeros(STEPS, 1, 10))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: torch.ones(3, 5) @ torch.ones(5, 7), 2 * 3 * 5 * 7),
        (lambda: nn.Conv1d(3, 5, 7, padding=3)(torch.zeros(1, 3, 100)), 2 * 100 * 3 * 5 * 7),
        (lambda: nn.Conv1d(4, 6, 3, groups=2)(torch.zeros(2, 4, 12)), 2 * 2 * 10 * 2 * 6 * 3),
        (lambda: nn.ConvTranspose1d(3, 5, 8, 4)(torch.zeros(1, 3, 100)), 2 * 100 * 3 * 5 * 8),
        (attended, ATTENTION),
        (attended_by_module, ATTENTION + PROJECTIONS),
        (recurrent, LSTM),
        (lambda: recurrent(bidirectional=True), 2 * LSTM),
        (lambda: nn.GRU(10, 20)(torch.zeros(STEPS, 1, 10)), LSTM * 3 // 4),
    ],
    ids=[
        *("product", "convolution", "in groups", "transposed", "attention", "its module"),
        *("lstm", "both ways", "gru"),
    ],
)
@pytest.mark.parametrize("mode", [torch.enable_grad, torch.inference_mode])
@pytest.mark.parametrize("is_bf16", [False, True])
def test_operations_are_those_on_paper(
    call: Callable[[], object],
    expected: int,
    mode: Callable[[], torch.enable_grad | torch.inference_mode],
    is_bf16: bool,
) -> None:
    with mode(), torch.autocast("cpu", torch.bfloat16, enabled=is_bf16):
        assert operations(call) == expected


def test_a_gpus_recurrent_layers_have_a_formula_too() -> None:
    from sepeval.timing.operations import _formulas

    known = {str(name): formula for name, formula in _formulas().items()}
    weights = [(80, 10), (80, 20), (80,), (80,)] * 2

    assert known["aten._cudnn_rnn"]((STEPS, 1, 10), weights, 4, out_shape=()) == 2 * LSTM
