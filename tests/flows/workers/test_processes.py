import os
import signal

import pytest

from descent.flows.workers.engine import processes
from descent.flows.workers.processes import count_workers


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_process_group_leaves_the_workers_to_their_parent(number: signal.Signals) -> None:
    with processes(1, print) as executor:
        worker = executor.submit(os.getpid).result()
        os.kill(worker, number)
        assert executor.submit(os.getpid).result() == worker


def test_workers_end_when_their_parent_is_stopped() -> None:
    with pytest.raises(KeyboardInterrupt), processes(1, print) as executor:
        worker = executor.submit(os.getpid).result()
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_the_number_of_workers_is_the_setting_or_the_processors() -> None:
    assert count_workers(3) == 3
    assert count_workers("auto") >= 1
