"""Sweeps: a grid of settings and seeds, each an ordinary run, and one table of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import pytest
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from sepeval import sweeps
from sepeval.datasets.base import DATASETS
from sepeval.errors import DataError, SepevalError, StoreError
from sepeval.protocol import load
from sepeval.runner import Progress
from sepeval.separators.base import Described, Estimate, Plain, Separator
from sepeval.separators.trivial import Mixture, MixtureOverN
from sepeval.store import open_run
from sepeval.synthetic import write_slakh2100_22050
from sepeval.types import Array, Index

STEMS = ("bass", "drums", "guitar", "piano")
PROTOCOL = "slakh2100-msdm"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Noisy(Separator):
    """The mixture over four, and noise of a level; spends as many evaluations as it has steps."""

    summary: ClassVar[str] = "noisy"
    steps: int
    level: float
    kind: Literal["noisy", "plain"] = "noisy"

    @property
    def is_stochastic(self) -> bool:
        return self.kind == "noisy"

    def describe(self) -> Mapping[str, Plain]:
        return {"name": "noisy", "steps": self.steps, "level": self.level, "kind": self.kind}

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        assert rate == 22050
        noise = np.random.default_rng(seed).standard_normal((4, *mixture.shape))
        level = self.level / self.steps if self.is_stochastic else 0.0
        return Estimate(STEMS, mixture / 4.0 + level * noise, nfe=self.steps)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("slakh")
    write_slakh2100_22050(root, tracks=1, seconds=13.0, seed=3, split="validation")
    adapter = DATASETS.get("slakh2100_22050")(root=root, edition="orig")  # type: ignore[call-arg]
    return adapter.index("validation")


def make(settings: Mapping[str, str]) -> Described:
    values: dict[str, Any] = dict(settings)
    return Noisy(**values)  # texts become numbers


def sweep(index: Index, folder: Path, **changes: Any) -> sweeps.Sweep:  # noqa: ANN401 - keywords
    given: dict[str, Any] = {
        "varied": {"steps": ["1", "2"], "level": ["0.001", "0.1"]},
        "seeds": [0, 1],
        "folder": folder,
        "label": "noisy",
        "allow_partial": True,
        **changes,
    }
    return sweeps.sweep(index, make, [load(PROTOCOL)], **given)


def of_all(found: sweeps.Sweep) -> pd.DataFrame:
    rows: pd.DataFrame = found.rows[(found.rows["stem"] == "All") & (found.rows["role"] == "point")]
    return rows


def test_a_grid_holds_every_combination() -> None:
    assert sweeps.grid({"steps": ["1", "2"], "rho": ["7", "9"]}) == (
        {"steps": "1", "rho": "7"},
        {"steps": "1", "rho": "9"},
        {"steps": "2", "rho": "7"},
        {"steps": "2", "rho": "9"},
    )


@pytest.mark.parametrize("varied", [{}, {"steps": []}, {"steps": ["1", "1"]}, {"steps": [""]}])
def test_a_grid_of_nothing_is_refused(varied: dict[str, list[str]]) -> None:
    with pytest.raises(SepevalError, match=r"varies at least one|needs values that all differ"):
        sweeps.grid(varied)


@pytest.mark.parametrize("splits", [("train", "test", "validation"), ("Val", "test")])
def test_settings_are_chosen_on_the_validation_split(splits: tuple[str, ...]) -> None:
    assert sweeps.validation_split(splits).lower().startswith("val")


def test_a_dataset_without_a_validation_split_needs_a_name() -> None:
    with pytest.raises(DataError, match=r"none of the splits all is called validation.*--split"):
        sweeps.validation_split(["all"])


def test_there_is_a_row_for_every_setting_seed_metric_and_stem(
    index: Index, tmp_path: Path
) -> None:
    found = sweep(index, tmp_path)

    rows = of_all(found)
    assert found.varied == ("steps", "level")
    assert len(rows) == 8 * rows["metric"].nunique()
    assert sorted(set(rows["steps"])) == [1, 2]
    assert sorted(set(rows["seed"])) == [0, 1]
    assert rows["run"].nunique() == 8
    assert set(rows["nfe"]) == {1.0, 2.0}
    assert (rows["rtf"] > 0.0).all()
    assert set(rows["status"]) == {"ok"}
    assert not found.is_test


def test_more_noise_scores_less_and_more_steps_score_more(index: Index, tmp_path: Path) -> None:
    rows = of_all(sweep(index, tmp_path))

    means = rows[rows["metric"] == "si_sdri"].groupby(["steps", "level"])["value"].mean()
    assert means[1, 0.001] > means[1, 0.1]
    assert means[2, 0.1] > means[1, 0.1]


def test_a_separator_that_draws_nothing_is_run_once(index: Index, tmp_path: Path) -> None:
    varied = {"steps": ["1"], "level": ["0"], "kind": ["plain", "noisy"]}

    rows = of_all(sweep(index, tmp_path, varied=varied))

    assert rows[rows["kind"] == "plain"]["seed"].isna().all()
    assert rows.groupby("kind")["run"].nunique().to_dict() == {"noisy": 2, "plain": 1}


@pytest.mark.slow
def test_a_sweep_goes_on_where_it_stopped(index: Index, tmp_path: Path) -> None:
    whole = sweep(index, tmp_path / "whole")
    sweep(index, tmp_path / "parts", varied={"steps": ["1"], "level": ["0.001", "0.1"]})
    told: list[Progress] = []
    stamps = {
        path: path.stat().st_mtime_ns for path in (tmp_path / "parts").rglob("timings/*.parquet")
    }

    parts = sweep(index, tmp_path / "parts", told=told.append)

    assert len(stamps) == 4
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    pd.testing.assert_frame_equal(parts.rows.drop(columns="rtf"), whole.rows.drop(columns="rtf"))


def test_the_baseline_can_be_a_separator_or_a_run(index: Index, tmp_path: Path) -> None:
    varied = {"steps": ["1"], "level": ["0.1"]}

    first = sweep(index, tmp_path, varied=varied, baseline=MixtureOverN(STEMS))
    folder = next((tmp_path / "runs").glob("noisy_baseline--*"))
    run = open_run(folder)
    second = sweep(index, tmp_path, varied=varied, baseline=run)

    rows = first.rows[first.rows["role"] == "baseline"]
    assert len(rows) == len(of_all(first)) / 2 * (len(STEMS) + 1)
    assert rows[["steps", "level", "seed"]].isna().all().all()
    assert first.baseline == "noisy baseline"
    pd.testing.assert_frame_equal(first.rows, second.rows)


def test_a_baseline_of_other_tracks_is_refused(index: Index, tmp_path: Path) -> None:
    root = tmp_path / "other"
    write_slakh2100_22050(root, tracks=1, seconds=13.0, seed=4, split="validation")
    adapter = DATASETS.get("slakh2100_22050")(root=root, edition="orig")  # type: ignore[call-arg]
    varied = {"steps": ["1"], "level": ["0.1"]}
    found = sweeps.sweep(
        adapter.index("validation"),
        lambda _: Mixture(STEMS),
        [load(PROTOCOL)],
        varied=varied,
        seeds=[0],
        folder=tmp_path / "first",
        label="mixture",
        allow_partial=True,
    )
    assert found.label == "mixture"
    (folder,) = (tmp_path / "first" / "runs").iterdir()

    with pytest.raises(StoreError, match=r"differs from .* must measure the same audio"):
        sweep(index, tmp_path, varied=varied, baseline=open_run(folder))


@pytest.mark.slow
def test_a_table_that_is_read_is_the_one_that_was_written(index: Index, tmp_path: Path) -> None:
    written = sweep(index, tmp_path, baseline=Mixture(STEMS))

    read = sweeps.read(tmp_path)

    pd.testing.assert_frame_equal(read.rows, written.rows, check_dtype=False)
    assert (read.varied, read.label, read.baseline) == (written.varied, "noisy", "noisy baseline")
    assert dict(read.protocols) == dict(written.protocols)
    sheet = pd.read_csv(tmp_path / sweeps.SHEET)
    assert list(sheet.columns) == list(written.rows.columns)
    assert len(sheet) == len(written.rows)


@pytest.mark.parametrize(
    "changes", [{"seeds": []}, {"seeds": [1, 1]}, {"varied": {"value": ["1", "2"]}}]
)
def test_a_request_that_makes_no_sense_is_refused(
    index: Index, tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(SepevalError, match=r"seeds that all differ|cannot vary 'value'"):
        sweep(index, tmp_path, **changes)
