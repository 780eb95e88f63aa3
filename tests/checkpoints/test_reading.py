"""Every form of file gives the same tensors, and none of them runs."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from sepeval.checkpoints import part, read
from sepeval.errors import SeparatorError
from tests.checkpoints import tiny

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.steps": torch.tensor(7)}


def same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> bool:
    return found.keys() == expected.keys() and all(
        one.dtype == expected[key].dtype and torch.equal(one, expected[key])
        for key, one in found.items()
    )


def test_safetensors_gives_its_tensors(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "a.safetensors")

    found = read(tmp_path / "a.safetensors")

    assert found.format == "safetensors"
    assert same(dict(found.tensors), STATE)
    assert found.shapes == {"a.weight": (2, 3), "a.steps": ()}


@pytest.mark.parametrize("key", ["", "state", "state_dict", "model_state_dict"])
def test_a_state_dict_is_found_wherever_trainers_put_it(tmp_path: Path, key: str) -> None:
    torch.save({key: STATE, "epoch": 3} if key else STATE, tmp_path / "a.pt")

    found = read(tmp_path / "a.pt")

    assert found.format == "state dict"
    assert same(dict(found.tensors), STATE)


def test_a_file_older_than_torch_1_6_is_read(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "a.pth", _use_new_zipfile_serialization=False)

    assert same(dict(read(tmp_path / "a.pth").tensors), STATE)


def test_parameters_become_tensors(tmp_path: Path) -> None:
    torch.save({"a": torch.nn.Parameter(torch.ones(2))}, tmp_path / "a.pt")

    (found,) = read(tmp_path / "a.pt").tensors.values()

    assert type(found) is torch.Tensor
    assert not found.requires_grad


def test_hyper_parameters_of_lightning_become_plain(tmp_path: Path) -> None:
    found = read(tiny.diffusion(tmp_path / "a.ckpt"))

    assert found.format == "lightning"
    assert found.hyper["diffusion_sigma_data"] == 0.2
    assert found.hyper["diffusion_sigma_distribution"] == {"mean": -3.0}


def test_namespaces_become_mappings(tmp_path: Path) -> None:
    found = read(tiny.consistency(tmp_path / "a.ckpt"))

    cfg = found.hyper["cfg"]
    assert isinstance(cfg, dict)
    assert cfg["diffusion"] == {"sigma_data": 0.06}


def test_demucs_keeps_its_class_as_a_name(tmp_path: Path) -> None:
    with tiny.foreign("demucs.htdemucs", "HTDemucs") as kind:
        document = {
            "klass": kind,
            "args": (),
            "kwargs": {"sources": ["drums", "bass"], "segment": Fraction(39, 5)},
            "state": {"w": torch.ones(2, dtype=torch.float16)},
            "training_args": {},
        }
        torch.save(document, tmp_path / "a-01234567.th")

    found = read(tmp_path / "a-01234567.th")

    assert found.format == "demucs"
    assert found.hyper["klass"] == "demucs.htdemucs.HTDemucs"
    assert found.hyper["kwargs"] == {"sources": ["drums", "bass"], "segment": "39/5"}
    assert found.tensors["w"].dtype == torch.float16
    assert "demucs.htdemucs" not in sys.modules


def test_an_omegaconf_list_becomes_a_list(tmp_path: Path) -> None:
    with (
        tiny.foreign("omegaconf.listconfig", "ListConfig") as listed,
        tiny.foreign("omegaconf.nodes", "AnyNode") as node,
    ):
        hyper = {"factors": listed(_content=[node(_val=4), node(_val=2)], _parent=None)}
        tiny.lightning(tmp_path / "a.ckpt", STATE, hyper)

    assert read(tmp_path / "a.ckpt").hyper["factors"] == [4, 2]


def test_metadata_of_safetensors_stays_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metadata = {"klass": "builtins.print", "args": '["called"]', "kwargs": "{}"}
    save_file(STATE, tmp_path / "a.safetensors", metadata=metadata)

    found = read(tmp_path / "a.safetensors")

    assert found.hyper == {"klass": "builtins.print", "args": ["called"], "kwargs": {}}
    assert capsys.readouterr().out == ""


def test_part_takes_a_prefix_away() -> None:
    found = part({"net.a": STATE["a.weight"], "network": STATE["a.steps"]}, "net.")

    assert list(found) == ["a"]


def test_digest_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"")
    save_file({"a": torch.zeros(1)}, tmp_path / "a.safetensors")
    import hashlib

    expected = hashlib.sha256((tmp_path / "a.safetensors").read_bytes()).hexdigest()
    assert read(tmp_path / "a.safetensors").sha256() == expected


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SeparatorError, match=r"a\.pt: no such file"):
        read(tmp_path / "a.pt")


def test_no_foreign_package_is_imported(tmp_path: Path) -> None:
    tiny.diffusion(tmp_path / "a.ckpt")
    before = set(sys.modules)

    read(tmp_path / "a.ckpt")

    loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
    assert not loaded & {"audio_diffusion_pytorch_", "omegaconf", "lightning", "demucs"}
