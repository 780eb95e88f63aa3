from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from sepeval.cli import main
from sepeval.synthetic import write_musdb18hq, write_slakh2100_22050


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Done]


@pytest.fixture(autouse=True)
def _without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are as long as they are without a terminal, wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def sepeval(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line in this process, from `main` on, as the installed script does."""

    def command(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["sepeval", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, captured.out, captured.err)

    return command


@pytest.fixture(scope="session")
def slakh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cli") / "slakh"
    return write_slakh2100_22050(root, tracks=2, seconds=14.0, seed=3)


@pytest.fixture(scope="session")
def musdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cli") / "musdb"
    return write_musdb18hq(root, tracks=1, seconds=3.0, seed=3)
