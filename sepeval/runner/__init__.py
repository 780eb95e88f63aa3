"""The main job: a dataset, a separator and protocols go in; a run comes out.

This package alone joins datasets, separators and metrics.
"""

from sepeval.runner.evaluation import evaluate
from sepeval.runner.merging import merge
from sepeval.runner.rescoring import dataset_stems, is_served, rescore, rescore_all, score_table
from sepeval.runner.separation import separate
from sepeval.runner.shares import Shard
from sepeval.runner.verification import Fault, Verified, verify
from sepeval.runner.workers import Progress

__all__ = [
    "Fault",
    "Progress",
    "Shard",
    "Verified",
    "dataset_stems",
    "evaluate",
    "is_served",
    "merge",
    "rescore",
    "rescore_all",
    "score_table",
    "separate",
    "verify",
]
