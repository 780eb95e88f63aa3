"""A checkpoint: tensors by name and hyper-parameters, whatever kind of file they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sepeval.checkpoints.pickled import unpickled
from sepeval.checkpoints.plain import Plain, plain
from sepeval.errors import DataError, SeparatorError
from sepeval.fingerprint import digests

if TYPE_CHECKING:
    from torch import Tensor

Format = Literal["safetensors", "lightning", "state dict", "demucs"]

_HEADER = 8  # bytes of a safetensors file that say how long its header is
_LONGEST = 100 << 20  # bytes of such a header


@dataclass(frozen=True)
class Checkpoint:
    """What a file of weights holds.

    Attributes:
        path: the file.
        format: of the file; `lightning`, `state dict` and `demucs` are forms of torch's.
        tensors: by their name in the file, on the CPU; they live in the mapped file, so they are
            to be read only, and the file is to stay as it is.
        hyper: hyper-parameters that the file carries, as plain values; often none.
    """

    path: Path
    format: Format
    tensors: Mapping[str, Tensor]
    hyper: Mapping[str, Plain]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes by name."""
        return {key: tuple(tensor.shape) for key, tensor in self.tensors.items()}

    def sha256(self) -> str:
        """Return the SHA-256 of the file, as 64 hexadecimal digits.

        Raises:
            SeparatorError: the file cannot be read.
        """
        return sha256_of(self.path)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, from the cache of digests where it has not changed.

    Raises:
        SeparatorError: the file cannot be read.
    """
    try:
        return digests([path])[path]
    except DataError as error:
        raise SeparatorError(str(error)) from error


def read(path: Path) -> Checkpoint:
    """Return the checkpoint in a file; no code of the file is run.

    Args:
        path: `.safetensors`, or a checkpoint of torch (`.ckpt`, `.pt`, `.pth`, `.th`).

    Raises:
        SeparatorError: there is no such file, it is damaged or cut short, or it needs a class
            that is not known.
    """
    if not path.is_file():
        message = "is a folder; name one file" if path.is_dir() else "no such file"
        raise SeparatorError(f"{path}: {message}")
    if path.suffix == ".safetensors":
        return _safetensors(path)
    form, tensors, hyper = unpickled(path)
    return Checkpoint(path, form, tensors, hyper)


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with a prefix, by the rest of their names.

    Example:
        >>> part({"net.a": 1, "net.b": 2, "other.a": 3}, "net.")
        {'a': 1, 'b': 2}
    """
    return {key.removeprefix(prefix): one for key, one in tensors.items() if key.startswith(prefix)}


def _safetensors(path: Path) -> Checkpoint:
    from safetensors import SafetensorError, safe_open

    _refuse_short(path)
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
            metadata = dict(file.metadata() or {})
    except (SafetensorError, OSError, RuntimeError, ValueError) as error:
        message = f"{path}: is no safetensors file, or is damaged: {error}"
        raise SeparatorError(message) from error
    if not tensors:
        raise SeparatorError(f"{path}: holds no tensors")
    return Checkpoint(path, "safetensors", tensors, _metadata(path, metadata))


def _refuse_short(path: Path) -> None:
    """Compare the length that the header claims with the length of the file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        claimed = int.from_bytes(file.read(_HEADER), "little")
    if size < _HEADER or claimed > size - _HEADER or claimed > _LONGEST:
        message = (
            f"{path}: its header claims {claimed} bytes and the file holds {size}; "
            "it is cut short or no safetensors file"
        )
        raise SeparatorError(message)


def _metadata(path: Path, metadata: Mapping[str, str]) -> dict[str, Plain]:
    """Return metadata as plain values: texts, or the JSON in them; names in it stay texts."""
    found: dict[str, Plain] = {}
    for key, text in metadata.items():
        try:
            found[key] = plain(json.loads(text), where=str(path))
        except (ValueError, RecursionError):
            found[key] = text
    return found
