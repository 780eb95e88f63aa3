"""What a checkpoint is: its layout, and the networks in it under their own names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sepeval.checkpoints.card import Card, card_of, refuse_changed
from sepeval.checkpoints.foreign import DEMUCS_CLASSES
from sepeval.checkpoints.layouts import (
    BARE,
    DEMUCS,
    LAYOUTS,
    PAIR,
    SHAPING,
    UNET_INPUT,
    Layout,
    Part,
    Steps,
)
from sepeval.checkpoints.plain import Plain, plain
from sepeval.checkpoints.reading import Checkpoint, part
from sepeval.errors import SeparatorError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Network:
    """The weights of one network.

    Attributes:
        tensors: by the network's own names.
        hyper: hyper-parameters that shape it; a flat mapping.
    """

    tensors: Mapping[str, Tensor]
    hyper: Mapping[str, Plain]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes by name."""
        return {key: tuple(tensor.shape) for key, tensor in self.tensors.items()}


@dataclass(frozen=True)
class Contents:
    """A checkpoint taken apart.

    Attributes:
        layout: which one was recognised.
        networks: by part: `network`, or `extractor` and `refiner`.
        sigma_data: of a diffusion network; None where the file does not say.
        card: beside the file; None where there is none.
    """

    layout: Layout
    networks: Mapping[str, Network]
    sigma_data: float | None
    card: Card | None


def contents(checkpoint: Checkpoint) -> Contents:
    """Return the networks of a checkpoint, ready to be filled in.

    What a card says of the architecture stands over what the file says.

    Raises:
        SeparatorError: the layout is not known, tensors are left over, or the file is not the one
            that its card was written for.
    """
    card = card_of(checkpoint.path)
    if card is not None:
        refuse_changed(checkpoint.path, card)
    layout = recognised(checkpoint)
    networks: dict[str, Network] = {}
    for name, one in layout.parts.items():
        tensors = part(checkpoint.tensors, one.prefix)
        hyper = {**_published(layout, tensors), **_hyper(checkpoint, one), **_of_card(card, name)}
        _refuse_class(checkpoint, hyper)
        networks[name] = Network(tensors, hyper)
    sigma_data = _number(_followed(checkpoint.hyper, layout.sigma_data))
    if card is not None and card.sigma_data is not None:
        sigma_data = card.sigma_data
    return Contents(layout, networks, sigma_data, card)


def recognised(checkpoint: Checkpoint) -> Layout:
    """Return the layout of a checkpoint, which names the separator that fits.

    The card beside the file decides on separator and kind; else names of tensors do.

    Raises:
        SeparatorError: no known layout has these names, or the file holds tensors besides.
    """
    told = _told(checkpoint)
    card = card_of(checkpoint.path)
    if card is not None:
        return _carded(checkpoint, card, told)
    if told is None:
        raise SeparatorError(f"{checkpoint.path}: {_unknown(checkpoint.tensors)}")
    return _complete(checkpoint, told)


def groups(names: Iterable[str], prefixes: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return names by the longest of the prefixes that they begin with, else by their first word.

    Example:
        >>> groups(["net.a.x", "net.b", "fc.w"], ["net.a."])
        {'net.a.': ['net.a.x'], 'net.': ['net.b'], 'fc.': ['fc.w']}
    """
    known = sorted(filter(None, prefixes), key=len, reverse=True)
    found: dict[str, list[str]] = {}
    for name in names:
        own = next((prefix for prefix in known if name.startswith(prefix)), None)
        first = name.partition(".")[0] + ("." if "." in name else "")
        found.setdefault(first if own is None else own, []).append(name)
    return found


def _told(checkpoint: Checkpoint) -> Layout | None:
    """The layout that the file itself tells; None where it tells none."""
    if {"klass", "args", "kwargs"} <= set(checkpoint.hyper):
        _refuse_class(checkpoint, checkpoint.hyper)
        return DEMUCS
    fitting = [layout for layout in LAYOUTS if _fits(layout, checkpoint)]
    return fitting[0] if fitting else None


def _fits(layout: Layout, checkpoint: Checkpoint) -> bool:
    """Whether every part has what tells it and nothing that tells another."""
    names = checkpoint.tensors
    for one in layout.parts.values():
        if not all(one.prefix + name in names for name in one.has):
            return False
        if any(one.prefix + name in names for name in one.lacks):
            return False
        entry = names.get(one.prefix + UNET_INPUT)
        if layout.in_channels != "any" and (
            entry is None
            or entry.ndim < 2
            or (entry.shape[1] > 1) != (layout.in_channels == "many")
        ):
            return False
    return True


def _carded(checkpoint: Checkpoint, card: Card, told: Layout | None) -> Layout:
    """The layout with what the card says of it."""
    pair = [one.prefix for one in PAIR.parts.values()]
    if all(any(name.startswith(prefix) for name in checkpoint.tensors) for prefix in pair):
        told = PAIR
    layout = _complete(checkpoint, told or BARE)
    return replace(
        layout,
        name=f"{layout.name}, with a card",
        separator=card.separator,
        kind=card.kind,
        rate=card.rate,
        channels=card.channels,
        stems=tuple(card.stems),
        segment=card.segment,
    )


def _complete(checkpoint: Checkpoint, layout: Layout) -> Layout:
    """Return the layout, after a look for tensors that are no part of it."""
    prefixes = (*(one.prefix for one in layout.parts.values()), *layout.dropped)
    other = [name for name in checkpoint.tensors if not name.startswith(prefixes)]
    if other:
        message = (
            f"{checkpoint.path}: is laid out as {layout.name}, but holds {len(other)} tensors "
            f"besides: {', '.join(other[:3])}"
        )
        raise SeparatorError(message)
    return layout


def _unknown(names: Iterable[str]) -> str:
    found = ", ".join(f"{prefix}* ({len(ones)})" for prefix, ones in groups(names).items())
    return (
        f"no known layout has these tensors: {found:.300}; a card beside the file can say which "
        "separator they belong to, if they have the names of its network"
    )


def _published(layout: Layout, tensors: Mapping[str, Tensor]) -> dict[str, Plain]:
    """What is known of the published network, where these are its shapes."""
    wanted = layout.published
    same = all(name in tensors and tensors[name].shape == wanted[name] for name in wanted)
    return dict(layout.numbers) if wanted and same else {}


def _hyper(checkpoint: Checkpoint, one: Part) -> dict[str, Plain]:
    found = _followed(checkpoint.hyper, one.hyper)
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if key in SHAPING}


def _of_card(card: Card | None, name: str) -> dict[str, Plain]:
    """The card's architecture of a part; a card by hand can give one for all parts."""
    if card is None:
        return {}
    own = card.architecture.get(name, card.architecture)
    found = plain(own, where="the card")
    return found if isinstance(found, dict) else {}


def _followed(hyper: Mapping[str, Plain], steps: Steps) -> Plain:
    """The value at the end of a path of keys; None where there is none."""
    found: Plain = dict(hyper)
    for step in steps:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _number(value: Plain) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _refuse_class(checkpoint: Checkpoint, hyper: Mapping[str, Plain]) -> None:
    """A class is a name to be compared; it is never looked up."""
    name = hyper.get("klass")
    if name is not None and name not in DEMUCS_CLASSES:
        message = (
            f"{checkpoint.path}: names the class {name!r}; known are {', '.join(DEMUCS_CLASSES)}. "
            "Nothing was called"
        )
        raise SeparatorError(message)
