"""What the bits of a training depend on beside its arguments: our own source, NumPy and SciPy, the processor."""

import ast
import hashlib
import platform
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from descent.ml.machine.threads import blas_core

FOLDER = Path(__file__).parents[1]
"""The package `ml`."""


@cache
def code(*modules: str) -> str:
    """A digest of the source of some modules of `ml` and of all they import of it, and the versions of NumPy and SciPy.

    By default those that train a chunk: so a change of what is said about a trained model leaves it as it is.
    """
    digest = hashlib.sha256()
    for path in reached(FOLDER.parent, [f"{FOLDER.name}.{module}" for module in modules or ("chunks",)]):
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return f"ml {digest.hexdigest()[:12]}, NumPy {_version('numpy')}, SciPy {_version('scipy')}"


@cache
def processor() -> str:
    """The kind of processor, as far as BLAS takes other ways on it."""
    return f"{platform.machine()} {blas_core() or platform.processor()}".strip()


def reached(root: Path, modules: Sequence[str]) -> list[Path]:
    """The files of modules, and of all that they import of our package, wherever the import stands.

    ``root`` is the folder of the package ``descent``, and ``modules`` are named as inside it, such as ``ml.chunks``.
    Packages' own ``__init__`` files, which hold no code, and imports for types alone are left out.
    """
    waiting, found = list(modules), set[Path]()
    while waiting:
        path = root.joinpath(*waiting.pop().split(".")).with_suffix(".py")
        if path not in found and path.exists():
            found.add(path)
            waiting += _imports(ast.parse(path.read_text(encoding="utf-8")))
    return sorted(found)


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "descent":
        inside = node.module.partition(".")[2]
        yield inside
        yield from (f"{inside}.{alias.name}".lstrip(".") for alias in node.names)
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):  # nothing is imported inside an expression, which most nodes are
            yield from _imports(child)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
