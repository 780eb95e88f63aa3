"""What is kept of a run of timings before it is done, and of arms that fail.

    timings/<protocol>--unfinished-<8 hex>/
      arm-<n>.parquet, arm-<n>.json     an arm that is warm: its calls, what is known of it
      turns-<unit>.parquet              the calls of all arms of a unit that took turns

The files are written between arms and between units, never while a clock runs, and go when the
record is there. Where a run is killed they stay; they are no run of timings, and no table reads
them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sepeval.errors import SepevalError
from sepeval.fingerprint import of_document
from sepeval.store.files import write_text
from sepeval.timing.measuring import Call
from sepeval.timing.plans import Plan
from sepeval.timing.records import ArmRecord, FailedArm, write_calls

# what one arm may raise without ending the others; torch's errors are of the second kind
FAILURES = (SepevalError, RuntimeError, MemoryError)


@dataclass(frozen=True)
class Unfinished:
    """A folder of parts.

    Attributes:
        folder: where they go; made with the first.
    """

    folder: Path

    def keep(self, name: str, calls: Sequence[Call], record: ArmRecord | None = None) -> None:
        """Write the calls of an arm or of a unit.

        Raises:
            StoreError: they cannot be written.
        """
        write_calls(self.folder / f"{name}.parquet", calls, {})
        if record is not None:
            write_text(self.folder / f"{name}.json", record.model_dump_json(indent=1) + "\n")

    def clear(self) -> None:
        """Remove the parts; the run is written whole."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                path.unlink()
            self.folder.rmdir()


def unfinished(root: Path, protocol: str, started: str) -> Unfinished:
    """Return the folder for the parts of a run that this process has started."""
    return Unfinished(root / f"{protocol}--unfinished-{of_document([started, os.getpid()])[:8]}")


def failed(
    plan: Plan, number: int, stage: Literal["warm_up", "timed"], error: BaseException
) -> FailedArm:
    """Return the record of an arm that failed."""
    lines = str(error).strip().splitlines()
    return FailedArm(
        number=number,
        name=plan.subject.name,
        unit=plan.unit,
        precision=plan.precision,
        execution=plan.execution,
        stage=stage,
        reason=lines[0] if lines else type(error).__name__,
    )
