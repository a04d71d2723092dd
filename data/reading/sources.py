"""Bytes of a file, near or far: a path, or a URL that fsspec knows how to open."""

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from descent.data.errors import TableError

SUFFIXES = (".csv", ".csv.gz", ".csv.zst", ".tsv", ".tsv.gz", ".tsv.zst", ".txt", ".parquet", ".pq")
URL = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+)(?:::|://)")
"""A scheme of two letters or more: one alone is a drive of Windows."""
PACKAGES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "abfs": "adlfs",
    "az": "adlfs",
    "adl": "adlfs",
    "http": "aiohttp",
    "https": "aiohttp",
    "sftp": "paramiko",
    "ssh": "paramiko",
    "smb": "smbprotocol",
    "hf": "huggingface_hub",
    "github": "requests",
    "dropbox": "dropboxdrivefs",
    "gdrive": "gdrivefs",
}
"""What to install for a scheme, where fsspec's own message does not say it."""

Files = list[tuple[str, bytes]]
"""Names relative to the folder and contents, in the order of the names; one file has the name ''."""


def is_url(source: str) -> bool:
    """Whether the source begins with a scheme."""
    return bool(URL.match(source))


def read_files(source: str, where: str) -> Files:
    """The bytes of a file, or of every Parquet file in a folder and below.

    Raises:
        TableError: there is none, it cannot be read, it changed meanwhile, or the scheme's driver is not installed.
    """
    return _far(source, where) if is_url(source) else _near(Path(source).expanduser(), where)


def size_of(source: str) -> int:
    """Bytes of a local file, or of the Parquet files of a folder; 0 for what is far or not there."""
    if is_url(source):
        return 0
    path = Path(source).expanduser()
    files = [path] if path.is_file() else _parts(path) if path.is_dir() else []
    return sum(_state(file)[1] for file in files)


def _near(path: Path, where: str) -> Files:
    try:
        if path.is_dir():
            files = _parts(path)
            if not files:
                raise TableError(f"{where}: a folder, not a file: {_held(path)}")
            return [(file.relative_to(path).as_posix(), _unchanged(file, str(file))) for file in files]
        return [("", _unchanged(path, where))]
    except FileNotFoundError:
        raise TableError(f"{where}: no such file{_similar_file(path)}") from None
    except TableError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise TableError(f"{where}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except MemoryError:
        raise TableError(f"{where}: does not fit in memory: give fewer rows, or fewer columns") from None


def _unchanged(path: Path, where: str) -> bytes:
    """The bytes of a regular file, whose time and size are the same before and after.

    Raises:
        TableError: they are not, or it is a pipe or a device, which might never end.
    """
    if path.exists() and not path.is_file():
        raise TableError(f"{where}: not a regular file: write the table to a file first")
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        raw = file.read()
    after = _state(path)
    if (before.st_mtime_ns, before.st_size) != after or len(raw) != before.st_size:
        raise TableError(
            f"{where}: the file changed while it was read ({before.st_size:,} bytes before, {after[1]:,} after): wait "
            "until it is complete, or give a copy"
        )
    return raw


def parquet_files(source: str) -> list[tuple[str, Path]]:
    """Names and paths of a local table's Parquet files, as `read_files` orders them; none if it is something else."""
    if is_url(source):
        return []
    path = Path(source).expanduser()
    if path.is_dir():
        return [(file.relative_to(path).as_posix(), file) for file in _parts(path)]
    if not path.is_file():
        return []
    with path.open("rb") as file:
        return [("", path)] if file.read(4) == b"PAR1" else []


def _state(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_size


def _parts(folder: Path) -> list[Path]:
    """Parquet files of a folder and below, by name; names that begin with _ or . are no data."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix in (".parquet", ".pq") and _is_data(file.relative_to(folder).as_posix()) and file.is_file()
    )


def _is_data(name: str) -> bool:
    return not any(part.startswith(("_", ".")) for part in name.split("/"))


def _held(path: Path) -> str:
    tables = sorted(entry.name for entry in path.iterdir() if entry.name.endswith(SUFFIXES))
    if tables:
        return f"it holds {', '.join(tables[:8])}; name one file"
    return "it holds neither Parquet files nor a CSV; name one file"


def _similar_file(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f": the folder {folder} does not exist either"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(SUFFIXES))
    near = (
        [
            name
            for name in get_close_matches(path.name, names)  # of which the suffix alone would be enough
            if get_close_matches(name.partition(".")[0], [path.name.partition(".")[0]])
        ]
        or [name for name in names if name.startswith(path.stem + ".")][:1]
    )
    return f": did you mean {folder / near[0]}?" if near else ": check the path (it starts in the current folder)"


def _far(source: str, where: str) -> Files:
    import fsspec  # type: ignore[import-untyped]

    scheme = URL.match(source).group(1)  # type: ignore[union-attr]
    try:
        system, path = fsspec.core.url_to_fs(source)
    except ValueError as error:
        raise TableError(
            f"{where}: {error}: neither a file system of fsspec nor a database of SQLAlchemy. Give a path, a URL such "
            "as s3://bucket/table.parquet, or a database URL with data.query"
        ) from None
    except Exception as error:  # noqa: BLE001 - each driver raises what it likes
        raise _refused(error, scheme, where, "cannot be opened") from None
    try:
        if not str(path).endswith(SUFFIXES) and system.isdir(path):
            return _far_folder(system, str(path), where)
        return [("", system.cat_file(path))]
    except TableError:
        raise
    except FileNotFoundError:
        raise TableError(f"{where}: no such file: check the URL") from None
    except Exception as error:  # noqa: BLE001 - each driver raises what it likes
        raise _refused(error, scheme, where, "cannot be read") from None


def _refused(error: Exception, scheme: str, where: str, what: str) -> TableError:
    """What a driver's error means: its package is not installed, or the source is not to be had."""
    if isinstance(error, ImportError):
        package = PACKAGES.get(scheme) or _package(error)
        return TableError(
            f"{where}: reading {scheme}:// needs the package {package}, which is not installed: pip install {package}"
        )
    return TableError(f"{where}: {what}: {_said(error)}. Check the URL, the network and your credentials")


def _far_folder(system: Any, path: str, where: str) -> Files:
    root = path.rstrip("/") + "/"
    names = sorted(str(name) for name in system.find(path))
    files = [(name.removeprefix(root), name) for name in names if name.endswith((".parquet", ".pq"))]
    files = [(short, name) for short, name in files if _is_data(short)]
    if not files:
        raise TableError(f"{where}: a folder without Parquet files: name one file, or a folder of Parquet files")
    return [(short, system.cat_file(name)) for short, name in files]


def _package(error: ImportError) -> str:
    words = re.search(r"install (\S+)", str(error), re.IGNORECASE)
    return words.group(1).strip("'\"`.,") if words else error.name or "of its driver"


def _said(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0].rstrip(".")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
