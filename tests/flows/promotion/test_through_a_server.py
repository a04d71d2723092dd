"""Registering, promoting and going back through a real tracking server, and what its pages then show."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest

from descent.flows.errors import RunError
from descent.flows.promotion import promote as promoting
from descent.flows.promotion.promote import promote, rollback
from descent.flows.tracking.registry import CHALLENGER, CHAMPION
from descent.flows.tracking.store import client_of

from ...browser import browser, missing
from ..tracking_server import Server
from .made import Store, table

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def store(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A champion that knows nothing of one column, and a better challenger."""
    folder = tmp_path_factory.mktemp("promotion")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESCENT_HOME", str(folder / "home"))
        patch.setenv("MLFLOW_TRACKING_URI", server.url)
        made = Store(folder, server.url)
        made.register(table(200, 0.5, 0).assign(a=0.0))
        assert promote(made.registry).decision.promote
        made.register(table(400, 0.5, 1))
        yield made


@pytest.fixture(scope="module")
def said(store: Store) -> list[str]:
    """What two machines say that promote at the same time: the server is all they share, and no lock."""
    comparing, compared = threading.Lock(), threading.Barrier(2, timeout=300)
    real = promoting._compared

    def both_compare_before_either_promotes(*given: Any) -> promoting.Promotion:
        with comparing:
            found = real(*given)
        compared.wait()
        return found

    def promoted(_: int) -> str:
        try:
            return str(promote(store.registry))
        except RunError as error:
            return str(error)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as machines:
        patch.setattr(promoting, "_compared", both_compare_before_either_promotes)
        patch.setattr(promoting, "locked", lambda path: nullcontext())
        return list(machines.map(promoted, range(2)))


def test_two_machines_that_promote_at_once_leave_one_champion(store: Store, said: list[str]) -> None:
    done = [text for text in said if "version 2 against champion, version 1: is the champion now: better" in text]
    # MLflow's server refuses one of two that write the same tag of a version for the first time at the same moment.
    others = ("changed during the comparison, to version 2", "refused")
    overtaken = [text for text in said if any(words in text for words in others)]
    assert done
    assert len(done) + len(overtaken) == 2, said
    tags = store.tags("2")
    assert (tags["descent.decision"], tags["descent.previous_champion"]) == ("promoted", "1")
    assert float(tags["descent.lower_bound"]) > 0
    assert [number for number in ("1", "2") if CHAMPION in aliases(store, number)] == ["2"] == [store.champion()]


def test_the_model_says_which_version_it_is(store: Store) -> None:
    client = client_of(store.uri)
    version = client.get_model_version("house", "1")
    model = client.get_logged_model(str(version.source).removeprefix("models:/"))
    assert model.source_run_id == version.run_id
    assert '"house"' in model.tags["mlflow.modelVersions"]


def test_a_worse_one_is_kept_back_and_the_one_before_comes_back(store: Store, said: list[str]) -> None:
    assert said
    worse = store.register(table(200, 0.5, 3).assign(a=0.0))
    found = promote(store.registry)
    assert not found.decision.promote
    assert store.champion() == "2"
    assert CHALLENGER in aliases(store, worse)
    assert rollback(store.registry)[1] == "1"
    assert store.champion() == "1"
    with pytest.raises(RunError, match="none before it"):
        rollback(store.registry)


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_the_pages_show_versions_aliases_decision_and_columns(store: Store, said: list[str]) -> None:
    assert said
    with browser() as window:
        window.open(f"{store.uri}/#/models/house")
        window.wait_for_text("Version 1", "Version 2", "@\xa0champion", "@\xa0challenger", "descent.decision")
        window.open(f"{store.uri}/#/models/house/versions/2")
        window.wait_for_text("Promoted: house version 2 against champion", "descent.lower_bound", "Inputs (3)", "lower")


def aliases(store: Store, number: str) -> list[str]:
    return list(client_of(store.uri).get_model_version("house", number).aliases)
