"""`sepeval run --shard`, `merge` and `runs`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

PROTOCOL = "nussl-si-sdr"


def words(slakh: Path, output: Path) -> tuple[object, ...]:
    words = ("run", "-d", "slakh2100_22050", "--data", slakh, "--split", "test", "--partial")
    workers = ("--workers", "1")
    return (*words, "-c", "edition=orig", "-s", "mixture", "-p", PROTOCOL, "-o", output, *workers)


def test_shares_are_made_listed_and_joined(sepeval: Command, slakh: Path, tmp_path: Path) -> None:
    whole = sepeval(*words(slakh, tmp_path / "whole"))
    for share in ("1/2", "2/2"):
        made = sepeval(*words(slakh, tmp_path / "shares"), "--shard", share)
        assert made.code == 0
        assert f"share {share}, 1 of 2 tracks" in made.out

    beside = sepeval("table", tmp_path / "shares")
    joined = sepeval("merge", tmp_path / "shares", "-o", tmp_path / "runs")
    table = sepeval("table", tmp_path / "runs")
    lines = sepeval("runs", tmp_path / "shares", tmp_path / "runs")

    assert (joined.code, beside.code) == (0, 2)
    assert "join them (sepeval merge)" in beside.err
    assert "2 tracks; the shares are not needed any more" in joined.err
    assert table.out == sepeval("table", tmp_path / "whole").out
    assert table.out.split() == whole.out.split()
    head, first, second, last = lines.out.splitlines()
    assert head.split()[:5] == ["label", "hash", "data", "tracks", "protocols"]
    assert "share 1/2, 1 of 2 tracks" in first
    assert "share 2/2, 1 of 2 tracks" in second
    assert last.endswith(joined.out.strip())


def test_a_damaged_run_is_listed_and_ends_with_one(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    sepeval(*words(slakh, tmp_path))
    (folder,) = tmp_path.iterdir()
    (folder / "manifest.json").write_text("{", encoding="utf-8")

    done = sepeval("runs", tmp_path, "--json")

    assert done.code == 1
    (line,) = json.loads(done.out)
    assert (line["status"], line["folder"]) == ("damaged", str(folder))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--shard", "3/2"), "a share is named i/n"),
        (("--shard", "1/2", "--tracks", "Track01876"), "choose tracks, or a share, not both"),
        (("--shard", "1/9"), "share 1/9: there are 2 tracks"),
        (("--backend", "slurm"), "no backend is named 'slurm'"),
        (("--backend", "dask"), "leave --workers out"),
        (("--scheduler", "tcp://x:1"), "add --backend dask or ray"),
    ],
)
def test_what_does_not_go_together_is_refused(
    sepeval: Command, slakh: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    done = sepeval(*words(slakh, tmp_path), *options)

    assert done.code == 2
    assert message in done.err
    assert not list(tmp_path.iterdir())
