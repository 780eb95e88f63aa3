"""Energy metrics as `torchmetrics.Metric`, for a training or validation loop.

The values are the toolkit's own: every batch goes through the kernels that a run goes through, in
float64 on the CPU, without a gradient. A tensor that is in single precision stays what it is; only
the arithmetic after it is double.

    ProtocolMetric   what a table says: windows, silence rule and reductions of a protocol
    EnergyScore      one metric over whole signals, one number

Recipe for a LightningModule:

    class Separator(LightningModule):
        def __init__(self):
            super().__init__()
            self.score = ProtocolMetric(load_protocol("slakh2100-active"), "si_sdri")

        def validation_step(self, batch, number):
            references, mixture = batch  # [batch stem channel sample], [batch channel sample]
            self.score.update(references, self(mixture), rate=22050)

        def on_validation_epoch_end(self):
            self.log_dict({f"si_sdri/{stem}": one for stem, one in self.score.compute().items()})
            self.score.reset()
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from sepeval.errors import DataError, ProtocolError, ShapeError
from sepeval.kernels.cells import measure
from sepeval.metrics.base import EnergyMetric, build
from sepeval.protocol import MetricEntry, Protocol, Step, Summary
from sepeval.scoring import TrackStatistics, edges, score_track
from sepeval.summary import ALL, reduced, used_scores
from sepeval.types import Array, Status

_CHANNELS = {"mono": 1, "stereo": 2}
_STATUSES = np.array([str(status) for status in Status])


class _EnergyMetric(Metric):
    """What both metrics are for torchmetrics."""

    is_differentiable = False
    full_state_update = False

    def __init__(self, metric: EnergyMetric, **options: Any) -> None:  # noqa: ANN401 - torchmetrics'
        super().__init__(**options)
        self._metric = metric

    @property
    def higher_is_better(self) -> bool:  # type: ignore[override]  # a constant of the class there
        """The direction of the metric."""
        return self._metric.higher_is_better


@final
class ProtocolMetric(_EnergyMetric):
    """The numbers of a table under a protocol, each item of a batch being a track.

    Windows, silence rule, eps and reductions are the protocol's. Its files and its resampler have
    no meaning here: tensors must have its rate and channels. A stem that a track does not have is
    passed as zeros, so `missing: leave_out` has no effect. Items that a sampler repeats to fill
    up a distributed batch count twice, as anywhere.

    Args:
        protocol: names its stems; one for `every` stem is filled in by `for_stems`.
        metric: name of the protocol's entry; an energy metric.
        summary: name of the reduction, where several have the metric.
        options: of `torchmetrics.Metric`, such as `dist_sync_fn`.

    Raises:
        ProtocolError: the protocol has no such entry or no such reduction, does not name its
            stems, or the metric needs the audio.
    """

    total: Tensor
    count: Tensor
    values: list[Tensor]

    def __init__(
        self,
        protocol: Protocol,
        metric: str,
        *,
        summary: str | None = None,
        **options: Any,  # noqa: ANN401 - torchmetrics'
    ) -> None:
        entry = _entry(protocol, metric)
        super().__init__(_energy_metric(entry), **options)
        self._summary = _summary(protocol, metric, summary)
        only = self._summary.model_copy(update={"metrics": [metric]})
        self._protocol = protocol.model_copy(update={"metrics": [entry], "summaries": [only]})
        steps = [step for step in self._summary.steps if step.over != ["replicate"]]
        axes = [sorted(set(step.over) - {"replicate"}) for step in steps]
        self._inside = axes == [["window"], ["track"]]
        self._flat = [step for step in steps if "track" in step.over][0].by == "mean" and (
            self._inside or axes == [["track", "window"]]
        )
        if self._flat:
            zeros = torch.zeros(len(protocol.stems), dtype=torch.float64)
            self.add_state("total", zeros, dist_reduce_fx="sum")
            self.add_state("count", zeros.clone(), dist_reduce_fx="sum")
        else:
            self.add_state("values", [], dist_reduce_fx="cat")
