"""Options of the command, ``--set KEY=VALUE``, written so that they can be copied into a shell."""

import json
from collections.abc import Sequence


def setting(key: str, value: str | Sequence[str]) -> str:
    """The option to type into a POSIX shell, such as ``--set 'data.exclude=["casual","registered"]'``.

    JSON is a subset of YAML, so any name survives; a single quote inside single quotes is written ``'\\''``.
    """
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    quoted = f"{key}={written}".replace("'", "'\\''")
    return f"--set '{quoted}'"


def exclude(names: Sequence[str]) -> str:
    """The option that leaves these columns out."""
    return setting("data.exclude", names)
