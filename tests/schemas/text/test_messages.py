"""What a user reads when a configuration is wrong, word for word."""

import pickle
from pathlib import Path

import pytest

from descent.schemas import ConfigError, ExperimentConfig, config_from

from ..complaints import DATA_KEYS, METRICS, RANGE, SEARCH_KEYS, SELECT_KEYS, TOP_KEYS, complaint

# One wrong line after `data: {source: a.csv, target: y}`: the line, and what is said after "x.yaml:2: ".
SECTIONS = [
    # Unknown and missing keys.
    ("nam: x", f"nam: there is no such key: did you mean `name`? Keys here: {TOP_KEYS}"),
    ("validation: {}", f"validation: there is no such key: did you mean `validate`? Keys here: {TOP_KEYS}"),
    ("1: x", f"1: there is no such key. Keys here: {TOP_KEYS}"),
    (
        "search: {epoch: 5}",
        f"search.epoch: there is no such key: did you mean `epochs`? Keys here: {SEARCH_KEYS}",
    ),
    (
        "features: {Degree: 2}",
        "features.Degree: there is no such key: did you mean `degree`? "
        "Keys here: degree, interaction_only, scale, impute, encode, max_levels, rare, max_columns",
    ),
    ("compute: {=one: 2}", "compute.=one: there is no such key. Keys here: engine, address, workers, dtype"),
    # Sections.
    (
        "search:",
        f"search: is empty: leave the key out, or write keys under it ({SEARCH_KEYS})",
    ),
    ("select: rmse", f"select: rmse is not a mapping: write keys under it ({SELECT_KEYS})"),
    ("select: [rmse]", f"select: [rmse] is not a mapping: write keys under it ({SELECT_KEYS})"),
    (
        "search: {early_stopping: true}",
        "search.early_stopping: true is not a mapping: write keys under it (patience, min_delta)",
    ),
    # Whole numbers.
    ('search: {epochs: "50"}', 'search.epochs: "50" is a text, not a number: write 50 without quotes'),
    ("search: {epochs: 50.0}", "search.epochs: 50.0 is not a whole number: write 50"),
    ("search: {epochs: 2.5}", "search.epochs: 2.5 is not a whole number"),
    ("search: {epochs: many}", "search.epochs: many is not a whole number"),
    ("search: {epochs: yes}", "search.epochs: yes is not a whole number"),
    ("search: {epochs: true}", "search.epochs: true is not a whole number"),
    ("search: {epochs: 0}", "search.epochs: 0 is not allowed: must be ≥ 1"),
    ("search: {epochs: -3}", "search.epochs: -3 is not allowed: must be ≥ 1"),
    ("search: {epochs: }", "search.epochs: is empty: write a whole number, or leave the key out"),
    ("search: {epochs: [50, 100]}", "search.epochs: [50, 100] is a list, but this key takes one whole number"),
    (
        "search: {epochs: {log: [1, 10], count: 2}}",
        "search.epochs: {log: [1, 10], count: 2} is not allowed: this key takes one whole number",
    ),
    ("search: {early_stopping: {patience: 0}}", "search.early_stopping.patience: 0 is not allowed: must be ≥ 1"),
    # Numbers.
    ("features: {rare: 0.5}", "features.rare: 0.5 is not allowed: must be < 0.5"),
    ("features: {rare: -0.01}", "features.rare: -0.01 is not allowed: must be ≥ 0"),
    ("features: {rare: .nan}", "features.rare: nan is not allowed: must be a finite number"),
    ("features: {rare: .inf}", "features.rare: inf is not allowed: must be a finite number"),
    ("features: {rare: 1%}", 'features.rare: "1%" is not a number'),
    ("features: {rare: '0.1'}", 'features.rare: "0.1" is a text, not a number: write 0.1 without quotes'),
    ("features: {rare: false}", "features.rare: false is not a number"),
    ("diagnose: {baseline: [1]}", "diagnose.baseline: [1] is a list, but this key takes one number"),
    # Choices.
    (
        "features: {scale: standrd}",
        "features.scale: standrd is not allowed: did you mean `standard`? "
        "Allowed: standard, minmax, robust, smooth_clip, "
        "quantile, none",
    ),
    (
        "features: {scale: null}",
        "features.scale: null is not allowed: did you mean `none`? Allowed: standard, minmax, robust, smooth_clip, "
        "quantile, none",
    ),
    ("split: {by: date}", "split.by: date is not allowed. Allowed: random, stratified, time, group, column"),
    (
        "split: {by: [time]}",
        "split.by: [time] is a list, but this key takes one value: random, stratified, time, group, column",
    ),
    (
        "select: {metric: RMSE}",
        f"select.metric: RMSE is not allowed: did you mean `rmse`? Allowed: {METRICS}",
    ),
    ("select: {rule: 1-se}", 'select.rule: "1-se" is not allowed. Allowed: one-standard-error, best'),
    (
        "compute: {dtype: float16}",
        "compute.dtype: float16 is not allowed: did you mean `float64`? Allowed: float32, float64",
    ),
    # A number or a word.
    (
        "compute: {address: 'tcp://x:1'}",
        "compute: address is that of a Dask scheduler: write engine: dask as well, or leave it out",
    ),
    (
        "compute: {engine: dask, address: 'tcp://x:1', workers: 2}",
        "compute: the scheduler at address has its own workers: leave out workers, or address",
    ),
    ("compute: {workers: 0}", "compute.workers: 0 is not allowed: write a whole number ≥ 1, or auto"),
    ("compute: {workers: all}", "compute.workers: all is not allowed: write a whole number ≥ 1, or auto"),
    ("compute: {workers: true}", "compute.workers: true is not allowed: write a whole number ≥ 1, or auto"),
    ("compute: {workers: 2.0}", "compute.workers: 2.0 is not allowed: write a whole number ≥ 1, or auto"),
    # What belongs together.
    ("split: {train: 0.7}", "split: train 0.7 + cv 0.2 + test 0.2 = 1.1: must sum to 1"),
    ("split: {train: 0.6, cv: 0.4, test: 0}", "split.test: 0 is not allowed: must be > 0"),
    (
        "split: {train: 60, cv: 20, test: 20}",
        "split.train: 60 is not allowed: must be < 1\n"
        "x.yaml:2: split.cv: 20 is not allowed: must be < 1\nx.yaml:2: split.test: 20 is not allowed: must be < 1",
    ),
    (
        "validate: {folds: 1}",
        "validate.folds: 1 is not allowed: write 2 or more folds, or 0 to turn cross-validation off",
    ),
    # Sweeps.
    ("features: {degree: [1, 7]}", "features.degree[1]: 7 is not allowed: must be ≤ 5"),
    ("features: {degree: []}", "features.degree: is an empty list: give at least one value"),
    (
        "features: {degree: [1, [2]]}",
        "features.degree[1]: [2] is a list inside a list: write the numbers one after another",
    ),
    ("features: {degree: {lin: [1, 3]}}", "features.degree: {lin: [1, 3]} is not a whole number; " + RANGE),
    (
        "features: {degree: {linear: [1, 9], count: 3}}",
        "features.degree: the range reaches 9, which is not allowed: must be ≤ 5",
    ),
    (
        "features: {degree: {linear: [3, 1], count: 3}}",
        "features.degree: a linear range goes from a number up to a larger one: {linear: [1, 3], count: 3}",
    ),
    (
        "features: {degree: {linear: [1, 2, 3], count: 3}}",
        "features.degree.linear: [1, 2, 3] is not allowed: give exactly two numbers, the lowest and the highest",
    ),
    (
        "features: {degree: {linear: [1, 3]}}",
        "features.degree.count: required, but not given: how many values "
        "(only samples of strategy: random or halving do without)",
    ),
    ("search: {samples: 5}", "search: samples are drawn by strategy: random or halving; this search is a grid"),
    (
        "search: {budget: {}}",
        "search.budget: a budget is written {minutes: 5} or {epochs: 10000}, or both; null for none",
    ),
    ("search: {budget: {minutes: 0}}", "search.budget.minutes: 0 is not allowed: must be > 0"),
    ("search: {halving: {eta: 1}}", "search.halving.eta: 1 is not allowed: must be ≥ 2"),
    (
        "search: {strategy: halfing}",
        "search.strategy: halfing is not allowed: did you mean `halving`? Allowed: grid, random, halving",
    ),
    ("features: {degree: {linear: [1, 3], count: 1}}", "features.degree.count: 1 is not allowed: must be ≥ 2"),
    (
        "features: {degree: {linear: [1, 3], steps: 2, count: 2}}",
        "features.degree.steps: there is no such key. Keys here: linear, count",
    ),
    (
        "features: {scale: [standard, minmx]}",
        "features.scale[1]: minmx is not allowed: did you mean `minmax`? "
        "Allowed: standard, minmax, robust, smooth_clip, "
        "quantile, none",
    ),
    (
        "features: {scale: {log: [1, 2], count: 2}}",
        "features.scale: {log: [1, 2], count: 2} is not allowed. Allowed: standard, minmax, robust, smooth_clip, "
        "quantile, none",
    ),
]

DATA = [
    ("{source: a.csv}", "data.target: required, but not given: the column to predict"),
    ("{source: a.csv, target: ''}", "data.target: is empty: write a text, or leave the key out"),
    ("{source: , target: y}", "data.source: is empty: write a text, or leave the key out"),
    ("{source: a.csv, target: 3}", 'data.target: 3 is not a text: write "3" in quotes'),
    ("{source: a.csv, target: true}", 'data.target: true is not a text: write "true" in quotes'),
    ("{source: a.csv, target: [y]}", "data.target: [y] is not allowed: write one text"),
    ("{source: a.csv, target: y, exclude: id}", "data.exclude: id is not a list: write [id]"),
    ("{source: a.csv, target: y, exclude: }", "data.exclude: is empty: write a list, or leave the key out"),
    ("{source: a.csv, target: y, exclude: [id, 7]}", 'data.exclude[1]: 7 is not a text: write "7" in quotes'),
    ("{source: a.csv, target: y, missing: [-999]}", 'data.missing[0]: -999 is not a text: write "-999" in quotes'),
    ("{source: a.csv, target: y, exclude: [y]}", "data: column y is the target and cannot be in exclude as well"),
    (
        "{source: a.csv, target: y, group: y}",
        "data: column y is the target and cannot be the group or time column as well",
    ),
    (
        "{source: a.csv, target: y, numeric: [a], categorical: [a]}",
        "data: column a is in numeric and in categorical: keep one",
    ),
    (
        "{source: a.csv, target: y, task: regression, positive: a}",
        "data: positive names a label of a binary task; task is regression",
    ),
    (
        "{source: a.csv, target: y, task: classification}",
        "data.task: classification is not allowed. Allowed: regression, binary, multiclass",
    ),
    *(
        (
            f"{{source: a.csv, target: y, memory: {size}}}",
            f"data.memory: {shown} is not allowed: write a size such as 2GB or 500MB, or auto",
        )
        for size, shown in (("2", "2"), ("0GB", '"0GB"'), ("2 gigabytes", '"2 gigabytes"'), ("-1GB", '"-1GB"'))
    ),
    ("{source: a.csv, target: y, label: z}", f"data.label: there is no such key. Keys here: {DATA_KEYS}"),
]


@pytest.mark.parametrize(("line", "message"), SECTIONS)
def test_a_wrong_line_is_named_with_what_is_allowed(tmp_path: Path, line: str, message: str) -> None:
    assert complaint(tmp_path, f"data: {{source: a.csv, target: y}}\n{line}\n") == f"x.yaml:2: {message}"


@pytest.mark.parametrize(("data", "message"), DATA)
def test_wrong_data_is_named(tmp_path: Path, data: str, message: str) -> None:
    assert complaint(tmp_path, f"data: {data}\n") == f"x.yaml:1: {message}"


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
        data:
          source: a.csv
          target: y
          tsk: binary
        search:
          epochs: "50"
          models:
            - kind: linear
              lambda:
                - 0
                - -1
            - kind: network
              layers: [8, -1]
        features: {degree: 9}
        """
    assert complaint(tmp_path, text).splitlines() == [
        f"x.yaml:4: data.tsk: there is no such key: did you mean `task`? Keys here: {DATA_KEYS}",
        'x.yaml:6: search.epochs: "50" is a text, not a number: write 50 without quotes',
        "x.yaml:11: search.models[0].lambda[1]: -1 is not allowed: must be ≥ 0",
        "x.yaml:13: search.models[1].layers[1]: -1 is not allowed: must be ≥ 1",
        "x.yaml:14: features.degree: 9 is not allowed: must be ≤ 5",
    ]


def test_what_is_missing_altogether_is_said_of_the_file(tmp_path: Path) -> None:
    message = "x.yaml: data: required, but not given: the table and the meaning of its columns"
    assert complaint(tmp_path, "") == message
    assert complaint(tmp_path, "# only a comment\n") == message


def test_a_document_that_is_no_mapping(tmp_path: Path) -> None:
    keys = f"write keys under it ({TOP_KEYS})"
    assert complaint(tmp_path, "- a\n- b\n") == f"x.yaml:1: [a, b] is not a mapping: {keys}"
    assert complaint(tmp_path, "a.csv\n") == f"x.yaml:1: a.csv is not a mapping: {keys}"


def test_a_mapping_from_python_has_no_line() -> None:
    with pytest.raises(ConfigError) as caught:
        config_from({"data": {"source": "a.csv", "target": "y"}, "search": {"epochs": 0}})
    assert str(caught.value) == "search.epochs: 0 is not allowed: must be ≥ 1"
    assert [problem.key for problem in caught.value.problems] == ["search.epochs"]


def test_the_error_travels_between_processes() -> None:
    with pytest.raises(ConfigError) as caught:
        config_from({"data": {"source": "a.csv"}})
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.problems) == (str(caught.value), caught.value.problems)
    assert str(ConfigError("in one sentence")) == "in one sentence"


def test_a_long_value_is_shortened() -> None:
    with pytest.raises(ConfigError) as caught:
        config_from({"data": {"source": "a.csv", "target": "y"}, "name": list(range(100))})
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    "document",
    [
        {"data": 3},
        {"data": {"source": object(), "target": "y"}},
        {"data": {"source": "a.csv", "target": "y"}, "search": {"models": {"kind": "linear"}}},
        {"data": {"source": "a.csv", "target": "y"}, "search": {"models": [{"kind": "network", "layers": {"a": 1}}]}},
        {"data": {"source": "a.csv", "target": "y"}, 7: 7},
        {
            "data": {"source": "a.csv", "target": "y"},
            "search": {"models": [None, [], "x", {"kind": None}, {"kind": {}}]},
        },
    ],
)
def test_no_message_speaks_of_the_machinery(document: dict[object, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        config_from(document)  # type: ignore[arg-type]
    text = str(caught.value).lower()
    assert text
    for word in ("pydantic", "http", "config)", "validation error", "input should", "tag", "nonetype", "=one", "=many"):
        assert word not in text
    for name in (ExperimentConfig.__name__, "DataConfig", "NetworkSearch"):
        assert name.lower() not in text
