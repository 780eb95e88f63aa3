"""The folders and files of the datasets that generated music is written as.

Each layout says what a track consists of, what tracks are called, and how one is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import yaml

from sepeval import audio
from sepeval.synthetic.pathologies import MIXTURE, Recording
from sepeval.types import Array

_ARTISTS = (
    *("Ada Quill", "Copper Moss", "Field of Doors", "Juno Pell", "Lagoon Service", "Night Bus"),
    *("Odd Lantern", "Paper Kites", "Rosa Thimble", "The Low Tides", "Velvet Ferry"),
)
_TITLES = (
    *("Slow Orbit", "Glass Harbour", "Left of Noon", "Seven Bells", "Undertow", "Salt", "Radio"),
    *("Homeward", "Quiet Engine", "Amber", "Long Division", "Snow Day", "Mirrors", "Last Tram"),
)


class Source(NamedTuple):
    """A part that is composed, and how the metadata of Slakh2100 describe it."""

    stem: str
    inst_class: str = ""
    program: int = 0
    program_name: str = ""


_SLAKH_SOURCES = (
    Source("bass", "Bass", 33, "Electric Bass (finger)"),
    Source("drums", "Drums", 128, "Drums"),
    Source("guitar", "Guitar", 25, "Acoustic Guitar (steel)"),
    Source("piano", "Piano", 0, "Acoustic Grand Piano"),
    Source("other", "Strings (continued)", 48, "String Ensemble 1"),
)
_SECOND_SOURCES = (
    Source("guitar", "Guitar", 27, "Electric Guitar (clean)"),
    Source("piano", "Piano", 4, "Electric Piano 1"),
)
_MUSDB_SOURCES = tuple(Source(stem) for stem in ("drums", "bass", "other", "vocals"))
_UNRENDERED = Source("", "Sound Effects", 103, "FX 8 (sci-fi)")


@dataclass(frozen=True)
class Layout:
    """How a dataset differs from the others.

    Attributes:
        stems: names at which a fault can be placed.
        rate: in Hz.
        channels: number of channels.
        ids: the tracks that a split can have.
        sources: draws what a track consists of.
        write: writes one track into its folder, which exists.
    """

    stems: tuple[str, ...]
    rate: int
    channels: int
    ids: Mapping[str, tuple[str, ...]]
    sources: Callable[[np.random.Generator], tuple[Source, ...]]
    write: Callable[[Path, tuple[Source, ...], Recording, np.random.Generator], None]


def _write_slakh(
    folder: Path,
    sources: tuple[Source, ...],
    recording: Recording,
    generator: np.random.Generator,
) -> None:
    (folder / "stems").mkdir()
    present = [
        (source, samples)
        for source, samples in zip(sources, recording.stems, strict=True)
        if samples is not None
    ]
    order = generator.permutation(len(present) + 1)  # sources come in no order
    stems = {f"S{order[-1]:02d}": _described(_UNRENDERED) | {"plugin_name": "None"}}
    for number, (source, samples) in zip(order, present, strict=False):
        _write(folder / "stems" / f"S{number:02d}.flac", samples, rate=44100)
        power = np.mean(samples**2)
        level_db = 10 * np.log10(power) if power > 0 else -np.inf
        stems[f"S{number:02d}"] = _described(source) | {
            "audio_rendered": True,
            "integrated_loudness": float(level_db),
            "midi_saved": True,
        }
    if recording.mixture is not None:
        _write(folder / "mix.flac", recording.mixture, rate=44100)
    metadata = {
        "UUID": generator.bytes(16).hex(),
        "audio_dir": f"{folder.name}/stems",  # as in real files, where it does not resolve
        "lmd_midi_dir": f"lmd_matched/{folder.name}.mid",
        "midi_dir": f"{folder.name}/MIDI",
        "normalization_factor": -13.0,
        "normalized": True,
        "overall_gain": 1.0,
        "stems": stems,
        "target_peak": -1.0,
    }
    (folder / "metadata.yaml").write_text(yaml.safe_dump(metadata), encoding="utf-8")


def _described(source: Source) -> dict[str, object]:
    """The metadata of a source that is not rendered."""
    return {
        "audio_rendered": False,
        "inst_class": source.inst_class,
        "is_drum": source.program == 128,
        "midi_program_name": source.program_name,
        "midi_saved": False,
        "plugin_name": "synthetic",
        "program_num": source.program,
    }


def _write_four(
    folder: Path, sources: tuple[Source, ...], recording: Recording, _: np.random.Generator
) -> None:
    for source, samples in zip(sources, recording.stems, strict=True):
        if samples is not None:
            _write(folder / f"{source.stem}.wav", samples, rate=22050)


def _write_musdb(
    folder: Path, sources: tuple[Source, ...], recording: Recording, _: np.random.Generator
) -> None:
    stems = (source.stem for source in sources)
    files = zip((*stems, MIXTURE), (*recording.stems, recording.mixture), strict=True)
    for name, samples in files:
        if samples is not None:
            _write(folder / f"{name}.wav", samples, rate=44100)


def _write(path: Path, samples: Array, *, rate: int) -> None:
    audio.write(path, samples, rate=rate, encoding="PCM_16")


def _slakh_sources(generator: np.random.Generator) -> tuple[Source, ...]:
    """One source of each kind, and by chance a second guitar and a second piano."""
    return _SLAKH_SOURCES + tuple(extra for extra in _SECOND_SOURCES if generator.random() < 0.5)


def _slakh_ids(first: int, last: int) -> tuple[str, ...]:
    return tuple(f"Track{number:05d}" for number in range(first, last + 1))


def _titles(first: int, stop: int) -> tuple[str, ...]:
    """Artist and title; all differ, as 11 artists and 14 titles have no common factor."""
    return tuple(
        f"{_ARTISTS[number % len(_ARTISTS)]} - {_TITLES[number % len(_TITLES)]}"
        for number in range(first, stop)
    )


_SLAKH_IDS = {
    "train": _slakh_ids(1, 1500),
    "validation": _slakh_ids(1501, 1875),
    "test": _slakh_ids(1876, 2100),
}
LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "slakh2100": Layout(
            stems=("bass", "drums", "guitar", "piano", "other", MIXTURE),
            rate=44100,
            channels=1,
            ids=_SLAKH_IDS,
            sources=_slakh_sources,
            write=_write_slakh,
        ),
        "slakh2100_22050": Layout(
            stems=("bass", "drums", "guitar", "piano"),
            rate=22050,
            channels=1,
            ids=_SLAKH_IDS,
            sources=lambda _: _SLAKH_SOURCES[:4],
            write=_write_four,
        ),
        "musdb18hq": Layout(
            stems=("drums", "bass", "other", "vocals", MIXTURE),
            rate=44100,
            channels=2,
            ids={"train": _titles(0, 100), "test": _titles(100, 150)},
            sources=lambda _: _MUSDB_SOURCES,
            write=_write_musdb,
        ),
    }
)
