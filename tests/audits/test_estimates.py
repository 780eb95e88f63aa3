"""Each audit of estimates finds what is planted and says what it is worth; clean runs are quiet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval.audits.base import Finding, Runs
from sepeval.audits.base.undoing import (
    whole_tracks,
    with_gains,
    with_leak,
    with_order,
)
from sepeval.audits.swaps import _order
from sepeval.kernels.cells import measure
from sepeval.scoring import TrackStatistics
from sepeval.store import Run
from sepeval.store.signals import path_of
from sepeval.types import Array
from tests.audits.planting import Change, as_they_are, findings, of_run, run

GLOBAL = ("musdb18-usdr",)
MINE = (
    *("swapped_stems", "swapped_channels", "wrong_gain", "inverted_polarity", "copied_estimates"),
    "wrong_balance",
    *("same_estimates", "zeros_while_playing", "zeros_on_silence", "delay", "holes"),
    *("chunk_seams", "rounded_estimates", "clipped_estimates", "no_signal_facts"),
)


class Make:
    """Makes runs whose music is generated once for all tests of this file."""

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder, self._data, self._count = folder, data, 0

    def __call__(
        self,
        change: Change,
        *,
        layout: str = "slakh2100_22050",
        protocols: tuple[str, ...] = ("slakh2100-active",),
        label: str = "planted",
        seconds: float = 14.0,
    ) -> Run:
        self._count += 1
        return run(
            self._folder / str(self._count),
            change,
            data=self._data,
            layout=layout,
            protocols=protocols,
            label=label,
            seconds=seconds,
        )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("music")


@pytest.fixture
def make(tmp_path: Path, data: Path) -> Make:
    return Make(tmp_path, data)


def only(found: list[Finding]) -> Finding:
    (one,) = found
    return one


@pytest.mark.parametrize(
    ("layout", "protocol"),
    [("slakh2100_22050", "slakh2100-active"), ("musdb18hq", "musdb18-usdr")],
)
def test_clean_estimates_set_off_no_alarm(make: Make, layout: str, protocol: str) -> None:
    seconds = 14.0 if layout == "slakh2100_22050" else 4.0
    clean = make(as_they_are, layout=layout, protocols=(protocol,), seconds=seconds)

    for name in MINE:
        assert of_run(clean, name) == [], name


def test_exchanged_stems_are_found_and_their_worth_is_that_of_the_clean_run(make: Make) -> None:
    clean = make(as_they_are)
    swapped = make(lambda estimates, _: estimates[[1, 0, 2, 3]])

    found = only(of_run(swapped, "swapped_stems"))

    assert found.severity == "error"
    assert found.where == "bass, drums"
    rows = {row["stem"]: row for row in found.evidence if "better" in row}
    scores = clean.read_scores("slakh2100-active.v1").to_pandas()
    active = scores[(scores["stem"] == "bass") & (scores["status"] == "ok")]["value"]
    assert float(str(rows["bass"]["better"])) == pytest.approx(active.mean(), abs=0.2)


def test_exchanged_stems_are_found_beside_silent_references() -> None:
    shares = np.zeros((4, 4))
    shares[0, 1] = shares[1, 0] = 0.9  # the other two references are silent

    assert _order(shares).tolist() == [1, 0, 2, 3]
    assert _order(np.eye(4) * 0.5).tolist() == [0, 1, 2, 3]


def test_exchanged_channels_are_found(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        estimates[1] = estimates[1, ::-1] * [[1.0], [1.0]]
        return estimates

    found = only(
        of_run(
            make(change, layout="musdb18hq", protocols=GLOBAL, seconds=4.0),
            "swapped_channels",
        )
    )

    assert found.value is not None
    assert found.better is not None
    assert found.better > 20
    assert found.value < 20


def test_another_level_is_found_with_what_it_costs(make: Make) -> None:
    half = make(
        lambda estimates, _: estimates * np.array([0.5, 1.0, 1.0, 1.0])[:, None, None],
        protocols=("slakh2100-active", "msst-sdr"),
    )

    found = only(of_run(half, "wrong_gain"))

    stems = {row["stem"] for row in found.evidence if "gain" in row}
    assert stems == {"bass"}
    assert found.value == pytest.approx(6.02, abs=0.1)
    assert found.better is not None
    assert found.better > 25


def test_the_gain_of_a_wiener_filter_is_no_fault(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        noisy = estimates + np.random.default_rng(2).normal(0, estimates.std(), estimates.shape)
        return 0.6 * noisy

    assert of_run(make(change), "wrong_gain") == []


def test_a_lean_to_one_side_is_found(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        leaning: Array = estimates * np.array([0.5, 1.0])[:, None]
        return leaning

    leaning = make(change, layout="musdb18hq", protocols=GLOBAL, seconds=4.0)

    found = only(of_run(leaning, "wrong_balance"))

    assert found.better is not None
    assert found.value is not None
    assert found.better > 25
    assert found.value < 12


def test_inverted_polarity_is_found_where_si_sdr_is_blind(make: Make) -> None:
    found = only(of_run(make(lambda estimates, _: -estimates), "inverted_polarity"))

    assert found.severity == "error"
    assert found.value is None or abs(found.value - (found.better or 0.0)) < 0.01
    assert found.effect_db is not None
    assert found.effect_db > 30


def test_zeros_while_a_stem_plays_are_found_with_what_they_earn(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        estimates[1, :, : 22050 * 10] = 0.0
        return estimates

    holed = make(change)

    found, hole = only(of_run(holed, "zeros_while_playing")), only(of_run(holed, "holes"))

    assert found.evidence[0]["stem"] == "drums"
    assert found.better is not None
    assert found.value is not None
    assert found.better > found.value
    assert float(str(hole.evidence[0]["zero_s"])) == pytest.approx(9.0, abs=1.5)


def test_zeros_on_silence_are_worth_what_a_floor_takes_away(make: Make) -> None:
    def gated(estimates: Array, _: Array) -> Array:
        silent = np.abs(estimates) < 1e-12
        return np.where(silent, 0.0, estimates)

    found = only(
        of_run(make(gated, protocols=("slakh2100-msdm",), seconds=26.0), "zeros_on_silence")
    )

    assert found.effect_db is not None
    assert found.effect_db > 1


def test_the_mixture_and_the_reference_are_known_in_disguise(make: Make) -> None:
    def change(estimates: Array, mixture: Array) -> Array:
        return np.stack([estimates[0], 0.25 * mixture, estimates[2], 0.3 * estimates[2]])

    found = of_run(make(change), "copied_estimates")

    assert {one.where for one in found} == {"mixture", "each other"}


def test_references_handed_in_as_estimates_are_an_error(make: Make) -> None:
    clean = make(as_they_are)
    oracle = make(lambda _, mixture: np.stack([mixture * 0] * 4), label="a")
    assert of_run(clean, "copied_estimates") == of_run(oracle, "copied_estimates") == []


def test_two_runs_with_the_same_estimates_are_told(make: Make) -> None:
    one = make(as_they_are, label="one")
    two = make(as_they_are, label="two")
    other = make(lambda estimates, _: 0.9 * estimates, label="other")

    found = only(findings(Runs((one, two, other)), "same_estimates"))

    assert found.subject == "one, two"


def test_a_delay_is_found_to_the_sample(make: Make) -> None:
    late = make(lambda estimates, _: np.roll(estimates, 37, axis=2))

    found = only(of_run(late, "delay"))

    assert {row["late_by"] for row in found.evidence} == {37}
    assert found.better is not None
    assert found.better > 25


def test_clipping_and_rounding_of_estimates_are_found(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        limit = 0.3 * np.abs(estimates).max()
        return np.round(np.clip(estimates, -limit, limit) * 2**15) / 2**15

    written = make(change)

    assert only(of_run(written, "clipped_estimates")).severity == "warning"
    assert len(only(of_run(written, "rounded_estimates")).evidence) >= 6


def test_seams_between_chunks_are_found_with_their_period(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        chunk = np.arange(estimates.shape[2]) // 44100
        return estimates + 0.2 * (-1.0) ** chunk

    found = only(of_run(make(change), "chunk_seams"))

    assert "every 44100 samples" in found.where
    assert sum(row["period"] == 44100 for row in found.evidence) > len(found.evidence) / 2


def test_the_leak_is_given_in_dbfs(make: Make) -> None:
    def change(estimates: Array, _: Array) -> Array:
        noise = np.random.default_rng(1).standard_normal(estimates.shape)
        return estimates + 1e-3 * noise

    found = only(of_run(make(change, seconds=26.0), "leaks"))

    levels = [float(str(row["median_dbfs"])) for row in found.evidence if "median_dbfs" in row]
    assert levels == pytest.approx([-60.0] * len(levels), abs=0.3)


def test_a_run_without_signal_facts_says_how_to_get_them(make: Make) -> None:
    old = make(as_they_are)
    for record in old.manifest.tracks:
        path_of(old, old.manifest.layouts[0].key, record).unlink()

    found = only(of_run(old, "no_signal_facts"))

    assert "sepeval run" in found.way_out
    assert of_run(old, "delay") == []


def statistics(seed: int = 1) -> tuple[Array, Array, Array, TrackStatistics]:
    generator = np.random.default_rng(seed)
    references = generator.standard_normal((3, 2, 600))
    estimates = references + 0.1 * generator.standard_normal(references.shape)
    mixture = references.sum(axis=0)
    edges = np.array([0, 200, 450, 600])
    found = measure(references, estimates, mixture, edges)
    return references, estimates, mixture, TrackStatistics(found, edges, ("a", "b", "c"), (), 1, {})


def test_statistics_with_gains_are_those_of_scaled_audio() -> None:
    references, estimates, mixture, track = statistics()
    gains = np.array([0.5, -2.0, 1.0])

    found = with_gains(track.cells, gains)

    wanted = measure(references, estimates * gains[:, None, None], mixture, track.edges)
    np.testing.assert_allclose(found.gram, wanted.gram, rtol=1e-12)
    np.testing.assert_allclose(found.residual, wanted.residual, rtol=1e-12)


def test_statistics_in_another_order_are_those_of_renamed_audio() -> None:
    references, estimates, mixture, track = statistics()
    order = np.array([2, 1, 0])

    found = with_order(track.cells, order)

    wanted = measure(references, estimates[order], mixture, track.edges)
    np.testing.assert_allclose(found.gram, wanted.gram, rtol=1e-12)
    np.testing.assert_allclose(found.residual, wanted.residual, rtol=1e-9)


def test_a_leak_adds_its_energy_where_it_lies() -> None:
    _, _, _, track = statistics()
    where = np.array([[True, False, False]] * 3)

    found = with_leak(track, 0.01, where).cells

    added = found.estimate - track.cells.estimate
    assert added[:, 0, 0] == pytest.approx([2.0, 2.5, 1.5])
    assert added[:, 2, 0] == pytest.approx([4.0, 5.0, 3.0])
    assert added[:, :, 1:] == pytest.approx(0.0)


def test_a_whole_track_is_the_sum_of_its_cells(make: Make) -> None:
    found = make(as_they_are)

    tracks = whole_tracks(found)

    assert [one.track for one in tracks] == [one.id for one in found.manifest.tracks]
    assert all(one.statistics.gram.shape[0] == 1 for one in tracks)
