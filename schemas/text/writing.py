"""A configuration as YAML to read, keep and start from."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from descent.schemas.config.base import ConfigModel
from descent.schemas.config.experiment import ExperimentConfig
from descent.schemas.config.shape import fields, options
from descent.schemas.problems.secrets import conceal
from descent.schemas.text.schema import FILE

HEADER = """\
# An experiment of descent. docs/configuration.md explains every key; what is left out takes its default.
# Under features and search, a list such as [0, 1, 10] or a range such as {log: [0.001, 10], count: 5} is swept:
# every value is tried with every other.
"""
BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_./+-]*( [A-Za-z0-9_./+-]+)*")
WORDS = {"true", "false", "null"}
COLUMN = 44
"""Where comments start, when the line is shorter."""


def to_yaml(config: ExperimentConfig, *, comments: bool = True, folder: Path | None = None) -> str:
    """YAML from which ``load_config`` makes an equal configuration.

    With comments, every key is explained, keys without a value stand as comments, and the first line points editors
    to the JSON Schema, relative to the folder that the file will be in (the current one by default).
    """
    if not comments:
        return "\n".join(_section(config, "", comments=False)) + "\n"
    schema = os.path.relpath(Path(__file__).resolve().parents[1] / FILE, folder or Path.cwd())
    lines = [f"# yaml-language-server: $schema={Path(schema).as_posix()}", HEADER]
    return "\n".join([*lines, *_section(config, "", comments=True)]) + "\n"


def _section(part: ConfigModel, indent: str, *, comments: bool) -> Iterator[str]:
    empty = all(value is None for _, _, value in _items(part))  # a section must hold something
    for key, info, value in _items(part):
        if isinstance(value, ConfigModel):
            if comments and not indent:
                yield ""
            yield _line(f"{indent}{key}:", info, comments)
            yield from _section(value, f"{indent}  ", comments=comments)
        elif key == "models" and value is not None:
            yield _line(f"{indent}models:", info, comments)
            seen: set[str] = set()
            for model in value:
                yield from _entry(model, f"{indent}  ", comments, seen)
        elif value is None and info.default is None and not empty:
            if comments:
                yield _line(f"{indent}# {key}: {_flow(_example(info))}", info, comments)
        else:
            yield _line(f"{indent}{key}: {_flow(value)}", info, comments)


def _entry(model: ConfigModel, indent: str, comments: bool, seen: set[str]) -> Iterator[str]:
    """One model as an item of a list; each key is explained where it first appears."""
    start = "- "
    for key, info, value in _items(model):
        if value is None:
            continue
        yield _line(f"{indent}{start}{key}: {_flow(value)}", info, comments and key not in seen)
        seen.add(key)
        start = "  "


def _items(part: ConfigModel) -> Iterator[tuple[str, FieldInfo, Any]]:
    for (key, info), name in zip(fields(type(part)).items(), type(part).model_fields, strict=True):
        value = getattr(part, name)
        yield key, info, conceal(value) if key == "source" else value


def _line(text: str, info: FieldInfo, comments: bool) -> str:
    if not comments or not info.description:
        return text
    allowed = options(info.annotation)
    listing = f" ({', '.join(allowed)})" if len(allowed) > 1 else ""
    return f"{text:<{COLUMN}}  # {info.description}{listing}"


def _example(info: FieldInfo) -> Any:
    return info.examples[0] if info.examples else None


def _flow(value: Any) -> str:
    """A value on one line; numbers of optimizers and the like only where they differ from their defaults."""
    if isinstance(value, ConfigModel):
        shown = {
            key: item for key, info, item in _items(value) if key in ("kind", "learning_rate") or item != info.default
        }
        return _flow(shown)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_flow(key)}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, str):
        return value if BARE.fullmatch(value) and value.lower() not in WORDS else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
