"""What is known about silent references: parts of numbers, gains, and single windows."""

from __future__ import annotations

from dataclasses import dataclass

from sepeval.protocol import Protocol
from sepeval.store import Run

ZEROS = "(all zeros)"


@dataclass(frozen=True)
class Part:
    """The scores of one system and stem, parted by whether the reference is silent.

    Attributes:
        system: name; `(all zeros)` is a system that outputs nothing.
        stem: name, or `All`.
        windows: scores, where silent references are scored.
        silent: how many of them have a silent reference.
        mean_active: mean where the reference sounds; None without such a score.
        mean_silent: mean where it is silent; None without such a score.
        from_silence: what silent windows add to the flat mean of all.
        scored: the table's number with silent references scored.
        active: the table's number without them.
        rank_scored: place among the systems, where silent references are scored.
        rank_active: place without them.
    """

    system: str
    stem: str
    windows: int
    silent: int
    mean_active: float | None
    mean_silent: float | None
    from_silence: float
    scored: float | None
    active: float | None
    rank_scored: int
    rank_active: int

    @property
    def share(self) -> float:
        """Share of windows with a silent reference, from 0 to 1."""
        return self.silent / self.windows if self.windows else 0.0


@dataclass(frozen=True)
class Gain:
    """A system against another, parted in the same way.

    Attributes:
        system: name.
        baseline: name of the other.
        stem: name, or `All`, which is the mean of the stems.
        scored: gain of the flat mean over all windows.
        on_active: gain of the mean over windows whose reference sounds.
        on_silent: gain of the mean over windows whose reference is silent.
        from_active: part of `scored` that windows with a sounding reference make.
        from_silence: part of it that the others make; the two parts add up.
    """

    system: str
    baseline: str
    stem: str
    scored: float
    on_active: float | None
    on_silent: float | None
    from_active: float
    from_silence: float


@dataclass(frozen=True)
class Point:
    """One window with a silent reference.

    Attributes:
        system: name.
        stem: name.
        track: id.
        start: of the window, in samples.
        reference_dbfs: level of the reference; -inf where it is zero.
        leak_dbfs: level of the estimate; -inf where it is zero.
        over_leak_db: level of the mixture over that of the estimate, with eps: the closed form.
        score: as measured.
    """

    system: str
    stem: str
    track: str
    start: int
    reference_dbfs: float
    leak_dbfs: float
    over_leak_db: float
    score: float


@dataclass(frozen=True)
class Silence:
    """What silent references do to one metric under one protocol.

    Attributes:
        protocol: with its rule for silent references.
        metric: name of the score.
        runs: of the systems.
        baseline: name of the system that gains are measured from.
        parts: by system, in the order given, and stem; `(all zeros)` comes last.
        gains: over the baseline.
        points: silent windows, where the metric has the closed form; empty where it has not.
    """

    protocol: Protocol
    metric: str
    runs: tuple[Run, ...]
    baseline: str
    parts: tuple[Part, ...]
    gains: tuple[Gain, ...]
    points: tuple[Point, ...]

    @property
    def systems(self) -> tuple[str, ...]:
        """Names, `(all zeros)` last."""
        return tuple(dict.fromkeys(part.system for part in self.parts))

    @property
    def stems(self) -> tuple[str, ...]:
        """Names, `All` last where there is such a number."""
        return tuple(dict.fromkeys(part.stem for part in self.parts))

    def part(self, system: str, stem: str) -> Part:
        """Return the part of a system and stem."""
        return next(one for one in self.parts if (one.system, one.stem) == (system, stem))
