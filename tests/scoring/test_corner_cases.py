"""Ten corner cases under eleven published formulas: the same audio, the printed numbers.

Every published formula is the same metric with other parameters, under another silence rule.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from sepeval.types import Array
from tests.protocol.documents import (
    LEAVE_OUT,
    plain_eps,
    protocol,
    scaled_eps,
    sdr,
    si_sdr,
    silence,
)
from tests.scoring.tracks import STATUSES, scored

TABLE = """
| ref / estimate | MSDM SI-SNR | MSDM SI-SNRi | DiCoSe sdr 1e-5 | TM SI-SDR f32 | TM SI-SDR f64 | TM SI-SNR f32 | TM SNR f32 | MDX nsdr 1e-7 | MSST sdr 1e-8 | MSST si_sdr | museval v4 frame | nussl SI-SDR |
| active ref / perfect | 103.41 | 108.33 | 73.41 | 92.64 | 179.94 | 92.64 | 92.64 | 93.41 | 103.41 | 103.41 | inf | inf |
| active ref / mixture | -4.92 | 0.00 | -4.80 | -4.92 | -4.92 | -4.92 | -4.80 | -4.80 | -4.80 | -4.92 | -4.80 | -4.92 |
| active ref / exact zeros | 0.00 | 4.92 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | -5.82 | nan | nan |
| active ref / 0.5*ref | 97.39 | 102.31 | 6.02 | 86.62 | 173.92 | 86.62 | 6.02 | 6.02 | 6.02 | 97.02 | 6.02 | inf |
| active ref / -ref | 103.41 | 108.33 | -6.02 | 92.64 | 179.94 | 92.64 | -6.02 | -6.02 | -6.02 | 99.57 | -6.02 | inf |
| active ref / ref+DC 0.01 | 13.94 | 18.87 | 13.95 | 13.94 | 13.94 | 92.64 | 13.95 | 13.95 | 13.95 | 13.94 | 13.95 | large |
| silent ref / exact zeros | 0.00 | 109.44 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 | -80.00 | nan | nan |
| silent ref / leak RMS 1e-4 | -49.44 | 60.01 | -19.49 | -38.68 | -125.97 | -38.68 | -38.68 | -39.44 | -49.44 | -80.00 | nan | nan |
| silent ref / leak RMS 1e-3 | -69.44 | 40.00 | -39.44 | -58.68 | -145.97 | -58.68 | -58.68 | -59.44 | -69.44 | -80.00 | nan | nan |
| silent ref / mixture | -109.44 | 0.00 | -79.44 | -98.68 | -185.98 | -98.68 | -98.68 | -99.44 | -109.44 | -80.00 | nan | nan |
"""  # noqa: E501 - a table

SAMPLES = 4 * 22050
SINGLE, DOUBLE = (float(np.finfo(kind).eps) for kind in (np.float32, np.float64))
LARGE = 140.0  # dB; what mean removal leaves of a perfect estimate is rounding

# Energies and sums that the printed numbers imply: the table was made from random noise.
REFERENCE = 219.1
REFERENCE_SUM = -20.0
MIXTURE = 874.6  # on the active reference
HELD = 0.986  # of the active reference in its mixture
MIXTURE_ON_SILENCE = 879.7
LEAKS = {"leak RMS 1e-4": 8.7855e-4, "leak RMS 1e-3": 8.788e-2}

MSST_EPS = {"scale": 1e-8, "scale_counts": "per_sample", "target": 0, "error": 1e-8, "ratio": 1e-8}
METRICS: dict[str, dict[str, Any]] = {
    "MSDM SI-SNR": si_sdr(eps=scaled_eps(1e-8)),
    "MSDM SI-SNRi": si_sdr(metric="si_sdri", eps=scaled_eps(1e-8)),
    "DiCoSe sdr 1e-5": sdr(eps=plain_eps(1e-5)),
    "TM SI-SDR f32": si_sdr(eps=scaled_eps(SINGLE), precision="float32"),
    "TM SI-SDR f64": si_sdr(eps=scaled_eps(DOUBLE)),
    "TM SI-SNR f32": si_sdr(eps=scaled_eps(SINGLE), precision="float32", zero_mean=True),
    "TM SNR f32": sdr(eps=plain_eps(SINGLE), precision="float32"),
    "MDX nsdr 1e-7": sdr(eps=plain_eps(1e-7), channels="flattened"),
    "MSST sdr 1e-8": sdr(eps=plain_eps(1e-8), channels="flattened"),
    "MSST si_sdr": si_sdr(eps=MSST_EPS, channels="flattened"),
    "museval v4 frame": sdr(channels="energies_summed"),
    "nussl SI-SDR": si_sdr(zero_mean=True),
}
SILENCES = {"museval v4 frame": {**silence("zero_channel_sum"), **LEAVE_OUT}}


def cells() -> list[tuple[str, str, str]]:
    """Case, formula and printed number of the table."""
    head, *body = (line.strip("| ").split(" | ") for line in TABLE.strip().splitlines())
    return [
        (line[0], formula, printed)
        for line in body
        for formula, printed in zip(head[1:], line[1:], strict=True)
    ]


@cache
def directions() -> Array:
    """Three signals of energy 1 and mean 0, orthogonal to each other, [3 sample]."""
    draw = np.random.default_rng(0).standard_normal((SAMPLES, 4))
    draw[:, 0] = 1.0
    return np.ascontiguousarray(np.linalg.qr(draw)[0][:, 1:].T)


@cache
def case(name: str) -> tuple[Array, Array, Array]:
    """Reference, estimate and mixture, [sample]."""
    reference, estimate = name.split(" / ")
    one, other, third = directions()
    if reference == "silent ref":
        reference_, mixture = np.zeros(SAMPLES), np.sqrt(MIXTURE_ON_SILENCE) * other
        leaks = {leak: np.sqrt(energy) * third for leak, energy in LEAKS.items()}
        return (
            reference_,
            {**leaks, "mixture": mixture, "exact zeros": reference_}[estimate],
            mixture,
        )
    offset = REFERENCE_SUM / SAMPLES
    reference_ = np.sqrt(REFERENCE - SAMPLES * offset**2) * one + offset
    mixture = HELD * reference_ + np.sqrt(MIXTURE - HELD**2 * REFERENCE) * other
    estimates = {
        "perfect": reference_,
        "mixture": mixture,
        "exact zeros": np.zeros(SAMPLES),
        "0.5*ref": 0.5 * reference_,
        "-ref": -reference_,
        "ref+DC 0.01": reference_ + 0.01,
    }
    return reference_, estimates[estimate], mixture


@pytest.mark.parametrize(("name", "formula", "printed"), cells())
def test_a_corner_case_has_the_published_number(name: str, formula: str, printed: str) -> None:
    reference, estimate, mixture = (one[None] for one in case(name))
    rule = protocol("a", metrics=[METRICS[formula]], silence=SILENCES.get(formula, silence("zero")))

    found = scored(rule, reference[None], estimate[None], mixture=mixture, rate=22050)

    status, value = STATUSES[found.statuses.item()], found.values.item()
    if printed == "nan":
        assert status in {"silent_reference", "silent_estimate", "undefined"}
    elif printed == "inf":
        assert status == "plus_inf"
    elif printed == "large":  # rounding decides how large: 325.73 where the samples are at hand
        assert status == "plus_inf" or value > LARGE
    else:
        assert status == "ok"
        assert f"{value:.2f}" == printed or f"{value:.2f}" == f"-{printed}" == "-0.00"


def test_two_equal_channels_score_like_one() -> None:
    mono = [one[None, None] for one in case("active ref / mixture")]
    stereo = [np.repeat(one, 2, axis=1) for one in mono]

    for metric in METRICS.values():
        rule = protocol("a", metrics=[metric])
        one, two = (
            scored(rule, references, estimates, mixture=mixture[0], rate=22050)
            for references, estimates, mixture in (mono, stereo)
        )
        assert two.values.item() == pytest.approx(one.values.item(), abs=1e-6)  # twice the energy
