"""One separator at many settings and seeds: which of them to choose.

Each point of the grid is an ordinary run, so a sweep that was interrupted goes on where it
stopped, and every point can be looked at by itself. Settings are chosen on a validation split;
numbers of settings that were chosen on a test split are no results of a test any more, and a
sweep over one says so wherever it is shown.

    <folder>/sweep.parquet    one row per point, metric and stem, with the facts of the sweep
    <folder>/sweep.csv        the same rows
    <folder>/runs/            the runs
"""

from sepeval.sweeps.grid import grid, sweep
from sepeval.sweeps.splits import is_test, validation_split
from sepeval.sweeps.table import SHEET, TABLE, Point, Sweep, read, tabulate, write

__all__ = [
    "SHEET",
    "TABLE",
    "Point",
    "Sweep",
    "grid",
    "is_test",
    "read",
    "sweep",
    "tabulate",
    "validation_split",
    "write",
]
