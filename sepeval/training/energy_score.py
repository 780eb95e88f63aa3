"""One energy metric over whole signals."""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from sepeval.kernels.cells import measure
from sepeval.metrics.base import EnergyMetric
from sepeval.training.base import TrainingMetric, items


@final
class EnergyScore(TrainingMetric):
    """The mean score of all items and stems, over whole signals.

    Undefined scores are left out, infinite ones are kept: a stem that is silent counts with the
    value that the metric's eps gives it. `ProtocolMetric` has rules for silence.

    Args:
        metric: with its parameters, such as `METRICS.get("si_sdr")(...)`.
        options: of `torchmetrics.Metric`, such as `sync_on_compute`.
    """

    total: Tensor
    count: Tensor

    def __init__(self, metric: EnergyMetric, **options: Any) -> None:  # noqa: ANN401 - torchmetrics'
        super().__init__(metric, options)
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, references: Tensor, estimates: Tensor, mixture: Tensor | None = None) -> None:
        """Add a batch.

        Args:
            references: [batch stem channel sample].
            estimates: [batch stem channel sample].
            mixture: [batch channel sample]; the sum of the references if none is given.

        Raises:
            ShapeError: the tensors do not fit together.
        """
        for item in items(references, estimates, mixture):
            length = item.mixture.shape[1]
            whole = measure(*item, np.array([0, length], dtype=np.int64))
            scores = self._metric.score(whole, lengths=np.array([length], dtype=np.int64))
            used = scores[~np.isnan(scores)]
            self.total = self.total.double() + float(used.sum())
            self.count = self.count.double() + used.size

    def compute(self) -> Tensor:
        """Return the mean, in the metric's unit; nan where no score is defined."""
        return self.total / self.count
