"""Protocols of every stem are measured and scored in one order: the dataset's."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from sepeval import DATASETS, SEPARATORS, audio, evaluate, load_protocol, open_run, rescore
from sepeval.metrics.base import SignalMetric, build
from sepeval.protocol import Protocol
from sepeval.protocol.library import released
from sepeval.runner import dataset_stems
from sepeval.runner.continuing import restarted
from sepeval.runner.job import signal_metrics
from sepeval.scoring import misfit, views
from sepeval.scoring.score import measurement_key
from sepeval.store import Run
from sepeval.types import Index

RATE = 44100
STEMS = ("bass", "drums", "other", "vocals")
USDR, SPECTRAL = "musdb18-usdr", "msst-spectral"  # four stems in its own order; every stem


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """One track whose stems, in the order of their names, are not in that of MUSDB18."""
    root = tmp_path_factory.mktemp("references")
    rng = np.random.default_rng(7)
    for stem in STEMS:
        (root / "song").mkdir(exist_ok=True)
        path = root / "song" / f"{stem}.wav"
        audio.write(path, 0.1 * rng.standard_normal((2, RATE // 2)), rate=RATE, encoding="FLOAT")
    settings = {"references": "{track}/{stem}.wav", "mixture": None, "stems": STEMS}
    return DATASETS.get("folder")(root=root, **settings).index("all")  # type: ignore[call-arg]


def made(index: Index, root: Path, *protocols: Protocol) -> Run:
    separator = SEPARATORS.get("mixture_over_n")(stems=index.stems)  # type: ignore[call-arg]
    return evaluate(index, separator, protocols, root=root, label="x")


@pytest.fixture(scope="module")
def run(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made(index, tmp_path_factory.mktemp("runs"), load_protocol("msst-si-sdr"))


def without_stems(run: Run) -> Run:
    """The run as it was written before manifests told the dataset's stems."""
    return run.save(run.manifest.model_copy(update={"stems": []}))


def values(run: Run, name: str) -> dict[tuple[str, str], float]:
    rows = run.read_scores(load_protocol(name).id).to_pylist()
    return {(row["metric"], row["stem"]): row["value"] for row in rows}


def test_what_any_two_protocols_measure_is_what_is_scored(index: Index, run: Run) -> None:
    fitting = [one for one in map(load_protocol, released()) if not misfit(one, index)]
    assert len(fitting) > 12

    for pair in itertools.permutations(fitting, 2):
        looks = views([one.for_stems(index.stems) for one in pair])
        measured = {key for view in looks for key, _, _ in signal_metrics(view)}
        manifest = run.manifest.model_copy(update={"layouts": []})
        after = Run(run.folder, restarted(manifest, looks, stems=index.stems))
        asked = [one.for_stems(dataset_stems(after)) for one in pair]
        wanted = {
            measurement_key(one, metric)
            for one in asked
            for metric in map(build, one.metrics)
            if isinstance(metric, SignalMetric)
        }
        assert wanted == measured, [one.id for one in pair]


@pytest.mark.parametrize("names", [(USDR, SPECTRAL), (SPECTRAL, USDR)])
def test_every_stem_is_scored_beside_stems_of_another_order(
    index: Index, tmp_path: Path, names: tuple[str, str]
) -> None:
    alone = made(index, tmp_path / "alone", load_protocol(SPECTRAL))

    run = made(index, tmp_path / "both", *map(load_protocol, names))

    assert run.manifest.status == "complete"
    assert values(run, SPECTRAL) == values(alone, SPECTRAL)
    before = run.scores("msst-spectral.v1").read_bytes()
    assert rescore(run, [load_protocol(SPECTRAL)]).scores("msst-spectral.v1").read_bytes() == before


def test_a_run_that_was_given_up_before_stems_were_told_is_finished_now(
    index: Index, tmp_path: Path
) -> None:
    whole = made(index, tmp_path, load_protocol(USDR), load_protocol(SPECTRAL))
    (whole.scores("msst-spectral.v1")).unlink()
    update = {"status": "started", "protocols": {}, "metrics": {}, "parts": {}}
    without_stems(whole.save(whole.manifest.model_copy(update=update)))

    again = made(index, tmp_path, load_protocol(USDR), load_protocol(SPECTRAL))

    assert again.manifest == whole.manifest


def test_a_run_made_before_stems_were_told_is_scored_again_in_the_order_it_has(
    index: Index, tmp_path: Path
) -> None:
    run = made(index, tmp_path, load_protocol(SPECTRAL), load_protocol(USDR))
    before = run.scores("msst-spectral.v1").read_bytes()
    old = without_stems(run)

    again = rescore(open_run(old.folder), [load_protocol(SPECTRAL)])

    assert again.scores("msst-spectral.v1").read_bytes() == before


@pytest.mark.parametrize("is_last", [False, True])
def test_a_stem_that_another_protocol_joins_with_others_is_not_lost(
    index: Index, tmp_path: Path, is_last: bool
) -> None:
    document = load_protocol(USDR).model_dump(mode="json")
    stems = {"vocals": ["vocals"], "other": ["bass", "drums", "other"]}
    summaries = [{**one, "all_stems": list(stems)} for one in document["summaries"]]
    changed = {"name": "joined", "stems": stems, "summaries": summaries}
    joined = Protocol.model_validate({**document, **changed})
    every = load_protocol("msst-si-sdr")

    run = made(index, tmp_path, *((every, joined) if is_last else (joined, every)))

    assert {stem for _, stem in values(run, "msst-si-sdr")} == set(index.stems)
