"""What a run records of a separator beside its identity: where it ran, and its notes."""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from sepeval.datasets.base import DATASETS
from sepeval.errors import DependencyError
from sepeval.protocol import load
from sepeval.runner import evaluate
from sepeval.separators.base import Described, Estimate, Plain
from sepeval.separators.network import Model, NetworkSeparator
from sepeval.separators.trivial import Mixture
from sepeval.store import Run, parts
from sepeval.synthetic import write_slakh2100_22050
from sepeval.types import Array, Index

STEMS = ("bass", "drums", "guitar", "piano")


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Tired(NetworkSeparator):
    """A network whose device had too little memory."""

    summary: ClassVar[str] = "tired"

    @property
    def is_stochastic(self) -> bool:
        return False

    @property
    def _name(self) -> str:
        return "tired"

    def _settings(self) -> Mapping[str, Plain]:
        return {}

    def _model(self) -> Model:
        def function(chunks, _seeds):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - tensors
            return chunks[:, None].repeat(1, 4, 1, 1)

        return Model(STEMS, rate=22050, channels=1, segment=8192, function=function, nfe=1)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("slakh")
    write_slakh2100_22050(root, tracks=1, seconds=13.0, seed=3)
    return DATASETS.get("slakh2100_22050")(root=root, edition="orig").index("test")  # type: ignore[call-arg]


def run(index: Index, separator: Described, root: Path) -> Run:
    protocols = [load("slakh2100-msdm")]
    return evaluate(index, separator, protocols, root=root, label="x", allow_partial=True)


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "weights.bin"
    path.write_bytes(b"weights")
    return str(path)


def test_where_a_network_ran_is_recorded_and_not_hashed(
    index: Index, weights: str, tmp_path: Path
) -> None:
    one = run(index, Tired(checkpoint=weights), tmp_path / "one")
    two = run(index, Tired(checkpoint=weights, batch=4), tmp_path / "two")

    assert two.manifest.environment["separator"] == {
        "device": "cpu",
        "precision": "fp32",
        "batch": 4,
        "hardware": "",
    }
    assert one.manifest.identity == two.manifest.identity


def test_other_separators_have_no_such_place(index: Index, tmp_path: Path) -> None:
    assert run(index, Mixture(STEMS), tmp_path).manifest.environment["separator"] == {}


def test_a_missing_device_is_told_before_any_track(
    index: Index, weights: str, tmp_path: Path
) -> None:
    with pytest.raises(DependencyError, match="device 'cuda:9' is not there"):
        run(index, Tired(checkpoint=weights, device="cuda:9"), tmp_path / "runs")


def test_notes_and_evaluations_stand_beside_the_time(
    index: Index, weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def separate(_self: Tired, mixture: Array, *, rate: int, seed: int) -> Estimate:
        assert (rate, seed >= 0) == (22050, True)
        return Estimate(STEMS, np.stack([mixture] * 4), nfe=5, notes=("went on with 1",))

    monkeypatch.setattr(Tired, "separate", separate)

    made = run(index, Tired(checkpoint=weights), tmp_path / "runs")

    table, _ = parts.read_table(made.timings(made.manifest.tracks[0]))
    assert table.column("nfe").to_pylist() == [5]
    assert table.column("notes").to_pylist() == [["went on with 1"]]
