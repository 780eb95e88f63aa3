"""Numbers under a variant of a protocol, and how they differ from those of the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, TypedDict

import numpy as np
import pandas as pd

from sepeval.kernels.significance import ranks
from sepeval.protocol import Protocol
from sepeval.scoring import score_track
from sepeval.store import open_run
from sepeval.store.parts import data_frame
from sepeval.store.scores import Scored, score_table
from sepeval.summary import ALL, SummaryRow, summarise_scores
from sepeval.types import Status
from sepeval.what_if.systems import Key, held

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Numbers: TypeAlias = Mapping[str, tuple[SummaryRow, ...]]
_PRINTED = 2  # decimals of a table: what is equal there shares a place
_SILENT = frozenset(
    str(one) for one in (Status.SILENT_REFERENCE, Status.SILENT_ESTIMATE, Status.SILENT_OTHER)
)


class Facts(TypedDict):
    """The part of a finding that a comparison fills; see `sepeval.audits.base.Finding`."""

    effect_db: float | None
    effect_ranks: int | None
    value: float | None
    value_by_better_rule: float | None
    evidence: tuple[Mapping[str, Plain], ...]


@dataclass(frozen=True)
class Change:
    """One number of a table, before and after.

    Attributes:
        system: name.
        summary: name of the reductions, for one protocol may state several.
        metric: name of the score.
        stem: name, or `All`.
        before: in the table as it is.
        after: under the other rule.
        rank: place among the systems, as printed; from 1.
        rank_after: place under the other rule.
    """

    system: str
    summary: str
    metric: str
    stem: str
    before: float
    after: float
    rank: int
    rank_after: int

    @property
    def effect(self) -> float:
        """By how much the number moves, never negative."""
        return abs(self.after - self.before)


@dataclass(frozen=True)
class Comparison:
    """Two tables of the same systems.

    Attributes:
        changes: numbers that both tables have, those of `All` first, then the largest first.
        in_db: names of the metrics whose unit is dB.
    """

    changes: tuple[Change, ...]
    in_db: frozenset[str]

    @property
    def effect(self) -> float:
        """The move of `worst`, in the unit of its metric."""
        return 0.0 if self.worst is None else self.worst.effect

    @property
    def effect_db(self) -> float | None:
        """The same in dB; None where its unit is another."""
        worst = self.worst
        return worst.effect if worst is not None and worst.metric in self.in_db else None

    @property
    def effect_ranks(self) -> int:
        """The largest move in places, in any column."""
        return max((_places(one) for one in self.changes), default=0)

    @property
    def turns(self) -> bool:
        """Whether the order in `All` changes; in a stem where there is no such number."""
        return any(_places(one) for one in self._shown)

    @property
    def worst(self) -> Change | None:
        """The number that moves most: in dB, where any is; a stem can move and `All` stay."""
        return max(
            self.changes, key=lambda one: (one.metric in self.in_db, one.effect), default=None
        )

    @property
    def words(self) -> str:
        """What moves, in words: the number that moves most, and the system that moves furthest."""
        worst = self.worst
        if worst is None:
            return "no number can be compared"
        said = (
            f"{worst.metric} of {worst.system}, {worst.stem}, would be {worst.after:.2f} instead "
            f"of {worst.before:.2f}"
        )
        moved = max(self._shown if self.turns else self.changes, key=_places)
        if not _places(moved):
            return said
        return (
            f"{said}, and {moved.system} would be number {moved.rank_after} instead of "
            f"{moved.rank} in {moved.stem}"
        )

    def facts(self, extra: Iterable[Mapping[str, Plain]] = ()) -> Facts:
        """Return effects, numbers and evidence for a finding.

        Args:
            extra: rows that stand instead of the changes.
        """
        rows: list[Mapping[str, Plain]] = [
            {
                "system": one.system,
                "summary": one.summary,
                "metric": one.metric,
                "stem": one.stem,
                "value": one.before,
                "value_by_better_rule": one.after,
                "change_db": one.after - one.before,
                "rank": one.rank,
                "rank_by_better_rule": one.rank_after,
            }
            for one in self.changes
        ]
        worst = self.worst
        return {
            "effect_db": self.effect_db,
            "effect_ranks": self.effect_ranks,
            "value": None if worst is None else worst.before,
            "value_by_better_rule": None if worst is None else worst.after,
            "evidence": tuple(extra) or tuple(rows),
        }

    @property
    def _shown(self) -> list[Change]:
        whole = [one for one in self.changes if one.stem == ALL]
        return whole or list(self.changes)


def scores(key: Key, protocol: Protocol) -> pd.DataFrame:
    """Return the scores of a system under a variant, as `sepeval.summary.score_frame` does.

    Windows that hold no sample of the track, because they lie in the zeros that fill its last
    segment, have no score, unless the protocol that the system was scored under scores them.

    Raises:
        StoreError: the statistics do not serve the variant.
        ValidationError: the variant is no protocol.
    """
    sound = Protocol.model_validate(protocol.model_dump())
    found = [
        Scored(
            one.track,
            one.replicate,
            None if one.statistics is None else score_track(sound, one.statistics),
        )
        for one in held(key)
    ]
    frame = data_frame(score_table(sound, found))
    beyond = _beyond(frame)
    return frame if not beyond.any() or _scores_beyond(key) else frame[~beyond]


@lru_cache(maxsize=256)
def _scores_beyond(key: Key) -> bool:
    """Return whether windows beyond the end of a track enter the numbers as they stand."""
    scores = open_run(key.folder).read_scores(key.protocol)
    return bool(_beyond(data_frame(scores)).any())


def _beyond(frame: pd.DataFrame) -> pd.Series[bool]:
    """Return which scores are of windows that hold no sample of the track."""
    return (frame["start"] >= frame["stop"]) & (frame["status"].astype(str) == str(Status.OK))


def table(systems: Mapping[str, Key], protocol: Protocol) -> Numbers:
    """Return the numbers of all systems under a variant, by name.

    Raises:
        StoreError: the statistics do not serve the variant.
        ValidationError: the variant is no protocol.
    """
    if protocol.silence.mask == "own" or len(systems) == 1:
        text = protocol.model_dump_json()
        return {name: _rows(key, name, text) for name, key in systems.items()}
    frames = {name: scores(key, protocol) for name, key in systems.items()}
    return of_frames(masked(frames), protocol)


def of_frames(frames: Mapping[str, pd.DataFrame], protocol: Protocol) -> Numbers:
    """Return the numbers of score tables, by system."""
    return {name: summarise_scores(frame, protocol, system=name) for name, frame in frames.items()}


def masked(
    frames: Mapping[str, pd.DataFrame], *, also: frozenset[str] = frozenset()
) -> dict[str, pd.DataFrame]:
    """Return score tables in which a window that one system leaves out is left out for all.

    Args:
        frames: of systems on the same tracks, by name.
        also: statuses that count as left out, besides those of silence. In imported scores a
            frame that was silent is `undefined`.
    """
    gone = _SILENT | also
    key = ["track", "stem", "metric", "start"]
    texts = dict.fromkeys(key[:3], str)
    places = {
        name: pd.MultiIndex.from_frame(one[key].astype(texts)) for name, one in frames.items()
    }
    left = {name: one["status"].astype(str).isin(gone) for name, one in frames.items()}
    union = pd.MultiIndex.from_tuples([], names=key)
    for name, index in places.items():
        union = union.union(index[left[name].to_numpy()])
    found = {}
    for name, frame in frames.items():
        hit = places[name].isin(union) & ~left[name].to_numpy()
        status = frame["status"].astype(str).mask(hit, str(Status.SILENT_OTHER))
        found[name] = frame.assign(status=status, value=frame["value"].mask(hit))
    return found


def compare(
    before: Numbers,
    after: Numbers,
    *,
    higher_is_better: Mapping[str, bool],
    in_db: frozenset[str],
) -> Comparison:
    """Return how two tables of the same systems differ.

    Args:
        before: the table as it is.
        after: under the other rule.
        higher_is_better: by metric.
        in_db: metrics whose unit is dB.
    """
    changes: list[Change] = []
    for summary, metric, stem in _cells(before):
        one, other = (
            {name: _value(rows, summary, metric, stem) for name, rows in numbers.items()}
            for numbers in (before, after)
        )
        shared = [name for name in one if one[name] is not None and other.get(name) is not None]
        if not shared:
            continue
        first = np.array([one[name] for name in shared], dtype=np.float64)
        second = np.array([other[name] for name in shared], dtype=np.float64)
        up = higher_is_better[metric]
        was, is_now = (
            ranks(numbers.round(_PRINTED), higher_is_better=up) for numbers in (first, second)
        )
        changes += [
            Change(name, summary, metric, stem, float(a), float(b), int(c), int(d))
            for name, a, b, c, d in zip(shared, first, second, was, is_now, strict=True)
        ]
    changes.sort(key=lambda one: (one.stem != ALL, -one.effect))
    return Comparison(tuple(changes), in_db)


@lru_cache(maxsize=1024)
def _rows(key: Key, name: str, document: str) -> tuple[SummaryRow, ...]:
    protocol = Protocol.model_validate_json(document)
    return summarise_scores(scores(key, protocol), protocol, system=name)


def _places(change: Change) -> int:
    return abs(change.rank_after - change.rank)


def _cells(numbers: Numbers) -> list[tuple[str, str, str]]:
    found = ((row.summary, row.metric, row.stem) for rows in numbers.values() for row in rows)
    return list(dict.fromkeys(found))


def _value(rows: Sequence[SummaryRow], summary: str, metric: str, stem: str) -> float | None:
    return next(
        (
            row.value
            for row in rows
            if (row.summary, row.metric, row.stem) == (summary, metric, stem)
        ),
        None,
    )
