"""The YAML card beside a file of weights: what the weights belong to.

    det.safetensors
    det.safetensors.yaml

A card names a registered separator and never a class. It is written by `sepeval checkpoint
convert`, or by hand for an exported network.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from sepeval.checkpoints.reading import sha256_of
from sepeval.errors import ProtocolError, SeparatorError
from sepeval.protocol.strict_yaml import LARGEST, parse
from sepeval.texts import read_text

_SHA256 = r"^([0-9a-f]{64})?$"
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")  # texts that no reader of YAML takes for more
_WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")


class _Document(BaseModel):
    """Frozen, strict, without unknown keys."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Source(_Document):
    """The file that weights were made from.

    Attributes:
        file: its name, without folders.
        sha256: of its bytes.
    """

    file: str
    sha256: Annotated[str, Field(pattern=_SHA256)]


class Card(_Document):
    """What a file of weights belongs to.

    Attributes:
        separator: registered name.
        kind: what the separator is to make of the weights, such as `diffusion`; empty where it
            knows only one thing to do.
        architecture: hyper-parameters of the networks; by part where the card was converted.
        rate: in Hz.
        channels: of the audio.
        stems: names, in the order of the network's output.
        segment: samples that the network was trained on; null where any length will do.
        precision: that the weights are meant to compute in.
        sigma_data: spread of the audio that a diffusion network was trained with; null for others.
        sha256: of the weights; empty in a card that does not vouch for them.
        source: what the weights were made from; null where they are the original.
    """

    separator: Annotated[str, Field(min_length=1)]
    kind: str = ""
    architecture: dict[str, JsonValue] = {}
    rate: Annotated[int, Field(gt=0)]
    channels: Annotated[int, Field(gt=0)]
    stems: Annotated[list[str], Field(min_length=1)]
    segment: Annotated[int, Field(gt=0)] | None
    precision: Literal["fp32", "tf32", "bf16", "fp16"]
    sigma_data: Annotated[float, Field(gt=0)] | None = None
    sha256: Annotated[str, Field(pattern=_SHA256)] = ""
    source: Source | None = None


def beside(path: Path) -> Path:
    """Return where the card of a file of weights lies.

    Example:
        >>> beside(Path("det.safetensors")).name
        'det.safetensors.yaml'
    """
    return path.with_name(path.name + ".yaml")


def card_of(path: Path) -> Card | None:
    """Return the card of a file of weights; None where there is none.

    Args:
        path: the weights.

    Raises:
        SeparatorError: the card cannot be read, or has problems; the message lists all of them.
    """
    place = beside(path)
    if not place.exists():
        return None
    try:
        text = read_text(place, error=SeparatorError, largest=LARGEST)
        return Card.model_validate(parse(text, name=str(place)))
    except ProtocolError as error:
        raise SeparatorError(str(error)) from error
    except ValidationError as error:
        raise SeparatorError(f"{place}: {_problems(error)}") from error


def refuse_changed(path: Path, card: Card) -> None:
    """Refuse weights that are no longer those that their card was written for.

    Raises:
        SeparatorError: the digests differ.
    """
    if card.sha256 and sha256_of(path) != card.sha256:
        message = (
            f"{path}: its sha256 is {sha256_of(path)}, its card says {card.sha256}; the file is "
            "not the one that the card was written for"
        )
        raise SeparatorError(message)


def as_yaml(card: Card) -> str:
    """Return a card as text, every value spelled out."""
    document = card.model_dump(mode="json")
    return yaml.dump(
        document,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
        default_flow_style=None,
    )


class _Dumper(yaml.SafeDumper):
    """Quotes every text that could be read as something else."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - as it is called
        """True: a value that comes twice is written twice."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None if _PLAIN.fullmatch(value) and value.lower() not in _WORDS else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _problems(error: ValidationError) -> str:
    """Return every problem of a card as one message."""
    lines = []
    for one in error.errors():
        place = ".".join(str(step) for step in one["loc"]) or "card"
        if one["type"] == "missing":
            lines.append(f"{place} is missing")
        elif one["type"] == "extra_forbidden":
            lines.append(f"{place} is no field of a card")
        else:
            lines.append(f"{place}: {one['msg']}; found {one['input']!r:.60}")
    return "; ".join(lines)
