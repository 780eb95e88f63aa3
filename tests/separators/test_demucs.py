"""Demucs: files are read without running them, and the package's own results come out."""

import importlib
import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from sepeval.checkpoints import convert
from sepeval.errors import DependencyError, SeparatorError
from sepeval.inference import chunk_seed
from sepeval.separators.demucs import Demucs
from sepeval.types import Array
from tests.separators import small_weights
from tests.separators.small_weights import RATE, STEMS

LENGTH = 5000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One model of each class, as `.th` in half precision."""
    for version in small_weights.DEMUCS:
        small_weights.demucs(tmp_path, version=version)
    return tmp_path


def mixture(length: int = LENGTH, *, seed: int = 0) -> Array:
    return 0.1 * np.random.default_rng(seed).standard_normal((1, length)) + 0.02


def published(folder: Path, name: str, *, seed: int, **options: float) -> Array:
    """What `demucs.api.Separator` makes of the mixture, [stem channel sample]."""
    separator = importlib.import_module("demucs.api").Separator(
        model=name, repo=folder, device="cpu", **options
    )
    random.seed(seed)
    _, found = separator.separate_tensor(torch.from_numpy(mixture()).float(), RATE)
    return np.stack([found[stem].numpy() for stem in STEMS])


@pytest.mark.parametrize("short", ["v2", "v3", "v4"])
@pytest.mark.parametrize(
    "options",
    [
        {"shifts": 0, "overlap": 0.25},
        {"shifts": 1, "overlap": 0.25},
        {"shifts": 2, "overlap": 0.5, "segment": 0.25},
    ],
)
def test_estimates_equal_those_of_the_package(
    folder: Path, short: str, options: dict[str, Any]
) -> None:
    names = {"overlap": "segment_overlap", "segment": "segment_s"}
    settings = {names.get(name, name): value for name, value in options.items()}
    separator = Demucs(checkpoint=str(folder / f"{short}.th"), **settings)
    drawn_from = chunk_seed(7, 0) if options["shifts"] else 0

    found = separator.separate(mixture(), rate=RATE, seed=7)

    expected = published(folder, short, seed=drawn_from, **options)
    assert found.stems == STEMS
    assert found.audio == pytest.approx(expected, abs=1e-6)
    assert found.nfe == max(options["shifts"], 1)


def test_a_bag_weighs_its_models_per_stem(folder: Path) -> None:
    bag = {"models": ["v2", "v3"], "weights": [[1.0, 0.0], [0.5, 1.0]]}
    (folder / "both.yaml").write_text(yaml.safe_dump(bag), encoding="utf-8")
    separator = Demucs(checkpoint=str(folder / "both.yaml"), shifts=1)

    found = separator.separate(mixture(), rate=RATE, seed=7)

    expected = published(folder, "both", seed=chunk_seed(7, 0), shifts=1)
    assert found.audio == pytest.approx(expected, abs=1e-6)
    assert found.nfe == 2


def test_other_weights_of_a_bag_are_heard_at_once(folder: Path) -> None:
    separator = Demucs(checkpoint=str(folder / "both.yaml"), shifts=0)
    estimates, descriptions = [], []

    for weights in ([[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]):
        bag = {"models": ["v2", "v3"], "weights": weights}
        (folder / "both.yaml").write_text(yaml.safe_dump(bag), encoding="utf-8")
        estimates.append(separator.separate(mixture(), rate=RATE, seed=0).audio)
        descriptions.append(separator.describe())

    assert not np.allclose(estimates[0], estimates[1])
    assert descriptions[0] != descriptions[1]


def test_pythons_own_generator_goes_on_as_before(folder: Path) -> None:
    separator = Demucs(checkpoint=str(folder / "v4.th"), shifts=2)
    before = random.getstate()

    separator.separate(mixture(), rate=RATE, seed=7)

    assert random.getstate() == before


def test_torchs_own_generator_goes_on_as_before(folder: Path) -> None:
    before = torch.random.get_rng_state()

    Demucs(checkpoint=str(folder / "v2.th")).separate(mixture(), rate=RATE, seed=7)

    assert torch.equal(torch.random.get_rng_state(), before)


def test_other_weights_in_a_bag_give_another_description(folder: Path) -> None:
    (folder / "one.yaml").write_text("models: [v2]", encoding="utf-8")
    separator = Demucs(checkpoint=str(folder / "one.yaml"))
    before = separator.describe()

    (folder / "v2.th").write_bytes((folder / "v3.th").read_bytes())

    assert separator.describe() != before


def test_safetensors_say_class_and_arguments(folder: Path) -> None:
    document = torch.load(folder / "v4.th", weights_only=False)
    arguments = {**document["kwargs"], "segment": {"_type": "fraction", "numerator": 1}}
    arguments["segment"]["denominator"] = 2
    metadata = {
        "klass": "demucs.htdemucs.HTDemucs",
        "args": json.dumps(document["args"]),
        "kwargs": json.dumps(arguments),
    }
    save_file(document["state"], folder / "hub.safetensors", metadata=metadata)

    found, expected = (
        Demucs(checkpoint=str(folder / name)).separate(mixture(), rate=RATE, seed=7).audio
        for name in ("hub.safetensors", "v4.th")
    )

    assert np.array_equal(found, expected)


def test_converted_weights_give_the_same_estimate(folder: Path) -> None:
    convert(folder / "v3.th", folder / "plain.safetensors", stems=STEMS, rate=RATE, channels=1)

    found, expected = (
        Demucs(checkpoint=str(folder / name)).separate(mixture(), rate=RATE, seed=7).audio
        for name in ("plain.safetensors", "v3.th")
    )

    assert np.array_equal(found, expected)


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    document = torch.load(folder / "v2.th", weights_only=False)
    document["kwargs"] = {**document["kwargs"], "depth": 4}
    torch.save(document, folder / "wrong.th")

    with pytest.raises(SeparatorError, match=r"wrong\.th: .*Missing key"):
        Demucs(checkpoint=str(folder / "wrong.th")).separate(mixture(), rate=RATE, seed=0)


def test_models_of_other_sources_are_no_bag(folder: Path) -> None:
    document = torch.load(folder / "v2.th", weights_only=False)
    document["args"] = (["drums", "bass"],)
    torch.save(document, folder / "turned.th")
    (folder / "bag.yaml").write_text("models: [v2, turned]", encoding="utf-8")

    with pytest.raises(SeparatorError, match=r"turned\.th: sources is \['drums', 'bass'\]"):
        Demucs(checkpoint=str(folder / "bag.yaml")).separate(mixture(), rate=RATE, seed=0)


def test_a_whole_track_is_too_much_for_ht_demucs(folder: Path) -> None:
    separator = Demucs(checkpoint=str(folder / "v4.th"), split=False)

    with pytest.raises(SeparatorError, match="longer than training length 4000; say split=true"):
        separator.separate(mixture(), rate=RATE, seed=0)


def test_segments_beyond_those_of_ht_demucs_are_refused(folder: Path) -> None:
    separator = Demucs(checkpoint=str(folder / "v4.th"), segment_s=0.75)

    with pytest.raises(SeparatorError, match=r"0\.75 s are longer than the 0\.5 s"):
        separator.separate(mixture(), rate=RATE, seed=0)


@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        (
            "demucs.demucs.Demucs",
            {"dconv_mode": 0, "norm_starts": 100, "lstm_layers": 2},
            265_679_496,
        ),
        ("demucs.hdemucs.HDemucs", {}, 83_637_832),
        ("demucs.htdemucs.HTDemucs", {"bottom_channels": 512}, 41_473_616),
    ],
)
def test_the_published_networks_have_their_parameters(
    name: str, options: dict[str, Any], count: int
) -> None:
    with torch.device("meta"):
        network = small_weights.demucs_class(name)(["drums", "bass", "other", "vocals"], **options)

    assert sum(one.numel() for one in network.parameters()) == count


def test_a_class_that_is_none_of_the_three_is_never_called(tmp_path: Path) -> None:
    path = tmp_path / "evil.safetensors"
    metadata = {"klass": "builtins.print", "args": '["called"]', "kwargs": "{}"}
    save_file({"weight": torch.zeros(1)}, path, metadata=metadata)

    with pytest.raises(SeparatorError, match=r"builtins\.print"):
        Demucs(checkpoint=str(path)).separate(mixture(), rate=RATE, seed=0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("models: v2", "no list `models`"),
        ("models: ['../v2']", "no list `models`"),
        ("models: [v2]\nweights: [[1.0], [1.0]]", "1 lists of numbers"),
        ("models: [v2]\nweights: [[one]]", "1 lists of numbers"),
        ("models: [v2]\nsegment: long", "segment must be seconds; found 'long'"),
        ("models: [v2]", "found none"),
        ("!!python/object/apply:print [called]", "is no valid YAML"),
    ],
)
def test_what_is_no_bag_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bag.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(SeparatorError, match=told):
        Demucs(checkpoint=str(tmp_path / "bag.yaml")).describe()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("htdemucs", "hf://adefossez/HTDemucs@main/htdemucs.yaml"),
        ("htdemucs_ft", "hf://adefossez/HTDemucs-ft@main/htdemucs_ft.yaml"),
        ("mdx_extra", "hf://adefossez/Demucs-mdx_extra@main/mdx_extra.yaml"),
        ("weights/htdemucs", "weights/htdemucs"),
    ],
)
def test_the_name_of_a_published_bag_is_its_address(name: str, address: str) -> None:
    assert Demucs(checkpoint=name).checkpoint == address


def test_shifts_make_it_stochastic() -> None:
    assert Demucs(checkpoint="x.th", shifts=1).is_stochastic
    assert not Demucs(checkpoint="x.th", shifts=0).is_stochastic


def test_a_missing_package_is_told_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = {"klass": "demucs.demucs.Demucs", "args": "[]", "kwargs": "{}"}
    save_file({"weight": torch.zeros(1)}, tmp_path / "v2.safetensors", metadata=metadata)
    monkeypatch.setitem(sys.modules, "demucs.demucs", None)

    with pytest.raises(DependencyError, match=r"pip install 'sepeval\[demucs\]'"):
        Demucs(checkpoint=str(tmp_path / "v2.safetensors")).separate(mixture(), rate=RATE, seed=0)
