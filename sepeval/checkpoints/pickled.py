"""Torch checkpoints (`.ckpt`, `.pt`, `.pth`, `.th`), read without running code of the file.

The archive is examined first; then torch reads it with `weights_only=True`, and the names that
this leaves open lead to inert stand-ins. Tensors stay in the mapped file, but for files older
than torch 1.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal, NamedTuple

from sepeval.checkpoints.archive import examined
from sepeval.checkpoints.foreign import (
    DEMUCS_CLASSES,
    OF_TORCH,
    STAND_INS,
    Inert,
    StandIn,
    foreign_name,
)
from sepeval.checkpoints.plain import Plain, plain
from sepeval.errors import SeparatorError

if TYPE_CHECKING:
    from torch import Tensor

Form = Literal["lightning", "state dict", "demucs"]

_NESTED = ("state_dict", "state", "model_state_dict")  # where trainers put the tensors
_LOADING = Lock()  # torch keeps one list of allowed names for the whole process


class Unpickled(NamedTuple):
    """What a torch checkpoint holds.

    Attributes:
        form: who wrote it.
        tensors: by their name in the file.
        hyper: hyper-parameters; empty where the file has none.
    """

    form: Form
    tensors: dict[str, Tensor]
    hyper: dict[str, Plain]


def unpickled(path: Path) -> Unpickled:
    """Return tensors and hyper-parameters of a torch checkpoint.

    Raises:
        SeparatorError: the file is damaged, names a class that is not known, or holds something
            else than dense tensors.
    """
    names, stored, is_mapped = examined(path)
    unknown = [name for name in names if name not in OF_TORCH and name not in STAND_INS]
    if unknown:
        message = (
            f"{path}: names {', '.join(map(repr, unknown))}, which no known checkpoint needs; "
            "unpickling it could run code, so the file is refused. Nothing in it was run"
        )
        raise SeparatorError(message)
    document = _loaded(path, is_mapped=is_mapped)
    if not isinstance(document, Mapping):
        message = f"{path}: holds a {type(document).__name__}; a checkpoint is a mapping"
        raise SeparatorError(message)
    found = _sorted_out(path, document)
    _refuse_oversized(path, found.tensors, stored)
    return found


def _loaded(path: Path, *, is_mapped: bool) -> object:
    import torch

    allowed: list[StandIn | tuple[StandIn, str]] = [(one, name) for name, one in STAND_INS.items()]
    try:
        with _LOADING, torch.serialization.safe_globals(allowed):
            document: object = torch.load(
                path, map_location="cpu", weights_only=True, mmap=is_mapped
            )
    except Exception as error:  # a damaged pickle can make torch raise anything
        first = str(error).partition("\n")[0]
        message = f"{path}: torch cannot read it: {type(error).__name__}: {first[:200]}"
        raise SeparatorError(message) from error
    return document


def _sorted_out(path: Path, document: Mapping[object, object]) -> Unpickled:
    """Tell the forms apart by their keys."""
    if {"klass", "args", "kwargs", "state"} <= set(document):
        return _demucs(path, document)
    for key in _NESTED:
        inner = document.get(key)
        if isinstance(inner, Mapping):
            form: Form = "lightning" if "pytorch-lightning_version" in document else "state dict"
            hyper = plain(document.get("hyper_parameters", {}), where=str(path))
            tensors = _tensors(path, inner)
            return Unpickled(form, tensors, hyper if isinstance(hyper, dict) else {})
    return Unpickled("state dict", _tensors(path, document), {})


def _demucs(path: Path, document: Mapping[object, object]) -> Unpickled:
    """Read Demucs' own form; its class is a name to be compared and never a class."""
    name = foreign_name(document["klass"])
    state, arguments = document["state"], document["args"]
    if name not in DEMUCS_CLASSES:
        message = (
            f"{path}: its class is {name or document['klass']!r}; "
            f"known are {', '.join(DEMUCS_CLASSES)}"
        )
        raise SeparatorError(message)
    if not isinstance(state, Mapping) or "__quantized" in state:
        raise SeparatorError(f"{path}: its weights are quantised, which is not read")
    hyper: dict[str, Plain] = {
        "klass": name,
        "args": plain(arguments, where=str(path)),
        "kwargs": plain(document["kwargs"], where=str(path)),
    }
    return Unpickled("demucs", _tensors(path, state), hyper)


def _tensors(path: Path, entries: Mapping[object, object]) -> dict[str, Tensor]:
    """Return the tensors of a state dict, which holds nothing else."""
    import torch

    found: dict[str, Tensor] = {}
    for key, value in entries.items():
        if not isinstance(key, str) or not isinstance(value, torch.Tensor):
            kind = value.foreign if isinstance(value, Inert) else type(value).__name__
            message = f"{path}: {key!r} is a {kind}; a state dict holds tensors by name"
            raise SeparatorError(message)
        if value.layout != torch.strided or value.device.type != "cpu":
            raise SeparatorError(f"{path}: {key!r} is no dense tensor with numbers")
        found[key] = value.detach()
    if not found:
        raise SeparatorError(f"{path}: holds no tensors")
    return found


def _refuse_oversized(path: Path, tensors: Mapping[str, Tensor], stored: int) -> None:
    """Refuse tensors that stand for more bytes than the file stores."""
    storages: dict[int, int] = {}
    for key, tensor in tensors.items():
        storage = tensor.untyped_storage()
        if tensor.numel() * tensor.element_size() > storage.nbytes():
            message = (
                f"{path}: {key!r} claims shape {list(tensor.shape)} but its record holds "
                f"{storage.nbytes()} bytes"
            )
            raise SeparatorError(message)
        if storage.nbytes():
            storages[storage.data_ptr()] = storage.nbytes()
    claimed = sum(storages.values())
    if claimed > stored:
        message = f"{path}: its tensors claim {claimed} bytes; the file stores {stored}"
        raise SeparatorError(message)
