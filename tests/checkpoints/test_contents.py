"""Which layout a file has, and the networks in it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from sepeval.checkpoints import Checkpoint, contents, groups, part, read, recognised
from sepeval.checkpoints.card import Card, as_yaml, beside
from sepeval.checkpoints.plain import Plain
from sepeval.errors import SeparatorError
from tests.checkpoints import tiny
from tests.shared_data import GOLDEN

DICTS = Path(os.environ.get("SEPEVAL_FACTS", GOLDEN.parent / "facts")) / "state_dicts"

PUBLISHED = [
    ("Deterministic_model_unet", "dicose-unet", "deterministic", {"network": 405_231_900}),
    (
        "diffusion_model_unet",
        "dicose-unet",
        "diffusion",
        {"extractor": 405_231_900, "refiner": 405_496_220},
    ),
    (
        "CD_unet",
        "dicose-unet",
        "consistency",
        {"extractor": 405_231_900, "refiner": 405_496_220},
    ),
    ("Deterministic_model_MSST_bs_roformer", "bs-roformer", "deterministic", {"network": None}),
    (
        "diffusion_model_MSST_bs_roformer",
        "bs-roformer",
        "diffusion",
        {"extractor": None, "refiner": None},
    ),
    (
        "CD_MSST_bs_roformer",
        "bs-roformer",
        "consistency",
        {"extractor": None, "refiner": None},
    ),
    ("MSDM_4ch", "msdm", "diffusion", {"network": 405_497_700}),
]


def of(state: dict[str, Tensor], hyper: dict[str, Plain] | None = None) -> Checkpoint:
    return Checkpoint(Path("a.ckpt"), "state dict", state, hyper or {})


def empty(name: str) -> dict[str, Tensor]:
    """The published tensors, without numbers."""
    table: dict[str, Any] = json.loads((DICTS / f"{name}.json").read_text(encoding="utf-8"))
    return {
        key: torch.empty(one["shape"], dtype=getattr(torch, one["dtype"]), device="meta")
        for key, one in table["tensors"].items()
    }


@pytest.mark.data
@pytest.mark.skipif(not DICTS.is_dir(), reason=f"no published names at {DICTS}")
@pytest.mark.parametrize(("name", "separator", "kind", "parts"), PUBLISHED)
def test_published_names_are_recognised(
    name: str, separator: str, kind: str, parts: dict[str, int | None]
) -> None:
    found = contents(of(empty(name)))

    assert (found.layout.separator, found.layout.kind) == (separator, kind)
    assert found.networks.keys() == parts.keys()
    for own, count in parts.items():
        network = found.networks[own]
        assert count in (None, sum(one.numel() for one in network.tensors.values()))
        assert not any(key.startswith(("model.", "net.", "diffusion.")) for key in network.tensors)


@pytest.mark.data
@pytest.mark.skipif(not DICTS.is_dir(), reason=f"no published names at {DICTS}")
@pytest.mark.parametrize("name", [row[0] for row in PUBLISHED])
def test_a_published_file_without_hyper_parameters_gets_those_that_are_published(name: str) -> None:
    found = contents(of(empty(name)))

    for network in found.networks.values():
        if found.layout.separator == "bs-roformer":
            assert network.hyper["stft_hop_length"] == 441
        else:
            assert network.hyper == {"attention_heads": 8, "resnet_groups": 8}


@pytest.mark.data
@pytest.mark.skipif(not DICTS.is_dir(), reason=f"no published names at {DICTS}")
def test_msst_is_bs_roformer_under_its_own_names() -> None:
    bare = part(empty("Deterministic_model_MSST_bs_roformer"), "model.unet.")

    found = recognised(of(bare))

    assert found.name == "MSST, BS-RoFormer"
    assert found.separator == "bs-roformer"


def test_a_deterministic_network_is_recognised() -> None:
    found = recognised(of(tiny.tensors("model.unet.", tiny.TIME)))

    assert (found.separator, found.kind) == ("dicose-unet", "deterministic")
    assert found.stems == ("bass", "drums", "guitar", "piano")


def test_a_network_without_hyper_parameters_that_is_not_the_published_one_gets_none() -> None:
    found = contents(of(tiny.tensors("model.unet.", tiny.TIME)))

    assert found.networks["network"].hyper == {}


def test_second_names_of_the_same_tensors_stay_out(tmp_path: Path) -> None:
    found = contents(read(tiny.diffusion(tmp_path / "a.ckpt")))

    assert found.networks["refiner"].tensors.keys() == tiny.SHAPES.keys()
    assert found.networks["extractor"].tensors.keys() == tiny.SHAPES.keys() - {tiny.TIME}
    assert found.sigma_data == 0.2


def test_the_student_is_used_and_neither_teacher_nor_average(tmp_path: Path) -> None:
    found = contents(read(tiny.consistency(tmp_path / "a.ckpt")))

    student = tiny.tensors("net.model.unet.")
    for name, one in found.networks["refiner"].tensors.items():
        assert torch.equal(one, student["net.model.unet." + name])
    assert found.networks["refiner"].hyper["attention_heads"] == 1
    assert found.sigma_data == 0.06


@pytest.mark.parametrize(("channels", "separator"), [(4, "msdm"), (1, "isdm")])
def test_channels_tell_msdm_from_isdm(channels: int, separator: str) -> None:
    state = tiny.tensors("model.unet.", tiny.LABEL, **{tiny.INPUT: (4, channels, 3)})

    assert recognised(of(state)).separator == separator


def test_a_tensor_besides_is_named() -> None:
    state = {**tiny.tensors("model.unet.", tiny.TIME), "evil.weight": torch.ones(1)}

    with pytest.raises(SeparatorError, match=r"1 tensors besides: evil\.weight"):
        recognised(of(state))


def test_unknown_names_are_told_by_group() -> None:
    state = {"encoder.a": torch.ones(1), "encoder.b": torch.ones(1), "head": torch.ones(1)}

    with pytest.raises(SeparatorError, match=r"encoder\.\* \(2\), head\* \(1\)"):
        recognised(of(state))


def test_open_unmix_and_msg_are_told_by_their_names() -> None:
    names = ("fc1.weight", "lstm.weight_ih_l0", "fc3.weight", "output_mean")

    assert recognised(of(dict.fromkeys(names, torch.ones(1)))).separator == "open-unmix"
    state = dict.fromkeys(("outconv.weight", "encoder.0.0.weight"), torch.ones(1))
    assert recognised(of(state)).separator == "msg"


def test_demucs_is_told_by_its_class() -> None:
    hyper: dict[str, Plain] = {"klass": "demucs.hdemucs.HDemucs", "args": [], "kwargs": {"a": 1}}

    found = contents(of({"w": torch.ones(1)}, hyper))

    assert found.layout.separator == "demucs"
    assert found.networks["network"].hyper == hyper


def test_a_card_says_what_weights_of_unknown_names_are(tmp_path: Path) -> None:
    torch.save({"net.w": torch.ones(1)}, tmp_path / "a.pt")
    card = Card(
        separator="my-separator",
        architecture={"width": 3},
        rate=8000,
        channels=1,
        stems=["vocals"],
        segment=None,
        precision="fp32",
    )
    beside(tmp_path / "a.pt").write_text(as_yaml(card))

    found = contents(read(tmp_path / "a.pt"))

    assert found.layout.separator == "my-separator"
    assert found.layout.stems == ("vocals",)
    assert found.networks["network"].hyper == {"width": 3}
    assert list(found.networks["network"].tensors) == ["net.w"]


def test_a_card_beside_a_known_layout_adds_what_the_file_does_not_say(tmp_path: Path) -> None:
    path = tiny.lightning(tmp_path / "a.ckpt", tiny.tensors("model.unet.", tiny.TIME), {})
    card = Card(
        separator="dicose-unet",
        kind="deterministic",
        architecture={"attention_heads": 2, "resnet_groups": 4},
        rate=16000,
        channels=1,
        stems=["a", "b", "c", "d"],
        segment=512,
        precision="fp32",
    )
    beside(path).write_text(as_yaml(card))

    found = contents(read(path))

    assert found.networks["network"].hyper == {"attention_heads": 2, "resnet_groups": 4}
    assert found.networks["network"].tensors.keys() == tiny.SHAPES.keys() - {tiny.TIME}
    assert (found.layout.rate, found.layout.segment) == (16000, 512)


def test_groups_are_those_of_the_longest_prefix() -> None:
    names = ["net.model.a", "net.b", "net.model.c", "head"]

    found = groups(names, ["net.", "net.model."])

    assert found == {
        "net.model.": ["net.model.a", "net.model.c"],
        "net.": ["net.b"],
        "head": ["head"],
    }
