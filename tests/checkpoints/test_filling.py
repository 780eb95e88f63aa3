"""Weights go into a network whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from sepeval.checkpoints import fill, read
from sepeval.errors import SeparatorError


def network(device: str = "meta") -> nn.Module:
    with torch.device(device):
        return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))


def weights() -> dict[str, Tensor]:
    made = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))
    return {
        key: torch.arange(one.numel()).reshape(one.shape).to(one.dtype)
        for key, one in made.state_dict().items()
    }


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_a_network_holds_the_weights_that_it_was_given(device: str) -> None:
    filled = network(device)

    fill(filled, weights(), where="a.pt")

    found = filled.state_dict()
    assert found.keys() == weights().keys()
    assert all(torch.equal(found[key], one) for key, one in weights().items())


def test_a_network_on_meta_takes_the_tensors_of_the_file_itself(tmp_path: Path) -> None:
    save_file(weights(), tmp_path / "a.safetensors")
    tensors = read(tmp_path / "a.safetensors").tensors
    filled = network()

    fill(filled, tensors, where="a")

    assert filled.state_dict()["0.weight"].data_ptr() == tensors["0.weight"].data_ptr()


def test_a_network_with_memory_of_its_own_keeps_it() -> None:
    given = weights()
    filled = network("cpu")

    fill(filled, given, where="a")

    assert filled.state_dict()["0.weight"].data_ptr() != given["0.weight"].data_ptr()


def test_training_a_filled_network_leaves_the_file_alone(tmp_path: Path) -> None:
    save_file(weights(), tmp_path / "a.safetensors")
    before = (tmp_path / "a.safetensors").read_bytes()
    filled = network()
    fill(filled, read(tmp_path / "a.safetensors").tensors, where="a")

    with torch.no_grad():
        for parameter in filled.parameters():
            parameter.add_(1.0)

    assert (tmp_path / "a.safetensors").read_bytes() == before


def test_half_precision_becomes_what_the_network_computes_in() -> None:
    half = {key: one.half() if one.is_floating_point() else one for key, one in weights().items()}
    filled = network()

    fill(filled, half, where="a.th")

    assert filled.state_dict()["0.weight"].dtype == torch.float32


def test_missing_keys_are_counted_and_the_first_few_named() -> None:
    given = weights()
    for key in list(given)[:5]:
        del given[key]

    with pytest.raises(SeparatorError) as told:
        fill(network(), given, where="a.ckpt (refiner)")

    message = str(told.value)
    assert message.startswith("a.ckpt (refiner): does not fit Sequential: 5 missing: 0.weight, ")
    assert message.endswith(" and 2 more")


def test_an_unexpected_key_is_named() -> None:
    with pytest.raises(SeparatorError, match=r"1 unexpected: evil\.weight"):
        fill(network(), {**weights(), "evil.weight": torch.ones(1)}, where="a")


def test_a_wrong_shape_is_named_with_both() -> None:
    with pytest.raises(SeparatorError, match=r"2\.weight is \[4, 4\], expected \[2, 2\]"):
        fill(network(), {**weights(), "2.weight": torch.ones(4, 4)}, where="a")


def test_whole_numbers_for_weights_are_refused() -> None:
    given = {**weights(), "2.weight": torch.ones(2, 2, dtype=torch.int64)}

    with pytest.raises(SeparatorError, match=r"2\.weight holds torch\.int64"):
        fill(network(), given, where="a")


def test_every_fault_is_told_at_once() -> None:
    given = {**weights(), "2.weight": torch.ones(4, 4), "more": torch.ones(1)}
    del given["0.bias"]

    with pytest.raises(
        SeparatorError, match=r"1 missing: .*; 1 unexpected: .*; 1 of another shape"
    ):
        fill(network(), given, where="a")


def test_nothing_is_changed_by_weights_that_do_not_fit() -> None:
    filled = network("cpu")
    before = {key: one.clone() for key, one in filled.state_dict().items()}

    with pytest.raises(SeparatorError):
        fill(filled, {**weights(), "more": torch.ones(1)}, where="a")

    assert all(torch.equal(filled.state_dict()[key], one) for key, one in before.items())


def test_a_buffer_that_no_file_holds_is_named() -> None:
    filled = network()
    filled.register_buffer("window", torch.empty(3, device="meta"), persistent=False)

    with pytest.raises(SeparatorError, match="needs window, which no file holds"):
        fill(filled, weights(), where="a")
