"""DiCoSe's U-Net as a separator: what it computes, describes and refuses."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from sepeval.checkpoints import card_of, read, save
from sepeval.errors import SeparatorError
from sepeval.inference import Noise, chunk_seed
from sepeval.separators.dicose_unet import DicoseUNet
from sepeval.separators.dicose_unet.refining import estimates
from sepeval.separators.dicose_unet.weights import Kind, loaded
from sepeval.separators.network import weights_file
from sepeval.types import Array
from tests.golden_cases import ATOL, CASES, case, draws, needs_cases
from tests.separators import unet_weights
from tests.separators.unet_weights import EXTRACTOR, HYPER, RATE, REFINER, card, weights

LAYOUTS = CASES / "layout_tiny"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def mixture(length: int = 3000) -> Array:
    return 0.1 * np.random.default_rng(0).standard_normal((1, length))


def sampling(separator: DicoseUNet) -> dict[str, Any]:
    found = separator.describe()["sampling"]
    assert isinstance(found, dict)
    return found


def test_the_estimate_of_a_stem_is_that_of_its_label(tmp_path: Path) -> None:
    separator = DicoseUNet(checkpoint=unet_weights.deterministic(tmp_path), kind="deterministic")
    network = separator._model().parts["extractor"]
    heard = mixture(1024)

    found = separator.separate(heard, rate=RATE, seed=0)

    x = torch.from_numpy(heard[None].astype(np.float32))
    with torch.inference_mode():
        expected = [network(x, label=torch.eye(2)[[stem]])[0].numpy() for stem in range(2)]
    assert found.audio == pytest.approx(np.stack(expected), abs=1e-6)


def test_the_deterministic_kind_takes_the_extractor_of_a_refiner(tmp_path: Path) -> None:
    alone = DicoseUNet(checkpoint=unet_weights.deterministic(tmp_path), kind="deterministic")
    both = DicoseUNet(checkpoint=unet_weights.diffusion(tmp_path), kind="deterministic")

    first, second = (one.separate(mixture(), rate=RATE, seed=0) for one in (alone, both))

    # weights are used where they lie in the file, and their alignment changes the rounding
    assert first.audio == pytest.approx(second.audio, abs=1e-6)


def test_a_refiner_begins_at_the_estimate_of_the_extractor(tmp_path: Path) -> None:
    checkpoint = unet_weights.diffusion(tmp_path)
    first = DicoseUNet(checkpoint=checkpoint, kind="deterministic")
    refined = DicoseUNet(checkpoint=checkpoint, kind="diffusion", sigma_max=2e-4, s_churn=0.0)

    begun, ended = (one.separate(mixture(), rate=RATE, seed=0).audio for one in (first, refined))

    assert 0.0 < np.abs(ended - begun).max() < 5e-3


@pytest.mark.parametrize(
    ("kind", "settings", "nfe"),
    [
        ("deterministic", {}, 2),
        ("stacked", {}, 4),
        ("diffusion", {}, 2 * (1 + 4)),
        ("diffusion", {"steps": 3, "resamples": 1}, 2 * (1 + 3)),
        ("diffusion", {"steps": 3, "sampler": "heun"}, 2 * (1 + 5)),
        ("consistency", {}, 2 * (1 + 1)),
        ("consistency", {"steps": 4}, 2 * (1 + 4)),
    ],
)
def test_all_passes_of_both_networks_are_counted(
    tmp_path: Path, kind: Kind, settings: dict[str, Any], nfe: int
) -> None:
    checkpoint = getattr(unet_weights, kind)(tmp_path)
    separator = DicoseUNet(checkpoint=checkpoint, kind=kind, **settings)
    passes: list[int] = []
    hooks = [
        network.get_submodule("to_in").register_forward_pre_hook(lambda *_: passes.append(1))
        for network in separator._model().parts.values()
    ]

    found = separator.separate(mixture(1024), rate=RATE, seed=0)

    for hook in hooks:
        hook.remove()
    assert (found.nfe, len(passes)) == (nfe, nfe)


def test_each_stem_draws_its_own_noise(tmp_path: Path) -> None:
    separator = DicoseUNet(checkpoint=unet_weights.diffusion(tmp_path), kind="diffusion")
    networks = separator._model().parts
    x = torch.from_numpy(mixture(1024)[None].astype(np.float32))
    with torch.inference_mode():
        whole = separator._model().function(x, [7])
        alone = estimates(
            networks,  # type: ignore[arg-type]  # both are U-Nets
            x,
            torch.eye(2)[[1]],
            Noise([chunk_seed(7, 1)], (1, 1024), "cpu"),
            separator._sampling(0.2),
        )

    assert whole[:, 1].tolist() == alone.tolist()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "diffusion",
            {
                "sampler": "euler",
                "steps": 2,
                "sigma_max": 0.01,
                "sigma_min": 1e-4,
                "rho": 9.0,
                "sigma_data": 0.2,
                "resamples": 2,
                "s_churn": 20.0,
            },
        ),
        (
            "consistency",
            {
                "sampler": "multistep_released",
                "steps": 1,
                "sigma_max": 0.01244,
                "sigma_min": 1e-4,
                "rho": 9.0,
                "sigma_data": 0.2,
                "resamples": 1,
                "s_churn": 0.0,
            },
        ),
    ],
)
def test_what_is_not_given_is_that_of_the_released_evaluation(
    tmp_path: Path, kind: Kind, expected: dict[str, object]
) -> None:
    checkpoint = getattr(unet_weights, kind)(tmp_path)

    assert sampling(DicoseUNet(checkpoint=checkpoint, kind=kind)) == expected


@pytest.mark.parametrize(("steps", "sigma_max"), [(1, 0.01244), (2, 0.2497), (4, 0.2495)])
def test_each_published_number_of_steps_has_its_level(
    tmp_path: Path, steps: int, sigma_max: float
) -> None:
    checkpoint = unet_weights.consistency(tmp_path)

    found = sampling(DicoseUNet(checkpoint=checkpoint, kind="consistency", steps=steps))

    assert found["sigma_max"] == sigma_max


@pytest.mark.parametrize("steps", [1, 2])
def test_the_two_ways_to_renoise_differ_from_two_steps_on(tmp_path: Path, steps: int) -> None:
    checkpoint = unet_weights.consistency(tmp_path)

    first, second = (
        DicoseUNet(checkpoint=checkpoint, kind="consistency", steps=steps, sampler=sampler)
        .separate(mixture(), rate=RATE, seed=0)
        .audio
        for sampler in ("multistep", "multistep_released")
    )

    assert (first.tobytes() == second.tobytes()) == (steps == 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "deterministic", "steps": 2}, "steps is no setting of kind deterministic"),
        ({"kind": "stacked", "rho": 9.0}, "rho is no setting of kind stacked"),
        ({"kind": "diffusion", "sampler": "multistep"}, "none of diffusion; take euler or heun"),
        ({"kind": "consistency", "resamples": 2}, "resamples is no setting of the sampler"),
        ({"kind": "diffusion", "sampler": "heun", "resamples": 2}, "resamples is no setting"),
        ({"kind": "consistency", "steps": 3}, "no sigma_max was published for consistency with 3"),
        ({"kind": "diffusion", "sigma_max": 1e-5}, "above sigma_min 0.0001; found 1e-05"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(SeparatorError, match=f"dicose-unet: .*{message}"):
        DicoseUNet(checkpoint="nowhere.safetensors", **settings)


@pytest.mark.parametrize("kind", ["stacked", "diffusion", "consistency"])
def test_weights_of_one_network_make_no_refiner(tmp_path: Path, kind: Kind) -> None:
    separator = DicoseUNet(checkpoint=unet_weights.deterministic(tmp_path), kind=kind)

    with pytest.raises(SeparatorError, match=f"do not serve dicose-unet, kind {kind}"):
        separator.describe()


def test_weights_of_another_kind_are_refused(tmp_path: Path) -> None:
    separator = DicoseUNet(checkpoint=unet_weights.consistency(tmp_path), kind="diffusion")

    with pytest.raises(SeparatorError, match=r"kind consistency .* do not serve"):
        separator.separate(mixture(), rate=RATE, seed=0)


def test_a_refiner_that_does_not_hear_the_noise_level_is_refused(tmp_path: Path) -> None:
    parts = {"extractor": weights(EXTRACTOR, seed=1), "refiner": weights(EXTRACTOR, seed=2)}
    path = tmp_path / "deaf.safetensors"
    save(path, parts, card("dicose-unet", "diffusion", ("extractor", "refiner")))

    with pytest.raises(SeparatorError, match=r"the refiner must be .*has_time=True"):
        DicoseUNet(checkpoint=str(path), kind="diffusion").describe()


def test_a_card_with_other_stems_than_the_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "three.safetensors"
    told = card("dicose-unet", "deterministic", ("network",), stems=["a", "b", "c"])
    save(path, {"network": weights(EXTRACTOR, seed=1)}, told)

    with pytest.raises(SeparatorError, match="3 stems and 1 channels at 8000 Hz; the network has"):
        DicoseUNet(checkpoint=str(path), kind="deterministic").describe()


def test_the_description_names_architecture_and_weights(tmp_path: Path) -> None:
    path = unet_weights.diffusion(tmp_path)
    found = DicoseUNet(checkpoint=path, kind="diffusion").describe()
    written = card_of(Path(path))
    assert written is not None

    assert found["weights_sha256"] == written.sha256
    assert found["stems"] == ["bass", "drums"]
    architecture = found["architecture"]
    assert isinstance(architecture, dict)
    assert list(architecture) == ["extractor", "refiner"]
    assert HYPER["attention_heads"] == REFINER.heads


# --- published layouts --------------------------------------------------------------------------


@pytest.mark.data
@needs_cases
@pytest.mark.parametrize(
    ("name", "kind", "nfe"),
    [
        ("Deterministic_model_unet", "deterministic", 4),
        ("diffusion_model_unet", "diffusion", 4 * (1 + 4)),
        ("diffusion_model_unet", "deterministic", 4),
        ("CD_unet", "consistency", 4 * (1 + 1)),
    ],
)
def test_published_checkpoints_are_read_as_they_are(name: str, kind: Kind, nfe: int) -> None:
    separator = DicoseUNet(checkpoint=str(LAYOUTS / f"{name}.ckpt"), kind=kind, chunk=2048)

    found = separator.separate(mixture(2048), rate=22050, seed=0)

    assert found.stems == ("bass", "drums", "guitar", "piano")
    assert found.nfe == nfe
    assert np.isfinite(found.audio).all()


@pytest.mark.data
@needs_cases
def test_a_damaged_checkpoint_is_refused_by_name(tmp_path: Path) -> None:
    tensors = dict(read(LAYOUTS / "Deterministic_model_unet.ckpt").tensors)
    source = {name.removeprefix("model.unet."): one.clone() for name, one in tensors.items()}
    del source["bottleneck.post_block.block2.groupnorm.bias"]
    path = tmp_path / "torn.safetensors"
    told = card("dicose-unet", "deterministic", ("network",), stems=["a", "b", "c", "d"])
    architecture = {"network": {"attention_heads": 1, "resnet_groups": 8}}
    save(path, {"network": source}, told.model_copy(update={"architecture": architecture}))

    with pytest.raises(SeparatorError, match=r"1 missing: bottleneck\.post_block\.block2\.group"):
        DicoseUNet(checkpoint=str(path), kind="deterministic").separate(
            mixture(2048), rate=RATE, seed=0
        )


@pytest.mark.data
@needs_cases
@pytest.mark.parametrize(
    ("label", "kind", "run", "settings"),
    [
        ("diff", "diffusion", "diff_T2_R2_churn20_s0.01", {}),
        ("cd", "consistency", "cd_onestep_s0.01244", {}),
        ("cd", "consistency", "cd_multi_T2_s0.2497", {"steps": 2}),
        ("cd", "consistency", "cd_multi_T4_s0.2495", {"steps": 4}),
    ],
)
def test_the_released_settings_give_the_reference_outputs(
    tmp_path: Path, label: str, kind: Kind, run: str, settings: dict[str, Any]
) -> None:
    golden = case("unet_small")
    path = tmp_path / "pair.safetensors"
    stems = golden.document["stems"]
    told = card("dicose-unet", kind, ("extractor", "refiner"), stems=stems)
    architecture = {
        part: {"attention_heads": 2, "resnet_groups": 8} for part in ("extractor", "refiner")
    }
    parts = {"extractor": golden.weights("det"), "refiner": golden.weights(label)}
    save(path, parts, told.model_copy(update={"architecture": architecture}))
    separator = DicoseUNet(checkpoint=str(path), kind=kind, **settings)
    networks = loaded(*weights_file(separator.checkpoint), kind, "cpu")
    draw = draws(f"unet_small/{run}", (2, 1, 8192))
    mixed = golden.tensors["in/mixture"]

    found: list[Tensor] = []
    with torch.inference_mode():
        for stem in range(4):
            told_stem = torch.eye(4)[[stem, stem]]
            sampled = estimates(
                networks, mixed, told_stem, draw, separator._sampling(0.2), unused_draws="keep"
            )
            found.append(sampled)

    assert golden.deviation(torch.stack(found, dim=1), run) < ATOL
