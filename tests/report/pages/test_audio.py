"""What of the audio is in a report: as scored, where its files are what they were."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepeval import audio
from sepeval.report import page
from sepeval.store import Run, find_runs
from sepeval.types import AudioFile
from tests.report.heard import RATE, SECONDS, SYSTEMS, TRACKS, evaluated

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with references, estimates and runs, which no test changes."""
    root = tmp_path_factory.mktemp("heard")
    evaluated(root)
    return root


@pytest.fixture
def runs(made: Path) -> list[Run]:
    return list(find_runs([made / "runs"]))


def written(runs: list[Run], folder: Path, **options: bool | int) -> Path:
    return page(runs, folder, with_audits=False, **options).parent  # type: ignore[arg-type]


def document(report: Path, number: int = 0) -> dict[str, Any]:
    (path,) = (report / "data").glob(f"folder-all*/{number:04d}-*.js")
    text = path.read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text[text.index(", {") + 2 : -3])
    return found


def told(report: Path) -> str:
    text = (report / "index.html").read_text(encoding="utf-8")
    return text.partition('id="audio-title"')[2].partition("</section>")[0]


def test_what_is_heard_is_what_was_scored(runs: list[Run], made: Path, tmp_path: Path) -> None:
    found = document(written(runs, tmp_path), 1)

    near = list(SYSTEMS).index("near")
    names = {run.manifest.label: place for place, run in enumerate(runs)}
    signals = {(one["kind"], one["stem"], one["system"]): one for one in found["signals"]}
    path = signals["estimate", "bass", names["near"]]["audio"]
    heard = audio.read(AudioFile(tmp_path / path))
    original = audio.read(AudioFile(made / list(SYSTEMS)[near] / "plain" / "bass.wav"))
    assert heard.rate == RATE
    assert np.abs(heard.samples - original.samples).max() <= 2.0**-16 + 1e-9
    assert found["seconds"] == SECONDS
    mixture = audio.read(AudioFile(tmp_path / signals["mixture", "", None]["audio"]))
    parts = [
        audio.read(AudioFile(made / "references" / "plain" / f"{one}.wav"))
        for one in ("bass", "drums")
    ]
    total = sum(part.samples for part in parts)
    assert np.abs(mixture.samples - total).max() <= 2.0**-16 + 1e-9


def test_what_16_bit_cannot_hold_is_told(runs: list[Run], tmp_path: Path) -> None:
    report = written(runs, tmp_path)

    assert "16 bit cannot hold these signals" in told(report)
    assert "third: far &lt;i&gt;, drums" in told(report)
    clipped = [one for one in document(report, 2)["signals"] if one.get("clipped")]
    assert {one["kind"] for one in clipped} == {"estimate"}


def test_audio_is_left_out_on_request_and_pictures_stay(runs: list[Run], tmp_path: Path) -> None:
    first = written(runs, tmp_path)
    assert list((first / "audio").rglob("*.flac"))

    report = written(runs, tmp_path, with_audio=False)

    assert not (report / "audio").exists()
    assert "left out (--no-audio)" in told(report)
    assert len(list((report / "pictures").rglob("*.png"))) == 2 * len(TRACKS)
    assert all("audio" not in one for one in document(report)["signals"])


def test_files_that_are_gone_or_changed_are_told_and_not_used(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    evaluated(copy)
    (copy / "near" / "plain" / "bass.wav").unlink()
    samples = audio.read(AudioFile(copy / "references" / "third" / "drums.wav")).samples
    audio.write(
        copy / "references" / "third" / "drums.wav", samples / 2, rate=RATE, encoding="FLOAT"
    )

    report = written(list(find_runs([copy / "runs"])), tmp_path / "report")

    assert "near: bass.wav is gone. (1 of 3 tracks)" in told(report)
    assert "References and mixture: drums.wav is changed. (1 of 3 tracks)" in told(report)
    assert "2 of 3 tracks" in told(report)
    estimates = [one for one in document(report, 1)["signals"] if one["kind"] == "estimate"]
    assert sorted(one["stem"] for one in estimates) == ["bass", "drums", "drums"]
    assert document(report, 2)["signals"] == []
    assert str(copy) not in told(report)


def test_a_stem_that_one_system_never_had_is_all_that_is_missing(tmp_path: Path) -> None:
    made = evaluated(tmp_path, without=("near/plain/bass.wav", "far <i>/third"))

    report = written(made, tmp_path / "report")

    assert "near: there was no file of bass. (1 of 3 tracks)" in told(report)
    assert "far &lt;i&gt;: there was no file of an estimate. (1 of 3 tracks)" in told(report)
    assert "--keep-estimates" not in told(report)
    assert "3 of 3 tracks" in told(report)
    kinds = [(one["kind"], one["stem"]) for one in document(report, 1)["signals"]]
    assert kinds.count(("estimate", "bass")) == 1
    assert kinds.count(("estimate", "drums")) == 2
    assert kinds.count(("reference", "bass")) == 1
    assert [one["kind"] for one in document(report, 2)["signals"]].count("estimate") == 2


def test_a_run_without_places_says_so(runs: list[Run], tmp_path: Path) -> None:
    for run in runs:
        shutil.copytree(run.folder, tmp_path / "runs" / run.folder.name)
        (tmp_path / "runs" / run.folder.name / "places.json").unlink()

    report = written(list(find_runs([tmp_path / "runs"])), tmp_path / "report")

    assert "near: the run does not say where its files lay" in told(report)
    assert "No audio is in this report" in told(report)
    assert not (report / "audio").exists()
    assert document(report)["seconds"] is None


@pytest.mark.slow
def test_workers_change_no_byte(runs: list[Run], tmp_path: Path) -> None:
    one, two = (written(runs, tmp_path / str(count), workers=count) for count in (1, 2))

    names = [path.relative_to(one) for path in one.rglob("*") if path.is_file()]
    assert len(list((one / "audio").rglob("*.flac"))) == 7 * len(TRACKS)
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in names)
