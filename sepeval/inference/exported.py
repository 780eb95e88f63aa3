"""Networks that were exported whole: TorchScript, torch.export and ONNX.

    .pt2                          torch.export
    .onnx                         ONNX; needs onnxruntime; weights inside the file
    .pt .ts .torchscript          TorchScript

What loading such a file means: its graph is a program, and it runs.

* TorchScript runs in torch's own interpreter, which knows no Python; its operators can read files.
* `torch.export.load` unpickles parts of an archive and looks functions up by name, so an archive
  can hold any code. Archives with pickled parts, compiled libraries, expressions that are no
  arithmetic, or other functions than torch's ATen operators are refused before they are loaded.
  That closes the known ways; it does not prove that there is no other.
* ONNX knows its operators and nothing else; libraries of foreign operators are not loaded.

Take such files from those whom you trust with a program.
"""

from __future__ import annotations

import importlib
import json
import logging
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sepeval.errors import DependencyError, SeparatorError
from sepeval.inference.devices import Device, Precision, torch_device

if TYPE_CHECKING:
    from torch import Tensor

Format: TypeAlias = Literal["torchscript", "torch.export", "onnx"]
Batch: TypeAlias = "Callable[[Tensor], Tensor]"  # [item channel sample] -> [item stem channel s.]

_FORMATS: dict[str, Format] = {
    ".pt2": "torch.export",
    ".onnx": "onnx",
    ".pt": "torchscript",
    ".ts": "torchscript",
    ".torchscript": "torchscript",
}
_DAMAGES = (  # what a damaged archive brings about
    zipfile.BadZipFile,
    *(ValueError, KeyError, EOFError, OSError, RuntimeError, OverflowError),  # also of recursion
    struct.error,
)
_UNLOADABLE = (  # what torch raises at files that are damaged
    *(RuntimeError, ValueError, AssertionError, LookupError, TypeError, AttributeError),
    *(EOFError, OSError, OverflowError, MemoryError),
)
_DRAWS = ("rand", "normal", "bernoulli", "multinomial", "poisson")  # names of random operators
_ONNX_DRAWS = (b"RandomNormal", b"RandomUniform", b"Multinomial", b"Bernoulli")
_OPERATOR = re.compile(  # what a graph of torch.export may call
    r"torch\.ops\.aten\.(?!from_file)\w+(\.\w+)?"
    r"|torch\.ops\.higher_order\.wrap_with_(set_grad_enabled|autocast)"
    r"|torch\.sym_\w+|_operator\.\w+|math\.\w+"
)
_EXPRESSION = re.compile(  # of sizes, such as Mul(Integer(2), Symbol('s77', positive=True))
    r"(?>Symbol\('\w+'(?:, \w+=\w+)*\)|[A-Z](?:[A-Za-z0-9]|_(?!_))*+|[a-z]{1,4}\d++"
    r"|\d+(?:\.\d+)?|[\s+\-*/%(),<>=&|~])*+"
)
_GUARD = re.compile(  # on sizes, such as (L['x'].size()[2] % 8) == 0
    r"(?>L\['\w+'\](?:\.size\(\)\[\d+\])?|\d++|(?:max|min|not|and|or)\b|[\s+\-*/%(),<>=!])*+"
)
_PLAIN_FILES = re.compile(  # of an archive of torch.export, below its root
    r"models/model\.json|data/weights/(weight_\d+|model_weights_config\.json)"
    r"|data/constants/(tensor_\d+|model_constants_config\.json)|data/sample_inputs/model\.pt"
    r"|archive_format|archive_version|byteorder|\.data/version|\.data/serialization_id|version"
)


def format_of(path: Path) -> Format:
    """Return how a file is read, by its ending.

    Raises:
        SeparatorError: it is none of the three formats.
    """
    try:
        return _FORMATS[path.suffix.lower()]
    except KeyError:
        message = f"{path}: an exported network ends in {', '.join(_FORMATS)}"
        raise SeparatorError(message) from None


def load_exported(path: Path, *, device: Device, precision: Precision) -> Batch:
    """Return an exported network as a function of a batch, on a device.

    Args:
        path: of the file.
        device: on which it runs.
        precision: of ONNX graphs, which compute as they were exported, `fp32` or `tf32`; the
            others compute at the precision that holds when they are called.

    Raises:
        SeparatorError: the file cannot be read, holds other code than a graph, or draws random
            numbers, so that its output could not be had again.
        DependencyError: the device or what runs the file is not there.
    """
    kind = format_of(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SeparatorError(f"{path}: cannot be read: {error.strerror}") from error
    if kind == "onnx":
        return _onnx(path, content, device, precision)
    return (
        _archive(path, content, device)
        if kind == "torch.export"
        else _script(path, content, device)
    )


def _script(path: Path, content: bytes, device: Device) -> Batch:
    import torch

    load: Any = torch.jit.load  # untyped
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit", category=DeprecationWarning)
        try:
            module = load(BytesIO(content), map_location=torch_device(device))
        except _UNLOADABLE as error:
            first = str(error).strip().partition("\n")[0]
            raise SeparatorError(f"{path}: is no TorchScript file: {first}") from error
    module.eval()
    _refuse_draws(path, (node.kind() for node in module.inlined_graph.nodes()))
    run: Batch = module
    return run


def _archive(path: Path, content: bytes, device: Device) -> Batch:
    import torch

    _refuse_code(path, content)
    try:
        with _silent("torch.export"):  # which prints a traceback before it raises
            program = torch.export.load(BytesIO(content))
    except _UNLOADABLE as error:
        first = str(error).strip().partition("\n")[0]
        raise SeparatorError(f"{path}: cannot be loaded by torch.export: {first}") from error
    _refuse_draws(path, (str(node.target) for node in program.graph.nodes))
    if torch_device(device).type != "cpu":
        from torch.export.passes import move_to_device_pass

        program = move_to_device_pass(program, device)
    run: Batch = program.module()
    return run


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Let a library say nothing; what it raises says it."""
    logger = logging.getLogger(name)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _refuse_code(path: Path, content: bytes) -> None:
    """Refuse an archive of torch.export that holds more than a graph of operators and tensors."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            files = {name.partition("/")[2]: name for name in archive.namelist()}
            strange = sorted(name for name in files if not _PLAIN_FILES.fullmatch(name))
            packed = [one for one in archive.infolist() if one.compress_type != zipfile.ZIP_STORED]
            if packed or sum(one.file_size for one in archive.infolist()) > len(content):
                message = f"{path}: is compressed; torch.export stores its files as they are"
                raise SeparatorError(message)
            if (broken := archive.testzip()) is not None:
                raise SeparatorError(f"{path}: is damaged: {broken}; copy or export it again")
            if strange or "models/model.json" not in files:
                found = strange[0] if strange else "no models/model.json"
                message = f"{path}: is no plain archive of torch.export 2.9 or later: {found}"
                raise SeparatorError(message)
            documents = {
                name: json.loads(archive.read(files[name]))
                for name in files
                if name.endswith(".json")
            }
            sample = archive.read(files["data/sample_inputs/model.pt"])
            for name, document in documents.items():
                for key, value in _leaves(document):
                    _refuse_leaf(path, name, key, value)
    except _DAMAGES as error:
        raise SeparatorError(f"{path}: is no archive of torch.export: {error}") from error
    _refuse_pickle(path, sample)


def _refuse_leaf(path: Path, name: str, key: str, value: object) -> None:
    """Refuse one value of an archive that could become code."""
    text = str(value)
    fine = {
        "use_pickle": value is False,
        "guards_code": bool(_GUARD.fullmatch(text)),
        "target": bool(_OPERATOR.fullmatch(text)),
        "expr_str": bool(_EXPRESSION.fullmatch(text)),
        "name": text.isidentifier() or not text,
        "forward_arg_names": text.isidentifier(),
    }
    if not fine.get(key, True):
        message = (
            f"{path}: {name} holds {key} {text[:60]!r}, which can run other code than a network; "
            "it is not loaded"
        )
        raise SeparatorError(message)


def _leaves(document: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Yield the values of a document that are no containers, with the key above them."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _leaves(value, str(name))
    elif isinstance(document, list):
        for value in document:
            yield from _leaves(value, key)
    else:
        yield key, document


def _refuse_pickle(path: Path, sample: bytes) -> None:
    """Refuse sample inputs that are more than tensors; torch.export would unpickle them."""
    import pickle

    import torch

    try:
        torch.load(BytesIO(sample), weights_only=True)
    except (pickle.UnpicklingError, *_UNLOADABLE) as error:
        message = f"{path}: its sample inputs hold more than tensors; it is not loaded"
        raise SeparatorError(message) from error


def _onnx(path: Path, content: bytes, device: Device, precision: Precision) -> Batch:
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError as error:
        message = f"{path}: needs onnxruntime; install it with: pip install 'sepeval[onnx]'"
        raise DependencyError(message) from error
    if precision not in ("fp32", "tf32"):
        message = (
            f"{path}: an ONNX graph computes at the precision it was exported with; {precision!r} "
            "cannot be had from it: export it so, and say precision=fp32"
        )
        raise SeparatorError(message)
    if any(word in content for word in _ONNX_DRAWS):
        _refuse_draws(path, _DRAWS)
    providers = [_provider(runtime, device, precision)]
    try:
        session = runtime.InferenceSession(content, providers=providers)
    except Exception as error:  # its exceptions have no common base of their own
        raise SeparatorError(f"{path}: is no ONNX network: {error}") from error
    first = session.get_inputs()[0].name

    def run(chunks: Tensor) -> Tensor:
        import torch

        try:
            (found, *_) = session.run(None, {first: chunks.cpu().numpy()})
        except Exception as error:  # its exceptions have no common base of their own
            message = f"{path} on a batch {list(chunks.shape)}: {error}"
            raise SeparatorError(message) from error
        return torch.from_numpy(found)

    return run


def _provider(runtime: ModuleType, device: Device, precision: Precision) -> object:
    kind, _, number = device.partition(":")
    name = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}.get(kind, kind)
    there = runtime.get_available_providers()
    if name not in there:
        message = (
            f"onnxruntime cannot use device {device!r}: it has {', '.join(there)}; choose "
            "device=cpu, or install onnxruntime-gpu"
        )
        raise DependencyError(message)
    if kind == "cpu":
        return name
    return name, {"device_id": int(number or 0), "use_tf32": int(precision == "tf32")}


def _refuse_draws(path: Path, operators: Iterator[str] | tuple[str, ...]) -> None:
    """Refuse a graph that draws random numbers of its own."""
    for operator in operators:
        name = operator.removeprefix("aten::").removeprefix("aten.")
        if name.startswith(_DRAWS):
            message = (
                f"{path}: its graph draws random numbers ({operator}), so its output could not be "
                "had again; export the network with the noise as an input to another tool"
            )
            raise SeparatorError(message)
