"""What the instruments of a track play: chords, rests and the notes of one bar.

Convention: a bar has four beats, pitches are MIDI key numbers, and a part is a function of the
chord of the bar, of a style that is drawn once per track, and of a generator for the details.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sepeval.synthetic.instruments import CLOSED_HAT, CRASH, KICK, OPEN_HAT, SNARE
from sepeval.types import BoolArray, IntArray

BEATS = 4  # per bar
STYLES = 2  # every part can be played in this many ways
_MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])
_PROGRESSIONS = ((0, 4, 5, 3), (5, 3, 0, 4), (0, 5, 3, 4), (1, 4, 0, 5), (0, 3, 0, 4))


class Note(NamedTuple):
    """One note, or one stroke of a drum.

    Attributes:
        start: in beats from the start of the bar.
        beats: duration in beats.
        pitch: MIDI key number; for drums the key of the General MIDI drum map.
        velocity: factor on the amplitude.
    """

    start: float
    beats: float
    pitch: int
    velocity: float


def chords(*, bars: int, generator: np.random.Generator) -> IntArray:
    """Triads of a four-bar progression in a major key: [bar 3], MIDI key numbers above 55."""
    tonic = 55 + int(generator.integers(12))
    degrees = np.resize(_PROGRESSIONS[int(generator.integers(len(_PROGRESSIONS)))], bars)
    steps = degrees[:, None] + np.array([0, 2, 4])
    pitches: IntArray = tonic + _MAJOR[steps % 7] + 12 * (steps // 7)
    return pitches


def rests(*, bars: int, share: float, generator: np.random.Generator) -> BoolArray:
    """True in the bars in which an instrument is silent: one stretch, two in a long track.

    Args:
        bars: number of bars.
        share: expected share of silent bars; at least one bar is played.
        generator: draws place and length.

    Returns:
        [bar].
    """
    silent = np.zeros(bars, dtype=np.bool_)
    stretches = 1 if bars < 24 else 2
    for section in np.array_split(np.arange(bars), stretches):
        count = min(int(share * len(section) + generator.random()), len(section) - 1)
        first = int(generator.integers(len(section) - count + 1))
        silent[section[first : first + count]] = True
    return silent


def bass(chord: IntArray, style: int, generator: np.random.Generator) -> list[Note]:
    """Roots, with a fifth before the next bar."""
    rhythm = (
        ((0.0, 1.5), (1.5, 0.5), (2.0, 1.0), (3.0, 0.5), (3.5, 0.5)),
        ((0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0)),
    )[style]
    root = _into(int(chord[0]), 29)
    last = root + int(generator.choice([0, 7]))
    pitches = [root] * (len(rhythm) - 1) + [last]
    return [
        Note(start, beats, pitch, 1.0)
        for (start, beats), pitch in zip(rhythm, pitches, strict=True)
    ]


def drums(chord: IntArray, style: int, generator: np.random.Generator) -> list[Note]:  # noqa: ARG001 - drums have no chord
    """Kick, backbeat and hi-hats; now and then a crash."""
    kicks = ((0.0, 2.0, 2.5), (0.0, 1.5, 2.0))[style]
    strokes = [(beat, KICK, 1.0) for beat in kicks] + [(beat, SNARE, 0.8) for beat in (1.0, 3.0)]
    if generator.random() < 0.3:
        strokes.append((3.75, SNARE, 0.35))
    strokes += [(half / 2, CLOSED_HAT, 0.9 - 0.4 * (half % 2)) for half in range(7)]
    strokes.append((3.5, OPEN_HAT if generator.random() < 0.4 else CLOSED_HAT, 0.6))
    if generator.random() < 0.12:
        strokes.append((0.0, CRASH, 0.6))
    return [Note(start, 1.0, key, velocity) for start, key, velocity in strokes]


def guitar(chord: IntArray, style: int, generator: np.random.Generator) -> list[Note]:
    """Strummed chords, or broken ones."""
    strings = [_into(int(pitch), low) for low in (45, 52) for pitch in chord]
    if style == 1:
        order = generator.permutation(len(strings))
        return [Note(half / 2, 1.5, strings[order[half % 6]], 1.0) for half in range(8)]
    strums = ((0.0, 1.0), (1.0, 0.5), (1.5, 1.0), (2.5, 0.5), (3.0, 1.0))
    return [
        Note(start + 0.025 * number, beats, pitch, 0.7)
        for start, beats in strums
        for number, pitch in enumerate(sorted(strings)[:5])
    ]


def piano(chord: IntArray, style: int, generator: np.random.Generator) -> list[Note]:
    """Block chords over a low root, and a few notes above them."""
    starts = ((0.0, 2.0), (0.0, 1.5, 3.0))[style]
    notes = [Note(0.0, 4.0, _into(int(chord[0]), 48), 0.8)]
    notes += [Note(start, 2.0, _into(int(pitch), 65), 0.7) for start in starts for pitch in chord]
    for start in generator.permutation(8)[:3] / 2:
        notes.append(Note(float(start), 1.0, _into(int(generator.choice(chord)), 77), 0.8))
    return notes


def vocals(chord: IntArray, style: int, generator: np.random.Generator) -> list[Note]:
    """A melody that takes breath before the end of the bar."""
    phrases = (
        ((0.0, 1.0), (1.0, 0.5), (1.5, 0.5), (2.0, 1.25)),
        ((0.5, 0.5), (1.0, 1.0), (2.0, 1.5)),
        ((0.0, 0.75), (0.75, 0.75), (1.5, 1.5)),
        ((0.0, 2.5),),
    )
    lowest = (52, 60)[style]
    return [
        Note(start, beats, _into(int(generator.choice(chord)), lowest), 1.0)
        for start, beats in phrases[int(generator.integers(len(phrases)))]
    ]


def other(chord: IntArray, style: int, generator: np.random.Generator) -> list[Note]:
    """Held chords, sometimes with the root above."""
    notes = [Note(0.0, 4.0, _into(int(pitch), 60 - 12 * style), 0.7) for pitch in chord]
    if generator.random() < 0.5:
        notes.append(Note(0.0, 4.0, _into(int(chord[0]), 72), 0.5))
    return notes


def _into(pitch: int, lowest: int) -> int:
    """The pitch moved by octaves into the octave that begins at `lowest`."""
    return lowest + (pitch - lowest) % 12
