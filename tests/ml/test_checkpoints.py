"""Models and trainings on disk."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from descent import ml
from descent.ml.checkpoints import read_state, write_state

from .problems import arrays

MODEL = ml.Model(5, (8, 4), 3, "multiclass", "gelu", True, "lecun")


def trained(path: Path | None = None, **more: object) -> list[ml.Outcome]:
    arguments = {"batch": 16, "epochs": 3, "checkpoint": path} | more
    return ml.train(MODEL, "adam", [ml.Settings(), ml.Settings(seed=1)], arrays("multiclass", 3), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_comes_back_as_it_was(tmp_path: Path, dtype: str) -> None:
    one = trained(dtype=dtype)[0]
    ml.save_model(tmp_path / "new" / "model", MODEL, one.parameters)
    model, parameters = ml.load_model(tmp_path / "new" / "model")
    assert model == MODEL and parameters.dtype == dtype
    np.testing.assert_array_equal(parameters, one.parameters)
    assert sorted(path.name for path in (tmp_path / "new" / "model").iterdir()) == [
        "model.json",
        "parameters.safetensors",
    ]


def test_others_can_read_the_layers_by_name(tmp_path: Path) -> None:
    one = trained()[0]
    ml.save_model(tmp_path, MODEL, one.parameters)
    tensors = load_file(tmp_path / "parameters.safetensors")
    assert {name: tensor.shape for name, tensor in tensors.items()} == {
        "layer1": (8, 6),
        "layer2": (4, 9),
        "layer3": (3, 5),
        "skip1": (8, 5),
        "skip2": (4, 8),
    }
    x = np.random.default_rng(0).normal(size=(7, 5))
    ones = np.ones((7, 1))

    def gelu(z: np.ndarray) -> np.ndarray:
        return 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))

    a = gelu(np.hstack([x, ones]) @ tensors["layer1"].T) + x @ tensors["skip1"].T
    a = gelu(np.hstack([a, ones]) @ tensors["layer2"].T) + a @ tensors["skip2"].T
    z = np.hstack([a, ones]) @ tensors["layer3"].T
    np.testing.assert_allclose(ml.outputs(MODEL, one.parameters, x), z, rtol=1e-4, atol=1e-5)


def spoil_json(folder: Path) -> None:
    (folder / "model.json").write_text("{")


def spoil_task(folder: Path) -> None:
    stored = json.loads((folder / "model.json").read_text())
    stored["model"]["task"] = "magic"
    (folder / "model.json").write_text(json.dumps(stored))


def spoil_format(folder: Path) -> None:
    (folder / "model.json").write_text("[]")


def cut_tensors(folder: Path) -> None:
    content = (folder / "parameters.safetensors").read_bytes()
    (folder / "parameters.safetensors").write_bytes(content[:-10])


def remove_tensors(folder: Path) -> None:
    (folder / "parameters.safetensors").unlink()


def other_widths(folder: Path) -> None:
    stored = json.loads((folder / "model.json").read_text())
    stored["model"]["hidden"] = [8, 5]
    (folder / "model.json").write_text(json.dumps(stored))


@pytest.mark.parametrize("spoil", [spoil_json, spoil_task, spoil_format, cut_tensors, remove_tensors, other_widths])
def test_a_damaged_model_is_refused(tmp_path: Path, spoil: object) -> None:
    ml.save_model(tmp_path, MODEL, trained()[0].parameters)
    spoil(tmp_path)  # type: ignore[operator]
    with pytest.raises(ml.CheckpointError, match=r"model\.json|parameters\.safetensors"):
        ml.load_model(tmp_path)


def test_parameters_of_another_model_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ml.CheckpointError, match="parameters has shape"):
        ml.save_model(tmp_path / "none", MODEL, np.ones(3))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("change", [{"batch": 8}, {"dtype": "float64"}, {"patience": 2}])
def test_a_training_resumes_only_as_itself(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "state"
    trained(path)
    with pytest.raises(ml.CheckpointError, match="belongs to another training"):
        trained(path, **change)


def test_more_epochs_may_be_asked_for_but_not_fewer(tmp_path: Path) -> None:
    path = tmp_path / "state"
    trained(path)
    longer, whole = trained(path, epochs=6), trained(epochs=6)
    np.testing.assert_array_equal(longer[0].parameters, whole[0].parameters)
    np.testing.assert_array_equal(longer[0].curve_train, whole[0].curve_train)
    with pytest.raises(ml.CheckpointError, match="6 epochs already, more than the 2 asked for"):
        trained(path, epochs=2)


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_bytes(b"nonsense")
    with pytest.raises(ml.CheckpointError, match="is no checkpoint"):
        trained(path)
    trained(tmp_path / "good")
    path.write_bytes((tmp_path / "good").read_bytes()[:-7])
    with pytest.raises(ml.CheckpointError, match="is no checkpoint"):
        trained(path)


def drop_slots(arrays: dict[str, np.ndarray]) -> None:
    del arrays["slots"]


def drop_history(arrays: dict[str, np.ndarray]) -> None:
    del arrays["history.best"]


def cut_parameters(arrays: dict[str, np.ndarray]) -> None:
    arrays["parameters"] = arrays["parameters"][:, :-1]


@pytest.mark.parametrize("spoil", [drop_slots, drop_history, cut_parameters])
def test_an_incomplete_state_is_refused(tmp_path: Path, spoil: Callable[[dict[str, np.ndarray]], None]) -> None:
    path = tmp_path / "state"
    trained(path)
    tensors, facts = read_state(path)
    spoil(tensors)
    write_state(path, tensors, facts)
    with pytest.raises(ml.CheckpointError, match=r"lacks|holds parameters"):
        trained(path)
    write_state(path, tensors, {"training": 3})
    with pytest.raises(ml.CheckpointError, match="is no checkpoint of a training"):
        trained(path)


def test_a_model_is_no_training_state(tmp_path: Path) -> None:
    ml.save_model(tmp_path, MODEL, trained()[0].parameters)
    with pytest.raises(ml.CheckpointError, match="is no checkpoint"):
        trained(tmp_path / "parameters.safetensors")


def test_a_write_that_fails_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state"
    trained(path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="the disk is full"):
        trained(path, epochs=5)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]
