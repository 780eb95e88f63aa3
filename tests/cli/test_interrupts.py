"""Ctrl-C while the command line itself is still being loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

# sends the signal when a module is first looked for, and goes on as if nothing were
AT = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{number})

sys.meta_path.insert(0, Finder())
sys.argv = ["sepeval", "table", "my runs"]
from sepeval.cli import main
main()
"""


@pytest.mark.parametrize(
    ("module", "number"),
    [("sepeval.cli.app", "SIGINT"), ("typer", "SIGINT"), ("sepeval.errors", "SIGTERM")],
)
def test_an_interrupt_while_commands_are_loaded_ends_with_130_and_one_message(
    module: str, number: str
) -> None:
    script = AT.format(module=module, number=number)

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert done.returncode == 130
    told = "interrupted; what is finished is kept, and the same command goes on"
    assert done.stderr == f"\nsepeval: {told}: sepeval table 'my runs'\n"


def test_an_interrupt_that_comes_into_a_callback_is_not_lost() -> None:
    script = """
import os, signal, sys, weakref
import sepeval.cli.app as module

class Thing:
    pass

def app(standalone_mode):
    thing = Thing()
    watched = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGINT))
    del thing
    print("went on")

module.app = app
sys.argv = ["sepeval", "runs"]
from sepeval.cli import main
main()
"""

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (130, "")
    assert "Traceback" not in done.stderr
    assert "interrupted; what is finished is kept" in done.stderr
