"""sepeval: reproducible evaluation of music source separation.

    audio -> statistics -> scores -> summaries -> tables, plots, reports, audits

`evaluate` makes a run, `summarise` reduces its scores to the numbers of a table; `table`, `plot`
and `page` show them, `audit` looks for what they hide. Names are loaded when they are first used,
so that importing the package stays light. A function that is called like its room is in there:

    from sepeval.compare import compare
    from sepeval.explain import explain
    from sepeval.silence import silence
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sepeval.audits.running import audit_all as audit
    from sepeval.citations import bibtex as bibtex
    from sepeval.datasets.base import DATASETS as DATASETS
    from sepeval.metrics.base import METRICS as METRICS
    from sepeval.protocol import load as load_protocol
    from sepeval.protocol import released as released_protocols
    from sepeval.publications import published as published
    from sepeval.report import page as page
    from sepeval.report.figures.kinds import plot as plot
    from sepeval.report.tables.scores import table as table
    from sepeval.report.tables.side_by_side import side_by_side as side_by_side
    from sepeval.runner import evaluate as evaluate
    from sepeval.runner import rescore as rescore
    from sepeval.separators.base import SEPARATORS as SEPARATORS
    from sepeval.store import find_runs as find_runs
    from sepeval.store import open_run as open_run
    from sepeval.summary import summarise as summarise
    from sepeval.sweeps import sweep as sweep
    from sepeval.training import EnergyScore as EnergyScore
    from sepeval.training import ProtocolMetric as ProtocolMetric
    from sepeval.training import ValidationScores as ValidationScores

_HOMES = {
    "DATASETS": ("sepeval.datasets.base", "DATASETS"),
    "EnergyScore": ("sepeval.training", "EnergyScore"),
    "METRICS": ("sepeval.metrics.base", "METRICS"),
    "ProtocolMetric": ("sepeval.training", "ProtocolMetric"),
    "SEPARATORS": ("sepeval.separators.base", "SEPARATORS"),
    "ValidationScores": ("sepeval.training", "ValidationScores"),
    "audit": ("sepeval.audits.running", "audit_all"),
    "bibtex": ("sepeval.citations", "bibtex"),
    "evaluate": ("sepeval.runner", "evaluate"),
    "find_runs": ("sepeval.store", "find_runs"),
    "load_protocol": ("sepeval.protocol", "load"),
    "open_run": ("sepeval.store", "open_run"),
    "page": ("sepeval.report", "page"),
    "plot": ("sepeval.report.figures.kinds", "plot"),
    "published": ("sepeval.publications", "published"),
    "released_protocols": ("sepeval.protocol", "released"),
    "rescore": ("sepeval.runner", "rescore"),
    "side_by_side": ("sepeval.report.tables.side_by_side", "side_by_side"),
    "summarise": ("sepeval.summary", "summarise"),
    "sweep": ("sepeval.sweeps", "sweep"),
    "table": ("sepeval.report.tables.scores", "table"),
}

__all__ = [
    "DATASETS",
    "METRICS",
    "SEPARATORS",
    "EnergyScore",
    "ProtocolMetric",
    "ValidationScores",
    "__version__",
    "audit",
    "bibtex",
    "evaluate",
    "find_runs",
    "load_protocol",
    "open_run",
    "page",
    "plot",
    "published",
    "released_protocols",
    "rescore",
    "side_by_side",
    "summarise",
    "sweep",
    "table",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'sepeval' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
