"""Which part of the configuration a path leads to."""

from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from descent.schemas.config.base import ConfigModel
from descent.schemas.problems.origin import Path


def fields(model: type[ConfigModel]) -> dict[str, FieldInfo]:
    """The fields of a part by the keys that a user writes, in order."""
    return {str(info.validation_alias or name): info for name, info in model.model_fields.items()}


def models_in(annotation: Any) -> list[type[ConfigModel]]:
    """Every part of a configuration that a type may stand for, each once."""
    if isinstance(annotation, type) and issubclass(annotation, ConfigModel):
        return [annotation]
    return list(dict.fromkeys(model for argument in get_args(annotation) for model in models_in(argument)))


def options(annotation: Any) -> tuple[str, ...]:
    """The words that a type allows, outside of the parts it may hold."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    found = (word for argument in get_args(annotation) for word in options(argument))
    return tuple(dict.fromkeys(found))


def kinds(model: type[ConfigModel]) -> tuple[str, ...]:
    """The values of ``kind`` that choose this part; empty where it is not chosen by kind."""
    info = model.model_fields.get("kind")
    return get_args(info.annotation) if info else ()


def model_for(value: Any, models: list[type[ConfigModel]]) -> type[ConfigModel] | None:
    """The part that a written value chose: by its ``kind`` or by the key that only this part has."""
    plain = [model for model in models if not kinds(model)]
    if isinstance(value, dict):
        for model in models:
            if value.get("kind") in kinds(model):
                return model
        for model in plain:
            if next(iter(fields(model))) in value:
                return model
    return plain[0] if len(models) == len(plain) == 1 else None


def model_at(root: type[ConfigModel], document: Any, path: Path) -> type[ConfigModel] | None:
    """The part at a path of a document; None where there is a plain value or nothing known."""
    model, inside, value = model_for(document, [root]), [root], document
    for part in path:
        value = _inside(value, part)
        if isinstance(part, str):
            info = fields(model).get(part) if model else None
            if info is None:
                return None
            inside = models_in(info.annotation)
        model = model_for(value, inside)
    return model


def annotation_at(root: type[ConfigModel], document: Any, path: Path) -> Any:
    """The type of the key at a path (of the list, for a path that ends in an index); None where unknown."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    parent = model_at(root, document, path[:-1]) if path else None
    info = fields(parent).get(str(path[-1])) if parent else None
    return info.annotation if info else None


def _inside(value: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return value[part] if isinstance(value, list | tuple) and part < len(value) else None
    return value.get(part) if isinstance(value, dict) else None
