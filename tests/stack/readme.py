"""What README tells a team to type, and a `docker` that does it where there is no image registry."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKER = """#!/bin/sh
# docker compose, by the script that needs no registry. An image is built before, since there it has the network.
set -e
[ "$1" = compose ] || { echo "there is no stand-in for: docker $*" >&2; exit 64; }
for word; do
  shift
  if [ "$word" = --build ]; then bash "$CTR_SCRIPT" build; word=--no-build; fi
  set -- "$@" "$word"
done
exec bash "$CTR_SCRIPT" "$@"
"""


def section() -> str:
    """README's section for a team."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.partition("\n## For a team\n")[2].partition("\n## ")[0]


def commands() -> list[str]:
    """The commands of that section, each as one line for a shell."""
    blocks = re.findall(r"^```\n(.*?)^```$", section(), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def docker(folder: Path, script: Path) -> dict[str, str]:
    """Make a folder with the stand-in; the variables that let a shell find it."""
    folder.mkdir(exist_ok=True)
    (folder / "docker").write_text(DOCKER, encoding="utf-8")
    (folder / "docker").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "CTR_SCRIPT": str(script)}
