"""Hyper-parameters as plain values: what a file says about its network, without foreign classes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeAlias, runtime_checkable

from sepeval.errors import SeparatorError

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"

_NODES = 20_000  # values in one document; a few bytes of a pickle can stand for more than fits
_DEPTH = 40  # mappings inside mappings


@runtime_checkable
class HasPlain(Protocol):
    """An object that says which plain value stands for it."""

    def plain(self) -> object:
        """Return mappings, sequences, numbers and texts; they can hold such objects again."""


def plain(value: object, *, where: str) -> Plain:
    """Return a value as mappings with text keys, lists, numbers, texts and None.

    Tuples and sets become lists. What has no plain form becomes a text that names its type: a
    tensor or a foreign object among hyper-parameters is of no use to a network.

    Args:
        value: any object.
        where: the file, for messages.

    Raises:
        SeparatorError: the value is nested too deeply or holds too many values.
    """
    return _Copy(where).of(value, depth=0)


class _Copy:
    """One copy, which counts what it has copied."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.nodes = 0

    def of(self, value: object, *, depth: int) -> Plain:
        """Return the plain form of one value."""
        self.nodes += 1
        if self.nodes > _NODES or depth > _DEPTH:
            message = (
                f"{self.where}: its hyper-parameters hold more than {_NODES} values or are nested "
                f"more than {_DEPTH} deep; it is no checkpoint that this package knows"
            )
            raise SeparatorError(message)
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if isinstance(value, HasPlain):
            return self.of(value.plain(), depth=depth + 1)
        if isinstance(value, Mapping):
            return {str(key): self.of(one, depth=depth + 1) for key, one in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return self._listed(value, depth=depth)
        return f"<{type(value).__name__}>"

    def _listed(self, values: Iterable[object], *, depth: int) -> Plain:
        return [self.of(one, depth=depth + 1) for one in values]
