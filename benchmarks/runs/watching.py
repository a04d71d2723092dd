"""Memory and processor time of all processes of a command, of those in the background too, from /proc (Linux)."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVERY = 0.2
"""Seconds between two samples."""
PARTS = {"Pss": "all", "Pss_Anon": "anonymous", "Pss_File": "files"}
"""Lines of smaps_rollup, kB each: proportional set sizes, shared pages counted once over all processes."""


@dataclass(frozen=True)
class Run:
    """A command that ended with 0: its wall seconds, its JSON, and peaks in bytes.

    ``peaks`` are those of ``all`` memory, of ``anonymous`` memory (what must stay), and of ``files`` mapped into it
    (which the system may take back); ``at`` is the second of the peak of all, by whose processes it was ``held``, in
    bytes.
    """

    seconds: float
    processor: float
    """Seconds of processors, of all processes together: what else the machine does counts little in them."""
    result: dict[str, Any]
    peaks: dict[str, int]
    at: float
    held: dict[str, int]


def run(command: Sequence[str], home: Path, folder: Path, **environment: str) -> Run:
    """Run a command of descent with ``home`` as DESCENT_HOME, by which all its processes are known.

    Raises:
        SystemExit: it ended with another code than 0.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=os.environ | {"DESCENT_HOME": str(home)} | environment,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    peaks, at, held = dict.fromkeys(PARTS.values(), 0), [0.0], [{}]
    done = threading.Event()
    before = {pid: processor_seconds(pid) for pid in processes(f"DESCENT_HOME={home}")}
    spent: dict[int, float] = {}

    def watch() -> None:
        while not done.wait(EVERY):
            mine = {pid: memory(pid) for pid in processes(f"DESCENT_HOME={home}")}
            spent.update({pid: max(spent.get(pid, 0.0), processor_seconds(pid)) for pid in mine})
            sums = {part: sum(one[part] for one in mine.values()) for part in peaks}
            if sums["all"] > peaks["all"]:
                at[0] = time.perf_counter() - began
                held[0] = {name_of(pid): one["all"] for pid, one in mine.items()}
            for part, value in sums.items():
                peaks[part] = max(peaks[part], value)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    output, said = process.communicate()
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{said[-3000:]}")
    processor = sum(spent.values()) - sum(before.values())
    return Run(seconds, processor, json.loads(output.splitlines()[-1]), peaks, at[0], held[0])


def processes(mark: str) -> list[int]:
    """Processes that have this line in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:  # it has ended, or is not ours
                continue
    return found


def memory(pid: int) -> dict[str, int]:
    """Bytes of a process by part; zeros if it has ended."""
    sizes = dict.fromkeys(PARTS.values(), 0)
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return sizes
    for line in lines:
        key, _, rest = line.partition(":")
        if key in PARTS:
            sizes[PARTS[key]] = int(rest.split()[0]) * 1024
    return sizes


def processor_seconds(pid: int) -> float:
    """What a process has used so far; 0 if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def name_of(pid: int) -> str:
    """The number and the end of the command line."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        words = []
    return f"{pid} {' '.join(words)[:120]}"
