"""Runs with scores written down by hand, so that every number of a table is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pydantic import JsonValue

from sepeval.protocol import Protocol
from sepeval.store import Manifest, MetricRecord, Run, TrackRecord, create, parts
from sepeval.store.manifest import SCHEMA

RATE = 100  # samples in a window


@dataclass(frozen=True)
class Score:
    """One window of one stem."""

    track: str
    stem: str
    value: float | None
    status: str = "ok"
    silent: bool | None = False
    metric: str = "sdr"
    replicate: int = 0


def protocol(**changed: object) -> Protocol:
    """Return a protocol with two stems, windows that are averaged, and then tracks."""
    document: dict[str, object] = {
        "name": "two-stems",
        "version": 1,
        "title": "SDR in 1 s windows",
        "sources": ["nowhere"],
        "stems": {"bass": ["bass"], "drums": ["drums"]},
        "audio": {
            "rate": "native",
            "resampler": "none",
            "channels": "any",
            "mixture": "sum",
            "references": {"tolerance_s": 0.0, "rule": "cut"},
            "estimates": {"tolerance_s": 0.0, "rule": "cut"},
            "multiple_of": None,
            "missing": "silent",
        },
        "segments": None,
        "windows": {
            "kind": "sliding",
            "length_s": 1.0,
            "hop_s": 1.0,
            "tail": "drop",
            "shorter": "none",
        },
        "silence": {
            "rule": "zero",
            "threshold": None,
            "min_active": 0,
            "reference": "score",
            "estimate": "score",
            "other": "score",
            "mask": "own",
        },
        "metrics": [{"name": "sdr", "metric": "sdr", "where": "every_window", "parameters": {}}],
        "summaries": [summary()],
    }
    return Protocol.model_validate({**document, **changed})


def summary(**changed: object) -> dict[str, object]:
    """Return a summary: mean over windows, then over tracks, then over replicates."""
    document: dict[str, object] = {
        "name": "mean of means",
        "metrics": ["sdr"],
        "steps": [
            {"over": ["window"], "by": "mean"},
            {"over": ["track"], "by": "mean"},
            {"over": ["replicate"], "by": "mean"},
        ],
        "all_stems": ["bass", "drums"],
        "all_by": "mean",
        "infinite": "leave_out",
    }
    return {**document, **changed}


def write(
    root: Path,
    label: str,
    scores: Sequence[Score],
    *,
    under: Protocol | None = None,
    errors: Mapping[str, str] | None = None,
    identity: Mapping[str, JsonValue] | None = None,
    partial: str = "",
    status: str = "complete",
    records: Mapping[str, MetricRecord] | None = None,
) -> Run:
    """Return a complete run on disk that holds these scores.

    What the scores are comes from `records`; those that are not there are decibels.
    """
    document = under or protocol()
    failed = dict(errors or {})
    tracks = sorted({score.track for score in scores} | set(failed))
    who: dict[str, JsonValue] = {
        "dataset": "invented",
        "split": "test",
        "choices": {"edition": "first"},
        "tracks": list(tracks),
        "content": "0",
        "separator": {"name": label},
        "seed": None,
        "replicates": 1,
        **(identity or {}),
    }
    manifest = Manifest.model_validate(
        {
            "schema_version": SCHEMA,
            "identity": who,
            "environment": {"sepeval": "0.1.0", "python": "3.11.0"},
            "label": label,
            "dataset": who["dataset"],
            "split": who["split"],
            "choices": who["choices"],
            "partial": partial,
            "status": status,
            "tracks": [
                TrackRecord(number=number, id=track, missing=[], error=failed.get(track, ""))
                for number, track in enumerate(tracks)
            ],
            "layouts": [],
            "protocols": {document.id: document.model_dump(mode="json")},
            "metrics": {
                document.id: {one.name: record(metric=one.metric) for one in document.metrics}
                | dict(records or {})
            },
            "parts": {},
        }
    )
    run = create(root, manifest, separator=label)
    wrong = [
        Score(track, stem, None, "error", None, metric.name)
        for track in failed
        for stem in document.stems
        for metric in document.metrics
    ]
    parts.write_table(run.scores(document.id), _table([*scores, *wrong], document), {"schema": 1})
    return run


def record(**changed: object) -> MetricRecord:
    """Return what a score is: decibels, of which more are better."""
    facts = {"metric": "sdr", "version": 1, "unit": "dB", "higher_is_better": True}
    return MetricRecord.model_validate({**facts, **changed})


def with_another(run: Run, under: Protocol, scores: Sequence[Score]) -> Run:
    """Return the run with scores under one more protocol."""
    parts.write_table(run.scores(under.id), _table(scores, under), {"schema": 1})
    manifest = run.manifest
    update = {
        "protocols": {**manifest.protocols, under.id: under.model_dump(mode="json")},
        "metrics": {**manifest.metrics, under.id: {one.name: record() for one in under.metrics}},
    }
    return run.save(manifest.model_copy(update=update))


def two_tracks(bass: tuple[float, float], drums: tuple[float, float]) -> list[Score]:
    """Return one score for each of two tracks and two stems."""
    return [
        Score(track, stem, values[place])
        for place, track in enumerate(("one", "two"))
        for stem, values in (("bass", bass), ("drums", drums))
    ]


def _table(scores: Sequence[Score], document: Protocol) -> pa.Table:
    starts: dict[tuple[str, str, str, int], int] = {}
    begins = []
    for score in scores:
        key = (score.track, score.stem, score.metric, score.replicate)
        begins.append(starts.get(key, 0) * RATE)
        starts[key] = starts.get(key, 0) + 1
    columns = {
        "track": pa.array([one.track for one in scores]).dictionary_encode(),
        "stem": pa.array([one.stem for one in scores]).dictionary_encode(),
        "metric": pa.array([one.metric for one in scores]).dictionary_encode(),
        "replicate": pa.array([one.replicate for one in scores], pa.int32()),
        "start": pa.array(begins, pa.int64()),
        "stop": pa.array([begin + RATE for begin in begins], pa.int64()),
        "value": pa.array([one.value for one in scores], pa.float64()),
        "status": pa.array([one.status for one in scores]).dictionary_encode(),
        "silent": pa.array([one.silent for one in scores], pa.bool_()),
        "protocol": pa.array([document.id] * len(scores)).dictionary_encode(),
        "hash": pa.array([document.hash[:8]] * len(scores)).dictionary_encode(),
    }
    return pa.table(columns)
