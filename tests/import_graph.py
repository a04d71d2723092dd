"""Which file of ours imports which, read from the source: at the top, inside functions, or for types alone."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("flows", "ml", "data", "schemas")
Graph = dict[str, set[str]]


def sources() -> dict[str, Path]:
    """Every module of ours by its name, packages among them; ``benchmarks`` as well, which is no part of descent."""
    found = {"descent": ROOT / "descent" / "__init__.py"}
    for top in (*PACKAGES, "benchmarks"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts if top == "benchmarks" else ("descent", *parts))
            found[name.removesuffix(".__init__")] = path
    return found


def graph() -> Graph:
    """Module → the modules that it imports, without the packages themselves, which hold no code of their own."""
    house = _House(sources())
    return {
        module: {target for target in house.imports(module) if target != module and not house.is_package(target)}
        for module in house.files
        if not house.is_package(module)
    }


def circles(edges: Mapping[str, Iterable[str]]) -> list[set[str]]:
    """Sets of nodes that reach each other: strongly connected components of more than one (Tarjan 1972)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for after in edges.get(node, ()):
            if after not in order:
                visit(after)
                low[node] = min(low[node], low[after])
            elif after in stack:
                low[node] = min(low[node], order[after])
        if low[node] == order[node]:
            place = stack.index(node)
            if len(circle := set(stack[place:])) > 1:
                found.append(circle)
            del stack[place:]

    for node in edges:
        if node not in order:
            visit(node)
    return found


class _House:
    """Modules, and the names that packages give on: from their ``__init__.py`` or the ``.pyi`` beside it."""

    def __init__(self, files: dict[str, Path]) -> None:
        self.files = files
        self._given = cache(self._given_names)

    def is_package(self, module: str) -> bool:
        return self.files[module].name == "__init__.py"

    def imports(self, module: str) -> set[str]:
        """The modules that a module imports; ``from descent import ml`` counts what is taken out of ``ml`` then."""
        tree = ast.parse(self.files[module].read_text(encoding="utf-8"))
        found: set[str] = set()
        packages: dict[str, str] = {}
        for base, name, alias in _imported(tree, module, self.is_package(module)):
            target = self._home(base, name)
            if target is not None and self.is_package(target):
                packages[alias] = target
            elif target is not None:
                found.add(target)
        for node in _with_texts(tree):
            if isinstance(node, ast.Attribute):
                words = _words(node)
                if words and (package := packages.get(".".join(words[:-1]))) is not None:
                    found |= {target} if (target := self._home(package, words[-1])) is not None else set()
        return found

    def _home(self, base: str, name: str | None) -> str | None:
        """The module in which a name of a module was written; None if it is none of ours."""
        if base not in self.files:
            return None
        if name is None:
            return base
        if f"{base}.{name}" in self.files:
            return f"{base}.{name}"
        if self.is_package(base) and name in (given := self._given(base)) and given[name] != (base, name):
            return self._home(*given[name])
        return base

    def _given_names(self, package: str) -> dict[str, tuple[str, str | None]]:
        path = self.files[package]
        found: dict[str, tuple[str, str | None]] = {}
        for source in (path, path.with_suffix(".pyi")):
            if source.exists():
                tree = ast.parse(source.read_text(encoding="utf-8"))
                found |= {alias: (base, name) for base, name, alias in _imported(tree, package, inside=True)}
        return found


def _imported(tree: ast.AST, module: str, inside: bool) -> Iterator[tuple[str, str | None, str]]:
    """(module, name or None, as what) of every import, relative ones made absolute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None, alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            outer = module.split(".")[: None if inside else -1]
            outer = outer[: len(outer) - node.level + 1] if node.level else []
            base = ".".join([*outer, node.module] if node.module else outer)
            yield from ((base, alias.name, alias.asname or alias.name) for alias in node.names)


def _with_texts(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes, and those of annotations that are written as texts."""
    for node in ast.walk(tree):
        yield node
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            try:
                yield from ast.walk(ast.parse(node.value, mode="eval"))
            except (SyntaxError, ValueError):
                continue


def _words(node: ast.expr) -> list[str]:
    """``["ml", "chunks", "Chunk"]`` of ``ml.chunks.Chunk``; empty where it begins with something else than a name."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return [node.id, *reversed(words)] if isinstance(node, ast.Name) else []
