"""Stereo estimates as they are, and with left and right exchanged."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sepeval.audits.base.undoing import Whole

_TELLING_DB = 3.0  # by which exchanging the channels must raise the SDR


class Sides(NamedTuple):
    """The SDR of an estimate over a track in dB, as it is and with its channels exchanged."""

    sdr: float
    across: float

    @property
    def exchanged(self) -> bool:
        """Whether the channels are exchanged: the other way round is far better, and good."""
        return self.across - self.sdr > _TELLING_DB and self.across > 0


def sides(track: Whole, place: int) -> Sides | None:
    """Return the SDR of a stem both ways; None where it is not stereo, or a signal is all zero.

    The products across channels are not stored, but their sum is: the row of the summed channels
    holds ⟨l + r, l' + r'⟩, from which those of equal channels are taken away.
    """
    statistics = track.statistics
    if statistics.channels != 2:
        return None
    reference = float(statistics.reference[0, :2, place].sum())
    estimate = float(statistics.estimate[0, :2, place].sum())
    if reference <= 0 or estimate <= 0:
        return None
    cross = statistics.cross[0, :, 0, place]
    straight, across = float(cross[:2].sum()), float(cross[2] - cross[:2].sum())
    return Sides(
        *(
            -10.0 * float(np.log10(max(1e-12, (reference + estimate - 2 * along) / reference)))
            for along in (straight, across)
        )
    )
