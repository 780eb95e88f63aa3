"""Windows of five real systems have the values that the original evaluation code printed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from sepeval.protocol import Protocol, load
from sepeval.scoring import TrackScores
from sepeval.types import Array
from tests.protocol.documents import (
    LEAVE_OUT,
    plain_eps,
    protocol,
    scaled_eps,
    sdr,
    si_sdr,
    silence,
    sliding,
)
from tests.scoring.tracks import scored, statuses
from tests.shared_data import (
    RATE,
    SEGMENT,
    STEMS,
    TRACKS,
    golden,
    joined,
    needs_audio,
    needs_golden,
    rows,
)

SYSTEMS = ("Vanilla", "Diffusion", "CD_1_step", "CD_2_step", "CD_4_step")
HALF_OVERLAP = sliding(4.0, 2.0)
SEGMENTS = {"length": SEGMENT, "length_s": None, "tail": "drop", "min_active": 2}
MSDM_SILENCE = silence("norm_per_sample", 1.5e-5, min_active=2)
SINGLE, DOUBLE = (float(np.finfo(kind).eps) for kind in (np.float32, np.float64))

pytestmark = [pytest.mark.data, needs_golden, needs_audio]


class Entry(NamedTuple):
    """Value and status of one stem in one window."""

    value: float
    status: str


@cache
def audio(system: str, track: str) -> Array:
    references = joined("original", TRACKS[track])
    if system == "Mixture":
        return np.repeat(references.sum(axis=0)[None], len(STEMS), axis=0)
    return references if system == "original" else joined(system, TRACKS[track])


def score(rule: Protocol, system: str, track: str) -> TrackScores:
    return scored(rule, audio("original", track), audio(system, track), rate=RATE)


def entries(found: TrackScores, metric: str) -> dict[tuple[str, int, int], Entry]:
    """Scores by stem, start and stop."""
    place = found.metrics.index(metric)
    names = statuses(found)[place]
    return {
        (stem, int(start), int(stop)): Entry(float(found.values[place, s, w]), names[s][w])
        for s, stem in enumerate(found.stems)
        for w, (start, stop) in enumerate(found.windows)
    }


def stored(
    name: str, system: str, track: str
) -> Iterator[tuple[tuple[str, int, int], dict[str, Any]]]:
    """Rows of a document by stem, start and stop, counted from the start of the track."""
    for row in rows(name):
        if (row["system"], row["track"]) == (system, track):
            numbers = TRACKS[track]
            begin = 0 if row["segment"] is None else SEGMENT * numbers.index(row["segment"])
            yield (row["stem"], row["start"] + begin, row["stop"] + begin), row


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_shipped_msdm_protocol_has_the_windows_and_values_of_msdm(
    system: str, track: str
) -> None:
    found = entries(score(load("slakh2100-msdm"), system, track), "si_sdri")

    expected = {key: row["si_snr_improvement"] for key, row in stored("msdm", system, track)}
    assert {key for key, entry in found.items() if entry.status == "ok"} == set(expected)
    for key, value in expected.items():
        assert found[key].value == pytest.approx(value, abs=1e-4)  # they add in single precision


def test_a_window_with_one_active_stem_is_left_out_where_msdm_leaves_it_out() -> None:
    found = (
        score(load("slakh2100-msdm"), "Vanilla", "track00"),
        score(load("slakh2100-msdm"), "Vanilla", "track01"),
    )

    for one, track in zip(found, TRACKS, strict=True):
        activity = [row for row in rows("msdm", "activity") if row["track"] == track]
        active = np.array([[row[f"active_{stem}"] for row in activity] for stem in STEMS])
        assert np.array_equal(one.silent, active == 0)
        assert np.array_equal(~np.isnan(one.values[0, 0]), active.sum(axis=0) > 1)


def test_the_mean_over_windows_of_all_tracks_is_that_of_msdm() -> None:
    for row in golden("msdm")["aggregates"]:
        found = np.concatenate(
            [score(load("slakh2100-msdm"), row["system"], track).values[0] for track in TRACKS],
            axis=1,
        )
        means = np.nanmean(found, axis=1)
        for stem, mean in zip(STEMS, means, strict=True):
            assert mean == pytest.approx(row["values"][f"mean/{stem}"], abs=1e-4)
        assert means.mean() == pytest.approx(row["values"]["mean/All"], abs=1e-4)


@cache
def dicose(rule: str) -> Protocol:
    """DiCoSe's window inside segments; silent references scored or not."""
    outcome = {"reference": "score" if rule == "scored" else "leave_out"}
    return protocol(
        *STEMS,
        segments=SEGMENTS,
        windows=HALF_OVERLAP,
        silence={**MSDM_SILENCE, **outcome},
        metrics=[
            si_sdr("si_sdri", "si_sdri", eps=scaled_eps(1e-8)),
            sdr("sdr", eps=plain_eps(1e-5), precision="float32"),
            si_sdr("si_sdr", eps=scaled_eps(SINGLE), precision="float32"),
            si_sdr("si_snr", eps=scaled_eps(SINGLE), precision="float32", zero_mean=True),
        ],
    )


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    ("rule", "metric", "column", "tolerance"),
    [
        ("scored", "si_sdri", "msdm_si_sdr_style_true", 1e-4),
        ("left out", "si_sdri", "msdm_si_sdr_style_false", 1e-4),
        ("scored", "sdr", "sdr", 2e-3),  # their norms drift by 1e-3 dB in single precision
        ("left out", "si_sdr", "si_sdr", 1e-4),
        ("left out", "si_snr", "si_snr", 1e-4),
    ],
)
def test_windows_inside_segments_have_the_values_of_dicose(
    system: str, track: str, rule: str, metric: str, column: str, tolerance: float
) -> None:
    found = entries(score(dicose(rule), system, track), metric)

    expected = {key: row[column] for key, row in stored("dicose", system, track)}
    kept = {key for key, value in expected.items() if value is not None}
    assert {key for key, entry in found.items() if entry.status == "ok"} == kept
    for key in kept:
        assert found[key].value == pytest.approx(expected[key], abs=tolerance)


@cache
def torchmetrics() -> Protocol:
    metrics = []
    for precision, eps in (("float32", SINGLE), ("float64", DOUBLE)):
        one: dict[str, Any] = {"eps": scaled_eps(eps), "precision": precision}
        metrics += [
            si_sdr(f"si_sdr_{precision}", **one),
            si_sdr(f"si_snr_{precision}", zero_mean=True, **one),
            sdr(f"snr_{precision}", eps=plain_eps(eps), precision=precision),
        ]
    return protocol(*STEMS, windows=HALF_OVERLAP, metrics=metrics)


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("system", ["Vanilla", "CD_4_step", "Mixture"])
def test_every_window_has_the_values_of_torchmetrics(system: str, track: str) -> None:
    found = score(torchmetrics(), system, track)

    for metric in found.metrics:
        tolerance = 1e-4 if metric.endswith("32") else 1e-6
        ours, theirs = entries(found, metric), dict(stored("torchmetrics", system, track))
        assert set(ours) == set(theirs)
        for key, row in theirs.items():
            assert ours[key].value == pytest.approx(row[metric], abs=tolerance)


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("system", ["Vanilla", "CD_4_step", "Mixture"])
def test_whole_tracks_and_segments_have_the_global_sdr_of_the_music_demixing_challenge(
    system: str, track: str
) -> None:
    metrics = [
        sdr("nsdr_float64", eps=plain_eps(1e-7), channels="flattened"),
        sdr("nsdr_float32", eps=plain_eps(1e-7), channels="flattened", precision="float32"),
    ]
    segments = {**SEGMENTS, "min_active": 0}
    rules = [protocol(*STEMS, segments=one, metrics=metrics) for one in (None, segments)]

    for metric, tolerance in (("nsdr_float64", 3e-7), ("nsdr_float32", 1e-4)):
        ours: dict[tuple[str, int, int], Entry] = {}
        for rule in rules:
            ours.update(entries(score(rule, system, track), metric))
        theirs = dict(stored("mdx_nsdr", system, track))
        assert set(ours) == set(theirs)
        for key, row in theirs.items():
            assert ours[key].value == pytest.approx(row[metric], abs=tolerance)


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("system", ["Vanilla", "CD_4_step"])
def test_whole_tracks_have_the_sdr_and_si_sdr_of_msst(system: str, track: str) -> None:
    eps = scaled_eps(1e-8, scale_counts="per_sample", ratio=1e-8)
    metrics = [
        sdr("sdr_float64", eps=plain_eps(1e-8), channels="flattened"),
        si_sdr("si_sdr_float64", eps={**eps, "target": 0}, channels="flattened"),
    ]
    found = score(protocol(*STEMS, metrics=metrics), system, track)

    for metric in found.metrics:
        ours, theirs = entries(found, metric), dict(stored("msst", system, track))
        assert set(ours) == set(theirs)
        for key, row in theirs.items():
            assert ours[key].value == pytest.approx(row[metric], abs=3e-7)  # nine digits printed


@pytest.mark.parametrize("track", TRACKS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_every_frame_has_the_sdr_of_museval(system: str, track: str) -> None:
    shipped = load("musdb18-sisec18").model_dump()
    rule = protocol(
        *STEMS,
        windows=shipped["windows"],
        silence={**silence("zero_channel_sum"), **LEAVE_OUT},
        metrics=[one for one in shipped["metrics"] if one["name"] == "sdr"],
    )
    assert rule.silence.model_dump() == shipped["silence"]

    found = entries(score(rule, system, track), "sdr")

    theirs = dict(stored("museval_track", system, track))
    assert set(found) == set(theirs)
    for key, row in theirs.items():
        assert (row["SDR"] is None) == (found[key].status != "ok")
        assert row["SDR"] is None or found[key].value == pytest.approx(row["SDR"], abs=1e-6)
