"""The main job: a dataset, a separator and protocols go in; a run comes out.

This package alone joins datasets, separators and metrics.
"""

from sepeval.runner.evaluation import Progress, evaluate
from sepeval.runner.rescoring import dataset_stems, is_served, rescore, rescore_all, score_table
from sepeval.runner.separation import separate

__all__ = [
    "Progress",
    "dataset_stems",
    "evaluate",
    "is_served",
    "rescore",
    "rescore_all",
    "score_table",
    "separate",
]
