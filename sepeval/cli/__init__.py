"""The command line: a command parses, calls one public function, and prints.

Data go to stdout, messages to stderr. Exit code 0: done; 1: done, with a finding or a track that
failed; 2: a wrong request; 130: interrupted.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

INTERRUPTED = 130


class StoppedError(BaseException):
    """Ctrl-C or SIGTERM, under a name that no library takes for its own."""


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End at once, as a kill does: what is finished is kept, and the workers end too."""
    _tell_interrupted()
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def _unheard(otherwise: Callable[[UnraisableHookArgs], object], found: UnraisableHookArgs) -> None:
    """End all the same where an interrupt came into a callback: nothing can be raised there."""
    if found.exc_type is StoppedError:
        _leave(signal.SIGINT, None)
    otherwise(found)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise StoppedError


def _tell_interrupted() -> None:
    again = shlex.join(["sepeval", *sys.argv[1:]])
    message = f"interrupted; what is finished is kept, and the same command goes on: {again}"
    sys.stderr.write(f"\nsepeval: {message}\n")


def main() -> None:
    """Run the command line and exit with its code."""
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        signal.signal(number, _leave)

    from sepeval.cli.app import app
    from sepeval.errors import SepevalError

    hook = sys.unraisablehook
    sys.unraisablehook = partial(_unheard, hook)
    try:
        for number in signals:
            signal.signal(number, _stop)
        app(standalone_mode=True)
    except SepevalError as error:
        sys.stderr.write(f"sepeval: {error}\n")
        sys.exit(2)
    except (KeyboardInterrupt, StoppedError):
        _tell_interrupted()
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(0)
    finally:
        sys.unraisablehook = hook
