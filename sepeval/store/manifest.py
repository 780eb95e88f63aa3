"""What a run is: identity, environment, tracks and parts."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from sepeval.errors import StoreError
from sepeval.fingerprint import of_document
from sepeval.metrics.base import build
from sepeval.protocol import Protocol

SCHEMA = 1  # raised when an older reader would misread a run


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class TrackRecord(_Record):
    """One track of a run.

    Attributes:
        number: place in the index, from 0.
        id: of the track.
        missing: the dataset's stems that the track does not have.
        error: why the track cannot be read at all; empty if it can.
        refused: why the track has no scores under the protocols of one layout, by its key.
    """

    number: int
    id: str
    missing: list[str]
    error: str
    refused: dict[str, str] = {}

    @property
    def trouble(self) -> str:
        """Every reason why the track lacks scores, as one text; empty if it lacks none."""
        return "; ".join(dict.fromkeys([self.error, *self.refused.values()])).strip("; ")

    def error_in(self, layout: str) -> str:
        """Return why the track has no scores under the protocols of a layout, or an empty text."""
        return self.error or self.refused.get(layout, "")


class Layout(_Record):
    """One set of cells.

    Attributes:
        key: name of its folder.
        audio: the audio rule, as in a protocol.
        stems: names of the stems in order, each with its sources.
        protocols: ids of the protocols it was cut for.
    """

    key: str
    audio: dict[str, JsonValue]
    stems: dict[str, list[str]]
    protocols: list[str]


class MetricRecord(_Record):
    """What a score is.

    Attributes:
        metric: registered name.
        version: of the metric, when the scores were made.
        unit: of the score; `1` where it has none.
        higher_is_better: the direction.
    """

    metric: str
    version: int
    unit: str
    higher_is_better: bool


class Manifest(_Record):
    """The record of a run.

    Attributes:
        schema_version: of this record and the parts.
        identity: everything that can change a number.
        environment: recorded, and not part of the identity.
        label: how the run is called in tables.
        dataset: registered name of the adapter.
        split: name of the split.
        choices: of the adapter.
        partial: empty, or how many tracks of how many were asked for.
        status: `started` or `complete`.
        tracks: in the order of the index.
        layouts: sets of cells.
        protocols: documents of all protocols scored, by id.
        metrics: what the scores are, by protocol id and name of the score; empty in a run that was
            scored before this was recorded.
        parts: SHA-256 of every file, by path inside the run.
    """

    schema_version: int
    identity: dict[str, JsonValue]
    environment: dict[str, JsonValue]
    label: str
    dataset: str
    split: str
    choices: dict[str, str]
    partial: str
    status: Literal["started", "complete"]
    tracks: list[TrackRecord]
    layouts: list[Layout]
    protocols: dict[str, dict[str, JsonValue]]
    metrics: dict[str, dict[str, MetricRecord]] = {}
    parts: dict[str, str]

    def errors(self, protocol: str) -> dict[str, str]:
        """Return why tracks have no scores under a protocol, named by its id, by track."""
        keys = [layout.key for layout in self.layouts if protocol in layout.protocols]
        found = {track.id: track.error_in(keys[-1] if keys else "") for track in self.tracks}
        return {track: error for track, error in found.items() if error}

    @property
    def hash(self) -> str:
        """Eight hexadecimal digits of the identity."""
        return of_document(self.identity)[:8]


def parse(text: str, *, name: str) -> Manifest:
    """Return the manifest in a JSON text.

    Raises:
        StoreError: it is damaged, or made by another version.
    """
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = (
            f"{name}: is no manifest of schema {SCHEMA}: {place or 'document'}: {first['msg']}; "
            "it is damaged or made by another version of sepeval"
        )
        raise StoreError(message) from error


def metric_records(protocol: Protocol) -> dict[str, MetricRecord]:
    """Return what the scores of a protocol are, by name, as the metrics are now.

    Raises:
        UnknownNameError: there is no metric of that name.
        ProtocolError: a metric's parameters have problems.
    """
    metrics = {entry.name: (entry.metric, build(entry)) for entry in protocol.metrics}
    return {
        name: MetricRecord(
            metric=kind,
            version=metric.version,
            unit=metric.unit,
            higher_is_better=metric.higher_is_better,
        )
        for name, (kind, metric) in metrics.items()
    }


def environment(
    *, workers: int, engine: str = "scipy", separator: Mapping[str, JsonValue] | None = None
) -> dict[str, JsonValue]:
    """Return where and with what a run is made; nothing here may change a number by itself.

    Args:
        workers: processes.
        engine: who computes filters.
        separator: on what its network runs, such as device and batch.
    """
    packages = ("numpy", "scipy", "torch", "pandas", "pyarrow", "soundfile", "av", "soxr")
    return {
        "sepeval": _version("sepeval"),
        "python": platform.python_version(),
        "platform": f"{sys.platform} {platform.machine()}",
        "processors": os.cpu_count(),
        "workers": workers,
        "engine": engine,
        "separator": dict(separator or {}),
        "packages": {name: _version(name) for name in packages},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
