"""Inert stand-ins for the classes that published checkpoints name.

A pickle names classes and asks for them to be called. Here each known name leads to an object
that keeps its arguments and its state and does nothing, so no foreign package is imported and
no code of a file runs. A name that is not listed is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

DEMUCS_CLASSES = ("demucs.demucs.Demucs", "demucs.hdemucs.HDemucs", "demucs.htdemucs.HTDemucs")


class Inert:
    """Stands for an object of a foreign class.

    Attributes:
        foreign: name of that class.
        arguments: what the file would have called the class with.
        state: what the file would have set it to.
    """

    foreign: ClassVar[str] = ""
    arguments: tuple[object, ...]
    state: object

    def __new__(cls, *arguments: object) -> Inert:
        """Keep the arguments."""
        made = super().__new__(cls)
        made.arguments = arguments
        made.state = None
        return made

    def __init__(self, *arguments: object) -> None:
        """Do nothing with the arguments."""

    def __setstate__(self, state: object) -> None:
        """Keep the state."""
        self.state = state

    def plain(self) -> object:
        """Return the state, or the class and its arguments where there is none."""
        if self.foreign.startswith("omegaconf.") and isinstance(self.state, dict):
            return self.state.get("_content", self.state.get("_val"))
        if self.state is not None:
            return self.state
        return {"class": self.foreign, "arguments": list(self.arguments)}


def _mapping(*_factory: object) -> dict[object, object]:
    """Stands for `collections.defaultdict`, whose factory is dropped."""
    return {}


def _fraction(*parts: object) -> str:
    """Stands for `fractions.Fraction`; returns it as a text such as `39/5`."""
    return "/".join(str(part) for part in parts)[:40]


_CLASSES = (
    "argparse.Namespace",
    "audio_diffusion_pytorch.diffusion.LogNormalDistribution",
    "audio_diffusion_pytorch_.diffusion.LogNormalDistribution",
    "builtins.bool",
    "builtins.dict",
    "builtins.float",
    "builtins.int",
    "builtins.list",
    "builtins.str",
    "builtins.tuple",
    *DEMUCS_CLASSES,
    "omegaconf.base.ContainerMetadata",
    "omegaconf.base.Metadata",
    "omegaconf.dictconfig.DictConfig",
    "omegaconf.listconfig.ListConfig",
    "omegaconf.nodes.AnyNode",
    "omegaconf.nodes.BooleanNode",
    "omegaconf.nodes.FloatNode",
    "omegaconf.nodes.IntegerNode",
    "omegaconf.nodes.StringNode",
    "typing.Any",
)

StandIn = Callable[..., object]

STAND_INS: dict[str, StandIn] = {
    "collections.defaultdict": _mapping,
    "fractions.Fraction": _fraction,
    **{name: type(name.rpartition(".")[2], (Inert,), {"foreign": name}) for name in _CLASSES},
}

# What torch itself writes for dense tensors and for the containers around them. Its own list is
# longer: sparse and quantised tensors, subclasses, bytearrays of any claimed length.
OF_TORCH = frozenset(
    [
        "collections.Counter",
        "collections.OrderedDict",
        "torch.Size",
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_tensor_v2",
        "torch.device",
        *(
            f"torch.{kind}Storage"
            for kind in (
                *("BFloat16", "Bool", "Byte", "Char", "Double"),
                *("Float", "Half", "Int", "Long", "Short"),
            )
        ),
    ]
)


def foreign_name(value: object) -> str:
    """Return the class that a stand-in stands for; empty where the value is none.

    Example:
        >>> foreign_name(STAND_INS["argparse.Namespace"])
        'argparse.Namespace'
    """
    if isinstance(value, Inert):
        return value.foreign
    return value.foreign if isinstance(value, type) and issubclass(value, Inert) else ""
