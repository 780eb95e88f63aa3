"""Encoders of audio that a protocol names: files of weights, and Python callables.

    path/to/encoder.pt      TorchScript (`.pt`, `.ts`, `.torchscript`): forward([1 sample]) gives a
                            tensor
    path/to/encoder.onnx    ONNX: its first input is [1 sample], its first output is taken; needs
                            onnxruntime; weights inside the file
    module:callable         callable(samples [sample], rate) -> array; a class is called once
                            without arguments, and its instance is the callable

Samples are float32 with full scale at 1.0. Whatever comes back is the embedding; there is no
pooling. Paths are relative to the current folder. Nothing is unpickled. A callable is code: audio
that is measured with it runs its module, so a protocol from a stranger that names one is to be read
first. To identify an encoder nothing is imported, so that stored runs can be read without it.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from pkgutil import get_importer
from typing import Any, NamedTuple

import numpy as np

from sepeval.errors import DataError, DependencyError, ProtocolError
from sepeval.fingerprint import digest
from sepeval.types import Array

_TORCHSCRIPT = (".pt", ".ts", ".torchscript")
_ONNX = ".onnx"
Foreign = Callable[..., Any]  # what comes back is not known before it is looked at


class Encoder(NamedTuple):
    """An encoder that is loaded.

    Attributes:
        name: as the protocol has it.
        run: takes float32 [sample] and a rate in Hz.
    """

    name: str
    run: Foreign

    def __call__(self, samples: Array, *, rate: int) -> Array:
        """Return the embedding of one signal, float64 of any shape.

        Args:
            samples: [sample].
            rate: in Hz.

        Raises:
            DataError: the encoder raises, or returns something else than finite numbers.
        """
        where = f"encoder {self.name!r} on {len(samples)} samples at {rate} Hz"
        try:
            returned = self.run(samples.astype(np.float32), rate)
            found = np.asarray(returned.detach().cpu() if hasattr(returned, "detach") else returned)
        except Exception as error:  # foreign code can raise anything
            message = f"{where} raised {type(error).__name__}: {error}"
            raise DataError(message) from error
        if found.dtype.kind != "f":
            raise DataError(f"{where} returned {found.dtype}; expected floating-point numbers")
        if not np.isfinite(found).all():
            raise DataError(f"{where} returned NaN or infinity")
        return found.astype(np.float64)


def facts(name: str) -> Mapping[str, str]:
    """Return what identifies an encoder: its kind and the SHA-256 of its file.

    The file of a callable is that of the module named; what it imports is not looked at, nor are
    weights that it loads: their name belongs into its code.

    Raises:
        ProtocolError: there is no such file or module.
    """
    kind, path = _file(name)
    try:
        found = {"kind": kind, "sha256": digest(path)}
    except DataError as error:
        raise ProtocolError(f"encoder {name!r}: {error}") from error
    return {**found, "callable": name} if kind == "callable" else found


def encoder(name: str) -> Encoder:
    """Return an encoder, loaded; the same one as long as its file does not change.

    Raises:
        DependencyError: what runs it is not installed.
        ProtocolError: it is not there, or cannot be loaded.
    """
    found = facts(name)
    return Encoder(name, _loaded(name, found["kind"], found["sha256"]))


def _file(name: str) -> tuple[str, Path]:
    """Kind of an encoder, and the file that decides what it is."""
    suffix = Path(name).suffix.lower()
    if suffix in _TORCHSCRIPT:
        return "torchscript", Path(name)
    if suffix == _ONNX:
        return "onnx", Path(name)
    module, colon, attribute = name.partition(":")
    if not (module and colon and attribute):
        message = (
            f"encoder {name!r} is neither `module:callable` nor a file that ends in "
            f"{', '.join([*_TORCHSCRIPT, _ONNX])}"
        )
        raise ProtocolError(message)
    spec = _spec(module)
    if spec is None or spec.origin is None:
        raise ProtocolError(f"encoder {name!r}: no module {module!r}; is its folder on PYTHONPATH?")
    return "callable", Path(spec.origin)


def _spec(module: str) -> ModuleSpec | None:
    """Return where a module lies; the packages it stands in are not imported for that."""
    name, *inner = module.split(".")
    try:
        spec = find_spec(name)
        for part in inner:
            name = f"{name}.{part}"
            places = spec.submodule_search_locations if spec else None
            spec = _in_places(name, places or ())
    except (ImportError, ValueError):
        return None
    return spec


def _in_places(name: str, places: Iterable[str]) -> ModuleSpec | None:
    """Return the first module or package of that name; else one without code, in all places."""
    bare = ModuleSpec(name, None, is_package=True)
    for place in places:
        finder = get_importer(place)
        spec = finder.find_spec(name) if finder else None
        if spec and spec.loader:
            return spec
        if spec and bare.submodule_search_locations is not None:
            bare.submodule_search_locations += spec.submodule_search_locations or []
    return bare if bare.submodule_search_locations else None


@lru_cache(maxsize=2)
def _loaded(name: str, kind: str, sha256: str) -> Foreign:
    if kind == "callable":
        return _imported(name)
    content = Path(name).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ProtocolError(f"encoder {name!r} changes while it is read")
    return _torchscript(name, content) if kind == "torchscript" else _onnx(name, content)


def _torchscript(name: str, content: bytes) -> Foreign:
    import torch

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        try:
            load: Foreign = torch.jit.load
            module = load(BytesIO(content), map_location="cpu")
        except (RuntimeError, ValueError, LookupError, TypeError, MemoryError) as error:
            first = str(error).strip().partition("\n")[0]
            raise ProtocolError(f"encoder {name!r} is no TorchScript file: {first}") from error
    module.eval()

    def run(samples: Array, _rate: int) -> object:
        with torch.inference_mode():
            return module(torch.from_numpy(samples)[None])

    return run


def _onnx(name: str, content: bytes) -> Foreign:
    try:
        onnxruntime = importlib.import_module("onnxruntime")
    except ImportError as error:
        message = f"encoder {name!r} needs onnxruntime; install it with: pip install onnxruntime"
        raise DependencyError(message) from error
    try:
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base of their own
        raise ProtocolError(f"encoder {name!r} is no ONNX model: {error}") from error
    first = session.get_inputs()[0].name

    def run(samples: Array, _rate: int) -> object:
        return session.run(None, {first: samples[None]})[0]

    return run


def _imported(name: str) -> Foreign:
    module, _, attributes = name.partition(":")
    try:
        found: Any = importlib.import_module(module)  # any object
        for attribute in attributes.split("."):
            found = getattr(found, attribute)
        if inspect.isclass(found) or inspect.isroutine(found):
            _refuse_other_module(name, module, found)
        found = found() if inspect.isclass(found) else found
    except ProtocolError:
        raise
    except Exception as error:  # foreign code can raise anything
        message = f"encoder {name!r} cannot be built: {type(error).__name__}: {error}"
        raise ProtocolError(message) from error
    if not callable(found):
        raise ProtocolError(f"encoder {name!r} is no callable; found {type(found).__name__}")
    result: Foreign = found
    return result


def _refuse_other_module(name: str, module: str, found: object) -> None:
    """Its file is what identifies it, so the module must be the one that defines it."""
    home = getattr(found, "__module__", module)
    if home != module:
        message = f"encoder {name!r} is defined in {home!r}; name it from there"
        raise ProtocolError(message)
