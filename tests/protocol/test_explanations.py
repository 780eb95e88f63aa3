"""What the comments of released protocols say is so, on signals whose scores are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from sepeval.protocol import Protocol, load
from sepeval.scoring import TrackScores, grid
from sepeval.summary import SummaryRow, summarise_scores
from sepeval.types import Array
from tests.scoring.tracks import scored, statuses

RATE = 22050
FOUR_S = 4 * RATE
SEGMENT = 262144


def released(name: str, *stems: str) -> Protocol:
    return load(name).for_stems(stems)


def noise(rms: float, *, samples: int = FOUR_S, channels: int = 1, seed: int = 0) -> Array:
    """A signal [channel sample] of exactly this RMS."""
    draw = np.random.default_rng(seed).standard_normal((channels, samples))
    return np.asarray(draw * rms / np.sqrt(np.mean(draw**2)))


def silence(samples: int = FOUR_S, channels: int = 1) -> Array:
    return np.zeros((channels, samples))


def scores(
    protocol: Protocol,
    references: Sequence[Array],
    estimates: Sequence[Array],
    *,
    mixture: Array | None = None,
    rate: int = RATE,
) -> TrackScores:
    return scored(protocol, np.stack(references), np.stack(estimates), mixture=mixture, rate=rate)


def value(found: TrackScores, metric: str, stem: int = 0, window: int = 0) -> float:
    return float(found.values[found.metrics.index(metric), stem, window])


def status(found: TrackScores, metric: str, stem: int = 0, window: int = 0) -> str:
    return statuses(found)[found.metrics.index(metric)][stem][window]


def table(protocol: Protocol, metric: str, frames: dict[str, list[float]]) -> list[SummaryRow]:
    """The numbers of the first stem whose frames have these scores, by track."""
    stem = next(iter(protocol.stems))
    rows = [
        {
            "track": track,
            "stem": stem,
            "metric": metric,
            "replicate": 0,
            "start": start,
            "value": one if np.isfinite(one) else None,
            "status": "ok" if np.isfinite(one) else "plus_inf",
            "silent": False,
        }
        for track, values in frames.items()
        for start, one in enumerate(values)
    ]
    found = summarise_scores(pd.DataFrame(rows), protocol, system="made up")
    return [row for row in found if row.stem == stem and row.metric == metric]


class TestMsdm:
    protocol = load("slakh2100-msdm")

    def test_exact_zeros_on_silence_earn_109_5_db_under_a_mixture_of_rms_a_tenth(self) -> None:
        mixture = noise(0.1)
        references = [silence(), mixture / 2, mixture / 2, silence()]

        found = scores(self.protocol, references, [silence()] * 4)

        assert value(found, "si_sdri") == pytest.approx(109.5, abs=0.1)

    def test_a_silent_reference_scores_the_level_of_the_mixture_over_that_of_the_leak(self) -> None:
        mixture, leak = noise(0.1), noise(1e-4, seed=1)
        references = [silence(), mixture / 2, mixture / 2, silence()]

        found = scores(self.protocol, references, [leak, *references[1:]])

        assert value(found, "si_sdri") == pytest.approx(60.0, abs=0.01)
        active = scores(load("slakh2100-active"), references, [leak, *references[1:]])
        assert status(active, "si_sdri") == "silent_reference"

    @pytest.mark.parametrize(("level_db", "silent"), [(-47.1, True), (-46.9, False)])
    def test_silence_of_four_seconds_begins_at_47_dbfs(self, level_db: float, silent: bool) -> None:
        quiet = noise(10.0 ** (level_db / 20.0))

        found = scores(self.protocol, [quiet, noise(0.1), noise(0.1, seed=2), quiet], [quiet] * 4)

        assert bool(found.silent[0, 0]) is silent

    def test_the_protocol_without_silence_differs_in_one_field(self) -> None:
        one = self.protocol.model_dump(exclude={"name", "title", "sources"})
        other = load("slakh2100-active").model_dump(exclude={"name", "title", "sources"})

        assert {key for key in one if one[key] != other[key]} == {"silence"}
        assert {key for key in one["silence"] if one["silence"][key] != other["silence"][key]} == {
            "reference"
        }


class TestDicose:
    protocol = load("slakh2100-dicose")

    def test_a_segment_has_five_windows_and_the_last_has_3_9_s(self) -> None:
        found = grid(self.protocol, length=2 * SEGMENT + 1000, rate=RATE)

        lengths = found.windows[:, 1] - found.windows[:, 0]
        assert found.segment.tolist() == [0] * 5 + [1] * 5
        assert lengths.tolist() == [FOUR_S] * 4 + [85744] + [FOUR_S] * 4 + [85744]
        assert lengths[-1] / RATE == pytest.approx(3.9, abs=0.02)

    def test_joins_of_segments_weigh_a_tenth_and_under_msdm_a_sixth(self) -> None:
        length, near = 20 * SEGMENT, RATE  # 1 s to either side of a join

        shares = []
        for name in ("slakh2100-dicose", "slakh2100-msdm"):
            windows = grid(load(name), length=length, rate=RATE).windows
            weight = np.zeros(length)
            for start, stop in windows:
                weight[start:stop] += 1.0 / (stop - start) / len(windows)
            joins = np.arange(SEGMENT, length, SEGMENT)
            shares.append(sum(weight[one - near : one + near].sum() for one in joins))

        assert shares == pytest.approx([0.10, 0.165], abs=0.005)

    @pytest.mark.parametrize(("sounding", "left_out"), [(1, True), (2, False)])
    def test_a_segment_with_three_silent_stems_is_left_out(
        self, sounding: int, left_out: bool
    ) -> None:
        loud = [noise(0.1, samples=SEGMENT, seed=seed) for seed in range(sounding)]
        references = [*loud, *[silence(SEGMENT)] * (4 - sounding)]

        for name, metric in (("slakh2100-dicose", "sdr"), ("slakh2100-dicose-silence", "")):
            found = scores(load(name), references, [noise(0.01, samples=SEGMENT)] * 4)
            place = found.metrics.index(metric) if metric else 0
            assert np.isnan(found.values[place, 3]).all() == left_out

    def test_the_leak_on_exact_zeros_is_a_level_and_no_ratio(self) -> None:
        other = noise(0.1, samples=SEGMENT)
        references = [silence(SEGMENT), other, noise(0.1, samples=SEGMENT, seed=1), other / 2]

        found = scores(load("slakh2100-dicose-silence"), references, [other / 10, *references[1:]])

        energy = float(np.sum((other[0, :RATE] / 10) ** 2))
        expected = 10.0 * np.log10(1e-8 / (energy + 1e-8))
        assert value(found, "sir_silent") == pytest.approx(expected, abs=1e-3)  # the ridge

    def test_the_last_segment_of_11_s_is_padded_and_its_last_window_has_3_s(self) -> None:
        found = grid(load("musdb18-dicose"), length=12 * 44100, rate=44100)

        lengths = (found.windows[:, 1] - found.windows[:, 0]) / 44100
        assert found.segment.tolist() == [0] * 5 + [1] * 5
        assert lengths.tolist() == [4.0, 4.0, 4.0, 4.0, 3.0] * 2

    def test_the_flat_median_is_not_the_median_of_medians(self) -> None:
        rows = table(load("musdb18-dicose-sdr"), "sdr", {"a": [1.0, 2.0, 9.0], "b": [10.0]})

        assert {row.summary: row.value for row in rows} == {
            "flat median": 5.5,
            "median of medians": 6.0,
        }


class TestMuseval:
    names = ("musdb18-sisec18", "musdb18-median-mean", "musdb18-shared-mask")

    @staticmethod
    def frames(name: str, references: Sequence[Array], estimates: Sequence[Array]) -> TrackScores:
        protocol = load(name)
        only = [entry for entry in protocol.metrics if entry.name == "sdr"]
        plain = protocol.model_copy(update={"metrics": only})
        return scores(plain, references, estimates, rate=1000)

    @pytest.mark.parametrize("name", names)
    def test_one_silent_stem_removes_the_frame_for_all(self, name: str) -> None:
        loud = [noise(0.1, samples=2000, channels=2, seed=seed) for seed in range(4)]
        holed = loud[3].copy()
        holed[:, :1000] = 0.0

        missed = self.frames(name, [*loud[:3], holed], [one * 0.9 for one in loud])
        muted = self.frames(name, loud, [*(one * 0.9 for one in loud[:3]), holed])

        for found, own in ((missed, "silent_reference"), (muted, "silent_estimate")):
            first = [status(found, "sdr", stem) for stem in range(4)]
            assert first == ["silent_other", "silent_other", "silent_other", own]
            assert status(found, "sdr", 0, 1) == "ok"

    def test_dither_is_no_silence_and_opposite_channels_are(self) -> None:
        loud = [noise(0.1, samples=1000, channels=2, seed=seed) for seed in range(3)]
        dither = noise(1e-5, samples=1000, channels=2)
        opposite = np.stack([loud[0][0], -loud[0][0]])

        for fourth, expected in ((dither, "ok"), (opposite, "silent_other")):
            estimates = [one * 0.9 for one in (*loud, dither)]
            found = self.frames("musdb18-sisec18", [*loud, fourth], estimates)
            assert status(found, "sdr") == expected

    def test_demucs_takes_the_mean_over_tracks_and_counts_infinity(self) -> None:
        protocol = load("musdb18-median-mean")

        finite = table(protocol, "sdr", {"a": [1.0, 2.0, 9.0], "b": [4.0], "c": [30.0]})
        infinite = table(protocol, "sdr", {"a": [1.0, np.inf, np.inf]})

        assert {row.summary: row.value for row in finite} == {
            "mean of medians": 12.0,
            "median of medians": 4.0,
        }
        assert {str(row.status) for row in infinite} == {"plus_inf"}

    def test_vocals_alone_lose_no_frame_to_others(self) -> None:
        vocals = noise(0.1, samples=2000, channels=2)

        found = scores(load("diff-vs-csdr"), [vocals], [vocals * 0.9], rate=1000)

        assert set(load("diff-vs-csdr").stems) == {"vocals"}
        assert statuses(found) == [[["ok", "ok"]]]

    def test_the_sdr_of_version_3_is_that_of_version_4(self) -> None:
        assert load("bsseval-v3").metrics[0] == load("musdb18-sisec18").metrics[0]


class TestGlobal:
    def test_a_leak_over_four_minutes_is_minus_83_db(self) -> None:
        protocol = load("musdb18-usdr")
        rms = 1e-3 * np.sqrt(4 * 60)  # the energy of four minutes in one second
        leak = noise(rms, samples=44100, channels=2)
        rest = [noise(0.1, samples=44100, channels=2, seed=seed) for seed in range(1, 4)]

        found = scores(protocol, [silence(44100, 2), *rest], [leak, *rest], rate=44100)

        assert value(found, "sdr") == pytest.approx(-83.3, abs=0.1)

    @pytest.mark.parametrize("leak", [0.0, 1e-5, 1e-1])
    def test_msst_gives_minus_80_db_to_a_silent_reference_whatever_leaks(self, leak: float) -> None:
        estimate = leak * noise(1.0)

        found = scores(released("msst-si-sdr", "a"), [silence()], [estimate])

        assert value(found, "si_sdr") == pytest.approx(-80.0, abs=1e-6)

    def test_msst_gives_9_5_db_to_half_of_a_quiet_reference(self) -> None:
        quiet = noise(1e-4)

        found = scores(released("msst-si-sdr", "a"), [quiet], [quiet / 2])

        assert value(found, "si_sdr") == pytest.approx(9.54, abs=0.01)

    def test_the_precision_of_tensors_moves_a_silent_window_by_87_db(self) -> None:
        loud = noise(0.1)

        found = scores(
            released("torchmetrics-si-sdr", "a", "b"), [silence(), loud], [noise(1e-4), loud * 0.9]
        )

        for name in ("si_sdr", "snr"):
            assert value(found, name) == pytest.approx(-38.7, abs=0.05)
            assert value(found, f"{name}_float64") == pytest.approx(-126.0, abs=0.05)
        assert value(found, "snr", 1) == pytest.approx(value(found, "snr_float64", 1), abs=1e-6)

    def test_banquet_leaves_out_a_stem_that_a_track_does_not_have(self) -> None:
        found = scores(released("moisesdb-snr", "a", "b"), [silence()] * 2, [noise(0.1), silence()])

        assert [status(found, "snr", stem) for stem in (0, 1)] == ["minus_inf", "undefined"]

    def test_nussl_gives_infinity_to_perfection_and_nothing_to_silence(self) -> None:
        loud = noise(0.1)
        protocol = released("nussl-si-sdr", "a", "b", "c")
        other = noise(0.1, seed=1)
        references = [loud, silence(), other]

        found = scores(protocol, references, [loud, loud, other + 0.1 * noise(0.1, seed=2)])

        assert status(found, "si_sdr") == "plus_inf"
        for metric in found.metrics:
            assert status(found, metric, 1) == "silent_reference"
            assert status(found, metric, 2) == "ok"


class TestPes:
    protocol = released("silence-pes-eps", "a")

    def test_a_longer_frame_has_more_energy_and_the_same_level(self) -> None:
        found = [
            scores(self.protocol, [silence(rate)], [noise(1e-3, samples=rate)], rate=rate)
            for rate in (1000, 10000)
        ]

        energies = [value(one, "pes") for one in found]
        assert energies == pytest.approx([-30.0, -20.0], abs=1e-6)
        assert [value(one, "leak_dbfs") for one in found] == pytest.approx([-60.0] * 2)

    def test_only_exact_zeros_have_energy_at_predicted_silence(self) -> None:
        loud = noise(0.1, samples=1000)

        for estimate, expected in ((silence(1000), "ok"), (loud * 1e-9, "undefined")):
            found = scores(self.protocol, [loud], [estimate], rate=1000)
            assert status(found, "eps") == expected
