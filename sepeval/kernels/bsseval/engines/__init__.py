"""Who transforms and multiplies in BSS Eval, chosen by name; values agree to rounding.

    scipy    SciPy's transforms and BLAS; needs nothing else
    ducc0    transforms of the package `ducc0`, which are faster, and BLAS
    cuda     torch in float64 on a CUDA device

What was asked for and is not there is an error; nothing else is taken in its place.
"""

from sepeval.kernels.bsseval.engines.base import Engine
from sepeval.kernels.bsseval.engines.named import engine

__all__ = ["Engine", "engine"]
