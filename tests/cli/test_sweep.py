"""`sepeval sweep`, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sepeval.synthetic import write_slakh2100_22050
from tests.cli.conftest import Command

SEPARATOR = """
import numpy as np

def share(mixture, rate):
    return np.stack([mixture] * 4) / 4.0
"""


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One track in a validation and one in a test split, each in a folder of its own."""
    root = tmp_path_factory.mktemp("sweep")
    for split in ("validation", "test"):
        write_slakh2100_22050(root / split, tracks=1, seconds=13.0, seed=3, split=split)
    return root


@pytest.fixture
def words(music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    """A sweep of a callable, without what is varied and without the split."""
    monkeypatch.chdir(tmp_path)
    Path("sharing.py").write_text(SEPARATOR)
    data = music / "validation"
    of_data = ("-d", "slakh2100_22050", "--data", data, "-c", "edition=orig", "--partial")
    return ("sweep", *of_data, "-s", "sharing:share", "-p", "slakh2100-msdm", "-o", "out")


def test_a_sweep_is_made_on_the_validation_split_and_told(
    sepeval: Command, words: tuple[object, ...]
) -> None:
    done = sepeval(*words, "-V", "tag=1,2,5", "--baseline", "mixture")

    assert done.code == 0, done.err
    assert "TEST SPLIT" not in done.err + done.out
    assert "slakh2100_22050/validation" in done.out
    assert "baseline sharing:share baseline: 0" in done.out
    assert len(list(Path("out/runs").iterdir())) == 4
    assert {path.name for path in Path("out").iterdir()} >= {
        *("sweep.parquet", "sweep.csv"),
        *("sweep-si_sdri-tag.png", "sweep-si_sdri-tag.pdf"),
    }
    sheet = pd.read_csv("out/sweep.csv")
    assert sorted(sheet["tag"].dropna().unique()) == [1, 2, 5]


def test_a_test_split_is_loud(sepeval: Command, words: tuple[object, ...], music: Path) -> None:
    done = sepeval(*words, "-V", "tag=1,2", "--split", "test", "--data", music / "test")

    assert done.code == 0, done.err
    assert done.err.count("TEST SPLIT: settings chosen here have seen the test data.") == 2
    assert "TEST SPLIT" in done.out
    assert pd.read_csv("out/sweep.csv")["is_test"].all()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("-V", "tag=1,1"), "tag: needs values that all differ"),
        (("-V", "tag"), "--vary takes key=value"),
        (("-V", "tag=1", "-S", "tag=2"), "'tag' is given by --setting and by --vary"),
        (("-V", "tag=1", "--seeds", "a"), "--seeds takes whole numbers"),
        (("-V", "tag=1", "-B", "stems=bass"), "--baseline-setting needs --baseline"),
        (("-V", "colour=1"), "has no 'colour'"),
        (("-V", "tag=1", "--split", "dev"), "dev"),
    ],
)
def test_a_wrong_request_is_told(
    sepeval: Command, words: tuple[object, ...], more: tuple[str, ...], message: str
) -> None:
    done = sepeval(*words, *more)

    assert done.code == 2
    assert message in done.err


def test_a_folder_of_several_runs_is_no_baseline(
    sepeval: Command, words: tuple[object, ...]
) -> None:
    assert sepeval(*words, "-V", "tag=1,2").code == 0

    done = sepeval(*words, "-V", "tag=1", "--baseline", "out/runs")

    assert done.code == 2
    assert "holds 2 runs; name the folder of one" in done.err
