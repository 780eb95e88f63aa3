"""The shipped SiSEC 2018 protocol has museval's value in every frame, and its gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sepeval.errors import ProtocolError
from sepeval.kernels.bsseval import Ratios
from sepeval.metrics.base import build
from sepeval.protocol import MetricEntry, Protocol, load
from sepeval.types import Array
from tests.kernels.bsseval.oracle import museval_metrics
from tests.scoring.tracks import scored, statuses

RATE = 2000  # Hz; frames are one second
TAPS = 16  # museval's own solution takes seconds with 512
PARAMETERS = {"output": "sir", "taps": 8, "filters": "track", "ill_conditioned": "leave_out"}


def sisec(*metrics: str, taps: int = TAPS) -> Protocol:
    """The shipped protocol with some of its metrics, and shorter filters."""
    shipped = load("musdb18-sisec18").model_dump()
    shipped["metrics"] = [one for one in shipped["metrics"] if one["name"] in metrics]
    for one in shipped["metrics"]:
        if one["metric"] == "bsseval":
            one["parameters"] = {**one["parameters"], "taps": taps}
    shipped["summaries"][0]["metrics"] = list(metrics)
    return Protocol.model_validate(shipped)


def track(*, seconds: float = 5.5, channels: int = 2, seed: int = 0) -> tuple[Array, Array]:
    draw = np.random.default_rng(seed)
    references = draw.standard_normal((4, channels, int(seconds * RATE)))
    mixed = np.einsum("st,tcn->scn", np.eye(4) + 0.1, references)
    return references, mixed + 0.2 * draw.standard_normal(references.shape)


def museval(references: Array, estimates: Array, *, taps: int = TAPS) -> Ratios:
    found = museval_metrics().bss_eval(
        references.transpose(0, 2, 1),
        estimates.transpose(0, 2, 1),
        window=RATE,
        hop=RATE,
        filters_len=taps,
    )
    return Ratios(*(np.asarray(values) for values in found[:4]))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("seconds", [0.4, 1.0, 3.0, 5.5])
def test_sdr_is_the_sdr_of_museval(channels: int, seconds: float) -> None:
    references, estimates = track(channels=channels, seconds=seconds)

    found = scored(sisec("sdr"), references, estimates, rate=RATE)

    expected = museval(references, estimates).sdr
    assert found.values[0].shape == expected.shape
    np.testing.assert_allclose(found.values[0], expected, rtol=0, atol=1e-9)


def test_all_four_ratios_are_those_of_museval() -> None:
    references, estimates = track(seconds=2.0)
    references[1, :, :RATE] = 0.0

    found = scored(sisec("sdr", "isr", "sir", "sar"), references, estimates, rate=RATE)

    assert found.metrics == ("sdr", "isr", "sir", "sar")
    for values, expected in zip(found.values, museval(references, estimates), strict=True):
        assert np.array_equal(np.isnan(values), np.isnan(expected))
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-6)  # filters are solved for


@pytest.mark.slow
def test_all_four_ratios_are_those_of_museval_as_shipped() -> None:
    references, estimates = track(seconds=2.0, channels=1)
    names = ("sdr", "isr", "sir", "sar")
    assert sisec(*names, taps=512) == load("musdb18-sisec18")

    found = scored(sisec(*names, taps=512), references, estimates, rate=RATE)

    for values, expected in zip(
        found.values, museval(references, estimates, taps=512), strict=True
    ):
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-6)  # filters are solved for


def test_frames_are_left_out_exactly_where_museval_has_none() -> None:
    references, estimates = track()
    references[0, :, :RATE] = 0.0
    estimates[2, :, RATE : 2 * RATE] = 0.0
    references[1, 1, 2 * RATE : 3 * RATE] = -references[1, 0, 2 * RATE : 3 * RATE]
    references[3, 0, 3 * RATE : 4 * RATE] = 0.0  # one channel still sounds

    found = scored(sisec("sdr"), references, estimates, rate=RATE)

    expected = museval(references, estimates).sdr
    np.testing.assert_allclose(found.values[0], expected, rtol=0, atol=1e-9)
    other = "silent_other"
    assert statuses(found) == [
        [
            ["silent_reference", other, other, "ok", "ok"],
            [other, other, "silent_reference", "ok", "ok"],
            [other, "silent_estimate", other, "ok", "ok"],
            [other, other, other, "ok", "ok"],
        ]
    ]
    assert found.silent[0].tolist() == [True, False, False, False, False]


def test_a_perfect_frame_is_infinite_as_in_museval() -> None:
    references, estimates = track(seconds=2.0)
    estimates[1] = references[1]

    found = scored(sisec("sdr"), references, estimates, rate=RATE)

    assert statuses(found)[0][1] == ["plus_inf", "plus_inf"]
    assert (museval(references, estimates).sdr[1] > 250).all()  # rounding of its filters


def test_a_stem_that_is_silent_over_the_whole_track_is_left_out() -> None:
    references, estimates = track(seconds=2.0)
    references[3] = 0.0

    found = scored(sisec("sdr", "isr", "sir", "sar"), references, estimates, rate=RATE)

    with pytest.raises(ValueError, match="silent"):
        museval(references, estimates)
    quiet, loud = ["silent_reference"] * 2, ["silent_other"] * 2
    assert statuses(found) == [[loud, loud, loud, quiet]] * 4


def test_an_estimate_that_is_silent_over_the_whole_track_is_left_out() -> None:
    references, estimates = track(seconds=2.0)
    estimates[0] = 0.0

    found = scored(sisec("sdr", "isr", "sir", "sar"), references, estimates, rate=RATE)

    quiet, loud = ["silent_estimate"] * 2, ["silent_other"] * 2
    assert statuses(found) == [[quiet, loud, loud, loud]] * 4


def test_the_ratio_named_sdr_is_the_plain_sdr() -> None:
    references, estimates = track(seconds=2.0)
    rule = sisec("sdr", "isr").model_dump()
    rule["metrics"][1]["parameters"] = {**rule["metrics"][1]["parameters"], "output": "sdr"}

    found = scored(Protocol.model_validate(rule), references, estimates, rate=RATE)

    np.testing.assert_allclose(found.values[0], found.values[1], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"output": "snr"}, "output"),
        ({"taps": 0}, "taps"),
        ({"taps": "512"}, "taps"),
        ({"filters": "frame"}, "filters"),
        ({"ill_conditioned": "ridge"}, "ill_conditioned"),
        ({"ridge": 1.0}, "ridge"),
    ],
)
def test_a_wrong_parameter_is_named(changes: dict[str, Any], named: str) -> None:
    parameters = {**PARAMETERS, **changes}

    with pytest.raises(ProtocolError, match=rf"'x' \(bsseval\): .*{named}"):
        build(MetricEntry(name="x", metric="bsseval", where="every_window", parameters=parameters))
