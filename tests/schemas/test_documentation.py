"""docs/configuration.md says of every key what the models say."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from descent.schemas import ConfigError, ExperimentConfig, config_from, expand_variants
from descent.schemas.config.base import ConfigModel
from descent.schemas.config.embeddings import Embedding
from descent.schemas.config.optimizers import Optimizer
from descent.schemas.config.schedules import Schedule
from descent.schemas.config.shape import fields, kinds, models_in
from descent.schemas.text.yaml import read_text

TEXT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
SECTIONS = {
    match[1]: match[2] for match in re.finditer(r"^#{2,3} (.+?)\n(.*?)(?=^#{2,3} |\Z)", TEXT, re.MULTILINE | re.DOTALL)
}
# Where the keys of a part are documented, if not in the section that is named like its key.
ELSEWHERE = {
    "ExperimentConfig": "Top level",
    "EarlyStopping": "search",
    "EnsembleConfig": "select",
    "LinearSearch": "linear, logistic, softmax",
    "NetworkSearch": "network",
    "LogRange": "Sweeps",
    "LinearRange": "Sweeps",
}
GROUPS = {
    section: {part.__name__ for part in models_in(annotation) if kinds(part)}
    for section, annotation in (("schedules", Schedule), ("optimizers", Optimizer), ("embeddings", Embedding))
}


def parts(model: type[ConfigModel]) -> list[type[ConfigModel]]:
    inner = [
        part for info in model.model_fields.values() for found in models_in(info.annotation) for part in parts(found)
    ]
    return list(dict.fromkeys([model, *inner]))


def rows(part: type[ConfigModel], key: str) -> list[list[str]]:
    """Cells (key, allowed, default, swept, meaning) of the rows that document a key of a part."""
    name = part.__name__
    group = next((of for of, names in GROUPS.items() if name in names), None)
    section = group or ELSEWHERE.get(name) or name.removesuffix("Config").lower()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in SECTIONS[section].splitlines()]
    if group is None:
        return [row for row in cells if row[0] == f"`{key}`"]
    shared = "all" if group == "schedules" else None
    found = [
        row[1:] for row in cells if len(row) == 6 and row[1] == f"`{key}`" and row[0] in (f"`{kinds(part)[0]}`", shared)
    ]
    return found or [row for row in cells if row[0] == f"`{key}`" and len(row) == 5]


CASES = [(part, key) for part in parts(ExperimentConfig) for key in fields(part)]


@pytest.mark.parametrize(("part", "key"), CASES, ids=lambda case: case if isinstance(case, str) else case.__name__)
def test_a_key_is_documented_with_its_default_and_whether_it_is_swept(part: type[ConfigModel], key: str) -> None:
    info = fields(part)[key]
    group = next((of for of, names in GROUPS.items() if part.__name__ in names), None)
    if key == "kind" and group is not None:
        section = SECTIONS[group]
        assert all(f"`{kind}`" in section.partition("|")[0] for kind in kinds(part))
        return
    found = rows(part, key)
    assert len(found) == 1, f"{part.__name__}.{key} has {len(found)} rows"
    _, _, default, swept, meaning = found[0]
    assert meaning
    annotation = str(info.annotation)
    assert swept == (
        "list, range"
        if "LogRange" in annotation and not models_of_kind(info)
        else "list"
        if "=many" in annotation
        else "no"
    )
    if info.default is PydanticUndefined or key == "kind":
        assert default == "required"
    elif isinstance(info.default, str | int | float):
        assert default.strip("`") == (
            info.default if isinstance(info.default, str) else f"{info.default!r}".lower().removesuffix(".0")
        )


def models_of_kind(info: Any) -> bool:
    """Whether the field holds parts chosen by kind (whose own numbers may be ranges)."""
    return any(kinds(model) for model in models_in(info.annotation))


def test_every_yaml_block_loads() -> None:
    for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL):
        if "data:" in block:
            config_from(read_text(block)[0])
        elif "search:" in block:
            config = config_from({"data": {"source": "a.csv", "target": "y"}, **read_text(block)[0]})
            expected = config.search.samples or 5 + 2 * 2 * 5 * 2
            assert len(expand_variants(config)) == expected
        elif block.startswith("optimizer"):
            model = {"kind": "network", "layers": [4], **read_text(block)[0]}
            config_from({"data": {"source": "a.csv", "target": "y"}, "search": {"models": [model]}})


def test_the_messages_shown_are_those_of_the_program() -> None:
    shown = re.search(r"```\n(experiments/x\.yaml:5.*?)```", TEXT, re.DOTALL)
    assert shown
    search = {"epoch": 1, "models": [{"kind": "linear", "lambda": [0, -1]}]}
    with pytest.raises(ConfigError) as caught:
        config_from({"data": {"source": "a.csv", "target": "y"}, "search": search})
    said = [re.sub(r"^experiments/x\.yaml:\d+: ", "", line) for line in shown[1].splitlines()]
    assert sorted(said) == sorted(str(caught.value).splitlines())


def test_the_python_example_runs() -> None:
    code = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert code
    lines = code[1].rstrip().splitlines()
    *body, last = lines
    expression, _, expected = last.partition("  # ")
    scope: dict[str, Any] = {}
    exec("\n".join(body), scope)
    assert repr(eval(expression, scope)) == expected
