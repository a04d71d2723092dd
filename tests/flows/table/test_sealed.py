"""Permuting the labels of the test rows changes no byte of anything before the final task.

Each case runs the whole flow twice, in real processes: once as it is, once with the targets of the test rows permuted
among themselves. They are permuted in the file itself; a stratified split depends on the labels of all rows, so there
they are permuted while they are sealed. Not compared is what names the file: its path and digest.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import infer, read_table, split_rows

from ..embedded import Embedded
from ..tables import churn, prices, write

pytestmark = pytest.mark.integration

LOOK = """
import shutil
from pathlib import Path
import numpy as np
from descent.flows import tasks
from descent.flows.table import split

folder, target, permute = Path({folder!r}), {target!r}, {permute!r}
look, seal = tasks.tested, split.seal

def look_after_copying(made, study, rival):
    parts = study.parts
    shutil.copytree(made.folder.parent, folder / "scratch", ignore=shutil.ignore_patterns("sealed*", "figures"))
    for number, pair in enumerate([(parts.train, parts.cv), *parts.folds]):
        for side, rows in zip(("fit", "held"), pair):
            np.save(folder / f"rows-{{number}}-{{side}}.npy", rows)
    parts.frame.to_csv(folder / "working.csv")
    parts.sealed.open().drop(columns=study.question.inference.target).to_csv(folder / "sealed.csv")
    (folder / "findings.txt").write_text("\\n".join(map(repr, parts.findings)))
    return look(made, study, rival)

def seal_permuted(rows, path, **options):
    order = np.random.default_rng(0).permutation(len(rows))
    return seal(rows.assign(**{{target: rows[target].to_numpy()[order]}}), path, **options)

tasks.tested = look_after_copying
split.seal = seal_permuted if permute else seal
"""
"""What the process of a run does before: it keeps what is there when the test rows are about to be opened."""

MODELS = [{"kind": "linear", "lambda": [0, 1]}, {"kind": "network", "layers": [6], "lambda": [0.1, 1], "batch": 32}]
OF_TRAINING = {"epoch_curves", "bias_variance_map", "learning_curve", "lambda_curve", "capacity_curve"}


def flats() -> pd.DataFrame:
    """Prices, with a street of many levels whose mean price is an encoding."""
    table = prices(300)
    street = np.random.default_rng(3).integers(90, size=300)
    return table.assign(street=[f"street {number}" for number in street], price=table["price"] + 1000 * street)


CASES: dict[str, tuple[pd.DataFrame, str, dict[str, Any], bool]] = {
    "random": (
        flats(),
        "price",
        {"features": {"degree": [1, 2], "interaction_only": [False, True], "scale": "quantile"}},
        False,
    ),
    # The diagnosis takes no other rows where they are stratified: one case measures it.
    "stratified": (churn(300), "churn", {"split": {"by": "stratified"}, "diagnose": {"curves": False}}, True),
}


def permuted(table: pd.DataFrame, target: str, path: Path) -> pd.DataFrame:
    """The table with the targets of its test rows permuted among themselves."""
    frame, inference = infer(read_table(path), target)
    rows = split_rows(frame, inference).test
    other = table.copy()
    values = table[target].to_numpy()[rows]
    other.loc[rows, target] = values[np.random.default_rng(0).permutation(len(rows))]
    assert (other[target] != table[target]).sum() > len(rows) / 4
    return other


@pytest.fixture(scope="module")
def runs(home: Embedded, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    """The folder with what was there before the final task, and the results."""
    folder = tmp_path_factory.mktemp("permuted")
    found: dict[str, dict[str, Any]] = {}
    for name, (table, target, sections, while_sealing) in CASES.items():
        path = write(table, folder / f"{name}-plain" / f"{name}.csv")
        other = (
            path if while_sealing else write(permuted(table, target, path), folder / f"{name}-permuted" / f"{name}.csv")
        )
        common = {"search": {"epochs": 4, "models": MODELS}, "validate": {"folds": 3, "finalists": 2}, **sections}
        for how, source, permute in (("as it is", path, False), ("permuted", other, while_sealing)):
            (kept := folder / f"{name} {how}").mkdir()
            experiment = folder / f"{name} {how}.yaml"
            experiment.write_text(json.dumps({"data": {"source": str(source), "target": target}, **common}))
            look = LOOK.format(folder=str(kept), target=target, permute=permute)
            answer = home.descent("run", experiment, "--fresh", "--json", cwd=folder, first=look)
            assert answer.code == 0, answer.stderr
            found[kept.name] = answer.json
    return folder, found


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("case", CASES)
def test_every_file_before_the_final_task_is_the_same(runs: tuple[Path, dict[str, dict[str, Any]]], case: str) -> None:
    folder, _ = runs
    one, two = contents(folder / f"{case} as it is"), contents(folder / f"{case} permuted")
    assert {name: two.get(name) == content for name, content in one.items()} == dict.fromkeys(two, True)
    names = " ".join(one)
    for part in (
        "features-0/x.npy",
        "features-0/y_cv.npy",
        "compiled.json",
        "target.json",
        "parameters.safetensors",
        "rows-0-fit.npy",
        "rows-3-held.npy",
        "working.csv",
        "sealed.csv",
    ):
        assert part in names


@pytest.mark.parametrize("case", CASES)
def test_what_was_found_is_the_same_to_the_last_digit(runs: tuple[Path, dict[str, dict[str, Any]]], case: str) -> None:
    one, two = (runs[1][f"{case} {how}"] for how in ("as it is", "permuted"))
    for part in ("variants", "selected", "diagnosis"):
        assert json.dumps(one[part]) == json.dumps(two[part])
    assert {**one["data"], "digest": "", "source": ""} == {**two["data"], "digest": "", "source": ""}
    assert contents(Path(one["model"])) == contents(Path(two["model"]))


@pytest.mark.parametrize("case", CASES)
def test_what_mlflow_keeps_of_it_is_the_same(
    runs: tuple[Path, dict[str, dict[str, Any]]], case: str, home: Embedded
) -> None:
    kept = []
    for how in ("as it is", "permuted"):
        run = runs[1][f"{case} {how}"]["mlflow"]["run_id"]
        ((place,),) = home.mlflow("select artifact_uri from runs where run_uuid = ?", run)
        folder = Path(place.removeprefix("file://"))
        figures = {file.stem: file.read_bytes() for file in (folder / "figures").iterdir() if file.stem in OF_TRAINING}
        assert "bias_variance_map" in figures
        assert len(figures) > 1  # a winner that a solver trained has no epochs, one of one λ no curve over λ
        nested = home.mlflow(
            "select runs.name, metrics.key, step, metrics.value from metrics join runs using (run_uuid) join tags "
            "using (run_uuid) where tags.key = 'mlflow.parentRunId' and tags.value = ? order by 1, 2, 3",
            run,
        )
        assert nested
        kept.append((figures, (folder / "leaderboard.json").read_bytes(), nested))
    assert kept[0] == kept[1]


@pytest.mark.parametrize("case", CASES)
def test_only_the_test_result_knows_of_it(runs: tuple[Path, dict[str, dict[str, Any]]], case: str) -> None:
    one, two = (runs[1][f"{case} {how}"]["test"] for how in ("as it is", "permuted"))
    assert one["metrics"] != two["metrics"]
    assert one["opening"]["sealed_digest"] != two["opening"]["sealed_digest"]
