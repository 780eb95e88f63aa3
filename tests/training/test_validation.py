"""The callback logs what a table says, whoever calls its hooks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from sepeval import load_protocol
from sepeval.errors import ProtocolError
from sepeval.training import Heard, ProtocolMetric, ValidationScores

RULES = load_protocol("slakh2100-active")
RATE = 22050
NAME = "slakh2100-active.v1/si_sdri"


def batches(count: int = 2, seed: int = 0) -> list[tuple[Tensor, Tensor]]:
    """References and mixture of noise, one item each, as long as the protocol scores."""
    generator = torch.Generator().manual_seed(seed)
    made = [torch.randn((1, 4, 1, 262144), generator=generator) for _ in range(count)]
    return [(references, references.sum(dim=1)) for references in made]


class Quarter:
    """A model: every stem is a quarter of the mixture, delayed by its number in samples."""

    def __init__(self) -> None:
        self.calls = 0
        self.logged: dict[str, Tensor] = {}

    def __call__(self, mixture: Tensor) -> Tensor:
        self.calls += 1
        delayed = [torch.roll(mixture, place, dims=-1) for place in range(4)]
        return torch.stack(delayed, dim=1) / 4

    def log_dict(self, dictionary: Mapping[str, Tensor]) -> None:
        self.logged.update(dictionary)


def validate(scores: ValidationScores, model: Any, loaders: list[list[Any]]) -> None:  # noqa: ANN401 - any model
    """Call the hooks of a validation epoch in a trainer's order."""
    scores.on_validation_epoch_start(None, model)
    for place, loader in enumerate(loaders):
        for number, batch in enumerate(loader):
            more = (place,) if len(loaders) > 1 else ()
            scores.on_validation_batch_end(None, model, None, batch, number, *more)
    scores.on_validation_epoch_end(None, model)


def expected(loader: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
    score = ProtocolMetric(RULES, "si_sdri")
    for references, mixture in loader:
        score.update(references, Quarter()(mixture), mixture, rate=RATE)
    return {f"{NAME}/{stem}": value.item() for stem, value in score.compute().items()}


def test_an_epoch_logs_the_numbers_of_a_table() -> None:
    model, scores = Quarter(), ValidationScores(RULES, ["si_sdri"], rate=RATE)

    validate(scores, model, [batches()])

    assert set(model.logged) == {f"{NAME}/{s}" for s in ("bass", "drums", "guitar", "piano", "All")}
    assert {name: value.item() for name, value in model.logged.items()} == expected(batches())
    assert scores.values == expected(batches())


def test_each_epoch_begins_anew() -> None:
    model, scores = Quarter(), ValidationScores(RULES, ["si_sdri"], rate=RATE)

    validate(scores, model, [batches(seed=1)])
    validate(scores, model, [batches(count=1, seed=2)])

    assert scores.values == expected(batches(count=1, seed=2))


def test_of_several_loaders_one_is_scored() -> None:
    model, scores = Quarter(), ValidationScores(RULES, ["si_sdri"], rate=RATE, dataloader=1)

    validate(scores, model, [batches(seed=1), batches(count=1, seed=2)])

    assert scores.values == expected(batches(count=1, seed=2))


def test_a_reader_says_where_the_estimates_are() -> None:
    model = Quarter()
    loader = [
        {"heard": Heard(references, Quarter()(mixture), mixture)}
        for references, mixture in batches()
    ]
    scores = ValidationScores(
        RULES, ["si_sdri"], rate=RATE, read=lambda _module, _outputs, batch: batch["heard"]
    )

    validate(scores, model, [loader])

    assert model.calls == 0
    assert scores.values == expected(batches())


def test_what_the_protocol_does_not_have_is_refused_before_training() -> None:
    with pytest.raises(ProtocolError, match="has no metric 'sdr'"):
        ValidationScores(RULES, ["sdr"], rate=RATE)
    with pytest.raises(ProtocolError, match="name the metrics to log; it has si_sdri"):
        ValidationScores(RULES, [], rate=RATE)


def test_another_rate_is_refused() -> None:
    scores = ValidationScores(RULES, ["si_sdri"], rate=44100)

    with pytest.raises(ProtocolError, match="is for 22050 Hz; found 44100 Hz"):
        validate(scores, Quarter(), [batches(count=1)])


@pytest.mark.slow
@pytest.mark.parametrize("package", ["lightning.pytorch", "pytorch_lightning"])
def test_lightning_calls_the_hooks_and_stops_by_what_they_log(package: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of that package, about itself
        found = pytest.importorskip(package, reason="Lightning is not installed")
        model, scores, trainer = trained(found, tmp_path)

    logged = {name: value.item() for name, value in trainer.callback_metrics.items()}
    assert {name: logged[name] for name in scores.values} == scores.values
    assert scores.values == expected(batches())
    assert trainer.current_epoch == 2  # of five: the number did not get better
    assert [path.suffix for path in tmp_path.rglob("*.ckpt")] == [".ckpt"]
    assert model.training


def trained(found: Any, folder: Path) -> tuple[Any, ValidationScores, Any]:  # noqa: ANN401 - Lightning's
    """Train a model that cannot learn, with the callback, early stopping and checkpoints."""

    class Model(found.LightningModule):  # type: ignore[misc]  # found when it runs
        def __init__(self) -> None:
            super().__init__()
            self.gain = torch.nn.Parameter(torch.ones(()))

        def forward(self, mixture: Tensor) -> Tensor:
            return Quarter()(mixture)

        def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
            return 0 * self.gain * batch[1].mean()

        def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
            pass

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    class Scores(ValidationScores, found.Callback):  # type: ignore[misc]  # as above
        pass

    scores = Scores(RULES, ["si_sdri"], rate=RATE)
    monitored = f"{NAME}/All"
    stop = found.callbacks.EarlyStopping(monitored, mode="max", patience=1)
    keep = found.callbacks.ModelCheckpoint(folder, monitor=monitored, mode="max")
    trainer = found.Trainer(
        accelerator="cpu",
        max_epochs=5,
        callbacks=[scores, stop, keep],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
    )
    model = Model()
    loader: Any = torch.utils.data.DataLoader(batches(), batch_size=None)  # type: ignore[arg-type]  # a list will do
    trainer.fit(model, loader, loader)
    return model, scores, trainer
