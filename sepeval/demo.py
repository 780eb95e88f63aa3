"""The demo: generated music, separators whose scores are known beforehand, both first protocols.

The music is generated, so that nothing is downloaded; the separators are trivial or oracles, so
that nothing is trained.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sepeval.datasets.base import Dataset
from sepeval.datasets.synthetic import Synthetic
from sepeval.protocol import load
from sepeval.report import page, plot, table
from sepeval.runner import Progress, evaluate
from sepeval.separators.base import Described
from sepeval.separators.oracles import (
    IdealBinaryMask,
    IdealRatioMask,
    LeakyReference,
    MultichannelWiener,
)
from sepeval.separators.trivial import Mixture, Zeros
from sepeval.store import Run
from sepeval.summary import ALL, SummaryRow, summarise

_SEED = 18
_LEAK_DB = -20.0
_ABSENT = ("missing:1:guitar", "missing:3:piano")  # Slakh2100 too has tracks without a stem


@dataclass(frozen=True)
class _Part:
    """A dataset and the protocol it is evaluated under."""

    dataset: Dataset
    protocol: str


def demo(folder: Path, *, workers: int = 1, told: Callable[[Progress], None] | None = None) -> str:
    """Write two datasets, evaluate seven systems on each, and return what to print.

    Args:
        folder: where datasets, runs and report go. What is there already is used again.
        workers: processes that work on tracks.
        told: called after each track of each run.

    Returns:
        Tables, one sentence on silence, and the paths of everything that was written.

    Raises:
        StoreError: the folder cannot be written to.
        DataError: the folder holds another dataset under the same name.
    """
    parts = (
        _Part(
            Synthetic(folder / "data" / "slakh2100", "slakh2100_22050", 4, 40.0, _SEED, _ABSENT),
            "slakh2100-msdm",
        ),
        _Part(
            Synthetic(folder / "data" / "musdb18hq", "musdb18hq", 3, 12.0, _SEED),
            "musdb18-sisec18",
        ),
    )
    text: list[str] = []
    runs: list[Run] = []
    figures: list[Path] = []
    for part in parts:
        own = _evaluate(part, folder / "runs", workers, told)
        protocol = load(part.protocol)
        text += [table(own, protocol.id).as_text(), ""]
        for entry in protocol.metrics:
            figures += plot(own, protocol.id, metric=entry.name, folder=folder / "figures")
        runs += own
        if part.protocol == "slakh2100-msdm":
            text += [_why_silence_matters(own, protocol.id), ""]
    scores = [run.scores(name) for run in runs for name in run.manifest.protocols]
    text += ["scores:", *(f"  {_shown(path)}" for path in scores)]
    text += ["figures, as PNG, PDF and SVG:"]
    text += [f"  {_shown(path)}" for path in figures if path.suffix == ".png"]
    text += ["page:", f"  {_shown(page(runs, folder / 'report', workers=workers))}"]
    return "\n".join(text)


def _evaluate(
    part: _Part, root: Path, workers: int, told: Callable[[Progress], None] | None
) -> list[Run]:
    index = part.dataset.index("test")
    stems = index.stems
    systems: dict[str, Described] = {
        "zeros": Zeros(stems),
        "mixture": Mixture(stems),
        "ideal_binary_mask": IdealBinaryMask(),
        "ideal_ratio_mask": IdealRatioMask(),
        "multichannel_wiener": MultichannelWiener(),
        "leaky_reference": LeakyReference(_LEAK_DB),
    }
    return [
        evaluate(
            index, system, [load(part.protocol)], root=root, label=name, workers=workers, told=told
        )
        for name, system in systems.items()
    ]


def _why_silence_matters(runs: list[Run], protocol: str) -> str:
    rows = {run.manifest.label: _all(summarise(run, protocol)) for run in runs}
    zeros, leaky = rows["zeros"], rows["leaky_reference"]
    return (
        f"Why silence matters: under {protocol} a separator that outputs nothing scores "
        f"{zeros.value:.2f} dB and beats the references themselves with the mixture leaking in at "
        f"{_LEAK_DB:.0f} dB ({leaky.value:.2f} dB), because {zeros.silent} of the {zeros.used} "
        "windows scored have a silent reference, where exact zeros earn about 100 dB each."
    )


def _all(rows: tuple[SummaryRow, ...]) -> SummaryRow:
    return next(row for row in rows if row.stem == ALL)


def _shown(path: Path) -> str:
    """Return a path as a person would type it: relative where that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)
