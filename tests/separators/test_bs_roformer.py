"""BS-RoFormer as a separator: reference runs, published checkpoints, settings."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sepeval.checkpoints import Checkpoint, contents, convert
from sepeval.diffusion.sampling import Sampling
from sepeval.errors import SeparatorError
from sepeval.inference import Noise
from sepeval.networks.bs_roformer.config import RELEASED, config_of
from sepeval.networks.bs_roformer.network import BSRoFormer
from sepeval.separators.bs_roformer import BSRoFormerSeparator
from sepeval.separators.bs_roformer.refinement import estimates
from sepeval.separators.bs_roformer.settings import STITCHING, Kind
from sepeval.types import Array
from tests.networks import bs_roformer_small as small
from tests.separators import bs_roformer_weights as tiny
from tests.shared_data import GOLDEN

ATOL = 1e-5  # float32 on a CPU; other thread counts and kernels move the last bits
LEVELS = partial(Sampling, sigma_min=1e-4, rho=9.0, sigma_data=small.SIGMA_DATA)
CHECKPOINTS = GOLDEN / "separators" / "layout_tiny"
needs_checkpoints = pytest.mark.skipif(
    not CHECKPOINTS.is_dir(), reason=f"no checkpoints at {CHECKPOINTS}"
)


class NamedNoise:
    """The noise of the reference runs: each draw a function of case, run and number."""

    def __init__(self, run: str, shape: tuple[int, ...]) -> None:
        self.run, self.shape, self.count = run, shape, 0

    def __call__(self) -> Tensor:
        seed = zlib.crc32(f"bsrf_small/{self.run}:{self.count}".encode())
        self.count += 1
        draw = np.random.default_rng(seed).standard_normal(self.shape, dtype=np.float32)
        return torch.from_numpy(draw)


def no_noise() -> Tensor:
    raise AssertionError("a network without a sampler draws nothing")


RUNS = {
    "diff_T3_R1_churn1_s0.002": LEVELS(
        sampler="euler", steps=3, sigma_max=0.002, resamples=1, s_churn=1.0
    ),
    "diff_T2_R2_churn20_s0.01": LEVELS(
        sampler="euler", steps=2, sigma_max=0.01, resamples=2, s_churn=20.0
    ),
    "cd_multi_T1_s0.003934": LEVELS(sampler="multistep_released", steps=1, sigma_max=0.003934),
    "cd_multi_T2_s0.004391": LEVELS(sampler="multistep_released", steps=2, sigma_max=0.004391),
    "cd_multi_T4_s0.5": LEVELS(sampler="multistep_released", steps=4, sigma_max=0.5),
}


@cache
def reference_run(run: str, sampling: Sampling) -> tuple[Tensor, int]:
    """The estimates of a run with its own noise, and the number of draws."""
    mixture = small.tensors()["in/mixture"]
    noise = NamedNoise(run, (2, 4, 2, 4096))
    refiner = small.refiner(run.partition("_")[0])
    with torch.inference_mode():
        found = estimates(small.extractor(), refiner, mixture, noise, sampling, unused_draws="keep")
    return found, noise.count


@pytest.mark.data
@small.needs_bsrf_small
@pytest.mark.parametrize("run", RUNS)
def test_a_sampled_run_is_the_reference(run: str) -> None:
    found, draws = reference_run(run, RUNS[run])

    assert small.deviation(found, f"out/{run}") < ATOL
    assert draws == len(small.case()["runs"][run]["noise_names"])


@pytest.mark.data
@small.needs_bsrf_small
def test_runs_without_a_sampler_are_the_reference() -> None:
    mixture = small.tensors()["in/mixture"]
    with torch.inference_mode():
        first = estimates(small.extractor(), None, mixture, no_noise, None)
        second = estimates(small.extractor(), small.refiner("det2"), mixture, no_noise, None)

    assert small.deviation(first, "out/det") < ATOL
    assert small.deviation(second, "out/det2") < ATOL


@pytest.mark.data
@small.needs_bsrf_small
def test_the_papers_consistency_sampling_is_another_one() -> None:
    run = "cd_multi_T4_s0.5"
    written, draws = reference_run(run, replace(RUNS[run], sampler="multistep"))

    assert small.deviation(written, f"out/{run}") > 100 * ATOL
    assert draws == 4


PUBLISHED: Mapping[Kind, str] = {
    "deterministic": "Deterministic_model_MSST_bs_roformer",
    "diffusion": "diffusion_model_MSST_bs_roformer",
    "consistency": "CD_MSST_bs_roformer",
}


def mixture(length: int = 900, *, seed: int = 0, channels: int = 2) -> Array:
    return 0.1 * np.random.default_rng(seed).standard_normal((channels, length))


@pytest.mark.data
@needs_checkpoints
@pytest.mark.parametrize("kind", PUBLISHED)
def test_a_published_checkpoint_runs_and_its_conversion_gives_the_same(
    kind: Kind, tmp_path: Path
) -> None:
    source, converted = CHECKPOINTS / f"{PUBLISHED[kind]}.ckpt", tmp_path / "weights.safetensors"
    convert(source, converted)

    first, second = (
        BSRoFormerSeparator(checkpoint=str(path), kind=kind, chunk=512).separate(
            mixture(), rate=44100, seed=3
        )
        for path in (source, converted)
    )

    assert first.stems == ("drums", "bass", "other", "vocals")
    assert first.nfe == 2 * {"deterministic": 1, "diffusion": 1 + 4 * 3, "consistency": 1 + 4}[kind]
    # weights lie elsewhere in a converted file, and the order of sums follows their alignment
    np.testing.assert_allclose(first.audio, second.audio, rtol=0, atol=1e-6)
    assert np.abs(first.audio).max() > 0.01


@pytest.mark.data
@needs_checkpoints
def test_a_checkpoint_of_a_refiner_serves_its_own_kind_and_the_extractor_alone() -> None:
    path = str(CHECKPOINTS / "diffusion_model_MSST_bs_roformer.ckpt")

    extractor = BSRoFormerSeparator(checkpoint=path, kind="deterministic", chunk=512)

    assert extractor.separate(mixture(), rate=44100, seed=0).nfe == 2
    with pytest.raises(SeparatorError, match=r"kind diffusion .* do not serve .* kind consistency"):
        BSRoFormerSeparator(checkpoint=path, kind="consistency").describe()


def test_the_published_plain_state_dict_needs_no_card() -> None:
    with torch.device("meta"):
        weights = BSRoFormer(RELEASED).state_dict()
    msst = Checkpoint(Path("model_bs_roformer_ep_17_sdr_9.6568.ckpt"), "state dict", weights, {})

    found = contents(msst)

    (network,) = found.networks.values()
    no_dropout = replace(RELEASED, attn_dropout=0.0, ff_dropout=0.0)
    assert (found.layout.separator, found.layout.kind) == ("bs-roformer", "deterministic")
    assert config_of(network.shapes, network.hyper) == no_dropout


def test_another_plain_state_dict_needs_a_card(tmp_path: Path) -> None:
    path = tmp_path / "other.ckpt"
    torch.save(BSRoFormer(tiny.CONFIG).state_dict(), path)

    with pytest.raises(SeparatorError, match="needs stereo, stft_n_fft"):
        BSRoFormerSeparator(checkpoint=str(path), kind="deterministic").describe()


def separator(folder: Path, kind: str, **settings: Any) -> BSRoFormerSeparator:  # noqa: ANN401 - as they come
    return BSRoFormerSeparator(checkpoint=tiny.write(folder, kind), kind=kind, **settings)  # type: ignore[arg-type] # tests pass wrong ones too


def test_a_sampled_separator_is_the_sampler_of_its_networks(tmp_path: Path) -> None:
    chosen = separator(tmp_path, "diffusion", steps=2, s_churn=0.0, sigma_max=0.1)
    model = chosen._model()
    chunk = torch.from_numpy(mixture(tiny.SEGMENT)).float()[None]

    found = model.function(chunk, [7])

    sampling = LEVELS(sampler="euler", steps=2, sigma_max=0.1)
    expected = estimates(
        model.parts["extractor"],  # type: ignore[arg-type] # parts are modules of any kind
        model.parts["refiner"],  # type: ignore[arg-type]
        chunk,
        Noise([7], (2, 2, tiny.SEGMENT), "cpu"),
        sampling,
    )
    assert torch.equal(found, expected)
    assert model.nfe == 1 + 2 * 2


def test_a_vanishing_noise_level_leaves_consistency_with_the_first_estimate(tmp_path: Path) -> None:
    quiet = separator(tmp_path, "consistency", sigma_max=1.0001e-4, sigma_min=1e-4)
    loud = separator(tmp_path, "consistency", sigma_max=0.5)
    extractor = BSRoFormerSeparator(checkpoint=quiet.checkpoint, kind="deterministic")

    base = extractor.separate(mixture(), rate=tiny.RATE, seed=1).audio.clip(-1.0, 1.0)
    near = quiet.separate(mixture(), rate=tiny.RATE, seed=1).audio
    far = loud.separate(mixture(), rate=tiny.RATE, seed=1).audio

    assert np.abs(near - base).max() < 1e-3
    assert np.abs(far - base).max() > 1e-2


@pytest.mark.parametrize("length", [1, 16, 17])
def test_chunks_shorter_than_a_transform_are_filled_up(tmp_path: Path, length: int) -> None:
    found = separator(tmp_path, "stacked", tail="partial").separate(
        mixture(length), rate=tiny.RATE, seed=0
    )

    assert found.audio.shape == (2, 2, length)
    assert np.isfinite(found.audio).all()


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_is_near_full_precision(tmp_path: Path, precision: str) -> None:
    full, half = (
        separator(tmp_path, "diffusion", precision=one, chunk=300)
        .separate(mixture(300), rate=tiny.RATE, seed=0)
        .audio
        for one in ("fp32", precision)
    )

    error = np.linalg.norm(full - half) / np.linalg.norm(full)
    assert 0.0 < error < 0.1


def test_published_values_stand_where_nothing_is_said(tmp_path: Path) -> None:
    sampling = separator(tmp_path, "diffusion").describe()["sampling"]

    assert sampling == {
        "sampler": "euler",
        "steps": 3,
        "resamples": 1,
        "s_churn": 1.0,
        "sigma_max": 0.002,
        "sigma_min": 0.0001,
        "rho": 9.0,
        "sigma_data": 0.06,
    }


@pytest.mark.parametrize(("steps", "sigma_max"), [(1, 0.003934), (2, 0.004391)])
def test_the_published_largest_noise_level_depends_on_the_steps(
    tmp_path: Path, steps: int, sigma_max: float
) -> None:
    sampling = separator(tmp_path, "consistency", steps=steps).describe()["sampling"]

    assert isinstance(sampling, Mapping)
    assert (sampling["sigma_max"], sampling["sampler"]) == (sigma_max, "multistep_released")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "deterministic", "steps": 2}, "bs-roformer: steps is no setting of kind"),
        ({"kind": "stacked", "sigma_max": 0.1}, "sigma_max is no setting of kind stacked"),
        ({"kind": "consistency", "s_churn": 1.0}, "s_churn is no setting of the sampler"),
        (
            {"kind": "diffusion", "sampler": "heun", "resamples": 2},
            "resamples is no setting of the sampler 'heun'",
        ),
        ({"kind": "diffusion", "sampler": "multistep"}, "none of diffusion; take euler or"),
        ({"kind": "consistency", "steps": 4}, "no sigma_max was published .* 4 steps"),
        ({"kind": "diffusion", "sigma_max": 1e-5}, "sigma_max must be above sigma_min 0.0001"),
        (
            {"kind": "deterministic", "stitching": "msst", "overlap": 0},
            "stitching 'msst' has overlap 242550; found 0",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: Mapping[str, Any], message: str) -> None:
    with pytest.raises(SeparatorError, match=message):
        BSRoFormerSeparator(checkpoint="weights.safetensors", **settings)


def test_heun_counts_two_evaluations_a_step_but_the_last(tmp_path: Path) -> None:
    model = separator(tmp_path, "diffusion", sampler="heun", steps=3)._model()

    assert model.nfe == 1 + 2 * 5


@pytest.mark.parametrize("name", ["dicose", "msst"])
def test_a_stitching_is_short_for_its_settings(tmp_path: Path, name: str) -> None:
    named = separator(tmp_path, "deterministic", stitching=name)

    assert named.describe() == separator(tmp_path, "deterministic", **STITCHING[name]).describe()
    assert pickle.loads(pickle.dumps(named)) == named  # noqa: S301 - its own output
    assert replace(named, batch=2).overlap == named.overlap
    assert named.overlap == {"dicose": 0, "msst": 485100 - 485100 // 2}[name]


def test_weights_of_another_kind_are_refused(tmp_path: Path) -> None:
    path = tiny.write(tmp_path, "deterministic")

    with pytest.raises(SeparatorError, match=r"kind deterministic .* do not serve .* kind stacked"):
        BSRoFormerSeparator(checkpoint=path, kind="stacked").describe()


def test_a_card_that_does_not_fit_the_network_is_refused(tmp_path: Path) -> None:
    path = tiny.write(tmp_path, "deterministic")
    card = Path(f"{path}.yaml")
    unlike = BSRoFormerSeparator(checkpoint=path, kind="deterministic")
    assert unlike.describe()["stems"] == ["bass", "drums"]
    card.write_text(card.read_text().replace("[bass, drums]", "[bass]"))

    with pytest.raises(SeparatorError, match=r"gives 1 stems, 2 channels .* has 2 stems and 2"):
        unlike.describe()


def test_another_rate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeparatorError, match="works at 8000 Hz; the mixture has 44100"):
        separator(tmp_path, "deterministic").separate(mixture(), rate=44100, seed=0)


KINDS: Mapping[str, Callable[[Path], str]] = {
    kind: getattr(tiny, kind) for kind in ("deterministic", "stacked", "diffusion", "consistency")
}


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_the_same_bytes_each_time(tmp_path: Path, kind: str) -> None:
    folders = [tmp_path / one for one in ("one", "two")]
    for folder in folders:
        folder.mkdir()

    first, second = (Path(KINDS[kind](folder)).read_bytes() for folder in folders)

    assert first == second
