"""What all separators with a network share, on a network that is arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass
from torch import Tensor

from sepeval.errors import DependencyError, SeparatorError
from sepeval.fingerprint import digest
from sepeval.inference import Noise
from sepeval.separators.base import Plain
from sepeval.separators.chunked import Chunked
from sepeval.separators.network import Model, NetworkSeparator, place, weights_digest
from sepeval.separators.trivial import Mixture

STEMS = ("low", "high")


def split(chunks: Tensor, _seeds: Sequence[int]) -> Tensor:
    """A quarter and three quarters of what is heard; lengths must be even."""
    assert chunks.shape[-1] % 2 == 0
    return torch.stack([0.25 * chunks, 0.75 * chunks], dim=1)


def noisy(chunks: Tensor, seeds: Sequence[int]) -> Tensor:
    noise = Noise(seeds, (2, *chunks.shape[1:]), "cpu")()
    return split(chunks, seeds) + noise


MODEL = Model(STEMS, rate=8, channels=1, segment=8, function=split, nfe=3, multiple=2)
MODELS = {
    "mono": MODEL,
    "stereo": replace(MODEL, channels=2),
    "noisy": replace(MODEL, function=noisy),
    "whole": replace(MODEL, segment=None),
    "lacking": replace(MODEL, stems=("low", "high", "all")),
}


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Splitting(NetworkSeparator):
    summary: ClassVar[str] = "splits"
    kind: str = "mono"

    @property
    def is_stochastic(self) -> bool:
        return self.kind == "noisy"

    @property
    def _name(self) -> str:
        return "splitting"

    def _settings(self) -> Mapping[str, Plain]:
        return {"kind": self.kind}

    def _model(self) -> Model:
        return MODELS[self.kind]


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "weights.bin"
    path.write_bytes(b"weights")
    return str(path)


def mixture(length: int, channels: int = 1) -> Any:  # noqa: ANN401 - an array
    return np.random.default_rng(length).standard_normal((channels, length))


def splitting(**settings: Any) -> Splitting:  # noqa: ANN401 - fields
    return Splitting(checkpoint="weights.bin", **settings)


@pytest.mark.parametrize("length", [1, 7, 8, 9, 40])
def test_the_estimate_is_that_of_all_chunks_joined(length: int) -> None:
    heard = mixture(length)

    found = splitting().separate(heard, rate=8, seed=0)

    assert found.stems == STEMS
    expected = np.stack([0.25 * heard, 0.75 * heard])
    assert found.audio == pytest.approx(expected, rel=1e-6)  # float32
    assert found.nfe == 3 * -(-length // 8)


@pytest.mark.parametrize("tail", ["pad", "partial"])
def test_chunks_of_an_odd_length_are_filled_up_for_the_network(tail: str) -> None:
    heard = mixture(22)

    found = splitting(chunk=7, tail=tail).separate(heard, rate=8, seed=0)

    assert found.audio[0] == pytest.approx(0.25 * heard, rel=1e-6)


def test_a_network_without_a_segment_hears_the_whole_track() -> None:
    assert splitting(kind="whole").separate(mixture(33), rate=8, seed=0).nfe == 3


def test_another_rate_is_refused_with_both_rates() -> None:
    with pytest.raises(SeparatorError, match="works at 8 Hz; the mixture has 16 Hz"):
        splitting().separate(mixture(9), rate=16, seed=0)


@pytest.mark.parametrize(
    ("kind", "channels", "message"),
    [
        ("mono", 2, "hears 1 channels; the mixture has 2.*channels=each or channels=downmix"),
        ("stereo", 1, "hears 2 channels; the mixture has 1.*channels=repeat"),
        ("stereo", 6, "hears 2 channels; the mixture has 6.*a protocol that downmixes"),
    ],
)
def test_other_channels_are_refused_with_the_way_out(
    kind: str, channels: int, message: str
) -> None:
    with pytest.raises(SeparatorError, match=message):
        splitting(kind=kind).separate(mixture(9, channels), rate=8, seed=0)


def test_a_mono_network_can_hear_each_channel() -> None:
    heard = mixture(20, 2)

    found = splitting(channels="each").separate(heard, rate=8, seed=0)

    assert found.audio[1] == pytest.approx(0.75 * heard, rel=1e-6)
    assert found.nfe == 2 * 3 * 3


def test_channels_that_are_heard_apart_draw_their_own_noise() -> None:
    silence = np.zeros((2, 8))

    found = splitting(kind="noisy", channels="each").separate(silence, rate=8, seed=5)

    alone = splitting(kind="noisy").separate(silence[:1], rate=8, seed=5)
    assert found.audio[:, :1].tolist() == alone.audio.tolist()
    assert np.abs(found.audio[:, 0] - found.audio[:, 1]).min() > 0.0


def test_a_mono_network_can_hear_the_mean_of_the_channels() -> None:
    heard = mixture(20, 2)

    found = splitting(channels="downmix").separate(heard, rate=8, seed=0)

    expected = np.stack([0.75 * heard.mean(axis=0)] * 2)
    assert found.audio[1] == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_a_stereo_network_can_hear_a_mono_mixture_twice() -> None:
    heard = mixture(20)

    found = splitting(kind="stereo", channels="repeat").separate(heard, rate=8, seed=0)

    assert found.audio[1] == pytest.approx(0.75 * heard, rel=1e-6)


def test_other_stems_than_announced_are_refused() -> None:
    with pytest.raises(SeparatorError, match=r"expected 3 stems \(low, high, all\)"):
        splitting(kind="lacking").separate(mixture(8), rate=8, seed=0)


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(DependencyError, match="device 'cuda:9' is not there"):
        splitting(device="cuda:9").separate(mixture(8), rate=8, seed=0)


def test_a_description_holds_what_changes_the_output(weights: str) -> None:
    separator = Splitting(checkpoint=weights, device="cuda", batch=4, precision="bf16")

    assert separator.describe() == {
        "name": "splitting",
        "version": 1,
        "weights_sha256": digest(Path(weights)),
        "precision": "bf16",
        "chunk": None,
        "overlap": 0,
        "window": "none",
        "tail": "pad",
        "border": "none",
        "channels": "match",
        "kind": "mono",
    }


def test_a_folder_of_weights_is_known_by_all_its_files(weights: str) -> None:
    folder = Path(weights).parent / "folder"
    folder.mkdir()
    (folder / "bass.pth").write_bytes(b"bass")
    before = weights_digest(str(folder))

    (folder / "drums.pth").write_bytes(b"drums")

    assert weights_digest(str(folder)) != before


def test_the_place_of_a_network_is_told_through_wrappers() -> None:
    inner = splitting(batch=4)

    found = place(Chunked(inner=inner, chunk=8, overlap=0, window="none", tail="pad"))

    assert found == {"device": "cpu", "precision": "fp32", "batch": 4, "hardware": ""}
    assert place(Mixture(STEMS)) == {}


def test_memory_that_does_not_suffice_for_one_chunk_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def tired(_chunks: Tensor, _seeds: Sequence[int]) -> Tensor:
        raise torch.OutOfMemoryError

    monkeypatch.setitem(MODELS, "tired", replace(MODEL, function=tired))

    with pytest.raises(SeparatorError, match="out of memory on cpu with one chunk of 8 samples"):
        splitting(kind="tired").separate(mixture(8), rate=8, seed=0)


@pytest.mark.parametrize(
    "change",
    [{"batch": 0}, {"precision": "fp64"}, {"window": "hamming"}, {"channels": "sum"}, {"x": 1}],
)
def test_settings_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        splitting(**change)
