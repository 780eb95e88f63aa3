"""From statistics to scores: pure functions of stored numbers and a protocol."""

from sepeval.scoring.fit import misfit
from sepeval.scoring.grid import Grid, edges, grid
from sepeval.scoring.score import TrackScores, TrackStatistics, score_track
from sepeval.scoring.view import View, views

__all__ = [
    "Grid",
    "TrackScores",
    "TrackStatistics",
    "View",
    "edges",
    "grid",
    "misfit",
    "score_track",
    "views",
]
