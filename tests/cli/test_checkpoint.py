"""`sepeval checkpoint`: what a person sees of a file of weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.checkpoints import tiny
from tests.cli.conftest import Command


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_inspect_says_which_separator_fits(sepeval: Command, tmp_path: Path) -> None:
    done = sepeval("checkpoint", "inspect", tiny.consistency(tmp_path / "a.ckpt"))

    assert done.code == 0, done.err
    assert "fits        separator dicose-unet, consistency" in done.out
    assert "attention_heads 1" in done.out
    assert "teacher_model.  (not needed)" in done.out


def test_lines_fit_a_narrow_terminal(sepeval: Command, tmp_path: Path) -> None:
    done = sepeval("checkpoint", "inspect", tiny.consistency(tmp_path / "a.ckpt"))

    lines = [line for line in done.out.splitlines() if not line.startswith("file ")]
    assert max(map(len, lines)) <= 80


def test_every_tensor_is_listed_on_request(sepeval: Command, tmp_path: Path) -> None:
    path = tiny.consistency(tmp_path / "a.ckpt")

    short, full = (sepeval("checkpoint", "inspect", path, *more) for more in ([], ["--all"]))

    assert short.out.count(tiny.UNET) < full.out.count(tiny.UNET) == 4
    assert "1 more; --all lists them" in short.out
    assert "cfg.diffusion.sigma_data  0.06" in full.out


def test_inspect_as_json_holds_every_shape(sepeval: Command, tmp_path: Path) -> None:
    done = sepeval("checkpoint", "inspect", tiny.diffusion(tmp_path / "a.ckpt"), "--json")

    found = json.loads(done.out)
    assert found["separator"] == "dicose-unet"
    assert found["shapes"][f"model.unet.{tiny.UNET}"] == [4, 4, 3]
    assert found["unique_parameters"] < found["parameters"]
    assert len(found["sha256"]) == 64


def test_an_unknown_layout_ends_with_a_finding(sepeval: Command, tmp_path: Path) -> None:
    torch.save({"a": torch.ones(1)}, tmp_path / "a.pt")

    done = sepeval("checkpoint", "inspect", tmp_path / "a.pt")

    assert done.code == 1
    assert "not known" in done.out


def test_a_hostile_file_is_one_clear_message(sepeval: Command, tmp_path: Path) -> None:
    spoiled = tiny.rewritten(
        tiny.diffusion(tmp_path / "a.ckpt"), tiny.calling("posix", "system", "false")
    )

    done = sepeval("checkpoint", "inspect", spoiled)

    assert done.code == 2
    assert done.out == ""
    assert "names 'posix.system'" in done.err
    assert "Traceback" not in done.err


def test_convert_writes_weights_and_card(sepeval: Command, tmp_path: Path) -> None:
    out = tmp_path / "b.safetensors"

    done = sepeval("checkpoint", "convert", tiny.consistency(tmp_path / "a.ckpt"), "-o", out)

    assert done.code == 0, done.err
    assert f"weights: {out}" in done.err
    assert "separator  dicose-unet, consistency" in done.out
    again = sepeval("checkpoint", "inspect", out)
    assert again.code == 0
    assert "with a card" in again.out


def test_convert_takes_what_the_file_does_not_tell(sepeval: Command, tmp_path: Path) -> None:
    state = tiny.tensors("model.unet.", tiny.TIME, **{tiny.LABEL: (8, 2)})
    path = tiny.lightning(tmp_path / "a.ckpt", state, {})
    words = ("--stems", "a,b", "--rate", 8000, "--channels", 1, "--segment", 64, "--json")

    done = sepeval("checkpoint", "convert", path, "-o", tmp_path / "b.safetensors", *words)

    card = json.loads(done.out)
    assert (card["stems"], card["rate"], card["segment"]) == (["a", "b"], 8000, 64)


def test_convert_never_overwrites(sepeval: Command, tmp_path: Path) -> None:
    path = tiny.consistency(tmp_path / "a.ckpt")
    (tmp_path / "b.safetensors").touch()

    done = sepeval("checkpoint", "convert", path, "-o", tmp_path / "b.safetensors")

    assert done.code == 2
    assert "never overwritten" in done.err
