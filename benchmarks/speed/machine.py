"""What was measured on: processor, caches, BLAS, versions."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

_CHOICES = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "MKL_ENABLE_INSTRUCTIONS",
    "ATEN_CPU_CAPABILITY",
    "NPY_DISABLE_CPU_FEATURES",
)


def describe_machine() -> dict[str, str]:
    """Name → words, for a table."""
    facts = {"processor": _processor(), "caches of one core": _caches(), "system": _system()}
    facts |= {f"{pool['prefix']} {pool['version'] or ''}".strip(): _pool(pool) for pool in threadpool_info()}
    chosen = [f"{name}={os.environ[name]}" for name in _CHOICES if os.environ.get(name)]
    facts["kernel chosen by the environment"] = ", ".join(chosen) or "no: each library's own choice for the processor"
    versions = {"Python": platform.python_version()}
    for package in ("numpy", "scipy", "scikit-learn", "torch"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return facts | {"versions": ", ".join(f"{name} {found}" for name, found in versions.items())}


def _pool(pool: dict[str, Any]) -> str:
    kernel = f"kernel {pool['architecture']}, " if pool.get("architecture") else ""
    return f"{kernel}threads {pool['num_threads']} ({Path(pool['filepath']).name})"


def _processor() -> str:
    facts: dict[str, str] = {}
    path = Path("/proc/cpuinfo")
    if path.exists():
        pairs = (line.split(":", 1) for line in path.read_text(encoding="utf-8").splitlines() if ":" in line)
        facts = {key.strip(): value.strip() for key, value in pairs}
    name = facts.get("model name") or platform.processor() or platform.machine()
    family = f", family {facts['cpu family']} model {facts['model']}" if "cpu family" in facts else ""
    count = int(facts["processor"]) + 1 if facts.get("processor", "").isdigit() else None
    wide = [flag for flag in ("avx2", "avx512f", "avx512_bf16") if flag in facts.get("flags", "").split()]
    return f"{name}{family}" + (f", {count} cores" if count else "") + (f", {' '.join(wide)}" if wide else "")


def _caches() -> str:
    found = []
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((index / name).read_text(encoding="ascii").strip() for name in ("level", "type", "size"))
        if kind != "Instruction":
            found.append(f"L{level} {size}")
    return ", ".join(found) or "unknown"


def _system() -> str:
    path = Path("/proc/cpuinfo")
    virtual = path.exists() and "hypervisor" in path.read_text(encoding="utf-8")
    return f"{platform.system()} {platform.machine()}" + (", virtual machine" if virtual else "")
