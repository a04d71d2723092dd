"""What a model folder consists of: every file with its SHA-256, so that one that was changed is not loaded.

This file is shipped inside every model, so it imports nothing but the standard library.
"""

import hashlib
import json
from pathlib import Path

NAME = "manifest.json"
FORMAT = 3


class ModelError(ValueError):
    """A model that is missing, incomplete, changed, or none of descent's."""


def write(folder: Path) -> None:
    """List every file of a finished folder."""
    files = {name: _digest(folder / name) for name in _names(folder)}
    text = json.dumps({"format": FORMAT, "files": files}, indent=2)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def verify(folder: Path) -> None:
    """See that a folder holds the files that were listed, and no others, unchanged. Nothing in them is looked into.

    It tells damage and tampering with single files. Whoever can write the folder can write a fitting list as well, so
    loading must execute nothing either way.

    Raises:
        ModelError: it does not.
    """
    try:
        listed = json.loads((folder / NAME).read_text(encoding="utf-8"))
        files, version = dict(listed["files"]), listed["format"]
    except FileNotFoundError:
        raise ModelError(f"{folder}: not a model of descent: it has no {NAME}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder}: not a model of descent: {NAME} cannot be read: {error}") from None
    if version != FORMAT:
        raise ModelError(
            f"{folder}: a model of format {version!r}; this version of descent reads format "
            f"{FORMAT}: run the experiment again, or predict with the version that made it"
        )
    found = set(_names(folder))
    if missing := sorted(set(files) - found):
        raise ModelError(f"{folder}: the model is incomplete: {missing[0]} is missing: fetch it again")
    if more := sorted(found - set(files)):
        raise ModelError(f"{folder}: the model was changed: {more[0]} does not belong to it")
    for name, digest in files.items():
        if _digest(folder / name) != digest:
            raise ModelError(
                f"{folder}: the model was changed or damaged: {name} is not what was stored: fetch it again"
            )


def _names(folder: Path) -> list[str]:
    """Files of a folder and below but for the manifest; a link counts as a file that nobody stored."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink()) and path.relative_to(folder).as_posix() != NAME
    )


def _digest(path: Path) -> str:
    if path.is_symlink():
        return "a link"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
