"""Every channel rule, with and without mean removal, equals the same done to the samples."""

from __future__ import annotations

from typing import NamedTuple, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepeval.kernels.cells import Statistics, join, measure
from sepeval.kernels.pairs import ChannelRule, Pairs, pairs
from sepeval.kernels.windows import gather
from sepeval.types import Array

RULES: tuple[ChannelRule, ...] = get_args(ChannelRule)
few = settings(max_examples=20)


class Signals(NamedTuple):
    references: Array
    estimates: Array
    mixture: Array


def signals(
    *, channels: int, offset: float = 0.0, stems: int = 2, length: int = 90, seed: int = 0
) -> Signals:
    draw = np.random.default_rng(seed)
    references = draw.standard_normal((stems, channels, length))
    estimates = references + 0.2 * draw.standard_normal(references.shape)
    mixture = references.sum(axis=0) + 0.3 * draw.standard_normal((channels, length))
    shifts = offset * draw.standard_normal((2, stems, channels, 1))
    return Signals(references + shifts[0], estimates + shifts[1], mixture + shifts[0, 0])


def window(found: Signals, cut: int = 31) -> Statistics:
    length = found.mixture.shape[1]
    edges = np.array([0, cut, length])
    into = gather(np.array([[0, length]]), edges)
    assert into is not None
    return join(measure(*found, edges), into)


def arranged(found: Signals, rule: ChannelRule, *, zero_mean: bool) -> Signals:
    """The samples that a rule compares, [stem channel sample]."""
    parts = [one - one.mean(axis=-1, keepdims=True) if zero_mean else one for one in found]
    if rule == "flattened":
        parts = [one.reshape(*one.shape[:-2], 1, -1) for one in parts]
    if rule == "downmixed":
        parts = [one.mean(axis=-2, keepdims=True) for one in parts]
    return Signals(*parts)


def direct(found: Signals) -> Pairs:
    """Energies from samples, [1 channel which stem]."""
    references = found.references.transpose(1, 0, 2)[:, None]
    mixture = np.broadcast_to(found.mixture[None], found.references.shape)
    heard = np.stack([found.estimates, mixture]).transpose(2, 0, 1, 3)
    energy, cross = (references**2).sum(-1), (heard * references).sum(-1)
    rest = heard - (cross / energy)[..., None] * references
    return Pairs(energy[None], cross[None], (rest**2).sum(-1)[None])


def agree(found: Pairs, expected: Pairs, tolerance: float) -> None:
    np.testing.assert_allclose(found.reference, expected.reference, rtol=tolerance)
    np.testing.assert_allclose(found.cross, expected.cross, rtol=tolerance, atol=tolerance * 90)
    np.testing.assert_allclose(found.residual, expected.residual, rtol=tolerance)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("zero_mean", [False, True])
@given(seed=st.integers(0, 2**32 - 1))
@few
def test_a_channel_rule_equals_the_same_done_to_the_samples(
    rule: ChannelRule, channels: int, zero_mean: bool, seed: int
) -> None:
    found = signals(channels=channels, seed=seed)

    agree(
        pairs(window(found), channels=rule, zero_mean=zero_mean),
        direct(arranged(found, rule, zero_mean=zero_mean)),
        1e-11,
    )


@pytest.mark.parametrize("rule", RULES)
def test_a_removed_offset_costs_no_more_digits_than_it_has(rule: ChannelRule) -> None:
    found = signals(channels=2, offset=30.0)

    agree(
        pairs(window(found), channels=rule, zero_mean=True),
        direct(arranged(found, rule, zero_mean=True)),
        1e-9,  # offsets 30 times the signal cost three digits of its energy
    )


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("zero_mean", [False, True])
def test_one_channel_is_the_same_under_every_rule(rule: ChannelRule, zero_mean: bool) -> None:
    found = window(signals(channels=1, offset=1.0))

    one = pairs(found, channels=rule, zero_mean=zero_mean)

    other = pairs(found, channels="each_then_mean", zero_mean=zero_mean)
    assert np.array_equal(one.reference, other.reference)
    assert np.array_equal(one.cross, other.cross)
    assert np.array_equal(one.residual, other.residual)


def test_channels_that_are_kept_apart_have_a_row_each() -> None:
    found = window(signals(channels=2))

    rows = {rule: pairs(found, channels=rule, zero_mean=False).cross.shape for rule in RULES}

    assert rows == {
        "each_then_mean": (1, 2, 2, 2),
        "energies_summed": (1, 2, 2, 2),
        "flattened": (1, 1, 2, 2),
        "downmixed": (1, 1, 2, 2),
    }


def test_opposite_channels_are_silent_when_downmixed_only() -> None:
    mono = signals(channels=1)
    opposite = Signals(*(np.concatenate([one, -one], axis=-2) for one in mono))

    energy = {
        rule: pairs(window(opposite), channels=rule, zero_mean=False).reference.any()
        for rule in RULES
    }

    assert energy == {rule: rule != "downmixed" for rule in RULES}


def test_one_gain_for_both_channels_leaves_what_two_gains_would_explain() -> None:
    reference = np.ones((1, 2, 8))
    estimate = reference * np.array([[[1.0], [0.0]]])
    found = window(Signals(reference, estimate, reference[0]), cut=4)

    apart = pairs(found, channels="energies_summed", zero_mean=False)
    together = pairs(found, channels="flattened", zero_mean=False)

    assert apart.residual[0, :, 0, 0].tolist() == [0.0, 0.0]
    assert together.residual[0, 0, 0, 0] == pytest.approx(16 * 0.25, rel=1e-14)


def test_a_constant_has_no_energy_once_its_mean_is_removed() -> None:
    reference = np.full((1, 1, 90), 0.1)
    noise = signals(channels=1, stems=1)

    found = pairs(
        window(Signals(reference, noise.estimates, noise.mixture)),
        channels="each_then_mean",
        zero_mean=True,
    )

    assert found.reference.item() == 0.0
    assert not found.cross.any()


def test_an_estimate_that_is_off_by_a_constant_is_perfect_once_its_mean_is_removed() -> None:
    reference = signals(channels=1, stems=1).references

    found = pairs(
        window(Signals(reference, 0.5 * reference + 0.25, reference[0])),
        channels="each_then_mean",
        zero_mean=True,
    )

    assert found.residual[0, 0, 0, 0] < 1e-14 * found.reference.item()


def test_one_sample_is_nothing_once_its_mean_is_removed() -> None:
    one = np.array([[[0.5]]])
    statistics = measure(one, one, one[0], np.array([0, 1]))

    found = pairs(statistics, channels="each_then_mean", zero_mean=True)

    assert not found.reference.any()
    assert not found.residual.any()


def test_a_window_without_samples_has_no_energy() -> None:
    statistics = measure(
        np.zeros((1, 2, 4)), np.zeros((1, 2, 4)), np.zeros((2, 4)), np.array([0, 4])
    )
    into = gather(np.array([[4, 4]]), np.array([0, 4]))
    assert into is not None

    for rule in RULES:
        found = pairs(join(statistics, into), channels=rule, zero_mean=True)
        assert not found.reference.any()
        assert not found.residual.any()
