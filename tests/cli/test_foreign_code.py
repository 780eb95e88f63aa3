"""No command that reads a run imports what only the run names."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from sepeval import audio, load_protocol
from sepeval.datasets.folder import Folder
from sepeval.protocol import Protocol
from sepeval.runner import evaluate
from sepeval.separators.trivial import Mixture, Zeros
from tests.cli.conftest import Command

STEMS = ("a", "b")
EMBEDDING = {
    "name": "embedding",
    "metric": "embedding_mse",
    "where": "every_window",
    "parameters": {
        "encoder": "planted.inner:f",
        "rate": 8000,
        "resampler": "none",
        "channels": "downmixed",
    },
}


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two runs whose protocol names an encoder; since they were made its package writes a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "planted"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "inner.py").write_text("def f(samples, rate):\n    return samples\n")
    generator = np.random.default_rng(0)
    for track in ("one", "two", "three"):
        for stem in (*STEMS, "mixture"):
            path = tmp_path / "data" / track / f"{stem}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            noise = generator.uniform(-0.5, 0.5, (1, 8000))
            audio.write(path, noise, rate=8000, encoding="PCM_16")
    pattern, mixture = "{track}/{stem}.wav", "{track}/mixture.wav"
    data = Folder(root=tmp_path / "data", references=pattern, mixture=mixture, stems=STEMS)
    document = load_protocol("msst-si-sdr").model_dump(mode="json") | {"name": "made-up"}
    document["metrics"].append(EMBEDDING)
    document["summaries"][0]["metrics"].append("embedding")
    rules = Protocol.model_validate(document)
    for label, separator in (("mixture", Mixture(STEMS)), ("zeros", Zeros(STEMS))):
        evaluate(data.index("all"), separator, [rules], root=tmp_path / "runs", label=label)
    for name in ("planted.inner", "planted"):
        sys.modules.pop(name, None)
    (package / "__init__.py").write_text("open('ran', 'w').close()\n")
    importlib.invalidate_caches()
    return tmp_path / "runs"


def refuse_imported() -> None:
    assert not Path("ran").exists()
    assert not any(name.startswith("planted") for name in sys.modules)


QUICK = (
    "verify runs",
    "runs runs",
    "rescore runs -p msst-si-sdr --workers 1",
    "table runs",
    "export csv runs/FIRST -o csv",
)
READERS = (
    "table runs --side-by-side",
    "table runs --baseline zeros",
    "compare runs --baseline zeros -p made-up",
    "explain runs --protocols msst-si-sdr,msst-sdr",
    "silence runs -p made-up --metric si_sdr -o silence",
    "rescore runs -p all --workers 1",
    "audit runs -o audit --fail-on never",
    "cite runs",
    "plot runs -o figures",
    "report runs -o report --workers 1",
)


@pytest.mark.parametrize("commands", [QUICK, pytest.param(READERS, marks=pytest.mark.slow)])
def test_commands_that_read_runs_import_nothing_that_only_a_run_names(
    sepeval: Command, runs: Path, commands: tuple[str, ...]
) -> None:
    first = next(runs.iterdir()).name

    for words in commands:
        done = sepeval(*words.replace("FIRST", first).split())

        refuse_imported()
        assert done.code == 0, (words, done.err)


def test_verify_says_what_is_missing_where_the_encoder_is_not_there(
    sepeval: Command, runs: Path
) -> None:
    (runs.parent / "planted" / "inner.py").unlink()
    importlib.invalidate_caches()

    whole, quick = sepeval("verify", runs), sepeval("verify", runs, "--quick")

    assert (whole.code, quick.code) == (1, 0)
    assert whole.out.count("no module 'planted.inner'") == 2
    assert "put it there and verify again; --quick compares checksums alone" in whole.out
    assert "made-up.v1.parquet" not in whole.out
    refuse_imported()
