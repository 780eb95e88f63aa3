"""What a file of weights is, in numbers."""

from __future__ import annotations

from pathlib import Path

import torch

from sepeval.checkpoints import inspect
from tests.checkpoints import tiny


def count(*prefixes: str) -> int:
    return sum(
        one.numel()
        for prefix in prefixes
        for one in tiny.tensors(prefix, *([tiny.TIME] if "pre_trained" in prefix else [])).values()
    )


def test_a_tensor_under_two_names_counts_once(tmp_path: Path) -> None:
    found = inspect(tiny.diffusion(tmp_path / "a.ckpt"))

    refiner = count("model.unet.")
    assert found.parameters - found.unique == refiner
    assert found.unique == refiner + count(tiny.EXTRACTOR)


def test_groups_are_the_parts_and_what_is_not_needed(tmp_path: Path) -> None:
    found = inspect(tiny.consistency(tmp_path / "a.ckpt"))

    assert [(one.prefix, one.role) for one in found.groups] == [
        (tiny.EXTRACTOR, "extractor"),
        ("net.model.unet.", "refiner"),
        ("teacher_model.", "not needed"),
        ("target_model.", "not needed"),
    ]
    assert sum(one.parameters for one in found.groups) == found.parameters
    assert sum(one.tensors for one in found.groups) == len(found.shapes)


def test_an_unknown_layout_is_a_problem_and_no_error(tmp_path: Path) -> None:
    torch.save({"a.b": torch.ones(2, dtype=torch.float16)}, tmp_path / "a.pt")

    found = inspect(tmp_path / "a.pt")

    assert found.layout is None
    assert found.problem.startswith("no known layout")
    assert found.types == {"float16": 1}
