"""A report of fifty tracks and five systems is small enough to send, and opens at once."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from sepeval import audio
from sepeval.fingerprint import digest
from sepeval.protocol import Protocol, load
from sepeval.report import page
from sepeval.scoring import views
from sepeval.store import Run
from sepeval.store.manifest import Layout
from sepeval.store.places import Place, TrackPlaces, write_places
from tests.report.chromium import browser, executable
from tests.report.runs import Score, write

TRACKS = tuple(f"Some Artist - The Name of Song Number {number}" for number in range(50))
SYSTEMS = ("one", "two", "three", "four", "five")
WINDOWS = 240  # of a second: a song of four minutes
MOST_BYTES = 15_000_000
MOST_SECONDS = 2.0
RATE = 44100

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random scores, which cannot be packed, under BSS Eval; pictures of noise."""
    root = tmp_path_factory.mktemp("large")
    protocol = load("musdb18-sisec18")
    generator = np.random.default_rng(3)
    runs = [_run(root, label, protocol, generator) for label in SYSTEMS]
    return page(runs, root / "report", with_audio=False, workers=2).parent


def _run(root: Path, label: str, protocol: Protocol, generator: np.random.Generator) -> Run:
    scores = [
        Score(track, stem, value, metric=entry.name)
        for entry in protocol.metrics
        for track in TRACKS
        for stem in protocol.stems
        for value in generator.normal(6, 4, WINDOWS).tolist()
    ]
    run = write(root / "runs", label, scores, under=protocol)
    (view,) = views([protocol])
    layout = Layout(
        key=view.layout,
        audio=view.audio.model_dump(mode="json"),
        stems={stem: list(parts) for stem, parts in view.stems.items()},
        protocols=[protocol.id],
    )
    run = run.save(run.manifest.model_copy(update={"layouts": [layout]}))
    stems = {stem: _noise(root / f"{stem}.wav", generator) for stem in view.stems}
    mixture = _noise(root / "mixture.wav", generator)
    estimates = {stem: _noise(root / label / f"{stem}.wav", generator) for stem in view.stems}
    places = TrackPlaces(
        rate=RATE,
        channels=2,
        length=2 * RATE,
        stems={stem: [place] for stem, place in stems.items()},
        mixture=mixture,
        estimates=estimates,
    )
    write_places(run.folder, dict.fromkeys(TRACKS, places))
    return run


def _noise(path: Path, generator: np.random.Generator) -> Place:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = np.abs(np.sin(np.arange(2 * RATE) / 3000))
        samples = np.clip(0.2 * shape * generator.normal(0, 1, (2, 2 * RATE)), -1, 1)
        audio.write(path, samples, rate=RATE, encoding="PCM_16")
    return Place(path=str(path), sha256=digest(path))


def test_it_stays_under_fifteen_megabytes_without_audio(report: Path) -> None:
    sizes = {path: path.stat().st_size for path in report.rglob("*") if path.is_file()}

    assert len(list((report / "pictures").rglob("*.png"))) == 4 * len(TRACKS)
    assert not (report / "audio").exists()
    assert sum(sizes.values()) < MOST_BYTES


@pytest.mark.skipif(executable() is None, reason="there is no Chromium on this machine")
def test_every_page_opens_in_two_seconds(report: Path) -> None:
    track = sorted((report / "tracks").rglob("*.html"))[0]
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        browser(Path(profile)) as tab,
    ):
        tab.size(1280, 800)
        tab.open(report / "contents.json")  # the browser itself is awake
        overview = tab.open(report / "index.html")
        address = tab.value("document.querySelector('table.scores td a').getAttribute('href')")
        of_track = tab.open(track)
        tab.wait("document.body.dataset.ready === 'true'")
        of_rows = tab.open(report / "rows.html", "#" + address.partition("#")[2])
        tab.wait("document.getElementById('answer').textContent")

        assert max(overview, of_track, of_rows) < MOST_SECONDS
        assert tab.errors == []
