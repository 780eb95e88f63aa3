"""What a run is: identity, environment, tracks and parts."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from sepeval.errors import DamagedError, StoreError
from sepeval.fingerprint import of_document
from sepeval.metrics.base import build
from sepeval.protocol import Protocol
from sepeval.store.sealed import seal_text, unsealed

_LEADS_OUT = re.compile(r"^(?:/|\w:|(?:.*[/\\])?\.\.(?:[/\\]|$)).*", re.MULTILINE)  # of the run
_LAYOUT_OF = re.compile(r"^(?:cells|signals)/([^/\n]+)/", re.MULTILINE)  # a part
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

    number: Annotated[int, Field(ge=0, lt=1_000_000)]
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
        protocols: ids of the protocols it serves.
        cut_for: ids of the protocols at whose edges its cells end; empty in a run that was made
            before this was recorded.
    """

    key: Annotated[str, Field(pattern=r"^\w+$")]
    audio: dict[str, JsonValue]
    stems: dict[str, list[str]]
    protocols: list[str]
    cut_for: list[str] = []


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


class Share(_Record):
    """Which part of a run a folder holds, where several machines make one run.

    Attributes:
        number: from 1.
        count: of all shares.
        whole: what `partial` is of the run that the shares are joined to.
    """

    number: Annotated[int, Field(ge=1)]
    count: Annotated[int, Field(ge=1)]
    whole: str

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if self.number > self.count:
            raise ValueError(f"share {self} is none of {self.count}")
        return self

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


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
        stems: of the dataset, in its order, in which protocols of every stem are spelled out; empty
            in a run that was made before this was recorded.
        partial: empty, or how many tracks of how many were asked for.
        share: which of the shares of a run this is; None where it is all of it.
        status: `started` or `complete`.
        tracks: in the order of the index.
        layouts: sets of cells.
        protocols: documents of all protocols scored, by id.
        metrics: what the scores are, by protocol id and name of the score; empty in a run that was
            scored before this was recorded.
        parts: SHA-256 of every file, by path inside the run; the places and the estimates that
            were kept are not there in a run that was made before they were recorded.
    """

    schema_version: int
    identity: dict[str, JsonValue]
    environment: dict[str, JsonValue]
    label: str
    dataset: str
    split: str
    choices: dict[str, str]
    stems: list[str] = []
    partial: str
    share: Share | None = None
    status: Literal["started", "complete"]
    tracks: Annotated[list[TrackRecord], Field(min_length=1)]
    layouts: list[Layout]
    protocols: dict[Annotated[str, Field(pattern=r"^[\w-]+\.v\d+$")], dict[str, JsonValue]]
    metrics: dict[str, dict[str, MetricRecord]] = {}
    parts: dict[str, str]

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        for kind in ("number", "id"):
            if len({getattr(track, kind) for track in self.tracks}) < len(self.tracks):
                raise ValueError(f"two tracks have the same {kind}")
        names = "\n".join(["", *self.parts])  # searched at once: ten thousand manifests are read
        may_lead_out = ".." in names or "\n/" in names or ":" in names
        outside = _LEADS_OUT.search(names) if may_lead_out else None
        if outside:
            raise ValueError(f"the part {outside[0]!r} is not inside the run")
        known = {layout.key for layout in self.layouts}
        held = set(_LAYOUT_OF.findall(names))
        if held - known:
            raise ValueError(f"parts are of layouts that it does not list: {sorted(held - known)}")
        return self

    def errors(self, protocol: str) -> dict[str, str]:
        """Return why tracks have no scores under a protocol, named by its id, by track."""
        keys = [layout.key for layout in self.layouts if protocol in layout.protocols]
        found = {track.id: track.error_in(keys[-1] if keys else "") for track in self.tracks}
        return {track: error for track, error in found.items() if error}

    @property
    def hash(self) -> str:
        """Eight hexadecimal digits of the identity."""
        return of_document(self.identity)[:8]


def as_text(manifest: Manifest) -> str:
    """Return a manifest as JSON with the digest of its text."""
    return seal_text(manifest.model_dump_json(indent=1))


def parse(text: str, *, name: str) -> Manifest:
    """Return the manifest in a JSON text.

    Raises:
        DamagedError: it is not as it was written.
        StoreError: it was written with another schema.
    """
    whole = unsealed(text, name)
    try:
        found = Manifest.model_validate_json(whole)
    except ValidationError as error:
        told = re.search(r'"schema_version": ?(\d{1,9})', whole)
        if told and int(told[1]) != SCHEMA:
            raise _other_schema(int(told[1]), name) from error
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        message = (
            f"{name}: is no manifest of schema {SCHEMA}: {place or 'document'}: {first['msg']}; "
            "it is damaged or made by another version of sepeval; the command that made the run "
            "makes a new manifest and keeps the parts"
        )
        raise DamagedError(message) from error
    if found.schema_version != SCHEMA:
        raise _other_schema(found.schema_version, name)
    return found


def _other_schema(found: int, name: str) -> StoreError:
    message = (
        f"{name}: was written with schema {found}; this sepeval reads schema {SCHEMA}; read it "
        "with the sepeval that wrote it, or move the run away"
    )
    return StoreError(message)


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
