"""Agreement with stored values of museval 0.4.1 on real and on synthetic audio."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sepeval.kernels.bsseval import Ratios, part_energies, ratios, reference_side
from sepeval.types import Array

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(os.environ.get("SEPEVAL_GOLDEN", ROOT.parent / "shared" / "golden")) / "metrics"
DATA = Path(os.environ.get("SEPEVAL_DATA", ROOT.parent / "shared" / "data")) / "dicose-demo"
STEMS = ("bass", "drums", "guitar", "piano")
PRINTED = 1e-6  # dB; nine significant digits were stored
LARGE = 110.0  # dB; above it every tool's value is rounding

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not GOLDEN.is_dir(), reason=f"no golden files at {GOLDEN}"),
]
needs_audio = pytest.mark.skipif(not DATA.is_dir(), reason=f"no audio at {DATA}")


@cache
def golden(name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((GOLDEN / f"{name}.json").read_text())


def segments(system: str, numbers: list[int]) -> Array:
    """Stems of joined segments, [stem 1 sample]."""
    kind = "original" if system == "original" else "generated"
    folder = DATA / "Seperation" / system
    joined = [
        np.concatenate(
            [soundfile.read(folder / f"{kind}_{stem}_{number}.wav")[0] for number in numbers]
        )
        for stem in STEMS
    ]
    return np.stack(joined)[:, None, :]


def compare(ours: Ratios, rows: list[dict[str, Any]], bound: float) -> None:
    """Each row has the value that museval stored; nan rows are museval's blank windows."""
    for row in rows:
        for name, values in zip(("SDR", "ISR", "SIR", "SAR"), ours, strict=True):
            value, expected = values[row["stem"], row["frame"]], row[name]
            note = row["note"] or ""
            if expected is None:
                assert f"{name}=nan" in note or value > LARGE
            elif expected > LARGE:
                assert value > LARGE
            elif row.get(f"{name}_spread_db", 0.0) < 1e-6:
                assert value == pytest.approx(expected, abs=bound), (row, name)


def tables(name: str) -> dict[tuple[str, str, int | None], list[dict[str, Any]]]:
    document = golden(name)
    found: dict[tuple[str, str, int | None], list[dict[str, Any]]] = {}
    for values in document["rows"]:
        row = dict(zip(document["columns"], values, strict=True))
        key = (row["system"], row["track"], row["segment"])
        row["stem"] = STEMS.index(row["stem"])
        row["frame"] = row["start"] // 22050
        found.setdefault(key, []).append(row)
    return found


def check(name: str, system: str, track: str, segment: int | None) -> None:
    first = 4 * int(track.removeprefix("track"))
    numbers = list(range(first, first + 4)) if segment is None else [segment]
    references, estimates = segments("original", numbers), segments(system, numbers)
    rows = tables(name)[system, track, segment]
    windows = np.array(sorted({(row["start"], row["stop"]) for row in rows}))
    side = reference_side(references, windows)

    assert not side.ill_conditioned
    compare(ratios(part_energies(side, references, estimates)), rows, PRINTED)


@needs_audio
@pytest.mark.parametrize("system", ["Vanilla", "CD_4_step"])
def test_one_track_has_the_values_of_museval(system: str) -> None:
    check("museval_track", system, "track00", None)


@needs_audio
@pytest.mark.slow
@pytest.mark.parametrize("track", ["track00", "track01"])
@pytest.mark.parametrize("system", ["Vanilla", "Diffusion", "CD_1_step", "CD_2_step", "CD_4_step"])
def test_every_track_has_the_values_of_museval(system: str, track: str) -> None:
    check("museval_track", system, track, None)


@needs_audio
@pytest.mark.parametrize(("track", "segment"), [("track00", 1), ("track01", 4)])
@pytest.mark.parametrize("system", ["Vanilla", "CD_4_step"])
def test_a_segment_has_the_values_of_museval(system: str, track: str, segment: int) -> None:
    check("museval_segment", system, track, segment)


@needs_audio
def test_a_segment_that_museval_refuses_has_values_for_the_stems_that_sound() -> None:
    errors = golden("museval_segment")["errors"]["rows"]
    assert ["Vanilla", "track00", 0] in [row[:3] for row in errors]
    references, estimates = segments("original", [0]), segments("Vanilla", [0])
    windows = np.array([[start, start + 22050] for start in range(0, 11 * 22050, 22050)])

    side = reference_side(references, windows)
    parts = part_energies(side, references, estimates)

    silent = ~references.any(axis=(1, 2))
    assert silent.any()
    assert np.array_equal(side.present, ~silent)
    assert np.isfinite(parts.artefacts[~silent]).all()


@pytest.mark.parametrize("number", range(6))
def test_corner_cases_have_the_values_of_museval(number: int) -> None:
    document = golden("museval_corner")
    case = document["cases"][number]
    space: dict[str, Any] = {}
    exec(document["prelude"] + "\n" + case["code"], space)  # noqa: S102 - a stored recipe
    references = np.ascontiguousarray(space["S"].transpose(0, 2, 1))
    estimates = np.ascontiguousarray(space["E"].transpose(0, 2, 1))
    rows = [dict(zip(case["columns"], values, strict=True)) for values in case["rows"]]
    windows = np.array(sorted({(row["start"], row["stop"]) for row in rows}))
    side = reference_side(references, windows)

    found = ratios(part_energies(side, references, estimates))

    compare(found, [{**row, "stem": row["source"]} for row in rows], PRINTED)
