"""Print at the end how much the robustness tests have tried."""

from __future__ import annotations

import pytest

from tests.robustness import figures


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = figures.lines()
    if lines:
        terminalreporter.section("robustness" + (", reduced" if figures.REDUCED else ""))
        for line in lines:
            terminalreporter.write_line(line)
