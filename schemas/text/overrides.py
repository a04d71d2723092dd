"""Overrides: ``search.models[0].lambda=[0, 1]`` written over a document."""

import copy
import re
from typing import Any

from descent.schemas.config.base import ConfigModel
from descent.schemas.config.shape import fields, model_at
from descent.schemas.problems.errors import ConfigError, Problem
from descent.schemas.problems.origin import Origin, Path, render
from descent.schemas.problems.suggestions import did_you_mean
from descent.schemas.text.yaml import read_text

STEP = re.compile(r"\.?([^.\[\]=]+)|\[(\d+)\]")


def apply(document: Any, origin: Origin, override: str, root: type[ConfigModel]) -> tuple[Any, Origin]:
    """A copy of the document in which one override ``path=value`` is written; the value is YAML.

    Raises:
        ConfigError: the text is no override, or its path leads nowhere; the message says which keys exist there.
    """
    text, separator, written = override.partition("=")
    path = _parse(text.strip())
    if not separator or not path:
        raise _error(override, "write key=value, such as search.epochs=50 or search.models[0].lambda=[0,1]")
    try:
        value, _ = read_text(written)
    except ConfigError as error:
        raise _error(override, f"the value is {error.problems[0].message}") from None
    document = copy.deepcopy(document) if document is not None else {}
    place = document
    for depth, part in enumerate(path[:-1]):
        _check_step(place, part, path[:depth], override, root, document)
        if isinstance(part, str) and isinstance(path[depth + 1], str) and place.get(part) is None:
            place[part] = {}
        place = place.get(part) if isinstance(part, str) else place[part]
    if isinstance(place, list) and path[-1] == len(place):  # one behind the last is a further entry
        place.append(value)
        return document, origin.overridden(path, override)
    _check_step(place, path[-1], path[:-1], override, root, document)
    place[path[-1]] = value
    return document, origin.overridden(path, override)


def _parse(text: str) -> Path:
    """Keys and indices of a path; empty when it is not one."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = STEP.match(text, position)
        if match is None:
            return ()
        steps.append(match[1].strip() if match[1] else int(match[2]))
        position = match.end()
    return tuple(steps)


def _check_step(place: Any, part: str | int, here: Path, override: str, root: type[ConfigModel], document: Any) -> None:
    name = render(here) or "the configuration"
    if isinstance(part, int):
        if place is None:
            raise _error(override, f"{name} is not given, so there is no [{part}] to change: write the whole list")
        if not isinstance(place, list):
            raise _error(override, f"{name} is not a list: [{part}] does not exist")
        if part >= len(place):
            raise _error(override, f"{name} has {len(place)} entries, counted from [0]: [{part}] does not exist")
        return
    if isinstance(place, list):
        raise _error(override, f"{name} is a list of {len(place)}: say which, such as {name}[0].{part}")
    if not isinstance(place, dict):
        raise _error(override, f"{name} is a plain value: there is no `{part}` in it")
    model = model_at(root, document, here)
    known = list(fields(model)) if model else []
    if known and part not in known:
        hint = did_you_mean(part, known) or "."
        raise _error(override, f"there is no key `{part}` in {name}{hint} Keys there: {', '.join(known)}")


def _error(override: str, message: str) -> ConfigError:
    return ConfigError([Problem(f"--set {override}", "", message)])
