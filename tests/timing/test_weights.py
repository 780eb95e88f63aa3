"""Cards of the published shape, and random weights made from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from sepeval.errors import SeparatorError
from sepeval.separators.bs_roformer import BSRoFormerSeparator
from sepeval.separators.dicose_unet import DicoseUNet
from sepeval.timing import facts
from sepeval.timing.operations import operations
from sepeval.timing.weights import card_named, carded, random_checkpoint, shapes
from tests.timing.tiny import BANDS, UNET, checkpoint, write_card

# counted on the official classes
UNET_PARAMETERS = {"extractor": 405_231_900, "refiner": 405_496_220}
BANDS_PARAMETERS = {"extractor": 131_704_164, "refiner": 179_865_576}
DET2_PARAMETERS = 136_779_240
UNET_GFLOP = 244.642820096  # one stem of 262144 samples
BANDS_GFLOP = 5822.075034624  # 485100 samples


def count(network: nn.Module) -> int:
    return sum(facts.parameters({"network": network}).values())


def test_there_are_cards_of_both_families() -> None:
    assert carded() == ("bs-roformer", "dicose-unet")


@pytest.mark.parametrize(
    ("name", "expected"), [("dicose-unet", UNET_PARAMETERS), ("bs-roformer", BANDS_PARAMETERS)]
)
def test_the_cards_have_the_published_parameters(name: str, expected: dict[str, int]) -> None:
    networks = shapes(card_named("random", name), "diffusion")

    assert {part: count(network) for part, network in networks.items()} == expected


def test_the_stacked_refiner_of_bs_roformer_has_its_published_parameters() -> None:
    networks = shapes(card_named("random", "bs-roformer"), "stacked")

    assert count(networks["refiner"]) == DET2_PARAMETERS


def test_a_pass_of_the_u_net_has_the_operations_of_the_official_class() -> None:
    card = card_named("random", "dicose-unet")
    network = shapes(card, "deterministic")["extractor"].eval()
    assert card.segment is not None
    x, label = torch.empty(1, 1, card.segment, device="meta"), torch.empty(1, 4, device="meta")

    found = operations(lambda: network(x, label=label))

    assert found == pytest.approx(UNET_GFLOP * 1e9, rel=1e-6)


def test_a_pass_of_bs_roformer_has_the_operations_of_the_official_class() -> None:
    card = card_named("random", "bs-roformer")
    network = shapes(card, "deterministic")["extractor"].eval()
    assert card.segment is not None
    x = torch.empty(1, 2, card.segment, device="meta")

    with torch.inference_mode():
        found = operations(lambda: network(x))

    assert found == pytest.approx(BANDS_GFLOP * 1e9, rel=1e-6)


@pytest.mark.parametrize("kind", ["deterministic", "stacked", "diffusion", "consistency"])
def test_separators_load_random_weights_like_any_others(tmp_path: Path, kind: str) -> None:
    unet = DicoseUNet(checkpoint=checkpoint(tmp_path, kind), kind=kind)  # type: ignore[arg-type]  # one of the kinds
    bands = BSRoFormerSeparator(checkpoint=checkpoint(tmp_path, kind, BANDS), kind=kind)  # type: ignore[arg-type]  # likewise
    noise = np.random.default_rng(0).standard_normal((2, 256)) / 10.0

    for separator, mixture in ((unet, noise[:1]), (bands, noise)):
        found = separator.separate(mixture, rate=8000, seed=0)
        assert np.isfinite(found.audio).all()
        assert found.audio.any()


def test_random_weights_are_the_same_each_time(tmp_path: Path) -> None:
    card = card_named(f"random:{write_card(tmp_path)}", "dicose-unet")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one, two = (random_checkpoint(card, "diffusion", tmp_path / name) for name in ("a", "b"))

    assert one.read_bytes() == two.read_bytes()


def test_two_cards_never_share_weights(tmp_path: Path) -> None:
    card = card_named(f"random:{write_card(tmp_path)}", "dicose-unet")
    other = card.model_copy(update={"stems": ["drums", "bass"]})

    assert random_checkpoint(card, "diffusion", tmp_path) != random_checkpoint(
        other, "diffusion", tmp_path
    )


def test_a_separator_without_a_card_is_told_what_there_is() -> None:
    with pytest.raises(SeparatorError, match="bs-roformer, dicose-unet"):
        card_named("random", "demucs")


def test_the_card_of_another_separator_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeparatorError, match="expected a card of 'bs-roformer'"):
        card_named(f"random:{write_card(tmp_path)}", "bs-roformer")


def test_a_card_that_does_not_say_the_shape_is_refused(tmp_path: Path) -> None:
    architecture = {"extractor": {"channels": 16}, "refiner": {}}
    path = write_card(tmp_path, {**UNET, "architecture": architecture})

    with pytest.raises(SeparatorError, match="does not say the shape"):
        shapes(card_named(f"random:{path}", "dicose-unet"), "deterministic")
