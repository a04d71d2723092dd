"""A configuration as YAML to start from."""

import re
from pathlib import Path

import pytest

from descent.schemas import ExperimentConfig, config_from, json_schema, load_config, to_yaml
from descent.schemas.text.yaml import read_text

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "experiments").glob("*.yaml"))
LEAST = config_from({"data": {"source": "a.csv", "target": "y"}})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("comments", [True, False])
def test_examples_survive_the_round_trip(path: Path, comments: bool, tmp_path: Path) -> None:
    config = load_config(path)
    copy = tmp_path / "copy.yaml"
    copy.write_text(to_yaml(config, comments=comments), encoding="utf-8")
    assert load_config(copy) == config


def test_the_first_line_leads_editors_to_the_schema(tmp_path: Path) -> None:
    folder = ROOT / "experiments"
    first = to_yaml(LEAST, folder=folder).splitlines()[0]
    assert first == "# yaml-language-server: $schema=../schemas/experiment.schema.json"
    first = to_yaml(LEAST, folder=tmp_path).splitlines()[0]
    assert (tmp_path / first.partition("$schema=")[2]).resolve() == ROOT / "schemas/experiment.schema.json"


def test_every_key_of_the_sections_is_written_and_explained() -> None:
    text = to_yaml(LEAST)
    for section, info in ExperimentConfig.model_fields.items():
        key = info.validation_alias or section
        assert re.search(rf"^(# )?{key}:.*  # \S", text, re.MULTILINE), key
    for name in ("DataConfig", "SplitConfig", "FeaturesConfig", "SearchConfig", "ValidateConfig", "SelectConfig"):
        for key in json_schema()["$defs"][name]["properties"]:
            assert re.search(rf"^ +(# )?{key}:.*  # \S", text, re.MULTILINE), key


def test_a_key_without_a_value_can_be_switched_on_by_taking_the_mark_away() -> None:
    text = re.sub(r"^( *)# ([a-z]+: )", r"\1\2", to_yaml(LEAST), flags=re.MULTILINE)
    value, _ = read_text(text)
    data, compute = value["data"] | {"task": "binary"}, value["compute"] | {"engine": "dask"}
    config = config_from(
        {
            **value,
            "data": data,
            "compute": compute,
            "select": {"metric": "log_loss"},
            "search": value["search"] | {"strategy": "random"},
        }
    )
    assert config.compute.address == "tcp://10.0.0.5:8786"
    assert (config.data.group, config.data.time, config.data.positive) == ("patient", "date", "yes")
    assert config.search.models is not None


def test_without_comments_it_is_values_only() -> None:
    assert "#" not in to_yaml(LEAST, comments=False)


def test_texts_that_look_like_something_else_are_quoted() -> None:
    odd = [
        "true",
        "null",
        "12",
        "1e3",
        "~",
        "",
        "a: b",
        "#x",
        "- a",
        "[x",
        "*a",
        "&a",
        "!t",
        "a #b",
        "'q",
        '"',
        "ä b",
        "x ",
    ]
    config = config_from({"data": {"source": "a.csv", "target": "y", "missing": odd, "exclude": ["No", "on", "a b"]}})
    text = to_yaml(config, comments=False)
    assert config_from(read_text(text)[0]) == config
    assert "exclude: [No, on, a b]" in text


def test_numbers_are_short() -> None:
    text = to_yaml(config_from({"data": {"source": "a.csv", "target": "y"}, "features": {"rare": 0.0}}), comments=False)
    assert "rare: 0\n" in text
