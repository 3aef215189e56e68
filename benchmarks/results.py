"""The file of results: one JSON for each device and setting, written whole after each problem."""

import datetime
import json
import os
import platform
import re
from importlib import metadata
from pathlib import Path
from typing import Any

import jax

PACKAGES = ("jax", "jaxlib", "numpy", "flax", "equinox", "keras", "torch", "scipy", "jconv")


def machine(dtype: str) -> dict[str, Any]:
    """What the numbers depend on."""
    return {
        "device": device_slug(),
        "processor": _processor(),
        "cores": cores(),
        "platform": jax.default_backend(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version for name in PACKAGES if (version := _version(name))},
        "dtype": dtype,
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "date": datetime.date.today().isoformat(),
    }


def device_slug() -> str:
    """Such as "cpu-2-cores-avx2" or "nvidia-h200"; a processor's vectors tell more of speed than its name."""
    if jax.default_backend() == "cpu":
        vectors = _vectors(_cpu_facts())
        return f"cpu-{cores()}-core" + "s" * (cores() != 1) + (f"-{vectors}" if vectors else "")
    return re.sub(r"[^a-z0-9]+", "-", jax.devices()[0].device_kind.lower()).strip("-")


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load(path: Path) -> dict[str, Any]:
    """The results so far, or an empty record."""
    return json.loads(path.read_text()) if path.exists() else {"machine": {}, "ceilings": {}, "problems": {}}


def store(path: Path, results: dict[str, Any]) -> None:
    """Write results with four digits a number, one contender a line."""
    write_whole(path, _in_lines(_rounded(results)) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step, so that a process cut short leaves the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text)
    os.replace(part, path)


def _in_lines(value: Any, indent: str = "") -> str:
    """JSON in which a dictionary that holds no other takes one line."""
    if not isinstance(value, dict) or not any(isinstance(entry, dict) for entry in value.values()):
        return json.dumps(value)
    deeper = indent + " "
    entries = [f"{deeper}{json.dumps(name)}: {_in_lines(entry, deeper)}" for name, entry in value.items()]
    return "{\n" + ",\n".join(entries) + f"\n{indent}}}"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list) else value


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    """The processor's name and its widest vectors."""
    if jax.default_backend() != "cpu":
        return jax.devices()[0].device_kind
    facts = _cpu_facts()
    name, vectors = re.search(r"^model name\s*: (.*)$", facts, flags=re.MULTILINE), _vectors(facts)
    known = name[1].strip() if name else platform.processor() or platform.machine()
    return known + (f" ({vectors})" if vectors else "")


def _cpu_facts() -> str:
    try:
        return Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""


def _vectors(facts: str) -> str | None:
    """The widest vectors that Linux says a CPU has."""
    words = {"avx512f": "avx512", "avx2": "avx2", "asimd": "neon"}
    return next((name for word, name in words.items() if re.search(rf"\b{word}\b", facts)), None)
