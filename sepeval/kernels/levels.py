"""Which signals are silent, from energies."""

from __future__ import annotations

from typing import Literal

import numpy as np

from sepeval.types import Array, BoolArray, IntArray

Rule = Literal["norm_per_sample", "rms_dbfs", "zero", "zero_channel_sum"]


def silent(energy: Array, *, lengths: IntArray, rule: Rule, threshold: float | None) -> BoolArray:
    """Return where a signal is silent.

    `norm_per_sample` is ‖x‖₂ / n < threshold with the norm over all channels. It does not scale
    with n: the RMS below which a window is silent is threshold · √n for mono, so it depends on the
    window's length and on the rate (4 s at 22.05 kHz: -47 dBFS for 1.5e-5).

    Args:
        energy: [window channel stem], energies; with several channels the last row is that of the
            sum of the channels.
        lengths: [window] int64, samples per channel, with padding.
        rule: see `sepeval.protocol.Silence`.
        threshold: of the rule; not used by the zero rules.

    Returns:
        [window stem].

    Example:
        >>> energy = np.array([[[0.0, 1e-3]]])
        >>> length = np.array([88200])
        >>> silent(energy, lengths=length, rule="norm_per_sample", threshold=1.5e-5).tolist()
        [[True, True]]
        >>> silent(energy, lengths=length, rule="zero", threshold=None).tolist()
        [[True, False]]
    """
    rows = energy.shape[1]
    channels = rows if rows == 1 else rows - 1
    total = energy[:, :channels].sum(axis=1)
    samples = np.maximum(lengths, 1)[:, None]
    if rule == "zero_channel_sum":
        return np.asarray(energy[:, -1] == 0)
    if rule == "zero":
        return np.asarray(total == 0)
    limit = 0.0 if threshold is None else threshold
    if rule == "norm_per_sample":
        return np.asarray(np.sqrt(total) / samples < limit)
    return np.asarray(total / (samples * channels) < 10.0 ** (limit / 10.0))
