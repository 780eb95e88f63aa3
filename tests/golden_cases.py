"""Reference outputs of separators, outside the repository, for tests marked `data`.

The noise of a case is not stored but a function of case, run and number of the draw; the weights
of some cases are a function of the parameter's name. Both rules are in the folder's README.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from tests.shared_data import GOLDEN

CASES = GOLDEN / "separators"
STATE_DICTS = GOLDEN.parent / "facts" / "state_dicts"
ATOL = 1e-5  # float32 on a CPU: another order of additions changes 1e-6

needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason=f"no reference outputs at {CASES}")
needs_state_dicts = pytest.mark.skipif(
    not STATE_DICTS.is_dir(), reason=f"no lists of parameters at {STATE_DICTS}"
)


@dataclass(frozen=True)
class Case:
    """One folder of reference outputs.

    Attributes:
        document: configuration and runs.
        tensors: inputs `in/...` and outputs `out/...`.
        folder: where weights lie, if they are stored.
    """

    document: dict[str, Any]
    tensors: dict[str, Tensor]
    folder: Path

    def weights(self, label: str) -> dict[str, Tensor]:
        return load_file(self.folder / f"{label}.safetensors")

    def deviation(self, found: Tensor, name: str) -> float:
        """The largest difference from a stored output."""
        expected = self.tensors[f"out/{name}"]
        assert found.shape == expected.shape
        return float((found - expected).abs().max())


@cache
def case(name: str) -> Case:
    folder = CASES / name
    document = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    return Case(document, load_file(folder / "tensors.safetensors"), folder)


def noise(name: str, shape: tuple[int, ...]) -> Tensor:
    """The standard normal numbers that belong to a name."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return torch.from_numpy(generator.standard_normal(shape, dtype=np.float32))


def draws(run: str, shape: tuple[int, ...]) -> Callable[[], Tensor]:
    """The noise of `case/run`, draw by draw."""
    numbers = count()
    return lambda: noise(f"{run}:{next(numbers)}", shape)


def listed(name: str, prefix: str) -> dict[str, tuple[int, ...]]:
    """Shapes of a published checkpoint's tensors below a prefix, by their bare names."""
    document = json.loads((STATE_DICTS / f"{name}.json").read_text(encoding="utf-8"))
    tensors = document["tensors"]
    return {
        key.removeprefix(prefix): tuple(entry["shape"])
        for key, entry in tensors.items()
        if key.startswith(prefix)
    }


def shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def fill_by_name(network: nn.Module, label: str) -> None:
    """Give each parameter the values that belong to its name."""
    with torch.no_grad():
        for key, parameter in network.named_parameters():
            if not key.endswith("rotary_embed.freqs"):
                parameter.copy_(_named(label, key, tuple(parameter.shape)))


def _named(label: str, key: str, shape: tuple[int, ...]) -> Tensor:
    values = noise(f"{label}:{key}", shape)
    if key.endswith((".g", ".gamma", "groupnorm.weight")):
        return 1.0 + 0.1 * values
    if key.endswith("bias") and len(shape) == 1:
        return 0.02 * values
    if key.endswith("to_time.0.0.weights"):
        return values
    if "embedding" in key:
        return 0.5 * values
    scale: float = _gain(label, key) / (values.numel() / shape[0]) ** 0.5
    return values * scale


def _gain(label: str, key: str) -> float:
    if key.startswith("to_out."):
        return {"det": 0.35, "diff": 0.45, "cd": 0.45, "msdm": 0.12}[label]
    return 1.8 if key.startswith("mask_estimators.") else 0.7
