"""Published formulas written out once more, in float64 and from samples.

They stand where an original code has no golden file, or printed rounding.
"""

from __future__ import annotations

import numpy as np

from sepeval.types import Array

SINGLE = float(np.finfo(np.float32).eps)


def in_double(metric: str, reference: Array, estimate: Array) -> float:
    """Return torchmetrics' `si_sdr`, `si_snr` or `snr` with the eps of float32, in dB.

    Args:
        metric: which.
        reference: [sample].
        estimate: [sample].
    """
    if metric == "si_snr":
        reference, estimate = reference - reference.mean(), estimate - estimate.mean()
    best = (estimate @ reference + SINGLE) / (reference @ reference + SINGLE)
    target = reference if metric == "snr" else best * reference
    error = estimate - target
    return float(10.0 * np.log10((target @ target + SINGLE) / (error @ error + SINGLE)))


def projections(references: Array, estimate: Array, place: int) -> dict[str, float]:
    """Return nussl's ratios in dB: means removed, no eps, projections by solving for them.

    Args:
        references: [stem sample].
        estimate: [sample], of the stem at `place`.
        place: of the stem.

    References:
        [1] Le Roux, Wisdom, Erdogan, Hershey. "SDR - half-baked or well done?", ICASSP 2019.
    """
    sources = references - references.mean(axis=1, keepdims=True)
    estimate = estimate - estimate.mean()
    own = sources[place]
    target = (own @ estimate) / (own @ own) * own
    rest = estimate - target
    interference = sources.T @ np.linalg.solve(sources @ sources.T, sources @ rest)
    parts = {
        "si_sdr": rest,
        "si_sir": interference,
        "si_sar": rest - interference,
        "sd_sdr": estimate - own,
    }
    return {
        name: float(10.0 * np.log10((target @ target) / (part @ part)))
        for name, part in parts.items()
    }
