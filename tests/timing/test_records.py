"""Runs of timings on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval.errors import StoreError
from sepeval.timing import Timing, find, read, refuse_other_machines, time_separators
from sepeval.timing.records import CALLS, RECORD, write
from tests.timing.tiny import halves, protocol

pytestmark = pytest.mark.slow


@pytest.fixture
def made(tmp_path: Path) -> Timing:
    own = protocol(segment=None, track={"seconds": 0.1})
    return time_separators([halves()], own, root=tmp_path / "timings")


def test_what_was_written_is_read(made: Timing) -> None:
    assert read(made.folder) == made
    assert find([made.folder.parent]) == find([made.folder]) == (made,)
    assert {path.name for path in made.folder.iterdir()} == {RECORD, CALLS}


def test_calls_that_were_changed_are_not_read(made: Timing, tmp_path: Path) -> None:
    other = write(tmp_path, made.record, [*made.calls[:-1], made.calls[-1]._replace(host_s=0.0)])
    (other.folder / CALLS).replace(made.folder / CALLS)

    with pytest.raises(StoreError, match="is not the table that was measured"):
        read(made.folder)


def test_a_run_is_never_overwritten(made: Timing) -> None:
    record = made.record.model_copy(update={"calls_sha256": ""})
    with pytest.raises(StoreError, match="never overwritten"):
        write(made.folder.parent, record, made.calls)


def test_a_damaged_record_is_refused(made: Timing) -> None:
    (made.folder / RECORD).write_text("{}", encoding="utf-8")

    with pytest.raises(StoreError, match="no record of timings"):
        read(made.folder)


def test_a_record_without_its_calls_is_refused(made: Timing) -> None:
    (made.folder / CALLS).unlink()

    with pytest.raises(StoreError, match=r"calls\.parquet"):
        find([made.folder])


def test_a_folder_without_timings_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no timings; make them by `sepeval time`"):
        find([tmp_path])
    (tmp_path / "timing-fp32.v1--unfinished-01234567").mkdir()
    with pytest.raises(StoreError, match="holds 1 that were cut short"):
        find([tmp_path])


def elsewhere(made: Timing) -> Timing:
    machine = made.record.machine.model_copy(update={"processor": "Z80"})
    return Timing(made.folder, made.record.model_copy(update={"machine": machine}), made.calls)


def test_times_of_two_machines_are_refused_unless_asked_for(made: Timing) -> None:
    both = [made, elsewhere(made), made]

    with pytest.raises(StoreError, match="2 machines or settings, which differ in processor"):
        refuse_other_machines(both, mixed=False)
    assert refuse_other_machines(both, mixed=True) == ("A", "B", "A")
    assert refuse_other_machines([made, made], mixed=False) == ("", "")
