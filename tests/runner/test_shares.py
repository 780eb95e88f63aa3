"""A split over several machines: shares, joined to the run that one machine would have made."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol, open_run
from sepeval.errors import DataError, StoreError
from sepeval.results import gather, groups
from sepeval.runner import Shard, merge, verify
from sepeval.store import Run
from sepeval.types import Index

SDR = "msst-si-sdr"
PROTOCOLS = (SDR, "silence-pes-eps", "nussl-si-sdr")
NAMES = tuple(f"{name}.v1" for name in PROTOCOLS)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    kind = DATASETS.get("synthetic")
    dataset = kind(  # type: ignore[call-arg]
        root=tmp_path_factory.mktemp("data"),
        layout="slakh2100_22050",
        tracks=3,
        seconds=4.0,
        seed=5,
        faults=("missing:1:guitar",),
    )
    index = dataset.index("test")
    (damaged,) = index.tracks[2].stems["drums"]
    content = damaged.path.read_bytes()
    damaged.path.write_bytes(content[: len(content) // 2])
    return index


def made(index: Index, root: Path, shard: str = "", *, order: int = 1, **options: object) -> Run:
    protocols = [load_protocol(name) for name in PROTOCOLS[::order]]
    chosen: dict[str, object] = {"label": "irm", "keep_estimates": True, **options}
    return evaluate(
        index,
        SEPARATORS.get("ideal_ratio_mask")(),
        protocols,
        root=root,
        shard=Shard.parse(shard) if shard else None,
        **chosen,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def whole(index: Index, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made(index, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def halves(index: Index, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    root = tmp_path_factory.mktemp("halves")
    return [made(index, root / "a", "1/2"), made(index, root / "b", "2/2")]


def contents(run: Run, *rooms: str) -> dict[str, bytes]:
    return {
        str(path.relative_to(run.folder)): path.read_bytes()
        for room in rooms
        for path in sorted((run.folder / room).rglob("*.*"))
    }


def copies(runs: list[Run], root: Path) -> list[Run]:
    """The same shares in another folder, to be spoiled."""
    return [
        open_run(shutil.copytree(run.folder, root / run.folder.parent.name / run.folder.name))
        for run in runs
    ]


def test_joined_shares_are_the_whole_run_to_the_byte(
    whole: Run, halves: list[Run], tmp_path: Path
) -> None:
    run = merge(halves[::-1], root=tmp_path)

    rooms = ("scores", "cells", "measured", "signals", "estimates")
    assert run.folder.name == whole.folder.name
    assert contents(run, *rooms) == contents(whole, *rooms)
    assert run.read_scores(NAMES[0]).column("value").null_count < 10
    assert set(contents(run, "scores")) == {f"scores/{name}.parquet" for name in NAMES}
    ours, theirs = run.manifest, whole.manifest
    assert (ours.tracks, ours.layouts, ours.partial) == (theirs.tracks, theirs.layouts, "")
    assert (ours.metrics, ours.protocols, ours.status) == (
        theirs.metrics,
        theirs.protocols,
        "complete",
    )
    assert ours.parts.keys() == theirs.parts.keys()
    assert ours.share is None
    assert verify(run.folder).faults == ()


def test_the_order_of_the_protocols_of_a_share_does_not_matter(
    index: Index, whole: Run, halves: list[Run], tmp_path: Path
) -> None:
    other = made(index, tmp_path / "b", "2/2", order=-1)

    run = merge([halves[0], other], root=tmp_path)

    assert list(other.manifest.protocols) == list(NAMES[::-1])
    assert contents(run, "scores", "cells", "measured") == contents(
        whole, "scores", "cells", "measured"
    )
    assert verify(run.folder).faults == ()


def test_shares_are_not_joined_where_they_lie(halves: list[Run], tmp_path: Path) -> None:
    shares = copies(halves, tmp_path)

    with pytest.raises(StoreError, match=r"holds the shares.*another folder with --output"):
        merge(shares, root=shares[0].folder.parent)
    assert len(list(shares[0].folder.parent.iterdir())) == 1


def test_joined_shares_know_where_the_audio_lies_and_who_made_them(
    whole: Run, halves: list[Run], tmp_path: Path
) -> None:
    run = merge(halves, root=tmp_path)

    name = "places.json"
    assert (run.folder / name).read_bytes() == (whole.folder / name).read_bytes()
    environments = run.manifest.environment["shares"]
    assert isinstance(environments, dict)
    assert list(environments) == ["1/2", "2/2"]


def test_a_share_says_what_it_is(halves: list[Run]) -> None:
    first, second = halves

    assert first.folder.name.endswith("--1of2")
    assert [track.number for track in first.manifest.tracks] == [0, 2]
    assert [track.number for track in second.manifest.tracks] == [1]
    assert first.manifest.identity == second.manifest.identity
    assert first.manifest.partial == "share 1/2, 2 of 3 tracks"
    assert gather([first], SDR).systems[0].marks[0] == "share 1/2, 2 of 3 tracks"


def test_shares_do_not_stand_side_by_side(halves: list[Run]) -> None:
    with pytest.raises(StoreError, match=r"shares 1/2 and 2/2 of one run.*sepeval merge"):
        gather(halves, SDR)
    assert len(groups(halves)) == 2


def test_a_merge_that_was_interrupted_goes_on(
    whole: Run, halves: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []

    def copy(source: Path, target: Path) -> None:
        if len(copied) == 4:
            raise KeyboardInterrupt
        copied.append(target)
        target.write_bytes(source.read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfile", copy)
        with pytest.raises(KeyboardInterrupt):
            merge(halves, root=tmp_path)
    run = merge(halves, root=tmp_path)

    assert contents(run, "scores", "cells") == contents(whole, "scores", "cells")
    assert merge(halves, root=tmp_path).manifest == run.manifest  # and once more


def _without_the_second(runs: list[Run]) -> list[Run]:
    return runs[:1]


def _the_first_twice(runs: list[Run]) -> list[Run]:
    return [runs[0], runs[1], runs[0]]


def _none(runs: list[Run]) -> list[Run]:
    return runs[:0]


def _other_identity(runs: list[Run]) -> list[Run]:
    return [runs[0], _with(runs[1], identity={**runs[1].manifest.identity, "seed": 7})]


def _other_packages(runs: list[Run]) -> list[Run]:
    packages = {"packages": {"numpy": "1.0"}}
    return [runs[0], _with(runs[1], environment={**runs[1].manifest.environment, **packages})]


def _other_protocols(runs: list[Run]) -> list[Run]:
    kept = {NAMES[0]: runs[1].manifest.protocols[NAMES[0]]}
    return [runs[0], _with(runs[1], protocols=kept)]


def _other_cells(runs: list[Run]) -> list[Run]:
    first, *others = runs[1].manifest.layouts
    other = [first.model_copy(update={"key": "elsewhere"}), *others]
    kept = {name: one for name, one in runs[1].manifest.parts.items() if first.key not in name}
    return [runs[0], _with(runs[1], layouts=other, parts=kept)]


def _other_metric(runs: list[Run]) -> list[Run]:
    (name, record), *_ = runs[0].manifest.metrics[NAMES[0]].items()
    older = {name: record.model_copy(update={"version": 0})}
    return [_with(run, metrics={**run.manifest.metrics, NAMES[0]: older}) for run in runs]


def _not_complete(runs: list[Run]) -> list[Run]:
    return [runs[0], _with(runs[1], status="started")]


def _no_share(runs: list[Run]) -> list[Run]:
    return [runs[0], _with(runs[1], share=None)]


def _damaged(runs: list[Run]) -> list[Run]:
    path = next((runs[1].folder / "cells").rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    return runs


def _lost(runs: list[Run]) -> list[Run]:
    next((runs[1].folder / "cells").rglob("*.parquet")).unlink()
    return runs


def _linked(runs: list[Run]) -> list[Run]:
    (runs[1].folder / "estimates" / "other").symlink_to("/")
    return runs


def _with(run: Run, **update: object) -> Run:
    return run.save(run.manifest.model_copy(update=update))


REFUSED = {
    _none: "no share was given",
    _without_the_second: r"lack 'Track01877'; only 1/2 is given",
    _the_first_twice: r"hold 'Track01876', 'Track01878' more than once",
    _other_identity: r"differ in seed: None and 7: they are not shares of one run",
    _other_packages: r"numpy: .* and 1\.0; .*by rounding.*--other-versions",
    _other_protocols: r"differ in .*protocol nussl-si-sdr\.v1: \w{8} and None: make all shares",
    _other_cells: r"differ in cells: .*elsewhere.*: make all .*, named in the same order$",
    _other_metric: r"is version 0 there and \d in this sepeval",
    _not_complete: r"2of2: is not complete; give the command",
    _no_share: r"is no share of a run",
    _damaged: r"cells/.*: is damaged; delete it, and give the command of this share again",
    _lost: r"cells/.*: is gone; give the command of this share again",
    _linked: r"estimates/other: is a link",
}


@pytest.mark.parametrize(
    ("spoil", "message"), REFUSED.items(), ids=[one.__name__ for one in REFUSED]
)
def test_shares_that_do_not_make_one_run_are_refused(
    halves: list[Run],
    tmp_path: Path,
    spoil: Callable[[list[Run]], list[Run]],
    message: str,
) -> None:
    shares = spoil(copies(halves, tmp_path / "shares"))

    with pytest.raises(StoreError, match=message):
        merge(shares, root=tmp_path / "joined")


def test_other_versions_are_accepted_by_name_and_recorded(
    halves: list[Run], tmp_path: Path
) -> None:
    shares = _other_packages(copies(halves, tmp_path / "shares"))

    run = merge(shares, root=tmp_path / "joined", other_versions=True)

    told = run.manifest.environment["shares"]
    assert isinstance(told, dict)
    assert told["2/2"]["packages"] == {"numpy": "1.0"}  # type: ignore[index,call-overload]


def test_another_run_in_the_way_is_not_touched(
    whole: Run, halves: list[Run], tmp_path: Path
) -> None:
    folder = tmp_path / whole.folder.name
    shutil.copytree(whole.folder, folder)
    before = contents(open_run(folder), "cells", "timings", "scores")

    with pytest.raises(StoreError, match=r"timings/.*: is another file than .*timings"):
        merge(halves, root=tmp_path)
    assert contents(open_run(folder), "cells", "timings", "scores") == before


def test_a_share_of_chosen_tracks_or_of_too_few_is_refused(index: Index, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="choose tracks, or a share, not both"):
        made(index, tmp_path, "1/2", tracks=["Track01876"], allow_partial=True)
    with pytest.raises(DataError, match=r"share 4/4: there are 3 tracks"):
        made(index, tmp_path, "4/4")


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/2/3", "a/b", "-1/2", "1/", "²/3"])
def test_a_share_is_named_by_two_numbers(text: str) -> None:
    with pytest.raises(DataError, match="such as 1/4 for the first of four"):
        Shard.parse(text)
