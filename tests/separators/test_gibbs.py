"""Gibbs sampling around deterministic separators."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from pydantic import ValidationError

from sepeval.cli import build
from sepeval.errors import SeparatorError, SepevalError
from sepeval.separators.base import Estimate, Plain, Separator
from sepeval.separators.gibbs import Gibbs
from sepeval.separators.trivial import MixtureOverN, Zeros
from sepeval.types import Array
from tests.separators import unet_weights

STEMS = ("low", "high")


@dataclass(frozen=True)
class Bands(Separator):
    """Two stems by their sign: a stem that is heard alone comes back as it is."""

    leak: float = 0.0
    summary: ClassVar[str] = "bands"

    @property
    def is_stochastic(self) -> bool:
        return False

    def describe(self) -> Mapping[str, Plain]:
        return {"name": "bands"}

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        assert (rate, seed) == (8, 0)
        low, high = mixture.clip(max=0.0), mixture.clip(min=0.0)
        audio = np.stack([low + self.leak * high, high + self.leak * low])
        return Estimate(STEMS, audio, 3, notes=("a note",))


@dataclass(frozen=True)
class Noisy(Bands):
    """A stochastic separator."""

    @property
    def is_stochastic(self) -> bool:
        return True


@dataclass(frozen=True)
class Fickle(Bands):
    """Gives one sample less, or other stems, whenever the mixture is not all positive."""

    renamed: bool = False

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        assert (rate, seed) == (8, 0)
        audio = np.stack([mixture, mixture - 2.0])
        if (mixture > 0.0).all():
            return Estimate(STEMS, audio)
        if self.renamed:
            return Estimate(("one", "two"), audio)
        return Estimate(STEMS, audio[..., 1:])


def signal(length: int = 50) -> Array:
    return np.random.default_rng(0).standard_normal((1, length))


def test_one_step_is_the_inner_separator() -> None:
    separator = Gibbs(inner=Bands(leak=0.2), steps=1, blocks="random")

    found = separator.separate(signal(), rate=8, seed=0)

    assert found.audio.tolist() == Bands(leak=0.2).separate(signal(), rate=8, seed=0).audio.tolist()
    assert not separator.is_stochastic


@pytest.mark.parametrize("blocks", ["cyclic", "random"])
def test_stems_that_are_right_stay(blocks: str) -> None:
    separator = Gibbs(inner=Bands(), steps=8, blocks=blocks)  # type: ignore[arg-type]  # validated

    found = separator.separate(signal(), rate=8, seed=0)

    true = Bands().separate(signal(), rate=8, seed=0).audio
    assert found.audio == pytest.approx(true, abs=1e-12)


def test_a_stem_is_estimated_from_what_the_others_leave() -> None:
    mixture = signal()
    inner = Bands(leak=0.2)
    first = inner.separate(mixture, rate=8, seed=0).audio

    found = Gibbs(inner=inner, steps=2, blocks="cyclic").separate(mixture, rate=8, seed=0)

    again = inner.separate(mixture - first[1], rate=8, seed=0).audio
    assert found.audio[0].tolist() == again[0].tolist()
    assert found.audio[1].tolist() == first[1].tolist()


def test_evaluations_of_all_steps_are_counted_and_notes_kept_once() -> None:
    found = Gibbs(inner=Bands(), steps=5, blocks="cyclic").separate(signal(), rate=8, seed=0)

    assert (found.nfe, found.notes) == (15, ("a note",))


def test_random_blocks_come_from_the_seed_and_begin_with_all_stems() -> None:
    separator = Gibbs(inner=Zeros(("a", "b", "c")), steps=40, blocks="random")

    blocks = separator._drawn(3, 1)

    assert len(blocks) == 39
    assert blocks[0].all()
    assert all(block.any() for block in blocks)
    assert np.mean([block.sum() for block in blocks[-10:]]) < 2.0
    assert [b.tolist() for b in blocks] == [b.tolist() for b in separator._drawn(3, 1)]
    assert [b.tolist() for b in blocks] != [b.tolist() for b in separator._drawn(3, 2)]


def test_random_blocks_of_two_steps_estimate_all_again() -> None:
    found = Gibbs(inner=Bands(leak=0.2), steps=2, blocks="random").separate(
        signal(), rate=8, seed=0
    )

    assert found.audio.tolist() == Bands(leak=0.2).separate(signal(), rate=8, seed=0).audio.tolist()


def test_a_stochastic_separator_is_refused() -> None:
    with pytest.raises(SeparatorError, match="'bands' draws noise"):
        Gibbs(inner=Noisy(), steps=2, blocks="cyclic")


@pytest.mark.parametrize(("renamed", "message"), [(True, "returned one, two"), (False, "1, 49")])
def test_an_inner_separator_that_changes_its_mind_is_refused(renamed: bool, message: str) -> None:
    separator = Gibbs(inner=Fickle(renamed=renamed), steps=3, blocks="cyclic")

    with pytest.raises(SeparatorError, match=rf"gibbs, step [23]: expected low, high.*{message}"):
        separator.separate(np.full((1, 50), 0.5), rate=8, seed=0)


def test_the_description_holds_that_of_the_inner_separator() -> None:
    assert Gibbs(inner=Bands(), steps=5, blocks="cyclic").describe() == {
        "name": "gibbs",
        "version": 1,
        "steps": 5,
        "blocks": "cyclic",
        "inner": {"name": "bands"},
    }


def test_settings_that_make_no_sense_are_refused() -> None:
    for change in ({"steps": 0}, {"blocks": "all"}, {"inner": 3}):
        with pytest.raises(ValidationError):
            Gibbs(**{"inner": Bands(), "steps": 2, "blocks": "cyclic", **change})  # type: ignore[arg-type]  # that is the point


def test_the_command_line_builds_the_inner_separator(tmp_path: Path) -> None:
    checkpoint = unet_weights.deterministic(tmp_path)
    words = [
        "inner=dicose-unet",
        f"inner.checkpoint={checkpoint}",
        "inner.kind=deterministic",
        "inner.chunk=none",
        "steps=4",
        "blocks=random",
    ]

    found = build.separator("gibbs", build.settings(words, option="--setting"), ("bass", "drums"))

    assert isinstance(found, Gibbs)
    assert found.steps == 4
    assert found.inner.describe()["name"] == "dicose-unet"


def test_the_inner_separator_is_told_its_stems() -> None:
    given = {"inner": "mixture_over_n", "steps": "2", "blocks": "cyclic"}

    found = build.separator("gibbs", given, ("bass", "drums"))

    assert isinstance(found, Gibbs)
    assert found.inner == MixtureOverN(("bass", "drums"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"steps": "2", "blocks": "cyclic"}, "needs 'inner'"),
        ({"inner": "zeros", "inner.x": "1", "steps": "2", "blocks": "cyclic"}, "'zeros': has no"),
        ({"inner": "nothing", "steps": "2", "blocks": "cyclic"}, "no separator is named 'nothing'"),
    ],
)
def test_a_wrong_inner_separator_is_named(given: dict[str, str], message: str) -> None:
    with pytest.raises(SepevalError, match=message):
        build.separator("gibbs", given, ("bass", "drums"))


def test_settings_of_a_wrapped_separator_are_none_of_others() -> None:
    with pytest.raises(SepevalError, match=r"has no 'inner\.x'"):
        build.separator("zeros", {"inner.x": "1"}, ("bass", "drums"))
