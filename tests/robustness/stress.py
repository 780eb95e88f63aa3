"""Every released protocol on made-up tracks, and short formulas that owe nothing to the package."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from sepeval.protocol import Protocol, Sliding, load
from sepeval.scoring import TrackScores
from sepeval.types import Array, Status
from tests.scoring.tracks import scored

RATE = 1000  # Hz, for protocols that take the rate of the files
TAPS = 16  # of filters: what is asked does not depend on their length
OK = tuple(Status).index(Status.OK)
ENERGY = ("sdr", "snr", "si_sdr", "si_sdri")  # metrics that `by_hand` knows


class Sounds(NamedTuple):
    """References and estimates [stem channel sample], mixture [channel sample]."""

    references: Array
    estimates: Array
    mixture: Array


@cache
def protocol(name: str, stems: tuple[str, ...] = ("a", "b")) -> Protocol:
    """A released protocol with short filters; one that scores every stem gets these."""
    document = load(name).model_dump(mode="json")
    for entry in document["metrics"]:
        if entry["metric"].startswith("bsseval"):
            entry["parameters"] |= {"taps": TAPS}
    return Protocol.model_validate(document).for_stems(stems)


def rate(rule: Protocol) -> int:
    """The rate in Hz of the tracks that a protocol is tried on."""
    return RATE if rule.audio.rate == "native" else rule.audio.rate


def channels(rule: Protocol) -> int:
    return 1 if rule.audio.channels == "mono" else 2


def sounds(stems: int, count: int, length: int, *, seed: int = 0) -> Sounds:
    """Noise, in which the first stem is silent in its middle third, and leaky estimates."""
    draw = np.random.default_rng([seed, stems, count, length])
    references = 0.1 * draw.standard_normal((stems, count, length))
    references[0, :, length // 3 : 2 * length // 3] = 0.0
    leak = 0.1 * np.roll(references, 1, axis=0) if stems > 1 else 0.0
    estimates = references + leak + 0.02 * draw.standard_normal(references.shape)
    return Sounds(references, estimates, references.sum(axis=0))


def score(rule: Protocol, heard: Sounds) -> TrackScores:
    """The scores, each of which is a finite number with status ok, or no number and another."""
    found = scored(rule, heard.references, heard.estimates, mixture=heard.mixture, rate=rate(rule))
    assert np.array_equal(np.isfinite(found.values), found.statuses == OK)
    assert np.array_equal(np.isnan(found.values), found.statuses != OK)
    return found


def windows_by_hand(rule: Protocol, length: int) -> list[tuple[int, int]]:
    """Windows in samples, one by one; they may end after the track where it is padded."""
    segments, own = [(0, length)], rate(rule)
    if rule.segments is not None:
        step = rule.segments.length or round((rule.segments.length_s or 0) * own)
        segments = _cut(length, step, step, rule.segments.tail, "as_tail")
    windows = rule.windows
    if not isinstance(windows, Sliding):
        return segments
    size, hop = round(windows.length_s * own), round(windows.hop_s * own)
    return [
        (start + begin, start + end)
        for start, stop in segments
        for begin, end in _cut(stop - start, size, hop, windows.tail, windows.shorter)
    ]


def _cut(length: int, size: int, hop: int, tail: str, shorter: str) -> list[tuple[int, int]]:
    if length <= size and shorter != "as_tail":
        return [(0, length)] if shorter == "one_window" else []
    found = [(start, start + size) for start in range(0, length - size + 1, hop)]
    start = hop * len(found)
    if tail != "drop" and length - start > max(0, size - hop):
        found.append((start, length if tail == "partial" else start + size))
    return found


def by_hand(entry: Any, heard: Sounds, stem: int, start: int, stop: int) -> float:  # noqa: ANN401 - an entry
    """SDR, SI-SDR or its improvement of one stem in one window, in dB, from samples."""
    given = entry.parameters
    cut = (heard.references[stem], heard.estimates[stem], heard.mixture)
    parts = [one[:, start:stop] for one in cut]
    if given["zero_mean"]:
        parts = [one - one.mean(axis=1, keepdims=True) for one in parts]
    if given["channels"] == "flattened":
        parts = [one.reshape(1, -1) for one in parts]
    if given["channels"] == "downmixed":
        parts = [one.mean(axis=0, keepdims=True) for one in parts]
    reference, estimate, mixture = parts
    found = _ratio(entry, reference, estimate)
    if entry.metric == "si_sdri":
        found -= _ratio(entry, reference, mixture)
    return float(found)


def _ratio(entry: Any, reference: Array, estimate: Array) -> float:  # noqa: ANN401 - an entry
    given, eps = entry.parameters, entry.parameters["eps"]
    gain = np.ones((len(reference), 1))
    if entry.metric.startswith("si_"):
        scale = eps["scale"] * (reference.shape[1] if eps["scale_counts"] == "per_sample" else 1)
        cross = (reference * estimate).sum(axis=1, keepdims=True)
        energy = (reference**2).sum(axis=1, keepdims=True)
        gain = (cross + scale) / (energy + scale)
    target = ((gain * reference) ** 2).sum(axis=1)
    error = ((estimate - gain * reference) ** 2).sum(axis=1)
    if given["channels"] == "energies_summed":
        target, error = target.sum(keepdims=True), error.sum(keepdims=True)
    whole = 10 * np.log10((target + eps["target"]) / (error + eps["error"]) + eps["ratio"])
    return float(whole.mean())


def edges_of(rule: Protocol) -> list[int]:
    """Lengths at which a window or a segment begins or ends, one sample less and one more."""
    own, found = rate(rule), {1, 2}
    if isinstance(rule.windows, Sliding):
        size, hop = round(rule.windows.length_s * own), round(rule.windows.hop_s * own)
        found |= {size - hop, hop, size, size + hop, 2 * size}
    if rule.segments is not None:
        step = rule.segments.length or round((rule.segments.length_s or 0) * own)
        found |= {step, step + size, 2 * step}
    if rule.audio.multiple_of:
        found |= {rule.audio.multiple_of}
    whole = {length + more for length in found for more in (-1, 0, 1)}
    return sorted(length for length in whole if length > 0)
