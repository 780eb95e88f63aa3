"""The small BS-RoFormer family of the reference values, built and filled with its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from safetensors.torch import load_file
from torch import Tensor

from sepeval.networks.bs_roformer.config import config_of, refiner_config_of
from sepeval.networks.bs_roformer.network import BSRoFormer
from sepeval.networks.bs_roformer.refiner import Refiner
from tests.shared_data import GOLDEN

FOLDER = GOLDEN / "separators" / "bsrf_small"
SIGMA_DATA = 0.06

needs_bsrf_small = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no reference values at {FOLDER}"
)


@cache
def case() -> Mapping[str, Any]:
    document = json.loads((FOLDER / "case.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


@cache
def tensors() -> Mapping[str, Tensor]:
    return load_file(FOLDER / "tensors.safetensors")


@cache
def extractor() -> BSRoFormer:
    weights = load_file(FOLDER / "det.safetensors")
    network = BSRoFormer(config_of(shapes(weights), case()["config"]))
    network.load_state_dict(weights)
    return network.eval()


@cache
def refiner(name: str) -> Refiner:
    """`diff`, `cd` or `det2`."""
    weights = load_file(FOLDER / f"{name}.safetensors")
    network = Refiner(refiner_config_of(shapes(weights), case()["config"]))
    network.load_state_dict(weights)
    return network.eval()


def shapes(weights: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in weights.items()}


def deviation(found: Tensor, name: str) -> float:
    """Largest distance to a reference tensor."""
    expected = tensors()[name]
    assert found.shape == expected.shape
    return (found - expected).abs().max().item()
