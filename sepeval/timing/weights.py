"""Networks of the published size with random weights, from a card: no checkpoint is needed.

The time of a network depends on its shape and not on its weights, as long as these give finite
numbers. So a card says the shape, weights are drawn and written as a converted checkpoint, and the
separator loads them as it loads any other. They serve for timing and for nothing else.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sepeval.checkpoints import Card, beside, card_of, save
from sepeval.errors import SeparatorError
from sepeval.fingerprint import of_document

if TYPE_CHECKING:
    from torch import Tensor, nn

RANDOM = "random"  # stands for a checkpoint; `random:PATH` names a card
_CARDS = Path(__file__).parent / "cards"
_REFINED = ("stacked", "diffusion", "consistency")  # kinds with a second network


def carded() -> tuple[str, ...]:
    """Return the separators of which there is a card of the published shape."""
    return tuple(sorted(path.stem for path in _CARDS.glob("*.yaml")))


def card_named(text: str, separator: str) -> Card:
    """Return the card that `random` or `random:PATH` stands for.

    Args:
        text: as it is given for a checkpoint.
        separator: registered name.

    Raises:
        SeparatorError: there is no such card, or it belongs to another separator.
    """
    _, _, given = text.partition(":")
    path = Path(given) if given else _CARDS / f"{separator}.yaml"
    if not path.is_file():
        known = ", ".join(carded())
        message = (
            f"{path}: no such card"
            if given
            else f"random weights of {separator!r}: no card is "
            f"known; there are cards of {known}; name one by checkpoint=random:PATH"
        )
        raise SeparatorError(message)
    if path.suffix != ".yaml":
        raise SeparatorError(f"{path}: a card ends in .yaml")
    card = card_of(path.with_suffix(""))
    if card is None or card.separator != separator:
        found = card.separator if card else "nothing"
        raise SeparatorError(f"{path}: expected a card of {separator!r}; found {found!r}")
    return card


def random_checkpoint(card: Card, kind: str, folder: Path, *, seed: int = 0) -> Path:
    """Write random weights for a kind of a separator, unless they are there, and return the path.

    Args:
        card: of the shape: `architecture` has the fields of the network's configuration under
            `extractor`, and those in which the refiner differs under `refiner`.
        kind: `deterministic`, `stacked`, `diffusion` or `consistency`.
        folder: where the weights are written; full size takes 4 bytes per parameter.
        seed: that they are drawn from.

    Raises:
        SeparatorError: the card does not fit, or nothing can be written.
    """
    key = of_document([card.model_dump(mode="json"), seed])[:8]
    path = folder / f"{card.separator}-{kind}-{key}.safetensors"
    if beside(path).exists():
        return path
    networks = shapes(card, kind)
    parts = {
        name: drawn(network, seed=seed + place)
        for place, (name, network) in enumerate(networks.items())
    }
    architecture = {name: _hyper(card, name) for name in networks}
    if len(networks) == 1:
        parts, architecture = {"network": parts["extractor"]}, architecture["extractor"]
    sigma = card.sigma_data if kind in ("diffusion", "consistency") else None
    update = {"kind": kind, "architecture": architecture, "sigma_data": sigma, "sha256": ""}
    save(path, parts, card.model_copy(update=update))
    with path.open("rb") as file:
        os.fsync(file.fileno())  # or gigabytes would go to the disk while a clock runs
    return path


def shapes(card: Card, kind: str) -> dict[str, nn.Module]:
    """Return the networks of a kind without weights, on the meta device.

    Raises:
        SeparatorError: the card does not fit.
    """
    import torch

    try:
        builder = {"dicose-unet": _unet, "bs-roformer": _bands}[card.separator]
    except KeyError:
        message = (
            f"{card.separator}: random weights can be had for dicose-unet and bs-roformer; give "
            "the others a checkpoint"
        )
        raise SeparatorError(message) from None
    try:
        with torch.device("meta"):
            return builder(card, kind)
    except (TypeError, KeyError) as error:
        message = f"the card of {card.separator} does not say the shape: {error}"
        raise SeparatorError(message) from error


def drawn(network: nn.Module, *, seed: int) -> dict[str, Tensor]:
    """Return random weights that keep the signal finite: scales 1, offsets 0, the rest normal."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    found = {}
    for name, tensor in network.state_dict().items():
        if tensor.ndim < 2:
            found[name] = torch.full(tensor.shape, 0.0 if name.endswith("bias") else 1.0)
        else:
            gain = 0.7 / (tensor.numel() / tensor.shape[0]) ** 0.5
            found[name] = torch.randn(tensor.shape, generator=generator) * gain
    return found


def _unet(card: Card, kind: str) -> dict[str, nn.Module]:
    from sepeval.networks.unet1d.config import UNet1dConfig
    from sepeval.networks.unet1d.network import UNet1d

    config = UNet1dConfig(**_fields(card, "extractor"))
    found: dict[str, nn.Module] = {"extractor": UNet1d(config)}
    if kind in _REFINED:
        own = UNet1dConfig(**_fields(card, "refiner"))
        found["refiner"] = UNet1d(dataclasses.replace(own, has_time=kind != "stacked"))
    return found


def _bands(card: Card, kind: str) -> dict[str, nn.Module]:
    from sepeval.networks.bs_roformer.config import BSRoFormerConfig, RefinerConfig
    from sepeval.networks.bs_roformer.network import BSRoFormer
    from sepeval.networks.bs_roformer.refiner import Refiner

    trunk = BSRoFormerConfig(**_fields(card, "extractor"))
    found: dict[str, nn.Module] = {"extractor": BSRoFormer(trunk)}
    if kind in _REFINED:
        hidden = _fields(card, "refiner")["stft_adapter_hidden"]
        found["refiner"] = Refiner(RefinerConfig(trunk, hidden, use_context_time=kind != "stacked"))
    return found


def _fields(card: Card, part: str) -> dict[str, Any]:
    """The fields of a part's configuration; a refiner has those of the extractor and its own."""
    own = {**_mapping(card, "extractor"), **(_mapping(card, part) if part == "refiner" else {})}
    return {name: tuple(one) if isinstance(one, list) else one for name, one in own.items()}


def _mapping(card: Card, part: str) -> Mapping[str, Any]:
    found = card.architecture[part]
    if not isinstance(found, dict):
        raise SeparatorError(f"the card of {card.separator}: {part} is no mapping")
    return found


def _hyper(card: Card, part: str) -> dict[str, Any]:
    """What the weights do not tell, by the names that a converted checkpoint has for it."""
    fields = {**_mapping(card, "extractor"), **(_mapping(card, part) if part == "refiner" else {})}
    if card.separator == "dicose-unet":
        return {"attention_heads": fields["heads"], "resnet_groups": fields["groups"]}
    return fields
