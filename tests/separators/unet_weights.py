"""Tiny random weights of 1-D U-Nets with cards, at 8 kHz: bass and drums."""

import dataclasses
from pathlib import Path

import torch

from sepeval.checkpoints import Card, save
from sepeval.networks.unet1d.config import UNet1dConfig
from sepeval.networks.unet1d.network import UNet1d
from sepeval.separators.dicose_unet import DicoseUNet

STEMS = ("bass", "drums")
RATE = 8000
REFINER = UNet1dConfig(
    in_channels=1,
    channels=16,
    patch=4,
    multipliers=(1, 1, 2),
    factors=(2, 4),
    num_blocks=(1, 1),
    attentions=(False, True),
    heads=2,
    head_features=4,
    feed_forward=1,
    groups=4,
    kernel_multiplier=2,
    labels=2,
    has_time=True,
    has_bottleneck_attention=True,
)
EXTRACTOR = dataclasses.replace(REFINER, has_time=False)
JOINT = dataclasses.replace(REFINER, in_channels=2, labels=0)
ALONE = dataclasses.replace(REFINER, labels=0)
HYPER = {"attention_heads": 2, "resnet_groups": 4}


def weights(config: UNet1dConfig, *, seed: int) -> dict[str, torch.Tensor]:
    """Parameters that make a network of moderate gain, the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    with torch.device("meta"):
        network = UNet1d(config)
    return {
        name: _values(name, tuple(one.shape), generator)
        for name, one in network.state_dict().items()
    }


def _values(name: str, shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    values = torch.randn(shape, generator=generator)
    if name.endswith((".g", "groupnorm.weight")):
        return 1.0 + 0.1 * values
    if len(shape) == 1:
        return 0.02 * values
    gain: float = (0.2 if name.startswith("to_out.") else 0.7) / (values.numel() / shape[0]) ** 0.5
    return values * gain


def card(separator: str, kind: str, parts: tuple[str, ...], **changes: object) -> Card:
    return Card.model_validate(
        {
            "separator": separator,
            "kind": kind,
            "architecture": {part: dict(HYPER) for part in parts},
            "rate": RATE,
            "channels": 1,
            "stems": list(STEMS),
            "segment": 1024,
            "precision": "fp32",
            "sigma_data": None if kind in ("deterministic", "stacked") else 0.2,
            **changes,
        }
    )


def deterministic(folder: Path) -> str:
    path = folder / "det.safetensors"
    parts = {"network": weights(EXTRACTOR, seed=1)}
    save(path, parts, card("dicose-unet", "deterministic", ("network",)))
    return str(path)


def pair(folder: Path, kind: str) -> str:
    path = folder / f"{kind}.safetensors"
    config = EXTRACTOR if kind == "stacked" else REFINER
    parts = {"extractor": weights(EXTRACTOR, seed=1), "refiner": weights(config, seed=2)}
    save(path, parts, card("dicose-unet", kind, ("extractor", "refiner")))
    return str(path)


def stacked(folder: Path) -> str:
    return pair(folder, "stacked")


def diffusion(folder: Path) -> str:
    return pair(folder, "diffusion")


def consistency(folder: Path) -> str:
    return pair(folder, "consistency")


def msdm(folder: Path) -> str:
    path = folder / "msdm.safetensors"
    save(path, {"network": weights(JOINT, seed=3)}, card("msdm", "diffusion", ("network",)))
    return str(path)


def isdm(folder: Path) -> str:
    for number, stem in enumerate(STEMS):
        found = card("isdm", "diffusion", ("network",), stems=[stem])
        save(folder / f"{stem}.safetensors", {"network": weights(ALONE, seed=4 + number)}, found)
    path = folder / "isdm.yaml"
    lines = [f"  {stem}: {stem}.safetensors\n" for stem in STEMS]
    path.write_text("stems:\n" + "".join(lines), encoding="utf-8")
    return str(path)


def separator(folder: Path) -> DicoseUNet:
    own = folder / "inner"
    own.mkdir()
    return DicoseUNet(checkpoint=deterministic(own), kind="deterministic", channels="each")
