from __future__ import annotations

import json
from pathlib import Path

import pytest

from sepeval.audits.findings import read
from sepeval.synthetic import Pathology, Placement, write_slakh2100_22050
from tests.cli.conftest import Command
from tests.report.runs import Score, write


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("audit") / "slakh"
    fault = (Placement(Pathology.SILENT_STEM, 0, "guitar"),)
    return write_slakh2100_22050(root, tracks=2, seconds=4.0, seed=3, pathologies=fault)


def dataset(root: Path) -> tuple[str, ...]:
    return ("audit", "-d", "slakh2100_22050", "--data", str(root), "--split", "test",
            "-c", "edition=redux", "--workers", "1")  # fmt: skip


def test_findings_are_printed_within_the_width_of_a_page(sepeval: Command, faulty: Path) -> None:
    done = sepeval(*dataset(faulty), "--only", "empty_stems,stem_activity")

    assert done.code == 0
    assert "empty_stems" in done.out
    assert "guitar" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert done.out.rstrip().splitlines()[-1].startswith("1 warning")


@pytest.mark.parametrize(("least", "code"), [("error", 0), ("warning", 1), ("never", 0)])
def test_the_exit_code_is_1_from_the_severity_asked_for(
    sepeval: Command, faulty: Path, least: str, code: int
) -> None:
    found = sepeval(*dataset(faulty), "--only", "empty_stems", "--fail-on", least)

    assert found.code == code


def test_an_incomplete_split_fails_by_default(sepeval: Command, faulty: Path) -> None:
    assert sepeval(*dataset(faulty), "--headers").code == 1


def test_findings_are_written_and_read_again(
    sepeval: Command, faulty: Path, tmp_path: Path
) -> None:
    done = sepeval(*dataset(faulty), "-o", tmp_path / "found", "--json")

    stored = read(tmp_path / "found" / "findings.parquet")
    document = json.loads((tmp_path / "found" / "findings.json").read_text(encoding="utf-8"))
    assert json.loads(done.out) == document
    assert [one.id for one in stored] == [row["id"] for row in document]
    assert [list(one.evidence) for one in stored] == [row["evidence"] for row in document]
    assert stored[0].severity == "error"  # an error of unknown size comes first


def test_runs_are_audited(sepeval: Command, slakh: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    data = ("-d", "slakh2100_22050", "--data", slakh, "--split", "test", "-c", "edition=orig")
    made = sepeval("run", *data, "-p", "slakh2100-active", "-s", "mixture", "-o", folder,
                   "--partial", "--workers", "1")  # fmt: skip
    assert made.code == 0

    done = sepeval("audit", folder, "--fail-on", "warning", "--only", "copied_estimates,leaks")

    assert done.code == 1
    assert "are the mixture times a constant" in done.out


def test_the_folder_of_a_dataset_may_stand_where_runs_stand(sepeval: Command, faulty: Path) -> None:
    words = [word for word in dataset(faulty) if word not in ("--data", str(faulty))]

    named = sepeval(*dataset(faulty), "--only", "empty_stems", "--json")
    done = sepeval(*words, faulty, "--only", "empty_stems", "--json")

    assert json.loads(done.out) == json.loads(named.out) != []


def test_a_folder_without_runs_is_asked_for_the_name_of_its_dataset(
    sepeval: Command, faulty: Path
) -> None:
    done = sepeval("audit", faulty)

    assert done.code == 2
    assert "-d musdb18hq" in done.err
    assert "is no run and holds none" in sepeval("audit", faulty / "nothing").err


def test_the_audits_are_listed_with_their_pitfalls(sepeval: Command) -> None:
    done = sepeval("audit", "--only", "list")

    assert done.code == 0
    assert any(
        line.startswith("splits  same_midi") and "P31" in line for line in done.out.splitlines()
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("audit",), "name runs, tables, or a dataset"),
        (("audit", "-d", "folder"), "its folder, --dataset and --split together"),
        (("audit", "nowhere"), "is no run"),
        (("audit", "nowhere.csv"), "cannot be read"),
    ],
)
def test_a_wrong_request_is_refused(sepeval: Command, words: tuple[str, ...], told: str) -> None:
    done = sepeval(*words)

    assert done.code == 2
    assert told in done.err


def test_a_protocol_that_no_run_has_is_refused_with_one_that_is_meant(
    sepeval: Command, tmp_path: Path
) -> None:
    write(tmp_path, "a", [Score("one", "bass", 1.0)])

    done = sepeval("audit", str(tmp_path), "-p", "two-stem")

    assert done.code == 2
    assert "did you mean 'two-stems'?" in done.err


def test_a_csv_of_other_things_is_refused(sepeval: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("foo,bar\n1,2\n", encoding="utf-8")

    done = sepeval("audit", str(tmp_path / "a.csv"))

    assert done.code == 2
    assert "no table of scores is found" in done.err


def test_an_unknown_audit_is_refused(sepeval: Command, faulty: Path) -> None:
    done = sepeval(*dataset(faulty), "--only", "empty_stem")

    assert done.code == 2
    assert "did you mean 'empty_stems'" in done.err
