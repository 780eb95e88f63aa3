"""Estimates that are exactly zero, and what that earns them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from sepeval.audits.base import Finding, Plain, Runs, audit
from sepeval.audits.base.leaving_out import without
from sepeval.audits.base.undoing import (
    protocols_with_statistics,
    statistics_of,
    undone,
    whole_tracks,
    windows_of,
    with_leak,
)
from sepeval.kernels.cells import Statistics
from sepeval.scoring import TrackStatistics
from sepeval.store import Run
from sepeval.types import Array, BoolArray, IntArray
from sepeval.what_if import Held

_PLAYS = 1e-6  # mean square: -60 dBFS
_FLOOR = 1e-10  # mean square of what dither leaves: -100 dBFS
_LEAST_DB = 0.1  # below this a mean has not moved


@audit("zeros_while_playing", of="runs", pitfalls=("P2", "P10", "P11"))
def zeros_while_playing(runs: Runs) -> Iterator[Finding]:
    """Where is an estimate exactly zero while its reference plays, and what does that earn?"""
    for run in runs.runs:
        rows = list(_windows(run))
        if not rows:
            continue
        if _is_silent(run):
            yield _silent(run, rows)
            continue
        effect = without(run, _hollow_and_playing)
        known = effect.size > 0  # a number may have lost all of its windows
        stated = str(effect.rows[0]["protocol"]) if known else ""
        one = next((row for row in rows if row["protocol"] == stated), rows[0])
        yield Finding(
            audit="zeros_while_playing",
            severity="warning",
            subject=run.manifest.label,
            message=(
                f"The estimate is exactly zero in {one['zeros']} of the {one['windows']} windows "
                f"of {one['protocol']} in which a reference plays. SI-SDR gives 0 dB for it, "
                "SI-SDRi rewards it by how far the mixture is off, and a rule of exact zeros drops "
                "the window, as if nothing had been missed."
                + (f" Without these windows {effect.words}." if known else "")
            ),
            effect_db=effect.size if known else None,
            value=effect.value,
            value_by_better_rule=effect.undone,
            evidence=(*rows, *effect.rows),
            way_out="score them by a metric that has a value there, and say how many there are",
        )


@audit("zeros_on_silence", of="runs", pitfalls=("P1", "P6", "P7"))
def zeros_on_silence(runs: Runs) -> Iterator[Finding]:
    """What do exact zeros under a silent reference earn over a floor of -100 dBFS?"""
    for run in runs.runs:
        effect = undone(run, _with_floor)
        if effect.size < _LEAST_DB:
            continue
        yield Finding(
            audit="zeros_on_silence",
            severity="warning",
            subject=run.manifest.label,
            message=(
                "Where a reference is silent, estimates are exactly zero and earn the ceiling that "
                "eps sets. If noise of -100 dBFS, which nobody hears, lay on them there, "
                f"{effect.words}."
            ),
            effect_db=effect.size,
            value=effect.value,
            value_by_better_rule=effect.undone,
            evidence=effect.rows,
            way_out="leave windows with a silent reference out, and report the leak there in dBFS",
        )


def _is_silent(run: Run) -> bool:
    return not any(track.statistics.estimate.any() for track in whole_tracks(run))


def _silent(run: Run, rows: list[Mapping[str, Plain]]) -> Finding:
    return Finding(
        audit="zeros_while_playing",
        severity="error",
        subject=run.manifest.label,
        message=(
            "Every estimate of this run is exactly zero from start to end: nothing was separated, "
            "and every number of this run is that of silence."
        ),
        evidence=tuple(rows),
        way_out="see why the separator has written silence; as a baseline, name it for what it is",
    )


def _windows(run: Run) -> Iterator[Mapping[str, Plain]]:
    """Yield, for each protocol, how many windows that play are hollow, over all stems."""
    for protocol in protocols_with_statistics(run):
        zeros = np.zeros(len(protocol.stems), np.int64)
        windows = 0
        for one in statistics_of(run, protocol):
            found = None if one.statistics is None else windows_of(protocol, one.statistics)
            if found is not None:
                plays = _playing(found[0], found[1][:, 1] - found[1][:, 0])
                windows += int(plays.sum())
                zeros += (plays & _hollow(found[0])).sum(axis=0)
        if zeros.any():
            counts = zip(protocol.stems, zeros.tolist(), strict=True)
            yield {
                "protocol": protocol.id,
                "zeros": int(zeros.sum()),
                "windows": windows,
                "stems": ", ".join(f"{stem} {count}" for stem, count in counts if count),
            }


def _hollow_and_playing(_: Held, windows: Statistics, cut: IntArray) -> BoolArray:
    return _hollow(windows) & _playing(windows, cut[:, 1] - cut[:, 0])


def _hollow(windows: Statistics) -> BoolArray:
    found: BoolArray = _energy(windows.estimate, windows.channels) == 0
    return found


def _playing(windows: Statistics, lengths: IntArray) -> BoolArray:
    least = _PLAYS * np.maximum(lengths, 1)[:, None] * windows.channels
    found: BoolArray = _energy(windows.reference, windows.channels) > least
    return found


def _energy(signal: Array, channels: int) -> Array:
    found: Array = signal[:, :channels].sum(axis=1)
    return found


def _with_floor(one: Held) -> TrackStatistics | None:
    track = one.statistics
    if track is None:
        return None
    channels = track.cells.channels
    where = _hollow(track.cells) & (_energy(track.cells.reference, channels) == 0)
    return with_leak(track, _FLOOR, where) if where.any() else None
