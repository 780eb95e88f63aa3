"""Signals for every metric: plain ones, and those that break what is not careful."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from sepeval.types import Array

SAMPLES = 600


class Signals(NamedTuple):
    references: Array
    estimates: Array
    mixture: Array


@cache
def signals() -> Signals:
    draw = np.random.default_rng(0)
    references = draw.standard_normal((3, 2, SAMPLES))
    estimates = references + 0.1 * references[::-1] + 0.2 * draw.standard_normal(references.shape)
    mixture = references.sum(axis=0) + 0.1 * draw.standard_normal((2, SAMPLES))
    for one in (references, estimates, mixture):
        one.flags.writeable = False
    return Signals(references, estimates, mixture)


@cache
def extremes() -> dict[str, Signals]:
    """Signals that break what is not careful."""
    references, estimates, mixture = signals()
    zero = np.zeros_like(references)
    quiet = references.copy()
    quiet[1, :, 150:] = 0.0
    gone = references.copy()
    gone[1] = 0.0
    mono = Signals(references[:, :1], estimates[:, :1], mixture[:1])
    one_sided = np.concatenate([references[:, :1], zero[:, :1]], axis=1)
    return {
        "silence": Signals(zero, zero, zero[0]),
        "silent references": Signals(zero, estimates, mixture),
        "silent estimates": Signals(references, zero, mixture),
        "a silent mixture": Signals(references, estimates, zero[0]),
        "a stem that stops": Signals(quiet, estimates, mixture),
        "a stem that stops, and its estimate": Signals(quiet, quiet, mixture),
        "a stem that is silent": Signals(gone, estimates, mixture),
        "perfect estimates": Signals(references, references, mixture),
        "inverted estimates": Signals(references, -references, mixture),
        "the mixture as estimate": Signals(references, np.stack([mixture] * 3), mixture),
        "equal stems": Signals(np.stack([references[0]] * 3), estimates, mixture),
        "opposite channels": Signals(
            *(np.concatenate([one[..., :1, :], -one[..., :1, :]], axis=-2) for one in signals())
        ),
        "equal channels": Signals(*(np.repeat(one[..., :1, :], 2, axis=-2) for one in signals())),
        "one silent channel": Signals(one_sided, one_sided[::-1], one_sided[0]),
        "clipped": Signals(*(np.clip(4 * one, -1, 1) for one in signals())),
        "constants": Signals(zero + 0.1, zero + 0.2, zero[0] + 0.3),
        "one step of 24 bit": Signals(*(2.0**-23 * np.sign(one) for one in signals())),
        "-200 dBFS": Signals(*(1e-10 * one for one in signals())),
        "+20 dBFS": Signals(*(10 * one for one in signals())),
        "loud estimates of faint references": Signals(1e-10 * references, 10 * estimates, mixture),
        "mono": mono,
        "one stem": Signals(references[:1], estimates[:1], mixture),
        "odd length": Signals(*(one[..., :347] for one in signals())),
        "shorter than a window": Signals(*(one[..., :299] for one in signals())),
        "one sample": Signals(*(one[..., :1] for one in signals())),
        "one silent sample": Signals(zero[..., :1], zero[..., :1], zero[0][..., :1]),
    }
