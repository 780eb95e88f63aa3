"""Implementations of the heavy parts of BSS Eval, chosen by name; their values agree to rounding.

    scipy    SciPy's transforms and LAPACK; needs nothing else
    ducc0    transforms of the package `ducc0`, about twice as fast
    cuda     torch in float64 on a CUDA device

What was asked for and is not there is an error; nothing else is taken in its place.
"""

from sepeval.kernels.bsseval.engines.base import Engine
from sepeval.kernels.bsseval.engines.named import engine

__all__ = ["Engine", "engine"]
