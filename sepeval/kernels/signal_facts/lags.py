"""Where an estimate fits its reference best: by how many samples it is late, and how well it fits.

    c(l) = Σₙ e[n + l] r[n] / (‖e‖ ‖r‖)

over one stretch of audio; zeros stand beyond the stretch. At the lag that is found the norms are
those of what both have, so that a long lag costs no correlation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sepeval.types import Array


class Lag(NamedTuple):
    """How an estimate lies against its reference.

    Attributes:
        samples: by which the estimate is late; negative where it is early.
        correlation: there, from -1 to 1; negative where the polarity is inverted.
        at_zero: the correlation where nothing is moved.
    """

    samples: int
    correlation: float
    at_zero: float


def lag(reference: Array, estimate: Array, *, furthest: int) -> Lag | None:
    """Return the lag of largest absolute correlation, or None where a signal is all zero.

    Args:
        reference: [sample].
        estimate: [sample], as long.
        furthest: largest lag that is tried, in samples.

    Example:
        >>> noise = np.random.default_rng(1).standard_normal(4096)
        >>> lag(noise, -np.roll(noise, 7), furthest=100).samples
        7
    """
    from scipy import fft

    scale = float(np.sqrt((reference @ reference) * (estimate @ estimate)))
    if not scale > 0.0:
        return None
    furthest = min(furthest, len(reference) - 1)
    size = fft.next_fast_len(len(reference) + furthest, real=True)
    product = np.conj(fft.rfft(reference, size)) * fft.rfft(estimate, size)
    around = fft.irfft(product, size)
    found = np.concatenate([around[size - furthest :], around[: furthest + 1]]) / scale
    late = int(np.argmax(np.abs(found))) - furthest
    length = len(reference) - abs(late)
    own, other = reference[max(0, -late) :][:length], estimate[max(0, late) :][:length]
    norms = float(np.sqrt((own @ own) * (other @ other)))
    best = float(own @ other) / norms if norms > 0.0 else 0.0
    return Lag(late, best if late else float(found[furthest]), float(found[furthest]))
