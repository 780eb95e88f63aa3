"""From scores to the numbers of a table, by the reductions that a protocol names.

rows         one number of a table, and the number over all stems
scores       the scores of runs, and which of them enter a summary
reducing     means and medians over windows, tracks and replicates, step by step
numbers      the rows of one run, or of thousands at once
"""

from sepeval.summary.numbers import summarise, summarise_all, summarise_scores
from sepeval.summary.reducing import known_mean, per_track, reduced
from sepeval.summary.rows import ALL, SummaryRow
from sepeval.summary.scores import score_frame, used_scores

__all__ = [
    "ALL",
    "SummaryRow",
    "known_mean",
    "per_track",
    "reduced",
    "score_frame",
    "summarise",
    "summarise_all",
    "summarise_scores",
    "used_scores",
]
