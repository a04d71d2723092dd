"""Chunks on a Dask cluster: the same bits as on this machine, rows sent once, lost workers survived."""

import os
import pickle
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from descent import ml
from descent.flows.errors import RunError
from descent.flows.workers import dask_cluster
from descent.flows.workers.dask_cluster import Cluster, connected
from descent.flows.workers.dask_local import local_cluster
from descent.ml.chunks import Chunk, ChunkResult, Sources, train_chunk

from ..waiting import eventually

distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("default")]  # distributed's own are not ours to judge


def chunks(folder: Path, count: int = 3, epochs: int = 5) -> list[Chunk]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 6)).astype(np.float32)
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", x[:, 0] - x[:, 1] * x[:, 2])
    rows = Sources(*(folder / f"{name}.npy" for name in ("x", "y", "x", "y")))
    return [
        Chunk(ml.Model(6, (16,)), "adam", tuple(ml.Settings(lam=lam, seed=n) for lam in (0.0, 1.0)), rows, 32, epochs)
        for n in range(count)
    ]


def same(one: ChunkResult, other: ChunkResult) -> bool:
    """Whether two results have the same bits, but for the time they took."""
    return pickle.dumps((one.outcomes, one.metrics_cv)) == pickle.dumps((other.outcomes, other.metrics_cv))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with connected(None, 2) as made:
        yield made


@pytest.mark.parametrize("shared", [True, False], ids=["files at hand", "rows sent"])
def test_results_are_those_of_this_machine_bit_for_bit(
    cluster: Cluster, shared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_shared", shared)
    work = chunks(tmp_path)
    found = [future.result() for future in [cluster.submit(train_chunk, chunk) for chunk in work]]
    assert all(same(there, train_chunk(chunk)) for there, chunk in zip(found, work, strict=True))


def test_rows_of_a_large_table_are_sent_as_they_lie_in_its_files(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_shared", False)
    (work,) = chunks(tmp_path, 1)
    expected = train_chunk(work)
    x = np.load(tmp_path / "x.npy")
    np.save(tmp_path / "x.npy", np.hstack([x, np.ones((len(x), 1), x.dtype)]))
    assert same(cluster.submit(train_chunk, work).result(), expected)


def test_rows_are_sent_once_however_many_chunks_use_them(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_shared", False)
    sent = []
    scatter = cluster._client.scatter
    monkeypatch.setattr(
        cluster._client, "scatter", lambda rows, **how: sent.append((rows, how)) or scatter(rows, **how)
    )
    for future in [cluster.submit(train_chunk, chunk) for chunk in chunks(tmp_path, 6)]:
        future.result()
    ((_, how),) = sent
    assert how["broadcast"] is True


def test_workers_let_go_of_rows_that_nobody_holds_any_more(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held() -> set[object]:
        return {key for keys in cluster._client.has_what().values() for key in keys}

    monkeypatch.setattr(cluster, "_shared", False)
    work = chunks(tmp_path, 2)
    cluster.submit(train_chunk, work.pop()).result()
    sent = cluster._shipped[id(work[0].arrays)].key
    assert sent in held()
    work.clear()
    assert eventually(lambda: sent not in held())


def test_two_workers_train_two_chunks_at_a_time(cluster: Cluster) -> None:
    assert cluster.workers == 2
    assert len({future.result() for future in [cluster.submit(_pid_after, 0.5) for _ in range(2)]}) == 2


def _pid_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_a_lost_worker_costs_its_chunk_alone(tmp_path: Path) -> None:
    work = chunks(tmp_path, 6)
    with connected(None, 2) as cluster:
        waiting = [cluster.submit(_noted, chunk, tmp_path, chunk is work[0]) for chunk in work]
        found = [future.result(timeout=300) for future in waiting]
    assert all(same(there, train_chunk(chunk)) for there, chunk in zip(found, work, strict=True))
    begun = [line.split()[0] for line in (tmp_path / "begun").read_text(encoding="ascii").splitlines()]
    assert sorted(begun) == sorted([*map(str, range(6)), "0"])  # the lost chunk twice, every other once


def _noted(chunk: Chunk, folder: Path, deadly: bool) -> ChunkResult:
    """Train a chunk, and note that it was begun; the deadly one ends its first worker on the way."""
    with (folder / "begun").open("a", encoding="ascii") as file:
        file.write(f"{chunk.settings[0].seed} {os.getpid()}\n")
    if deadly and not (folder / "killed").exists():
        (folder / "killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return train_chunk(chunk)


def test_leaving_early_ends_the_workers_that_were_started(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), connected(None, 1) as cluster:
        (worker,) = cluster._client.run(os.getpid).values()
        cluster.submit(train_chunk, chunks(tmp_path, 1, epochs=1_000_000)[0])
        raise KeyboardInterrupt
    assert eventually(lambda: not Path(f"/proc/{worker}").exists())


def test_an_address_where_nobody_answers_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "PATIENCE", 1.0)
    said = r"compute\.address: no Dask scheduler answers at tcp://127\.0\.0\.1:9"
    with pytest.raises(RunError, match=said), connected("tcp://127.0.0.1:9", "auto"):
        pass


def test_a_scheduler_without_workers_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "PATIENCE", 1.0)
    with (
        distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(RunError, match="has no workers"),
        connected(empty.scheduler_address, "auto"),
    ):
        pass


def test_workers_with_other_code_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # A process of its own: a worker that Dask starts from here leaves variables in this process's environment.
    with local_cluster(1) as other:
        monkeypatch.setattr(dask_cluster, "code", lambda *_: "ml of yesterday")
        monkeypatch.setattr("distributed.Client.run", lambda self, function, *of, **how: {"tcp://there": "ml of today"})
        with pytest.raises(RunError, match="install the same versions there"), connected(other, "auto"):
            pass
