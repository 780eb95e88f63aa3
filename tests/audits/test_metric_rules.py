from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.audits.metric_rules import channel_rule, eps, mean_removal, precision
from sepeval.kernels.ratios import Eps, decibels
from tests.audits.boards import SDR, Heard, board, music, noisy, protocol, run

ALL_RULES = (eps, precision, mean_removal, channel_rule)


def clean() -> Heard:
    references = music()
    references -= references.reshape(2, 1, -1, 100).mean(axis=-1).repeat(100, axis=-1)
    noise = 0.1 * (noisy(references, level=1.0) - references)
    noise -= noise.reshape(2, 1, -1, 100).mean(axis=-1).repeat(100, axis=-1)
    return Heard(references, references + noise)


@pytest.mark.parametrize("rule", ALL_RULES)
def test_clean_music_does_not_care(tmp_path: Path, rule: object) -> None:
    made = run(tmp_path, "clean", {"one": clean()}, [protocol()])

    assert not list(rule(board(made)))  # type: ignore[operator]


def test_eps_decides_the_score_of_silent_stems(tmp_path: Path) -> None:
    references, estimates = clean()
    references[0, 0, :100] = estimates[0, 0, :100] = 0.0
    made = run(tmp_path, "one", {"one": Heard(references, estimates)}, [protocol()])

    (finding,) = eps(board(made))

    row = next(row for row in finding.evidence if row["stem"] == "bass")
    assert (row["scores"], row["decided_by_eps"]) == (6, 1)
    energy = float((references.sum(axis=0)[0, :100] ** 2).sum())
    closed = decibels(
        np.array([energy]), np.array([0.0]), eps=Eps(0, 1e-8, 1e-8, 0), precision="float64"
    )
    assert row["mean_of_decided"] == pytest.approx(closed.item(), abs=1e-6)


def test_an_eps_per_sample_moves_quiet_stems(tmp_path: Path) -> None:
    references, estimates = clean()
    quiet = Heard(1e-3 * references, 1e-3 * estimates)
    made = run(tmp_path, "quiet", {"one": quiet}, [protocol()])

    (finding,) = eps(board(made))

    assert finding.effect_db is not None
    assert finding.effect_db > 0.05


def test_the_eps_of_a_data_type_decides_on_silence(tmp_path: Path) -> None:
    references, estimates = clean()
    references[0, 0, :100] = 0.0
    metric = {**SI_SDR, "parameters": {**SI_SDR["parameters"], "eps": single(1.1920929e-7)}}  # type: ignore[dict-item]
    made = run(tmp_path, "one", {"one": Heard(references, estimates)}, [protocol(metric)])

    (finding,) = precision(board(made))

    assert "the eps of float64" in finding.message
    # one of six windows of the stem: 10 log10 of the ratio of the two eps, over six
    assert finding.effect_db == pytest.approx(87.3 / 6, abs=0.1)


def test_an_offset_is_worth_what_removing_it_brings(tmp_path: Path) -> None:
    references, estimates = clean()
    made = run(tmp_path, "dc", {"one": Heard(references, estimates + 0.03)}, [protocol()])

    (finding,) = mean_removal(board(made))

    assert finding.value_by_better_rule is not None
    assert finding.value is not None
    assert finding.value_by_better_rule > finding.value + 5.0


def test_a_balance_error_shows_when_channels_share_a_gain(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    mono = 0.1 * generator.normal(size=(2, 1, 600))
    references = np.concatenate([mono, mono], axis=1)
    estimates = references * np.array([1.0, 0.5])[:, None] + 1e-4 * generator.normal(
        size=references.shape
    )
    made = run(tmp_path, "balance", {"one": Heard(references, estimates)}, [protocol()])

    (finding,) = channel_rule(board(made))

    flat = [row for row in finding.evidence if row["variant"] == "channels flattened"]
    closed = 10 * np.log10(0.9 / 0.1)  # gains 1 and 0.5 have 90 % of their energy in one direction
    mixture = -10 * np.log10(float((mono[1] ** 2).sum() / (mono[0] ** 2).sum()))
    assert flat[0]["value_by_better_rule"] == pytest.approx(closed, abs=abs(mixture) + 0.3)


def test_loud_channels_weigh_more_when_energies_are_summed(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    references = generator.normal(size=(2, 2, 600)) * np.array([0.1, 0.01])[:, None]
    noise = generator.normal(size=references.shape) * np.array([0.001, 0.01])[:, None]
    made = run(tmp_path, "hot", {"one": Heard(references, references + noise)}, [protocol(SDR)])

    (finding,) = channel_rule(board(made))

    rows = {row["variant"]: row for row in finding.evidence if row["stem"] == "All"}
    assert rows["channels each then mean"]["value"] == pytest.approx(20.0, abs=0.5)
    assert rows["channels each then mean"]["value_by_better_rule"] == pytest.approx(20.0, abs=0.5)


def single(value: float) -> dict[str, object]:
    return {"scale": value, "scale_counts": "once", "target": value, "error": value, "ratio": 0}


SI_SDR: dict[str, object] = {
    "name": "si_sdr",
    "metric": "si_sdr",
    "where": "every_window",
    "parameters": {
        "eps": single(1e-8),
        "zero_mean": False,
        "channels": "each_then_mean",
        "precision": "float64",
    },
}


def test_an_offset_is_told_with_its_track_and_stem(tmp_path: Path) -> None:
    sound, moved = clean(), clean()
    moved.estimates[1] += 0.02
    made = run(tmp_path, "a", {"one": sound, "two": moved}, [protocol(SDR)])

    (finding,) = mean_removal(board(made))

    assert "+0.0200, in drums of two of a" in finding.message
    assert finding.evidence[0]["track"] == "two"
