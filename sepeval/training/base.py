"""What the metrics of this package are for torchmetrics, and how they read a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from sepeval.errors import ShapeError
from sepeval.metrics.base import EnergyMetric
from sepeval.types import Array


class Item(NamedTuple):
    """One item of a batch, in float64.

    Attributes:
        references: [stem channel sample].
        estimates: [stem channel sample].
        mixture: [channel sample].
    """

    references: Array
    estimates: Array
    mixture: Array


class TrainingMetric(Metric):
    """A `torchmetrics.Metric` of an energy metric; its states are in double precision."""

    is_differentiable = False
    full_state_update = False

    def __init__(self, metric: EnergyMetric, options: dict[str, Any]) -> None:  # Any: torchmetrics'
        super().__init__(**options)
        self._metric = metric

    @property
    def higher_is_better(self) -> bool:  # type: ignore[override]  # a constant of the class there
        """The direction of the metric."""
        return self._metric.higher_is_better

    @property
    def dtype(self) -> torch.dtype:
        """float64, also where the module around it is in another precision."""
        return torch.float64


def items(references: Tensor, estimates: Tensor, mixture: Tensor | None) -> Iterator[Item]:
    """Yield the items of a batch.

    Args:
        references: [batch stem channel sample].
        estimates: [batch stem channel sample].
        mixture: [batch channel sample]; the sum of the references if there is none.

    Raises:
        ShapeError: the tensors do not fit together.
    """
    if references.ndim != 4 or estimates.shape != references.shape:
        message = (
            "references and estimates must be [batch stem channel sample], both the same; found "
            f"{list(references.shape)} and {list(estimates.shape)}"
        )
        raise ShapeError(message)
    batch, _, channels, samples = references.shape
    if mixture is not None and mixture.shape != (batch, channels, samples):
        message = (
            f"the mixture must be [batch channel sample], {[batch, channels, samples]}; found "
            f"{list(mixture.shape)}"
        )
        raise ShapeError(message)
    for place in range(batch):
        sources, found = _array(references[place]), _array(estimates[place])
        heard = sources.sum(axis=0) if mixture is None else _array(mixture[place])
        yield Item(sources, found, heard)


def _array(signal: Tensor) -> Array:
    return np.ascontiguousarray(signal.detach().to("cpu", torch.float64).numpy())
