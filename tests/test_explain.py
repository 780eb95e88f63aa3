"""The chain from one protocol's number to another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol, summarise
from sepeval.errors import StoreError, UnknownNameError
from sepeval.explain import explain
from sepeval.store import Run

PROTOCOLS = ("slakh2100-msdm", "slakh2100-active", "slakh2100-dicose", "msst-sdr", "nussl-si-sdr")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("explain")
    dataset = DATASETS.get("synthetic")(  # type: ignore[call-arg]
        root=folder / "data",
        layout="slakh2100_22050",
        tracks=2,
        seconds=27.0,
        seed=2,
        faults=("missing:1:guitar",),
    )
    separator = SEPARATORS.get("leaky_reference")(leak_db=-15.0)  # type: ignore[call-arg]
    chosen = [load_protocol(name) for name in PROTOCOLS]
    return evaluate(dataset.index("test"), separator, chosen, root=folder / "runs", label="leak")


def number(run: Run, protocol: str, stem: str = "All") -> float:
    row = next(row for row in summarise(run, protocol) if row.stem == stem)
    assert row.value is not None
    return row.value


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("slakh2100-msdm", "slakh2100-active"),
        ("slakh2100-msdm", "slakh2100-dicose"),
        ("slakh2100-msdm", "msst-sdr"),
        ("msst-sdr", "slakh2100-msdm"),
    ],
)
def test_the_effects_add_up_to_the_difference(run: Run, first: str, second: str) -> None:
    found = explain(run, load_protocol(first), load_protocol(second))

    assert found.start == pytest.approx(number(run, first), abs=1e-12)
    assert found.stop == pytest.approx(number(run, second), abs=1e-12)
    assert sum(one.effect for one in found.effects) == pytest.approx(
        found.stop - found.start, abs=1e-9
    )


def test_one_field_that_differs_is_one_step(run: Run) -> None:
    found = explain(run, load_protocol("slakh2100-msdm"), load_protocol("slakh2100-active"))

    (step,) = found.effects
    assert (step.step, step.before, step.after) == ("a silent reference", "score", "leave_out")


def test_a_step_without_a_number_is_taken_with_the_next(run: Run) -> None:
    """Without eps the improvement on a silent reference is undefined or infinite."""
    found = explain(
        run, load_protocol("slakh2100-msdm"), load_protocol("nussl-si-sdr"), stem="bass"
    )

    assert all(abs(one.value) < 200.0 for one in found.effects)
    assert found.stop == pytest.approx(number(run, "nussl-si-sdr", "bass"), abs=1e-12)


def test_nothing_differs_between_a_protocol_and_itself(run: Run) -> None:
    protocol = load_protocol("slakh2100-msdm")

    assert explain(run, protocol, protocol).effects == ()


def test_a_protocol_that_the_run_cannot_serve_is_refused(run: Run) -> None:
    with pytest.raises(StoreError, match="hears the audio in another way"):
        explain(run, load_protocol("slakh2100-msdm"), load_protocol("musdb18-sisec18"))


def test_unknown_stems_and_metrics_are_named(run: Run) -> None:
    protocol = load_protocol("slakh2100-msdm")

    with pytest.raises(UnknownNameError, match="no number for 'gitar'; did you mean 'guitar'"):
        explain(run, protocol, protocol, stem="gitar")
    with pytest.raises(UnknownNameError, match="has no metric 'si_sdr'; did you mean 'si_sdri'"):
        explain(run, protocol, protocol, metrics=("si_sdr", ""))


def test_a_protocol_of_derived_stems_does_not_disturb_the_others(tmp_path: Path) -> None:
    dataset = DATASETS.get("synthetic")(  # type: ignore[call-arg]
        root=tmp_path / "data", layout="musdb18hq", tracks=1, seconds=3.0, seed=2
    )
    names = ("msst-sdr", "msst-si-sdr", "musdb18-sisec18-vocals")
    chosen = [load_protocol(name) for name in names]
    leak = SEPARATORS.get("leaky_reference")(leak_db=-15.0)  # type: ignore[call-arg]
    run = evaluate(dataset.index("test"), leak, chosen, root=tmp_path / "runs", label="leak")

    found = explain(run, chosen[0], chosen[1])

    assert found.stop == pytest.approx(number(run, "msst-si-sdr"), abs=1e-12)
