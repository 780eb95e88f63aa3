"""BS-RoFormer and its refiner: names and shapes, parts with known answers, reference outputs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from sepeval.diffusion.losses import waveform_and_spectra, weight
from sepeval.diffusion.preconditioning import denoiser, edm
from sepeval.errors import SeparatorError
from sepeval.networks.bs_roformer.attention import Attention
from sepeval.networks.bs_roformer.conditioning import FiLM, SinusoidalEmbedding
from sepeval.networks.bs_roformer.config import (
    RELEASED,
    RELEASED_DET2,
    RELEASED_REFINER,
    BSRoFormerConfig,
    RefinerConfig,
    config_of,
    refiner_config_of,
)
from sepeval.networks.bs_roformer.masks import masked
from sepeval.networks.bs_roformer.network import BSRoFormer, Features
from sepeval.networks.bs_roformer.normalisation import RMSNorm
from sepeval.networks.bs_roformer.refiner import Condition, Refiner, refined
from sepeval.networks.bs_roformer.rotary import RotaryEmbedding
from sepeval.networks.bs_roformer.spectrum import inverse, spectrum
from tests.networks import bs_roformer_small as small
from tests.shared_data import GOLDEN

STATE_DICTS = GOLDEN.parent / "facts" / "state_dicts"
needs_facts = pytest.mark.skipif(not STATE_DICTS.is_dir(), reason=f"no facts at {STATE_DICTS}")
TINY = BSRoFormerConfig(
    dim=8,
    depth=2,
    stereo=True,
    num_stems=2,
    time_transformer_depth=1,
    freq_transformer_depth=1,
    freqs_per_bands=(2, 4, 11),
    dim_head=4,
    heads=2,
    attn_dropout=0.1,
    ff_dropout=0.1,
    stft_n_fft=32,
    stft_hop_length=8,
    stft_win_length=32,
    mask_estimator_depth=2,
    mlp_expansion_factor=2,
)
TINY_REFINER = RefinerConfig(TINY, stft_adapter_hidden=6, use_context_time=True)
HYPER = {"stereo": True, "stft_n_fft": 32, "stft_hop_length": 8, "stft_win_length": 32}
ATOL = 1e-5  # float32 on a CPU; other thread counts and kernels move the last bits


def filled(network: nn.Module, *, seed: int) -> None:
    """Weights that leave no path through the network silent."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        if parameter.requires_grad:
            draw = torch.randn(parameter.shape, generator=generator)
            parameter.data = 0.3 * draw + (parameter.ndim == 1)


def tiny() -> tuple[BSRoFormer, Refiner]:
    extractor, refiner = BSRoFormer(TINY).eval(), Refiner(TINY_REFINER).eval()
    filled(extractor, seed=1)
    filled(refiner, seed=2)
    return extractor, refiner


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def test_a_normalised_vector_has_the_length_of_its_gains() -> None:
    norm = RMSNorm(4)
    norm.gamma.data = torch.tensor([1.0, 2.0, 1.0, 1.0])

    assert norm(torch.tensor([3.0, 0.0, 0.0, 4.0])).tolist() == pytest.approx([1.2, 0, 0, 1.6])
    assert norm(torch.zeros(4)).tolist() == [0.0] * 4


def test_a_rotation_keeps_lengths_and_sees_only_distances() -> None:
    rotary = RotaryEmbedding(8)
    query, key = noise(8), noise(8, seed=1)

    turned_query, turned_key = (rotary(one.expand(20, 8)) for one in (query, key))

    assert torch.allclose(turned_query.norm(dim=-1), query.norm().expand(20))
    products = turned_query @ turned_key.T
    assert torch.allclose(products[3, 5], products[13, 15], atol=1e-5)
    assert not torch.allclose(products[3, 5], products[3, 6], atol=1e-2)
    assert torch.equal(turned_query[0], query)


def test_a_noise_level_is_embedded_as_sines_then_cosines() -> None:
    found = SinusoidalEmbedding(4)(torch.tensor([0.0, 1.0]))

    assert found[0].tolist() == [0.0, 0.0, 1.0, 1.0]
    expected = torch.tensor([1.0, 1e-4])
    assert torch.allclose(found[1], torch.cat((expected.sin(), expected.cos())))


def test_film_scales_and_shifts_each_item_by_its_own_mapping() -> None:
    film = FiLM(2, width=3)
    layer = film.to_scale_shift[1]
    assert isinstance(layer, nn.Linear)
    layer.weight.data.zero_()
    layer.bias.data = torch.tensor([1.0, 0.0, 0.0, 5.0])

    found = film(torch.ones(1, 2, 3, 2), torch.zeros(1, 3))

    assert found[0, 1, 2].tolist() == [2.0, 6.0]


def test_attention_does_not_look_into_another_row() -> None:
    attention = Attention(TINY, RotaryEmbedding(TINY.dim_head), width=None).eval()
    x = noise(1, 3, 5, TINY.dim)
    changed = x.clone()
    changed[:, 2] += 1.0

    before, after = attention(x, None), attention(changed, None)

    assert torch.equal(before[:, :2], after[:, :2])
    assert not torch.allclose(before[:, 2], after[:, 2])


def test_a_mask_of_ones_gives_back_the_mixture_without_its_mean() -> None:
    audio = noise(2, 2, 400)
    spectra = spectrum(audio, TINY)
    frames = spectra.shape[-1]
    ones = torch.tensor([1.0, 0.0]).repeat(17 * 2).expand(2, 1, frames, -1)

    found = masked(spectra, ones, TINY, length=400)

    without = spectra.clone()
    without[..., 0, :] = 0.0
    assert torch.allclose(inverse(spectra, TINY, length=400), audio, atol=1e-5)
    assert torch.allclose(found[:, 0], inverse(without, TINY, length=400), atol=1e-6)


@pytest.mark.parametrize("stereo", [True, False])
def test_a_configuration_is_read_off_the_shapes(stereo: bool) -> None:
    config = replace(TINY, stereo=stereo, depth=3, freq_transformer_depth=2, heads=1)
    refiner_config = replace(TINY_REFINER, trunk=config, use_context_time=stereo)
    hyper = {**HYPER, "stereo": stereo, "attn_dropout": 0.1, "ff_dropout": 0.1}
    with torch.device("meta"):
        network, refiner = BSRoFormer(config), Refiner(refiner_config)

    assert config_of(shapes(network), hyper) == config
    assert refiner_config_of(shapes(refiner), hyper) == refiner_config


def test_a_hyper_parameter_that_no_shape_tells_is_asked_for() -> None:
    with torch.device("meta"):
        network = BSRoFormer(TINY)

    with pytest.raises(SeparatorError, match="needs stft_hop_length"):
        config_of(shapes(network), {k: v for k, v in HYPER.items() if "hop" not in k})
    with pytest.raises(SeparatorError, match="stft_hop_length of a BS-RoFormer must be a number"):
        config_of(shapes(network), {**HYPER, "stft_hop_length": "441"})


@pytest.mark.parametrize(
    "variant", [{"linear_transformer_depth": 1}, {"skip_connection": True}, {"zero_dc": False}]
)
def test_a_variant_that_is_not_built_is_refused(variant: Mapping[str, object]) -> None:
    with torch.device("meta"):
        network = BSRoFormer(TINY)

    with pytest.raises(SeparatorError, match=f"with {next(iter(variant))}"):
        config_of(shapes(network), {**HYPER, **variant})


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(SeparatorError, match=r"no weights of a BS-RoFormer: final_norm\.gamma"):
        config_of({"weight": (1, 2)}, HYPER)


def test_bands_must_hold_all_frequencies() -> None:
    with pytest.raises(SeparatorError, match=r"must hold 33 frequencies .* found 17"):
        replace(TINY, stft_n_fft=64)


@pytest.mark.parametrize("length", [17, 400, 401])
def test_an_output_is_as_long_as_its_input(length: int) -> None:
    extractor, refiner = tiny()

    with torch.inference_mode():
        features = extractor.features(noise(3, 2, length))
        audio = refined(
            refiner, features.separated, refiner.condition(features), noise=torch.zeros(3)
        )

    assert features.separated.shape == (3, 2, 2, length)
    assert audio.shape == (3, 2, 2, length)


def test_items_of_a_batch_do_not_see_each_other() -> None:
    extractor, refiner = tiny()
    mixtures, level = noise(3, 2, 300), torch.tensor([-1.0, 0.0, 1.0])

    def all_of(chosen: slice) -> Tensor:
        features = extractor.features(mixtures[chosen])
        condition = refiner.condition(features)
        return refined(refiner, features.separated, condition, noise=level[chosen])

    with torch.inference_mode():
        together = all_of(slice(None))
        alone = torch.cat([all_of(slice(item, item + 1)) for item in range(3)])

    assert torch.allclose(together, alone, atol=ATOL)


def test_every_stem_noise_level_and_feature_reaches_the_output() -> None:
    extractor, refiner = tiny()
    with torch.inference_mode():
        features = extractor.features(noise(1, 2, 300))
        condition = refiner.condition(features)
        audio = noise(1, 2, 300, seed=3)

        def output(stem: int, level: float, given: Condition) -> Tensor:
            found: Tensor = refiner(audio, given, stem=stem, noise=torch.tensor([level]))
            return found

        states = condition.states
        changed = [
            condition._replace(spectra=2 * condition.spectra),
            condition._replace(bands=2 * condition.bands),
            *(
                condition._replace(states=(*states[:one], 2 * states[one], *states[one + 1 :]))
                for one in range(len(states))
            ),
        ]
        first = output(0, 0.0, condition)
        others = [
            output(1, 0.0, condition),
            output(0, 1.0, condition),
            *(output(0, 0.0, given) for given in changed),
        ]

    assert all(not torch.allclose(first, other, atol=1e-4) for other in others)


def test_an_untrained_refiner_hears_nothing_of_the_extractor() -> None:
    extractor, _ = tiny()
    refiner = Refiner(TINY_REFINER)

    spectra, bands, states = refiner.condition(extractor.features(noise(1, 2, 300)))

    assert all(not one.abs().any() for one in (spectra, bands, *states))


def test_dropout_acts_in_training_only() -> None:
    extractor, _ = tiny()
    mixture = noise(1, 2, 300)

    with torch.inference_mode():
        assert torch.equal(extractor(mixture), extractor(mixture))
        extractor.train()
        assert not torch.equal(extractor(mixture), extractor(mixture))


def test_gradients_reach_every_parameter_but_the_rotary_frequencies() -> None:
    extractor, refiner = tiny()
    features = extractor.features(noise(1, 2, 300))
    condition = refiner.condition(features)

    audio = refined(refiner, features.separated, condition, noise=torch.zeros(1))
    torch.autograd.backward(audio.square().sum())

    for network in (extractor, refiner):
        for name, parameter in network.named_parameters():
            moved = parameter.grad is not None and bool(parameter.grad.any())
            assert moved != name.endswith("rotary_embed.freqs"), name


@cache
def state_dict(name: str) -> Mapping[str, Any]:
    document = json.loads((STATE_DICTS / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


EXTRACTOR = "pre_trained_mixture_feature_extractor_model.model.unet."
LAYOUTS = [
    ("Deterministic_model_MSST_bs_roformer", {"model.unet.": RELEASED}),
    (
        "diffusion_model_MSST_bs_roformer",
        {
            EXTRACTOR: RELEASED,
            "model.unet.": RELEASED_REFINER,
            "model.diffusion.net.": RELEASED_REFINER,
        },
    ),
    (
        "CD_MSST_bs_roformer",
        {
            EXTRACTOR: RELEASED,
            **{
                f"{role}.model.{part}.": RELEASED_REFINER
                for role in ("net", "teacher_model", "target_model")
                for part in ("unet", "diffusion.net")
            },
        },
    ),
]


def on_meta(config: BSRoFormerConfig | RefinerConfig) -> nn.Module:
    with torch.device("meta"):
        return BSRoFormer(config) if isinstance(config, BSRoFormerConfig) else Refiner(config)


def aliases(network: nn.Module) -> Iterator[tuple[str, str]]:
    """Names of one tensor beyond its first, each with the first."""
    first: dict[int, str] = {}
    for name, parameter in network.named_parameters(remove_duplicate=False):
        if id(parameter) in first:
            yield name, first[id(parameter)]
        else:
            first[id(parameter)] = name


@pytest.mark.data
@needs_facts
@pytest.mark.parametrize(("name", "parts"), LAYOUTS, ids=[name for name, _ in LAYOUTS])
def test_names_shapes_and_aliases_are_those_of_the_published_checkpoints(
    name: str, parts: Mapping[str, BSRoFormerConfig | RefinerConfig]
) -> None:
    published = state_dict(name)
    networks = {prefix: on_meta(config) for prefix, config in parts.items()}

    found = {
        prefix + key: shape
        for prefix, network in networks.items()
        for key, shape in shapes(network).items()
    }
    assert found == {key: tuple(one["shape"]) for key, one in published["tensors"].items()}
    for prefix, network in networks.items():
        shared = {
            (key.removeprefix(prefix), other.removeprefix(prefix))
            for key, other in published["alias"].items()
            if key.startswith(prefix) and other.startswith(prefix)
        }
        if "diffusion.net" not in prefix:  # these are aliases as a whole
            assert set(aliases(network)) == shared


@pytest.mark.data
@needs_facts
def test_the_published_shapes_give_the_published_configuration() -> None:
    published = state_dict("diffusion_model_MSST_bs_roformer")["tensors"]
    hyper = {"stereo": True, "stft_n_fft": 2048, "stft_hop_length": 441, "stft_win_length": 2048}
    extractor, refiner = (
        {
            key.removeprefix(prefix): tuple(one["shape"])
            for key, one in published.items()
            if key.startswith(prefix)
        }
        for prefix in (EXTRACTOR, "model.unet.")
    )
    dropout = {"attn_dropout": 0.1, "ff_dropout": 0.1}

    assert config_of(extractor, {**hyper, **dropout}) == RELEASED
    assert refiner_config_of(refiner, {**hyper, **dropout}) == RELEASED_REFINER


@pytest.mark.data
@needs_facts
def test_parameter_totals_are_those_of_the_published_networks() -> None:
    facts = json.loads((STATE_DICTS.parent / "flops.json").read_text(encoding="utf-8"))
    full = facts["bsrf_full 11 s"]
    totals = {
        key: sum(one.numel() for one in on_meta(config).parameters())
        for key, config in (
            ("params_det", RELEASED),
            ("params_diff", RELEASED_REFINER),
            ("params_det2", RELEASED_DET2),
        )
    }
    refiner = on_meta(RELEASED_REFINER)
    split = {
        part: sum(one.numel() for name, one in refiner.named_parameters() if name.startswith(part))
        for part in full["params_split"]
    }

    assert totals == {key: full[key] for key in totals}
    assert totals == {
        "params_det": 131_704_164,
        "params_diff": 179_865_576,
        "params_det2": 136_779_240,
    }
    assert split == full["params_split"]
    film = sum(one.numel() for name, one in refiner.named_parameters() if "to_scale_shift" in name)
    assert film == full["film"]


@cache
def features() -> Features:
    with torch.inference_mode():
        return small.extractor().features(small.tensors()["in/mixture"])


@pytest.mark.data
@small.needs_bsrf_small
def test_deterministic_output_and_all_features_are_the_reference() -> None:
    found = features()
    with torch.inference_mode():
        separated = small.extractor()(small.tensors()["in/mixture"])

    assert small.deviation(separated, "out/det") < ATOL
    in_order = (
        torch.view_as_real(found.spectra),
        found.bands,
        *found.states,
        found.normed,
        found.masks,
        found.separated,
    )
    for number, feature in enumerate(in_order):
        assert small.deviation(feature, f"out/features/{number:02d}") < ATOL, number


def scaled() -> tuple[Tensor, Tensor, Tensor]:
    """The stored state, its noise levels, and what the network is to hear of it."""
    x, sigma = small.tensors()["in/denoise_x"], small.tensors()["in/denoise_sigma"]
    gain = (sigma**2 + small.SIGMA_DATA**2).rsqrt()
    return x, sigma, gain.view(-1, 1, 1, 1) * x


@pytest.mark.data
@small.needs_bsrf_small
def test_the_bare_refiner_is_the_reference() -> None:
    _, sigma, heard = scaled()
    network = small.refiner("diff")

    with torch.inference_mode():
        condition = network.condition(features())
        all_stems = refined(network, heard, condition, noise=sigma.log() / 4)
        one_stem = network(heard[:, 2], condition, stem=2, noise=sigma.log() / 4)

    assert small.deviation(all_stems, "out/denoise_F") < ATOL
    assert small.deviation(one_stem[:, None], "out/denoise_F_stem2_only") < ATOL


@pytest.mark.data
@small.needs_bsrf_small
def test_the_second_deterministic_network_is_the_reference() -> None:
    network = small.refiner("det2")

    with torch.inference_mode():
        found = refined(network, features().separated, network.condition(features()), noise=None)

    assert small.deviation(found, "out/det2") < ATOL


@pytest.mark.data
@small.needs_bsrf_small
def test_the_weighted_training_loss_is_the_reference() -> None:
    stored = small.tensors()
    network = small.refiner("diff")
    sigma = (stored["noise/loss_bsroformer/00"] - 3.0).exp()  # ln σ has mean -3
    base, clean = features().separated[:, 1], stored["in/stems"][:, 1]
    with torch.inference_mode():
        condition = network.condition(features())
        denoised = denoiser(
            lambda x, level: network(x, condition, stem=1, noise=level),
            partial(edm, sigma_data=small.SIGMA_DATA),
            clamp=1.0,
        )(base + sigma.view(-1, 1, 1) * stored["noise/loss_bsroformer/01"][:, 0], sigma)

        error = waveform_and_spectra(denoised, clean, n_fft=small.case()["config"]["stft_n_fft"])
        found = (weight(sigma, sigma_data=small.SIGMA_DATA) * error).mean()

    assert found.item() == pytest.approx(stored["out/loss_bsroformer"].item(), rel=1e-5)


FULL_SIZE = """
import json, resource, time, torch
from sepeval.networks.bs_roformer.config import RELEASED, RELEASED_REFINER
from sepeval.networks.bs_roformer.network import BSRoFormer
from sepeval.networks.bs_roformer.refiner import Refiner
torch.set_num_threads(2)
extractor, refiner = BSRoFormer(RELEASED).eval(), Refiner(RELEASED_REFINER).eval()
mixture = 0.1 * torch.randn(1, 2, 485100, generator=torch.Generator().manual_seed(0))
with torch.inference_mode():
    times = [time.perf_counter()]
    features = extractor.features(mixture)
    times.append(time.perf_counter())
    separated, base = features.separated, features.separated[:, 0]
    condition = refiner.condition(features)
    del features
    times.append(time.perf_counter())
    refined = refiner(base, condition, stem=0, noise=torch.zeros(1))
    times.append(time.perf_counter())
print(json.dumps({
    "shapes": [list(separated.shape), list(refined.shape)],
    "finite": bool(separated.isfinite().all() and refined.isfinite().all()),
    "seconds": [round(after - before, 1) for before, after in zip(times, times[1:])],
    "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
}))
"""


@pytest.mark.slow
def test_the_full_size_networks_run_on_one_segment_below_8_gb() -> None:
    process = subprocess.run(
        [sys.executable, "-c", FULL_SIZE], capture_output=True, text=True, check=True
    )
    found = json.loads(process.stdout)

    assert found["shapes"] == [[1, 4, 2, 485100], [1, 2, 485100]]
    assert found["finite"]
    assert found["peak_gb"] < 8.0, found
