"""`sepeval verify`, and what `run` says of damage and of errors that it keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sepeval.store.lock import locked
from tests.cli.conftest import Command

PROTOCOL = "nussl-si-sdr"


def words(slakh: Path, output: Path, separator: str = "mixture") -> tuple[object, ...]:
    words = ("run", "-d", "slakh2100_22050", "--data", slakh, "--split", "test", "--partial")
    return (*words, "-c", "edition=orig", "-s", separator, "-p", PROTOCOL, "-o", output)


@pytest.fixture
def folder(sepeval: Command, slakh: Path, tmp_path: Path) -> Path:
    """A run."""
    assert sepeval(*words(slakh, tmp_path / "runs")).code == 0
    (found,) = (tmp_path / "runs").iterdir()
    return found


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.write_bytes(data)


def test_a_whole_run_is_told_in_one_line(sepeval: Command, folder: Path) -> None:
    done, quick = sepeval("verify", folder.parent), sepeval("verify", folder, "--quick")

    assert (done.code, quick.code) == (0, 0)
    assert "match their checksums, 1 score tables made again with the same result" in done.out
    assert "made again" not in quick.out


def test_a_fault_is_told_with_file_and_way_out(sepeval: Command, folder: Path) -> None:
    victim = next(folder.glob("cells/*/*"))
    flip(victim)

    done, rows = sepeval("verify", folder), sepeval("verify", folder, "--quick", "--json")

    assert (done.code, rows.code) == (1, 1)
    assert f"  {victim}: expected SHA-256 " in done.out
    assert "give the command that made the run again" in done.out
    (run,) = json.loads(rows.out)
    assert run["faults"][0]["file"] == str(victim)


def test_the_same_command_names_what_is_damaged_and_mends_it(
    sepeval: Command, slakh: Path, folder: Path
) -> None:
    victim = next(folder.glob("cells/*/*"))
    flip(victim)
    refused = sepeval("rescore", folder, "-p", PROTOCOL)

    done = sepeval(*words(slakh, folder.parent))

    assert refused.code == 2
    assert f"{victim}: is damaged" in refused.err
    assert f"{victim}: is damaged" in done.err
    assert "it is made again now" in done.err
    assert sepeval("verify", folder).code == 0


def test_a_run_that_is_written_into_is_refused(sepeval: Command, slakh: Path, folder: Path) -> None:
    with locked(folder):
        run = sepeval(*words(slakh, folder.parent))
        rescore = sepeval("rescore", folder, "-p", PROTOCOL, "--workers", 1)
        table = sepeval("table", folder)

    assert (run.code, rescore.code, table.code) == (2, 2, 0)
    assert "writes into this run" in run.err
    assert "writes into this run" in rescore.err


def test_errors_are_told_with_how_they_are_tried_again(
    sepeval: Command, slakh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moody.py").write_text(
        "from pathlib import Path\n\n\ndef moody(mixture, rate, seed):\n"
        f"    if not Path({str(tmp_path / 'well')!r}).exists():\n"
        "        raise RuntimeError('out of memory')\n"
        "    return dict.fromkeys(('bass', 'drums', 'guitar', 'piano'), mixture)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    asked = words(slakh, tmp_path / "runs", "moody:moody")
    asked = (*asked, "-S", "stems=bass,drums,guitar,piano", "--workers", 1)
    failed = sepeval(*asked)
    (tmp_path / "well").touch()

    kept, tried = sepeval(*asked), sepeval(*asked, "--retry-errors")

    assert (failed.code, kept.code, tried.code) == (1, 1, 0)
    assert "the same command with --retry-errors tries them again" in kept.err
