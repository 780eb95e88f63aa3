"""Settings of torch and of the environment that can change a time, as they are read."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from pydantic import JsonValue

_VARIABLES = (
    "CUDA_LAUNCH_BLOCKING",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "CUBLAS_WORKSPACE_CONFIG",
)
_OF_CUDA = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "NVIDIA_TF32_OVERRIDE")


def flags(kind: str) -> dict[str, JsonValue]:
    """Return settings as they are outside calls; `numerics` sets its own on precision for a call.

    Args:
        kind: of the device.
    """
    import torch

    backends: Any = torch.backends  # the stubs lack some attributes
    variables = (*_VARIABLES, *(_OF_CUDA if kind == "cuda" else ()))
    return {
        **precision_flags(),
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "flash_attention": bool(backends.cuda.flash_sdp_enabled()),
        "memory_efficient_attention": bool(backends.cuda.mem_efficient_sdp_enabled()),
        "interop_threads": torch.get_num_interop_threads(),
        **{name: os.environ.get(name, "") for name in variables},
    }


def precision_flags() -> dict[str, JsonValue]:
    """Return torch's settings on the precision of float32 and the choice of algorithms, as read.

    `unreadable`: torch refuses where its older and newer settings disagree.
    """
    import torch

    backends: Any = torch.backends  # the stubs lack some attributes
    ask: dict[str, Callable[[], JsonValue]] = {
        "matmul_precision": torch.get_float32_matmul_precision,
        "matmul_allow_tf32": lambda: bool(backends.cuda.matmul.allow_tf32),
        "cudnn_allow_tf32": lambda: bool(backends.cudnn.allow_tf32),
        "cudnn_benchmark": lambda: bool(backends.cudnn.benchmark),
        "cudnn_deterministic": lambda: bool(backends.cudnn.deterministic),
    }
    return {name: _read(one) for name, one in ask.items()}


def _read(one: Callable[[], JsonValue]) -> JsonValue:
    try:
        return one()
    except RuntimeError:
        return "unreadable"
