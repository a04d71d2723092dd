"""On every real table: a prediction depends on its row and the model alone, in whatever form the rows come."""

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import Table, infer, read_table
from descent.flows.serving.tables import predict_table

from .learned import save_learned
from .test_server import client

FOLDER = Path(os.environ.get("DESCENT_TABLES", Path(__file__).parents[4] / "shared" / "data"))
CATALOGS = [path for path in (FOLDER / "catalog.json", FOLDER / "more" / "catalog.json") if path.is_file()]
TABLES = [about | {"folder": path.parent} for path in CATALOGS for about in json.loads(path.read_text("utf-8"))]
LEARNED, ASKED = 400, 6
"""Rows to learn from, and to ask for: every row is asked for in nine ways."""
pytestmark = [
    pytest.mark.tables,
    pytest.mark.skipif(not TABLES, reason=f"the tables are not here: {FOLDER} (set DESCENT_TABLES)"),
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of MLflow's own imports
]


@pytest.mark.parametrize("about", TABLES, ids=lambda about: about["name"])
def test_each_row_alone_and_in_every_form(
    about: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = about["folder"] / about["path"]
    table = read_table(path, tuple(about["missing"]))
    target = next(str(name) for name in table.frame if str(name).strip() == about["target"].strip())
    rows = table.frame.sample(min(len(table.frame), 4 * LEARNED), random_state=0).sort_index()
    if about["task"] != "regression":
        rows = rows[rows[target].map(rows[target].value_counts()) > 1]
    rows = rows.groupby(target).head(LEARNED) if about["task"] != "regression" else rows[:LEARNED]
    frame, inference = infer(
        Table(rows.reset_index(drop=True), "", table.path, table.missing), target, exclude=about["drop"]
    )
    folder = tmp_path / "model"
    model = save_learned(frame, inference, folder, epochs=1)

    cells = pd.read_csv(path, dtype=str, keep_default_na=False).sample(ASKED, random_state=1)
    cells.to_csv(tmp_path / "rows.csv", index=False)
    typed = pd.read_csv(tmp_path / "rows.csv", keep_default_na=False, na_values=["", *about["missing"]])
    cells = cells.reset_index(drop=True)

    def of_file(path: Path) -> pd.DataFrame:
        predict_table(model, str(path), tmp_path / "out.parquet")
        return pd.read_parquet(tmp_path / "out.parquet")

    def same(found: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(found.reset_index(drop=True), wanted, check_exact=True, check_dtype=False)

    wanted = of_file(tmp_path / "rows.csv")
    assert len(wanted) == ASKED
    for form in (typed, cells):  # as pandas reads them, and as texts
        same(model.predict(form))
        form.to_parquet(tmp_path / "rows.parquet")
        same(of_file(tmp_path / "rows.parquet"))
    with monkeypatch.context() as small:
        small.setattr("descent.data.reading.streaming.PIECE", len(cells.iloc[0].str.cat(sep=",")) * 2)
        same(of_file(tmp_path / "rows.csv"))
    for number in range(ASKED):
        cells.iloc[[number]].to_csv(tmp_path / "one.csv", index=False)
        pd.testing.assert_frame_equal(of_file(tmp_path / "one.csv"), wanted.iloc[[number]].reset_index(drop=True))

    answers = client(folder)
    plain = typed.astype(object).where(typed.notna(), None)
    records = json.loads(typed.to_json(orient="records", double_precision=15))
    for body in (
        {"dataframe_records": records},
        {"dataframe_split": {"columns": [*plain.columns], "data": plain.to_numpy().tolist()}},
        {"dataframe_records": cells.to_dict(orient="records")},
    ):
        same(_answered(answers.post("/invocations", json=body)))
    kinds = {"text/csv": cells.to_csv(index=False).encode(), "application/vnd.apache.parquet": _parquet(typed)}
    for kind, raw in kinds.items():
        same(_answered(answers.post("/invocations", content=raw, headers={"content-type": kind})))
    alone = [_answered(answers.post("/invocations", json={"dataframe_records": [row]})) for row in records]
    same(pd.concat(alone))


def _parquet(frame: pd.DataFrame) -> bytes:
    raw = io.BytesIO()
    frame.to_parquet(raw)
    return raw.getvalue()


def _answered(answer: Any) -> pd.DataFrame:
    assert answer.status_code == 200, answer.text
    found = pd.DataFrame(answer.json()["predictions"])
    return found.astype({name: np.float64 for name in found if found[name].dtype.kind == "f"})
