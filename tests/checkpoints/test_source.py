"""Weights by path, and from the Hub through a stand-in."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from sepeval.checkpoints import resolve
from sepeval.errors import DependencyError, SeparatorError

ADDRESS = "hf://someone/Model-1.0@3f2a/CD_unet/model.ckpt"


def hub(monkeypatch: pytest.MonkeyPatch, download: object) -> None:
    stand_in = types.ModuleType("huggingface_hub")
    monkeypatch.setattr(stand_in, "hf_hub_download", download, raising=False)
    monkeypatch.setitem(sys.modules, "huggingface_hub", stand_in)


def test_a_path_is_itself(tmp_path: Path) -> None:
    (tmp_path / "a.pt").touch()

    assert resolve(str(tmp_path / "a.pt")) == tmp_path / "a.pt"


def test_a_path_that_leads_nowhere_is_named() -> None:
    with pytest.raises(SeparatorError, match=r"'no/such\.pt': there is no such file"):
        resolve("no/such.pt")


def test_an_address_is_taken_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []

    def download(**words: str) -> str:
        asked.append(words)
        return str(tmp_path / "a")

    hub(monkeypatch, download)

    assert resolve(ADDRESS) == tmp_path / "a"
    assert asked == [
        {"repo_id": "someone/Model-1.0", "filename": "CD_unet/model.ckpt", "revision": "3f2a"}
    ]


@pytest.mark.parametrize(
    "text",
    [
        "hf://someone/model/model.ckpt",
        "hf://model@main/model.ckpt",
        "hf://someone/model@/model.ckpt",
        "hf://someone/model@main/",
        "hf://someone/model@main/../../etc/passwd",
        "hf://someone/model@main/a/../b",
    ],
)
def test_an_address_without_revision_or_with_a_way_out_is_refused(text: str) -> None:
    with pytest.raises(SeparatorError, match="revision is a commit, tag or branch"):
        resolve(text)


def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    with pytest.raises(DependencyError, match=r"pip install 'sepeval\[hub\]'"):
        resolve(ADDRESS)


def test_a_missing_network_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(**_words: str) -> str:
        raise ConnectionError("no route to host\nand more")

    hub(monkeypatch, download)

    with pytest.raises(SeparatorError, match="no route to host; without a network, download it by"):
        resolve(ADDRESS)
