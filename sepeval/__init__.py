"""sepeval: reproducible evaluation of music source separation.

    audio -> statistics -> scores -> summaries -> tables, plots, reports, audits

`evaluate` makes a run, `summarise` reduces its scores to the numbers of a table. Names are loaded
when they are first used, so that importing the package stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sepeval.datasets.base import DATASETS as DATASETS
    from sepeval.metrics.base import METRICS as METRICS
    from sepeval.protocol import load as load_protocol
    from sepeval.publications import published as published
    from sepeval.runner import evaluate as evaluate
    from sepeval.runner import rescore as rescore
    from sepeval.separators.base import SEPARATORS as SEPARATORS
    from sepeval.store import open_run as open_run
    from sepeval.summary import summarise as summarise
    from sepeval.training import EnergyScore as EnergyScore
    from sepeval.training import ProtocolMetric as ProtocolMetric

_HOMES = {
    "DATASETS": ("sepeval.datasets.base", "DATASETS"),
    "EnergyScore": ("sepeval.training", "EnergyScore"),
    "METRICS": ("sepeval.metrics.base", "METRICS"),
    "ProtocolMetric": ("sepeval.training", "ProtocolMetric"),
    "SEPARATORS": ("sepeval.separators.base", "SEPARATORS"),
    "evaluate": ("sepeval.runner", "evaluate"),
    "load_protocol": ("sepeval.protocol", "load"),
    "open_run": ("sepeval.store", "open_run"),
    "published": ("sepeval.publications", "published"),
    "rescore": ("sepeval.runner", "rescore"),
    "summarise": ("sepeval.summary", "summarise"),
}

__all__ = [
    "DATASETS",
    "METRICS",
    "SEPARATORS",
    "EnergyScore",
    "ProtocolMetric",
    "__version__",
    "evaluate",
    "load_protocol",
    "open_run",
    "published",
    "rescore",
    "summarise",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'sepeval' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
