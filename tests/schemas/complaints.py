"""What a wrong configuration is answered with."""

from pathlib import Path
from textwrap import dedent

import pytest

from descent.schemas import ConfigError, load_config

DATA_KEYS = (
    "source, target, task, query, exclude, numeric, categorical, datetime, boolean, text, identifier, constant, "
    "missing, keep, delimiter, encoding, memory, group, time, positive"
)
TOP_KEYS = "name, data, split, features, search, validate, select, diagnose, compute, track, register, retrain"
OPTIMIZERS = "sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, lbfgs"
RANGE = "a range is written {log: [0.001, 10], count: 5} or {linear: [1, 3], count: 3}"


def complaint(tmp_path: Path, text: str, overrides: tuple[str, ...] = ()) -> str:
    """The message for a YAML text, with the folder taken out of the file's name."""
    path = tmp_path / "x.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    return str(caught.value).replace(f"{tmp_path}/", "")
