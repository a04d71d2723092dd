"""Files that are whole or not there."""

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write ``text`` beside ``path`` and rename it: whoever reads, or comes after a kill, finds the old or the new.

    Raises:
        OSError: as of writing, such as a full disk; ``path`` is as it was.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
