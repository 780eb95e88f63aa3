"""A validation set scored under a protocol at the end of each epoch, as a callback."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import torch
from torch import Tensor

from sepeval.errors import ProtocolError
from sepeval.protocol import Protocol as Rules
from sepeval.training.protocol_metric import ProtocolMetric


class Heard(NamedTuple):
    """A batch with what a model made of it.

    Attributes:
        references: [batch stem channel sample], stems in the protocol's order.
        estimates: [batch stem channel sample].
        mixture: [batch channel sample].
    """

    references: Tensor
    estimates: Tensor
    mixture: Tensor


class Module(Protocol):
    """What is asked of a model: it separates, and it logs."""

    def __call__(self, mixture: Tensor) -> Tensor:
        """Return [batch stem channel sample]."""

    def log_dict(self, dictionary: Mapping[str, Tensor]) -> object:
        """Take the numbers of an epoch."""


# module, what its validation step returned, batch -> what is scored
Reader: TypeAlias = Callable[[Any, Any, Any], Heard]  # Any: a user's own


def separated(module: Module, outputs: object, batch: tuple[Tensor, Tensor]) -> Heard:  # noqa: ARG001 - a reader
    """Return a batch of references and mixture with what `module(mixture)` gives."""
    references, mixture = batch
    with torch.no_grad():
        return Heard(references, module(mixture), mixture)


class ValidationScores:
    """The numbers of a table over a validation set, logged after each validation epoch.

    It has the hooks of a Lightning callback and needs no Lightning; a trainer calls all hooks that
    there are, so the rest comes from Lightning's own class, of either of its packages:

        class Scores(ValidationScores, lightning.pytorch.Callback): ...

        scores = Scores(load_protocol("slakh2100-active"), ["si_sdri"], rate=22050)
        Trainer(callbacks=[scores, EarlyStopping("slakh2100-active.v1/si_sdri/All", mode="max")])

    Each number is logged as `<protocol>/<metric>/<stem>`, and in `values` until the next epoch
    ends. Each item of a batch counts as a track; see `ProtocolMetric`, whose processes gather
    their batches.

    Args:
        protocol: names its stems; `every` stem is spelled out by `protocol.for_stems`.
        metrics: names of entries of the protocol, of energy metrics.
        rate: of the tensors, in Hz.
        read: returns what is scored of a batch; `separated` asks the model once more, which a
            reader of what the validation step returned can spare.
        summary: name of the reduction, where the protocol has several of a metric.
        dataloader: place of the loader that is scored, where there are several.

    Raises:
        ProtocolError: see `ProtocolMetric`, or no metric is named.
    """

    values: Mapping[str, float]

    def __init__(
        self,
        protocol: Rules,
        metrics: Sequence[str],
        *,
        rate: int,
        read: Reader = separated,
        summary: str | None = None,
        dataloader: int = 0,
    ) -> None:
        if not metrics:
            names = ", ".join(entry.name for entry in protocol.metrics)
            raise ProtocolError(f"{protocol.id}: name the metrics to log; it has {names}")
        self._scores = {
            f"{protocol.id}/{name}": ProtocolMetric(protocol, name, summary=summary)
            for name in metrics
        }
        self._rate = rate
        self._read = read
        self._dataloader = dataloader
        self.values = {}

    def on_validation_epoch_start(self, trainer: object, pl_module: Module) -> None:  # noqa: ARG002 - the hook's
        """Begin anew, on the model's device."""
        device = torch.device(getattr(pl_module, "device", "cpu"))
        for score in self._scores.values():
            score.to("cpu" if device.type == "mps" else device)  # mps has no double precision
            score.reset()

    def on_validation_batch_end(
        self,
        trainer: object,  # noqa: ARG002 - the hook's
        pl_module: Module,
        outputs: object,
        batch: object,
        batch_idx: int,  # noqa: ARG002 - the hook's
        dataloader_idx: int = 0,
    ) -> None:
        """Score a batch.

        Raises:
            ShapeError, ProtocolError, DataError: it does not fit; see `ProtocolMetric.update`.
        """
        if dataloader_idx != self._dataloader:
            return
        heard = self._read(pl_module, outputs, batch)
        for score in self._scores.values():
            score.update(*heard, rate=self._rate)

    def on_validation_epoch_end(self, trainer: object, pl_module: Module) -> None:  # noqa: ARG002 - the hook's
        """Log the numbers of all batches."""
        numbers = {
            f"{name}/{stem}": value
            for name, score in self._scores.items()
            for stem, value in score.compute().items()
        }
        self.values = {name: value.item() for name, value in numbers.items()}
        pl_module.log_dict(numbers)
