"""Runs of timings on disk: a record, and a table with one row per call.

    timings/<protocol>--<8 hex>/
      calls.parquet      one row per call, of every stage
      timing.json        protocol, machine, its states, arms; SHA-256 of the table; written last

Both are written whole, after the last call, and never overwritten (what is kept until then is in
`unfinished`). The eight digits are those of what the record holds, so that two runs of the same
command lie side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from sepeval.errors import StoreError
from sepeval.fingerprint import digest, of_document
from sepeval.store.files import write_text
from sepeval.store.parts import read_table, well_formed, write_table
from sepeval.timing.machine import Machine, State
from sepeval.timing.measuring import Call

SCHEMA = 1  # raised when an older reader would misread a record
RECORD = "timing.json"
CALLS = "calls.parquet"
Unit: TypeAlias = Literal["segment", "track"]

_COLUMNS = pa.schema(
    [
        ("arm", pa.int32()),
        ("stage", pa.string()),
        ("round", pa.int32()),
        ("place", pa.int32()),
        ("batch", pa.int32()),
        ("host_s", pa.float64()),
        ("enqueued_s", pa.float64()),
        ("device_s", pa.float64()),
        ("began_s", pa.float64()),
    ]
)


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class ArmRecord(_Record):
    """One separator in one way of running it.

    Attributes:
        number: of its rows in the table of calls.
        name: for tables.
        unit: `segment` or `track`.
        description: of the separator; what can change its output.
        weights: `random`, `loaded`, or `none` where it is no network.
        stems: that it gives.
        precision: of the network; `own` where there is none.
        execution: eager or compiled; `own` where there is no network.
        rate: in Hz.
        channels: that are heard.
        samples: that one item has.
        batch: items in a call.
        batch_ended: why a doubled batch grew no further; empty for a batch of one.
        produced_s: seconds of audio, with all stems, that one item gives.
        nfe: network evaluations for one item, as the separator counts them: a stem counts by
            itself.
        passes: runs of each network for one call; stems in one batch are one.
        chunks: that one item is cut into.
        parameters: by network; shared ones count once.
        weights_bytes: of parameters and buffers.
        working_bytes: what a call takes beside them, at most; null where it cannot be told.
        reserved_bytes: of a GPU by torch's allocator, at most; null elsewhere.
        flops: operations in one item; null where they cannot be counted.
        peak_flops: that the device reaches at this precision, per second; null without a network.
        first_s: time of the very first call, in which a network is compiled.
        settled: whether the warm-up ended because the medians agreed.
        transfer_s: median of the way of one item to the device and of its estimates back, by
            itself; null where it is inside the clock, or there is none.
        notes: what else a reader must know.
        flags: of torch on precision, as they are read where the network is called.
    """

    number: int
    name: str
    unit: Unit
    description: dict[str, JsonValue]
    weights: Literal["random", "loaded", "none"]
    stems: list[str]
    precision: str
    execution: str
    rate: int
    channels: int
    samples: int
    batch: int
    batch_ended: str
    produced_s: float
    nfe: int
    passes: dict[str, int]
    chunks: int
    parameters: dict[str, int]
    weights_bytes: int
    working_bytes: int | None
    reserved_bytes: int | None
    flops: int | None
    peak_flops: float | None
    first_s: float
    settled: bool
    transfer_s: float | None
    notes: list[str]
    flags: dict[str, JsonValue] = Field(default_factory=dict)


class FailedArm(_Record):
    """One separator in one way of running it that could not be timed.

    Attributes:
        number: as an arm's; calls that it made before may be in the table.
        name: likewise, as the next three.
        unit: on what.
        precision: of the network.
        execution: eager or compiled.
        stage: in which it failed: `warm_up` with all that comes before the turns, or `timed`.
        reason: first line of the error.
    """

    number: int
    name: str
    unit: Unit
    precision: str
    execution: str
    stage: Literal["warm_up", "timed"]
    reason: str

    @property
    def title(self) -> str:
        """How it is named to a reader."""
        return f"{self.name} ({self.unit}, {self.precision}, {self.execution})"


class Record(_Record):
    """What is known of a run of timings.

    Attributes:
        schema_version: of this record.
        started: date and time, UTC.
        protocol: the document.
        protocol_id: its name and version.
        protocol_hash: of its meaning.
        machine: that it ran on.
        states: of the machine, before, after all warm-ups, and after all calls.
        overhead_s: what the clock shows for a call that does nothing.
        arms: in the order of their turns.
        calls_sha256: of the table of calls.
        failed: arms that could not be timed.
    """

    schema_version: int
    started: str
    protocol: dict[str, JsonValue]
    protocol_id: str
    protocol_hash: str
    machine: Machine
    states: list[State]
    overhead_s: float
    arms: list[ArmRecord]
    calls_sha256: str
    failed: list[FailedArm] = Field(default_factory=list)


@dataclass(frozen=True)
class Timing:
    """A run of timings.

    Attributes:
        folder: where it lies.
        record: what is known of it.
        calls: every call.
    """

    folder: Path
    record: Record
    calls: tuple[Call, ...]

    def timed(self, arm: ArmRecord) -> tuple[Call, ...]:
        """Return the calls of an arm that count."""
        return tuple(one for one in self.calls if (one.arm, one.stage) == (arm.number, "timed"))


def write(root: Path, record: Record, calls: Sequence[Call]) -> Timing:
    """Write a run of timings and return it.

    Args:
        root: folder of such runs.
        record: with an empty `calls_sha256`.
        calls: of all stages.

    Raises:
        StoreError: it cannot be written.
    """
    columns = _columns(calls)
    key = of_document([record.model_dump(mode="json"), columns])[:8]
    folder = root / f"{record.protocol_id}--{key}"
    if (folder / RECORD).exists():
        raise StoreError(f"{folder}: is there already and is never overwritten")
    path = folder / CALLS
    write_calls(path, calls, {"protocol": record.protocol_id})
    record = record.model_copy(update={"calls_sha256": digest(path)})
    write_text(folder / RECORD, record.model_dump_json(indent=1) + "\n")
    return Timing(folder, record, tuple(calls))


def write_calls(path: Path, calls: Sequence[Call], told: Mapping[str, object]) -> None:
    """Write a table of calls with facts in its header.

    Raises:
        StoreError: it cannot be written.
    """
    write_table(path, pa.table(_columns(calls), schema=_COLUMNS), told)


def _columns(calls: Sequence[Call]) -> dict[str, list[object]]:
    return {name: [getattr(one, name) for one in calls] for name in _COLUMNS.names}


def read(folder: Path) -> Timing:
    """Return the run of timings in a folder.

    Raises:
        StoreError: it is not there, damaged, or of another version.
    """
    path = folder / RECORD
    try:
        record = Record.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise StoreError(f"{path}: is no record of timings, or is damaged") from error
    if record.schema_version != SCHEMA:
        message = f"{path}: has schema {record.schema_version}; this sepeval reads {SCHEMA}"
        raise StoreError(message)
    table, _ = read_table(folder / CALLS)
    if digest(folder / CALLS) != record.calls_sha256:
        raise StoreError(f"{folder / CALLS}: is not the table that was measured; time it again")
    with well_formed(folder / CALLS):
        rows = table.select(_COLUMNS.names).cast(_COLUMNS).to_pylist()
    return Timing(folder, record, tuple(Call(**row) for row in rows))


def find(paths: Iterable[Path]) -> tuple[Timing, ...]:
    """Return the runs of timings that paths name: their folders, or folders of such folders.

    Raises:
        StoreError: a path names none, or one is damaged.
    """
    found: list[Timing] = []
    for path in paths:
        own = [path] if (path / RECORD).exists() else []
        folders = own or sorted(one.parent for one in path.glob(f"*/{RECORD}"))
        if not folders:
            cut = sum(1 for _ in path.glob("*--unfinished-*"))
            beside = f"; it holds {cut} that were cut short, which are in no table" if cut else ""
            raise StoreError(f"{path}: holds no timings{beside}; make them by `sepeval time`")
        found += [read(folder) for folder in folders]
    return tuple(found)
