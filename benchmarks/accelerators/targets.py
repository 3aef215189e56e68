"""The GPUs and TPUs that are compiled for, and what a machine without them needs for that.

GPU: the package `jax-cuda13-pjrt` of jax's own version, without its dependencies. Its library holds descriptions of
cards as text, one of which stands in for a card. TPU: the package `jax[tpu]`.
"""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CUDA, TPU = "jax_plugins.xla_cuda13", "libtpu"


@dataclass(frozen=True)
class Target:
    """A device to compile for.

    Attributes:
        name: what `--target` takes.
        platform: as JAX calls it.
        device: the card as its maker calls it, or a TPU topology.
        clock: cycles a second of a TPU's estimate; that of v6e is a guess, which no ratio depends on.
    """

    name: str
    platform: str
    device: str
    clock: float | None = None

    @property
    def package(self) -> str:
        """The module of the compiler."""
        return CUDA if self.platform == "cuda" else TPU

    def missing(self) -> str | None:
        """Why this machine cannot compile for it, or None."""
        try:
            found = find_spec(self.package)
        except ModuleNotFoundError:
            found = None
        if found is not None:
            return None
        needed = "jax-cuda13-pjrt (with --no-deps)" if self.platform == "cuda" else "jax[tpu]"
        return f"target {self.name!r} needs the package {needed}"

    def topology(self) -> Any:
        """The devices that programs are compiled for."""
        from jax.experimental import topologies

        if self.platform == "tpu":
            return topologies.get_topology_desc(platform="tpu", topology_name=self.device)
        return topologies.get_topology_desc(
            topology_name=self.name, platform="cuda", target_config=_description(self.device), topology="1x1x1"
        )


TARGETS = {
    target.name: target
    for target in (
        Target("h100", "cuda", "NVIDIA H100 80GB HBM3"),
        Target("b200", "cuda", "NVIDIA B200"),
        Target("v5e", "tpu", "v5e:2x2", 1.5e9),
        Target("v6e", "tpu", "v6e:2x2", 1.75e9),
    )
}


def set_environment() -> None:
    """Keep JAX on the CPU and the TPU's compiler from looking for a TPU; to be called before JAX is imported."""
    os.environ |= {"JAX_PLATFORMS": "cpu", "TPU_SKIP_MDS_QUERY": "1", "ALLOW_MULTIPLE_LIBTPU_LOAD": "1"}
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _description(card: str) -> str:
    """The text by which the compiler knows a card, out of its own library."""
    spec = find_spec(CUDA)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{CUDA} has no file")
    held = (Path(spec.origin).parent / "xla_cuda_plugin.so").read_bytes()
    named = held.find(f'device_description_str: "{card}"'.encode())
    if named < 0:
        raise ValueError(f"the compiler's library describes no card {card!r}")
    end = held.index(b"\n", named) + 1
    return held[held.rindex(b"gpu_device_info {", 0, end) : end].decode()
