"""The recipes of the README do what they say: each is typed as it stands there, in a folder.

A recipe is a heading between the marks `<!-- recipes -->` with blocks of sh and python. A python
block whose first line is the name of a file is written there. A block below `<!-- slow -->` makes
the test of its recipe a slow one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile
import torch

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol
from sepeval.synthetic import write_musdb18hq, write_slakh2100_22050
from tests.checkpoints import tiny
from tests.separators import unet_weights

ROOT = Path(__file__).resolve().parents[1]
_PART = re.compile(r"^<!-- recipes -->\n(.*?)^<!-- /recipes -->$", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (\w+\.py)\n")
_STEMS = ("bass", "drums", "guitar", "piano")


@dataclass(frozen=True)
class Recipe:
    """A heading, whether it is slow, and its blocks as language and text."""

    title: str
    is_slow: bool
    blocks: tuple[tuple[str, str], ...]


def recipes(text: str) -> tuple[Recipe, ...]:
    found = _PART.search(text)
    parts = found.group(1).split("### ")[1:] if found else []
    return tuple(
        Recipe(part.partition("\n")[0], "<!-- slow -->" in part, tuple(_BLOCK.findall(part)))
        for part in parts
    )


RECIPES = recipes((ROOT / "README.md").read_text(encoding="utf-8"))


def pairs(folder: Path) -> None:
    """References, and estimates that are the references with some of the mixture."""
    made = write_slakh2100_22050(folder / "made", tracks=2, seconds=14.0, seed=4)
    for track in sorted(path.parent for path in made.rglob("bass.wav")):
        sounds = {path.stem: soundfile.read(path) for path in track.glob("*.wav")}
        mixture = sum(sounds[stem][0] for stem in sounds if stem in _STEMS)
        for stem in (stem for stem in sounds if stem in _STEMS):
            audio, rate = sounds[stem]
            for kind, signal in (("references", audio), ("estimates", audio + 0.1 * mixture)):
                path = folder / kind / track.name / f"{stem}.wav"
                path.parent.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, signal, rate, subtype="FLOAT")
    shutil.rmtree(folder / "made")


def runs(folder: Path) -> None:
    """Two runs, of which the new one is better."""
    index = DATASETS.get("synthetic")(  # type: ignore[call-arg]  # fields of the adapter
        root=folder / "data", layout="slakh2100_22050", tracks=3, seconds=14.0, seed=5
    ).index("test")
    leaky = SEPARATORS.get("leaky_reference")
    rules = [load_protocol("slakh2100-active"), load_protocol("slakh2100-msdm")]
    for label, leak_db in {"old": -12.0, "new": -15.0}.items():
        system = leaky(leak_db)  # type: ignore[call-arg]  # a field of the oracle
        evaluate(index, system, rules, root=folder / "runs", label=label)


def musdb18hq(folder: Path) -> None:
    write_musdb18hq(folder / "musdb18hq", tracks=50, seconds=1.0, seed=6)


def music(folder: Path) -> None:
    """Two tracks of bass and drums at 8 kHz."""
    generator = torch.Generator().manual_seed(0)
    for track in ("first", "second"):
        (folder / "music" / track).mkdir(parents=True)
        for stem in unet_weights.STEMS:
            noise = 0.1 * torch.randn(4096, generator=generator)
            soundfile.write(folder / "music" / track / f"{stem}.wav", noise.numpy(), 8000)


def checkpoint(folder: Path) -> None:
    """A small diffusion model, as its training writes it."""
    weights = unet_weights.weights
    extractor, refiner = (
        weights(unet_weights.EXTRACTOR, seed=1),
        weights(unet_weights.REFINER, seed=2),
    )
    state = {tiny.EXTRACTOR + key: one for key, one in extractor.items()}
    state |= {"model.unet." + key: one for key, one in refiner.items()}
    hyper = {"channels": 16, **unet_weights.HYPER, "diffusion_sigma_data": 0.2}
    tiny.lightning(folder / "last.ckpt", state, hyper)


def converted(folder: Path) -> None:
    made = Path(unet_weights.diffusion(folder))
    for path in (made, made.with_name(made.name + ".yaml")):
        path.rename(folder / path.name.replace("diffusion", "model"))


def training(folder: Path) -> None:
    """What a training script has."""
    (folder / "training.py").write_text(
        "import torch\n"
        "references = torch.randn((1, 4, 1, 262144), generator=torch.Generator().manual_seed(0))\n"
        "validation = [(references, references.sum(dim=1))]\n"
        "model = lambda mixture: torch.stack([mixture] * 4, dim=1) / 4\n"
        "train_one_epoch = lambda model: None\n"
        "log = print\n",
        encoding="utf-8",
    )


@dataclass(frozen=True)
class Stage:
    """What lies in the folder beforehand, and what is there, or printed, afterwards."""

    parts: tuple[Callable[[Path], None], ...]
    files: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()


STAGES: Mapping[str, Stage] = {
    "Score estimates that lie in a folder": Stage((pairs,), ("runs",), ("ours", "scores used")),
    "Score a model of your own on a dataset": Stage((musdb18hq,), printed=("mine", "TAK1")),
    "Score published weights": Stage((checkpoint, music), printed=("dicose-unet, diffusion",)),
    "Find out why two numbers differ": Stage((pairs,), printed=("slakh2100-msdm.v1 si_sdri",)),
    "Compare two checkpoints, and let a program decide": Stage((runs,), ("figures",), ("3/0/0",)),
    "Make the tables and figures of a paper": Stage(
        (runs,), ("table.tex", "references.bib", "figures", "report/index.html")
    ),
    "See what silence and mistakes do to a number": Stage((runs,), ("silence", "audit")),
    "Choose settings of a sampler": Stage((converted, music), ("sweep/sweep.csv",)),
    "Score a validation set while training": Stage((training,), printed=("'si_sdri/All': ",)),
    "Score stored runs under rules of your own": Stage((runs,), printed=("mine.v1",)),
}


def test_there_are_ten_recipes_and_each_has_a_stage() -> None:
    assert [recipe.title for recipe in RECIPES] == list(STAGES)
    assert all(recipe.blocks for recipe in RECIPES)


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(one, id=one.title, marks=pytest.mark.slow if one.is_slow else ())
        for one in RECIPES
    ],
)
def test_a_recipe_does_what_it_says(recipe: Recipe, tmp_path: Path) -> None:
    stage, printed = STAGES[recipe.title], ""
    for part in stage.parts:
        part(tmp_path)

    for language, text in recipe.blocks:
        printed += typed(language, text, tmp_path)

    for name in stage.files:
        assert (tmp_path / name).exists(), name
    for words in stage.printed:
        assert words in printed


def typed(language: str, text: str, folder: Path) -> str:
    """Run a block in a folder, or write it where it names a file, and return what it prints."""
    named = _FILE.match(text)
    if language == "python" and named:
        (folder / named[1]).write_text(text, encoding="utf-8")
        return ""
    tools = folder / ".tools"
    tools.mkdir(exist_ok=True)
    (tools / "sepeval").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sepeval "$@"\n')
    (tools / "sepeval").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]),
        "COLUMNS": "200",
    }
    kind = ["bash", "-euo", "pipefail"] if language == "sh" else [sys.executable]
    done = subprocess.run(
        [*kind, "-c", text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
