"""How much memory a track takes, said before it is taken; and which tracks are read in slices."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sepeval.errors import DataError
from sepeval.loading import heard_rate
from sepeval.metrics.base import Means, SignalMetric, build
from sepeval.runner.estimates import recorded_stems
from sepeval.scoring import View, edges, grid
from sepeval.separators.base import Described, Recording
from sepeval.separators.files import Files
from sepeval.types import AudioFile, Track

# Bytes of float64 audio up to which a track is held in memory: 5 min 15 s of four stereo stems at
# 44.1 kHz with their estimates. A longer one whose estimates are files is read in slices.
HELD = 2_000_000_000
_PROCESS = 400_000_000  # bytes of the interpreter and its libraries, measured
_SLICES = 60_000_000  # bytes of slices that are read at the same time, per thread, measured
_COPIES = 3  # of the statistics of cells, while they are written
# of the group of processes: the limit, and what is used of it
_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)
_MEMINFO = "/proc/meminfo"


@dataclass(frozen=True)
class Plan:
    """What is done with one track.

    Attributes:
        track: its files.
        separator: what is evaluated.
        keeps_estimates: whether the estimates are written as files.
        means: with which metrics that need the audio work.
    """

    track: Track
    separator: Described
    keeps_estimates: bool
    means: Means

    def audio_bytes(self, view: View) -> int:
        """Return the size of references, estimates and mixture as float64."""
        signals = 2 * max(len(view.stems), len(view.sources)) + 1
        return signals * self._signal(view)

    def is_streamed(self, view: View) -> bool:
        """Return whether the audio is read in slices, which changes no score.

        It is where the estimates are files and the audio is long, or would not fit.
        """
        if not isinstance(self.separator, Files) or self.keeps_estimates:
            return False
        return self.audio_bytes(view) > HELD or self._held(view) + _PROCESS > machine_bytes()

    def predicted_bytes(self, views: Sequence[View]) -> int:
        """Return how much memory a process needs for the track, about, in bytes.

        A separator's own memory, such as that of a network, is not known and not included.

        Args:
            views: all that the protocols look at.
        """
        several = len(views) > 1
        return _PROCESS + max((self._of_view(view, several=several) for view in views), default=0)

    def refuse_too_large(self, view: View) -> None:
        """Refuse to begin what needs more memory than there is.

        Raises:
            DataError: the track does.
        """
        needed, there = self.predicted_bytes([view]), machine_bytes()
        if self.track.fault or needed <= there:
            return
        names = ", ".join(protocol.id for protocol in view.protocols)
        minutes = self.track.length / self.track.rate / 60
        hungriest = self._of_metrics(view)
        message = (
            f"track {self.track.id!r}: {minutes:.0f} minutes under {names} need about "
            f"{needed / 1e9:.1f} GB of memory, and there are {there / 1e9:.1f} GB"
        )
        if hungriest.size > there // 2:
            message += f"; {hungriest.what} takes {hungriest.size / 1e9:.1f} GB: do without it"
        elif not isinstance(self.separator, Files):
            message += "; write the estimates as files, which are read in slices"
        raise DataError(message)

    def _signal(self, view: View) -> int:
        """Bytes of one signal [channel sample]."""
        return 8 * self.track.channels * self._samples(view)

    def _samples(self, view: View) -> int:
        if self.track.fault:  # then rate and length are not known
            return 0
        return self.track.length * heard_rate(self.track, view.audio) // self.track.rate

    def _of_view(self, view: View, *, several: bool) -> int:
        if self.is_streamed(view):
            return self._working(view) + _SLICES * self.means.threads
        files = sum(len(self.track.stems.get(source, ())) for source in view.sources)
        # for other views: files, estimates, parts of estimates, and a mixture
        remembered = files + 2 * len(view.stems) + 2
        return self._held(view) + (remembered * self._signal(view) if several else 0)

    def _held(self, view: View) -> int:
        """Bytes that a view takes whose audio is held in memory."""
        signal, stems = self._signal(view), len(view.stems)
        files = sum(len(self.track.stems.get(source, ())) for source in view.sources)
        loading = (files + stems + 2) * signal
        if isinstance(self.separator, Recording):  # stems one by one, then together
            loading = max(loading, (3 * stems + 1) * signal)
        return max(loading, self.audio_bytes(view) + self._working(view))

    def _working(self, view: View) -> int:
        return max(self._of_cells(view), self._of_metrics(view).size)

    def _of_cells(self, view: View) -> int:
        rate = heard_rate(self.track, view.audio)
        alike = [one for one in view.cut_for if heard_rate(self.track, one.audio) == rate]
        count = len(edges(alike, length=self._samples(view), rate=rate))
        signals = 2 * len(view.stems) + 2
        return 8 * _COPIES * count * (self.track.channels + 1) * signals**2

    def _of_metrics(self, view: View) -> _Need:
        """Return what the hungriest metric works in; they take turns."""
        found = [_Need(0, "")]
        length, rate = self._samples(view), heard_rate(self.track, view.audio)
        for protocol in view.protocols:
            windows = np.minimum(grid(protocol, length=length, rate=rate).windows, length)
            shape = {"stems": len(protocol.stems), "channels": self.track.channels}
            for entry in protocol.metrics:
                metric = build(entry)
                if isinstance(metric, SignalMetric):
                    size = metric.working_bytes(**shape, windows=windows, means=self.means)
                    found.append(_Need(size, f"{entry.name!r} of {protocol.id}"))
        return max(found)


class Fit(NamedTuple):
    """How many workers fit into the memory, and a note where these are fewer than asked for."""

    workers: int
    note: str


def fitting_workers(needs: Sequence[int], *, workers: int) -> Fit:
    """Return how many of the workers fit into the memory that is free, whatever they meet.

    Args:
        needs: predicted memory of each track, in bytes; see `Plan.predicted_bytes`.
        workers: asked for. One is never too many: what does not fit the machine is refused.
    """
    free = free_bytes()
    hungriest = sorted(needs, reverse=True)[:workers]  # at worst they come together
    sums = [sum(hungriest[: count + 1]) for count in range(len(hungriest))]
    count = max(1, sum(one <= free for one in sums))
    if count >= len(hungriest):
        return Fit(workers, "")
    note = (
        f"{workers} workers need about {sums[-1] / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB "
        f"are free: {count} {'works' if count == 1 else 'work'}"
    )
    return Fit(count, note)


class _Need(NamedTuple):
    """Bytes, and what they are for."""

    size: int
    what: str


def machine_bytes() -> int:
    """Return the memory that this process may take at most: the machine's, or its group's.

    Where the system does not tell, there is no limit.
    """
    found = []
    if hasattr(os, "sysconf"):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    found += [limit for limit in (_number(limit) for limit, _ in _GROUPS) if limit is not None]
    return min(found, default=sys.maxsize)


def free_bytes() -> int:
    """Return the memory that is free now, or can be freed at once, to this process' group.

    Where the system does not tell, it is all that there is.
    """
    found = [machine_bytes()]
    free = _fields(_MEMINFO).get("MemAvailable:")
    if free is not None:
        found.append(1024 * free)
    for limit, current in _GROUPS:
        most, used = _number(limit), _number(current)
        if most is not None and used is not None:
            cached = _fields(str(Path(limit).with_name("memory.stat"))).get("inactive_file", 0)
            found.append(most - used + cached)
    return min(found)


def _number(name: str) -> int | None:
    """Return the number in a file of the system; None where there is none, or no limit."""
    path = Path(name)
    if not path.is_file():
        return None
    text = path.read_text(encoding="ascii").strip()
    return int(text) if text.isdigit() else None


def _fields(name: str) -> dict[str, int]:
    """Return the numbers in a file of the system that names one in each line."""
    path = Path(name)
    words = [one.split() for one in path.read_text("ascii").splitlines()] if path.is_file() else []
    return {one[0]: int(one[1]) for one in words if len(one) > 1 and one[1].isdigit()}


def recorded_files(separator: Described, track: Track, view: View) -> dict[str, AudioFile]:
    """Return the files of the estimates that a view needs, by stem or by part of a stem.

    Raises:
        DataError: the separator has none, or a file is missing or does not fit.
    """
    if not isinstance(separator, Files):
        raise DataError(f"{type(separator).__name__} has no files that can be read in slices")
    stems = recorded_stems(separator, track, view)
    return separator.files(track, stems=stems, rate=heard_rate(track, view.audio))
