"""Boards that can be asked: all of their systems hold statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from pydantic import ValidationError

from sepeval.errors import ProtocolError, StoreError
from sepeval.protocol import Protocol
from sepeval.store import Run
from sepeval.what_if.answers import Comparison, Numbers, of_frames, scores, table
from sepeval.what_if.boards import Board, boards, energy_part
from sepeval.what_if.systems import Key


@dataclass(frozen=True)
class Case:
    """A board with the statistics of its systems.

    Attributes:
        board: what stands in one table.
        protocol: the part of it whose variants can be answered.
        systems: statistics by name.
    """

    board: Board
    protocol: Protocol
    systems: Mapping[str, Key]

    @property
    def numbers(self) -> Numbers:
        """The table as it is."""
        return table(self.systems, self.protocol)

    def under(self, variant: Protocol) -> Comparison | None:
        """Return how the table differs under a variant; None where it cannot be answered."""
        return self._under(self.systems, variant)

    def under_windows(self, variant: Protocol) -> Comparison | None:
        """Return the same for a variant with other windows, from the cells as they are stored."""
        whole = {name: key._replace(joined=False) for name, key in self.systems.items()}
        return self._under(whole, variant)

    def _under(self, systems: Mapping[str, Key], variant: Protocol) -> Comparison | None:
        try:
            other = table(systems, variant)
        except (StoreError, ProtocolError, ValidationError):
            return None
        return self.board.compare(self.numbers, other)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the scores of the energy part, by system."""
        return {name: scores(key, self.protocol) for name, key in self.systems.items()}


def cases(
    runs: Sequence[Run], part: Callable[[Protocol], Protocol | None] = energy_part
) -> Iterator[Case]:
    """Yield the boards of runs whose variants can be answered from what is stored.

    Args:
        runs: in one table or several.
        part: returns what is asked about of a protocol; None where that is nothing.
    """
    for board in boards(runs):
        keys, protocol = board.keys, part(board.protocol)
        if keys is not None and protocol is not None:
            yield Case(board, protocol, dict(zip(board.names, keys, strict=True)))


@dataclass(frozen=True)
class Sheet:
    """The stored scores of a board, to be reduced in other ways; imported runs will do.

    Attributes:
        board: what stands in one table.
        frames: scores by system.
        numbers: the table as it is.
    """

    board: Board
    frames: Mapping[str, pd.DataFrame]
    numbers: Numbers

    def under(
        self, variant: Protocol, frames: Mapping[str, pd.DataFrame] | None = None
    ) -> Comparison:
        """Return how the table differs under a variant that differs in its reductions.

        Args:
            variant: of the board's protocol.
            frames: the scores, where they are not those that are stored.
        """
        after = of_frames(self.frames if frames is None else frames, variant)
        return self.board.compare(self.numbers, after)


def sheets(runs: Sequence[Run]) -> Iterator[Sheet]:
    """Yield the boards of runs with their stored scores.

    Raises:
        StoreError: they are missing or damaged.
    """
    for board in boards(runs):
        frames = board.frames()
        yield Sheet(board, frames, of_frames(frames, board.protocol))
