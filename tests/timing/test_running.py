"""Timing from end to end, with tiny networks on the CPU."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from sepeval.errors import DependencyError, SeparatorError
from sepeval.separators.base import Estimate, Plain
from sepeval.separators.dicose_unet import DicoseUNet
from sepeval.separators.gibbs import Gibbs
from sepeval.timing import Subject, per_item, read, time_separators
from sepeval.timing.records import CALLS
from sepeval.types import Array
from tests.timing.tiny import Halves, checkpoint, halves, protocol, segment

pytestmark = pytest.mark.slow


class Broken(Halves):
    """Gives what is no number."""

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        found = super().separate(mixture, rate=rate, seed=seed)
        return Estimate(found.stems, found.audio * np.nan)


def subject(folder: Path, kind: str = "deterministic") -> Subject:
    separator = DicoseUNet(checkpoint=checkpoint(folder, kind), kind=kind)  # type: ignore[arg-type]  # one of the kinds
    return Subject(kind, separator, "random")


def test_a_separator_without_a_network_has_neither_precision_nor_operations(
    tmp_path: Path,
) -> None:
    own = protocol(segment=None, track={"seconds": 0.1})

    found = time_separators([halves()], own, root=tmp_path)

    (arm,) = found.record.arms
    assert (arm.weights, arm.precision, arm.produced_s, arm.flops) == ("none", "own", 0.1, None)
    assert arm.stems == ["one", "two"]
    assert arm.notes == ["only the host was timed"]


@pytest.mark.slow
def test_a_network_is_timed_on_a_segment_and_on_a_track(tmp_path: Path) -> None:
    subjects = [subject(tmp_path), subject(tmp_path, "consistency")]
    own = protocol(track={"seconds": 0.1})

    found = time_separators(subjects, own, root=tmp_path / "timings")

    arms = {(arm.name, arm.unit): arm for arm in found.record.arms}
    plain, refined = arms["deterministic", "segment"], arms["consistency", "segment"]
    whole = arms["consistency", "track"]
    assert (plain.nfe, refined.nfe, whole.chunks, whole.nfe) == (2, 4, 4, 16)
    assert (plain.samples, plain.produced_s, whole.produced_s) == (256, 256 / 8000, 0.1)
    assert plain.passes == {"extractor": 2}
    assert refined.passes == {"extractor": 2, "refiner": 2}
    assert whole.passes == {"extractor": 8, "refiner": 8}
    assert refined.parameters["refiner"] > refined.parameters["extractor"] > 0
    assert refined.weights_bytes == 4 * sum(refined.parameters.values())
    assert refined.flops is not None
    assert plain.flops is not None
    assert 1.9 < refined.flops / plain.flops < 2.1
    assert plain.peak_flops is not None
    stages = {(one.arm, one.stage) for one in found.calls}
    assert {stage for _, stage in stages} == {"peak", "warm_up", "timed"}
    assert [one.arm for one in found.calls if one.stage == "timed"] == [0, 2, 2, 0, 1, 3, 3, 1]
    assert [one.when for one in found.record.states] == ["before", "warm", "after"]
    assert min(one.began_s for one in found.calls) == 0.0


def test_the_run_is_written_after_the_last_call(tmp_path: Path) -> None:
    files: list[tuple[str, ...]] = []
    own = protocol(segment=None, track={"seconds": 0.1})

    class Watching(Halves):
        def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
            files.append(tuple(sorted(path.name for path in tmp_path.glob("*/*"))))
            return super().separate(mixture, rate=rate, seed=seed)

    found = time_separators([halves(separator=Watching())], own, root=tmp_path)

    assert files[0] == ()
    assert files[-1] == files[-2] == ("arm-0.json", "arm-0.parquet")
    assert (found.folder / CALLS).is_file()
    assert list(tmp_path.iterdir()) == [found.folder]


class Failing(Halves):
    """Fails from some call on."""

    def __init__(self, after: int) -> None:
        self.left = after

    def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB\nand more")
        return super().separate(mixture, rate=rate, seed=seed)


@pytest.mark.parametrize("stage", ["warm_up", "timed"])
def test_an_arm_that_fails_is_recorded_and_the_others_go_on(tmp_path: Path, stage: str) -> None:
    own = protocol(segment=None, track={"seconds": 0.1})
    warming = Failing(1000)
    time_separators([halves(separator=warming)], own, root=tmp_path / "before")
    calls = 0 if stage == "warm_up" else 1000 - warming.left - 1  # all but the last that counts
    subjects = [halves(), halves(separator=Failing(calls)), halves()]
    subjects = [
        dataclasses.replace(one, name=name) for one, name in zip(subjects, "abc", strict=True)
    ]

    found = time_separators(subjects, own, root=tmp_path)

    (lost,) = found.record.failed
    assert (lost.number, lost.name, lost.stage) == (1, "b", stage)
    assert lost.reason == "CUDA out of memory. Tried to allocate 2 GiB"
    assert [(arm.number, arm.name) for arm in found.record.arms] == [(0, "a"), (2, "c")]
    assert [len(found.timed(arm)) for arm in found.record.arms] == [2, 2]
    assert read(found.folder) == found
    assert not list(tmp_path.glob("*unfinished*"))


def test_a_run_that_is_killed_leaves_what_was_done(tmp_path: Path) -> None:
    class Killed(Halves):
        def separate(self, mixture: Array, *, rate: int, seed: int) -> Estimate:  # noqa: ARG002 - as it is called
            raise KeyboardInterrupt

    own = protocol(segment=None, track={"seconds": 0.1})
    both = [halves(), dataclasses.replace(halves(separator=Killed()), name="killed")]

    with pytest.raises(KeyboardInterrupt):
        time_separators(both, own, root=tmp_path)

    (folder,) = tmp_path.iterdir()
    assert {path.name for path in folder.iterdir()} == {"arm-0.json", "arm-0.parquet"}


def test_the_best_batch_is_found_and_timed(tmp_path: Path) -> None:
    batch = {"kind": "doubling", "gain": 0.0, "memory": 0.9, "limit": 2, "calls": 2}
    own = protocol(segment=segment(batch=batch))

    found = time_separators([subject(tmp_path)], own, root=tmp_path / "timings")

    (arm,) = found.record.arms
    assert arm.batch in (1, 2)
    assert arm.batch_ended.split("; ")[0] in ("limit", "gain")
    assert arm.batch_ended.endswith("the memory rule does not apply here")
    assert {one.batch for one in found.timed(arm)} == {arm.batch}
    assert {one.batch for one in found.calls if one.stage == "doubling"} == {1, 2}
    calls = found.timed(arm)
    expected = [one.host_s / arm.batch for one in calls]
    assert median(per_item(calls)) == median(expected)


@pytest.mark.slow
def test_precisions_are_arms_of_their_own(tmp_path: Path) -> None:
    own = protocol(precisions=["fp32", "bf16"])

    found = time_separators([subject(tmp_path)], own, root=tmp_path / "timings")

    assert [arm.precision for arm in found.record.arms] == ["fp32", "bf16"]
    assert [arm.description["precision"] for arm in found.record.arms] == ["fp32", "bf16"]
    assert {one.arm for one in found.calls if one.stage == "peak"} == {-1, -2}


def test_the_way_to_the_device_can_be_inside_the_clock(tmp_path: Path) -> None:
    own = protocol(segment=segment(transfer=True))

    found = time_separators([subject(tmp_path)], own, root=tmp_path / "timings")

    assert found.record.arms[0].transfer_s is None
    assert found.record.arms[0].settled in (True, False)


def test_the_record_holds_protocol_and_machine(tmp_path: Path) -> None:
    own = protocol(segment=None, track={"seconds": 0.1})

    found = time_separators([halves()], own, root=tmp_path)

    document = json.loads((found.folder / "timing.json").read_text(encoding="utf-8"))
    assert document["protocol_hash"] == own.hash
    assert document["machine"]["threads"] == 1
    assert document["machine"]["versions"]["torch"]
    assert 0.0 < document["overhead_s"] < 1e-3


def test_estimates_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    own = protocol(segment=None, track={"seconds": 0.1})

    with pytest.raises(SeparatorError, match="not finite"):
        time_separators([halves(separator=Broken())], own, root=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"rate": None}, "--rate"), ({"channels": None}, "--channels")],
)
def test_a_separator_without_a_network_is_told_what_it_hears(
    tmp_path: Path, changes: Mapping[str, Plain], message: str
) -> None:
    own = protocol(segment=None, track={"seconds": 0.1})

    with pytest.raises(SeparatorError, match=message):
        time_separators([halves(**changes)], own, root=tmp_path)


def test_a_separator_without_a_network_has_no_segment(tmp_path: Path) -> None:
    with pytest.raises(SeparatorError, match="has no segment"):
        time_separators([halves()], protocol(), root=tmp_path)


def test_a_protocol_for_another_device_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DependencyError, match="device=cuda"):
        time_separators([subject(tmp_path)], protocol(devices=["cuda"]), root=tmp_path)


def test_tf32_is_refused_on_the_cpu(tmp_path: Path) -> None:
    with pytest.raises(SeparatorError, match="tf32"):
        time_separators([subject(tmp_path)], protocol(precisions=["tf32"]), root=tmp_path)


def test_a_network_inside_another_separator_is_timed_alone(tmp_path: Path) -> None:
    inner = DicoseUNet(checkpoint=checkpoint(tmp_path, "deterministic"), kind="deterministic")
    gibbs = Gibbs(inner=inner, steps=2, blocks="cyclic")
    own = protocol(segment=None, track={"seconds": 0.1})

    with pytest.raises(SeparatorError, match="a run of its own"):
        time_separators([halves(separator=gibbs), halves()], own, root=tmp_path / "timings")


def test_a_segment_that_does_not_fit_the_network_is_refused(tmp_path: Path) -> None:
    own = protocol(segment=segment(samples=100))

    with pytest.raises(SeparatorError, match="multiple of 32; found 100"):
        time_separators([subject(tmp_path)], own, root=tmp_path)


@pytest.mark.gpu
def test_a_gpu_counts_by_its_own_clock_and_its_memory(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    path = checkpoint(tmp_path, "consistency")
    separator = DicoseUNet(checkpoint=path, kind="consistency", device="cuda")
    own = protocol(devices=["cuda"], precisions=["fp32", "tf32", "bf16"], executions=["eager"])

    found = time_separators([Subject("cd", separator)], own, root=tmp_path / "timings")

    for arm in found.record.arms:
        assert len(per_item(found.timed(arm), by_device=True)) == 2
        assert arm.working_bytes
        assert arm.reserved_bytes
        assert arm.transfer_s
    assert found.record.machine.device_name
