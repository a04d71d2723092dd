"""The seconds of a run's stages."""

import pytest

from descent.flows.run.stopwatch import Stopwatch


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes when it is told to: its last element is the time."""
    times = [100.0]
    monkeypatch.setattr("descent.flows.run.stopwatch.time.perf_counter", lambda: times[-1])
    return times


def test_a_stage_adds_up_and_counts_while_it_is_open(clock: list[float]) -> None:
    watch = Stopwatch()
    clock.append(101.0)
    for stage, seconds in (("train", 2.0), ("plan", 0.5), ("train", 3.0)):
        watch.enter(stage)
        clock.append(clock[-1] + seconds)
    watch.enter("track")
    clock.append(clock[-1] + 0.5)
    assert watch.seconds() == {"total": 7.0, "train": 5.0, "plan": 0.5, "track": 0.5}
    clock.append(clock[-1] + 0.25)
    assert watch.seconds() == {"total": 7.25, "train": 5.0, "plan": 0.5, "track": 0.75}


def test_what_comes_before_the_first_stage_is_in_the_total_alone(clock: list[float]) -> None:
    watch = Stopwatch()
    clock.append(101.5)
    assert watch.seconds() == {"total": 1.5}
