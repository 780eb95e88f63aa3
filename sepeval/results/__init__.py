"""Runs under one protocol, side by side: what tables, figures, comparisons and pages read.

gathering    several runs under one protocol, refused where their numbers do not compare
comparable   whether two runs measured the same audio
traits       metric, version, unit and direction of a score
signature    the line that every table and figure carries
listing      what stored runs are, one line each
words        how names and counts are written
"""

from sepeval.results.comparable import difference
from sepeval.results.gathering import (
    Results,
    System,
    by_protocol,
    dataset_of,
    failed,
    gather,
    groups,
    is_complete,
)
from sepeval.results.listing import RunLine, listed
from sepeval.results.signature import data_line, line, signature

__all__ = [
    "Results",
    "RunLine",
    "System",
    "by_protocol",
    "data_line",
    "dataset_of",
    "difference",
    "failed",
    "gather",
    "groups",
    "is_complete",
    "line",
    "listed",
    "signature",
]
