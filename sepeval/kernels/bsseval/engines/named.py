"""From the name of an engine to the engine."""

from __future__ import annotations

from typing import Any, get_args

from sepeval.errors import DependencyError, UnknownNameError
from sepeval.kernels.bsseval.engines.base import Engine
from sepeval.kernels.bsseval.engines.on_ducc0 import DuccEngine
from sepeval.kernels.bsseval.engines.on_scipy import ScipyEngine
from sepeval.types import EngineName


def engine(name: EngineName) -> Engine[Any]:  # Any: what a spectrum is, only the engine knows
    """Return an engine.

    Raises:
        DependencyError: its package or its device is missing.
        UnknownNameError: no engine has that name.
    """
    if name == "ducc0":
        return _ducc0()
    if name == "cuda":
        return _cuda()
    if name == "scipy":
        return ScipyEngine()
    raise UnknownNameError(f"no engine is named {name!r}; known: {', '.join(get_args(EngineName))}")


def _ducc0() -> Engine[Any]:
    try:
        return DuccEngine()
    except ModuleNotFoundError as error:
        if error.name != "ducc0":
            raise
        message = "the engine 'ducc0' needs the package ducc0: pip install 'sepeval[fast]'"
        raise DependencyError(message) from error


def _cuda() -> Engine[Any]:
    import torch

    from sepeval.kernels.bsseval.engines.on_torch import TorchEngine

    if not torch.cuda.is_available():
        message = (
            f"the engine 'cuda' needs a CUDA device, and torch {torch.__version__} finds none: "
            "pip install torch with CUDA support, or choose the engine 'scipy' or 'ducc0'"
        )
        raise DependencyError(message)
    return TorchEngine("cuda")
