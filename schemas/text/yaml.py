"""YAML 1.2 into plain values, with the line of every key and item.

YAML 1.2 means that ``1e-3`` is a number and that ``no``, ``on`` and ``y`` are texts.
"""

from pathlib import Path as File
from typing import Any

from descent.schemas.problems.errors import ConfigError, Problem
from descent.schemas.problems.origin import Origin, Path, render
from descent.schemas.problems.suggestions import did_you_mean

LARGEST = 100_000
"""Values in a document, aliases followed; more is a mistake or an attack."""

NAMES = {"null": "null", "bool": "true or false", "int": "a whole number", "float": "a number"}


def read_file(path: File) -> tuple[Any, Origin]:
    """Plain value and origin of a YAML file.

    Raises:
        ConfigError: the file cannot be read, or is not YAML.
    """
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        neighbours = sorted(str(other) for other in path.parent.glob("*.y*ml"))
        raise _error(name, f"there is no such file{did_you_mean(name, neighbours)}") from None
    except UnicodeDecodeError as error:
        raise _error(name, f"not a text file in UTF-8 (byte {error.start + 1})") from None
    except OSError as error:
        raise _error(name, f"cannot be read: {error.strerror}") from None
    return read_text(text, name)


def read_text(text: str, name: str = "") -> tuple[Any, Origin]:
    """The same for the text of a document; None for an empty one."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
        reader = _Reader(name, yaml.constructor)
        return (None if root is None else reader.value(root, ())), Origin(name, reader.lines)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}" if mark and name else name
        column = f" (column {mark.column + 1})" if mark else ""
        raise _error(where, f"not valid YAML{column}: {_explain(error)}") from None
    except YAMLError as error:
        raise _error(name, f"not valid YAML: {' '.join(str(error).split())}") from None


def _error(where: str, message: str, path: Path = ()) -> ConfigError:
    return ConfigError([Problem(where, render(path), message)])


def _explain(error: Any) -> str:
    if error.problem and "\\t" in error.problem:
        return "a tab; indent with spaces"
    return ", ".join(part for part in (error.problem, error.context) if part)


class _Reader:
    """Turns the nodes of one document into plain values."""

    def __init__(self, name: str, constructor: Any) -> None:
        self.name = name
        self.lines: dict[Path, int] = {}
        self._constructor = constructor
        self._open: list[Any] = []
        self._count = 0

    def value(self, node: Any, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        self._count += 1
        if node in self._open or self._count > LARGEST:
            raise self._refuse(node, path, "an alias repeats itself without end: write the value out")
        self._open.append(node)
        try:
            if node.id == "mapping":
                return self._mapping(node, path)
            if node.id == "sequence":
                return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._scalar(node, path)
        finally:
            self._open.pop()

    def _mapping(self, node: Any, path: Path) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if key_node.id != "scalar":
                raise self._refuse(key_node, path, "a key must be a plain text")
            key = key_node.value
            if key == "<<":
                raise self._refuse(key_node, path, "merge keys (<<) are not part of YAML 1.2: write the keys out")
            if key in result:
                first = self.lines[(*path, key)]
                raise self._refuse(key_node, (*path, key), f"the key is given twice; first in line {first}")
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            result[key] = self.value(value_node, (*path, key))
        return result

    def _scalar(self, node: Any, path: Path) -> Any:
        tag = str(node.tag).removeprefix("tag:yaml.org,2002:")
        if tag in NAMES:
            try:
                return self._constructor.construct_object(node)
            except ValueError:
                raise self._refuse(node, path, f"{node.value} is not {NAMES[tag]}") from None
        if tag in ("str", "timestamp"):  # a date is a text like any other: columns and labels may be named so
            return node.value
        raise self._refuse(node, path, f"the tag {node.tag} is not understood: leave it out")

    def _refuse(self, node: Any, path: Path, message: str) -> ConfigError:
        line = node.start_mark.line + 1
        return _error(f"{self.name}:{line}" if self.name else "", message, path)
