"""Estimates that have lost a channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.undoing import over_tracks, protocols_with_statistics, statistics_of
from sepeval.results.words import several
from sepeval.scoring import TrackStatistics
from sepeval.store import Run

_PLAYS = 1e-6  # mean square of a channel of a reference: -60 dBFS
_LEAST_S = 0.1  # as of holes
_ALL = 0.99  # of what the channel plays


@audit("dead_channels", of="runs", pitfalls=("P2", "P23", "P24"))
def dead_channels(runs: Runs) -> Iterator[Finding]:
    """Which estimates are exactly zero on one channel while the reference plays there?

    Windows in which all channels are zero are those of `zeros_while_playing`. The effect is on the
    mean over tracks of the SDR of whole tracks, taken over the channels and windows that live.
    """
    for run in runs.runs:
        every = list(_estimates(run))
        found = [one for one in every if one.dead_s > _LEAST_S]
        if not found:
            continue
        found.sort(key=lambda one: one.sdr - one.living)
        worst, whole = found[0], [one for one in found if one.dead_s > _ALL * one.played_s]
        told = f" ({len(whole)} of them from start to end)" if whole else ""
        dead = {id(one) for one in found}
        effect = over_tracks(
            (one.stem, one.sdr, one.living if id(one) in dead else one.sdr) for one in every
        )
        yield Finding(
            audit="dead_channels",
            severity="error" if whole else "warning",
            subject=run.manifest.label,
            where=", ".join(sorted({one.stem for one in found})),
            message=(
                f"{several(len(found), 'estimates are')}{told} exactly zero on a channel while the "
                f"reference plays there. The SDR of {worst.stem} of {worst.track} would be "
                f"{worst.living:.1f} instead of {worst.sdr:.1f} dB over what lives; the mean over "
                f"all tracks of the stem that gains most would be {effect.undone:.1f} instead of "
                f"{effect.value:.1f} dB."
            ),
            effect_db=effect.size,
            value=effect.value,
            value_by_better_rule=effect.undone,
            evidence=tuple(one.row for one in found),
            way_out="see whether a mono file, or one channel of the separator, was written",
        )


class _Estimate(NamedTuple):
    """For how long a channel plays and is dead, and the SDR in dB with and without that."""

    track: str
    stem: str
    channel: int
    dead_s: float
    played_s: float
    sdr: float
    living: float

    @property
    def row(self) -> Mapping[str, Plain]:
        return {
            "track": self.track,
            "stem": self.stem,
            "channel": self.channel,
            "dead_s": self.dead_s,
            "played_s": self.played_s,
            "sdr_db": self.sdr,
            "undone_db": self.living,
        }


def _estimates(run: Run) -> Iterator[_Estimate]:
    """Yield every estimate of several channels, each with the channel that is dead longest."""
    for protocol in protocols_with_statistics(run)[:1]:
        for one in statistics_of(run, protocol):
            if one.statistics is not None and one.statistics.cells.channels > 1:
                yield from _of_track(one.track, one.statistics)


def _of_track(name: str, track: TrackStatistics) -> Iterator[_Estimate]:
    cells, channels = track.cells, track.cells.channels
    lengths = np.diff(track.edges).astype(np.float64)
    reference, estimate = cells.reference[:, :channels], cells.estimate[:, :channels]
    plays = reference > _PLAYS * lengths[:, None, None]
    dead = plays & (estimate == 0) & (estimate > 0).any(axis=1, keepdims=True)
    gain = np.divide(
        cells.cross[:, :channels, 0], reference, out=np.zeros_like(reference), where=reference > 0
    )
    error = cells.residual[:, :channels, 0] + (gain - 1.0) ** 2 * reference
    for place, stem in enumerate(track.stems):
        seconds = lengths @ dead[:, :, place] / track.rate
        channel = int(np.argmax(seconds))
        played = float(lengths @ plays[:, channel, place]) / track.rate
        lives = ~dead[:, :, place]
        if not reference[:, :, place][lives].any():
            continue
        sdr, living = (
            _decibels(reference[:, :, place][kept].sum(), error[:, :, place][kept].sum())
            for kept in (np.ones_like(lives), lives)
        )
        yield _Estimate(name, stem, channel, float(seconds[channel]), played, sdr, living)


def _decibels(target: float, error: float) -> float:
    return 10.0 * float(np.log10(target / error)) if error > 0 else 300.0
