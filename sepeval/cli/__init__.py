"""The command line: a command parses, calls one public function, and prints.

Data go to stdout, messages to stderr. Exit code 0: done; 1: done, with a finding or a track that
failed; 2: a wrong request; 130: interrupted.
"""

from __future__ import annotations

import shlex
import signal
import sys
from types import FrameType

from sepeval.cli.console import StoppedError as StoppedError


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise StoppedError


def main() -> None:
    """Run the command line and exit with its code."""
    from sepeval.cli.app import app
    from sepeval.errors import SepevalError

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        app(standalone_mode=True)
    except SepevalError as error:
        sys.stderr.write(f"sepeval: {error}\n")
        sys.exit(2)
    except (KeyboardInterrupt, StoppedError):
        again = shlex.join(["sepeval", *sys.argv[1:]])
        message = f"interrupted; what is finished is kept, and the same command goes on: {again}"
        sys.stderr.write(f"\nsepeval: {message}\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
