"""The command line: a command parses, calls one public function, and prints.

Data go to stdout, messages to stderr. Exit code 0: done; 1: done, with a finding or a track that
failed; 2: a wrong request; 130: interrupted.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType


class _InterruptedError(BaseException):
    """Ctrl-C, under a name that no library takes for its own."""


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise _InterruptedError


def main() -> None:
    """Run the command line and exit with its code."""
    from sepeval.cli.app import app
    from sepeval.errors import SepevalError

    signal.signal(signal.SIGINT, _interrupt)
    try:
        app(standalone_mode=True)
    except SepevalError as error:
        sys.stderr.write(f"sepeval: {error}\n")
        sys.exit(2)
    except (KeyboardInterrupt, _InterruptedError):
        message = "interrupted; what is finished is kept, and the same command goes on from there"
        sys.stderr.write(f"\nsepeval: {message}\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
