"""The main job on real audio, from files to tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol, summarise
from sepeval import audio as files
from sepeval.report import table
from sepeval.store import Run
from tests.kernels.bsseval.oracle import museval_ratios
from tests.shared_data import DATA, DICOSE, STEMS, needs_audio

MUSDB = DATA / "musdb18-sample" / "MUSDB18-7-SAMPLE"
SYSTEMS = ("Vanilla", "Diffusion", "CD_1_step", "CD_2_step", "CD_4_step")
MSDM, SISEC = "slakh2100-msdm", "musdb18-sisec18"

pytestmark = pytest.mark.data


def published(system: str, root: Path) -> Run:
    """A system of the demo page: the eight segments as eight tracks."""
    dataset = DATASETS.get("folder")(  # type: ignore[call-arg]
        root=DICOSE,
        references="original/original_{stem}_{track}.wav",
        mixture="original/Mixture_audio_{track}.wav",
        stems=STEMS,
    )
    pattern = f"{system}/generated_{{stem}}_{{track}}.wav"
    recording = SEPARATORS.get("files")(root=DICOSE, pattern=pattern)  # type: ignore[call-arg]
    index = dataset.index("all")
    return evaluate(index, recording, [load_protocol(MSDM)], root=root, label=system)


@needs_audio
def test_five_published_systems_are_scored_as_eight_tracks(tmp_path: Path) -> None:
    runs = [published(system, tmp_path) for system in SYSTEMS]
    numbers = {run.manifest.label: {row.stem: row for row in summarise(run, MSDM)} for run in runs}

    assert all(row["All"].tracks == 8 and row["All"].used == 148 for row in numbers.values())
    assert numbers["Vanilla"]["guitar"].silent == 21
    gain = {
        stem: (numbers["CD_4_step"][stem].value or 0) - (numbers["Vanilla"][stem].value or 0)
        for stem in STEMS
    }
    assert gain["guitar"] == pytest.approx(4.29, abs=0.005)
    assert max(gain, key=gain.__getitem__) == "guitar"
    assert "CD_4_step" in table(runs, f"{MSDM}.v1").as_text()


@needs_audio
def test_the_gain_on_guitar_is_made_where_guitar_is_silent(tmp_path: Path) -> None:
    def means(system: str) -> tuple[float, float]:
        scores = published(system, tmp_path).read_scores(f"{MSDM}.v1").to_pandas()
        guitar = scores[(scores["stem"] == "guitar") & (scores["status"] == "ok")]
        silent = guitar["silent"].astype(bool)
        return guitar["value"][silent].mean(), guitar["value"][~silent].mean()

    (silent, active), (silent_before, active_before) = means("CD_4_step"), means("Vanilla")

    assert silent - silent_before > 6.0
    assert active - active_before < 1.0


@pytest.mark.slow
@pytest.mark.skipif(not MUSDB.is_dir(), reason=f"no MUSDB18 sample at {MUSDB}")
@pytest.mark.parametrize("system", ["mixture", "ideal_ratio_mask"])
def test_a_real_musdb18_track_scores_as_museval_does(tmp_path: Path, system: str) -> None:
    index = DATASETS.get("musdb18")(root=MUSDB).index("train")  # type: ignore[call-arg]
    stems = ("vocals", "drums", "bass", "other")
    kind = SEPARATORS.get(system)
    separator = kind(stems=stems) if system == "mixture" else kind()  # type: ignore[call-arg]
    run = evaluate(
        index,
        separator,
        [load_protocol(SISEC)],
        root=tmp_path,
        label=system,
        allow_partial=True,
        keep_estimates=True,
    )
    (track,) = index.tracks
    references = np.stack([files.read(track.stems[stem][0]).samples for stem in stems])
    mixture = files.read(track.mixture).samples if track.mixture else np.zeros(0)
    estimates = (
        np.repeat(mixture[None], 4, axis=0)
        if system == "mixture"
        else separator.separate(references, mixture, stems=stems).audio
    )

    theirs = museval_ratios(references, estimates, window=44100, hop=44100)

    scores = run.read_scores(f"{SISEC}.v1").to_pandas()
    for metric, expected, tolerance in (
        ("sdr", theirs.sdr, 1e-9),
        ("isr", theirs.isr, 1e-4),  # decoded AAC ends at 16 kHz, which leaves the equations
        ("sir", theirs.sir, 1e-4),  # nearly singular: their reciprocal condition is 3e-12
        ("sar", theirs.sar, 1e-4),
    ):
        ours = scores[scores["metric"] == metric]["value"].to_numpy().reshape(4, -1)
        assert ours.shape == expected.shape == (4, 6)
        np.testing.assert_allclose(ours, expected, rtol=0, atol=tolerance, err_msg=metric)
