"""Converted weights are the source's, bit for bit, and say where they came from."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sepeval.checkpoints import Card, beside, card_of, contents, convert, read, save
from sepeval.errors import SeparatorError
from tests.checkpoints import tiny

CARD = Card(
    separator="diff-vs",
    architecture={"channels": 4},
    rate=44100,
    channels=2,
    stems=["vocals"],
    segment=None,
    precision="fp32",
)


@pytest.mark.parametrize("kind", ["diffusion", "consistency"])
def test_two_networks_come_back_bit_for_bit(tmp_path: Path, kind: str) -> None:
    make = {"diffusion": tiny.diffusion, "consistency": tiny.consistency}[kind]
    source = contents(read(make(tmp_path / "a.ckpt")))

    convert(tmp_path / "a.ckpt", tmp_path / "b.safetensors")

    found = contents(read(tmp_path / "b.safetensors"))
    assert (found.layout.separator, found.layout.kind) == ("dicose-unet", kind)
    assert found.sigma_data == source.sigma_data
    assert found.networks.keys() == source.networks.keys() == {"extractor", "refiner"}
    for name, network in source.networks.items():
        again = found.networks[name]
        assert again.hyper == network.hyper
        assert again.tensors.keys() == network.tensors.keys()
        assert all(torch.equal(again.tensors[key], one) for key, one in network.tensors.items())


def test_one_network_keeps_its_own_names(tmp_path: Path) -> None:
    state = tiny.tensors("model.unet.", tiny.TIME)
    tiny.lightning(tmp_path / "a.ckpt", state, {"channels": 4, "learning_rate": 0.1})

    card = convert(tmp_path / "a.ckpt", tmp_path / "b.safetensors")

    assert read(tmp_path / "b.safetensors").tensors.keys() == tiny.SHAPES.keys() - {tiny.TIME}
    assert card.architecture == {"network": {"channels": 4}}


def test_the_card_vouches_for_source_and_result(tmp_path: Path) -> None:
    tiny.consistency(tmp_path / "a.ckpt")

    card = convert(tmp_path / "a.ckpt", tmp_path / "b.safetensors")

    assert card == card_of(tmp_path / "b.safetensors")
    assert card.sha256 == read(tmp_path / "b.safetensors").sha256()
    assert card.source is not None
    assert card.source.file == "a.ckpt"
    assert card.source.sha256 == read(tmp_path / "a.ckpt").sha256()


def test_whoever_may_read_the_card_may_read_the_weights(tmp_path: Path) -> None:
    convert(tiny.consistency(tmp_path / "a.ckpt"), tmp_path / "b.safetensors")

    modes = [path.stat().st_mode for path in tmp_path.glob("b.*")]
    assert modes[0] == modes[1]


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    tiny.consistency(tmp_path / "a.ckpt")

    first = convert(tmp_path / "a.ckpt", tmp_path / "b.safetensors")
    second = convert(tmp_path / "a.ckpt", tmp_path / "c.safetensors")

    assert first == second


def test_what_was_converted_can_be_converted_again(tmp_path: Path) -> None:
    tiny.consistency(tmp_path / "a.ckpt")
    first = convert(tmp_path / "a.ckpt", tmp_path / "b.safetensors")

    second = convert(tmp_path / "b.safetensors", tmp_path / "c.safetensors")

    assert second.sha256 == first.sha256
    assert second.architecture == first.architecture


@pytest.mark.parametrize("there", ["b.safetensors", "b.safetensors.yaml"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    tiny.consistency(tmp_path / "a.ckpt")
    (tmp_path / there).write_text("mine")

    with pytest.raises(SeparatorError, match="is there already"):
        convert(tmp_path / "a.ckpt", tmp_path / "b.safetensors")

    assert (tmp_path / there).read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["a.ckpt", there])


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeparatorError, match=r"ends in \.safetensors"):
        convert(tiny.consistency(tmp_path / "a.ckpt"), tmp_path / "b.pt")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    tiny.consistency(tmp_path / "a.ckpt")

    with pytest.raises(SeparatorError, match=r"no/b\.safetensors: cannot be written"):
        convert(tmp_path / "a.ckpt", tmp_path / "no" / "b.safetensors")


def test_another_number_of_stems_is_refused(tmp_path: Path) -> None:
    state = tiny.tensors("model.unet.", tiny.TIME, **{tiny.LABEL: (8, 2)})
    tiny.lightning(tmp_path / "a.ckpt", state, {})

    with pytest.raises(SeparatorError, match="gives 2 stems; 4 are named"):
        convert(tmp_path / "a.ckpt", tmp_path / "b.safetensors")
    card = convert(tmp_path / "a.ckpt", tmp_path / "b.safetensors", stems=["x", "y"], rate=8000)

    assert (card.stems, card.rate) == (["x", "y"], 8000)


def test_what_no_file_tells_is_asked_for(tmp_path: Path) -> None:
    tiny.lightning(tmp_path / "a.ckpt", tiny.tensors("model.unet.", tiny.LABEL), {})

    with pytest.raises(SeparatorError, match="does not tell its stems; name them"):
        convert(tmp_path / "a.ckpt", tmp_path / "b.safetensors")

    assert convert(tmp_path / "a.ckpt", tmp_path / "b.safetensors", stems=["bass"]).channels == 1


def test_demucs_keeps_class_arguments_and_half_precision(tmp_path: Path) -> None:
    with tiny.foreign("demucs.hdemucs", "HDemucs") as kind:
        kwargs = {"sources": ["drums", "vocals"], "samplerate": 8000, "audio_channels": 1}
        state = {"w": torch.ones(2, dtype=torch.float16)}
        document = {"klass": kind, "args": (), "kwargs": kwargs, "state": state}
        torch.save(document, tmp_path / "a.th")

    card = convert(tmp_path / "a.th", tmp_path / "b.safetensors")

    found = contents(read(tmp_path / "b.safetensors"))
    assert (card.stems, card.rate, card.channels) == (["drums", "vocals"], 8000, 1)
    assert found.networks["network"].hyper["klass"] == "demucs.hdemucs.HDemucs"
    assert found.networks["network"].tensors["w"].dtype == torch.float16


def test_a_card_cannot_name_a_class_either(tmp_path: Path) -> None:
    hostile = CARD.model_copy(update={"architecture": {"klass": "builtins.print"}})
    save(tmp_path / "a.safetensors", {"network": {"w": torch.ones(1)}}, hostile)

    with pytest.raises(SeparatorError, match=r"names the class 'builtins\.print'"):
        contents(read(tmp_path / "a.safetensors"))


def test_tensors_that_share_memory_are_stored_apart(tmp_path: Path) -> None:
    shared = torch.arange(6.0)
    parts = {"network": {"a": shared, "b": shared, "c": shared[2:4], "d": shared.reshape(2, 3).T}}

    save(tmp_path / "a.safetensors", parts, CARD)

    found = read(tmp_path / "a.safetensors").tensors
    assert all(torch.equal(found[name], one) for name, one in parts["network"].items())


def test_a_network_of_ones_own_is_saved_and_found_again(tmp_path: Path) -> None:
    network = torch.nn.Linear(3, 2)

    card = save(tmp_path / "a.safetensors", {"network": network.state_dict()}, CARD)

    found = contents(read(tmp_path / "a.safetensors"))
    assert found.card == card
    assert found.layout.separator == "diff-vs"
    assert torch.equal(found.networks["network"].tensors["weight"], network.weight)
    assert beside(tmp_path / "a.safetensors").is_file()
    assert len(list(tmp_path.iterdir())) == 2
