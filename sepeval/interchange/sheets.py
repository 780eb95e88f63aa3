"""A run as CSV: every score, and the numbers of its tables."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pandas as pd

from sepeval.csv_text import frame_as_csv
from sepeval.errors import StoreError
from sepeval.store import Run
from sepeval.store.files import write_text
from sepeval.summary import score_frame, summarise


def export_csv(run: Run, folder: Path) -> tuple[Path, ...]:
    """Write `<protocol>.scores.csv` and `<protocol>.summary.csv` for each protocol of a run.

    Scores are those of the run's tables, one line per track, stem, metric, replicate and window;
    start and stop in samples; the value is empty unless the status is `ok`. Numbers are written
    so that reading them gives the same.

    Args:
        run: that was scored.
        folder: where to write; a file that is there is replaced.

    Raises:
        StoreError: the run has no scores, or a file cannot be written.
    """
    if not run.manifest.protocols:
        raise StoreError(f"{run.folder}: has no scores")
    files = []
    for name in run.manifest.protocols:
        scores = score_frame(run, run.protocol(name))
        summary = pd.DataFrame(
            [
                {**asdict(row), "left": " ".join(f"{key}={n}" for key, n in row.left.items())}
                for row in summarise(run, name)
            ]
        )
        for kind, table in (("scores", scores), ("summary", summary)):
            path = folder / f"{name}.{kind}.csv"
            write_text(path, frame_as_csv(table))
            files.append(path)
    return tuple(files)
