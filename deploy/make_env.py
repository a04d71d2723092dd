"""Write .env with fresh secrets, from .env.example; an existing .env is left alone."""

import os
import re
import secrets
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def filled(example: str) -> str:
    """The example with a random value behind every name that has none."""
    return re.sub(r"^([A-Z_]+)=$", lambda line: f"{line[1]}={secrets.token_urlsafe(24)}", example, flags=re.MULTILINE)


def main() -> None:
    """Write the file; only its owner may read it."""
    target = ROOT / ".env"
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.exit(f"{target.name} exists and was left as it is. To make a new one, move it away first")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(filled(example))
    print(f"{target.name} is written; the account of both web pages is admin, the passwords are in the file")


if __name__ == "__main__":
    main()
