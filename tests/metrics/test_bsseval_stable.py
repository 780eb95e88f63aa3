"""Tracks on which museval's ISR, SIR and SAR are made of rounding, from protocol to scores."""

from __future__ import annotations

import numpy as np
import pytest

from sepeval.protocol import Protocol, load
from sepeval.types import Array
from tests.kernels.bsseval.corpus import CASES, RATE
from tests.kernels.bsseval.oracle import museval_ratios
from tests.scoring.tracks import scored, statuses

SISEC, STABLE = "musdb18-sisec18", "musdb18-sisec18-stable"
FLOAT = "low-passed at 16 kHz, float"
SAMPLED = "low-passed at 16 kHz, 16 bit"


def two_stems(name: str, *, first: str = "vocals", second: str = "drums", **more: str) -> Protocol:
    """A shipped protocol for two of its stems, in an order; parameters of the filters changed."""
    document = load(name).model_dump(mode="json")
    document["stems"] = {first: [first], second: [second]}
    document["summaries"][0]["all_stems"] = [first, second]
    for entry in document["metrics"]:
        if entry["metric"] != "sdr":
            entry["parameters"] |= more
    return Protocol.model_validate(document)


def case(name: str) -> tuple[Array, Array]:
    return next(one for one in CASES if one.name == name).make()


def turned(name: str, references: Array, estimates: Array) -> Array:
    """Scores with the stems in the other order, put back as they were."""
    protocol = two_stems(name, first="drums", second="vocals")
    return scored(protocol, references[::-1], estimates[::-1], rate=RATE).values[:, ::-1]


def test_values_made_of_rounding_are_left_out_with_their_status() -> None:
    references, estimates = case(FLOAT)

    found = scored(two_stems(SISEC), references, estimates, rate=RATE)

    assert found.metrics == ("sdr", "isr", "sir", "sar")
    ill = [["ill_conditioned"], ["ill_conditioned"]]
    assert statuses(found) == [[["ok"], ["ok"]], ill, ill, ill]
    assert np.isnan(found.values[1:]).all()
    theirs = museval_ratios(references, estimates, window=RATE, hop=RATE)
    np.testing.assert_allclose(found.values[0], theirs.sdr, atol=1e-9)


def test_order_of_stems_moves_museval_by_decibels_and_the_stable_value_by_nothing() -> None:
    references, estimates = case(FLOAT)
    once = scored(two_stems(STABLE), references, estimates, rate=RATE).values

    again = turned(STABLE, references, estimates)

    assert np.isfinite(once).all()
    assert np.abs(once - again).max() < 0.01
    museval = museval_ratios(references, estimates, window=RATE, hop=RATE)
    moved = museval_ratios(references, estimates, window=RATE, hop=RATE, order=[1, 0])
    changes = [np.abs(one - other).max() for one, other in zip(museval, moved, strict=True)]
    assert changes[0] < 1e-9  # SDR needs no filters
    assert max(changes) > 1.0


def test_values_made_of_rounding_are_given_on_request() -> None:
    references, estimates = case(FLOAT)
    protocol = two_stems(SISEC, ill_conditioned="museval")

    found = scored(protocol, references, estimates, rate=RATE)

    assert np.isfinite(found.values).all()
    stable = scored(two_stems(STABLE), references, estimates, rate=RATE)
    assert np.abs(found.values - stable.values).max() > 1.0


def test_on_other_tracks_the_stable_value_is_the_value() -> None:
    references, estimates = case(SAMPLED)

    plain = scored(two_stems(SISEC), references, estimates, rate=RATE)
    stable = scored(two_stems(STABLE), references, estimates, rate=RATE)

    assert stable.metrics == ("sdr", "isr_stable", "sir_stable", "sar_stable")
    assert np.isfinite(plain.values).all()
    np.testing.assert_array_equal(plain.values, stable.values)


def test_windows_with_filters_of_their_own_are_left_out_one_by_one() -> None:
    audible, estimates = case(SAMPLED)
    filtered, _ = case(FLOAT)
    references = np.concatenate([audible[..., :RATE], filtered[..., :RATE]], axis=2)
    guesses = np.concatenate([estimates[..., :RATE]] * 2, axis=2)
    protocol = two_stems(SISEC, filters="window")

    found = scored(protocol, references, guesses, rate=RATE)

    assert statuses(found)[1] == [["ok", "ill_conditioned"]] * 2


@pytest.mark.parametrize("name", [SISEC, STABLE])
def test_both_protocols_share_one_measurement(name: str) -> None:
    from sepeval.metrics.base import SignalMetric, build
    from sepeval.scoring.score import measurement_key

    keys = {
        measurement_key(load(one), metric)
        for one in (name, SISEC)
        for metric in map(build, load(one).metrics)
        if isinstance(metric, SignalMetric)
    }

    assert len(keys) == 1
