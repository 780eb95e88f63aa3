"""A track that is read in slices has the scores of one that is held in memory, to the byte."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol
from sepeval.errors import DataError
from sepeval.metrics.base import Means
from sepeval.protocol import Protocol
from sepeval.runner.memory import Plan, machine_bytes
from sepeval.scoring import views
from sepeval.separators.base import Described
from sepeval.store import Run
from sepeval.types import Array, Index
from tests.runner.test_evaluation import contents

RATE = 22050  # Hz
STEMS = ("bass", "drums", "guitar", "piano")
GB = 10**9


def protocol(name: str, *, taps: int = 16, **changes: Any) -> Protocol:  # noqa: ANN401 - YAML
    """A released protocol for these stems, with short filters and some changes."""
    document = load_protocol(name).model_dump(mode="json")
    document["name"] = f"{name}-changed"
    document["stems"] = {stem: [stem] for stem in STEMS}
    document["audio"] |= changes
    for summary in document["summaries"]:
        summary["all_stems"] = list(STEMS)
    for entry in document["metrics"]:
        if entry["metric"].startswith("bsseval"):
            entry["parameters"] |= {"taps": taps}
        if entry["metric"] == "bsseval":
            entry["parameters"] |= {"ill_conditioned": "museval"}
    return Protocol.model_validate(document)


def sounds(kind: str, *, seconds: float, channels: int = 2) -> dict[str, Array]:
    generator = np.random.default_rng(1)
    length = int(seconds * RATE)
    stems = {stem: 0.1 * generator.standard_normal((channels, length)) for stem in STEMS}
    stems["drums"][:, : length // 3] = 0.0  # a silent window
    if kind == "reference":
        return stems
    noise = {stem: 0.02 * generator.standard_normal((channels, length)) for stem in STEMS}
    return {stem: stems[stem] + noise[stem] for stem in STEMS}


def written(
    root: Path,
    *,
    ending: str = "wav",
    subtype: str = "PCM_16",
    seconds: float = 3.3,
    channels: int = 2,
    lengths: Mapping[str, int] | None = None,
) -> tuple[Index, Described]:
    """The index of one track, and the files of its estimates; `lengths` cuts estimates."""
    for kind in ("reference", "estimate"):
        for stem, samples in sounds(kind, seconds=seconds, channels=channels).items():
            path = root / kind / "song" / f"{stem}.{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            length = (lengths or {}).get(stem) if kind == "estimate" else None
            soundfile.write(path, samples[:, :length].T, RATE, subtype=subtype)
    return index(root, ending), estimates(root, ending)


def index(root: Path, ending: str = "wav") -> Index:
    kind = DATASETS.get("folder")
    pattern = f"{{track}}/{{stem}}.{ending}"
    data = kind(root=root / "reference", references=pattern, mixture=None, stems=STEMS)  # type: ignore[call-arg]
    return data.index("all")


def estimates(root: Path, ending: str = "wav") -> Described:
    return SEPARATORS.get("files")(root=root / "estimate", pattern=f"{{track}}/{{stem}}.{ending}")  # type: ignore[call-arg]


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Run, Run]]:
    """Score the same twice: held in memory, and read in slices."""

    def score(found: tuple[Index, Described], *protocols: Protocol) -> tuple[Run, Run]:
        runs = []
        for held in (10**12, 0):
            monkeypatch.setattr("sepeval.runner.memory.HELD", held)
            root = tmp_path / "runs" / str(held)
            runs.append(evaluate(*found, protocols, root=root, label="x"))
        return runs[0], runs[1]

    return score


Both = Callable[..., tuple[Run, Run]]


def assert_same(held: Run, sliced: Run) -> None:
    assert [one.trouble for one in held.manifest.tracks] == [""]
    assert [one.trouble for one in sliced.manifest.tracks] == [""]
    assert contents(held) == contents(sliced)


@pytest.mark.parametrize(
    "name", ["musdb18-sisec18", "bsseval-v3", "msst-spectral", "slakh2100-msdm", "msst-si-sdr"]
)
def test_slices_have_the_scores_of_the_whole(tmp_path: Path, both: Both, name: str) -> None:
    changes: dict[str, Any] = {"rate": "native", "channels": "any", "multiple_of": None}

    assert_same(*both(written(tmp_path), protocol(name, **changes)))


@pytest.mark.parametrize(
    ("ending", "subtype"),
    [
        ("wav", "PCM_U8"),
        ("wav", "PCM_16"),
        ("wav", "PCM_24"),
        ("wav", "PCM_32"),
        ("wav", "FLOAT"),
        ("wav", "DOUBLE"),
        ("flac", "PCM_16"),
        ("flac", "PCM_24"),
        ("aiff", "PCM_24"),
        ("ogg", "VORBIS"),
    ],
)
def test_every_format_is_read_in_slices(
    tmp_path: Path, both: Both, ending: str, subtype: str
) -> None:
    found = written(tmp_path, ending=ending, subtype=subtype)

    assert_same(*both(found, protocol("musdb18-sisec18")))


@pytest.mark.parametrize("rule", ["cut", "pad"])
@pytest.mark.parametrize("drums", [50_000, 90_000])
def test_lengths_follow_the_same_rules(tmp_path: Path, both: Both, rule: str, drums: int) -> None:
    found = written(tmp_path, seconds=3.3, lengths={"drums": drums})
    rules: dict[str, Any] = {
        "estimates": {"tolerance_s": None, "rule": rule},
        "multiple_of": 1000,
    }

    assert_same(*both(found, protocol("musdb18-sisec18", **rules)))


@pytest.mark.parametrize("resampler", ["soxr_vhq", "torchaudio_hann"])
@pytest.mark.parametrize("rate", [16000, 44100])
def test_references_are_resampled_in_slices(
    tmp_path: Path, both: Both, resampler: str, rate: int
) -> None:
    data, _ = written(tmp_path / "a", seconds=7.0)
    for stem, samples in sounds("estimate", seconds=7.0).items():
        path = tmp_path / "b" / "estimate" / "song" / f"{stem}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples.T, rate, subtype="FLOAT")
    rules: dict[str, Any] = {
        "rate": rate,
        "resampler": resampler,
        "estimates": {"tolerance_s": None, "rule": "cut"},
    }

    assert_same(*both((data, estimates(tmp_path / "b")), protocol("msst-si-sdr", **rules)))


def test_stems_of_several_sources_and_several_views_are_read_in_slices(
    tmp_path: Path, both: Both
) -> None:
    sums = protocol("msst-si-sdr").model_dump(mode="json")
    sums["stems"] = {"rhythm": ["bass", "drums"], "guitar": ["guitar"]}
    sums["summaries"][0]["all_stems"] = ["rhythm"]
    other = protocol("slakh2100-msdm", channels="any", rate=RATE, multiple_of=1000)
    two = (Protocol.model_validate(sums), other)

    assert_same(*both(written(tmp_path), *two))


def broken(root: Path, how: str) -> None:
    path = root / "estimate" / "song" / "drums.wav"
    if how == "missing":
        path.unlink()
        return
    samples, rate = soundfile.read(path)
    if how == "not finite":
        samples[40_000] = np.nan
    soundfile.write(path, samples, 8000 if how == "another rate" else rate, subtype="FLOAT")
    if how == "cut short":
        path.write_bytes(path.read_bytes()[:-1000])


@pytest.mark.parametrize("how", ["missing", "not finite", "another rate", "cut short"])
def test_what_is_wrong_is_told_in_the_same_words(tmp_path: Path, both: Both, how: str) -> None:
    found = written(tmp_path)
    broken(tmp_path, how)

    held, sliced = both(found, protocol("msst-si-sdr"))

    assert held.manifest.tracks[0].trouble
    assert held.manifest.tracks[0].trouble == sliced.manifest.tracks[0].trouble


def plan(minutes: float, separator: Described, data: Index, *, channels: int = 2) -> Plan:
    from dataclasses import replace

    length = int(minutes * 60 * RATE)
    track = replace(data.tracks[0], length=length, channels=channels)
    return Plan(track, separator, keeps_estimates=False, means=Means(2))


def test_the_memory_of_files_does_not_grow_with_the_audio(tmp_path: Path) -> None:
    data, files = written(tmp_path)
    asked = views([protocol("msst-si-sdr")])

    ten, sixty = (plan(minutes, files, data).predicted_bytes(asked) for minutes in (20, 600))

    assert ten == sixty < GB


def test_a_separator_needs_the_whole_track(tmp_path: Path) -> None:
    data, files = written(tmp_path)
    oracle = SEPARATORS.get("ideal_ratio_mask")()
    (view,) = views([protocol("musdb18-sisec18")])

    assert plan(600, files, data).is_streamed(view)
    assert not plan(600, oracle, data).is_streamed(view)
    assert plan(600, oracle, data).predicted_bytes([view]) > 9 * 600 * 60 * RATE * 2 * 8


def test_a_track_that_needs_more_memory_than_there_is_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = written(tmp_path, seconds=1.0)
    monkeypatch.setattr("sepeval.runner.memory.machine_bytes", lambda: 4 * 10**8)
    monkeypatch.setattr("sepeval.audio.read", None)
    oracle = SEPARATORS.get("ideal_ratio_mask")()

    run = evaluate(data, oracle, [protocol("msst-si-sdr")], root=tmp_path / "runs", label="x")

    (record,) = run.manifest.tracks
    assert (
        "need about 0.4 GB of memory, and there are 0.4 GB; write the estimates" in record.trouble
    )


def test_a_metric_that_holds_whole_windows_is_named_where_it_takes_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, files = written(tmp_path, seconds=1.0)
    (view,) = views([protocol("msst-spectral"), protocol("msst-si-sdr")])
    monkeypatch.setattr("sepeval.runner.memory.machine_bytes", lambda: 8 * GB)

    with pytest.raises(DataError, match=r"msst-spectral-changed.v1 takes .* GB: do without it"):
        plan(180, files, data).refuse_too_large(view)


def test_the_memory_of_this_machine_is_known() -> None:
    assert machine_bytes() > GB // 4


CODE = """
import sys
from pathlib import Path
from tests.runner.test_long_tracks import protocol, index, estimates
from sepeval import evaluate
root = Path(sys.argv[1])
found = protocol(sys.argv[2], taps=512)
run = evaluate(index(root), estimates(root), [found], root=root / "runs", label="x")
assert not run.manifest.tracks[0].trouble, run.manifest.tracks[0].trouble
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
"""


def peak(root: Path, name: str, *, minutes: int) -> int:
    """Largest resident memory, in bytes, of a process that scores a track of mono noise."""
    generator = np.random.default_rng(0)
    for kind in ("reference", "estimate"):
        for stem in STEMS:
            path = root / kind / "song" / f"{stem}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as sound:
                for _ in range(minutes):
                    sound.write(0.1 * generator.standard_normal((60 * RATE, 2)).clip(-9, 9))
    command = [sys.executable, "-c", CODE, str(root), name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize(("name", "per_minute"), [("msst-si-sdr", 1.0), ("musdb18-sisec18", 17.0)])
def test_peak_memory_hardly_grows_with_the_track(
    tmp_path: Path, name: str, per_minute: float
) -> None:
    """Held in memory, a minute more would take 190 MB; the lagged products take 16 MB."""
    short, long = 12, 18  # minutes, both longer than what is held in memory

    less = peak(tmp_path / "short", name, minutes=short)
    more = peak(tmp_path / "long", name, minutes=long)

    assert more < GB
    assert (more - less) / 1e6 < (long - short) * per_minute + 20
