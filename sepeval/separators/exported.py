"""Networks that were exported whole, with a card beside the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from sepeval.errors import SeparatorError
from sepeval.fingerprint import digests
from sepeval.inference import Device, Precision
from sepeval.inference.exported import Batch, format_of, load_exported
from sepeval.inference.foreign_graphs import called, refuse_unsteady
from sepeval.separators.base import SEPARATORS, Plain
from sepeval.separators.network import Model, NetworkSeparator

if TYPE_CHECKING:
    from torch import Tensor

    from sepeval.checkpoints import Card

_NAME = "exported"
_TRIED = 4096  # multiples of the length of a first try, where the card names no segment
_KNOWN = ("multiple", "nfe")  # what the architecture of a card can say of an exported network


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
@SEPARATORS.add(_NAME)
class Exported(NetworkSeparator):
    """A TorchScript, torch.export (`.pt2`) or ONNX file, as its card says.

    The network takes float32 [item channel sample] and returns [item stem channel sample] of the
    same length. Beside `net.pt2` lies `net.pt2.yaml`:

        separator: exported
        rate: 44100
        channels: 2
        stems: [drums, bass, other, vocals]
        segment: 485100       # samples in a chunk; null: whole tracks
        precision: fp32       # that it was exported for
        architecture:         # may be left out
          multiple: 512       # lengths must be a multiple of it
          nfe: 4              # network evaluations inside one call

    Then:

        -s exported -S checkpoint=net.pt2

    Such a file is a program: see `inference.exported` for what loading it means.
    """

    summary: ClassVar[str] = "a TorchScript, torch.export or ONNX file with a card beside it"

    @property
    def is_stochastic(self) -> bool:
        """False: graphs that draw random numbers are refused."""
        return False

    @property
    def _name(self) -> str:
        return _NAME

    def _settings(self) -> Mapping[str, Plain]:
        path = _resolved(self.checkpoint)
        card = _card(path)
        return {
            "format": format_of(path),
            "card": {
                "rate": card.rate,
                "channels": card.channels,
                "stems": list(card.stems),
                "segment": card.segment,
                "precision": card.precision,
                **_whole_numbers(path, card),
            },
        }

    def _model(self) -> Model:
        path = _resolved(self.checkpoint)
        card = _card(path)
        numbers = _whole_numbers(path, card)
        heard = (card.channels, card.segment or _TRIED * numbers["multiple"])
        network = _loaded(path, digests([path])[path], self.device, self.precision, heard)

        def function(chunks: Tensor, _seeds: Sequence[int]) -> Tensor:
            return called(network, chunks, where=str(path)).float()

        return Model(
            stems=tuple(card.stems),
            rate=card.rate,
            channels=card.channels,
            segment=card.segment,
            function=function,
            nfe=numbers["nfe"],
            multiple=numbers["multiple"],
        )


def _resolved(checkpoint: str) -> Path:
    from sepeval.checkpoints import resolve

    return resolve(checkpoint)


def _card(path: Path) -> Card:
    """Return the card of an exported network.

    Raises:
        SeparatorError: there is none, or it belongs to another separator.
    """
    from sepeval.checkpoints import card_of

    card = card_of(path)
    if card is None:
        message = (
            f"{path}: has no card; write {path.name}.yaml beside it, with separator: {_NAME}, "
            "rate, channels, stems, segment and precision"
        )
        raise SeparatorError(message)
    if card.separator != _NAME:
        message = f"{path}: its card is for the separator {card.separator!r}, not {_NAME!r}"
        raise SeparatorError(message)
    return card


def _whole_numbers(path: Path, card: Card) -> dict[str, int]:
    """Return `multiple` and `nfe` of a card; 1 where it does not say."""
    numbers: dict[str, int] = dict.fromkeys(_KNOWN, 1)
    for name, value in card.architecture.items():
        if name not in _KNOWN or type(value) is not int or value < 1:
            message = (
                f"{path}: the architecture in the card of an exported network holds "
                f"{' and '.join(_KNOWN)}, whole numbers from 1; found {name}: {value!r}"
            )
            raise SeparatorError(message)
        numbers[name] = value
    return numbers


@lru_cache(maxsize=2)
def _loaded(
    path: Path,
    sha256: str,  # noqa: ARG001 - the digest is a key
    device: Device,
    precision: Precision,
    heard: tuple[int, int],
) -> Batch:
    network = load_exported(path, device=device, precision=precision)
    refuse_unsteady(network, heard, device=device, where=str(path))
    return network
