"""Open-Unmix (`umx`, `umxhq`, `umxl`), from the files as they are published.

umxhq/separator.json            transform, hop, rate, channels
umxhq/vocals-b62c91ce.pth       the network of one target; the digits may be left out
umxhq/bass-8d85a5bd.pth
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.separators.base import SEPARATORS, Plain
from sepeval.separators.network import Model, NetworkSeparator, weights_digest
from sepeval.texts import read_json

if TYPE_CHECKING:
    from torch import Tensor

    from sepeval.networks.open_unmix import OpenUnmix

TRANSFORM = "separator.json"
_TARGET = re.compile(r"(?P<target>[a-z_]+)(-[0-9a-f]{8})?\.pth")


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add("open-unmix")
class OpenUnmixSeparator(NetworkSeparator):
    """Open-Unmix with its multichannel Wiener filter.

    The track is taken whole, unless `chunk` says otherwise, because the LSTM runs over all of it.
    `nfe` counts one evaluation per target.

        -s open-unmix -S checkpoint=umxhq -S niter=1

    Attributes:
        checkpoint: the folder, or its `separator.json`, on this machine.
        targets: whose networks are used, which are the stems; None: all in the folder. Targets
            that are left out are missing in the filter too, and change the others.
        niter: rounds of the filter; 0: magnitudes of the networks with the mixture's phase.
        residual: whether what the targets leave of the mixture is a stem `residual`.
        wiener_frames: frames that are filtered together; None: all.
    """

    summary: ClassVar[str] = "Open-Unmix: umx, umxhq, umxl"
    targets: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    niter: Annotated[int, Field(ge=0)] = 1
    residual: bool = False
    wiener_frames: Annotated[int, Field(gt=0)] | None = 300

    @field_validator("checkpoint")
    @classmethod
    def _in_folder(cls, checkpoint: str) -> str:
        return str(Path(checkpoint) / TRANSFORM) if Path(checkpoint).is_dir() else checkpoint

    @property
    def is_stochastic(self) -> bool:
        """False: nothing is drawn."""
        return False

    @property
    def _name(self) -> str:
        return "open-unmix"

    def _settings(self) -> Mapping[str, Plain]:
        return {
            "targets_sha256": dict(self._targets()),
            "niter": self.niter,
            "residual": self.residual,
            "wiener_frames": self.wiener_frames,
        }

    def _model(self) -> Model:
        key = weights_digest(self.checkpoint), self._targets()
        transform, networks = _loaded(self.checkpoint, *key, self.device)
        if self.niter and len(networks) == 1 and not self.residual:
            message = (
                "open-unmix: the filter needs two targets or a residual; found one target, and "
                f"niter is {self.niter}; say residual=true or niter=0"
            )
            raise SeparatorError(message)

        def function(chunks: Tensor, seeds: Sequence[int]) -> Tensor:  # noqa: ARG001 - interface
            return _separated(chunks, transform, tuple(networks.values()), self)

        return Model(
            stems=(*networks, "residual") if self.residual else tuple(networks),
            rate=int(transform.sample_rate),
            channels=transform.nb_channels,
            segment=None,
            function=function,
            nfe=len(networks),
            parts=networks,
        )

    def _targets(self) -> tuple[tuple[str, str], ...]:
        """Names and digests of the networks that are used."""
        from sepeval.checkpoints import sha256_of

        files = _files(self.checkpoint)
        chosen = self.targets or tuple(files)
        for target in chosen:
            if target not in files:
                message = (
                    f"{self.checkpoint}: no network of {target!r} beside it; there are "
                    f"{', '.join(files)}"
                )
                raise SeparatorError(message)
        return tuple((target, sha256_of(files[target])) for target in chosen)


class Transform(BaseModel):
    """The file `separator.json`.

    Attributes:
        nfft: samples of the short-time transform.
        nhop: samples between two frames.
        sample_rate: in Hz, a whole number.
        nb_channels: audio channels.
    """

    model_config = ConfigDict(frozen=True)

    nfft: Annotated[int, Field(gt=0)]
    nhop: Annotated[int, Field(gt=0)]
    sample_rate: Annotated[float, Field(gt=0, multiple_of=1)]
    nb_channels: Annotated[int, Field(gt=0)]


class _Loaded(NamedTuple):
    transform: Transform
    networks: dict[str, OpenUnmix]


@functools.lru_cache(maxsize=1)
def _loaded(
    checkpoint: str,
    digest: str,  # noqa: ARG001 - part of the key
    targets: tuple[tuple[str, str], ...],
    device: str,
) -> _Loaded:
    """The networks of the targets, on the device."""
    transform, files = _transform(checkpoint), _files(checkpoint)
    networks = {name: _network(files[name], transform).to(device) for name, _ in targets}
    return _Loaded(transform, networks)


def _network(path: Path, transform: Transform) -> OpenUnmix:
    import torch

    from sepeval.checkpoints import fill, read
    from sepeval.networks.open_unmix import LEFTOVERS, OpenUnmix, config_of

    checkpoint = read(path)
    tensors = {key: one for key, one in checkpoint.tensors.items() if key not in LEFTOVERS}
    try:
        config = config_of({key: tuple(one.shape) for key, one in tensors.items()})
    except (KeyError, ValueError, IndexError, ZeroDivisionError) as error:
        raise SeparatorError(f"{path}: is no network of Open-Unmix: {error!r}") from error
    found = (config.bins, config.channels)
    expected = (transform.nfft // 2 + 1, transform.nb_channels)
    if found != expected:
        message = (
            f"{path}: has {found[0]} bins and {found[1]} channels; {TRANSFORM} says "
            f"{expected[0]} and {expected[1]}"
        )
        raise SeparatorError(message)
    with torch.device("meta"):
        network = OpenUnmix(config)
    fill(network, tensors, where=str(path))
    return network.eval()


def _separated(
    chunks: Tensor,
    transform: Transform,
    networks: Sequence[OpenUnmix],
    settings: OpenUnmixSeparator,
) -> Tensor:
    """[item stem channel sample]; what is shorter than a frame is filled up with zeros."""
    import torch

    from sepeval.networks.open_unmix import targets

    items, channels, length = chunks.shape
    size = transform.nfft
    filled = torch.nn.functional.pad(chunks, (0, max(size - length, 0)))
    frame: dict[str, Any] = {
        "n_fft": size,
        "hop_length": transform.nhop,
        "window": torch.hann_window(size, device=chunks.device),
    }
    spectra = torch.stft(filled.flatten(0, 1), **frame, return_complex=True)
    spectra = spectra.unflatten(0, (items, channels))  # type: ignore[no-untyped-call] # torch's own
    magnitudes = torch.stack([network(spectra.abs()).float() for network in networks], dim=1)
    found = torch.stack(
        [
            targets(
                mixture,
                magnitude,
                iterations=settings.niter,
                residual=settings.residual,
                frames=settings.wiener_frames,
            )
            for mixture, magnitude in zip(spectra, magnitudes, strict=True)
        ]
    )
    audio = torch.istft(found.flatten(0, 2), **frame, length=filled.shape[-1])
    return audio.reshape(items, -1, channels, filled.shape[-1])[..., :length]


def _transform(checkpoint: str) -> Transform:
    from sepeval.checkpoints import resolve

    path = resolve(checkpoint)
    try:
        return Transform.model_validate(read_json(path, error=SeparatorError))
    except ValidationError as error:
        message = f"{path}: expected nfft, nhop, sample_rate and nb_channels: {error}"
        raise SeparatorError(message) from error


def _files(checkpoint: str) -> dict[str, Path]:
    """The networks beside `separator.json`, by target, sorted."""
    from sepeval.checkpoints import resolve

    folder = resolve(checkpoint).parent
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        match = _TARGET.fullmatch(path.name)
        if match is None:
            continue
        target = match["target"]
        if target in found:
            message = f"{folder}: two networks of {target!r}: {found[target].name}, {path.name}"
            raise SeparatorError(message)
        found[target] = path
    if not found:
        message = f"{folder}: no networks <target>.pth or <target>-<8 digits>.pth in it"
        raise SeparatorError(message)
    return found
