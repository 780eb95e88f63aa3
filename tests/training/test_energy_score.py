"""One metric over whole signals: torchmetrics' own where it has the measure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.audio import (
    ScaleInvariantSignalDistortionRatio,
    ScaleInvariantSignalNoiseRatio,
    SignalNoiseRatio,
)

from sepeval import METRICS, EnergyScore
from sepeval.errors import ShapeError
from sepeval.metrics.base import EnergyMetric
from tests.metrics.parameters import Case, cases

DOUBLE = float(np.finfo(np.float64).eps)
PLAIN: dict[str, Any] = {
    "eps": {"target": DOUBLE, "error": DOUBLE, "ratio": 0.0},
    "zero_mean": False,
    "channels": "each_then_mean",
    "precision": "float64",
}
SCALED: dict[str, Any] = {
    **PLAIN,
    "eps": {"scale": DOUBLE, "scale_counts": "once", **PLAIN["eps"]},
}


def batch(*, seed: int = 0, items: int = 3) -> tuple[Tensor, Tensor]:
    draw = np.random.default_rng(seed)
    references = draw.standard_normal((items, 2, 2, 500))
    estimates = references + 0.3 * draw.standard_normal(references.shape) + 0.1
    return torch.from_numpy(references), torch.from_numpy(estimates)


def metric(name: str, parameters: dict[str, Any]) -> EnergyMetric:
    found = METRICS.get(name).model_validate(parameters)
    assert isinstance(found, EnergyMetric)
    return found


@pytest.mark.parametrize(
    ("name", "parameters", "oracle"),
    [
        ("si_sdr", SCALED, ScaleInvariantSignalDistortionRatio),
        ("si_sdr", {**SCALED, "zero_mean": True}, ScaleInvariantSignalNoiseRatio),
        ("snr", PLAIN, SignalNoiseRatio),
    ],
)
def test_a_score_is_that_of_torchmetrics(
    name: str, parameters: dict[str, Any], oracle: type[Metric]
) -> None:
    ours, theirs = EnergyScore(metric(name, parameters)), oracle()

    for seed in (0, 1):
        references, estimates = batch(seed=seed)
        ours.update(references, estimates)
        theirs.update(estimates, references)

    assert ours.compute().item() == pytest.approx(theirs.compute().item(), abs=1e-5)  # its sum
    assert oracle.higher_is_better is ours.higher_is_better is True


@pytest.mark.parametrize(
    "case",
    [one for one in cases() if issubclass(one.kind, EnergyMetric)],
    ids=lambda one: one.name,
)
def test_every_energy_metric_has_a_mean_that_no_split_changes(case: Case) -> None:
    whole = EnergyScore(metric(case.name, case.parameters))
    split = EnergyScore(metric(case.name, case.parameters))
    references, estimates = batch()

    whole.update(references, estimates)
    for place in (1, 2, 0):
        split.update(references[[place]], estimates[[place]])

    assert torch.isfinite(whole.compute())
    assert split.compute().item() == pytest.approx(whole.compute().item(), abs=1e-12)


def test_undefined_scores_are_left_out_and_infinite_ones_are_not() -> None:
    parameters = {**PLAIN, "eps": {"target": 0.0, "error": 0.0, "ratio": 0.0}}
    references, estimates = batch(items=2)
    alone = EnergyScore(metric("sdr", parameters))
    alone.update(references[:1], estimates[:1])

    undefined = EnergyScore(metric("sdr", parameters))
    first = torch.tensor([1.0, 0.0])[:, None, None, None]
    undefined.update(references * first, estimates * first)
    perfect = EnergyScore(metric("sdr", parameters))
    perfect.update(references, references)

    assert undefined.compute() == alone.compute()
    assert perfect.compute() == torch.inf


def test_without_a_mixture_it_is_the_sum_of_the_references() -> None:
    found = [EnergyScore(metric("si_sdri", SCALED)) for _ in range(2)]
    references, estimates = batch()

    found[0].update(references, estimates)
    found[1].update(references, estimates, references.sum(dim=1))

    assert found[0].compute() == found[1].compute()


def test_nothing_has_no_mean() -> None:
    found = EnergyScore(metric("sdr", PLAIN))
    references, estimates = batch(items=1)

    found.update(references[:0], estimates[:0])

    assert torch.isnan(found.compute())


def test_shapes_that_do_not_fit_are_refused() -> None:
    references, estimates = batch()

    with pytest.raises(ShapeError, match=r"found \[3, 2, 2, 500\] and \[3, 2, 2, 499\]"):
        EnergyScore(metric("sdr", PLAIN)).update(references, estimates[..., :-1])
