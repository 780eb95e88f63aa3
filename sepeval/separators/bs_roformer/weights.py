"""The networks in a checkpoint: what they are, and they themselves, filled."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sepeval.errors import SeparatorError
from sepeval.inference import Device
from sepeval.separators.base import Plain
from sepeval.separators.bs_roformer.settings import NAME, Kind

if TYPE_CHECKING:
    from sepeval.checkpoints import Contents
    from sepeval.networks.bs_roformer.config import BSRoFormerConfig, RefinerConfig
    from sepeval.networks.bs_roformer.network import BSRoFormer
    from sepeval.networks.bs_roformer.refiner import Refiner


class Known(NamedTuple):
    """What a checkpoint says about itself.

    Attributes:
        stems: in the order of the output.
        rate: in Hz.
        channels: of the audio.
        segment: samples that the networks were trained on.
        sigma_data: standard deviation of the clean stems; None where the file does not say.
        architecture: of the network that the kind ends in.
    """

    stems: tuple[str, ...]
    rate: int
    channels: int
    segment: int | None
    sigma_data: float | None
    architecture: Mapping[str, Plain]


class Networks(NamedTuple):
    """The networks of a kind, ready to run.

    Attributes:
        extractor: gives the first estimates.
        refiner: None for the kind `deterministic`.
    """

    extractor: BSRoFormer
    refiner: Refiner | None


class _Opened(NamedTuple):
    contents: Contents
    rate: int
    trunk: BSRoFormerConfig
    refiner: RefinerConfig | None


def _opened(path: Path, kind: Kind) -> _Opened:
    """Return the weights in a file and the networks they belong to, without dropout.

    Raises:
        SeparatorError: the file holds no such networks, or does not say all about them.
    """
    from sepeval.checkpoints import contents, read
    from sepeval.networks.bs_roformer.config import config_of, refiner_config_of

    found = contents(read(path))
    layout, still = found.layout, {"attn_dropout": 0.0, "ff_dropout": 0.0}
    serves = kind == "deterministic" or (kind == layout.kind and "refiner" in found.networks)
    if layout.separator != NAME or not serves:
        message = (
            f"{path}: holds weights of {layout.separator}, kind {layout.kind} ({layout.name}); "
            f"they do not serve {NAME}, kind {kind}"
        )
        raise SeparatorError(message)
    own = found.networks[_first(found)]
    trunk, refiner = config_of(own.shapes, {**own.hyper, **still}), None
    if kind != "deterministic":
        second = found.networks["refiner"]
        refiner = refiner_config_of(second.shapes, {**second.hyper, **still})
        if refiner.trunk != trunk:
            message = f"{path}: the refiner {refiner.trunk} does not fit the extractor {trunk}"
            raise SeparatorError(message)
    heard = (len(layout.stems), layout.channels)
    if layout.rate is None or heard != (trunk.num_stems, trunk.channels):
        message = (
            f"{path}: its card gives {heard[0]} stems, {heard[1]} channels at {layout.rate} Hz; "
            f"the network has {trunk.num_stems} stems and {trunk.channels} channels"
        )
        raise SeparatorError(message)
    return _Opened(found, layout.rate, trunk, refiner)


def _first(found: Contents) -> str:
    """The part that hears the mixture."""
    return "extractor" if "extractor" in found.networks else "network"


@lru_cache(maxsize=8)
def known(path: Path, digest: str, kind: Kind) -> Known:  # noqa: ARG001 - the digests are part of the key
    """Return what a checkpoint says about itself; see `_opened`."""
    found, rate, trunk, refiner = _opened(path, kind)
    layout = found.layout
    return Known(
        layout.stems,
        rate,
        trunk.channels,
        layout.segment,
        found.sigma_data,
        _plain(dataclasses.asdict(refiner or trunk)),
    )


def _plain(document: Mapping[str, Any]) -> dict[str, Plain]:
    return {
        key: _plain(one) if isinstance(one, dict) else list(one) if isinstance(one, tuple) else one
        for key, one in document.items()
    }


@lru_cache(maxsize=1)
def loaded(path: Path, digest: str, kind: Kind, device: Device) -> Networks:  # noqa: ARG001 - see above
    """Return the networks of a kind, with their weights, in evaluation mode, on the device.

    The last one asked for is kept.
    """
    import torch

    from sepeval.checkpoints import fill
    from sepeval.networks.bs_roformer.network import BSRoFormer
    from sepeval.networks.bs_roformer.refiner import Refiner

    found, _, trunk, config = _opened(path, kind)
    with torch.device("meta"):
        extractor = BSRoFormer(trunk).eval()
        refiner = None if config is None else Refiner(config).eval()
    first = _first(found)
    fill(extractor, found.networks[first].tensors, where=f"{path} ({first})")
    if refiner is not None:
        fill(refiner, found.networks["refiner"].tensors, where=f"{path} (refiner)")
        refiner.to(device)
    return Networks(extractor.to(device), refiner)
