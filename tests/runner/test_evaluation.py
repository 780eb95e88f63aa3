"""Runs as a whole: dataset, separator and protocols in; parts and scores out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sepeval import (
    DATASETS,
    METRICS,
    SEPARATORS,
    evaluate,
    load_protocol,
    open_run,
    rescore,
    summarise,
)
from sepeval import audio as files
from sepeval.errors import DataError, ProtocolError, StoreError
from sepeval.protocol import Protocol
from sepeval.runner import Progress, separate
from sepeval.separators.base import Described
from sepeval.store import MetricRecord, Run
from sepeval.types import AudioFile, Index

MSDM = "slakh2100-msdm"
STEMS = ("bass", "drums", "guitar", "piano")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    root = tmp_path_factory.mktemp("data") / "slakh"
    kind = DATASETS.get("synthetic")
    dataset = kind(  # type: ignore[call-arg]
        root=root,
        layout="slakh2100_22050",
        tracks=3,
        seconds=26.0,
        seed=5,
        faults=("missing:1:guitar",),
    )
    return dataset.index("test")


def system(name: str, **settings: object) -> Described:
    return SEPARATORS.get(name)(**settings)


def made(index: Index, root: Path, **options: object) -> Run:
    chosen = {"separator": system("ideal_ratio_mask"), "protocols": [load_protocol(MSDM)]}
    chosen |= {"label": "irm", **options}
    return evaluate(index, chosen.pop("separator"), chosen.pop("protocols"), root=root, **chosen)  # type: ignore[arg-type]


def contents(run: Run) -> dict[str, bytes]:
    """All parts but the timings, which tell the time."""
    return {
        str(path.relative_to(run.folder)): path.read_bytes()
        for path in sorted(run.folder.rglob("*.parquet"))
        if path.parent.name != "timings"
    }


def test_two_runs_of_the_same_give_the_same_bytes(index: Index, tmp_path: Path) -> None:
    first, second = made(index, tmp_path / "a"), made(index, tmp_path / "b")

    assert first.folder.name == second.folder.name
    assert contents(first) == contents(second)
    assert len(contents(first)) == 3 + 3 + 1  # cells and signals of each track, scores


def test_workers_change_no_byte(index: Index, tmp_path: Path) -> None:
    one, two = made(index, tmp_path / "a"), made(index, tmp_path / "b", workers=2)

    assert one.folder.name == two.folder.name
    assert contents(one) == contents(two)


def test_a_run_that_lost_parts_is_completed_to_the_same_bytes(index: Index, tmp_path: Path) -> None:
    run = made(index, tmp_path)
    whole = contents(run)
    next(run.folder.glob("cells/*/0001*")).unlink()
    run.scores(f"{MSDM}.v1").unlink()
    told: list[Progress] = []

    again = made(index, tmp_path, told=told.append)

    assert contents(again) == whole
    assert [one.done for one in told if not one.note] == [1, 2, 3]


def test_rescoring_gives_the_bytes_of_the_fresh_run(index: Index, tmp_path: Path) -> None:
    run = made(index, tmp_path)
    path = run.scores(f"{MSDM}.v1")
    fresh = path.read_bytes()
    path.unlink()

    rescore(open_run(run.folder), [load_protocol(MSDM)])

    assert path.read_bytes() == fresh


def test_units_and_versions_are_recorded_with_the_scores(index: Index, tmp_path: Path) -> None:
    run = made(index, tmp_path, protocols=[load_protocol(MSDM), load_protocol("silence-pes-eps")])
    records = run.manifest.metrics

    assert list(records) == [f"{MSDM}.v1", "silence-pes-eps.v1"]
    assert records[f"{MSDM}.v1"]["si_sdri"] == MetricRecord(
        metric="si_sdri",
        version=METRICS.get("si_sdri").version,
        unit="dB",
        higher_is_better=True,
    )
    assert {one.higher_is_better for one in records["silence-pes-eps.v1"].values()} == {False}


def test_scoring_again_records_what_an_older_run_lacks(index: Index, tmp_path: Path) -> None:
    run = made(index, tmp_path)
    before = contents(run)
    document = json.loads((run.folder / "manifest.json").read_text())
    del document["metrics"], document["sha256"]
    (run.folder / "manifest.json").write_text(json.dumps(document))
    old = open_run(run.folder)

    again = rescore(old, [load_protocol(MSDM)])

    assert old.manifest.metrics == {}
    assert again.manifest == run.manifest
    assert contents(again) == before


def changed(**fields: object) -> Protocol:
    document = load_protocol(MSDM).model_dump(mode="json")
    document |= {"name": "other", **fields}
    return Protocol.model_validate(document)


def test_rescoring_under_another_silence_rule_equals_a_fresh_run(
    index: Index, tmp_path: Path
) -> None:
    silence = {**load_protocol(MSDM).silence.model_dump(), "reference": "leave_out"}
    other = changed(silence=silence)
    run = rescore(made(index, tmp_path / "a"), [other])
    fresh = made(index, tmp_path / "b", protocols=[other])

    assert run.read_scores(other.id).equals(fresh.read_scores(other.id))
    assert summarise(run, "other")[2].silent == 0
    assert summarise(run, MSDM)[2].silent > 0


def test_rescoring_refuses_edges_that_are_not_there(index: Index, tmp_path: Path) -> None:
    run = made(index, tmp_path)
    windows = {**load_protocol(MSDM).windows.model_dump(), "length_s": 3.0, "hop_s": 1.0}

    with pytest.raises(StoreError, match=r"other\.v1 cuts windows where the run has no edges"):
        rescore(run, [changed(windows=windows)])


def test_rescoring_refuses_another_way_of_hearing(index: Index, tmp_path: Path) -> None:
    run = made(index, tmp_path)
    audio = {**load_protocol(MSDM).audio.model_dump(), "mixture": "file"}

    with pytest.raises(StoreError, match="hears the audio in another way"):
        rescore(run, [changed(audio=audio)])


def test_a_window_under_two_protocols_comes_from_one_pass(index: Index, tmp_path: Path) -> None:
    windows = {**load_protocol(MSDM).windows.model_dump(), "length_s": 1.0, "hop_s": 0.5}
    other = changed(windows=windows)
    both = made(index, tmp_path / "a", protocols=[load_protocol(MSDM), other])
    alone = made(index, tmp_path / "b")

    assert len(both.manifest.layouts) == 1
    together = both.read_scores(f"{MSDM}.v1").column("value").to_numpy()
    separate_ = alone.read_scores(f"{MSDM}.v1").column("value").to_numpy()
    np.testing.assert_allclose(together, separate_, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"label": "other"}, False),
        ({"workers": 2}, False),
        ({"keep_estimates": True}, False),
        ({"seed": 7}, False),
        ({"separator": system("leaky_reference", leak_db=-30.0)}, True),
        ({"tracks": ["Track01876"], "allow_partial": True}, True),
    ],
)
def test_the_identity_is_what_can_change_a_number(
    index: Index, tmp_path: Path, change: dict[str, object], differs: bool
) -> None:
    run, other = made(index, tmp_path / "a"), made(index, tmp_path / "b", **change)

    assert (run.manifest.hash != other.manifest.hash) is differs


def copied(index: Index, folder: Path) -> Index:
    """The same dataset as files of its own, so that they may be damaged."""
    import shutil

    shutil.copytree(Path(str(index.tracks[0].stems["bass"][0].path)).parents[2], folder)
    kind = DATASETS.get("slakh2100_22050")
    return kind(root=folder, edition="orig").index("test")  # type: ignore[call-arg]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def poison(path: Path) -> None:
    audio = files.read(AudioFile(path))
    samples = audio.samples.copy()
    samples[0, 7] = np.inf
    import soundfile

    soundfile.write(path, samples.T, audio.rate, subtype="FLOAT")


def shorten(path: Path) -> None:
    audio = files.read(AudioFile(path))
    files.write(path, audio.samples[:, :-4000], rate=audio.rate, encoding="PCM_16")


def stereo(path: Path) -> None:
    audio = files.read(AudioFile(path))
    files.write(path, np.repeat(audio.samples, 2, 0), rate=audio.rate, encoding="PCM_16")


def other_rate(path: Path) -> None:
    audio = files.read(AudioFile(path))
    files.write(path, audio.samples, rate=44100, encoding="PCM_16")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (truncate, "truncated"),
        (lambda path: path.write_bytes(b""), "empty"),
        (poison, "NaN or infin"),
        (shorten, "lengths of .* differ by 4000 samples"),
        (stereo, "2 channels"),
        (other_rate, "44100 Hz"),
    ],
)
def test_a_damaged_track_has_error_rows_and_the_others_go_on(
    index: Index, tmp_path: Path, damage: Callable[[Path], object], words: str
) -> None:
    own = copied(index, tmp_path / "data")
    victim = own.tracks[1].stems["bass"][0].path
    damage(victim)
    kind = DATASETS.get("slakh2100_22050")
    own = kind(root=tmp_path / "data", edition="orig").index("test")  # type: ignore[call-arg]

    run = made(own, tmp_path / "runs", allow_partial=True)

    errors = [track.trouble for track in run.manifest.tracks]
    assert [bool(error) for error in errors] == [False, True, False]
    assert victim.name in errors[1]
    import re

    assert re.search(words, errors[1]), errors[1]
    scores = run.read_scores(f"{MSDM}.v1").to_pandas()
    failed = scores[scores["track"] == own.tracks[1].id]
    assert set(failed["status"]) == {"error"}
    assert failed["value"].isna().all()
    assert (scores["status"] == "ok").sum() > 0
    rows = summarise(run, MSDM)
    assert rows[0].left["error"] == 1
    assert rows[0].tracks == 2


def test_a_part_of_a_split_is_refused_with_the_counts(index: Index, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has 3 tracks; 1 were found or chosen.*--partial"):
        made(index, tmp_path, tracks=["Track01876"])


def test_a_partial_run_says_so(index: Index, tmp_path: Path) -> None:
    run = made(index, tmp_path, tracks=["Track01876"], allow_partial=True)

    assert run.manifest.partial == "1 of 3 tracks"


def test_an_unknown_track_is_named_with_its_neighbours(index: Index, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no track 'Track01875'; did you mean 'Track0187"):
        made(index, tmp_path, tracks=["Track01875"], allow_partial=True)


def test_a_protocol_for_other_stems_is_refused(index: Index, tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match=r"scores vocals.*has bass, drums, guitar, piano"):
        made(index, tmp_path, protocols=[load_protocol("musdb18-sisec18")])


def test_kept_estimates_score_the_same_through_files(index: Index, tmp_path: Path) -> None:
    leak = system("leaky_reference", leak_db=-30.0)
    run = made(index, tmp_path, separator=leak, keep_estimates=True)
    folder = system("files", root=run.folder / "estimates", pattern="{track}/{stem}.wav")

    again = made(index, tmp_path, separator=folder, label="files")

    ours, theirs = (summarise(one, MSDM) for one in (run, again))
    for one, other in zip(ours, theirs, strict=True):
        # 32-bit files: exact silence stays exact, the rest is rounded at 2^-24
        assert one.value == pytest.approx(other.value, abs=1e-3)


def test_separating_writes_what_a_run_would_score(index: Index, tmp_path: Path) -> None:
    errors = separate(
        index, system("ideal_ratio_mask"), load_protocol(MSDM), folder=tmp_path / "estimates"
    )
    run = made(index, tmp_path, keep_estimates=True)

    assert errors == {}
    for track in index.tracks:
        for stem in STEMS:
            ours = (tmp_path / "estimates" / track.id / f"{stem}.wav").read_bytes()
            assert ours == (run.folder / "estimates" / track.id / f"{stem}.wav").read_bytes()


def noisy(mixture: np.ndarray, rate: int, seed: int) -> dict[str, np.ndarray]:  # noqa: ARG001
    generator = np.random.default_rng(seed)
    return {stem: mixture + generator.normal(0, 0.01, mixture.shape) for stem in STEMS}


def test_replicates_are_drawn_from_seed_track_and_number(index: Index, tmp_path: Path) -> None:
    target = f"{__name__}:noisy"
    noise = system("callable", target=target, stems=STEMS)
    run = made(index, tmp_path / "a", separator=noise, replicates=2)
    other = made(index, tmp_path / "b", separator=noise, replicates=2, seed=1)

    assert run.manifest.hash != other.manifest.hash
    scores = run.read_scores(f"{MSDM}.v1").to_pandas()
    values = scores[scores["status"] == "ok"].groupby("replicate")["value"].mean()
    assert list(values.index) == [0, 1]
    assert values[0] != values[1]
    assert abs(values[0] - values[1]) < 0.5


def test_the_manifest_is_complete_and_names_every_part(index: Index, tmp_path: Path) -> None:
    run = made(index, tmp_path)
    document = json.loads((run.folder / "manifest.json").read_text(encoding="utf-8"))

    assert document["status"] == "complete"
    parts = {str(path.relative_to(run.folder)) for path in run.folder.rglob("*.parquet")}
    assert set(document["parts"]) == parts | {"places.json"}
    assert document["protocols"][f"{MSDM}.v1"]["name"] == MSDM


def test_no_number_is_nan_and_every_null_has_a_reason(index: Index, tmp_path: Path) -> None:
    zeros = made(index, tmp_path, separator=system("zeros", stems=STEMS), label="zeros")
    table = zeros.read_scores(f"{MSDM}.v1")
    frame = table.to_pandas()

    assert not np.isnan(table.column("value").drop_null().to_numpy()).any()
    assert (frame["value"].isna() == (frame["status"] != "ok")).all()


def test_one_more_protocol_costs_no_second_pass(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = {**load_protocol(MSDM).windows.model_dump(), "length_s": 1.0, "hop_s": 0.5}
    other = changed(windows=windows)
    both = made(index, tmp_path, protocols=[load_protocol(MSDM), other])
    monkeypatch.setattr("sepeval.audio.read", None)

    again = made(index, tmp_path, protocols=[other])

    assert again.folder == both.folder
    assert again.manifest.layouts == both.manifest.layouts


def test_a_protocol_that_refuses_a_track_leaves_the_others_their_scores(
    index: Index, tmp_path: Path
) -> None:
    audio = {**load_protocol(MSDM).audio.model_dump(), "channels": "any", "missing": "error"}
    strict = changed(audio=audio)

    run = made(index, tmp_path, protocols=[load_protocol(MSDM), strict])

    assert [bool(track.trouble) for track in run.manifest.tracks] == [False, True, False]
    assert run.manifest.errors("other.v1").keys() == {"Track01877"}
    assert run.manifest.errors(f"{MSDM}.v1") == {}
    assert summarise(run, "other")[0].left == {"error": 1}
    assert "error" not in summarise(run, MSDM)[0].left


def test_the_identity_does_not_depend_on_the_protocols(index: Index, tmp_path: Path) -> None:
    kept = made(index, tmp_path, keep_estimates=True)
    files_ = system("files", root=kept.folder / "estimates", pattern="{track}/{stem}.wav")
    bass = changed(
        stems={"bass": ["bass"]},
        summaries=[
            {**load_protocol(MSDM).summaries[0].model_dump(mode="json"), "all_stems": ["bass"]}
        ],
    )

    four = made(index, tmp_path / "a", separator=files_, label="files")
    one = made(index, tmp_path / "b", separator=files_, label="files", protocols=[bass])

    assert four.manifest.hash == one.manifest.hash
