"""Unpacking in pieces, so that a small file cannot fill the memory (a "zip bomb")."""

import gzip
import io
import zlib
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from descent.data.errors import TableError

GZIP, ZSTD = b"\x1f\x8b", b"(\xb5/\xfd"
LARGEST = 1 << 33
"""Bytes that a file may unpack to, whatever its size: 8 GiB."""
SMALL = 1 << 28
"""Bytes up to which no ratio is asked about: 256 MiB."""
MOST = 200
"""How many times its size a larger file may unpack to; tables of text reach 5 to 50, a bomb 1,000 and more."""
_PIECE = 1 << 22


def unpack(raw: bytes, where: str) -> bytes:
    """The bytes inside a gzip or Zstandard file, and any others as they are; which of them, the first bytes say.

    Raises:
        TableError: the file is damaged or cut off, or unpacks to far more than a table would.
    """
    if raw[:2] == GZIP:
        return _unpacked(gzip.GzipFile(fileobj=io.BytesIO(raw)), "gzip", raw, where)
    if raw[:4] == ZSTD:
        return _unpacked(pa.CompressedInputStream(pa.BufferReader(raw), "zstd"), "Zstandard", raw, where)
    return raw


def _unpacked(stream: Any, kind: str, raw: bytes, where: str) -> bytes:
    limit = min(LARGEST, max(SMALL, MOST * len(raw)))
    whole = bytearray()
    try:
        while piece := stream.read(_PIECE):
            whole += piece
            if len(whole) > limit:
                raise TableError(
                    f"{where}: {len(raw):,} bytes unpack to more than {limit:,}: that is not a table but a file made "
                    "to fill the memory. If it is a table, unpack it yourself and give the unpacked file"
                )
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise TableError(f"{where}: the {kind} file is damaged or cut off ({error}): fetch it again") from None
    except MemoryError:
        raise TableError(f"{where}: the unpacked file does not fit in memory: give fewer rows") from None
    return bytes(whole)
