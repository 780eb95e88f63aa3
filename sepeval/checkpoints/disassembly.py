"""The names that a pickle would look up, found by reading its instructions and obeying none."""

from __future__ import annotations

import pickletools
import warnings
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from sepeval.errors import SeparatorError

_ELSEWHERE = {
    "INST",
    "STACK_GLOBAL",
    "EXT1",
    "EXT2",
    "EXT4",
}  # ways to a name that torch never goes


class Named(NamedTuple):
    """What the instructions of a pickle say.

    Attributes:
        names: of the classes and functions that they look up.
        largest: the largest whole number among their arguments; the size of a tensor is one.
    """

    names: frozenset[str]
    largest: int


def disassembled(path: Path, pickle: bytes | BinaryIO) -> Named:
    """Return what a pickle would look up.

    Args:
        path: the file, for messages.
        pickle: the pickle; of a stream it is read to its end and no further.

    Raises:
        SeparatorError: it is damaged, or has instructions that torch never writes.
    """
    names: set[str] = set()
    largest = protocol = 0
    texts = ["", ""]
    for instruction, argument in _instructions(path, pickle):
        if instruction == "PROTO":
            protocol = argument if isinstance(argument, int) else 0
        elif instruction == "GLOBAL":
            names.add(_today(*str(argument).split(" ", 1)))
        elif instruction in _ELSEWHERE:
            name = ".".join(texts) if instruction == "STACK_GLOBAL" else str(argument)
            message = (
                f"{path}: its pickle uses {instruction} ({name}), which torch never writes; "
                "refused, and nothing in it was run"
            )
            raise SeparatorError(message)
        elif isinstance(argument, str):
            texts = [texts[1], argument]
        elif isinstance(argument, int):
            largest = max(largest, argument)
    if protocol != 2:
        raise SeparatorError(f"{path}: its pickle has protocol {protocol}; torch writes 2")
    return Named(frozenset(names), largest)


def _instructions(path: Path, pickle: bytes | BinaryIO) -> Iterator[tuple[str, object]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of strange escapes in a text
            for instruction, argument, _ in pickletools.genops(pickle):
                yield instruction.name, argument
    except (ValueError, IndexError, KeyError, OverflowError) as error:
        raise SeparatorError(f"{path}: its pickle is damaged: {error}") from error


def _today(module: str, name: str = "") -> str:
    """Return a global by its name in Python 3; pickles of torch use those of Python 2."""
    if (module, name) in NAME_MAPPING:
        module, name = NAME_MAPPING[module, name]
    else:
        module = IMPORT_MAPPING.get(module, module)
    return f"{module}.{name}"
