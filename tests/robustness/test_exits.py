"""A process that has read tables ends as it should, however busy the machine is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from sepeval.store import parts
from tests.robustness.figures import REDUCED, count

pytestmark = [
    pytest.mark.robustness,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads in /proc"),
]
ENDS = 12 if REDUCED else 100
THREADS = """
import os, sys
from pathlib import Path
from sepeval.store import parts

def threads():
    return len(os.listdir("/proc/self/task"))

before = threads()
table, _ = parts.read_table(Path(sys.argv[1]))
read = threads()
import pandas
imported = threads()
parts.data_frame(table)
print(read - before, threads() - imported)
"""
# Each child ends as an interpreter does; a thread of Arrow's that still holds bytes of Python's
# would abort it. Six at a time, so that threads have to wait for processors.
CHILDREN = """
import os, sys
from pathlib import Path
import pandas
from sepeval.store import parts

def ended():
    return os.waitstatus_to_exitcode(os.wait()[1])

codes = []
for number in range(int(sys.argv[2])):
    if not os.fork():
        for _ in range(3):
            parts.data_frame(parts.read_table(Path(sys.argv[1]))[0])
        break
    if number >= 6:
        codes.append(ended())
else:
    codes += [ended() for _ in range(min(6, int(sys.argv[2])))]
    print(len(codes), sum(code != 0 for code in codes))
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    columns = {f"column {number}": np.arange(2000.0) * number for number in range(12)}
    parts.write_table(tmp_path / "table.parquet", pa.table(columns), {})
    return tmp_path / "table.parquet"


def said(script: str, *words: object) -> list[int]:
    command = [sys.executable, "-c", script, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


def test_neither_reading_a_table_nor_its_data_frame_starts_a_thread(table: Path) -> None:
    assert said(THREADS, table) == [0, 0]


def test_no_process_that_has_read_tables_is_aborted_at_its_end(table: Path) -> None:
    assert said(CHILDREN, table, ENDS) == [ENDS, 0]
    count("ends of processes after reading", ENDS)
