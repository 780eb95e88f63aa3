"""One battery over all registered separators.

A newcomer adds its examples to `EXAMPLES`: settings that build it small, none alike.
"""

import json
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sepeval import audio
from sepeval.errors import SeparatorError
from sepeval.inference import numerics
from sepeval.separators.base import SEPARATORS, Described, Estimate, Oracle, Recording, Separator
from sepeval.separators.files import Files
from sepeval.separators.network import NetworkSeparator
from sepeval.separators.trivial import Mixture, MixtureOverN
from sepeval.types import Array, Track
from tests.separators import bs_roformer_weights, exports, small_weights, unet_weights

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


@dataclass(frozen=True)
class Example:
    """Settings that build a separator small, and what it hears and gives.

    Attributes:
        settings: of the separator. A value that is a function is called with the test's empty
            folder, which is the current one too, writes a tiny checkpoint there, the same bytes
            each time, and returns its path.
        stems: that it gives.
        rate: that it works at, in Hz.
        channels: numbers of channels that it takes.
    """

    settings: Mapping[str, Any]
    stems: tuple[str, ...] = STEMS
    rate: int = RATE
    channels: tuple[int, ...] = (1, 2)


def examples(*settings: Mapping[str, Any], **facts: Any) -> tuple[Example, ...]:  # noqa: ANN401 - fields of Example
    return tuple(Example(one, **facts) for one in settings)


EXAMPLES: Mapping[str, tuple[Example, ...]] = {
    "bs-roformer": examples(
        *(
            {**settings, "channels": "repeat"}
            for settings in (
                {"checkpoint": bs_roformer_weights.deterministic, "kind": "deterministic"},
                {"checkpoint": bs_roformer_weights.diffusion, "kind": "deterministic"},
                {"checkpoint": bs_roformer_weights.stacked, "kind": "stacked"},
                {"checkpoint": bs_roformer_weights.diffusion, "kind": "diffusion"},
                {"checkpoint": bs_roformer_weights.diffusion, "kind": "diffusion", "steps": 1},
                {"checkpoint": bs_roformer_weights.consistency, "kind": "consistency"},
                {"checkpoint": bs_roformer_weights.consistency, "kind": "consistency", "steps": 2},
            )
        ),
    ),
    "callable": examples(
        {"target": f"{__name__}:halves", "stems": STEMS},
        {"target": f"{__name__}:noisy", "stems": STEMS},
        {"target": f"{__name__}:noisy", "stems": STEMS, "tag": "v2"},
    ),
    "demucs": examples(
        {"checkpoint": small_weights.demucs, "channels": "each"},
        {"checkpoint": small_weights.demucs, "channels": "each", "shifts": 0},
        {"checkpoint": small_weights.demucs, "channels": "each", "shifts": 0, "split": False},
        {"checkpoint": small_weights.demucs, "channels": "each", "segment_s": 0.25},
    ),
    "dicose-unet": examples(
        *(
            {**settings, "channels": "each"}
            for settings in (
                {"checkpoint": unet_weights.deterministic, "kind": "deterministic"},
                {"checkpoint": unet_weights.diffusion, "kind": "deterministic"},
                {
                    "checkpoint": unet_weights.deterministic,
                    "kind": "deterministic",
                    "precision": "bf16",
                },
                {"checkpoint": unet_weights.stacked, "kind": "stacked"},
                {"checkpoint": unet_weights.diffusion, "kind": "diffusion"},
                {"checkpoint": unet_weights.diffusion, "kind": "diffusion", "sampler": "heun"},
                {"checkpoint": unet_weights.consistency, "kind": "consistency"},
                {"checkpoint": unet_weights.consistency, "kind": "consistency", "steps": 2},
            )
        ),
    ),
    "diff-vs": examples(
        *(
            {
                "checkpoint": small_weights.vocals,
                "channels": "each",
                "overlap": 500,
                "sigma_max": 1.0,
                **settings,
            }
            for settings in (
                {"steps": 2},
                {"steps": 2, "sampler": "euler"},
                {"steps": 2, "s_churn": 1.0},
                {"steps": 1},
            )
        ),
        stems=("vocals",),
    ),
    "exported": examples(
        {"checkpoint": exports.archive, "channels": "each"},
        {"checkpoint": exports.archive, "channels": "each", "precision": "bf16"},
        {"checkpoint": exports.archive, "channels": "each", "chunk": 512},
        {"checkpoint": exports.archive, "channels": "each", "overlap": 128, "window": "hann"},
        {"checkpoint": exports.archive, "channels": "each", "overlap": 128, "border": "reflect"},
        {"checkpoint": exports.archive, "channels": "each", "tail": "partial"},
        {"checkpoint": exports.archive, "channels": "downmix"},
        {"checkpoint": exports.script, "channels": "each"},
    ),
    "files": examples({"root": ".", "pattern": "{track}/{stem}.wav"}),
    "gibbs": examples(
        {"inner": MixtureOverN(STEMS), "steps": 3, "blocks": "cyclic"},
        {"inner": unet_weights.separator, "steps": 2, "blocks": "cyclic"},
        {"inner": unet_weights.separator, "steps": 3, "blocks": "cyclic"},
        {"inner": unet_weights.separator, "steps": 4, "blocks": "random"},
    ),
    "ideal_binary_mask": examples(
        {},
        {"power": 2},
        {"theta": 0.7},
        {"window": 512, "hop": 256},
        {"hop": 512},
    ),
    "ideal_ratio_mask": examples({}, {"power": 1}, {"window": 512, "hop": 256}, {"hop": 512}),
    "isdm": examples(
        {"checkpoint": unet_weights.isdm, "channels": "each", "steps": 2},
        {
            "checkpoint": unet_weights.isdm,
            "channels": "each",
            "steps": 6,
            "resamples": 1,
            "likelihood": "gaussian",
            "width": 2.0,
        },
    ),
    "leaky_reference": examples({"leak_db": -40.0}, {"leak_db": -20.0}),
    "mixture": examples({"stems": STEMS}, {"stems": STEMS[::-1]}),
    "mixture_over_n": examples({"stems": STEMS}, {"stems": STEMS[::-1]}),
    "msdm": examples(
        {"checkpoint": unet_weights.msdm, "channels": "each", "steps": 2},
        {"checkpoint": unet_weights.msdm, "channels": "each", "steps": 2, "source": 1},
        {
            "checkpoint": unet_weights.msdm,
            "channels": "each",
            "steps": 6,
            "resamples": 1,
            "likelihood": "gaussian",
            "width": 2.0,
        },
    ),
    "msg": examples(
        *(
            {"checkpoint": small_weights.generator, "inner": Mixture(STEMS), **settings}
            for settings in (
                {"stems": STEMS, "scale": "generator", "channels": "each"},
                {"stems": STEMS, "scale": "initial", "channels": "downmix"},
                {
                    "stems": STEMS,
                    "scale": "initial",
                    "channels": "downmix",
                    "resampling": "torchaudio_hann",
                },
            )
        ),
        rate=16_000,
    ),
    "msg-files": examples(
        {
            "checkpoint": small_weights.generator,
            "inner": Files(Path(), "{track}/{stem}.wav"),
            "stems": STEMS,
            "scale": "initial",
            "channels": "each",
        },
        rate=16_000,
    ),
    "multichannel_wiener": examples({}, {"window": 512, "hop": 256}, {"hop": 512}),
    "open-unmix": (
        *examples(
            {"checkpoint": small_weights.umx, "channels": "each"},
            {"checkpoint": small_weights.umx, "channels": "each", "niter": 0},
            {"checkpoint": small_weights.umx, "channels": "each", "wiener_frames": None},
        ),
        Example(
            {"checkpoint": small_weights.umx, "channels": "each", "residual": True},
            stems=(*STEMS, "residual"),
        ),
    ),
    "zeros": examples({"stems": STEMS}, {"stems": STEMS[::-1]}),
}


def is_network(name: str) -> bool:
    return issubclass(SEPARATORS.get(name), NetworkSeparator)


CASES = [  # of a network the first example, by default; the others are slow together
    pytest.param(
        name,
        example,
        id=f"{name}-{number}",
        marks=[pytest.mark.slow] if number and is_network(name) else [],
    )
    for name, of_name in EXAMPLES.items()
    for number, example in enumerate(of_name)
]
NETWORKS = [case for case in CASES if is_network(str(case.values[0]))]
FIRST = [  # of each separator with a network the first example, of others all: networks take long
    (name, example)
    for name, of_name in EXAMPLES.items()
    for example in (of_name[:1] if is_network(name) or name == "gibbs" else of_name)
]
WITH_CHANNELS = [
    pytest.param(name, example, channels, id=f"{name}-{place}-{channels}")
    for place, (name, example) in enumerate(FIRST)
    for channels in example.channels
]


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Networks as small as these lose more to threads than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths and caches end in the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def references(channels: int, length: int, *, seed: int = 0) -> Array:
    return 0.1 * np.random.default_rng(seed).standard_normal((2, channels, length))


def estimate(separator: Described, sources: Array, *, seed: int = 0, rate: int = RATE) -> Estimate:
    """The estimate of any kind of separator for the sum of the sources."""
    mixture = sources.sum(axis=0)
    if isinstance(separator, Separator):
        return separator.separate(mixture, rate=rate, seed=seed)
    if isinstance(separator, Oracle):
        return separator.separate(sources, mixture, stems=STEMS)
    assert isinstance(separator, Recording)
    Path("one").mkdir(exist_ok=True)
    for stem, samples in zip(STEMS, sources, strict=True):
        audio.write(Path(f"one/{stem}.wav"), samples, rate=rate, encoding="FLOAT")
    track = Track("one", "test", rate, len(mixture), mixture.shape[-1], {}, None)
    return separator.estimate(track, stems=STEMS, rate=rate)


def of(example: Example, name: str, *, length: int = 3000, seed: int = 0) -> Estimate:
    """The estimate of an example for noise of as many channels as it takes."""
    sources = references(max(example.channels), length)
    return estimate(build(name, example), sources, seed=seed, rate=example.rate)


def build(name: str, example: Example, **changes: object) -> Described:
    settings = {
        key: made(value, Path.cwd()) if callable(value) else value
        for key, value in example.settings.items()
    }
    return SEPARATORS.get(name)(**settings, **changes)


@cache
def made(maker: Callable[[Path], object], folder: Path) -> object:
    """What a function of an example has made, once in each folder."""
    found = maker(folder)
    return str(found) if isinstance(found, Path) else found


def test_every_registered_separator_has_an_example() -> None:
    built_in = {
        name
        for name in SEPARATORS.names()
        if SEPARATORS.get(name).__module__.startswith("sepeval.separators.")
    }

    assert set(EXAMPLES) == built_in


@pytest.mark.parametrize(("name", "example", "channels"), WITH_CHANNELS)
@pytest.mark.parametrize("length", [1, 2, 1023, 4099])
def test_an_estimate_has_the_shape_of_the_mixture(
    name: str, example: Example, channels: int, length: int
) -> None:
    found = estimate(build(name, example), references(channels, length), rate=example.rate)

    assert sorted(found.stems) == sorted(example.stems)
    assert found.audio.shape == (len(example.stems), channels, length)
    assert found.audio.dtype == np.float64
    assert np.isfinite(found.audio).all()


@pytest.mark.parametrize(("name", "example"), CASES)
def test_every_example_gives_its_stems_and_channels(name: str, example: Example) -> None:
    found = of(example, name)

    assert sorted(found.stems) == sorted(example.stems)
    assert found.audio.shape == (len(example.stems), max(example.channels), 3000)
    assert np.isfinite(found.audio).all()


@pytest.mark.parametrize(("name", "example", "channels"), WITH_CHANNELS)
def test_silence_gives_finite_estimates(name: str, example: Example, channels: int) -> None:
    silence = np.zeros((2, channels, 3000))

    assert np.isfinite(estimate(build(name, example), silence, rate=example.rate).audio).all()


@pytest.mark.parametrize(("name", "example"), CASES)
def test_one_silent_stem_gives_finite_estimates(name: str, example: Example) -> None:
    sources = references(max(example.channels), 3000)
    sources[0] = 0.0

    assert np.isfinite(estimate(build(name, example), sources, rate=example.rate).audio).all()


@pytest.mark.parametrize(("name", "example"), CASES)
def test_the_same_seed_gives_the_same_estimate(name: str, example: Example) -> None:
    first, second = (of(example, name) for _ in range(2))

    assert first.audio.tobytes() == second.audio.tobytes()


@pytest.mark.parametrize(("name", "example"), CASES)
def test_another_seed_matters_to_stochastic_separators_alone(name: str, example: Example) -> None:
    first, second = (of(example, name, seed=seed) for seed in (1, 2))

    is_stochastic = build(name, example).is_stochastic
    assert (first.audio.tobytes() != second.audio.tobytes()) == is_stochastic


@pytest.mark.parametrize(("name", "example"), CASES)
def test_what_was_separated_before_does_not_matter(name: str, example: Example) -> None:
    separator = build(name, example)

    estimate(separator, references(min(example.channels), 2000, seed=9), seed=3, rate=example.rate)
    sources = references(max(example.channels), 3000)
    later = estimate(separator, sources, seed=1, rate=example.rate)

    assert later.audio.tobytes() == of(example, name, seed=1).audio.tobytes()


@pytest.mark.parametrize(("name", "example"), NETWORKS)
def test_the_size_of_batches_does_not_matter_on_the_cpu(name: str, example: Example) -> None:
    separator = build(name, example)
    assert isinstance(separator, NetworkSeparator)
    segment = separator.chunk or separator._model().segment or 1000
    sources = references(max(example.channels), 2 * segment + 1)

    alone, together = (
        estimate(build(name, example, batch=batch), sources, seed=1, rate=example.rate)
        for batch in (1, 3)
    )

    assert alone.audio.tobytes() == together.audio.tobytes()
    assert alone.nfe == together.nfe


@pytest.mark.parametrize(("name", "example"), NETWORKS)
def test_chunks_of_a_batch_do_not_know_each_other(name: str, example: Example) -> None:
    separator = build(name, example)
    assert isinstance(separator, NetworkSeparator)
    model = separator._model()
    length = -(-(model.segment or 4096) // model.multiple) * model.multiple
    noise = np.random.default_rng(0).standard_normal((3, model.channels, length))
    chunks, seeds = torch.from_numpy(0.1 * noise.astype(np.float32)), [5, 7, 9]

    with numerics("cpu", "fp32"):
        together = model.function(chunks, seeds)
        alone = {place: model.function(chunks[[place]], [seeds[place]])[0] for place in (2, 0, 1)}

    for place, found in alone.items():
        # sums are blocked differently for another batch: rounding of float32, and no more
        assert found.numpy() == pytest.approx(together[place].numpy(), abs=1e-5)


@pytest.mark.parametrize(("name", "example"), NETWORKS)
def test_a_network_does_not_take_another_rate(name: str, example: Example) -> None:
    sources = references(max(example.channels), 3000)

    with pytest.raises(SeparatorError, match=f"{example.rate} Hz; the mixture has 7999 Hz"):
        estimate(build(name, example), sources, rate=7999)


@pytest.mark.parametrize(("name", "example"), NETWORKS)
def test_device_batch_and_place_are_no_part_of_a_description(name: str, example: Example) -> None:
    description = json.dumps(build(name, example).describe())

    elsewhere = build(name, example, batch=7, device="cuda:3")
    assert json.dumps(elsewhere.describe()) == description
    assert str(Path.cwd()) not in description
    assert "weights_sha256" in description


@pytest.mark.parametrize(("name", "example"), CASES)
def test_the_arguments_are_not_changed(name: str, example: Example) -> None:
    sources = references(max(example.channels), 3000)

    estimate(build(name, example), sources, rate=example.rate)

    assert sources.tobytes() == references(max(example.channels), 3000).tobytes()


@pytest.mark.parametrize(("name", "example"), CASES)
def test_a_description_is_a_document_with_name_and_version(name: str, example: Example) -> None:
    description = build(name, example).describe()

    assert description["name"] == name
    assert isinstance(description["version"], int)
    assert json.loads(json.dumps(description, allow_nan=False)) == description


@pytest.mark.parametrize("name", EXAMPLES)
def test_another_setting_gives_another_description(name: str) -> None:
    descriptions = {
        json.dumps(build(name, example).describe(), sort_keys=True) for example in EXAMPLES[name]
    }

    assert len(descriptions) == len(EXAMPLES[name])


@pytest.mark.parametrize(("name", "example"), CASES)
def test_a_separator_survives_pickling(name: str, example: Example) -> None:
    separator = build(name, example)

    copy = pickle.loads(pickle.dumps(separator))  # noqa: S301 - its own output

    assert copy == separator
    assert copy.describe() == separator.describe()


@pytest.mark.parametrize("name", EXAMPLES)
def test_unknown_settings_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no_such_setting"):
        build(name, EXAMPLES[name][0], no_such_setting=1)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_separator_says_in_one_line_what_it_is(name: str) -> None:
    assert 0 < len(SEPARATORS.get(name).summary) <= 90
    assert "\n" not in SEPARATORS.get(name).summary
