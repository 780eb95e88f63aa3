"""Splits and runs with one thing wrong, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from sepeval.audits.base import AUDITS, Audit, Finding, Runs, Split, Subject
from sepeval.audits.listening import listen
from sepeval.datasets.synthetic import Synthetic
from sepeval.kernels.signal_facts import SignalFacts, signal_facts
from sepeval.protocol import load
from sepeval.runner import evaluate
from sepeval.separators.base import Estimate, Oracle, Plain
from sepeval.store import Run
from sepeval.store.signals import path_of, write_signals
from sepeval.types import Array, Index

Change = Callable[[Array, Array], Array]
LAYOUTS = ("slakh2100", "slakh2100_22050", "musdb18hq")


def index(folder: Path, layout: str, *faults: str, tracks: int = 2, seconds: float = 4.0) -> Index:
    """Return a generated split with faults, each as `pathology:track:stem`."""
    assert layout in LAYOUTS
    data = Synthetic(
        root=folder / "-".join([layout, f"{tracks}x{seconds:g}s", *faults]).replace(":", "_"),
        layout=layout,  # type: ignore[arg-type]  # one of the three
        tracks=tracks,
        seconds=seconds,
        seed=5,
        faults=faults,
    )
    return data.index("test")


def heard(folder: Path, layout: str, *faults: str, tracks: int = 2, seconds: float = 4.0) -> Split:
    return listen(index(folder, layout, *faults, tracks=tracks, seconds=seconds))


@dataclass(frozen=True)
class Planted(Oracle):
    """References with noise at -30 dB where they play, and what `change` makes of them."""

    summary: ClassVar[str] = "for tests"
    change: Change
    seen: list[tuple[Array, Array, Array]] = field(default_factory=list)

    def describe(self) -> Mapping[str, Plain]:
        return {"name": "planted"}

    def separate(self, references: Array, mixture: Array, *, stems: tuple[str, ...]) -> Estimate:
        noise = np.random.default_rng(1).standard_normal(references.shape)
        level = 0.03 * np.sqrt((references**2).mean(axis=(1, 2), keepdims=True))
        estimates = self.change(references + level * noise * (references != 0), mixture)
        self.seen.append((references, estimates, mixture))
        return Estimate(stems, estimates)


def run(
    folder: Path,
    change: Change,
    *,
    data: Path,
    layout: str,
    protocols: tuple[str, ...],
    label: str,
    seconds: float,
) -> Run:
    """Return a run whose estimates were changed, with signal facts; the music lies in `data`."""
    system = Planted(change)
    split = index(data, layout, seconds=seconds)
    found = evaluate(split, system, [load(name) for name in protocols], root=folder, label=label)
    for record, (references, estimates, mixture) in zip(
        found.manifest.tracks, system.seen, strict=False
    ):
        rate = 22050 if layout == "slakh2100_22050" else 44100
        (first, *_) = found.manifest.layouts
        facts: SignalFacts = signal_facts(references, estimates, mixture, rate=rate)
        path = path_of(found, first.key, record)
        write_signals(path, (facts,), track=record.id, stems=tuple(first.stems))
    return found


def findings(subject: Subject, name: str) -> list[Finding]:
    """Return what one audit finds."""
    audit = AUDITS.get(name)
    assert isinstance(audit, Audit)
    assert audit.looks_at(subject)
    return list(audit.function(subject))  # type: ignore[arg-type]  # `looks_at` has been asked


def of_run(found: Run, name: str) -> list[Finding]:
    return findings(Runs((found,)), name)


def as_they_are(estimates: Array, mixture: Array) -> Array:  # noqa: ARG001 - a Change
    return estimates
