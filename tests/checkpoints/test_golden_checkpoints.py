"""Six checkpoints as Lightning wrote them around the published classes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from sepeval.checkpoints import contents, convert, fill, read
from sepeval.checkpoints.contents import Network
from sepeval.errors import SeparatorError
from sepeval.networks.bs_roformer.config import config_of as bands_config
from sepeval.networks.bs_roformer.config import refiner_config_of
from sepeval.networks.bs_roformer.network import BSRoFormer
from sepeval.networks.bs_roformer.refiner import Refiner
from sepeval.networks.unet1d.config import config_of as unet_config
from sepeval.networks.unet1d.network import UNet1d
from tests.checkpoints import tiny
from tests.shared_data import GOLDEN

FOLDER = GOLDEN / "separators" / "layout_tiny"
NAMES = (
    "Deterministic_model_unet",
    "diffusion_model_unet",
    "CD_unet",
    "Deterministic_model_MSST_bs_roformer",
    "diffusion_model_MSST_bs_roformer",
    "CD_MSST_bs_roformer",
)
FOREIGN = {
    "audio_diffusion_pytorch",
    "lightning",
    "pytorch_lightning",
    "omegaconf",
    "main",
    "demucs",
    "audio_diffusion_pytorch_",
}

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no checkpoints at {FOLDER}"),
]


def network(separator: str, part: str, found: Network) -> torch.nn.Module:
    """A network without numbers, of the shape that a checkpoint tells."""
    with torch.device("meta"):
        if separator == "dicose-unet":
            return UNet1d(unet_config(found.shapes, found.hyper))
        if part == "refiner":
            return Refiner(refiner_config_of(found.shapes, found.hyper))
        return BSRoFormer(bands_config(found.shapes, found.hyper))


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_without_any_foreign_package(name: str) -> None:
    case: dict[str, Any] = json.loads((FOLDER / "case.json").read_text(encoding="utf-8"))
    expected = case["results"][name]
    before = set(sys.modules)

    found = read(FOLDER / f"{name}.ckpt")

    assert found.format == "lightning"
    assert len(found.tensors) == expected["n_state_keys"]
    assert found.hyper.keys() == expected["hparams_types"].keys()
    assert not {module.partition(".")[0] for module in set(sys.modules) - before} & FOREIGN


@pytest.mark.parametrize("name", NAMES)
def test_its_networks_are_filled_strictly(name: str) -> None:
    found = contents(read(FOLDER / f"{name}.ckpt"))

    kinds = {"Det": "deterministic", "dif": "diffusion", "CD_": "consistency"}
    assert found.layout.kind == kinds[name[:3]]
    sigma_data = 0.06 if "MSST" in name else 0.2
    assert found.sigma_data == (None if name.startswith("Det") else sigma_data)
    for part, one in found.networks.items():
        fill(network(found.layout.separator, part, one), one.tensors, where=name)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_converted_bit_for_bit(name: str, tmp_path: Path) -> None:
    source = contents(read(FOLDER / f"{name}.ckpt"))

    convert(FOLDER / f"{name}.ckpt", tmp_path / "a.safetensors")

    found = contents(read(tmp_path / "a.safetensors"))
    assert (found.layout.separator, found.layout.kind) == (
        source.layout.separator,
        source.layout.kind,
    )
    assert found.sigma_data == source.sigma_data
    for part, one in source.networks.items():
        again = found.networks[part]
        assert again.hyper == one.hyper
        assert again.tensors.keys() == one.tensors.keys()
        assert all(torch.equal(again.tensors[key], value) for key, value in one.tensors.items())
        fill(network(found.layout.separator, part, again), again.tensors, where=name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("module", "function", "told"),
    [
        ("posix", "system", "posix.system"),
        ("__builtin__", "eval", "builtins.eval"),
        ("main.model_simple", "Audio_DM_Model_simple", "main.model_simple.Audio_DM_Model_simple"),
    ],
)
def test_an_added_global_is_refused_by_name(
    name: str, module: str, function: str, told: str, tmp_path: Path
) -> None:
    copy = tmp_path / "a.ckpt"
    copy.write_bytes((FOLDER / f"{name}.ckpt").read_bytes())
    marker = tmp_path / "it ran"
    spoiled = tiny.rewritten(copy, tiny.calling(module, function, f"touch '{marker}'"))

    with pytest.raises(SeparatorError, match=told):
        read(spoiled)

    assert not marker.exists()


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("name", NAMES)
def test_a_copy_that_is_cut_short_is_refused(name: str, kept: float, tmp_path: Path) -> None:
    content = (FOLDER / f"{name}.ckpt").read_bytes()
    (tmp_path / "a.ckpt").write_bytes(content[: int(len(content) * kept)])

    with pytest.raises(SeparatorError, match=r"a\.ckpt: is (empty|cut short or damaged)"):
        read(tmp_path / "a.ckpt")


@pytest.mark.parametrize("name", NAMES)
def test_a_tensor_too_few_too_many_or_misshapen_is_named(name: str) -> None:
    found = contents(read(FOLDER / f"{name}.ckpt"))
    for part, one in found.networks.items():
        key = list(one.tensors)[-1]
        few = {name: value for name, value in one.tensors.items() if name != key}
        spoiled = {
            rf"1 missing: {key}$": few,
            r"1 unexpected: extra\.weight$": {**one.tensors, "extra.weight": torch.ones(1)},
            rf"1 of another shape: {key} is \[7, 7\]": {**one.tensors, key: torch.ones(7, 7)},
        }

        for told, tensors in spoiled.items():
            with pytest.raises(SeparatorError, match=told):
                fill(network(found.layout.separator, part, one), tensors, where=name)
