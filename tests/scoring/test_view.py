"""Protocols that hear the same share their cells."""

from __future__ import annotations

from typing import Any

from sepeval.protocol import Protocol
from sepeval.scoring import views
from tests.protocol.documents import document, protocol, sdr, sliding


def hearing(*stems: str, **audio: Any) -> Protocol:  # noqa: ANN401 - any part of a document
    """A protocol with another audio rule."""
    return protocol(*stems, audio={**document()["audio"], **audio})


def test_protocols_that_hear_the_same_share_a_view() -> None:
    rules = [protocol(), protocol(windows=sliding(2, 1)), protocol(metrics=[sdr("other")])]

    (view,) = views(rules)

    assert view.protocols == tuple(rules)
    assert all(view.serves(rule) for rule in rules)


def test_another_rate_or_length_rule_is_another_view() -> None:
    limits = {"tolerance_s": 1, "rule": "pad"}
    rules = [
        hearing(),
        hearing(rate=8000),
        hearing(mixture="file"),
        hearing(estimates=limits),
        hearing(multiple_of=512),
        hearing(missing="leave_out"),
    ]

    found = views(rules)

    assert [view.protocols for view in found] == [(rule,) for rule in rules]
    assert len({view.layout for view in found}) == len(rules)


def test_views_stand_in_the_order_of_first_need() -> None:
    one, other = hearing(), hearing(rate=8000)

    assert [view.protocols for view in views([other, one, other])] == [(other, other), (one,)]


def test_fewer_stems_share_a_view_only_if_the_mixture_is_a_file() -> None:
    file = views([hearing("a", "b", mixture="file"), hearing("a", mixture="file")])
    summed = views([hearing("a", "b"), hearing("a")])

    assert len(file) == 1
    assert tuple(file[0].stems) == ("a", "b")
    assert len(summed) == 2


def test_a_name_with_two_meanings_needs_two_views() -> None:
    rules = [
        protocol(
            stems={"a": ["a"], "rest": parts}, audio={**document()["audio"], "mixture": "file"}
        )
        for parts in (["b"], ["b", "c"])
    ]

    assert len(views(rules)) == 2


def test_stems_that_are_sums_have_their_parts_as_sources() -> None:
    (view,) = views([protocol(stems={"a": ["a"], "b": ["b"], "rest": ["b", "c"]})])

    assert view.sources == ("a", "b", "c")


def test_the_layout_is_known_by_its_cuts_and_not_by_its_metrics() -> None:
    def layout(**changes: Any) -> str:  # noqa: ANN401 - any part of a document
        return views([protocol(**changes)])[0].layout

    assert layout() == layout(metrics=[sdr("other")], name="else", title="t", version=7)
    assert layout() != layout(windows=sliding(2, 1))
    assert layout() != layout(stems={"a": ["a"], "c": ["b"]})
    assert len(layout()) == 8
