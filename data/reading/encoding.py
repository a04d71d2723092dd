"""Bytes of a text file as UTF-8: the encoding is told by the user, by a mark at its begin, or detected, and stated."""

import codecs
import re
from difflib import get_close_matches
from encodings.aliases import aliases

from descent.data.errors import TableError

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte order marks; those of UTF-32 come first, as one begins like one of UTF-16."""
WESTERN = "cp1252"
CANDIDATES = (WESTERN, "cp932", "gb18030", "euc_kr", "big5")
"""What is tried where bytes are not UTF-8: Western, Japanese, Chinese, Korean.

Other one-byte encodings (Cyrillic, Greek) cannot be told from the Western one for sure, so they must be named."""
ENOUGH = 200
"""Characters beyond ASCII from which the detector's word is taken against Windows-1252."""
BINARY = bytes([*range(0x09), *range(0x0E, 0x1B)])
"""Control characters that no text file has; tab, line feeds and the separators 0x1b to 0x1f it may have."""
_SAMPLE = 1 << 16
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def to_utf8(raw: bytes, where: str, encoding: str | None = None) -> tuple[bytes, list[str]]:
    """The text as UTF-8 without a byte order mark, and a note on its encoding where that is not UTF-8.

    Args:
        raw: the file, decompressed.
        where: its name, for messages.
        encoding: what the user says it is, by any of Python's names.

    Raises:
        TableError: not the encoding that was given, or no text at all.
    """
    if encoding is not None:
        return _decoded(raw, _known(encoding, where), where), []
    for mark, name in MARKS.items():
        if raw.startswith(mark):
            return _decoded(raw, name, where), [f"encoding: {name} (its first bytes)"] * (name != "utf-8-sig")
    if (at := _utf8_until(raw)) < len(raw):
        guess = _sixteen_bits(raw)
        if guess is None:
            _refuse_binary(raw, where)
            _refuse_broken_utf8(raw, at, where)
            guess = _detected(raw)
        note = (
            f"encoding: {guess} (detected, as it is not UTF-8); if characters look wrong, give another in data.encoding"
        )
        return _decoded(raw, guess, where), [note]
    if b"\x00" in raw:
        guess = _sixteen_bits(raw)
        if guess is not None:
            return _decoded(raw, guess, where), [f"encoding: {guess} (detected)"]
    _refuse_binary(raw, where)
    return raw, []


def _utf8_until(raw: bytes) -> int:
    """How many bytes are UTF-8 before the first that is not; as text, a little of them is in memory at a time."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(raw), _SAMPLE):
        piece = raw[start : start + _SAMPLE]
        try:
            decoder.decode(piece, start + _SAMPLE >= len(raw))
        except UnicodeDecodeError as error:  # its object begins with what was left of the piece before
            return start + len(piece) - len(error.object) + error.start
    return len(raw)


def _known(encoding: str, where: str) -> str:
    try:
        if not codecs.lookup(encoding)._is_text_encoding:
            raise LookupError
    except LookupError:
        near = get_close_matches(encoding.lower().replace("-", "_"), [*aliases, *aliases.values()], n=1)
        hint = f"did you mean {near[0]}?" if near else "usual ones are utf-8, utf-16, cp1252 and latin-1"
        raise TableError(f"{where}: data.encoding: there is no encoding {encoding!r}: {hint}") from None
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


def _decoded(raw: bytes, encoding: str, where: str) -> bytes:
    """The text as UTF-8."""
    try:
        return raw.decode(encoding).encode("utf-8", "replace")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise TableError(
            f"{where}: line {line}: byte 0x{raw[min(error.start, len(raw) - 1)]:02x} cannot be read as {encoding} "
            f"({error.reason}): give the file's encoding in data.encoding, such as cp1252 or utf-16, or fetch it again"
        ) from None
    except UnicodeError as error:
        raise TableError(
            f"{where}: cannot be read as {encoding} ({error}): give its encoding in data.encoding"
        ) from None


def _sixteen_bits(raw: bytes) -> str | None:
    """UTF-16 without a mark, for texts that are mostly ASCII: every other byte is zero."""
    head = raw[:_SAMPLE][: len(raw[:_SAMPLE]) // 2 * 2]
    pairs = len(head) // 2
    if pairs < 4:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 0.6 * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * pairs and odd < 0.05 * pairs else None


def _refuse_binary(raw: bytes, where: str) -> None:
    # A regular expression takes 20 ns for a byte, and took a quarter of the time of reading a table.
    for start in range(0, len(raw), _SAMPLE):
        piece = raw[start : start + _SAMPLE]
        if len(piece.translate(None, BINARY)) == len(piece):
            continue
        at = start + next(place for place, byte in enumerate(piece) if byte in BINARY)
        raise TableError(
            f"{where}: not a text file: byte {at + 1:,} is 0x{raw[at]:02x}, which no CSV has. Save the table as CSV "
            "UTF-8 or as Parquet; if it is a text in a rare encoding, name that in data.encoding"
        )


def _refuse_broken_utf8(raw: bytes, at: int, where: str) -> None:
    """Raise if the text is UTF-8 for the most part: then the byte at ``at`` is broken, and another encoding would hide
    that.
    """
    good = len(_MULTIBYTE.findall(raw))
    bad = sum(1 for character in raw.decode("utf-8", "replace") if character == "\ufffd")
    if good <= bad:
        return
    line = raw.count(b"\n", 0, at) + 1
    begin = raw.rfind(b"\n", 0, at) + 1
    shown = raw[begin : begin + 60].split(b"\n")[0].decode("utf-8", "replace")
    raise TableError(
        f"{where}: line {line}: byte 0x{raw[at]:02x} is not UTF-8 text, as the rest of the file is "
        f"({shown!r}): fix the byte, or name another encoding in data.encoding"
    )


def _detected(raw: bytes) -> str:
    """One of `CANDIDATES`, or latin-1: by charset-normalizer where there is enough text, else the Western one.

    It sees lines with bytes beyond ASCII alone: the rest says nothing about the encoding.
    """
    lines, size = [], 0
    for line in raw[: 1 << 24].splitlines(keepends=True):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > _SAMPLE:
                break
    sample = b"".join(lines)
    if sum(byte > 127 for byte in sample) >= ENOUGH:
        from charset_normalizer import from_bytes

        best = from_bytes(sample, cp_isolation=list(CANDIDATES)).best()
        if best is not None and best.encoding in CANDIDATES and _fits(raw, best.encoding):
            return str(best.encoding)
    return WESTERN if _fits(raw, WESTERN) else "latin-1"


def _fits(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
