"""Validation errors in the user's words: which key, which value, what is allowed."""

import json
import re
from typing import Any

from pydantic import ValidationError

from descent.schemas.config.base import REFUSED, ConfigModel
from descent.schemas.config.shape import annotation_at, fields, kinds, model_at, models_in
from descent.schemas.problems.bounds import SIGNS, bound
from descent.schemas.problems.errors import Problem
from descent.schemas.problems.origin import Origin, Path
from descent.schemas.problems.suggestions import did_you_mean

RANGE = "a range is written {log: [0.001, 10], count: 5} or {linear: [1, 3], count: 3}"
LINEAR_ONLY = ("newton",)
"""Kinds of optimizers that networks do not have."""
NUMBERS = {"int_type": "whole number", "float_type": "number"}


def problems(error: ValidationError, root: type[ConfigModel], document: Any, origin: Origin) -> list[Problem]:
    """One problem for each error of a document that should have been a ``root``."""
    found = [
        _problem(details, root, document, origin)
        for details in error.errors(include_url=False)
        if not _only_follows(details)
    ]
    return list(dict.fromkeys(found))


def _only_follows(error: Any) -> bool:
    """Whether a list is called too short only because its wrong items were not counted."""
    return error["type"] == "too_short" and bool(len(error["input"]) >= error["ctx"]["min_length"])


def _problem(error: Any, root: type[ConfigModel], document: Any, origin: Origin) -> Problem:
    kind, value, raw = error["type"], error["input"], error["loc"]
    swept = any(str(part).startswith("=") for part in raw[-2:])  # the value, or an item of its list, is of a sweep
    if kind == "extra_forbidden":  # the last part is the user's own word, whatever it is
        path: Path = (*_without_tags(raw[:-1]), raw[-1])
    else:
        path = _without_tags(raw)
    if kind == "missing":
        message = _missing(root, document, path)
    elif kind == "extra_forbidden":
        message = _unknown(root, document, path)
    elif kind.startswith("union_tag"):
        message = _wrong_kind(value, annotation_at(root, document, path))
        if isinstance(value, dict) and "kind" in value:
            path = (*path, "kind")
    elif kind in ("model_type", "dict_type", "model_attributes_type"):
        message = _not_keys(value, annotation_at(root, document, path) if path else root)
    else:
        message = explain(kind, value, error.get("ctx", {}), swept)
    return origin.problem(path, message)


def _without_tags(location: Path) -> Path:
    """The location of an error without the tags of the unions on its way."""
    return tuple(part for part in location if not str(part).startswith("="))


def explain(kind: str, value: Any, context: dict[str, Any], swept: bool) -> str:
    """What is wrong with one plain value, and what is allowed."""
    if kind == REFUSED:
        return str(context["text"]).replace("<value>", show(value))
    if kind in SIGNS:
        return f"{show(value)} is not allowed: {bound(kind, context)}"
    if kind in NUMBERS:
        return _not_a_number(value, NUMBERS[kind], swept)
    match kind:
        case "finite_number":
            return f"{show(value)} is not allowed: must be a finite number"
        case "bool_type":
            return f"{show(value)} is not allowed: write true or false"
        case "string_type":
            return _not_a_text(value)
        case "string_too_short":
            return "is empty: write a text, or leave the key out"
        case "literal_error":
            return _not_a_choice(value, re.findall(r"'([^']*)'", context["expected"]))
        case "tuple_type" | "list_type":
            if value is None:
                return "is empty: write a list, or leave the key out"
            return f"{show(value)} is not a list: write [{show(value)}]"
        case "too_short" if context["actual_length"] == 0:
            return "is an empty list: give at least one value"
        case "too_short" | "too_long":
            return f"{show(value)} is not allowed: give exactly two numbers, the lowest and the highest"
        case _:
            return f"{show(value)} is not allowed"


def show(value: Any) -> str:
    """The value nearly as it is written in YAML, shortened."""
    if isinstance(value, str) and re.fullmatch(r"[^\W\d][\w .\-/]*", value):
        text = value
    elif isinstance(value, dict):
        text = f"{{{', '.join(f'{key}: {show(item)}' for key, item in value.items())}}}"
    elif isinstance(value, list | tuple):
        text = f"[{', '.join(map(show, value))}]"
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    text = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}.get(text, text)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _missing(root: type[ConfigModel], document: Any, path: Path) -> str:
    parent = model_at(root, document, path[:-1])
    info = fields(parent).get(str(path[-1])) if parent else None
    return f"required, but not given{f': {info.description}' if info and info.description else ''}"


def _unknown(root: type[ConfigModel], document: Any, path: Path) -> str:
    parent = model_at(root, document, path[:-1])
    known = list(fields(parent)) if parent else []
    return f"there is no such key{did_you_mean(path[-1], known) or '.'} Keys here: {', '.join(known)}"


def _wrong_kind(value: Any, annotation: Any) -> str:
    allowed = [kind for model in models_in(annotation) for kind in kinds(model)]
    listing = f"one of {', '.join(allowed)}"
    if isinstance(value, str) and value in allowed:
        return f"{value} is not a mapping: write {{kind: {value}}}"
    if not isinstance(value, dict):
        return f"{show(value)} is not a mapping: write {{kind: ...}}, {listing}"
    if value.get("kind") is None:
        return f"`kind` is missing: write {listing}"
    if isinstance(value["kind"], list):
        return "kind cannot be swept: write one entry for each kind"
    if value["kind"] in LINEAR_ONLY:
        return f"{value['kind']} is for linear models only. Allowed here: {', '.join(allowed)}"
    return _not_a_choice(value["kind"], allowed)


def _not_keys(value: Any, annotation: Any) -> str:
    known = [key for model in models_in(annotation)[:1] for key in fields(model)]
    if value is None:
        return f"is empty: leave the key out, or write keys under it ({', '.join(known)})"
    return f"{show(value)} is not a mapping: write keys under it ({', '.join(known)})"


def _not_a_choice(value: Any, allowed: list[str]) -> str:
    if isinstance(value, list):
        return f"{show(value)} is a list, but this key takes one value: {', '.join(allowed)}"
    hint = did_you_mean(value, allowed) or "."
    return f"{show(value)} is not allowed{hint} Allowed: {', '.join(allowed)}"


def _not_a_number(value: Any, name: str, swept: bool) -> str:
    match value:
        case None:
            return f"is empty: write a {name}, or leave the key out"
        case float() if value.is_integer():
            return f"{show(value)} is not a whole number: write {value:.0f}"
        case str() if re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", value.strip()):
            return f'"{value}" is a text, not a number: write {value.strip()} without quotes'
        case list() if not swept:
            return f"{show(value)} is a list, but this key takes one {name}"
        case list():
            return f"{show(value)} is a list inside a list: write the numbers one after another"
        case dict() if swept:
            return f"{show(value)} is not a {name}; {RANGE}"
        case dict():
            return f"{show(value)} is not allowed: this key takes one {name}"
        case _:
            return f"{show(value)} is not a {name}"


def _not_a_text(value: Any) -> str:
    if value is None:
        return "is empty: write a text, or leave the key out"
    if isinstance(value, list | dict):
        return f"{show(value)} is not allowed: write one text"
    return f'{show(value)} is not a text: write "{show(value)}" in quotes'
