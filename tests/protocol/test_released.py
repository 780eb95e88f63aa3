"""Every released protocol scores a dataset of its layout from end to end."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from _pytest.mark import ParameterSet

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol, rescore, summarise
from sepeval.metrics.base import SignalMetric, build
from sepeval.protocol import Protocol, library, released
from sepeval.scoring import misfit
from sepeval.separators.base import Described
from sepeval.store import Run
from sepeval.summary import score_frame
from sepeval.types import Index

SYSTEMS = ("leaky_reference", "zeros")
FAULTS = {
    "musdb18hq": ("silent_stem:1:vocals",),
    "slakh2100_22050": ("missing:1:guitar",),
}
SECONDS = {"musdb18hq": 12.5, "slakh2100_22050": 26.0}  # one segment and more, two and more


def layout(name: str) -> str:
    """A dataset that the protocol is for."""
    return "slakh2100_22050" if name.startswith("slakh2100") else "musdb18hq"


@cache
def is_slow(name: str) -> bool:
    """Whether the protocol has metrics that need the audio."""
    return any(isinstance(build(entry), SignalMetric) for entry in load_protocol(name).metrics)


def system(name: str, index: Index) -> Described:
    settings: dict[str, dict[str, object]]
    settings = {"leaky_reference": {"leak_db": -20.0}, "zeros": {"stems": index.stems}}
    return SEPARATORS.get(name)(**settings[name])


def cases() -> list[ParameterSet]:
    """Every protocol with both systems."""
    return [
        pytest.param(name, system, marks=pytest.mark.slow if late else (), id=f"{name}-{system}")
        for system in SYSTEMS
        for name in released()
        for late in (is_slow(name) and system == "zeros",)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("released")


@cache
def index(kind: str, root: Path, *, short: bool = False) -> Index:
    """Two tracks, the second without one of its stems."""
    seconds = 2.0 if short else SECONDS[kind]
    dataset = DATASETS.get("synthetic")(  # type: ignore[call-arg]
        root=root / f"{kind}-{seconds}",
        layout=kind,
        tracks=2,
        seconds=seconds,
        seed=5,
        faults=FAULTS[kind],
    )
    return dataset.index("test")


@cache
def run(kind: str, separator: str, root: Path, *, short: bool = False) -> Run:
    """One pass over a dataset, scored under all protocols that are for it."""
    split = index(kind, root, short=short)
    names = [one for one in released() if layout(one) == kind and is_slow(one) == short]
    protocols = [load_protocol(name) for name in names]
    assert not any(misfit(one, split) for one in protocols)
    label = f"{separator}-short" if short else separator
    return evaluate(split, system(separator, split), protocols, root=root / "runs", label=label)


def scored(name: str, separator: str, root: Path) -> tuple[Run, Protocol, pd.DataFrame]:
    made = run(layout(name), separator, root, short=is_slow(name))
    protocol = made.protocol(name)
    return made, protocol, score_frame(made, protocol)


@pytest.mark.parametrize(("name", "separator"), cases())
def test_every_score_has_a_value_or_says_why_not(name: str, separator: str, folder: Path) -> None:
    made, protocol, scores = scored(name, separator, folder)

    ok = scores["status"].astype(str) == "ok"
    assert protocol.hash == library.checksums()[name]
    assert not any(one.error or one.refused for one in made.manifest.tracks)
    assert set(scores["metric"].astype(str)) == {entry.name for entry in protocol.metrics}
    assert set(scores["stem"].astype(str)) == set(protocol.stems)
    assert np.isfinite(scores["value"][ok].astype(float)).all()
    assert scores["value"][~ok].isna().all()
    assert "error" not in set(scores["status"].astype(str))


@pytest.mark.parametrize(("name", "separator"), cases())
def test_every_number_of_the_table_counts_its_scores(
    name: str, separator: str, folder: Path
) -> None:
    made, protocol, scores = scored(name, separator, folder)

    numbers = summarise(made, name)

    for row in numbers:
        chosen = scores[scores["metric"] == row.metric]
        stems = {row.stem} if row.stem in protocol.stems else set(protocol.stems)
        assert row.used + sum(row.left.values()) == chosen["stem"].astype(str).isin(stems).sum()
        assert (row.value is None) == (str(row.status) != "ok")
    used = {row.metric for row in numbers if row.used}
    if separator == "leaky_reference":  # it is never silent, and has no artefacts
        unused = {one.name for one in protocol.metrics if one.where == "silent_estimate"}
        # generated music has no treble, so that the filters are ill-conditioned
        unused |= {one.name for one in protocol.metrics if one.metric.startswith("bsseval")}
        assert {one.name for one in protocol.metrics} - used <= unused


@pytest.mark.parametrize(("name", "separator"), cases())
def test_scoring_again_gives_the_same_bytes(name: str, separator: str, folder: Path) -> None:
    made, protocol, _ = scored(name, separator, folder)
    before = made.scores(protocol.id).read_bytes()
    made.scores(protocol.id).unlink()

    again = rescore(made, [load_protocol(name)])

    assert again.scores(protocol.id).read_bytes() == before


def test_exact_zeros_have_no_score_where_a_silent_estimate_is_left_out(folder: Path) -> None:
    _, _, scores = scored("musdb18-median-mean.v1", "zeros", folder)

    assert set(scores["status"].astype(str)) == {"silent_estimate", "silent_reference"}


def test_exact_zeros_earn_the_level_of_the_mixture_where_silence_is_scored(folder: Path) -> None:
    _, _, scores = scored("slakh2100-msdm.v1", "zeros", folder)

    silent = scores[scores["silent"].astype(bool) & (scores["status"].astype(str) == "ok")]
    assert (silent["value"] > 80).any()


def test_a_stem_that_a_track_does_not_have_is_skipped_by_msst(folder: Path) -> None:
    split = index("slakh2100_22050", folder)
    leaky = system("leaky_reference", split)
    made = evaluate(split, leaky, [load_protocol("msst-sdr")], root=folder / "msst", label="leaky")

    counts = {row.stem: row.used for row in summarise(made, "msst-sdr")}

    assert counts == {"bass": 2, "drums": 2, "guitar": 1, "piano": 2, "All": 7}


def test_the_shared_mask_leaves_out_what_another_system_leaves_out(folder: Path) -> None:
    leaky, protocol, alone = scored("musdb18-shared-mask.v1", "leaky_reference", folder)
    zeros = run("musdb18hq", "zeros", folder)

    beside = score_frame(leaky, protocol, beside=[zeros])

    assert (alone["status"].astype(str) == "ok").any()
    assert not (beside["status"].astype(str) == "ok").any()
    own = load_protocol("musdb18-median-mean")
    assert (score_frame(leaky, own, beside=[zeros])["status"].astype(str) == "ok").any()
