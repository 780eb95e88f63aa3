"""Rules inside metrics that are no function of inner products: spectra, and filters of BSS Eval."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sepeval.audits.base import Finding, Runs
from sepeval.audits.spectral_rules import exchanged_arguments, one_sided_means
from sepeval.types import Array
from tests.audits.planting import Change, as_they_are, findings, run


def made(
    folder: Path, change: Change, *protocols: str, seconds: float, noise: float = 0.03
) -> Runs:
    music = {"data": folder / "music", "layout": "musdb18hq", "seconds": seconds}
    found = run(folder, change, **music, protocols=protocols, label="a", noise=noise)  # type: ignore[arg-type]
    return Runs((found,))


def louder(factor: float) -> Change:
    def change(estimates: Array, _: Array) -> Array:
        return factor * estimates

    return change


PROTOCOLS = Path(__file__).resolve().parents[2] / "protocols"


def rows(finding: Finding, metric: str) -> list[tuple[float, float]]:
    return [
        (float(str(row["value"])), float(str(row["value_by_better_rule"])))
        for row in finding.evidence
        if row["metric"] == metric
    ]


def test_a_mean_over_the_bins_of_one_side_is_found(tmp_path: Path) -> None:
    def change(estimates: Array, _: Array) -> Array:
        click = np.zeros_like(estimates)
        click[..., 20000:20200] = 0.5 * np.random.default_rng(1).normal(size=200)
        return 0.9 * estimates + click

    (finding,) = one_sided_means(made(tmp_path, change, "msst-spectral", seconds=1.0))

    assert finding.effect_db is None  # points
    assert all(then >= now for now, then in rows(finding, "bleedless"))
    assert max(then - now for now, then in rows(finding, "bleedless")) > 5


def test_a_convergence_that_the_estimate_normalises_is_found(tmp_path: Path) -> None:
    (finding,) = exchanged_arguments(made(tmp_path, louder(2.0), "msst-spectral", seconds=1.0))

    assert "normalised by the estimate; by the reference" in finding.message
    assert all(then < now for now, then in rows(finding, "aura_stft"))


def test_perfect_estimates_have_the_same_points_by_every_rule(tmp_path: Path) -> None:
    clean = made(tmp_path, as_they_are, "msst-spectral", seconds=1.0, noise=0.0)

    assert not list(one_sided_means(clean))
    assert not list(exchanged_arguments(clean))


def short(folder: Path, name: str, taps: int) -> str:
    """Return the path of a released protocol with short filters."""
    (text,) = (one.read_text(encoding="utf-8") for one in (PROTOCOLS / f"{name}.v1.yaml",))
    path = folder / f"{name}-{taps}.yaml"
    text = text.replace("taps: 512", f"taps: {taps}").replace(f"name: {name}", f"name: t{taps}")
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_filters_of_another_length_are_found(tmp_path: Path) -> None:
    names = [short(tmp_path, "musdb18-sisec18-stable", taps) for taps in (2, 16)]

    (finding,) = findings(made(tmp_path, as_they_are, *names, seconds=2.0), "filters")

    assert "of 2 taps, fitted on each track" in finding.message
    assert "of 16 taps" in finding.message
    assert finding.effect_db is not None
    assert finding.effect_db > 0.05


def test_filters_of_one_kind_are_no_finding(tmp_path: Path) -> None:
    one = short(tmp_path, "musdb18-sisec18-stable", 2)

    assert not findings(made(tmp_path, as_they_are, one, "musdb18-usdr", seconds=2.0), "filters")
