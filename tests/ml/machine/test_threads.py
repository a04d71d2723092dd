"""One BLAS thread, in NumPy's library and in SciPy's, also where threads of the process overlap."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import scipy.linalg  # noqa: F401 - loads SciPy's BLAS
from threadpoolctl import threadpool_info, threadpool_limits

from descent.ml.machine.threads import one_thread


def threads() -> list[int]:
    """Of each OpenBLAS that came in a wheel."""
    return [one["num_threads"] for one in threadpool_info() if one["prefix"] == "libscipy_openblas"]


@pytest.mark.skipif(len(threads()) != 2, reason="NumPy and SciPy did not each bring an OpenBLAS")
def test_a_thread_that_leaves_first_does_not_give_the_other_more_threads() -> None:
    second_is_in, first_has_left = Event(), Event()

    def first() -> None:
        with one_thread():
            assert second_is_in.wait(30)
        first_has_left.set()

    def second() -> list[int]:
        with one_thread():
            second_is_in.set()
            assert first_has_left.wait(30)
            return threads()

    with threadpool_limits(2, user_api="blas"), ThreadPoolExecutor(2) as pool:
        leaves, stays = pool.submit(first), pool.submit(second)
        leaves.result(60)
        assert stays.result(60) == [1, 1]
        assert threads() == [2, 2]
