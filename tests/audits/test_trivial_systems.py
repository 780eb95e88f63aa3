from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepeval import DATASETS, SEPARATORS, evaluate, load_protocol, summarise
from sepeval.audits.base import Runs
from sepeval.audits.leaks import leaks
from sepeval.audits.trivial_systems import trivial_systems
from sepeval.separators.base import Described
from sepeval.store import Run
from sepeval.types import Array
from sepeval.what_if import TRIVIAL, Kind, cases, table
from tests.audits.boards import SI_SDRI, Heard, board, music, noisy, protocol, run, silence

PROTOCOLS = ("slakh2100-msdm", "slakh2100-active", "torchmetrics-si-sdr", "silence-pes-eps")


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Trivial systems as separators of the package, evaluated on audio."""
    root = tmp_path_factory.mktemp("trivial")
    dataset = DATASETS.get("synthetic")(  # type: ignore[call-arg]
        root=root / "data",
        layout="slakh2100_22050",
        tracks=2,
        seconds=14.0,
        seed=1,
        faults=("silent_part:0:guitar",),
    )
    index = dataset.index("test")
    under = [load_protocol(name) for name in PROTOCOLS]
    made: dict[str, Described] = {
        kind: SEPARATORS.get(kind)(stems=index.stems)  # type: ignore[call-arg]
        for kind in TRIVIAL
    }
    made["ideal_ratio_mask"] = SEPARATORS.get("ideal_ratio_mask")()
    return {
        kind: evaluate(index, one, under, root=root / "runs", label=kind)
        for kind, one in made.items()
    }


@pytest.mark.parametrize("kind", TRIVIAL)
@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_trivial_system_made_of_statistics_is_the_one_made_of_audio(
    evaluated: dict[str, Run], kind: Kind, name: str
) -> None:
    other = evaluated["ideal_ratio_mask"]
    (case,) = [one for one in cases([other]) if one.protocol.name == name]
    (key,) = case.systems.values()

    made = table({"made": key._replace(kind=kind)}, case.protocol)["made"]

    real = summarise(evaluated[kind], name)
    assert [(row.stem, row.used, row.left) for row in made] == [
        (row.stem, row.used, row.left) for row in real
    ]
    for row, expected in zip(made, real, strict=True):
        assert (row.value is None) == (expected.value is None)
        if row.value is not None and expected.value is not None:
            assert row.value == pytest.approx(expected.value, abs=1e-9)


def test_a_system_worse_than_silence_is_found(tmp_path: Path) -> None:
    references = rested()
    good = run(tmp_path, "good", {"one": Heard(references, references + 1e-6)}, [protocol()])
    loud = Heard(references, noisy(references, level=0.5))
    bad = run(tmp_path, "leaky", {"one": loud}, [protocol()])

    findings = list(trivial_systems(board(good, bad)))

    (zeros,) = [one for one in findings if "all zeros" in one.message]
    assert zeros.severity == "error"
    assert zeros.message.endswith("beats leaky; it beats a system in All, bass")
    assert not [one for one in findings if "beats good" in one.message]


def test_a_system_worse_than_its_input_is_found(tmp_path: Path) -> None:
    references = music()
    swapped = Heard(references, references[::-1])
    made = run(tmp_path, "swapped", {"one": swapped}, [protocol()])

    assert any("is the mixture" in one.message for one in trivial_systems(board(made)))


def test_nothing_is_right_where_silence_alone_is_scored(tmp_path: Path) -> None:
    references = rested()
    loud = {"one": Heard(references, noisy(references, level=0.5))}
    made = run(tmp_path, "leaky", loud, [protocol({**SI_SDRI, "where": "silent_reference"})])

    assert not list(trivial_systems(board(made)))
    assert [one.effect_db for one in leaks(board(made))] == [0.0]


def test_the_way_out_fits_the_protocol(tmp_path: Path) -> None:
    resting = music()
    resting[1, :, 300:] = 0.0
    for rule, references in (("score", resting), ("leave_out", resting), ("score", music())):
        swapped = {"one": Heard(references, references[::-1])}
        under = [protocol(silence=silence(reference=rule), name=rule.replace("_", "-"))]
        root = tmp_path / str(references is resting)
        found = list(trivial_systems(board(run(root, rule, swapped, under))))

        assert found
        leaves_out = rule == "score" and references is resting
        assert all(("silent reference" in one.way_out) == leaves_out for one in found)
        assert all(one.value_by_better_rule is None for one in found)


def test_a_sound_system_is_beaten_by_nothing(tmp_path: Path) -> None:
    references = music()
    made = run(
        tmp_path, "good", {"one": Heard(references, noisy(references, level=0.1))}, [protocol()]
    )

    assert not list(trivial_systems(board(made)))


def test_trivial_systems_themselves_are_no_finding(evaluated: dict[str, Run]) -> None:
    runs = Runs((evaluated["zeros"], evaluated["mixture"]))

    assert not [one for one in trivial_systems(runs) if "silence" not in one.where]


def rested() -> Array:
    references = music()
    references[0, 0, :300] = 0.0
    return np.asarray(references)
