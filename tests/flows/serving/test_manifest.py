"""Models that were tampered with, cut off or are none at all: refused, and nothing in them executed."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from descent.flows.serving import manifest
from descent.flows.serving.manifest import ModelError
from descent.flows.serving.predictor import Predictor

from ..conftest import save_tiny_model


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("manifest") / "model"
    save_tiny_model(folder, "mass")
    return folder


@pytest.fixture
def model(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "model"))


class Trap:
    """What a pickle does when it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.mark,)


def test_an_untouched_model_loads(model: Path) -> None:
    manifest.verify(model)
    assert Predictor(model).inputs == {"bill": "double", "age": "double", "island": "string"}


@pytest.mark.parametrize(
    "name",
    ["target.json", "interval.json", "model/parameters.safetensors", "model/model.json", "features/compiled.json"],
)
def test_any_changed_cut_off_or_missing_file_is_named(model: Path, name: str) -> None:
    raw = (model / name).read_bytes()
    for changed in (raw[:-1], bytes([raw[0] ^ 1]) + raw[1:], b""):
        (model / name).write_bytes(changed)
        with pytest.raises(ModelError, match=rf"changed or damaged: {name}"):
            Predictor(model)
    (model / name).unlink()
    with pytest.raises(ModelError, match=f"incomplete: {name} is missing"):
        Predictor(model)


def test_added_files_and_links_are_refused(model: Path, tmp_path: Path) -> None:
    (model / "extra.py").write_text("print('hello')")
    with pytest.raises(ModelError, match=r"extra\.py does not belong to it"):
        Predictor(model)
    (model / "extra.py").unlink()
    moved = (model / "target.json").rename(tmp_path / "elsewhere.json")
    (model / "target.json").symlink_to(moved)
    with pytest.raises(ModelError, match=r"target\.json is not what was stored"):
        Predictor(model)


def test_a_folder_of_something_else_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"not a model of descent: it has no manifest\.json"):
        Predictor(tmp_path)
    for text in ("", "[]", "{}", '{"format": 1}', '{"format": 1, "files": 3}'):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(ModelError, match=r"manifest\.json cannot be read"):
            Predictor(tmp_path)
    for other in (2, 99):  # 2: models of before kept scikit-learn's transformers beside the compiled ones
        (tmp_path / "manifest.json").write_text(f'{{"format": {other}, "files": {{}}}}')
        with pytest.raises(ModelError, match=f"a model of format {other}; this version .* reads format 3: run the exp"):
            Predictor(tmp_path)


def pickle_for_weights(model: Path, mark: Path) -> None:
    (model / "model" / "parameters.safetensors").write_bytes(pickle.dumps(Trap(mark)))


def pickle_for_features(model: Path, mark: Path) -> None:
    (model / "features" / "compiled.json").write_bytes(pickle.dumps(Trap(mark)))


def another_step(model: Path, mark: Path) -> None:
    path = model / "features" / "compiled.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored["steps"].insert(0, {"step": "system", "values": [f"touch {mark}"]})
    path.write_text(json.dumps(stored), encoding="utf-8")


@pytest.mark.parametrize(
    "attack",
    [pickle_for_weights, pickle_for_features, another_step],
)
def test_a_malicious_model_with_a_fitting_manifest_is_refused_and_nothing_runs(
    attack: Callable[[Path, Path], None], model: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "executed"
    attack(model, mark)
    manifest.write(model)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ModelError, match="not a model of descent"):
        Predictor(model)
    assert not mark.exists()
    assert sorted(tmp_path.rglob("*")) == before
