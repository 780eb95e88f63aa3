"""Runs of timings whose every number is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sepeval.timing import ArmRecord, Timing
from sepeval.timing.machine import Machine, State
from sepeval.timing.measuring import Call
from sepeval.timing.records import SCHEMA, Record
from tests.timing.tiny import protocol

MACHINE = Machine(
    host="01234567",
    platform="Linux x86_64",
    processor="Z80",
    processors=1,
    threads=1,
    memory_bytes=65536,
    device="cpu",
    device_name="",
    gpu={},
    versions={"torch": "2.11"},
    flags={},
)


def arm(number: int, name: str, **changes: Any) -> ArmRecord:  # noqa: ANN401 - of any kind
    """One segment of 2 s in a network with 3 million parameters, 4 MFLOP, at 1 GFLOP/s at most."""
    document: dict[str, Any] = {
        "number": number,
        "name": name,
        "unit": "segment",
        "description": {"name": name, "chunk": 7},
        "weights": "loaded",
        "stems": ["bass", "drums"],
        "precision": "fp32",
        "execution": "eager",
        "rate": 100,
        "channels": 1,
        "samples": 200,
        "batch": 1,
        "batch_ended": "",
        "produced_s": 2.0,
        "nfe": 2,
        "passes": {"extractor": 2},
        "chunks": 1,
        "parameters": {"extractor": 1_000_000, "refiner": 2_000_000},
        "weights_bytes": 12_000_000,
        "working_bytes": 34_000_000,
        "reserved_bytes": None,
        "flops": 4_000_000,
        "peak_flops": 1e9,
        "first_s": 1.0,
        "settled": True,
        "transfer_s": None,
        "notes": [],
        **changes,
    }
    return ArmRecord.model_validate(document)


def timing(
    folder: Path,
    arms: Sequence[ArmRecord],
    seconds: Sequence[float],
    **changes: Any,  # noqa: ANN401 - of any kind
) -> Timing:
    """A run in which every call of an arm takes the same time, four times."""
    own = changes.pop("protocol", protocol())
    record = Record.model_validate(
        {
            "schema_version": SCHEMA,
            "started": "2000-01-01T00:00:00+00:00",
            "protocol": own.model_dump(mode="json"),
            "protocol_id": own.id,
            "protocol_hash": own.hash,
            "machine": MACHINE,
            "states": [
                State(when="before", load=0.5, gpu={}, gpu_processes=None, gpu_used_bytes=None)
            ],
            "overhead_s": 1e-6,
            "arms": list(arms),
            "calls_sha256": "",
            **changes,
        }
    )
    calls = tuple(
        Call(one.number, "timed", turn, place, one.batch, spent, spent / 2.0, None, 0.0)
        for turn in range(4)
        for place, (one, spent) in enumerate(zip(arms, seconds, strict=True))
    )
    return Timing(folder, record, calls)
