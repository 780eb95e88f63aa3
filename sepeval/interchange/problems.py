"""What museval measures, and which protocols can take its numbers.

museval scores the targets of a track together, as one problem: a frame that is silent in one of
them is left out for all. Where a file has both vocals and accompaniment, the accompaniment is no
part of that problem; vocals and accompaniment are scored as a second problem of two sources, whose
vocals replace those of the first [1].

References:
    [1] github.com/sigsep/sigsep-mus-eval at b2a2246, `museval/__init__.py`, `eval_mus_track`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sepeval.errors import ProtocolError
from sepeval.protocol import Protocol, Sliding, load

METRICS = {"sdr": "SDR", "isr": "ISR", "sir": "SIR", "sar": "SAR"}  # a protocol's name, museval's
FOUR_STEMS = "musdb18-sisec18"
TWO_SOURCES = "musdb18-sisec18-vocals"
PAIR = frozenset({"vocals", "accompaniment"})


class Problem(NamedTuple):
    """The part of a file that a protocol's scores come from.

    Attributes:
        known: stems whose scores the file holds.
        replaced: stems whose scores another problem has replaced; nobody knows them any more.
    """

    known: frozenset[str]
    replaced: frozenset[str]


def unfit(protocol: Protocol) -> str:
    """Return why museval's numbers are not those of a protocol; empty if they are.

    They are if its windows, its silence and its metrics are those of `musdb18-sisec18`; its
    summaries are its own affair. A silence mask that compared systems share cannot be had: a NaN
    does not say that a frame is silent.

    Raises:
        UnknownNameError: `musdb18-sisec18` is not installed.
    """
    known = load(FOUR_STEMS)
    entries = {entry.name: entry for entry in known.metrics}
    strange = [one.name for one in protocol.metrics if entries.get(one.name) != one]
    if strange:
        return f"{protocol.id} has {', '.join(strange)}, which museval does not compute"
    if (protocol.segments, protocol.windows) != (known.segments, known.windows):
        return f"{protocol.id} cuts other windows than museval"
    if protocol.silence != known.silence:
        return f"{protocol.id} leaves out other windows than museval"
    return ""


def problem(protocol: Protocol, targets: Collection[str]) -> Problem | None:
    """Return the part of a file with these targets that holds a protocol's scores; None if none.

    Example:
        >>> problem(load("musdb18-sisec18"), ["vocals", "accompaniment"]) is None
        True
    """
    stems, found = frozenset(protocol.stems), frozenset(targets)
    has_pair = found >= PAIR
    if stems == PAIR and has_pair:
        return Problem(stems, frozenset())
    if stems != (found - {"accompaniment"} if has_pair else found):
        return None
    replaced = stems & {"vocals"} if has_pair else frozenset()
    return Problem(stems - replaced, replaced)


def frames(protocol: Protocol) -> Sliding:
    """Return the windows of a protocol that takes museval's numbers; see `unfit`."""
    if not isinstance(protocol.windows, Sliding):
        raise ProtocolError(f"{protocol.id} has no sliding windows; museval scores frames")
    return protocol.windows
