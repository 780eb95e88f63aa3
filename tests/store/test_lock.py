from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sepeval.errors import StoreError
from sepeval.store import lock
from sepeval.store.lock import Holder, locked

HOLD = "import sys, time\nfrom pathlib import Path\nfrom sepeval.store.lock import locked\n"
HOLD += "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"


def held_by_another(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def sign(folder: Path, host: str, pid: int) -> None:
    folder.mkdir(exist_ok=True)
    holder = Holder(host=host, pid=pid, since="2026-01-01T00:00:00+00:00")
    (folder / "lock").write_text(holder.model_dump_json())


def test_it_tells_who_holds_it_and_goes_when_it_is_let_go(tmp_path: Path) -> None:
    with locked(tmp_path / "run"):
        holder = Holder.model_validate_json((tmp_path / "run" / "lock").read_text())

    assert (holder.host, holder.pid) == (socket.gethostname(), os.getpid())
    assert not (tmp_path / "run" / "lock").exists()


def test_a_second_one_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    with (
        locked(tmp_path),
        pytest.raises(StoreError, match=rf"process {os.getpid()} on .* since 20"),
        locked(tmp_path),
    ):
        pass

    with locked(tmp_path):
        assert (tmp_path / "lock").exists()


def test_it_does_not_outlive_a_process_that_is_killed(tmp_path: Path) -> None:
    process = held_by_another(tmp_path)
    with pytest.raises(StoreError, match=f"process {process.pid} on"), locked(tmp_path):
        pass
    process.kill()
    process.communicate()
    assert (tmp_path / "lock").exists()

    with locked(tmp_path):
        pass

    assert not (tmp_path / "lock").exists()


def test_it_is_let_go_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError

    with locked(tmp_path):
        pass


@pytest.fixture
def _without_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_handle: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock.fcntl, "flock", refuse)


@pytest.mark.usefixtures("_without_flock")
@pytest.mark.parametrize(
    ("host", "pid"), [("elsewhere", 1), (socket.gethostname(), os.getpid())], ids=["host", "pid"]
)
def test_without_flock_the_file_itself_is_the_lock(tmp_path: Path, host: str, pid: int) -> None:
    sign(tmp_path, host, pid)

    with pytest.raises(StoreError, match=r"if it is gone, delete .*lock"), locked(tmp_path):
        pass


@pytest.mark.usefixtures("_without_flock")
def test_without_flock_it_is_taken_over_from_a_process_that_has_ended(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    sign(tmp_path, socket.gethostname(), int(ended.stdout))

    with locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be written"), locked(tmp_path / "file" / "run"):
        pass
