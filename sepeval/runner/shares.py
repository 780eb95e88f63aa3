"""One split over several machines: each makes a share of the tracks, `merge` joins the shares.

Share 2 of 3 holds the tracks 1, 4, 7, ... of the index, from 0, under their own numbers. The
identity is that of the whole split, so that shares which belong together can be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sepeval.errors import DataError
from sepeval.store import TrackRecord
from sepeval.store.manifest import Share
from sepeval.types import Track


@dataclass(frozen=True)
class Shard:
    """Which share of a split is made.

    Attributes:
        number: from 1.
        count: of all shares.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the share that a text such as `2/3` names.

        Raises:
            DataError: it names none.

        Example:
            >>> Shard.parse("2/3")
            Shard(number=2, count=3)
        """
        words = text.split("/")
        if len(words) == 2 and all(one.isascii() and one.isdigit() for one in words):
            found = cls(*map(int, words))
            if 1 <= found.number <= found.count:
                return found
        raise DataError(f"a share is named i/n, such as 1/4 for the first of four; found {text!r}")


class Portion(NamedTuple):
    """The tracks of a share, their records, and what the run says of itself."""

    tracks: tuple[Track, ...]
    records: list[TrackRecord]
    share: Share | None
    partial: str


def portion(tracks: Sequence[Track], asked: Shard | None, *, partial: str) -> Portion:
    """Return what is evaluated of the chosen tracks: all of them, or one share.

    Args:
        tracks: of the whole run.
        asked: the share; None for all.
        partial: what is said of the whole run where it is not of the whole split.

    Raises:
        DataError: there is no such share.
    """
    records = [
        TrackRecord(number=number, id=track.id, missing=list(track.missing), error=track.fault)
        for number, track in enumerate(tracks)
    ]
    if asked is None:
        return Portion(tuple(tracks), records, None, partial)
    if not 1 <= asked.number <= asked.count <= max(1, len(tracks)):
        message = (
            f"share {asked.number}/{asked.count}: there are {len(tracks)} tracks, so at most that "
            "many shares, numbered from 1"
        )
        raise DataError(message)
    own = slice(asked.number - 1, None, asked.count)
    told = f"share {asked.number}/{asked.count}, {len(records[own])} of {len(records)} tracks"
    share = Share(number=asked.number, count=asked.count, whole=partial)
    return Portion(
        tuple(tracks[own]), records[own], share, "; ".join(filter(None, [partial, told]))
    )
