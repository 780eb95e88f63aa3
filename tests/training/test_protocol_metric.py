"""Numbers of a training loop are those of a run on the same signals."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sepeval import DATASETS, ProtocolMetric, evaluate, load_protocol, summarise
from sepeval.errors import DataError, ProtocolError, ShapeError
from sepeval.loading import load
from sepeval.metrics.base import EnergyMetric, build
from sepeval.protocol import Protocol, released
from sepeval.scoring import views
from sepeval.separators.base import Estimate, Oracle, Plain
from sepeval.store import Run
from sepeval.types import Array, Index
from tests.protocol.documents import protocol, sdr, si_sdr, silence, sliding

RATE = 1000
CASES = [
    (name, summary.name, metric)
    for name in released()
    for one in [load_protocol(name)]
    for summary in one.summaries
    for metric in summary.metrics
    if isinstance(build(next(e for e in one.metrics if e.name == metric)), EnergyMetric)
]


class Rectifying(Oracle):
    """References with a leak and artefacts, sample by sample: no order of sums enters."""

    def describe(self) -> Mapping[str, Plain]:
        return {"name": "rectifying", "version": 1}

    def separate(self, references: Array, mixture: Array, *, stems: tuple[str, ...]) -> Estimate:
        return Estimate(stems, 0.9 * references + 0.1 * mixture + 0.05 * np.abs(mixture))


SYSTEM = Rectifying()


def batches(*, tracks: int = 3, seconds: float = 10.0, seed: int = 0) -> tuple[Tensor, Tensor]:
    """References and estimates [batch 2 channel sample]; a stem rests in the last track."""
    draw = np.random.default_rng(seed)
    references = draw.standard_normal((tracks, 2, 2, int(seconds * RATE)))
    references[-1, 1, :, : 5 * RATE] = 0.0
    estimates = references + 0.1 * draw.standard_normal(references.shape)
    return torch.from_numpy(references), torch.from_numpy(estimates)


def rule(steps: list[tuple[list[str], str]], **changes: object) -> Protocol:
    """A protocol over two stems with these reductions."""
    metrics = [si_sdr("si_sdri", metric="si_sdri"), sdr()]
    summary = {
        "name": "made up",
        "metrics": [one["name"] for one in metrics],
        "steps": [{"over": over, "by": by} for over, by in steps],
        "all_stems": ["a", "b"],
        "all_by": "mean",
        "infinite": "leave_out",
    }
    whole = {
        "windows": sliding(2.0, 1.0),
        "silence": silence("zero", reference="leave_out"),
        "metrics": metrics,
        "summaries": [summary],
    }
    return protocol("a", "b", **{**whole, **changes})


FLAT = rule([(["window", "track", "replicate"], "mean")])
MEDIANS = rule([(["window"], "median"), (["track"], "median"), (["replicate"], "mean")])
OTHER = [
    rule([(["window", "track"], "median"), (["replicate"], "mean")]),
    rule([(["window"], "median"), (["track"], "mean"), (["replicate"], "mean")]),
    rule([(["replicate"], "mean"), (["track"], "mean"), (["window"], "lower_median")]),
]


@pytest.fixture(scope="module")
def indices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Index]:
    """Two tracks in each of two layouts."""
    faults = {"musdb18hq": ("silent_stem:1:vocals",), "slakh2100_22050": ("silent_stem:1:guitar",)}
    return {
        layout: DATASETS.get("synthetic")(  # type: ignore[call-arg]
            root=tmp_path_factory.mktemp(layout),
            layout=layout,
            tracks=2,
            seconds=seconds,
            seed=2,
            faults=faults[layout],
        ).index("test")
        for layout, seconds in (("musdb18hq", 5.0), ("slakh2100_22050", 13.0))
    }


@pytest.fixture(scope="module")
def runs(indices: dict[str, Index], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """One run per layout under the energy metrics of all protocols."""
    return {
        layout: evaluate(
            index,
            SYSTEM,
            [
                only_energy(name)
                for name in sorted({case[0] for case in CASES if fits(case, layout)})
            ],
            root=tmp_path_factory.mktemp("runs"),
            label="rectifying",
        )
        for layout, index in indices.items()
    }


def fits(case: tuple[str, str, str], layout: str) -> bool:
    return case[0].startswith("slakh2100") == (layout != "musdb18hq")


def only_energy(name: str) -> Protocol:
    """A released protocol without metrics that need the audio, which take long."""
    found = load_protocol(name)
    kept = [one for one in found.metrics if isinstance(build(one), EnergyMetric)]
    names = {one.name for one in kept}
    summaries = [
        one.model_copy(update={"metrics": [metric for metric in one.metrics if metric in names]})
        for one in found.summaries
    ]
    return found.model_copy(update={"metrics": kept, "summaries": summaries})


@pytest.fixture(scope="module")
def heard() -> dict[str, list[tuple[Tensor, ...]]]:
    """What has been loaded and separated, by the way in which it is heard."""
    return {}


def tracks(
    index: Index, one: Protocol, heard: dict[str, list[tuple[Tensor, ...]]]
) -> list[tuple[Tensor, ...]]:
    """References, estimates and mixture of each track as batches of one."""
    (view,) = views([one])
    key = json.dumps([index.choices["layout"], view.audio.model_dump(), list(view.stems)])
    if key not in heard:
        heard[key] = []
        for track in index.tracks:
            found = load(track, view)
            estimate = SYSTEM.separate(found.references, found.mixture, stems=tuple(one.stems))
            signals = found.references, estimate.audio, found.mixture
            heard[key].append(tuple(torch.from_numpy(signal)[None] for signal in signals))
    return heard[key]


@pytest.mark.parametrize(("name", "summary", "metric"), CASES)
def test_every_energy_metric_of_a_released_protocol_has_the_number_of_a_run(
    name: str,
    summary: str,
    metric: str,
    indices: dict[str, Index],
    runs: dict[str, Run],
    heard: dict[str, list[tuple[Tensor, ...]]],
) -> None:
    layout = "slakh2100_22050" if name.startswith("slakh2100") else "musdb18hq"
    index = indices[layout]
    one = load_protocol(name).for_stems(index.stems)
    found = ProtocolMetric(one, metric, summary=summary)

    for references, estimates, mixture in tracks(index, one, heard):
        found.update(references, estimates, mixture, rate=index.tracks[0].rate)

    rows = [row for row in summarise(runs[layout], name) if row.summary == summary]
    numbers = {row.stem: row for row in rows if row.metric == metric}
    values = found.compute()
    assert set(values) == set(numbers)
    for stem, value in values.items():
        status, expected = str(numbers[stem].status), numbers[stem].value
        assert value.dtype == torch.float64
        if expected is None:
            assert status == ("undefined" if torch.isnan(value) else "plus_inf")
        else:
            assert value.item() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("one", [FLAT, MEDIANS, *OTHER])
def test_splits_and_order_of_batches_change_nothing(one: Protocol) -> None:
    references, estimates = batches()
    whole, split = ProtocolMetric(one, "si_sdri"), ProtocolMetric(one, "si_sdri")

    whole.update(references, estimates, rate=RATE)
    for place in (2, 0, 1):
        split.update(references[[place]], estimates[[place]], rate=RATE)

    first, second = whole.compute(), split.compute()
    assert set(first) == {"a", "b", "All"}
    for stem, value in first.items():
        assert second[stem].item() == pytest.approx(value.item(), abs=1e-12)


def test_a_flat_mean_is_kept_as_sums_and_a_median_as_a_list() -> None:
    flat, medians = ProtocolMetric(FLAT, "sdr"), ProtocolMetric(MEDIANS, "sdr")

    assert flat.total.shape == flat.count.shape == (2,)
    assert medians.values == []


@pytest.mark.parametrize("one", [FLAT, MEDIANS, *OTHER])
def test_without_a_score_there_is_no_number(one: Protocol) -> None:
    references, estimates = batches()
    references[:] = 0.0
    found = ProtocolMetric(one, "sdr")

    found.update(references, estimates, rate=RATE)

    assert all(torch.isnan(value) for value in found.compute().values())


def test_the_dtype_of_the_tensors_is_no_dtype_of_the_arithmetic() -> None:
    references, estimates = (one.float() for one in batches())
    single, double = ProtocolMetric(FLAT, "sdr"), ProtocolMetric(FLAT, "sdr")

    single.update(references, estimates, rate=RATE)
    double.update(references.double(), estimates.double(), rate=RATE)

    assert single.compute() == double.compute()


@pytest.mark.parametrize("one", [FLAT, MEDIANS])
def test_a_module_in_half_precision_keeps_the_states_in_double(one: Protocol) -> None:
    module = torch.nn.ModuleDict({"score": ProtocolMetric(one, "sdr")}).to(torch.bfloat16)
    plain = ProtocolMetric(one, "sdr")

    for found in (module["score"], plain):
        found.update(*batches(), rate=RATE)  # type: ignore[operator]  # a metric

    assert module["score"].compute() == plain.compute()  # type: ignore[operator]  # a metric


def test_no_gradient_passes() -> None:
    references, estimates = batches()
    estimates.requires_grad_()
    found = ProtocolMetric(FLAT, "sdr")

    found.update(references, estimates, rate=RATE)

    assert not any(value.requires_grad for value in found.compute().values())


def test_a_forward_call_returns_the_number_of_its_batch() -> None:
    one, other = batches(seed=1), batches(seed=2)
    found, alone = ProtocolMetric(MEDIANS, "sdr"), ProtocolMetric(MEDIANS, "sdr")
    found.update(*one, rate=RATE)
    alone.update(*other, rate=RATE)

    assert found(*other, rate=RATE) == alone.compute()
    assert found.compute() != alone.compute()


def test_a_metric_can_be_reset_copied_and_pickled() -> None:
    found = ProtocolMetric(MEDIANS, "sdr")
    found.update(*batches(), rate=RATE)
    numbers = found.compute()

    assert pickle.loads(pickle.dumps(found)).compute() == numbers  # noqa: S301 - its own
    assert found.clone().compute() == numbers
    assert found.higher_is_better
    found.reset()
    found.update(*batches(seed=1), rate=RATE)
    assert found.compute() != numbers


@pytest.mark.parametrize(
    ("change", "problem", "message"),
    [
        ({"references": torch.zeros(1, 3, 2, 9)}, ShapeError, r"scores a, b.*\[1, 3, 2, 9\]"),
        ({"references": torch.zeros(2, 2, 9)}, ShapeError, r"\[batch 2 channel sample\]"),
        ({"estimates": torch.zeros(1, 2, 2, 8)}, ShapeError, "both the same"),
        ({"mixture": torch.zeros(1, 1, 9)}, ShapeError, r"\[1, 2, 9\]; found \[1, 1, 9\]"),
        ({"mixture": None}, ProtocolError, "pass the mixture"),
        ({"rate": 8000}, ProtocolError, "is for 1000 Hz; found 8000 Hz"),
        (
            dict.fromkeys(("references", "estimates"), torch.zeros(1, 2, 1, 9)),
            ProtocolError,
            "is for stereo audio; found 1 channels",
        ),
        ({}, DataError, "whole stretches of 100 samples; found 9"),
    ],
)
def test_what_does_not_fit_the_protocol_is_refused(
    change: dict[str, object], problem: type[Exception], message: str
) -> None:
    rules = {"rate": 1000, "channels": "stereo", "mixture": "file", "multiple_of": 100}
    one = FLAT.model_copy(update={"audio": FLAT.audio.model_copy(update=rules)})
    signal = torch.zeros(1, 2, 2, 9)
    batch: dict[str, Any] = {"references": signal, "estimates": signal, "mixture": signal[:, 0]}
    found = ProtocolMetric(one, "si_sdri")

    with pytest.raises(problem, match=message):
        found.update(**{**batch, "rate": 1000, **change})


@pytest.mark.parametrize(
    ("name", "metric", "summary", "message"),
    [
        ("slakh2100-msdm", "sdr", None, "has no metric 'sdr'; it has si_sdri"),
        ("msst-sdr", "sdr", None, "name them with protocol.for_stems"),
        ("musdb18-sisec18", "sir", None, "needs the audio itself"),
        ("musdb18-dicose-sdr", "sdr", None, "by flat median, median of medians; name one"),
        ("musdb18-dicose-sdr", "sdr", "mean", "found 'mean'"),
    ],
)
def test_what_a_protocol_does_not_have_is_refused(
    name: str, metric: str, summary: str | None, message: str
) -> None:
    with pytest.raises(ProtocolError, match=message):
        ProtocolMetric(load_protocol(name), metric, summary=summary)


def test_a_sum_of_stems_that_share_sources_is_no_mixture() -> None:
    shared = FLAT.model_copy(update={"stems": {"a": ["x", "y"], "b": ["y"]}})

    assert ProtocolMetric(shared, "sdr")
    with pytest.raises(ProtocolError, match="share sources"):
        ProtocolMetric(shared, "si_sdri")


_WORKER = """
import sys, torch
import torch.distributed as group
from tests.training.test_protocol_metric import FLAT, MEDIANS, RATE, ProtocolMetric, batches

rank, store = int(sys.argv[1]), sys.argv[2]
group.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
references, estimates = batches()
for one in (FLAT, MEDIANS):
    alone = ProtocolMetric(one, "sdr", sync_on_compute=False)
    alone.update(references, estimates, rate=RATE)
    expected = alone.compute()
    for parts in ([0, 2], [1]), ([0, 1, 2], []):
        found = ProtocolMetric(one, "sdr")
        if parts[rank]:
            found.update(references[parts[rank]], estimates[parts[rank]], rate=RATE)
        else:
            found._update_count = 1  # no warning about a rank without a batch
        numbers = found.compute()
        for stem, value in expected.items():
            assert abs(numbers[stem] - value) < 1e-12, (rank, stem)
group.barrier()
group.destroy_process_group()
"""


@pytest.mark.slow
def test_processes_gather_their_batches_and_one_may_have_none(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WORKER]
    root = Path(__file__).parents[2]
    ranks = [
        subprocess.Popen(
            [*command, str(rank), str(tmp_path / "store")],
            cwd=root,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]

    told = [rank.communicate(timeout=300)[1] for rank in ranks]

    assert [rank.returncode for rank in ranks] == [0, 0], told
