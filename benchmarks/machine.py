"""The machine: what times depend on, and the rates of its arithmetic and memory, measured in the same run."""

import ctypes
import datetime
import os
import platform
import re
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

PACKAGES = ("jax", "jaxlib", "numpy", "flax", "equinox", "keras", "torch", "scipy", "jconv")
LARGE = 1 << 25  # bytes; such a block the C library hands back to the system, and every call writes fresh pages


def keep_memory() -> bool:
    """Have the C library keep the memory that programs give back; False if it is not glibc, which alone can be told.

    Left alone it takes blocks of `LARGE` bytes and more from the system at every call: docs/recipes.md.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    trim_threshold, mmap_threshold = -1, -3  # as malloc.h numbers them
    return bool(mallopt(mmap_threshold, 1 << 30) and mallopt(trim_threshold, 1 << 30))


def machine(dtype: str) -> dict[str, Any]:
    """What the times of a run depend on."""
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
    """A name for files, such as "cpu-2-cores-avx512" or "nvidia-h200"; vectors tell more of speed than a model does."""
    if jax.default_backend() == "cpu":
        vectors = _vectors(_cpu_facts())
        return f"cpu-{cores()}-core" + "s" * (cores() != 1) + (f"-{vectors}" if vectors else "")
    return re.sub(r"[^a-z0-9]+", "-", jax.devices()[0].device_kind.lower()).strip("-")


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_cores(machine: dict[str, Any]) -> str:
    """The cores of a machine in words, such as "2 cores"."""
    return f"{machine['cores']} core" + "s" * (machine["cores"] != 1)


def ceilings(dtype, repeats: int = 15) -> dict[str, float]:
    """FLOP/s of a large square matrix product and bytes/s of copies (read and write both counted).

    On a CPU a copy of 16 MiB, and one of `LARGE` bytes, most of whose time goes to page faults.
    """
    accelerator = jax.default_backend() != "cpu"
    side, length, large = (8192, 1 << 29, 1 << 29) if accelerator else (1536, LARGE // 2, LARGE)
    a = jnp.ones((side, side), dtype)
    product = _best(jax.jit(lambda a: a @ a), a, repeats)

    def copy_rate(size: int) -> float:
        b = jnp.ones((size // jnp.dtype(dtype).itemsize,), dtype)
        return 2 * b.nbytes / _best(jax.jit(lambda b: -b), b, repeats)

    return {
        "matrix product FLOP/s": 2 * side**3 / product,
        "copy bytes/s": copy_rate(length),
        "large copy bytes/s": copy_rate(large),
    }


def _best(function, argument, repeats: int) -> float:
    function(argument).block_until_ready()
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        function(argument).block_until_ready()
        best = min(best, time.perf_counter() - start)
    return best


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
