"""museval's JSON becomes runs in which nothing is invented."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sepeval.errors import DataError, StoreError
from sepeval.explain import explain
from sepeval.interchange import import_museval
from sepeval.protocol import load
from sepeval.report import table
from sepeval.runner import evaluate, rescore
from sepeval.store import Run, open_run
from sepeval.summary import score_frame, summarise
from tests.interchange.museval_json import FIVE, FOUR, METRICS, document, numbers, system, write

FOUR_STEMS, TWO_SOURCES = "musdb18-sisec18.v1", "musdb18-sisec18-vocals.v1"


def scores(run: Run, protocol: str) -> pd.DataFrame:
    frame = score_frame(run, run.protocol(protocol))
    return frame.astype(dict.fromkeys(("track", "stem", "metric", "status"), str))


def one(runs: tuple[Run, ...]) -> Run:
    (found,) = runs
    return found


def test_seconds_become_samples_by_the_rate_that_is_recorded(tmp_path: Path) -> None:
    write(tmp_path / "json" / "a.json", numbers(FOUR, 3, seed=1))

    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs", rate=48000))

    frame = scores(run, FOUR_STEMS)
    assert sorted(set(zip(frame["start"], frame["stop"], strict=True))) == [
        (0, 48000), (48000, 96000), (96000, 144000)
    ]  # fmt: skip
    assert run.manifest.choices == {"rate": "48000"}


def test_units_and_versions_are_recorded_and_added_where_they_lack(tmp_path: Path) -> None:
    write(tmp_path / "json" / "a.json", numbers(FOUR, 3, seed=1))
    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs"))
    old = run.save(run.manifest.model_copy(update={"metrics": {}}))

    again = one(import_museval(tmp_path / "json", root=tmp_path / "runs"))

    assert old.folder == again.folder
    assert again.manifest == run.manifest
    assert {name: one.unit for name, one in run.manifest.metrics[FOUR_STEMS].items()} == (
        dict.fromkeys(("sdr", "isr", "sir", "sar"), "dB")
    )
    assert "in dB; higher is better" in table([again], FOUR_STEMS).as_text()


def test_every_number_is_kept_to_the_bit_and_a_nan_is_undefined(tmp_path: Path) -> None:
    made = system(tmp_path / "json", FOUR)

    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs"))

    frame = scores(run, FOUR_STEMS)
    found = {
        (row["track"], row["stem"], row["metric"], row["start"]): (row["status"], row["value"])
        for row in frame.to_dict("records")
    }
    for track, by_stem in made.items():
        for stem, rows in by_stem.items():
            for number, row in enumerate(rows):
                for name, value in zip(METRICS, row, strict=True):
                    status, kept = found[track, stem, name.lower(), number * 44100]
                    assert status == ("undefined" if np.isnan(value) else "ok")
                    assert np.array_equal(kept, value, equal_nan=True)
    assert len(frame) == sum(rows.size for by_stem in made.values() for rows in by_stem.values())


def test_vocals_belong_to_the_problem_of_vocals_and_accompaniment(tmp_path: Path) -> None:
    made = system(tmp_path / "json", FIVE)

    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs"))

    four, two = scores(run, FOUR_STEMS), scores(run, TWO_SOURCES)
    vocals = four[four["stem"] == "vocals"]
    assert set(vocals["status"]) == {"undefined"}
    assert vocals["value"].isna().all()
    assert set(two["stem"]) == {"vocals", "accompaniment"}
    sdr = two[(two["stem"] == "vocals") & (two["metric"] == "sdr")]
    expected = np.concatenate([by_stem["vocals"][:, 0] for by_stem in made.values()])
    assert sdr["value"].tolist() == expected.tolist()


def test_an_imported_run_has_nothing_to_explain_differences_with(tmp_path: Path) -> None:
    system(tmp_path / "json", FOUR)
    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs"))

    for names in (("msst-si-sdr", FOUR_STEMS), (FOUR_STEMS, "msst-si-sdr")):
        with pytest.raises(StoreError, match="holds scores and no statistics"):
            explain(run, load(names[0]), load(names[1]))


def test_a_system_of_four_stems_has_no_scores_of_two_sources(tmp_path: Path) -> None:
    system(tmp_path / "json", FOUR)

    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs"))

    assert list(run.manifest.protocols) == [FOUR_STEMS]
    assert "ok" in set(scores(run, FOUR_STEMS).query("stem == 'vocals'")["status"])


def test_a_system_of_two_sources_has_no_scores_of_four_stems(tmp_path: Path) -> None:
    system(tmp_path / "json", ("vocals", "accompaniment"))

    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs"))

    assert list(run.manifest.protocols) == [TWO_SOURCES]


def test_silence_is_unknown_where_there_is_no_value(tmp_path: Path) -> None:
    system(tmp_path / "json", FOUR)

    frame = scores(one(import_museval(tmp_path / "json", root=tmp_path / "runs")), FOUR_STEMS)

    assert frame.loc[frame["status"] == "ok", "silent"].eq(other=False).all()
    assert frame.loc[frame["status"] != "ok", "silent"].isna().all()


def test_the_table_has_the_median_of_medians(tmp_path: Path) -> None:
    made = system(tmp_path / "json", FIVE)

    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs", label="system"))

    medians = [np.nanmedian(by_stem["drums"][:, 0]) for by_stem in made.values()]
    rows = {(row.stem, row.metric): row for row in summarise(run, FOUR_STEMS)}
    assert rows["drums", "sdr"].value == np.median(medians)
    assert rows["All", "sdr"].value is None
    assert rows["vocals", "sdr"].left == {"undefined": 21}
    assert "system" in table([run], TWO_SOURCES).as_text()


def test_the_score_table_is_laid_out_as_that_of_an_evaluated_run(
    tmp_path: Path, evaluated: Run
) -> None:
    system(tmp_path / "json", FOUR)

    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs"))

    ours, theirs = run.read_scores(FOUR_STEMS), evaluated.read_scores(FOUR_STEMS)
    assert ours.schema.remove_metadata() == theirs.schema.remove_metadata()


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A separator on one short track of a miniature of MUSDB18-HQ."""
    from sepeval.datasets.musdb18hq import Musdb18HQ
    from sepeval.separators.trivial import Mixture
    from sepeval.synthetic import write_musdb18hq

    root = tmp_path_factory.mktemp("evaluated")
    index = Musdb18HQ(root=write_musdb18hq(root / "data", tracks=1, seconds=2.5, seed=1))
    protocol = load("musdb18-sisec18")
    return evaluate(
        index.index("test"),
        Mixture(tuple(protocol.stems)),
        [protocol],
        root=root / "runs",
        label="mixture",
        allow_partial=True,
    )


def test_infinity_in_a_file_is_infinity(tmp_path: Path) -> None:
    made = numbers(FOUR, 2, seed=1)
    made["drums"][0, 0], made["drums"][0, 1] = np.inf, -np.inf
    write(tmp_path / "a.json", made)

    frame = scores(one(import_museval(tmp_path / "a.json", root=tmp_path / "runs")), FOUR_STEMS)

    drums = frame[(frame["stem"] == "drums") & (frame["start"] == 0)].set_index("metric")
    assert drums.loc[["sdr", "sir"], "status"].tolist() == ["plus_inf", "minus_inf"]


def test_a_campaign_becomes_one_run_per_system_and_split(tmp_path: Path) -> None:
    root = tmp_path / "campaign" / "submissions"
    system(root / "A 1" / "test", FIVE, seed=1)
    system(root / "B" / "test", FOUR, seed=2)
    system(root / "B" / "train", FOUR, seed=3)
    (root / "C").mkdir()

    runs = import_museval(tmp_path / "campaign", root=tmp_path / "runs", workers=2)

    assert [(run.manifest.label, run.manifest.split) for run in runs] == [
        ("A 1", "test"), ("B", "train"), ("B", "test")
    ]  # fmt: skip
    assert all(open_run(run.folder).manifest.status == "complete" for run in runs)


@pytest.mark.parametrize("below", ["", "test"])
def test_a_system_is_called_by_its_folder(tmp_path: Path, below: str) -> None:
    system(tmp_path / "open-unmix" / below, FOUR)

    run = one(import_museval(tmp_path / "open-unmix", root=tmp_path / "runs"))

    assert run.manifest.label == "open-unmix"
    assert run.manifest.split == (below or "unnamed")


def test_the_identity_sees_the_files_and_neither_label_nor_place(tmp_path: Path) -> None:
    for place in ("a", "b"):
        system(tmp_path / place, FOUR)
    system(tmp_path / "c", FOUR, seed=9)

    runs = [one(import_museval(tmp_path / place, root=tmp_path / "runs")) for place in "abc"]

    hashes = [run.manifest.hash for run in runs]
    assert hashes[0] == hashes[1] != hashes[2]


def test_importing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    system(tmp_path / "json", FIVE)
    first, second = (
        one(import_museval(tmp_path / "json", root=tmp_path / root)) for root in ("one", "two")
    )
    again = one(import_museval(tmp_path / "json", root=tmp_path / "one"))

    assert first.part_digests() == second.part_digests() == again.part_digests()
    assert again.manifest == first.manifest


def test_an_imported_run_cannot_be_scored_again(tmp_path: Path) -> None:
    system(tmp_path / "json", FOUR)
    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs"))

    with pytest.raises(StoreError, match="holds scores and no statistics"):
        rescore(run, [load("musdb18-usdr")])


def test_another_reduction_of_the_same_frames_is_a_matter_of_the_protocol(tmp_path: Path) -> None:
    made = system(tmp_path / "json", FOUR)
    protocol = load("musdb18-median-mean")

    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs", protocols=[protocol]))

    drums = next(row for row in summarise(run, protocol.id) if row.stem == "drums")
    medians = [np.nanmedian(by_stem["drums"][:, 0]) for by_stem in made.values()]
    assert drums.value == pytest.approx(np.mean(medians), abs=1e-12)


@pytest.mark.parametrize("name", ["slakh2100-msdm", "musdb18-usdr", "musdb18-shared-mask"])
def test_a_protocol_that_is_not_musevals_is_refused(tmp_path: Path, name: str) -> None:
    system(tmp_path / "json", FOUR)

    with pytest.raises(DataError, match=f"{name}.v1 "):
        import_museval(tmp_path / "json", root=tmp_path / "runs", protocols=[load(name)])


def test_an_incomplete_split_of_a_known_dataset_is_marked(tmp_path: Path) -> None:
    system(tmp_path / "json" / "test", FOUR)

    run = one(import_museval(tmp_path / "json", root=tmp_path / "runs", dataset="musdb18"))

    assert run.manifest.partial == "3 of 50 tracks"


def test_targets_that_are_not_kept_are_recorded(tmp_path: Path) -> None:
    write(tmp_path / "a.json", numbers(("vocals", "accompaniment", "drums"), 2, seed=1))

    run = one(import_museval(tmp_path / "a.json", root=tmp_path / "runs"))

    recorded = run.manifest.environment["imported"]
    assert isinstance(recorded, dict)
    assert recorded["targets not kept"] == ["drums"]


def test_one_file_of_ten_minutes_is_read_in_a_moment(tmp_path: Path) -> None:
    write(tmp_path / "a.json", numbers(FIVE, 600, seed=1))
    begun = time.perf_counter()

    import_museval(tmp_path / "a.json", root=tmp_path / "runs")

    assert time.perf_counter() - begun < 3


@pytest.mark.slow
def test_a_campaign_of_31_systems_and_50_tracks_takes_under_30_s(tmp_path: Path) -> None:
    text = [json.dumps(document(numbers(FIVE, 249, seed=one))) for one in range(50)]
    for number in range(31):
        folder = tmp_path / "submissions" / f"S{number:02d}" / "test"
        folder.mkdir(parents=True)
        for track, content in enumerate(text):
            (folder / f"{track}.json").write_text(content, encoding="utf-8")
    begun = time.perf_counter()

    runs = import_museval(tmp_path, root=tmp_path / "runs", workers=2)

    assert time.perf_counter() - begun < 30
    assert sum(len(run.manifest.tracks) for run in runs) == 31 * 50
