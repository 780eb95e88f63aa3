"""From stored statistics to a value or the reason why there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sepeval.errors import ProtocolError, StoreError, UnknownNameError
from sepeval.scoring import TrackScores, score_track
from sepeval.types import Array
from tests.protocol.documents import LEAVE_OUT, document, protocol, sdr, silence, sliding
from tests.scoring.tracks import scored, statistics, statuses

RATE = 100  # Hz; windows are one second
SECONDS = sliding(1, 1)
OK, REFERENCE, ESTIMATE, OTHER = "ok", "silent_reference", "silent_estimate", "silent_other"


def track() -> tuple[Array, Array]:
    """Two stems of five seconds.

    second      0    1        2                    3          4
    reference   .    a zero   .                    b zero     both zero
    estimate    .    .        a zero               b zero     .
    """
    draw = np.random.default_rng(0)
    references = draw.standard_normal((2, 2, 5 * RATE))
    estimates = references + 0.1 * draw.standard_normal(references.shape)
    references[0, :, RATE : 2 * RATE] = 0.0
    references[1, :, 3 * RATE : 4 * RATE] = 0.0
    references[:, :, 4 * RATE :] = 0.0
    estimates[0, :, 2 * RATE : 3 * RATE] = 0.0
    estimates[1, :, 3 * RATE : 4 * RATE] = 0.0
    return references, estimates


def outcome(**changes: Any) -> list[list[str]]:  # noqa: ANN401 - any part of a document
    """Statuses of the made-up track, [stem window]."""
    found = scored(protocol(windows=SECONDS, **changes), *track(), rate=RATE)
    assert np.array_equal(np.isfinite(found.values[0]), np.array(statuses(found)[0]) == OK)
    return statuses(found)[0]


def test_where_silence_is_scored_the_metric_decides() -> None:
    assert outcome(silence=silence("zero")) == [
        [OK, "minus_inf", OK, OK, "minus_inf"],
        [OK, OK, OK, "undefined", "minus_inf"],
    ]


def test_a_silent_reference_is_left_out_for_its_own_stem() -> None:
    assert outcome(silence=silence("zero", reference="leave_out")) == [
        [OK, REFERENCE, OK, OK, REFERENCE],
        [OK, OK, OK, REFERENCE, REFERENCE],
    ]


def test_a_silent_estimate_is_left_out_for_its_own_stem() -> None:
    assert outcome(silence=silence("zero", estimate="leave_out")) == [
        [OK, "minus_inf", ESTIMATE, OK, "minus_inf"],
        [OK, OK, OK, ESTIMATE, "minus_inf"],
    ]


def test_a_silent_neighbour_leaves_out_all_other_stems() -> None:
    assert outcome(silence=silence("zero", other="leave_out")) == [
        [OK, "minus_inf", OK, OTHER, OTHER],
        [OK, OTHER, OTHER, "undefined", OTHER],
    ]


def test_its_own_silence_is_the_reason_before_that_of_others() -> None:
    assert outcome(silence={**silence("zero"), **LEAVE_OUT}) == [
        [OK, REFERENCE, ESTIMATE, OTHER, REFERENCE],
        [OK, OTHER, OTHER, REFERENCE, REFERENCE],
    ]


def test_a_window_with_too_few_active_references_is_left_out_for_all_stems() -> None:
    assert outcome(silence=silence("zero", min_active=1)) == [
        [OK, "minus_inf", OK, OK, REFERENCE],
        [OK, OK, OK, "undefined", REFERENCE],
    ]
    assert outcome(silence=silence("zero", min_active=2)) == [
        [OK, REFERENCE, OK, OTHER, REFERENCE],
        [OK, OTHER, OK, REFERENCE, REFERENCE],
    ]


def test_more_active_references_than_stems_leaves_nothing() -> None:
    found = outcome(silence=silence("zero", min_active=3))

    assert {status for row in found for status in row} == {OTHER, REFERENCE}


def test_windows_of_a_segment_with_too_few_active_references_are_left_out() -> None:
    segments = {"length": 2 * RATE, "length_s": None, "tail": "partial", "min_active": 1}
    references, estimates = track()
    references[:, :, 2 * RATE : 4 * RATE] = 0.0
    rule = protocol(windows=SECONDS, segments=segments)

    found = scored(rule, references, estimates, rate=RATE)

    assert statuses(found)[0] == [
        [OK, "minus_inf", REFERENCE, REFERENCE, REFERENCE],
        [OK, OK, REFERENCE, REFERENCE, REFERENCE],
    ]


def test_a_segment_counts_what_sounds_anywhere_in_it() -> None:
    segments = {"length": 5 * RATE, "length_s": None, "tail": "drop", "min_active": 2}

    assert outcome(segments=segments) == outcome()


def test_the_silent_reference_is_reported_whatever_becomes_of_it() -> None:
    for rule in (silence("zero"), {**silence("zero", min_active=2), **LEAVE_OUT}):
        found = scored(protocol(windows=SECONDS, silence=rule), *track(), rate=RATE)
        assert found.silent.tolist() == [
            [False, True, False, False, True],
            [False, False, False, True, True],
        ]


@pytest.mark.parametrize(("missing", "status"), [("silent", "minus_inf"), ("leave_out", REFERENCE)])
def test_a_missing_stem_is_silent_or_left_out(missing: str, status: str) -> None:
    references, estimates = track()
    references[1] = 0.0
    audio = {**document()["audio"], "missing": missing}

    found = scored(protocol(audio=audio), references, estimates, rate=RATE, missing=("b",))

    assert statuses(found)[0] == [[OK], [status]]


def test_two_metrics_have_a_row_each() -> None:
    metrics = [sdr("one"), sdr("other", channels="downmixed")]

    found = scored(protocol(windows=SECONDS, metrics=metrics), *track(), rate=RATE)

    assert found.metrics == ("one", "other")
    assert found.values.shape == (2, 2, 5)
    assert not np.array_equal(found.values[0, 0], found.values[1, 0])


def test_a_metric_may_be_asked_for_in_some_windows_only() -> None:
    metrics = [{**sdr(), "where": "silent_reference"}]

    assert outcome(silence=silence("zero"), metrics=metrics) == [
        ["undefined", "minus_inf", "undefined", "undefined", "minus_inf"],
        ["undefined", "undefined", "undefined", "undefined", "minus_inf"],
    ]


def test_windows_end_with_the_track() -> None:
    references, estimates = track()
    rule = protocol(windows=sliding(2, 2, tail="pad"))

    found = scored(rule, references, estimates, rate=RATE)

    assert found.windows.tolist() == [[0, 200], [200, 400], [400, 500]]


def test_a_padded_window_is_measured_with_its_zeros() -> None:
    references = np.full((1, 1, 150), 0.1)
    level = silence("rms_dbfs", -22.0)  # 0.0794; the second window holds 0.1 for half its time

    found = scored(
        protocol("a", windows=sliding(1, 1, tail="pad"), silence=level),
        references,
        references,
        rate=RATE,
    )

    assert found.silent.tolist() == [[False, True]]


def test_a_window_beyond_the_end_is_silent() -> None:
    segments = {"length": 300, "length_s": None, "tail": "pad", "min_active": 0}
    references, estimates = (one[..., :150] for one in track())
    rule = protocol(
        windows=SECONDS, segments=segments, silence=silence("zero", reference="leave_out")
    )

    found = scored(rule, references, estimates, rate=RATE)

    assert statuses(found)[0][1] == [OK, OK, REFERENCE]
    assert found.windows.tolist() == [[0, 100], [100, 150], [150, 150]]


def test_a_track_without_windows_has_no_scores() -> None:
    references, estimates = track()
    rule = protocol(windows=sliding(20, 20, tail="drop", shorter="none"))

    found = scored(rule, references, estimates, rate=RATE)

    assert found.values.shape == (1, 2, 0)


def test_stems_are_found_by_name_in_what_is_stored() -> None:
    references, estimates = track()
    stored = statistics(protocol(windows=SECONDS), references, estimates, rate=RATE)

    one = score_track(protocol("b", windows=SECONDS), stored)
    both = score_track(protocol("b", "a", windows=SECONDS), stored)

    expected = score_track(protocol(windows=SECONDS), stored)
    assert one.stems == ("b",)
    np.testing.assert_array_equal(one.values[:, 0], expected.values[:, 1])
    np.testing.assert_array_equal(both.values[:, ::-1], expected.values)


def test_other_stems_that_are_stored_do_not_count_as_neighbours() -> None:
    references, estimates = track()
    stored = statistics(protocol(windows=SECONDS), references, estimates, rate=RATE)
    alone = protocol("b", windows=SECONDS, silence={**silence("zero"), **LEAVE_OUT})

    found = score_track(alone, stored)

    assert statuses(found)[0] == [[OK, OK, OK, REFERENCE, REFERENCE]]


def test_more_cells_than_needed_change_nothing() -> None:
    references, estimates = track()
    coarse, fine = protocol(windows=sliding(2, 1)), protocol(windows=sliding(0.5, 0.25))

    few = scored(coarse, references, estimates, rate=RATE)
    many = score_track(coarse, statistics(fine, references, estimates, rate=RATE))

    assert np.array_equal(few.statuses, many.statuses)
    np.testing.assert_allclose(few.values, many.values, rtol=0, atol=1e-9)


def test_edges_that_do_not_serve_are_refused() -> None:
    stored = statistics(protocol(windows=SECONDS), *track(), rate=RATE)

    with pytest.raises(StoreError, match=r"made-up\.v1 cuts windows where .* run it again"):
        score_track(protocol(windows=sliding(0.5, 0.5)), stored)


def test_segments_that_do_not_serve_are_refused() -> None:
    segments = {"length": 130, "length_s": None, "tail": "drop", "min_active": 1}
    stored = statistics(protocol(windows=SECONDS), *track(), rate=RATE)
    whole = protocol(windows=sliding(9, 9, tail="drop", shorter="none"), segments=segments)

    with pytest.raises(StoreError, match="run it again"):
        score_track(whole, stored)


def test_a_stem_that_is_not_stored_is_named() -> None:
    stored = statistics(protocol(), *track(), rate=RATE)

    with pytest.raises(StoreError, match=r"made-up\.v1 scores c; the run holds a, b"):
        score_track(protocol("a", "c"), stored)


def test_measurements_that_are_not_stored_are_refused() -> None:
    parameters = {
        "output": "sir",
        "taps": 4,
        "filters": "track",
        "ill_conditioned": "leave_out",
    }
    metrics = [{**sdr("sir"), "metric": "bsseval", "parameters": parameters}]
    stored = statistics(protocol(), *track(), rate=RATE)

    with pytest.raises(StoreError, match=r"made-up\.v1 needs BssEval .* run it again"):
        score_track(protocol(metrics=metrics), stored)


def test_an_unknown_metric_offers_the_nearest() -> None:
    stored = statistics(protocol(), *track(), rate=RATE)

    with pytest.raises(UnknownNameError, match=r"'si_sdrr'; did you mean .*'si_sdr'"):
        score_track(protocol(metrics=[{**sdr(), "metric": "si_sdrr"}]), stored)


def test_wrong_parameters_are_all_named() -> None:
    stored = statistics(protocol(), *track(), rate=RATE)
    wrong = sdr(zero_mean=1, channels="left")

    with pytest.raises(ProtocolError, match=r"'sdr' \(sdr\): .*zero_mean.*channels"):
        score_track(protocol(metrics=[wrong]), stored)


def test_scores_depend_on_nothing_but_the_statistics() -> None:
    stored = statistics(protocol(windows=SECONDS), *track(), rate=RATE)

    def again() -> TrackScores:
        return score_track(protocol(windows=SECONDS), replace(stored))

    assert np.array_equal(again().values, again().values, equal_nan=True)
