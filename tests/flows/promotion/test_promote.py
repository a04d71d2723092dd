"""From registered runs to a champion, in a real registry."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.flows.errors import RunError
from descent.flows.promotion.promote import promote, rollback
from descent.flows.table import ledger
from descent.flows.tracking.registry import CHALLENGER, CHAMPION, Registry
from descent.flows.tracking.store import client_of

from ..stores import new_store
from .made import Store, table

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "home"))
    made = Store(tmp_path, new_store(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", made.uri)
    yield made


def test_the_better_one_takes_over_and_may_be_sent_back(store: Store) -> None:
    with pytest.raises(RunError, match=r"house.*not found"):
        promote(store.registry)
    first = store.register(table(200, 0.5, 0).assign(a=0.0))
    found = promote(store.registry)
    assert found.decision.promote
    assert store.champion() == first
    assert "the first" in store.tags(first)["descent.reason"]
    with pytest.raises(RunError, match=f"version {first} is already the champion"):
        promote(store.registry)
    with pytest.raises(RunError, match="none before it"):
        rollback(store.registry)

    better = store.register(table(400, 0.5, 1))
    found = promote(store.registry)
    assert found.decision.promote, str(found)
    assert (store.champion(), found.known) == (better, 0)
    assert 40 < found.rows < 120
    tags = store.tags(better)
    assert tags["descent.decision"] == "promoted"
    assert float(tags["descent.lower_bound"]) > 0
    assert tags["descent.compared_with"] == first
    openings, _ = ledger.read(Path(store.folder / "home" / ledger.NAME))
    assert openings[-1].run == f"promote models:/house/{better}"

    same = store.register(table(400, 0.5, 2))
    found = promote(store.registry)
    assert not found.decision.promote
    assert "not clearly better" in found.decision.reason
    assert store.champion() == better
    assert store.tags(same)["descent.decision"] == "kept back"
    assert rollback(store.registry)[1] == first
    assert store.champion() == first


def test_rows_that_the_champion_learned_from_do_not_count(store: Store) -> None:
    rows = table(300, 0.5, 0)
    store.register(rows)
    promote(store.registry)
    store.register(pd.concat([rows, table(200, 0.5, 9)]).sample(frac=1, random_state=0), "y", "split.draw=chance")
    found = promote(store.registry)
    assert found.known > 20
    assert found.rows + found.known == 100
    store.register(rows.sample(frac=1, random_state=1), "y", "split.seed=7")
    with pytest.raises(RunError, match=r"are among the champion's training rows; \d+ rows are left, too few"):
        promote(store.registry)


def test_in_a_table_that_grows_no_test_row_was_learned_by_the_champion(store: Store) -> None:
    rows = table(700, 0.5, 0)
    store.register(rows.head(500))
    promote(store.registry)
    store.register(rows.sample(frac=1, random_state=1))
    found = promote(store.registry)
    assert found.known == 0
    assert found.rows > 100


def test_other_questions_are_refused(store: Store) -> None:
    store.register(table(200, 0.5, 0))
    promote(store.registry)
    champion = store.champion()
    store.register(table(200, 0.5, 1).rename(columns={"y": "z"}), "z")
    with pytest.raises(RunError, match="different questions: target z, and y"):
        promote(store.registry)
    store.register(table(200, 0.5, 1).rename(columns={"a": "d"}))
    with pytest.raises(RunError, match="cannot predict the challenger's rows: column 'a' is missing"):
        promote(store.registry)
    assert store.champion() == champion


def test_a_model_that_does_not_beat_the_dummy_is_no_first_champion(store: Store) -> None:
    rng = np.random.default_rng(0)
    store.register(pd.DataFrame({"a": rng.normal(size=60), "b": rng.normal(size=60), "y": rng.normal(size=60)}))
    found = promote(store.registry)
    beaten = "not better than a dummy" not in found.decision.reason
    assert found.decision.promote == beaten == (store.champion() is not None)


def test_an_alias_that_is_moved_during_the_comparison_stays_where_it_was_moved(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store.register(table(200, 0.5, 0).assign(a=0.0))
    promote(store.registry)
    second = store.register(table(200, 0.5, 1).assign(a=0.0))
    store.register(table(400, 0.5, 2))
    real = Registry.note

    def note(self: Registry, *given: Any) -> None:
        client_of(store.uri).set_registered_model_alias("house", CHAMPION, second)
        real(self, *given)

    monkeypatch.setattr(Registry, "note", note)
    with pytest.raises(RunError, match=f"changed during the comparison, to version {second}"):
        promote(store.registry)
    assert store.champion() == second != first


def test_a_registry_that_refuses_is_said_in_a_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.register(table(200, 0.5, 0))

    def refuse(*given: Any) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(client_of(store.uri), "set_registered_model_alias", refuse)
    with pytest.raises(RunError, match=r"models:/house/1: MLflow at .* refused: read-only"):
        promote(store.registry)
    assert store.champion() is None


def test_two_promotions_at_once_leave_one_champion(store: Store) -> None:
    store.register(table(200, 0.5, 0).assign(a=0.0))
    promote(store.registry)
    better = store.register(table(400, 0.5, 1))
    command = [str(Path(sys.executable).with_name("descent")), "promote", "house"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=300) for process in both]
    assert sorted(process.returncode for process in both) == [0, 1], said
    assert any("is the champion now" in out for out, _ in said)
    assert any("is already the champion" in err for _, err in said)
    assert store.champion() == better
    assert store.registry.version(CHALLENGER) is not None
    json.dumps(store.tags(better))


def test_a_champion_is_fetched_from_the_store_that_is_meant(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from descent.flows.serving.fetching import fetch, version_of

    version = store.register(table(200, 0.5, 0))
    promote(store.registry)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    address = f"models:/house@{CHAMPION}"
    assert version_of(address, store.uri) == version
    assert (fetch(address, store.uri) / "MLmodel").exists()
    assert "MLFLOW_TRACKING_URI" not in os.environ
