"""The numbers of a table under a protocol, made in a training loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, final

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torchmetrics.utilities import dim_zero_cat

from sepeval.errors import DataError, ProtocolError, ShapeError
from sepeval.kernels.cells import measure
from sepeval.metrics.base import EnergyMetric, build
from sepeval.protocol import MetricEntry, Protocol, Step, Summary
from sepeval.scoring import TrackStatistics, edges, score_track
from sepeval.summary import ALL, reduced, used_scores
from sepeval.training.base import Item, TrainingMetric, items
from sepeval.types import Array, Status

_CHANNELS = {"mono": 1, "stereo": 2}
_STATUSES = np.array([str(status) for status in Status])


@final
class ProtocolMetric(TrainingMetric):
    """The numbers of a table under a protocol, each item of a batch being a track.

    Windows, silence rule, eps and reductions are the protocol's. Its resampler has no meaning here:
    tensors must have its rate and channels. A stem that a track does not have is passed as zeros,
    so `missing: leave_out` has no effect. Items that a sampler repeats to fill up a distributed
    batch count twice.

    Args:
        protocol: names its stems; `every` stem is spelled out by `protocol.for_stems`.
        metric: name of an entry of the protocol, of an energy metric.
        summary: name of the reduction, where the protocol has several of that metric.
        options: of `torchmetrics.Metric`, such as `sync_on_compute`.

    Raises:
        ProtocolError: the protocol has no such entry or reduction, or does not name its stems; the
            metric needs the audio itself; or the mixture is no sum of the stems.
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
        built = build(entry)
        if not isinstance(built, EnergyMetric):
            message = f"{protocol.id}: {metric!r} ({entry.metric}) needs the audio itself; it has"
            raise ProtocolError(f"{message} no form for training")
        parts = [part for parts in protocol.stems.values() for part in parts]
        summed = built.uses_mixture and protocol.audio.mixture == "sum"
        if summed and len(set(parts)) < len(parts):
            message = f"{protocol.id}: stems share sources, so their sum is not the mixture"
            raise ProtocolError(message)
        super().__init__(built, options)
        self._summary = _summary(protocol, metric, summary)
        self._protocol = protocol.model_copy(update={"metrics": [entry]})
        steps = _steps(self._summary)
        self._inside = steps[:-1] if steps[-1].over == ["track"] else []
        self._across = steps[len(self._inside) :]
        self._flat = [step.by for step in self._across] == ["mean"]
        if self._flat:
            zeros = torch.zeros(len(protocol.stems), dtype=torch.float64)
            self.add_state("total", zeros, dist_reduce_fx="sum")
            self.add_state("count", zeros.clone(), dist_reduce_fx="sum")
        else:
            self.add_state("values", [], dist_reduce_fx="cat")

    def update(
        self, references: Tensor, estimates: Tensor, mixture: Tensor | None = None, *, rate: int
    ) -> None:
        """Add a batch.

        Args:
            references: [batch stem channel sample], stems in the protocol's order.
            estimates: [batch stem channel sample].
            mixture: [batch channel sample]; read where the protocol's mixture is a `file`. Under
                `sum` it is the sum of the references, as in a run.
            rate: of the signals, in Hz.

        Raises:
            ShapeError: the tensors do not fit together, or do not fit the protocol's stems.
            ProtocolError: rate or channels are not the protocol's, or it needs the mixture.
            DataError: the signals are shorter than the protocol's `multiple_of`.
        """
        self._check(references, mixture, rate)
        heard = mixture if self._protocol.audio.mixture == "file" else None
        for item in items(references, estimates, heard):
            used = used_scores(self._scores(item, rate), self._summary)
            rows = [
                (float(place), start, value)
                for place, stem in enumerate(self._protocol.stems)
                for start, value in self._reduced_inside(used[used["stem"] == stem])
            ]
            found = torch.tensor(rows, dtype=torch.float64, device=self.device).reshape(-1, 3)
            if self._flat:
                places = found[:, 0].long()
                self.total = self.total.double().index_add(0, places, found[:, 2])
                self.count = self.count.double().index_add(0, places, torch.ones_like(found[:, 2]))
            else:
                self.values.append(found.flatten())

    def compute(self) -> dict[str, Tensor]:
        """Return the number of each stem, and `All` where the protocol has it.

        nan where nothing could be used, as a run has `undefined` there; infinite where it has
        `plus_inf` or `minus_inf`.
        """
        stems = list(self._protocol.stems)
        if self._flat:
            numbers = (self.total / self.count).tolist()
        else:
            kept = dim_zero_cat(self.values).cpu().numpy() if len(self.values) else np.empty(0)
            rows = kept.reshape(-1, 3)
            numbers = [
                _last(_frame(rows[rows[:, 0] == n]), self._across) for n in range(len(stems))
            ]
        found = dict(zip(stems, numbers, strict=True))
        if self._summary.all_stems:
            chosen = np.array([found[stem] for stem in stems if stem in self._summary.all_stems])
            table = np.stack([chosen, np.zeros_like(chosen), chosen], axis=1)
            over_stems = [Step(over=["track"], by=self._summary.all_by)]
            found[ALL] = np.nan if np.isnan(chosen).any() else _last(_frame(table), over_stems)
        return {
            name: torch.tensor(value, dtype=torch.float64, device=self.device)
            for name, value in found.items()
        }

    def _check(self, references: Tensor, mixture: Tensor | None, rate: int) -> None:
        rule, name = self._protocol.audio, self._protocol.id
        if references.ndim != 4 or references.shape[1] != len(self._protocol.stems):
            message = (
                f"{name} scores {', '.join(self._protocol.stems)}; references must be [batch "
                f"{len(self._protocol.stems)} channel sample]; found {list(references.shape)}"
            )
            raise ShapeError(message)
        if rule.rate not in ("native", rate):
            raise ProtocolError(f"{name} is for {rule.rate} Hz; found {rate} Hz")
        channels = references.shape[2]
        if _CHANNELS.get(rule.channels, channels) != channels:
            raise ProtocolError(f"{name} is for {rule.channels} audio; found {channels} channels")
        if self._metric.uses_mixture and rule.mixture == "file" and mixture is None:
            raise ProtocolError(f"{name} takes the mixture file of the dataset; pass the mixture")

    def _scores(self, item: Item, rate: int) -> pd.DataFrame:
        """Return the scores of an item, as a run stores them."""
        protocol, length = self._protocol, item.mixture.shape[1]
        multiple = protocol.audio.multiple_of or 1
        if length < multiple:
            message = f"{protocol.id} scores whole stretches of {multiple} samples; found {length}"
            raise DataError(message)
        length -= length % multiple
        references, estimates, mixture = (one[..., :length] for one in item)
        cut = edges([protocol], length=length, rate=rate)
        cells = measure(references, estimates, mixture, cut)
        stored = TrackStatistics(cells, cut, tuple(protocol.stems), (), rate, {})
        found = score_track(protocol, stored)
        stems, windows = found.values.shape[1:]
        return pd.DataFrame(
            {
                "stem": np.repeat(np.array(found.stems), windows),
                "start": np.tile(found.windows[:, 0], stems),
                "value": found.values[0].ravel(),
                "status": _STATUSES[found.statuses[0].ravel()],
            }
        )

    def _reduced_inside(self, used: pd.DataFrame) -> Iterator[tuple[float, float]]:
        """Yield start and value of what an item adds to one stem."""
        if not self._inside:
            yield from zip(used["start"].astype(float), used["value"], strict=True)
        elif len(used):
            yield 0.0, _last(used, self._inside)


def _entry(protocol: Protocol, metric: str) -> MetricEntry:
    if not protocol.stems:
        message = f"{protocol.id} scores every stem of a dataset; name them with protocol.for_stems"
        raise ProtocolError(message)
    entries = {entry.name: entry for entry in protocol.metrics}
    if metric not in entries:
        raise ProtocolError(f"{protocol.id} has no metric {metric!r}; it has {', '.join(entries)}")
    return entries[metric]


def _summary(protocol: Protocol, metric: str, name: str | None) -> Summary:
    found = {one.name: one for one in protocol.summaries if metric in one.metrics}
    if name is None and len(found) == 1:
        return next(iter(found.values()))
    if name is None or name not in found:
        message = f"{protocol.id} reduces {metric!r} by {', '.join(found) or 'nothing'}"
        raise ProtocolError(f"{message}; name one as the summary, found {name!r}")
    return found[name]


def _steps(summary: Summary) -> list[Step]:
    """Return the reductions without the replicates: there is one."""
    steps = [
        step.model_copy(update={"over": [axis for axis in step.over if axis != "replicate"]})
        for step in summary.steps
    ]
    return [step for step in steps if step.over]


def _last(values: pd.DataFrame, steps: Sequence[Step]) -> float:
    """Return what remains after all steps; nan where there is no value."""
    whole = Summary.model_construct(steps=steps)
    with np.errstate(invalid="ignore"):
        left = reduced(values, whole)[-1]
    return float(left.iloc[0]) if len(left) else float("nan")


def _frame(rows: Array) -> pd.DataFrame:
    """Return rows [row 3] of anything, start and value as a table in which each is a track."""
    return pd.DataFrame({"track": np.arange(len(rows)), "start": rows[:, 1], "value": rows[:, 2]})
