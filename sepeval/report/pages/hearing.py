"""The audio of a track as it was scored, where its files are still what they were.

References, mixture and estimates are brought to one rate and length by the rule of a layout of the
runs, so that what is heard is what was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from sepeval import audio
from sepeval.errors import SepevalError, StoreError
from sepeval.loading import heard_rate, load, stream
from sepeval.protocol import AudioRule
from sepeval.results.words import some
from sepeval.scoring import View
from sepeval.store import Run
from sepeval.store.places import Place, Places, TrackPlaces, changed, read_places
from sepeval.store.run import PLACES
from sepeval.types import Array, AudioFile, Signal, Streamed, Track

_HELD = 1 << 28  # bytes of one signal up to which it is read at once, not piece by piece


@dataclass(frozen=True)
class Sound:
    """What can be heard of a track; its signals are read from open files.

    Attributes:
        rate: in Hz.
        length: in samples.
        mixture: [channel sample]; None where the references are not at hand.
        references: by stem, [channel sample].
        estimates: by place of the run and stem, [channel sample].
        reasons: why something is missing, one sentence each.
    """

    rate: int
    length: int
    mixture: Signal | None
    references: Mapping[str, Signal]
    estimates: Mapping[tuple[int, str], Signal]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where the files of runs on the same audio lie.

    Attributes:
        names: of the runs.
        runs: in their order.
        places: of each run; None where it does not say.
        view: how tracks are heard; None where nobody says.
        reasons: why audio of a whole run is missing, one sentence each.
    """

    names: tuple[str, ...]
    runs: tuple[Run, ...]
    places: tuple[Places | None, ...]
    view: View | None
    reasons: tuple[str, ...]


def source(runs: Sequence[Run], names: Sequence[str], protocol: str) -> Source:
    """Return where the files of runs lie.

    Args:
        runs: that measured the same audio.
        names: of the runs.
        protocol: id of the one whose audio rule says how tracks are heard.
    """
    found: list[Places | None] = []
    reasons: list[str] = []
    for run, name in zip(runs, names, strict=True):
        try:
            places = read_places(run.folder, named=run.named(PLACES))
        except StoreError as error:
            places, reason = None, f"{name}: {error}."
        else:
            reason = (
                f"{name}: the run does not say where its files lay; give the command that made it "
                "again."
            )
        found.append(places)
        reasons += [reason] if places is None else []
    view = next((one for run in runs if (one := _view(run, protocol))), None)
    return Source(tuple(names), tuple(runs), tuple(found), view, tuple(reasons))


def hear(lies: Source, track: str, pieces: audio.Pieces) -> Sound:
    """Return what can be heard of a track.

    Args:
        lies: where the files are.
        track: its id.
        pieces: opens files; signals can be read until it is closed.
    """
    if lies.view is None or not any(lies.places):
        return _silence(lies.reasons)
    files, reasons = _references(lies, track)
    if files is None:
        return _silence((*lies.reasons, *reasons))
    try:
        return _opened(lies, files, track, reasons, pieces)
    except SepevalError as error:
        return _silence((*lies.reasons, *reasons, f"{error}."))


def difference(estimate: Signal, reference: Signal) -> Signal:
    """Return estimate minus reference, [channel sample], as long as the shorter."""
    length = min(estimate.shape[1], reference.shape[1])
    if isinstance(estimate, np.ndarray) and isinstance(reference, np.ndarray):
        return np.asarray(estimate[:, :length] - reference[:, :length])

    def read(start: int, stop: int) -> Array:
        return np.asarray(estimate[:, start:stop]) - np.asarray(reference[:, start:stop])

    return Streamed((reference.shape[0], length), read)


def _silence(reasons: tuple[str, ...]) -> Sound:
    return Sound(0, 0, None, {}, {}, reasons)


def _view(run: Run, protocol: str) -> View | None:
    """Return how a run heard its tracks under a protocol; None where it holds no statistics."""
    layouts = [one for one in run.manifest.layouts if protocol in one.protocols]
    for layout in [*layouts[-1:], *run.manifest.layouts]:
        try:
            rule = AudioRule.model_validate(layout.audio)
        except ValidationError:  # written by another version
            continue
        stems = {stem: tuple(parts) for stem, parts in layout.stems.items()}
        return View(audio=rule, stems=stems, protocols=(), cut_for=())
    return None


def _references(lies: Source, track: str) -> tuple[Track | None, tuple[str, ...]]:
    """Return the track of the first run whose references are as they were, or why none is."""
    reasons: list[str] = []
    for run, places in zip(lies.runs, lies.places, strict=True):
        one = None if places is None else places.tracks.get(track)
        if one is None:
            continue
        gone = _gone(one.references, run.folder)
        if not gone:
            return one.track(track, run.manifest.split, run.folder), ()
        reasons.append(f"References and mixture: {gone}.")
    return None, tuple(dict.fromkeys(reasons)) or ("No run says where the references lay.",)


def _gone(places: Sequence[Place], run: Path) -> str:
    """Return which files are gone or changed, by name and not by folder; empty if none is."""
    found = [f"{Path(path).name} is {what}" for path, what in changed(places, run).items()]
    return some(found)


def _opened(
    lies: Source, track: Track, name: str, reasons: tuple[str, ...], pieces: audio.Pieces
) -> Sound:
    view = lies.view
    if view is None:
        return _silence(reasons)
    rate = heard_rate(track, view.audio)
    estimates: dict[tuple[int, str], Signal] = {}
    found = []
    told = [*lies.reasons, *reasons]
    for number, (run, places) in enumerate(zip(lies.runs, lies.places, strict=True)):
        one = None if places is None else places.tracks.get(name)
        if one is None:
            continue
        files, why = _estimates(one, run, view)
        told += [f"{lies.names[number]}: {reason}." for reason in why]
        if not files:
            continue
        given = _stems_of(tuple(files), view)
        lacking = [stem for stem in view.stems if stem not in given]
        whole = dict.fromkeys(lacking, next(iter(files.values()))) | files  # `stream` wants all
        try:
            aligned = stream(track, view, whole, pieces=pieces)
        except SepevalError as error:
            told.append(f"{lies.names[number]}: {error}.")
            continue
        found.append(aligned)
        signals = zip(view.stems, aligned.estimates, strict=True)
        estimates |= {(number, stem): signal for stem, signal in signals if stem in given}
    if found:
        longest = max(found, key=lambda one: one.mixture.shape[1])
        mixture, references = (
            longest.mixture,
            dict(zip(view.stems, longest.references, strict=True)),
        )
    else:
        alone = load(track, view)
        mixture, references = alone.mixture, dict(zip(view.stems, alone.references, strict=True))
    length = mixture.shape[1]
    return Sound(
        rate=rate,
        length=length,
        mixture=_held(mixture, length),
        references={stem: _held(signal, length) for stem, signal in references.items()},
        estimates={key: _held(signal, length) for key, signal in estimates.items()},
        reasons=tuple(told),
    )


def _estimates(
    one: TrackPlaces, run: Run, view: View
) -> tuple[dict[str, AudioFile], tuple[str, ...]]:
    """Return the files of a track's estimates that are as they were, and why others are missing."""
    if not one.estimates:
        separator = run.manifest.identity.get("separator")
        if isinstance(separator, dict) and separator.get("name") == "files":
            return {}, ("there was no file of an estimate",)
        return {}, ("its estimates were not kept (--keep-estimates keeps them)",)
    gone = changed(one.estimates.values(), run.folder)
    files = {stem: place.file(run.folder) for stem, place in one.estimates.items()}
    kept = {stem: file for stem, file in files.items() if str(file.path) not in gone}
    never = [stem for stem in view.stems if stem not in _stems_of(tuple(files), view)]
    told = [_gone(tuple(one.estimates.values()), run.folder)] if gone else []
    told += [f"there was no file of {', '.join(never)}"] if never else []
    return kept, tuple(told)


def _stems_of(given: Sequence[str], view: View) -> set[str]:
    """Return the stems that estimates of these names are, or are summed to."""
    return {stem for stem, parts in view.stems.items() if stem in given or set(given) >= set(parts)}


def _held(signal: Signal, length: int) -> Signal:
    """Return a signal continued by silence; as an array where it is small enough to read once."""
    channels, own = signal.shape

    def read(start: int, stop: int) -> Array:
        inside = np.asarray(signal[:, min(start, own) : min(stop, own)])
        return np.pad(inside, [(0, 0), (0, stop - start - inside.shape[1])])

    if 8 * channels * length > _HELD:
        return Streamed((channels, length), read)
    return np.ascontiguousarray(read(0, length))
