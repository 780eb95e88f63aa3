"""What a comparison finds: differences, moves, spreads, places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sepeval.kernels.significance import Statistic
from sepeval.results import Results

DRAWS = 10_000
POWER = 0.8  # with which `needed` tracks would show a difference


@dataclass(frozen=True)
class Difference:
    """What one system has over the baseline, for one stem or All.

    Attributes:
        system: name of the system.
        stem: name of the stem, or `All`.
        baseline: the baseline's number over the common tracks, in the metric's unit.
        value: the system's number over the same tracks.
        difference: value - baseline; None where one of them has no finite value.
        low: lower end of the interval of the difference (BCa, over tracks); None of fewer than two
            tracks.
        high: its upper end.
        p_permutation: of the paired sign-flip test of the mean of the tracks' differences; None
            where no track has one.
        p_wilcoxon: of Wilcoxon's signed-rank test of the same.
        p_holm: `p_permutation`, or `p_wilcoxon` where the table takes a median over tracks,
            corrected for all tests of the comparison.
        effect: centre over spread of the tracks' differences: mean and standard deviation, or
            median and scaled median absolute deviation. Infinite where every track differs by
            the same; None of fewer than two tracks.
        wins: tracks on which the system is better.
        ties: tracks on which both are equal.
        losses: tracks on which the baseline is better.
        tracks: how many tracks have a value of both.
        needed: how many tracks like these would show the difference with a power of 0.8; None
            where there is no difference.
    """

    system: str
    stem: str
    baseline: float | None
    value: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_permutation: float | None
    p_wilcoxon: float | None
    p_holm: float | None
    effect: float | None
    wins: int
    ties: int
    losses: int
    tracks: int
    needed: int | None


@dataclass(frozen=True)
class Move:
    """One track on which a system and the baseline differ.

    Attributes:
        system: name of the system.
        stem: name of the stem, or `All`.
        track: its id.
        baseline: the baseline's value, in the metric's unit.
        value: the system's.
    """

    system: str
    stem: str
    track: str
    baseline: float
    value: float

    @property
    def difference(self) -> float:
        """Value - baseline."""
        return self.value - self.baseline


@dataclass(frozen=True)
class Spread:
    """How far a stochastic system's number moves by its seeds, and by the tracks.

    Attributes:
        system: name of the system.
        stem: name of the stem, or `All`.
        replicates: draws of the system.
        over_seeds: standard deviation of the number from one replicate to another.
        over_tracks: standard error of the number over resampled tracks; None of one track.
    """

    system: str
    stem: str
    replicates: int
    over_seeds: float
    over_tracks: float | None


@dataclass(frozen=True)
class Place:
    """Where a system stands among all for one stem, and where other tracks would put it.

    Attributes:
        system: name of the system.
        rank: from 1, the best, by the numbers of the table; equal numbers share the better.
        low: the best place in the interval.
        high: the worst place in the interval.
        mean_rank: over tracks.
    """

    system: str
    rank: int
    low: int
    high: int
    mean_rank: float


@dataclass(frozen=True)
class Standing:
    """The order of all systems for one stem.

    Attributes:
        stem: name of the stem, or `All`.
        places: of the systems that have values of it, in their order.
        tracks: how many tracks have values of all of them.
        critical: difference of mean ranks that a test can tell apart (Nemenyi).
        friedman: p-value of the Friedman test that all systems are alike; None where there are
            only two, or nothing differs.
    """

    stem: str
    places: tuple[Place, ...]
    tracks: int
    critical: float
    friedman: float | None

    @property
    def by_mean_rank(self) -> tuple[Place, ...]:
        """The places, the best mean rank first."""
        return tuple(sorted(self.places, key=lambda one: one.mean_rank))

    @property
    def groups(self) -> tuple[range, ...]:
        """Runs of `by_mean_rank`, as long as can be, that the test does not tell apart."""
        ranks = [one.mean_rank for one in self.by_mean_rank]
        found: list[range] = []
        for first, rank in enumerate(ranks):
            end = sum(other <= rank + self.critical for other in ranks)
            if end - first > 1 and (not found or end > found[-1].stop):
                found.append(range(first, end))
        return tuple(found)


@dataclass(frozen=True)
class Comparison:
    """Systems against a baseline, under one protocol.

    Attributes:
        results: the systems.
        summary: name of the reduction.
        metric: name of the score.
        baseline: name of the system that the others are held against.
        confidence: of all intervals.
        draws: resamples of the tracks, and patterns of signs.
        seed: of both.
        by: the centre of differences over tracks: the mean, or a median where the table takes one.
        alike: whether the table's numbers weigh all tracks alike, as the tests do; else a track
            with more windows weighs more.
        differences: by system, then by stem and All.
        moves: of every track that differs, the largest difference of each system and stem first.
        spreads: of the systems with more than one replicate.
        standings: of all systems, by stem and All.
    """

    results: Results
    summary: str
    metric: str
    baseline: str
    confidence: float
    draws: int
    seed: int
    by: Statistic
    alike: bool
    differences: tuple[Difference, ...]
    moves: tuple[Move, ...]
    spreads: tuple[Spread, ...]
    standings: tuple[Standing, ...]

    @property
    def lacking(self) -> Mapping[str, tuple[str, ...]]:
        """Systems without any value of a stem that others have values of, by stem."""
        found: dict[str, tuple[str, ...]] = {}
        for stem in dict.fromkeys(one.stem for one in self.differences):
            rows = [one for one in self.differences if one.stem == stem]
            numbers = {self.baseline: rows[0].baseline} | {one.system: one.value for one in rows}
            without = [name for name, number in numbers.items() if number is None]
            if without and len(without) < len(numbers):
                order = [one.name for one in self.results.systems if one.name in without]
                found[stem] = tuple(order)
        return found

    @property
    def tests(self) -> int:
        """How many tests the p-values are corrected for."""
        return sum(one.p_holm is not None for one in self.differences)

    @property
    def tracks(self) -> int:
        """How many tracks the stem with the most has."""
        return max(one.tracks for one in self.differences)

    @property
    def least_p(self) -> float:
        """The least p-value that so few tracks, or so few draws, leave after the correction."""
        least = 2 / 2**self.tracks if self.is_exact else 1 / (self.draws + 1)
        return min(self.tests * least, 1.0)

    @property
    def is_exact(self) -> bool:
        """Whether the test goes through all patterns of signs, not through draws of them."""
        return 2**self.tracks <= self.draws or self.by != "mean"
