"""A folder with modules and packages called as ours: they are the user's, none is imported, nothing breaks."""

from pathlib import Path

import pytest

from .embedded import Embedded
from .tables import prices, write

pytestmark = pytest.mark.integration

FOREIGN = "raise SystemExit('a file of the user was imported')\n"

PYTHON = """
import sys
import mlflow.pyfunc
import pandas as pd
import descent
from descent import ml, schemas
from descent.flows import experiment

table = pd.read_csv("flats.csv").drop(columns="price").head(3)
ours = descent.load_model(sys.argv[1]).predict(table)
logged = mlflow.pyfunc.load_model(sys.argv[2]).predict(table)
pd.testing.assert_frame_equal(ours, logged)
print(len(logged), "predicted")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("shadowed")
    (made / "data").mkdir()
    (made / "schemas").mkdir()  # a plain folder, as people have for their SQL
    for name in ("data/__init__.py", "ml.py", "flows.py"):
        (made / name).write_text(FOREIGN, encoding="utf-8")
    write(prices(120), made / "flats.csv")
    return made


# Without the repository on Python's path: the current folder comes first there, and ours is installed.
BARE = {"PYTHONPATH": ""}


def test_command_worker_python_and_logged_model_work_beside_names_like_ours(home: Embedded, folder: Path) -> None:
    small = (
        "search.models=[{kind: network, layers: [4], batch: 32}]",
        "search.epochs=2",
        "validate.folds=2",
        "compute.workers=1",
        "diagnose.curves=false",
    )
    options = [word for setting in small for word in ("--set", setting)]
    run = home.descent("run", "flats.csv", "--target", "price", "--json", *options, cwd=folder, **BARE)
    assert run.code == 0, run.stderr
    model, recorded = run.json["model"], run.json["mlflow"]
    predicted = home.descent("predict", model, "flats.csv", "--output", "predicted.csv", cwd=folder, **BARE)
    assert predicted.code == 0, predicted.stderr
    store = {"MLFLOW_TRACKING_URI": recorded["tracking_uri"]}
    python = home.python("-c", PYTHON, model, f"runs:/{recorded['run_id']}/model", cwd=folder, **BARE, **store)
    assert (python.code, python.stdout.splitlines()[-1:]) == (0, ["3 predicted"]), python.stderr
