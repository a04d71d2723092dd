"""Cutting fleets into chunks for several workers, against a search of every way to cut them."""

from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from descent.flows.search.balance import pieces, sizes, spread


def end_of(counts: list[int], cut: tuple[int, ...], costs: list[tuple[float, float]], workers: int) -> float:
    times = [a + b * (size - 1) for n, k, (a, b) in zip(counts, cut, costs, strict=True) if k for size in sizes(n, k)]
    return spread(sorted(times, reverse=True), workers)


def cut_of(counts: list[int], most: list[int], costs: list[tuple[float, float]], workers: int) -> tuple[int, ...]:
    return pieces(counts, most, lambda place, n: costs[place][0] + costs[place][1] * (n - 1), workers)


def test_small_stacks_stay_whole_and_a_lone_one_is_shared_out() -> None:
    assert cut_of([3, 3], [64, 64], [(3.0, 1.0), (4.0, 1.5)], 2) == (1, 1)
    assert cut_of([8], [64], [(3.0, 1.0)], 2) == (2,)
    assert cut_of([2], [64], [(3.0, 0.0)], 2) == (1,)  # the second costs nothing beside the first
    assert cut_of([0, 4], [64, 64], [(3.0, 1.0), (3.0, 1.0)], 2) == (0, 2)
    assert cut_of([9], [4], [(1.0, 0.0)], 1) == (3,)  # no more than 4 fit


def test_two_fleets_are_cut_where_cutting_one_of_them_gains_nothing() -> None:
    assert cut_of([2, 2], [64, 64], [(1.0, 1.0), (1.0, 1.0)], 4) == (2, 2)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats(0.1, 5), st.floats(0, 1)), min_size=1, max_size=3),
    st.integers(1, 3),
)
def test_a_cut_takes_at_most_twice_the_time_of_the_best(fleets: list[tuple[int, float, float]], workers: int) -> None:
    counts, costs = [n for n, _, _ in fleets], [(a, a * share) for _, a, share in fleets]
    found = cut_of(counts, [64] * len(fleets), costs, workers)
    assert all((k == 0) == (n == 0) and k <= max(min(n, workers), 1) for n, k in zip(counts, found, strict=True))
    end = end_of(counts, found, costs, workers)
    assert end <= end_of(counts, tuple(min(n, 1) for n in counts), costs, workers)
    every = [
        end_of(counts, cut, costs, workers) for cut in product(*(range(min(n, 1), min(n, workers) + 1) for n in counts))
    ]
    assert end <= 2 * min(every) * (1 + 1e-9)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_last_worker_ends_when_a_simulation_says(workers: int) -> None:
    for times in permutations([1.0, 2.0, 4.0, 3.0]):
        free = [0.0] * workers
        for one in times:
            place = free.index(min(free))
            free[place] += one
        assert spread(times, workers) == max(free)
