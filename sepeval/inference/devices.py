"""Devices by name, and what precision means on them.

    fp32    every product and sum in 32 bits: TF32 is off for matrix products and convolutions
    tf32    matrix products and convolutions of a CUDA device round their inputs to 10 bits
    bf16    autocast to bfloat16, the rest strict fp32
    fp16    autocast to float16, the rest strict fp32

The precision changes scores: at 25 dB a tenth of a dB is easily lost in bf16.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sepeval.errors import DependencyError, SeparatorError

if TYPE_CHECKING:
    import torch

Device: TypeAlias = str  # "cpu", "cuda", "cuda:1", "mps"
Precision: TypeAlias = Literal["fp32", "tf32", "bf16", "fp16"]


def torch_device(name: Device) -> torch.device:
    """Return the device of that name, which is there.

    Raises:
        SeparatorError: nothing has such a name.
        DependencyError: it is not there.
    """
    import torch

    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not number.isdecimal()):
        raise SeparatorError(f"device {name!r}: expected cpu, cuda, cuda:<number> or mps")
    there = {
        "cpu": 1,
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
    }[kind]
    if int(number or 0) >= there:
        message = (
            f"device {name!r} is not there: torch {torch.__version__} finds {there} of kind "
            f"{kind!r}; choose device=cpu, or install a torch built for it"
        )
        raise DependencyError(message)
    return torch.device(name)


def refuse_missing_device(name: Device, precision: Precision) -> None:
    """Do nothing if the device is there and has that precision.

    Raises:
        SeparatorError: there is no such device name, or the precision is none of the device's.
        DependencyError: the device is not there.
    """
    device = torch_device(name)
    if precision == "tf32" and device.type != "cuda":
        message = (
            f"precision 'tf32' is a mode of CUDA devices; on {name!r} it would be fp32: say "
            "precision=fp32"
        )
        raise SeparatorError(message)


def hardware(name: Device) -> str:
    """Return what a device is, such as the name of a GPU; empty for the CPU.

    Raises:
        SeparatorError: nothing has such a name.
        DependencyError: the device is not there.
    """
    if name == "cpu":
        return ""
    import torch

    found = torch_device(name)
    return torch.cuda.get_device_name(found) if found.type == "cuda" else found.type


@contextmanager
def numerics(name: Device, precision: Precision) -> Iterator[None]:
    """Compute at a precision, without gradients, inside the block; all settings are restored.

    Raises:
        SeparatorError: see `refuse_missing_device`.
        DependencyError: see `refuse_missing_device`.
    """
    import torch

    refuse_missing_device(name, precision)
    kind = torch_device(name).type
    with ExitStack() as stack:
        stack.enter_context(_float32("tf32" if precision == "tf32" else "ieee"))
        stack.enter_context(torch.inference_mode())
        if precision in ("bf16", "fp16"):
            dtype = torch.bfloat16 if precision == "bf16" else torch.float16
            stack.enter_context(torch.autocast(kind, dtype=dtype))
        yield


@contextmanager
def _float32(mode: Literal["ieee", "tf32"]) -> Iterator[None]:
    """Set how float32 is multiplied, on CUDA as named and elsewhere exactly, and restore it.

    torch keeps the older flags (`allow_tf32`) and the newer ones (`fp32_precision`) apart, and
    refuses to read them where they disagree, so both are set and both are restored. The choice of
    cuDNN's algorithms by trial is off: it could differ from call to call.
    """
    import torch

    backends: Any = torch.backends  # the stubs lack the newer attributes
    wide = (backends, backends.cudnn)
    narrow = (
        *(backends.mkldnn.matmul, backends.mkldnn.conv, backends.mkldnn.rnn),
        *(backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn),
    )
    before = [(one, one.fp32_precision) for one in (*wide, *narrow)]
    older = (torch.get_float32_matmul_precision(), _cudnn_tf32(), backends.cudnn.benchmark)
    try:
        for one in wide:
            one.fp32_precision = "none"
        torch.set_float32_matmul_precision("highest" if mode == "ieee" else "high")
        for one in narrow[:3]:
            one.fp32_precision = "ieee"
        backends.cudnn.allow_tf32 = mode == "tf32"
        backends.cudnn.benchmark = False
        yield
    finally:
        torch.set_float32_matmul_precision(older[0])
        if older[1] is not None:
            backends.cudnn.allow_tf32 = older[1]
        backends.cudnn.benchmark = older[2]
        for one, value in before:
            one.fp32_precision = value


def _cudnn_tf32() -> bool | None:
    """Return cuDNN's older flag; None where the newer ones say something else."""
    import torch

    try:
        return bool(torch.backends.cudnn.allow_tf32)
    except RuntimeError:
        return None
