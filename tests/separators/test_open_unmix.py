"""Open-Unmix as a separator: folders as they are published, and the package's own results."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from sepeval.errors import SeparatorError
from sepeval.separators.open_unmix import OpenUnmixSeparator
from sepeval.types import Array
from tests.separators import small_weights
from tests.separators.small_weights import RATE, STEMS


def mixture(channels: int = 1, length: int = 5000) -> Array:
    return 0.1 * np.random.default_rng(0).standard_normal((channels, length))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_weights.open_unmix(tmp_path / "umx")


def separated(folder: Path, **settings: Any) -> Array:  # noqa: ANN401 - settings
    separator = OpenUnmixSeparator(checkpoint=str(folder), **settings)
    return separator.separate(mixture(), rate=RATE, seed=0).audio


def test_stems_are_the_networks_in_the_folder(folder: Path) -> None:
    found = OpenUnmixSeparator(checkpoint=str(folder)).separate(mixture(), rate=RATE, seed=0)

    assert found.stems == STEMS
    assert found.nfe == 2


@pytest.mark.parametrize("niter", [0, 1])
def test_with_a_residual_the_stems_sum_to_the_mixture(folder: Path, niter: int) -> None:
    audio = separated(folder, residual=True, niter=niter)

    assert audio.shape == (3, 1, 5000)
    # the filter holds back a little where its regularisation is not small beside the signal
    assert audio.sum(axis=0) == pytest.approx(mixture(), abs=1e-6 if niter == 0 else 1e-3)


def test_a_target_that_is_left_out_is_missing_in_the_filter(folder: Path) -> None:
    both, alone = separated(folder, niter=0), separated(folder, niter=0, targets=("drums",))
    filtered = separated(folder), separated(folder, targets=("drums",), residual=True)

    assert np.array_equal(both[1], alone[0])
    assert not np.allclose(filtered[0][1], filtered[1][0], atol=1e-4)


def test_one_target_alone_cannot_be_filtered(folder: Path) -> None:
    with pytest.raises(SeparatorError, match="say residual=true or niter=0"):
        separated(folder, targets=("drums",))


def test_the_folder_stands_for_its_json(folder: Path) -> None:
    one = OpenUnmixSeparator(checkpoint=str(folder))

    assert one == OpenUnmixSeparator(checkpoint=str(folder / "separator.json"))


def test_other_weights_give_another_description(folder: Path) -> None:
    separator = OpenUnmixSeparator(checkpoint=str(folder))
    before = separator.describe()

    (folder / "bass.pth").write_bytes((folder / "drums-0123abcd.pth").read_bytes())

    assert separator.describe() != before


def test_another_transform_is_heard_at_once(folder: Path) -> None:
    separator = OpenUnmixSeparator(checkpoint=str(folder))
    before = separator.separate(mixture(), rate=RATE, seed=0).audio
    document = json.loads((folder / "separator.json").read_text(encoding="utf-8"))

    (folder / "separator.json").write_text(json.dumps({**document, "nhop": 64}), encoding="utf-8")

    assert not np.allclose(separator.separate(mixture(), rate=RATE, seed=0).audio, before)


def test_a_target_without_a_network_is_told(folder: Path) -> None:
    with pytest.raises(SeparatorError, match=r"no network of 'vocals'.* there are bass, drums"):
        separated(folder, targets=("vocals",))


def test_two_networks_of_a_target_are_told(folder: Path) -> None:
    (folder / "bass-01234567.pth").write_bytes((folder / "bass.pth").read_bytes())

    with pytest.raises(SeparatorError, match=r"two networks of 'bass': bass-01234567\.pth, "):
        separated(folder)


def test_a_network_of_another_transform_is_refused(folder: Path) -> None:
    document = json.loads((folder / "separator.json").read_text(encoding="utf-8"))
    document["nfft"] = 256
    (folder / "separator.json").write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(SeparatorError, match=r"has 65 bins and 1 channels; .* says 129"):
        separated(folder)


@pytest.mark.parametrize("text", ["{}", "[", '{"nfft": 0, "nhop": 1, "sample_rate": 8000}'])
def test_a_malformed_json_is_told(folder: Path, text: str) -> None:
    (folder / "separator.json").write_text(text, encoding="utf-8")

    wrong = r"expected nfft, nhop, sample_rate and nb_channels|is no valid JSON"
    with pytest.raises(SeparatorError, match=wrong):
        separated(folder)


def test_a_state_dict_of_something_else_is_told(folder: Path) -> None:
    torch.save({"weight": torch.zeros(2)}, folder / "bass.pth")

    with pytest.raises(SeparatorError, match=r"bass\.pth: is no network of Open-Unmix"):
        separated(folder)


@pytest.mark.parametrize("niter", [0, 1, 2])
@pytest.mark.parametrize("channels", [1, 2])
def test_estimates_equal_those_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channels: int, niter: int
) -> None:
    if importlib.util.find_spec("openunmix") is None:
        pytest.skip("the package openunmix is not installed")
    monkeypatch.setitem(sys.modules, "torchaudio", ModuleType("torchaudio"))
    model = importlib.import_module("openunmix.model")
    folder = small_weights.open_unmix(tmp_path / "umx", channels=channels)
    networks = {}
    for stem, name in (("bass", "bass.pth"), ("drums", "drums-0123abcd.pth")):
        networks[stem] = model.OpenUnmix(65, channels, 8, 3, max_bin=50).eval()
        networks[stem].load_state_dict(torch.load(folder / name), strict=False)
    reference = model.Separator(
        networks, niter=niter, sample_rate=RATE, n_fft=128, n_hop=32, nb_channels=channels
    )

    found = OpenUnmixSeparator(checkpoint=str(folder), niter=niter).separate(
        mixture(channels, 20_000), rate=RATE, seed=0
    )

    with torch.inference_mode():
        (expected,) = reference(torch.from_numpy(mixture(channels, 20_000)).float()[None])
    assert found.audio == pytest.approx(expected.numpy(), abs=1e-6)
