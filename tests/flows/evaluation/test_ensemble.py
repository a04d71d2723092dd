"""The final model as an average of the folds' models: out of fold, stored, read again, in ONNX."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.metrics import root_mean_squared_error

from descent.flows.evaluation import folds
from descent.flows.evaluation.refit import averages, finished
from descent.flows.evaluation.selection import Calibration, Finalist, Selection
from descent.flows.search import work
from descent.flows.search.leaderboard import Entry
from descent.flows.serving.manifest import ModelError
from descent.flows.serving.onnx.export import onnx_of
from descent.flows.serving.predictor import Predictor

from ..steps import Steps
from ..tables import churn, prices

NETWORK = "search.models=[{kind: network, layers: [8], batch: 32, optimizer: {kind: adam, learning_rate: 0.03}}]"
FEW = ("search.epochs=6", "validate.folds=3")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / ".descent"))


def entries(steps: Steps) -> list[Entry]:
    """The network, and a linear model beside it."""
    matrices = steps.swept
    linear = replace(steps.entry.variant, layers=(), name="a line")
    result = work.submit(steps.study, [linear], matrices).result()
    return [steps.entry, *work.entries_of([linear], 1, result, matrices.target)]


def crossvalidated(steps: Steps) -> list[Finalist]:
    both = entries(steps)
    held = [folds.score_fold(number, both, steps.study) for number in range(1, len(steps.parts.folds) + 1)]
    return folds.finalists(both, held, steps.study)


@pytest.fixture(scope="module")
def flats(tmp_path_factory: pytest.TempPathFactory) -> tuple[Steps, list[Finalist]]:
    folder = tmp_path_factory.mktemp("flats")
    steps = Steps.take(prices(240), "price", folder, NETWORK, *FEW)
    return steps, crossvalidated(steps)


def test_out_of_fold_is_what_a_folds_own_model_says_of_rows_it_was_not_trained_on(
    flats: tuple[Steps, list[Finalist]],
) -> None:
    steps, (network, _) = flats
    assert network.outputs is not None and network.losses is not None
    assert np.isfinite(network.outputs).all()
    for (_, held), model, score in zip(steps.parts.folds, network.models, network.folds, strict=True):
        assert model is not None
        rows = steps.parts.frame.iloc[held]
        said = model.target.decode(model.outputs(rows))
        np.testing.assert_allclose(network.outputs[held], said, rtol=1e-5)
        assert score == pytest.approx(root_mean_squared_error(rows["price"], said), rel=1e-4)
    errors = network.outputs - steps.parts.frame["price"].to_numpy()
    np.testing.assert_allclose(network.losses, errors**2, rtol=1e-9)


def test_an_average_is_stored_and_read_as_one_model(flats: tuple[Steps, list[Finalist]], tmp_path: Path) -> None:
    steps, (network, line) = flats
    selection = Selection(network, ((network, 0.75), (line, 0.25)))
    study = steps.at(tmp_path)
    assert averages(selection, study)
    final = finished(selection, study)
    assert [one.weight for one in final.model.members] == pytest.approx([0.25, 0.25, 0.25, 0.25])
    frame = steps.parts.frame.sample(frac=1, random_state=0).reset_index(drop=True)
    model = Predictor(final.folder)
    values = model.predict(frame)
    ours = final.model.target.decode(final.model.outputs(frame))
    np.testing.assert_allclose(values["prediction"], ours, rtol=1e-6)
    parts = [one.trained.target.decode(one.trained.outputs(frame)) for one in final.model.members]
    np.testing.assert_allclose(ours, np.mean(parts, axis=0), rtol=1e-6)
    assert model.inputs == final.model.schema
    pieces = pd.concat([model.predict(frame[:50]), model.predict(frame[50:])])
    np.testing.assert_allclose(pieces["prediction"], values["prediction"], rtol=1e-5)
    mixed = 0.75 * np.asarray(network.outputs) + 0.25 * np.asarray(line.outputs)
    inside = np.abs(steps.parts.frame["price"] - mixed) <= model.half_width(0.8)
    assert inside.mean() == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("calibrated", [False, True])
def test_an_average_of_classes_is_the_same_in_onnx(calibrated: bool, tmp_path: Path) -> None:
    steps = Steps.take(churn(240), "churn", tmp_path, NETWORK, *FEW)
    network, line = crossvalidated(steps)
    calibration = Calibration(1.7, 0.6, 0.5) if calibrated else None
    selection = Selection(network, ((network, 0.6), (line, 0.4)), calibration)
    final = finished(selection, steps.at(tmp_path / "final"))
    model = Predictor(final.folder)
    frame = steps.parts.frame
    wanted = model.predict(frame)
    positive = wanted.columns[2]
    members = [one.weight * expit(one.trained.outputs(frame)) for one in final.model.members]
    expected = np.sum(members, axis=0)
    if calibrated:
        expected = expit(logit(expected) / 1.7)
    np.testing.assert_allclose(wanted[positive], expected, rtol=1e-5)
    session = onnxruntime.InferenceSession(onnx_of(model, 0.9).SerializeToString(), providers=["CPUExecutionProvider"])
    cells = {
        name: frame[name].fillna("").astype(str).to_numpy()[:, None]
        if kind == "string"
        else frame[name].to_numpy(float)[:, None]
        for name, kind in model.inputs.items()
    }
    found = dict(zip([one.name for one in session.get_outputs()], session.run(None, cells), strict=True))
    np.testing.assert_allclose(found[positive][:, 0], wanted[positive], rtol=1e-4, atol=1e-6)


def test_one_model_is_wanted_or_a_line_wins_and_it_is_refitted(
    flats: tuple[Steps, list[Finalist]], tmp_path: Path
) -> None:
    steps, (network, line) = flats
    assert not averages(Selection(line, ((line, 1.0),)), steps.study)
    config = steps.question.config
    alone = config.select.model_copy(update={"ensemble": config.select.ensemble.model_copy(update={"members": 1})})
    question = replace(steps.question, config=config.model_copy(update={"select": alone}))
    study = replace(steps.at(tmp_path), question=question)
    final = finished(Selection(network, ((network, 1.0),)), study)
    assert len(final.model.members) == 1
    assert (final.folder / "model").is_dir() and not (final.folder / "members.json").exists()


def test_a_fold_that_explodes_is_told_and_averaged_nowhere(flats: tuple[Steps, list[Finalist]], tmp_path: Path) -> None:
    steps, _ = flats
    both = entries(steps)
    held = [folds.score_fold(number, both, steps.study) for number in range(1, len(steps.parts.folds) + 1)]
    bad = replace(held[1][0], cost=50 * held[1][0].dummy, score=1e6)
    found = folds.finalists(both, [held[0], [bad, held[1][1]], held[2]], steps.study)
    assert [model is None for model in found[0].models] == [False, True, False]
    assert len(found[0].folds) == 2
    assert list(folds.exploded(found, both)) == [
        f"{both[0].variant.name}: fold 2 was left out of its score and of its average: it diverged there, or cost over "
        "3 times as much as on the other folds, and more than a dummy"
    ]
    final = finished(Selection(found[0], ((found[0], 1.0),)), steps.at(tmp_path))
    assert [one.weight for one in final.model.members] == [0.5, 0.5]


def test_folds_drawn_twice_say_twice_what_a_row_is_and_all_their_models_are_averaged(tmp_path: Path) -> None:
    steps = Steps.take(prices(150), "price", tmp_path, NETWORK, *FEW, "validate.repeats=2")
    (first, _), (again, _) = steps.parts.folds[0], steps.parts.folds[3]
    assert len(steps.parts.folds) == 6 and sorted(first) != sorted(again)
    both = entries(steps)
    held = [folds.score_fold(number, both, steps.study) for number in range(1, 7)]
    network = folds.finalists(both, held, steps.study)[0]
    assert network.outputs is not None and len(network.models) == 6
    for row in (0, 50, 100):
        said = [
            each[0].outputs[list(rows).index(row)]
            for each, (_, rows) in zip(held, steps.parts.folds, strict=True)
            if row in rows
        ]
        assert len(said) == 2
        assert network.outputs[row] == pytest.approx(np.mean(said))
    assert network.se == pytest.approx(np.std(network.folds, ddof=1) / np.sqrt(3))  # of three folds, not six
    final = finished(Selection(network, ((network, 1.0),)), steps.at(tmp_path / "final"))
    assert len(final.model.members) == 6


def test_a_member_that_is_gone_is_told(flats: tuple[Steps, list[Finalist]], tmp_path: Path) -> None:
    steps, (network, _) = flats
    final = finished(Selection(network, ((network, 1.0),)), steps.at(tmp_path))
    (final.folder / "members" / "1" / "target.json").unlink()
    with pytest.raises(ModelError, match=r"incomplete: members/1/target\.json is missing"):
        Predictor(final.folder)


def test_where_rows_follow_time_members_are_trained_on_all_rows_for_the_epochs_of_the_folds(tmp_path: Path) -> None:
    table = prices(240)
    table["sold"] = pd.date_range("2024-01-01", periods=len(table), freq="D")
    steps = Steps.take(table, "price", tmp_path, NETWORK, *FEW, "data.time=sold", "split.by=time")
    network, _ = crossvalidated(steps)
    assert network.outputs is not None
    assert np.isnan(network.outputs).any()  # the first rows are held out by no fold
    block = folds.stretches(steps.study, 3)
    assert np.bincount(block).tolist() == [64, 64, 64]
    assert (np.diff(block[np.argsort(steps.parts.frame["sold"].to_numpy())]) >= 0).all()
    final = finished(Selection(network, ((network, 1.0),)), steps.at(tmp_path / "final"))
    assert [one.weight for one in final.model.members] == pytest.approx([1 / 3] * 3)
    own = {id(model) for model in network.models}
    assert not own & {id(one.trained) for one in final.model.members}
    assert len({one.trained.parameters.tobytes() for one in final.model.members}) == 3
    assert len({id(one.trained.features) for one in final.model.members}) == 1  # fitted on all rows at once
