"""Comparing systems on the same tracks: differences, intervals, tests, ranks, gates.

samples      a table's number as a function of the tracks it is taken over
resampled    the numbers of all systems over shared resamples
comparison   every system against a baseline
ranking      places with intervals, mean ranks, critical differences
seeds        the spread over replicates, apart from the spread over tracks
gate         a condition that a program can check
"""

from sepeval.compare.comparison import compare
from sepeval.compare.gate import Gate, broken, parsed
from sepeval.compare.outcome import Comparison, Difference, Move, Place, Spread, Standing
from sepeval.compare.seeds import Key, Seeds, over_seeds

__all__ = [
    "Comparison",
    "Difference",
    "Gate",
    "Key",
    "Move",
    "Place",
    "Seeds",
    "Spread",
    "Standing",
    "broken",
    "compare",
    "over_seeds",
    "parsed",
]
