"""What every registered metric declares, it does. A new metric is found by its registration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from sepeval.errors import ProtocolError
from sepeval.metrics.base import METRICS, EnergyMetric, SignalMetric, build
from sepeval.protocol import MetricEntry
from sepeval.scoring import TrackScores
from sepeval.types import Array, Status
from tests.metrics.parameters import Case, cases
from tests.metrics.signals import SAMPLES, Signals, extremes, signals
from tests.protocol.documents import WHOLE, protocol, sliding
from tests.scoring.tracks import STATUSES, scored

RATE = 1000  # Hz
STEMS = ("a", "b", "c")
WINDOWS = sliding(0.3, 0.1)
ONE_SIDED = {"bleedless", "fullness"}  # what is too loud, or too soft, and not all that is wrong
OK = STATUSES.index(Status.OK)
CASES = cases()
every_metric = pytest.mark.parametrize("name", METRICS.names())


def each(cases: list[Case]) -> pytest.MarkDecorator:
    ids = [f"{one.name}-{CASES.index(one)}" for one in cases]
    return pytest.mark.parametrize("case", cases, ids=ids)


every_case = each(CASES)
of_energies = each([one for one in CASES if issubclass(one.kind, EnergyMetric)])
two_sided = each([one for one in CASES if one.name not in ONE_SIDED])
energies_without_eps = each(
    [one for one in CASES if not one.has_eps and issubclass(one.kind, EnergyMetric)]
)
blind_to_gain = each([one for one in CASES if not one.has_eps and one.kind.scale_invariant])


def result(case: Case, signals: Signals, windows: dict[str, Any] = WINDOWS) -> TrackScores:
    entry = {
        "name": "score",
        "metric": case.name,
        "where": "every_window",
        "parameters": case.parameters,
    }
    rule = protocol(*STEMS[: len(signals.references)], metrics=[entry], windows=windows)
    return scored(rule, signals.references, signals.estimates, mixture=signals.mixture, rate=RATE)


def same(found: TrackScores, expected: Array, tolerance: float = 1e-6) -> None:
    np.testing.assert_allclose(found.values[0], expected, rtol=0, atol=tolerance)


def errors() -> Array:
    """For each stem noise and another stem, without what resembles any channel of its reference."""
    references = signals().references
    noise = 0.3 * np.random.default_rng(1).standard_normal(references.shape)
    found = []
    for own, error in zip(references, noise + np.roll(references, 1, axis=0), strict=True):
        basis = np.linalg.qr(np.vstack([own, np.ones(SAMPLES)]).T)[0]
        found.append(error - (error @ basis) @ basis.T)
    return np.stack(found)


@every_metric
def test_parameters_of_a_metric_are_known(name: str) -> None:
    assert name in {case.name for case in CASES}, "add parameters of this metric to EXAMPLES"


@every_metric
def test_a_metric_says_what_it_is(name: str) -> None:
    metric = METRICS.get(name)

    assert issubclass(metric, EnergyMetric) or issubclass(metric, SignalMetric)
    assert metric.summary
    assert "\n" not in metric.summary
    assert not metric.summary.endswith(".")
    assert metric.version >= 1
    assert metric.unit
    for trait in (metric.higher_is_better, metric.scale_invariant, metric.uses_mixture):
        assert isinstance(trait, bool)
    assert metric.__doc__


@every_metric
def test_a_metric_has_no_defaults(name: str) -> None:
    for found in (METRICS.get(name), *(parts(METRICS.get(name)))):
        assert all(field.is_required() for field in found.model_fields.values())


def parts(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Models that are fields of a model."""
    for field in kind.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield field.annotation


@every_case
def test_each_missing_parameter_is_named(case: Case) -> None:
    for name in case.parameters:
        rest = {key: one for key, one in case.parameters.items() if key != name}
        with pytest.raises(ProtocolError, match=rf"metric 'x' \({case.name}\): .*{name}"):
            build(MetricEntry(name="x", metric=case.name, where="every_window", parameters=rest))


@every_case
def test_an_unknown_parameter_is_named(case: Case) -> None:
    more = {**case.parameters, "smoothing": 1}

    with pytest.raises(ProtocolError, match="smoothing"):
        build(MetricEntry(name="x", metric=case.name, where="every_window", parameters=more))


@every_case
def test_infinite_and_negative_numbers_are_refused(case: Case) -> None:
    for bad in (np.inf, np.nan, -1.0):
        for wrong in replaced(case.parameters, bad):
            with pytest.raises(ValidationError):
                case.kind.model_validate(wrong)


def replaced(value: dict[str, Any], bad: float) -> Iterator[dict[str, Any]]:
    """The parameters with one number replaced."""
    for key, one in value.items():
        if isinstance(one, dict):
            yield from ({**value, key: inner} for inner in replaced(one, bad))
        elif isinstance(one, float | int) and not isinstance(one, bool):
            yield {**value, key: bad}


@every_case
def test_a_score_is_a_number_per_stem_and_window(case: Case) -> None:
    found = result(case, signals())

    assert found.values.shape == (1, 3, 4)
    assert (found.statuses == OK).all()
    assert np.isfinite(found.values).all()


@every_case
def test_a_score_is_the_same_each_time(case: Case) -> None:
    one, other = result(case, signals()), result(case, signals())

    assert np.array_equal(one.values, other.values)


@blind_to_gain
def test_a_gain_on_the_estimate_is_ignored_where_the_metric_says_so(case: Case) -> None:
    expected = result(case, signals()).values[0]

    for gain in (0.01, 0.3, 40.0):
        found = result(case, signals()._replace(estimates=gain * signals().estimates))
        same(found, expected, 1e-8 if case.parameters.get("precision") != "float32" else 1e-5)


@pytest.mark.parametrize(
    "name", [name for name in METRICS.names() if not METRICS.get(name).scale_invariant]
)
def test_a_gain_on_the_estimate_counts_where_the_metric_does_not_say_so(name: str) -> None:
    louder = signals()._replace(estimates=3.0 * signals().estimates)

    changed = [
        not np.allclose(result(case, louder).values, result(case, signals()).values)
        for case in CASES
        if case.name == name
    ]

    assert any(changed)


@every_case
def test_the_mixture_counts_where_the_metric_says_so_and_nowhere_else(case: Case) -> None:
    other = signals()._replace(mixture=signals().mixture + signals().estimates[0])

    one, two = result(case, signals()).values, result(case, other).values

    assert np.allclose(one, two, rtol=0, atol=1e-9) != case.kind.uses_mixture


@every_case
@pytest.mark.parametrize("order", [[2, 0, 1], [1, 0, 2]])
def test_the_order_of_the_stems_is_the_order_of_the_scores(case: Case, order: list[int]) -> None:
    turned = signals()._replace(
        references=signals().references[order], estimates=signals().estimates[order]
    )

    same(result(case, turned), result(case, signals()).values[0][order])


@every_case
def test_channels_may_be_swapped(case: Case) -> None:
    swapped = Signals(*(np.ascontiguousarray(one[..., ::-1, :]) for one in signals()))

    same(result(case, swapped), result(case, signals()).values[0])


@of_energies
def test_what_follows_a_window_does_not_count_for_energies(case: Case) -> None:
    shorter = Signals(*(one[..., :450] for one in signals()))

    found, expected = result(case, shorter).values[0], result(case, signals()).values[0]

    np.testing.assert_allclose(found[:, :2], expected[:, :2], rtol=0, atol=1e-9)


@of_energies
def test_samples_may_change_places_inside_a_window_for_energies(case: Case) -> None:
    order = np.random.default_rng(2).permutation(SAMPLES)
    mixed = Signals(*(one[..., order] for one in signals()))

    same(result(case, mixed, WHOLE), result(case, signals(), WHOLE).values[0])


@energies_without_eps
def test_one_gain_on_everything_moves_levels_and_no_ratios(case: Case) -> None:
    expected = result(case, signals()).values[0]

    for level_db in (-200, 20):
        gain = 10 ** (level_db / 20)
        moved = result(case, Signals(*(gain * one for one in signals()))).values[0] - expected
        either = 0.0 if abs(moved[0, 0]) < 1 else level_db
        np.testing.assert_allclose(moved, either, rtol=0, atol=1e-4)


@two_sided
def test_more_error_is_never_better(case: Case) -> None:
    references = signals().references
    sign = 1 if case.kind.higher_is_better else -1

    found = [
        sign
        * result(case, signals()._replace(estimates=references + level * errors()), WHOLE).values
        for level in (1e-3, 1e-2, 0.1, 1.0, 10.0)
    ]

    assert (np.diff(found, axis=0) <= 1e-9).all()


@every_case
@pytest.mark.parametrize("name", extremes())
def test_extreme_signals_have_a_number_or_a_status(case: Case, name: str) -> None:
    found = extremes()[name]
    windows = WHOLE if found.mixture.shape[1] == 1 else WINDOWS

    scores = result(case, found, windows)

    assert scores.values.size > 0
    assert np.array_equal(np.isfinite(scores.values), scores.statuses == OK)
    assert np.array_equal(np.isnan(scores.values), scores.statuses != OK)
