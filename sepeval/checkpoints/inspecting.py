"""What a file of weights is, for a person to read before it is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sepeval.checkpoints.card import Card
from sepeval.checkpoints.contents import Contents, contents, groups, recognised
from sepeval.checkpoints.layouts import Layout
from sepeval.checkpoints.plain import Plain
from sepeval.checkpoints.reading import Checkpoint, read
from sepeval.errors import SeparatorError

if TYPE_CHECKING:
    from torch import Tensor


class Group(NamedTuple):
    """Tensors whose names begin alike.

    Attributes:
        prefix: how they begin.
        role: `network`, `extractor` or `refiner`; `not needed`; empty where no layout tells.
        tensors: how many.
        parameters: numbers in them.
    """

    prefix: str
    role: str
    tensors: int
    parameters: int


@dataclass(frozen=True)
class Inspection:
    """What a file of weights is.

    Attributes:
        path: the file.
        format: of the file.
        size: in bytes.
        sha256: of the file.
        shapes: by name of the tensor.
        types: how many tensors hold each type of number.
        parameters: numbers in all tensors.
        unique: numbers in them, where a tensor under two names counts once.
        groups: tensors by prefix, in the file's order.
        hyper: hyper-parameters of the file.
        layout: which one was recognised; None where none was.
        networks: hyper-parameters that shape each network, by part.
        sigma_data: of a diffusion network; None where the file does not say.
        card: beside the file; None where there is none, or where there is a problem.
        problem: why the weights cannot be used as they are; empty if they can.
    """

    path: Path
    format: str
    size: int
    sha256: str
    shapes: Mapping[str, tuple[int, ...]]
    types: Mapping[str, int]
    parameters: int
    unique: int
    groups: tuple[Group, ...]
    hyper: Mapping[str, Plain]
    layout: Layout | None
    networks: Mapping[str, Mapping[str, Plain]]
    sigma_data: float | None
    card: Card | None
    problem: str


def inspect(path: Path) -> Inspection:
    """Return what a file of weights is; no code of the file is run.

    Raises:
        SeparatorError: the file cannot be read at all. A layout that is not known, or a card that
            does not fit, is part of the result.
    """
    checkpoint = read(path)
    layout: Layout | None = None
    found: Contents | None = None
    problem = ""
    try:
        layout = recognised(checkpoint)
        found = contents(checkpoint)
    except SeparatorError as error:
        problem = str(error).removeprefix(f"{path}: ")
    tensors = checkpoint.tensors
    return Inspection(
        path=path,
        format=checkpoint.format,
        size=path.stat().st_size,
        sha256=checkpoint.sha256(),
        shapes=checkpoint.shapes,
        types=Counter(str(one.dtype).removeprefix("torch.") for one in tensors.values()),
        parameters=sum(one.numel() for one in tensors.values()),
        unique=_unique(tensors.values()),
        groups=_grouped(checkpoint, layout),
        hyper=checkpoint.hyper,
        layout=layout,
        networks={name: one.hyper for name, one in found.networks.items()} if found else {},
        sigma_data=found.sigma_data if found else None,
        card=found.card if found else None,
        problem=problem,
    )


def _unique(tensors: Iterable[Tensor]) -> int:
    """Numbers in tensors; two that lie at the same place in memory count once."""
    found = {(one.data_ptr(), one.numel()): one.numel() for one in tensors}
    return sum(found.values())


def _grouped(checkpoint: Checkpoint, layout: Layout | None) -> tuple[Group, ...]:
    roles: dict[str, str] = {}
    if layout is not None:
        roles = {one.prefix: name for name, one in layout.parts.items() if one.prefix}
        roles |= dict.fromkeys(layout.dropped, "not needed")
    return tuple(
        Group(
            prefix,
            roles.get(prefix, ""),
            len(names),
            sum(checkpoint.tensors[name].numel() for name in names),
        )
        for prefix, names in groups(checkpoint.tensors, roles).items()
    )
