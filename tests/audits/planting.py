"""Splits and runs with one thing wrong, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sepeval.audits.base import AUDITS, Audit, Finding, Runs, Split, Subject
from sepeval.audits.listening import listen
from sepeval.datasets.synthetic import Synthetic
from sepeval.protocol import load
from sepeval.runner import evaluate
from sepeval.separators.base import Estimate, Oracle, Plain
from sepeval.store import Run
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
    """References with noise where they play, and what `change` makes of them."""

    summary: ClassVar[str] = "for tests"
    change: Change
    noise: float

    def describe(self) -> Mapping[str, Plain]:
        return {"name": "planted", "noise": self.noise}

    def separate(self, references: Array, mixture: Array, *, stems: tuple[str, ...]) -> Estimate:
        noise = np.random.default_rng(1).standard_normal(references.shape)
        level = self.noise * np.sqrt((references**2).mean(axis=(1, 2), keepdims=True))
        estimates = self.change(references + level * noise * (references != 0), mixture)
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
    noise: float = 0.03,
) -> Run:
    """Return a run whose estimates were changed, with signal facts; the music lies in `data`.

    A protocol is a released one by name, or a file; the noise is 30 dB below each stem.
    """
    system = Planted(change, noise)
    split = index(data, layout, seconds=seconds)
    return evaluate(split, system, [load(name) for name in protocols], root=folder, label=label)


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


class Make:
    """Makes runs whose music is generated once for all tests of this file."""

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder, self._data, self._count = folder, data, 0

    def __call__(
        self,
        change: Change,
        *,
        layout: str = "slakh2100_22050",
        protocols: tuple[str, ...] = ("slakh2100-active",),
        label: str = "planted",
        seconds: float = 14.0,
    ) -> Run:
        self._count += 1
        return run(
            self._folder / str(self._count),
            change,
            data=self._data,
            layout=layout,
            protocols=protocols,
            label=label,
            seconds=seconds,
        )


def of_one_track(change: Callable[[Array], Array]) -> Change:
    """Return what changes the estimates of the first track and leaves the others."""
    seen: list[int] = []

    def changed(estimates: Array, _: Array) -> Array:
        seen.append(1)
        return change(estimates) if len(seen) == 1 else estimates

    return changed


def only(found: list[Finding]) -> Finding:
    (one,) = found
    return one
