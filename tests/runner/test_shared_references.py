"""What is made of the references serves replicates and later runs, and changes no byte."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol
from sepeval.errors import DependencyError
from sepeval.kernels.bsseval.references import solvable
from sepeval.protocol import Protocol
from sepeval.reference_cache import ReferenceCache
from sepeval.store import Run
from sepeval.types import Index

STEMS = ("bass", "drums", "guitar", "piano")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("data") / "slakh"
    kind = DATASETS.get("synthetic")
    dataset = kind(  # type: ignore[call-arg]
        root=root, layout="slakh2100_22050", tracks=2, seconds=3.0, seed=5, faults=()
    )
    return dataset.index("test")


def sisec() -> Protocol:
    document = load_protocol("musdb18-sisec18").model_dump(mode="json")
    document["name"] = "sisec-slakh"
    document["stems"] = {stem: [stem] for stem in STEMS}
    document["summaries"][0]["all_stems"] = list(STEMS)
    for entry in document["metrics"]:
        if entry["metric"] == "bsseval":
            entry["parameters"] |= {"taps": 32, "ill_conditioned": "museval"}
    return Protocol.model_validate(document)


def noisy(mixture: np.ndarray, rate: int, seed: int) -> dict[str, np.ndarray]:  # noqa: ARG001
    generator = np.random.default_rng(seed)
    return {stem: mixture + generator.normal(0, 0.01, mixture.shape) for stem in STEMS}


def made(index: Index, root: Path, **options: object) -> Run:
    separator = SEPARATORS.get("callable")(target=f"{__name__}:noisy", stems=STEMS)  # type: ignore[call-arg]
    return evaluate(index, separator, [sisec()], root=root, label="noisy", **options)  # type: ignore[arg-type]


def contents(run: Run) -> dict[str, bytes]:
    return {
        str(path.relative_to(run.folder)): path.read_bytes()
        for path in sorted(run.folder.rglob("*.parquet"))
        if path.parent.name != "timings"
    }


def test_replicates_share_one_reference_side(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(*args: object, **kwargs: object) -> object:
        calls.append(1)
        return solvable(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr("sepeval.kernels.bsseval.parts.solvable", counted)

    run = made(index, tmp_path, replicates=3)

    assert len(calls) == len(index.tracks)
    scores = run.read_scores("sisec-slakh.v1").to_pandas()
    assert sorted(scores["replicate"].unique()) == [0, 1, 2]


def test_a_replicate_scores_as_it_does_alone(index: Index, tmp_path: Path) -> None:
    three, one = made(index, tmp_path, replicates=3), made(index, tmp_path, replicates=1)

    scores = three.read_scores("sisec-slakh.v1").to_pandas()
    first = scores[scores["replicate"] == 0]["value"].to_numpy()

    alone = one.read_scores("sisec-slakh.v1").to_pandas()["value"].to_numpy()
    np.testing.assert_array_equal(first, alone)


def test_the_cache_changes_no_byte(index: Index, tmp_path: Path) -> None:
    cache = ReferenceCache(10**9, tmp_path / "cache")
    without = contents(made(index, tmp_path / "a"))

    missed = contents(made(index, tmp_path / "b", shelf=cache))
    found = contents(made(index, tmp_path / "c", shelf=cache, workers=2))

    assert without == missed == found
    assert len(list((tmp_path / "cache").iterdir())) == len(index.tracks)


def test_the_engine_is_recorded_and_is_no_part_of_the_identity(
    index: Index, tmp_path: Path
) -> None:
    pytest.importorskip("ducc0", reason="the extra `fast` is not installed")
    plain, fast = made(index, tmp_path / "a"), made(index, tmp_path / "b", engine="ducc0")

    assert plain.folder.name == fast.folder.name
    assert fast.manifest.environment["engine"] == "ducc0"
    one, other = (
        run.read_scores("sisec-slakh.v1").to_pandas()["value"].to_numpy() for run in (plain, fast)
    )
    rounding = 2e-16 / 2.4e-10  # dB, over the reciprocal condition of the second track
    np.testing.assert_allclose(one, other, rtol=0, atol=rounding)


def test_an_engine_that_is_not_there_is_an_error_before_any_work(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ducc0", None)

    with pytest.raises(DependencyError, match=r"pip install 'sepeval\[fast\]'"):
        made(index, tmp_path, engine="ducc0")

    assert not list(tmp_path.iterdir())
