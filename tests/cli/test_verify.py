"""`sepeval verify`, and what `run` says of damage and of errors that it keeps."""

from __future__ import annotations

import json
import shutil
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


def test_a_new_run_beside_one_with_errors_is_told_and_the_table_names_the_older(
    sepeval: Command, slakh: Path, tmp_path: Path
) -> None:
    data = shutil.copytree(slakh, tmp_path / "data")
    victim = next(data.glob("test/*/drums.wav"))
    sound = victim.read_bytes()
    victim.write_bytes(sound[:100])
    failed = sepeval(*words(data, tmp_path / "runs"))
    (older,) = (tmp_path / "runs").iterdir()
    victim.write_bytes(sound)

    mended = sepeval(*words(data, tmp_path / "runs"))
    table = sepeval("table", tmp_path / "runs")
    again = sepeval(*words(data, tmp_path / "runs"))

    assert (failed.code, mended.code, table.code, again.code) == (1, 0, 2, 0)
    assert "and makes a new run where audio was changed" in failed.err
    told = f"audio has changed since {older} was made, where 1 of 2 tracks have errors"
    assert told in mended.err
    assert told not in again.err
    assert f"{older.name} (it has 1 track with errors) is older than" in table.err
    assert "move the older one away" in table.err
    shutil.rmtree(older)
    assert sepeval("table", tmp_path / "runs").code == 0
