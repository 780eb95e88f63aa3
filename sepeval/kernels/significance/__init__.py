"""How far a number would move with other tracks: resampling, tests, intervals on ranks.

bootstrap      a statistic for many draws of tracks, and intervals from the draws
differences    tests of paired differences, and their size
ranking        places in a table, and intervals on them
"""

from sepeval.kernels.significance.bootstrap import (
    Interval,
    Statistic,
    bca,
    left_out,
    once,
    reduced,
    resamples,
)
from sepeval.kernels.significance.differences import (
    WORTH,
    Paired,
    effect_size,
    holm,
    paired,
    sign_flips,
    tracks_needed,
    wilcoxon,
)
from sepeval.kernels.significance.ranking import Ranks, rank_intervals, ranks

__all__ = [
    "WORTH",
    "Interval",
    "Paired",
    "Ranks",
    "Statistic",
    "bca",
    "effect_size",
    "holm",
    "left_out",
    "once",
    "paired",
    "rank_intervals",
    "ranks",
    "reduced",
    "resamples",
    "sign_flips",
    "tracks_needed",
    "wilcoxon",
]
