"""Problems of the UCR and UEA archives, read from the files that an installed `aeon` ships."""

import importlib.util
from pathlib import Path

import numpy as np

from ..config import schema
from ..config.rules import ConfigError
from .examples import Examples
from .problem import numbered

WORDS = {
    "GunPoint": "was a gun drawn or only a hand",
    "ArrowHead": "which kind of arrowhead has this outline",
    "ItalyPowerDemand": "is it a day of winter or of summer",
    "BasicMotions": "standing, running, walking or badminton",
}
INPUTS = {"BasicMotions": tuple(f"{sensor} {axis}" for sensor in ("acc", "gyro") for axis in "xyz")}


def ucr(config: schema.Ucr) -> Examples:
    """A problem in its original split.

    Raises:
        ConfigError: aeon is installed without these files, or one of them cannot be read.
    """
    (x, labels), (test_x, test_labels) = (read(part_of(config.problem, part)) for part in ("TRAIN", "TEST"))
    classes = sorted(set(labels))
    place = {name: number for number, name in enumerate(classes)}
    unknown = sorted(set(test_labels) - set(classes))
    if unknown:
        raise ConfigError(f"`task.problem` (={config.problem}) tests classes that it does not train: {unknown}")
    return Examples(
        title=f"{config.problem}: {WORDS[config.problem]}",
        x=x,
        labels=np.array([place[name] for name in labels], np.int32),
        test_x=test_x,
        test_labels=np.array([place[name] for name in test_labels], np.int32),
        classes=tuple(classes),
        inputs=INPUTS.get(config.problem, numbered("input", x.shape[2])),
        source=f"files of aeon, original split ({len(x)} and {len(test_x)} examples)",
    )


def part_of(problem: str, part: str) -> Path:
    """The file of one part, beside the code of aeon, which need not be imported."""
    found = importlib.util.find_spec("aeon")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "datasets" / "data" / problem / f"{problem}_{part}.ts"


def read(path: Path) -> tuple[np.ndarray, list[str]]:
    """Signals (examples, length, in) and the class of each; a line has channels and a class, with colons between.

    Raises:
        ConfigError: the file cannot be read, naming its line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigError(f"`task.problem`: {path} cannot be read ({error.strerror}); install another aeon") from error
    signals, classes, begun = [], [], False
    for number, line in enumerate(lines, start=1):
        if begun and line.strip():
            *channels, name = line.strip().split(":")
            try:
                signals.append(np.array([[float(value) for value in channel.split(",")] for channel in channels]).T)
            except ValueError as error:
                raise ConfigError(f"`task.problem`: {path}, line {number} cannot be read ({error})") from error
            classes.append(name)
        begun = begun or line.strip().lower() == "@data"
    shapes = {signal.shape for signal in signals}
    if len(shapes) != 1:
        raise ConfigError(f"`task.problem`: {path} must hold examples of one shape, not {sorted(shapes)}")
    return np.stack(signals).astype(np.float32), classes
