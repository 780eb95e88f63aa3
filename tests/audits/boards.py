"""Runs made of arrays: statistics on disk as an evaluation leaves them, without any audio file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pydantic import JsonValue

from sepeval.audits.base import Runs
from sepeval.kernels import cells
from sepeval.protocol import Protocol
from sepeval.runner import rescore
from sepeval.scoring import edges, views
from sepeval.store import Manifest, Run, TrackRecord, create, parts
from sepeval.store.manifest import SCHEMA, Layout
from sepeval.types import Array
from tests.report.runs import protocol as written
from tests.report.runs import summary

RATE = 100  # Hz; a window of 1 s has 100 samples
STEMS = ("bass", "drums")
EPS = {"scale": 1e-8, "scale_counts": "once", "target": 1e-8, "error": 1e-8, "ratio": 0}
SI_SDRI: dict[str, object] = {
    "name": "si_sdri",
    "metric": "si_sdri",
    "where": "every_window",
    "parameters": {
        "eps": EPS,
        "zero_mean": False,
        "channels": "each_then_mean",
        "precision": "float64",
    },
}
SDR: dict[str, object] = {
    "name": "sdr",
    "metric": "sdr",
    "where": "every_window",
    "parameters": {
        "eps": {"target": 0, "error": 0, "ratio": 0},
        "zero_mean": False,
        "channels": "energies_summed",
        "precision": "float64",
    },
}


class Heard(NamedTuple):
    """References and estimates of one track, both [stem channel sample]."""

    references: Array
    estimates: Array


def protocol(metric: Mapping[str, object] = SI_SDRI, **changed: object) -> Protocol:
    """Return a protocol with windows of 1 s and a mean over everything, silence scored."""
    metric_of = {"metrics": [metric["name"]]}
    flat = [{"over": ["window", "track", "replicate"], "by": "mean"}]
    own = {"metrics": [dict(metric)], "summaries": [summary(**metric_of, steps=flat)]}
    return written(**{**own, **changed})


def silence(**changed: object) -> dict[str, object]:
    """Return a silence rule: exact zeros, and everything is scored."""
    document: dict[str, object] = {
        "rule": "zero",
        "threshold": None,
        "min_active": 0,
        "reference": "score",
        "estimate": "score",
        "other": "score",
        "mask": "own",
    }
    return {**document, **changed}


def run(
    root: Path,
    label: str,
    tracks: Mapping[str, Heard | Sequence[Heard]],
    protocols: Sequence[Protocol],
    *,
    identity: Mapping[str, JsonValue] | None = None,
    missing: Mapping[str, list[str]] | None = None,
    environment: Mapping[str, JsonValue] | None = None,
) -> Run:
    """Return a scored run with statistics; several estimates of a track are its replicates."""
    draws = {name: [one] if isinstance(one, Heard) else list(one) for name, one in tracks.items()}
    (view,) = views(protocols)
    layout = Layout(
        key=view.layout,
        audio=view.audio.model_dump(mode="json"),
        stems={stem: list(own) for stem, own in view.stems.items()},
        protocols=[one.id for one in protocols],
    )
    who: dict[str, JsonValue] = {
        "dataset": "invented",
        "split": "test",
        "choices": {},
        "tracks": list(tracks),
        "content": "0",
        "separator": {"name": label},
        "seed": None,
        "replicates": max(len(one) for one in draws.values()),
        **(identity or {}),
    }
    records = [
        TrackRecord(number=place, id=name, missing=(missing or {}).get(name, []), error="")
        for place, name in enumerate(tracks)
    ]
    manifest = Manifest.model_validate(
        {
            "schema_version": SCHEMA,
            "identity": who,
            "environment": {"sepeval": "0.1.0", **(environment or {})},
            "label": label,
            "dataset": who["dataset"],
            "split": who["split"],
            "choices": who["choices"],
            "partial": "",
            "status": "complete",
            "tracks": records,
            "layouts": [layout],
            "protocols": {},
            "parts": {},
        }
    )
    made = create(root, manifest, separator=label)
    for record in records:
        own = draws[record.id]
        cut = edges(protocols, length=own[0].references.shape[2], rate=RATE)
        statistics = [
            cells.measure(one.references, one.estimates, one.references.sum(axis=0), cut)
            for one in own
        ]
        facts = {
            "schema": 1,
            "track": record.id,
            "rate": RATE,
            "stems": list(view.stems),
            "missing": record.missing,
        }
        parts.write_cells(made.cells(view.layout, record), statistics, cut, facts)
    return rescore(made, protocols)


def music(*, seconds: int = 6, channels: int = 1, seed: int = 0) -> Array:
    """Return two stems of noise at -20 dBFS, [stem channel sample]."""
    generator = np.random.default_rng(seed)
    return 0.1 * generator.normal(size=(len(STEMS), channels, seconds * RATE))


def noisy(references: Array, *, level: float, seed: int = 1) -> Array:
    """Return references with noise of that share of their amplitude."""
    generator = np.random.default_rng(seed)
    return references + 0.1 * level * generator.normal(size=references.shape)


def board(*runs: Run) -> Runs:
    """Return runs as the subject of an audit."""
    return Runs(runs)
