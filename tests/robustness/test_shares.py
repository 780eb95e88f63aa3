"""A split in unequal shares of several machines, with files of every kind, joined again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol
from sepeval.runner import Shard, merge, verify
from sepeval.store import Run
from tests.robustness.figures import count

pytestmark = pytest.mark.robustness

TRACKS = 7  # shares of 3, 2 and 2
PROTOCOLS = ("msst-si-sdr", "bsseval-v3", "silence-pes-eps")
ROOMS = ("scores", "cells", "measured", "signals", "estimates")

NOISY = """
import numpy as np

def separate(mixture, rate, seed):
    noise = np.random.default_rng(seed).normal(size=(4, *mixture.shape))
    return dict(zip(("bass", "drums", "guitar", "piano"), mixture / 4 + 0.1 * noise))
"""


def contents(run: Run) -> dict[str, bytes]:
    return {
        str(path.relative_to(run.folder)): path.read_bytes()
        for room in ROOMS
        for path in sorted((run.folder / room).rglob("*.*"))
    }


def test_three_unequal_shares_are_the_whole_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "noisy.py").write_text(NOISY)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    kind = DATASETS.get("synthetic")
    dataset = kind(  # type: ignore[call-arg]
        root=tmp_path / "data",
        layout="slakh2100_22050",
        tracks=TRACKS,
        seconds=2.0,
        seed=8,
        faults=("missing:1:guitar", "missing:4:bass"),
    )
    index = dataset.index("test")
    (damaged,) = index.tracks[5].stems["drums"]
    damaged.path.write_bytes(damaged.path.read_bytes()[:9000])
    protocols = [load_protocol(name) for name in PROTOCOLS]

    def made(root: Path, shard: Shard | None = None, workers: int = 1) -> Run:
        kind = SEPARATORS.get("callable")
        system = kind(target="noisy:separate", stems=index.stems)  # type: ignore[call-arg]
        chosen = {"keep_estimates": True, "seed": 3, "replicates": 2, "shard": shard}
        chosen["workers"] = workers
        return evaluate(index, system, protocols, root=root, label="mine", **chosen)  # type: ignore[arg-type]

    whole = made(tmp_path / "whole", workers=2)
    shares = [made(tmp_path / f"machine{one}", Shard(one, 3)) for one in (1, 2, 3)]
    joined = merge([shares[2], shares[0], shares[1]], root=tmp_path / "joined")

    assert [len(run.manifest.tracks) for run in shares] == [3, 2, 2]
    assert contents(joined) == contents(whole)
    assert {name.partition("/")[0] for name in contents(whole)} == set(ROOMS)
    assert joined.manifest.tracks == whole.manifest.tracks
    assert verify(joined.folder).faults == ()
    places = [json.loads((run.folder / "places.json").read_text()) for run in (whole, joined)]
    assert places[0] == places[1]
    count("shares merged", 3)
    count("bytes compared", sum(map(len, contents(whole).values())))
