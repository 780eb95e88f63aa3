"""The networks in a checkpoint: what they are, and they themselves, filled."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from sepeval.errors import SeparatorError
from sepeval.inference import Device
from sepeval.separators.base import Plain

if TYPE_CHECKING:
    from sepeval.checkpoints import Layout, Network
    from sepeval.networks.unet1d.config import UNet1dConfig
    from sepeval.networks.unet1d.network import UNet1d

NAME = "dicose-unet"
Kind: TypeAlias = Literal["deterministic", "stacked", "diffusion", "consistency"]


class Opened(NamedTuple):
    """What a checkpoint holds for a kind.

    Attributes:
        layout: what it is.
        rate: in Hz.
        sigma_data: standard deviation of the clean stems; None where the file does not say.
        networks: weights of the `extractor`, and of the `refiner` where the kind has one.
        configs: what shapes them.
    """

    layout: Layout
    rate: int
    sigma_data: float | None
    networks: Mapping[str, Network]
    configs: Mapping[str, UNet1dConfig]


@lru_cache(maxsize=2)
def opened(path: Path, digest: str, kind: Kind) -> Opened:  # noqa: ARG001 - the digest is a key
    """Return the weights in a file and the networks of a kind that they belong to.

    Raises:
        SeparatorError: the file holds no such networks, or its card does not fit them.
    """
    from sepeval.checkpoints import contents, read
    from sepeval.networks.unet1d.config import config_of

    found = contents(read(path))
    layout = found.layout
    serves = kind == "deterministic" or (kind == layout.kind and "refiner" in found.networks)
    if layout.separator != NAME or not serves:
        message = (
            f"{path}: holds weights of {layout.separator}, kind {layout.kind} ({layout.name}); "
            f"they do not serve {NAME}, kind {kind}"
        )
        raise SeparatorError(message)
    first = "extractor" if "extractor" in found.networks else "network"
    networks = {"extractor": found.networks[first]}
    if kind != "deterministic":
        networks["refiner"] = found.networks["refiner"]
    configs = {name: config_of(one.shapes, one.hyper) for name, one in networks.items()}
    rate = _checked_rate(path, kind, layout, configs)
    return Opened(layout, rate, found.sigma_data, networks, configs)


def _checked_rate(
    path: Path, kind: Kind, layout: Layout, configs: Mapping[str, UNet1dConfig]
) -> int:
    """Return the rate; refuse networks that do not make the kind together, and other stems."""
    extractor = configs["extractor"]
    times = {"extractor": False, "refiner": kind != "stacked"}  # who hears the noise level
    for name, config in configs.items():
        wanted = dataclasses.replace(extractor, has_time=times[name])
        if config != wanted:
            message = f"{path}: for kind {kind} the {name} must be {wanted}; found {config}"
            raise SeparatorError(message)
    heard = (len(layout.stems), layout.channels)
    if layout.rate is None or heard != (extractor.labels, extractor.in_channels):
        message = (
            f"{path}: its card gives {heard[0]} stems and {heard[1]} channels at {layout.rate} Hz; "
            f"the network has {extractor.labels} stems and {extractor.in_channels} channels"
        )
        raise SeparatorError(message)
    return layout.rate


@lru_cache(maxsize=1)
def loaded(path: Path, digest: str, kind: Kind, device: Device) -> Mapping[str, UNet1d]:
    """Return the networks of a kind, with their weights, in evaluation mode, on the device.

    The last one asked for is kept.
    """
    import torch

    from sepeval.checkpoints import fill
    from sepeval.networks.unet1d.network import UNet1d

    found = opened(path, digest, kind)
    networks: dict[str, UNet1d] = {}
    for name, config in found.configs.items():
        with torch.device("meta"):
            networks[name] = UNet1d(config).eval()
        fill(networks[name], found.networks[name].tensors, where=f"{path} ({name})")
        networks[name].to(device)
    return networks


def as_plain(config: UNet1dConfig) -> dict[str, Plain]:
    """Return a configuration as a document."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(config).items()
    }
