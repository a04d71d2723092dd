"""Models that were tampered with, cut off or are none at all: refused, and nothing in them executed."""

import json
import pickle
import shutil
import zipfile
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


@pytest.mark.parametrize("name", ["target.json", "interval.json", "model/parameters.safetensors", "model/model.json",
                                  "features/features.json", "features/features.skops",
                                  "features/compiled.json"])  # fmt: skip
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
    (tmp_path / "manifest.json").write_text('{"format": 99, "files": {}}')
    with pytest.raises(ModelError, match="format 99"):
        Predictor(tmp_path)


def pickle_for_weights(model: Path, mark: Path) -> None:
    (model / "model" / "parameters.safetensors").write_bytes(pickle.dumps(Trap(mark)))


def pickle_for_features(model: Path, mark: Path) -> None:
    (model / "features" / "features.skops").write_bytes(pickle.dumps(Trap(mark)))


def pickle_inside_features(model: Path, mark: Path) -> None:
    with zipfile.ZipFile(model / "features" / "features.skops", "a") as archive:
        archive.writestr("trap.pkl", pickle.dumps(Trap(mark)))
    edit(model, lambda tree: tree.update(
        {"__class__": "Trap", "__module__": "builtins", "__loader__": "ObjectNode", "file": "trap.pkl"}
    ))  # fmt: skip


def os_system(model: Path, mark: Path) -> None:
    edit(model, lambda tree: tree["content"].update(numeric={
        "__class__": "system", "__module__": "posix", "__loader__": "FunctionNode", "__id__": 1, "content": "system",
    }))  # fmt: skip


def another_estimator(model: Path, mark: Path) -> None:
    foreign = {"__class__": "FunctionTransformer", "__module__": "sklearn.preprocessing._function_transformer"}
    edit(model, lambda tree: tree["content"]["numeric"].update(foreign))


def climbing_zip(model: Path, mark: Path) -> None:
    with zipfile.ZipFile(model / "features" / "features.skops", "w") as archive:
        archive.writestr(f"../../{mark.name}", "out of the folder")
        archive.writestr("schema.json", "{}")


def edit(model: Path, change: Callable[[dict[str, object]], object]) -> None:
    path = model / "features" / "features.skops"
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    tree = json.loads(files["schema.json"])
    change(tree)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, json.dumps(tree) if name == "schema.json" else content)


@pytest.mark.parametrize(
    "attack",
    [pickle_for_weights, pickle_for_features, pickle_inside_features, os_system, another_estimator, climbing_zip],
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
