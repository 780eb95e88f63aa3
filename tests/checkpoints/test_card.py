"""The card beside a file of weights: strict, and checked against the file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from sepeval.checkpoints import Card, Source, beside, card_of, contents, read
from sepeval.checkpoints.card import as_yaml
from sepeval.errors import SeparatorError
from sepeval.protocol.strict_yaml import parse

BY_HAND = """\
separator: exported
rate: 44100
channels: 2
stems: [vocals, other]
segment: null
precision: fp32
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "a.safetensors"
    save_file({"w": torch.ones(1)}, path)
    beside(path).write_text(text, encoding="utf-8")
    return path


def test_a_card_by_hand_needs_no_digests(tmp_path: Path) -> None:
    found = card_of(write(tmp_path, BY_HAND))

    assert found is not None
    assert found.stems == ["vocals", "other"]
    assert (found.kind, found.sha256, found.source, found.sigma_data) == ("", "", None, None)


def test_no_card_is_no_error(tmp_path: Path) -> None:
    assert card_of(tmp_path / "a.pt") is None


def test_every_problem_of_a_card_is_told_at_once(tmp_path: Path) -> None:
    text = BY_HAND.replace("rate: 44100", "rate: fast").replace("channels: 2", "chanels: 2")

    with pytest.raises(SeparatorError) as told:
        card_of(write(tmp_path, text))

    message = str(told.value)
    assert "rate: Input should be a valid integer; found 'fast'" in message
    assert "channels is missing" in message
    assert "chanels is no field of a card" in message


@pytest.mark.parametrize("text", ["a: !!python/tuple [1]", "a: &b 1\nc: *b", "a: 1\na: 2", "[1"])
def test_a_card_is_strict_yaml(tmp_path: Path, text: str) -> None:
    with pytest.raises(SeparatorError, match=r"a\.safetensors\.yaml"):
        card_of(write(tmp_path, text))


def test_weights_that_were_changed_are_refused_with_both_digests(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    first = read(path).sha256()
    beside(path).write_text(BY_HAND + f'sha256: "{first}"\n')
    contents(read(path))

    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)

    with pytest.raises(SeparatorError, match=first) as told:
        contents(read(path))
    assert read(path).sha256() in str(told.value)


_TEXTS = st.text(min_size=1, max_size=20) | st.sampled_from(
    ["1e5", "0x1f", "null", "true", "~", "- a", "1_0", "12e45", "no", "2020-01-01", "a: b", "#", ""]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_TEXTS.filter(bool), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(_TEXTS.filter(bool), _VALUES, max_size=3), st.integers(0, 16**64 - 1))
def test_a_card_is_read_as_it_was_written(architecture: dict[str, object], number: int) -> None:
    digest = f"{number:064x}"
    document = {
        "separator": "dicose-unet",
        "kind": "consistency",
        "architecture": architecture,
        "rate": 22050,
        "channels": 1,
        "stems": ["bass"],
        "segment": 262144,
        "precision": "fp32",
        "sigma_data": 1e-5,
        "sha256": digest,
        "source": Source(file="1e5.ckpt", sha256=digest),
    }
    card = Card.model_validate(document)

    assert Card.model_validate(parse(as_yaml(card), name="card")) == card
