"""The command `bench` refuses what it cannot measure, before it measures."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from sepeval.cli.app import app
from sepeval.errors import SepevalError


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lengths", "60,x"], "--lengths takes whole numbers from 1"),
        (["--lengths", ""], "--lengths takes whole numbers from 1"),
        (["--estimates", "0"], "--estimates takes whole numbers from 1"),
        (["--engine", "ducc"], "no engine is named 'ducc'; did you mean 'ducc0'"),
        (["--tool", "muse"], "no tool is named 'muse'; did you mean 'museval'"),
        (["--set", "slakh"], "--set knows musdb18; found 'slakh'"),
    ],
)
def test_a_wrong_request_is_named(words: list[str], message: str) -> None:
    found = CliRunner().invoke(app, ["bench", *words])

    assert isinstance(found.exception, SepevalError)
    assert message in str(found.exception)


@pytest.mark.slow
def test_the_comparison_is_printed() -> None:
    words = ["--lengths", "1", "--estimates", "1", "--engine", "scipy", "--tool", "none"]

    found = CliRunner().invoke(app, ["bench", *words, "--repeats", "1"])

    assert found.exit_code == 0
    assert "sepeval (scipy)" in found.stdout
    assert "museval " not in found.stdout.split("ratio:")[0].split("taps")[1]
