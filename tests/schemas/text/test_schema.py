"""The JSON Schema that editors use."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from descent.schemas import config_from, json_schema
from descent.schemas.problems.errors import ConfigError
from descent.schemas.text.yaml import read_file

jsonschema = pytest.importorskip("jsonschema")
ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "experiments").glob("*.yaml"))
DATA = {"source": "a.csv", "target": "y"}


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema.Draft7Validator.check_schema(json_schema())
    return jsonschema.Draft7Validator(json_schema())


def test_the_committed_file_is_this_schema() -> None:
    committed = (ROOT / "schemas" / "experiment.schema.json").read_text(encoding="utf-8")
    fresh = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    assert committed == fresh, "write it anew: descent schema > schemas/experiment.schema.json"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_valid_and_point_to_it(path: Path, validator: Any) -> None:
    validator.validate(read_file(path)[0])
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert (path.parent / first.partition("$schema=")[2]).resolve() == ROOT / "schemas" / "experiment.schema.json"


VALID: list[dict[str, Any]] = [
    {},
    {"validate": {"folds": 0}},
    {"search": {"early_stopping": None}},
    {"features": {"degree": {"linear": [1, 3], "count": 3}, "scale": ["none", "robust"]}},
    {"compute": {"workers": "auto"}},
    {"search": {"models": [{"kind": "linear", "optimizer": [{"kind": "newton", "history": [5, 9]}, {"kind": "sgd"}]}]}},
    {"search": {"models": [{"kind": "linear", "lambda": {"log": [0.1, 1], "count": 3}, "batch": "full"}]}},
    {
        "search": {
            "models": [{"kind": "network", "layers": [8, 4], "batch": [8, "full"], "optimizer": {"kind": "adam"}}]
        }
    },
    {
        "search": {
            "models": [{"kind": "network", "layers": [[8], [4]], "optimizer": [{"kind": "sgd"}, {"kind": "lbfgs"}]}]
        }
    },
]
WRONG: list[dict[str, Any]] = [
    {"nam": "x"},
    {"name": 3},
    {"data": {"source": "a.csv"}},
    {"validate": {"folds": 1}},
    {"split": {"train": 1}},
    {"features": {"degree": 6}},
    {"features": {"degree": [1, 6]}},
    {"features": {"degree": []}},
    {"features": {"scale": "nope"}},
    {"features": {"scale": {"log": [1, 2], "count": 2}}},
    {"search": {"epochs": "50"}},
    {"search": {"models": []}},
    {"search": {"models": [{}]}},
    {"search": {"models": [{"kind": "liner"}]}},
    {"search": {"models": [{"kind": "linear", "layers": [3]}]}},
    {"search": {"models": [{"kind": "linear", "lambda": -1}]}},
    {"search": {"models": [{"kind": "linear", "lambda": {"log": [1, 2, 3], "count": 2}}]}},
    {"search": {"models": [{"kind": "network"}]}},
    {"search": {"models": [{"kind": "network", "layers": []}]}},
    {"search": {"models": [{"kind": "network", "layers": [8], "optimizer": {}}]}},
    {"search": {"models": [{"kind": "network", "layers": [8], "optimizer": {"kind": "lbfgs", "learning_rate": 1}}]}},
    {"search": {"models": [{"kind": "network", "layers": [8], "optimizer": {"kind": "newton"}}]}},
    {"search": {"models": [{"kind": "network", "layers": [8], "batch": "ful"}]}},
    {"compute": {"workers": 0}},
]


@pytest.mark.parametrize("sections", VALID)
def test_what_the_program_accepts_is_valid(sections: dict[str, Any], validator: Any) -> None:
    validator.validate({"data": DATA, **sections})
    config_from({"data": DATA, **sections})


@pytest.mark.parametrize("sections", WRONG)
def test_what_the_program_refuses_is_invalid(sections: dict[str, Any], validator: Any) -> None:
    assert not validator.is_valid({"data": DATA, **sections})
    with pytest.raises(ConfigError):
        config_from({"data": DATA, **sections})


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, part in {"": schema, **schema["$defs"]}.items():
        for key, value in part.get("properties", {}).items():
            yield f"{name}.{key}", value


def test_every_key_is_described_and_shows_what_to_write() -> None:
    for key, value in properties(json_schema()):
        assert value.get("description"), key
        shown = {"examples", "default", "const", "enum", "$ref"} & set(value)
        assert shown, f"{key} has neither an example nor a default"


def test_unions_are_told_apart_by_kind() -> None:
    found = [value for _, value in properties(json_schema()) if '"propertyName": "kind"' in json.dumps(value)]
    assert len(found) >= 3
    model = json_schema()["$defs"]["SearchConfig"]["properties"]["models"]["anyOf"][0]["items"]
    assert set(model["discriminator"]["mapping"]) == {"linear", "logistic", "softmax", "network"}


def test_what_can_be_swept_says_so() -> None:
    parts = json_schema()["$defs"]
    assert "list, or a range" in parts["FeaturesConfig"]["properties"]["degree"]["description"]
    assert "write a list)" in parts["FeaturesConfig"]["properties"]["scale"]["description"]
    assert "swept" not in parts["FeaturesConfig"]["properties"]["rare"]["description"]


def test_no_word_of_the_machinery_shows_in_it() -> None:
    text = json.dumps(json_schema())
    assert "pydantic" not in text
    assert '"=' not in text
