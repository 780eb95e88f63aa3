"""The pages of tracks, and what is known of their audio: envelopes, spectrograms, files to hear."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sepeval import audio
from sepeval.report.pages import spectrograms, waveforms
from sepeval.report.pages.folder import Folder
from sepeval.report.pages.hearing import Sound, Source, difference, hear
from sepeval.report.pages.scripts import script
from sepeval.store.run import slug
from sepeval.types import Array, Signal

ENCODING = "16-bit FLAC"


@dataclass(frozen=True)
class Listening:
    """What became of the audio of one track.

    Attributes:
        files: that belong to the report now.
        seen: whether there are pictures of the references.
        heard: files of audio that were written.
        clipped: names of signals that a file of 16 bit cannot hold, with how many samples.
        reasons: why something is missing, one sentence each.
    """

    files: tuple[str, ...]
    seen: bool
    heard: int
    clipped: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Wish:
    """One track whose audio is looked at.

    Attributes:
        lies: where the files are.
        track: its id.
        key: name of its files, with the folder of its group: `folder-all--1a2b3c4d/0000-song`.
        with_audio: whether files to hear are written, and not pictures alone.
        fine: of the pictures.
    """

    lies: Source
    track: str
    key: str
    with_audio: bool
    fine: spectrograms.Detail


@dataclass(frozen=True)
class _Part:
    """One signal of one stem: reference, estimate of a system, or its error."""

    kind: str
    stem: str
    place: int
    system: int | None
    signal: Signal


def listen(wish: Wish, folder: Folder) -> Listening:
    """Write what is known of a track's audio into the report, and return what that was.

    Raises:
        StoreError: a file cannot be written.
        DataError: a file that is as it was cannot be read.
    """
    # audio whose square is no number is drawn as the loudest there is
    with audio.Pieces() as pieces, np.errstate(over="ignore", invalid="ignore"):
        sound = hear(wish.lies, wish.track, pieces)
        return _Writer(wish, folder).written(sound)


class _Writer:
    """Writes the files of one track."""

    def __init__(self, wish: Wish, folder: Folder) -> None:
        self._wish = wish
        self._folder = folder
        self._files: list[str] = []
        self._clipped: list[str] = []
        self._heard = 0

    def written(self, sound: Sound) -> Listening:
        signals: list[dict[str, object]] = []
        pictures: dict[str, object] = {}
        if sound.mixture is not None:
            shape = waveforms.envelope(sound.mixture, bins=self._wish.fine.bins)
            shown = self._shown(_Part("mixture", "", 0, None, sound.mixture), shape, sound.rate)
            signals.append({**shown, **_wave(shape, float(shape.peak.max(initial=0.0)))})
        for place, stem in enumerate(sound.references):
            parts = list(_parts(sound, stem, place))
            signals += self._of_stem(parts, sound.rate)
            pictures[stem] = self._picture(parts, sound.rate)
        document = {
            "rate": sound.rate,
            "seconds": sound.length / sound.rate if sound.rate else None,
            "stems": list(sound.references),
            "signals": signals,
            "pictures": pictures,
            "encoding": ENCODING,
            "clipped": self._clipped,
            "reasons": list(sound.reasons),
        }
        name = f"data/{self._wish.key}.js"
        self._folder.text(name, script(name, document))
        seen = sound.mixture is not None
        files = (name, *self._files)
        return Listening(files, seen, self._heard, tuple(self._clipped), sound.reasons)

    def _of_stem(self, parts: Sequence[_Part], rate: int) -> list[dict[str, object]]:
        """Return the signals of a stem, all on one scale."""
        bins = self._wish.fine.bins
        shapes = [waveforms.envelope(part.signal, bins=bins) for part in parts]
        loudest = max(float(shape.peak.max(initial=0.0)) for shape in shapes)
        return [
            {**self._shown(part, shape, rate), **_wave(shape, loudest)}
            for part, shape in zip(parts, shapes, strict=True)
        ]

    def _shown(self, part: _Part, shape: waveforms.Envelope, rate: int) -> dict[str, object]:
        """Return what a page must know of a signal, and write it to be heard."""
        found: dict[str, object] = {"kind": part.kind, "stem": part.stem, "system": part.system}
        if self._wish.with_audio and part.kind != "error":
            over = float(shape.peak.max(initial=0.0)) > 1.0
            found |= self._audio(part, rate, is_over=over)
        return found

    def _audio(self, part: _Part, rate: int, *, is_over: bool) -> dict[str, object]:
        samples = np.asarray(part.signal[:, :])
        clipped = int((np.abs(samples) > 1.0).sum()) if is_over else 0
        who = part.kind if part.system is None else f"{part.kind}-{part.system + 1}"
        stem = f"{part.place}-{slug(part.stem)}-" if part.stem else ""
        name = f"audio/{self._wish.key}/{stem}{who}.flac"
        self._folder.made(name, lambda path: _write(path, samples, rate))
        self._files.append(name)
        self._heard += 1
        if not clipped:
            return {"audio": name}
        owner = part.kind if part.system is None else self._wish.lies.names[part.system]
        self._clipped.append(f"{owner}, {part.stem or 'mixture'}: {clipped} samples")
        return {"audio": name, "clipped": clipped}

    def _picture(self, parts: Sequence[_Part], rate: int) -> dict[str, object]:
        """Write the spectrograms of a stem below each other, and return where they are."""
        fine = self._wish.fine
        powers = [spectrograms.bands(part.signal, rate=rate, fine=fine) for part in parts]
        name = f"pictures/{self._wish.key}--{parts[0].place}-{slug(parts[0].stem)}.png"
        self._folder.bytes(name, spectrograms.picture(powers))
        self._files.append(name)
        return {"source": name, "rows": len(parts), "bands": fine.bands}


def _parts(sound: Sound, stem: str, place: int) -> Iterator[_Part]:
    """Yield reference, then estimate and error of each system that is at hand."""
    reference = sound.references[stem]
    yield _Part("reference", stem, place, None, reference)
    for (system, own), estimate in sound.estimates.items():
        if own == stem:
            yield _Part("estimate", stem, place, system, estimate)
            yield _Part("error", stem, place, system, difference(estimate, reference))


def _wave(shape: waveforms.Envelope, loudest: float) -> dict[str, object]:
    return {"peak": _text(shape.peak, loudest), "rms": _text(shape.rms, loudest)}


def _text(values: Array, loudest: float) -> str:
    return base64.b64encode(waveforms.levels(values, loudest).tobytes()).decode("ascii")


def _write(path: Path, samples: Array, rate: int) -> None:
    audio.write(path, np.clip(samples, -1.0, 1.0), rate=rate, encoding="PCM_16")
