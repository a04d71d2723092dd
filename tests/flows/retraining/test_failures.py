"""Retrainings that end badly, against a real Prefect server: the champion stays, and a Prefect block tells people."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from descent.schemas import ConfigError

from ..embedded import Answer, Embedded
from ..inbox import Inbox, inbox

pytestmark = pytest.mark.integration
FLAT = """
name: flat
data: {source: flat.csv, target: y, task: regression}
search: {epochs: 5, models: [{kind: linear, lambda: 0}]}
validate: {folds: 0}
diagnose: {curves: false}
compute: {workers: 1}
register: {name: flat}
"""
FOREVER = ("search.models=[{kind: network, layers: [32]}]", "search.epochs=100000000", "search.early_stopping=null")

ENDED = [
    f"flat: retraining failed; {who} stays{more}"
    for who, more in (("version 1", " champion"), ("the champion", ", if there is one"))
]
"""How early a deadline comes depends on the machine: after it was seen who the champion is, or before."""


def write(folder: Path, shift: float = 0.0) -> None:
    x = np.random.default_rng(0).normal(shift, 1, (400, 3))
    pd.DataFrame(x, columns=list("abc")).assign(y=x @ [1.0, -2.0, 0.5] + 0.1).to_csv(folder / "flat.csv", index=False)


@pytest.fixture(scope="module")
def told() -> Iterator[Inbox]:
    with inbox() as made:
        yield made


@pytest.fixture(scope="module")
def served(home: Embedded, told: Inbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose table has given a champion, and a block, as people make it in Prefect's UI, that tells them."""
    folder = tmp_path_factory.mktemp("flat")
    (folder / "flat.yaml").write_text(FLAT, encoding="utf-8")
    write(folder)
    first = home.descent("retrain", "flat.yaml", "--json", cwd=folder)
    assert first.code == 0, first.stderr
    assert first.json["outcome"] == "promoted"
    kind = home.api("/block_types/slug/custom-webhook")["id"]
    (schema,) = home.api("/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind]}}})
    home.api(
        "/block_documents/",
        {
            "name": "team",
            "block_type_id": kind,
            "block_schema_id": schema["id"],
            "data": {"name": "team", "url": told.url, "json_data": {"title": "{{subject}}", "text": "{{body}}"}},
        },
    )
    return folder


def retrain(home: Embedded, folder: Path, *settings: str) -> Answer:
    words = [word for setting in (*settings, "retrain.notify=custom-webhook/team") for word in ("--set", setting)]
    return home.descent("retrain", "flat.yaml", *words, cwd=folder)


def champion(home: Embedded) -> list[tuple[str, int]]:
    return home.mlflow("select name, version from registered_model_aliases where alias = 'champion' and name = 'flat'")


def test_rows_unlike_those_that_the_champion_learned_from_can_be_refused(
    home: Embedded, served: Path, told: Inbox
) -> None:
    write(served, shift=5.0)
    refused = retrain(home, served, "retrain.drift=refuse")
    write(served)
    assert refused.code == 2, refused.stderr
    assert "retrain.drift: refuse" in refused.stderr
    assert "Traceback" not in refused.stderr
    message = told.taken.pop()
    assert message["title"] == "flat: retraining failed; version 1 stays champion"
    assert "retrain.drift: refuse" in message["text"]
    assert champion(home) == [("flat", 1)]
    assert home.flow_runs("retrain flat")[-1] == "Failed"


def test_a_retraining_that_takes_too_long_is_ended(home: Embedded, served: Path, told: Inbox) -> None:
    ended = retrain(home, served, "retrain.minutes=0.05", *FOREVER)
    assert ended.code == 1, ended.stderr
    assert "not done after 0.05 minutes (retrain.minutes): the retraining was stopped" in ended.stderr
    assert "Traceback" not in ended.stderr
    message = told.taken.pop()
    assert message["title"] in ENDED
    assert "not done after 0.05 minutes" in message["text"]
    assert champion(home) == [("flat", 1)]
    assert home.flow_runs("retrain flat")[-1] == "Failed"
    assert set(home.runs("flat").values()) <= {"FINISHED", "KILLED", "FAILED"}


def test_a_block_that_is_not_there_is_said_and_those_that_are(home: Embedded, served: Path) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from descent.flows.retraining import notices

    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{home.port}/api"}):
        notices.check("custom-webhook/team")
        with pytest.raises(
            ConfigError, match=r"no Prefect block custom-webhook/nobody\. There are: custom-webhook/team"
        ):
            notices.check("custom-webhook/nobody")
