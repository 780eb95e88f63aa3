"""Four short tracks, and runs of them whose workers can be made to die."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol
from sepeval.store import Run
from sepeval.types import Index

STEMS = ("bass", "drums", "guitar", "piano")
KILL = "SEPEVAL_TEST_KILL"  # `once`: the second call ends its process; `always`: and all after it
MORTAL = """
import itertools, os, pathlib, signal

def separate(mixture, rate):
    mode = os.environ.get("SEPEVAL_TEST_KILL")
    if mode:
        for number in itertools.count():
            try:
                pathlib.Path(f"call-{number}").mkdir()
                break
            except FileExistsError:
                pass
        if number == 1 or (number > 1 and mode == "always"):
            os.kill(os.getpid(), signal.SIGKILL)
    return {stem: mixture / 4 for stem in ("bass", "drums", "guitar", "piano")}
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    kind = DATASETS.get("synthetic")
    dataset = kind(  # type: ignore[call-arg]
        root=tmp_path_factory.mktemp("data"),
        layout="slakh2100_22050",
        tracks=4,
        seconds=3.0,
        seed=5,
    )
    return dataset.index("test")


def made(index: Index, root: Path, name: str = "ideal_ratio_mask", **options: object) -> Run:
    kind = SEPARATORS.get("callable" if ":" in name else name)
    system = kind(target=name, stems=STEMS) if ":" in name else kind()  # type: ignore[call-arg]
    chosen: dict[str, object] = {"label": "irm", **options}
    return evaluate(index, system, [load_protocol("msst-si-sdr")], root=root, **chosen)  # type: ignore[arg-type]


@pytest.fixture
def mortal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A separator that is a module in the working folder."""
    (tmp_path / "mortal.py").write_text(MORTAL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "mortal:separate"


def scores(run: Run) -> dict[str, bytes]:
    rooms = ("scores", "cells", "signals")
    return {
        str(path.relative_to(run.folder)): path.read_bytes()
        for room in rooms
        for path in sorted((run.folder / room).rglob("*.parquet"))
    }
