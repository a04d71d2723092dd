"""What the bits of a training depend on beside its arguments: our own source, NumPy and SciPy, the processor."""

import ast
import hashlib
import platform
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from descent.ml.machine.threads import blas_core

FOLDER = Path(__file__).parent


@cache
def code(*modules: str) -> str:
    """A digest of the source of some modules of `ml` and of all they import of it, and the versions of NumPy and SciPy.

    By default those that train a chunk: so a change of what is said about a trained model leaves it as it is.
    """
    digest = hashlib.sha256()
    for path in _reached(modules or ("chunks",)):
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return f"ml {digest.hexdigest()[:12]}, NumPy {_version('numpy')}, SciPy {_version('scipy')}"


@cache
def processor() -> str:
    """The kind of processor, as far as BLAS takes other ways on it."""
    return f"{platform.machine()} {blas_core() or platform.processor()}".strip()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _reached(modules: Sequence[str]) -> list[Path]:
    """The files of modules and of what they import inside this package, wherever the import stands."""
    waiting, found = [FOLDER / f"{name}.py" for name in modules], set[Path]()
    while waiting:
        path = waiting.pop()
        if path not in found and path.exists():
            found.add(path)
            waiting += _imports(path)
    return sorted(found)


def _imports(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1]
            parts = node.module.split(".") if node.module else []
            for one in ([parts] if parts else []) + [[*parts, alias.name] for alias in node.names]:
                target = folder.joinpath(*one)
                yield target.with_suffix(".py")
                yield target / "__init__.py"
