"""One battery over all registered separators.

A newcomer adds its examples to `EXAMPLES`: settings that build it small, none alike.
"""

import json
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sepeval import audio
from sepeval.separators.base import SEPARATORS, Described, Estimate, Oracle, Recording, Separator
from sepeval.types import Array, Track

STEMS = ("bass", "drums")
RATE = 8000


def halves(mixture: Array, rate: int) -> Array:
    """A deterministic target for the separator `callable`."""
    assert rate > 0
    return np.stack([mixture, mixture]) / 2.0


def noisy(mixture: Array, rate: int, *, seed: int) -> Array:
    """A stochastic target for the separator `callable`."""
    noise = np.random.default_rng(seed).standard_normal((2, *mixture.shape))
    return halves(mixture, rate) + 1e-3 * noise


EXAMPLES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "callable": (
        {"target": f"{__name__}:halves", "stems": STEMS},
        {"target": f"{__name__}:noisy", "stems": STEMS},
        {"target": f"{__name__}:noisy", "stems": STEMS, "tag": "v2"},
    ),
    "files": ({"root": ".", "pattern": "{track}/{stem}.wav"},),
    "ideal_binary_mask": (
        {},
        {"power": 2},
        {"theta": 0.7},
        {"window": 512, "hop": 256},
        {"hop": 512},
    ),
    "ideal_ratio_mask": ({}, {"power": 1}, {"window": 512, "hop": 256}, {"hop": 512}),
    "leaky_reference": ({"leak_db": -40.0}, {"leak_db": -20.0}),
    "mixture": ({"stems": STEMS}, {"stems": STEMS[::-1]}),
    "mixture_over_n": ({"stems": STEMS}, {"stems": STEMS[::-1]}),
    "multichannel_wiener": ({}, {"window": 512, "hop": 256}, {"hop": 512}),
    "zeros": ({"stems": STEMS}, {"stems": STEMS[::-1]}),
}
CASES = [
    pytest.param(name, settings, id=f"{name}-{number}")
    for name, examples in EXAMPLES.items()
    for number, settings in enumerate(examples)
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths and caches end in the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def references(channels: int, length: int, *, seed: int = 0) -> Array:
    return 0.1 * np.random.default_rng(seed).standard_normal((2, channels, length))


def estimate(separator: Described, sources: Array, *, seed: int = 0) -> Estimate:
    """The estimate of any kind of separator for the sum of the sources."""
    mixture = sources.sum(axis=0)
    if isinstance(separator, Separator):
        return separator.separate(mixture, rate=RATE, seed=seed)
    if isinstance(separator, Oracle):
        return separator.separate(sources, mixture, stems=STEMS)
    assert isinstance(separator, Recording)
    Path("one").mkdir(exist_ok=True)
    for stem, samples in zip(STEMS, sources, strict=True):
        audio.write(Path(f"one/{stem}.wav"), samples, rate=RATE, encoding="FLOAT")
    track = Track("one", "test", RATE, len(mixture), mixture.shape[-1], {}, None)
    return separator.estimate(track, stems=STEMS, rate=RATE)


def build(name: str, settings: Mapping[str, Any]) -> Described:
    return SEPARATORS.get(name)(**settings)


def test_every_registered_separator_has_an_example() -> None:
    built_in = {
        name
        for name in SEPARATORS.names()
        if SEPARATORS.get(name).__module__.startswith("sepeval.separators.")
    }

    assert set(EXAMPLES) == built_in


@pytest.mark.parametrize(("name", "settings"), CASES)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("length", [1, 2, 1023, 4099])
def test_an_estimate_has_the_shape_of_the_mixture(
    name: str, settings: Mapping[str, Any], channels: int, length: int
) -> None:
    found = estimate(build(name, settings), references(channels, length))

    assert sorted(found.stems) == sorted(STEMS)
    assert found.audio.shape == (2, channels, length)
    assert found.audio.dtype == np.float64
    assert np.isfinite(found.audio).all()


@pytest.mark.parametrize(("name", "settings"), CASES)
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_gives_finite_estimates(
    name: str, settings: Mapping[str, Any], channels: int
) -> None:
    found = estimate(build(name, settings), np.zeros((2, channels, 3000)))

    assert np.isfinite(found.audio).all()


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_one_silent_stem_gives_finite_estimates(name: str, settings: Mapping[str, Any]) -> None:
    sources = references(2, 3000)
    sources[0] = 0.0

    assert np.isfinite(estimate(build(name, settings), sources).audio).all()


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_the_same_seed_gives_the_same_estimate(name: str, settings: Mapping[str, Any]) -> None:
    first, second = (estimate(build(name, settings), references(2, 3000)) for _ in range(2))

    assert first.audio.tobytes() == second.audio.tobytes()


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_another_seed_matters_to_stochastic_separators_alone(
    name: str, settings: Mapping[str, Any]
) -> None:
    separator = build(name, settings)

    first, second = (estimate(separator, references(2, 3000), seed=seed) for seed in (1, 2))

    assert (first.audio.tobytes() != second.audio.tobytes()) == separator.is_stochastic


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_what_was_separated_before_does_not_matter(name: str, settings: Mapping[str, Any]) -> None:
    separator = build(name, settings)

    estimate(separator, references(1, 2000, seed=9), seed=3)
    later = estimate(separator, references(2, 3000), seed=1)

    assert (
        later.audio.tobytes()
        == estimate(build(name, settings), references(2, 3000), seed=1).audio.tobytes()
    )


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_the_arguments_are_not_changed(name: str, settings: Mapping[str, Any]) -> None:
    sources = references(2, 3000)

    estimate(build(name, settings), sources)

    assert sources.tobytes() == references(2, 3000).tobytes()


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_a_description_is_a_document_with_name_and_version(
    name: str, settings: Mapping[str, Any]
) -> None:
    description = build(name, settings).describe()

    assert description["name"] == name
    assert isinstance(description["version"], int)
    assert json.loads(json.dumps(description, allow_nan=False)) == description


@pytest.mark.parametrize("name", EXAMPLES)
def test_another_setting_gives_another_description(name: str) -> None:
    descriptions = {
        json.dumps(build(name, settings).describe(), sort_keys=True) for settings in EXAMPLES[name]
    }

    assert len(descriptions) == len(EXAMPLES[name])


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_a_separator_survives_pickling(name: str, settings: Mapping[str, Any]) -> None:
    separator = build(name, settings)

    copy = pickle.loads(pickle.dumps(separator))  # noqa: S301 - its own output

    assert copy == separator
    assert copy.describe() == separator.describe()


@pytest.mark.parametrize("name", EXAMPLES)
def test_unknown_settings_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no_such_setting"):
        build(name, {**EXAMPLES[name][0], "no_such_setting": 1})


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_separator_says_in_one_line_what_it_is(name: str) -> None:
    assert 0 < len(SEPARATORS.get(name).summary) <= 90
    assert "\n" not in SEPARATORS.get(name).summary
