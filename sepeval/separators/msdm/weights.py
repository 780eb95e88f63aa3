"""The networks of MSDM and ISDM: what files hold, and they themselves, filled."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sepeval.errors import ProtocolError, SeparatorError
from sepeval.inference import Device
from sepeval.separators.base import Plain
from sepeval.texts import read_text

if TYPE_CHECKING:
    from sepeval.checkpoints import Network
    from sepeval.networks.unet1d.config import UNet1dConfig
    from sepeval.networks.unet1d.network import UNet1d

_SIGMA_DATA = 0.2  # of the published networks, for files that do not say


class Listed(BaseModel):
    """The document of `Isdm`."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    stems: Annotated[dict[str, str], Field(min_length=1)]


def listed(path: Path) -> dict[str, Path]:
    """Return the weights of each stem that a document names.

    Raises:
        SeparatorError: it is no such document, or a file is not there.
    """
    from sepeval.checkpoints import resolve
    from sepeval.protocol.strict_yaml import LARGEST, parse

    try:
        text = read_text(path, error=ProtocolError, largest=LARGEST)
        document = Listed.model_validate(parse(text, name=str(path)))
    except (ProtocolError, ValidationError) as error:
        message = f"{path}: expected a YAML document `stems:` with a file for each stem: {error}"
        raise SeparatorError(message) from error
    return {
        stem: resolve(file if file.startswith("hf://") else str(path.parent / file))
        for stem, file in document.stems.items()
    }


class OneNetwork(NamedTuple):
    """A file with one network. All but stems and weights must be alike for all stems of ISDM.

    Attributes:
        config: what shapes it.
        rate: in Hz.
        segment: samples that it was trained on.
        sigma_data: standard deviation of the stems.
        stems: that it models; empty where the file does not say.
        network: its weights.
    """

    config: UNet1dConfig
    rate: int
    segment: int | None
    sigma_data: float
    stems: tuple[str, ...]
    network: Network


@lru_cache(maxsize=8)
def one_network(path: Path, digest: str, separator: str) -> OneNetwork:  # noqa: ARG001 - the digest is a key
    """Return the one network in a file.

    Raises:
        SeparatorError: the file holds none for this separator.
    """
    from sepeval.checkpoints import contents, read
    from sepeval.networks.unet1d.config import config_of

    found = contents(read(path))
    layout = found.layout
    if layout.separator != separator or layout.rate is None or "network" not in found.networks:
        message = (
            f"{path}: holds weights of {layout.separator}, kind {layout.kind} ({layout.name}); "
            f"they do not serve {separator}"
        )
        raise SeparatorError(message)
    network = found.networks["network"]
    return OneNetwork(
        config_of(network.shapes, network.hyper),
        layout.rate,
        layout.segment,
        found.sigma_data or _SIGMA_DATA,
        layout.stems,
        network,
    )


@lru_cache(maxsize=8)
def loaded(path: Path, digest: str, separator: str, device: Device) -> UNet1d:
    """Return the network in a file, with its weights, in evaluation mode, on the device."""
    import torch

    from sepeval.checkpoints import fill
    from sepeval.networks.unet1d.network import UNet1d

    found = one_network(path, digest, separator)
    with torch.device("meta"):
        network = UNet1d(found.config).eval()
    fill(network, found.network.tensors, where=str(path))
    return network.to(device)


def as_plain(config: UNet1dConfig) -> dict[str, Plain]:
    """Return a configuration as a document."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(config).items()
    }
