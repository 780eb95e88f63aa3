"""Fonts of figures: DejaVu, and one with more signs where it is installed."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from matplotlib import font_manager

from sepeval.report.drawing.lettering import families


def installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    fonts = [SimpleNamespace(name=name) for name in names]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)


def test_the_font_of_matplotlib_is_alone_where_no_other_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed(monkeypatch, "DejaVu Sans", "Some Font")

    assert families() == ["DejaVu Sans"]


def test_a_font_with_more_signs_comes_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "Noto Sans CJK SC", "WenQuanYi Micro Hei", "DejaVu Sans")

    assert families() == ["DejaVu Sans", "WenQuanYi Micro Hei"]
