"""One table of runs that were made apart.

python -m experiments.compare FOLDER...
python -m experiments.compare outputs/fit --out outputs
"""

import sys
from pathlib import Path

from .config.arguments import Parser
from .config.rules import ConfigError
from .runs.command import missing_package, say_error
from .runs.outputs import outlast_readers


def main() -> None:
    """Read the folders, print the table.

    Exit codes: 0, 1 if the table cannot be written, 2 if a folder holds no run or one that cannot be read.
    """
    outlast_readers()
    parser = Parser(prog="python -m experiments.compare", description="One table of runs that were made apart.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="of a run, of a sweep, or of many")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where to write comparison.csv and comparison.md")
    try:
        given = parser.parse_args()
    except ConfigError as error:
        sys.exit(say_error(f"{error}; --help says more", 2))
    sys.exit(code(given.folders, given.out))


def code(folders: list[Path], out: Path | None) -> int:
    """As `main`; the exit code."""
    try:
        from .errors import RunError
        from .runs.comparison import compare, read_all
    except ModuleNotFoundError as error:
        return say_error(missing_package(error), 2)
    try:
        for folder in folders:
            if not folder.is_dir():
                raise RunError(f"`FOLDER` (={folder}) is not a folder; name one of a run or of a sweep")
            if all(job.state == "not started" for job in read_all([folder])):
                raise RunError(f"`FOLDER` (={folder}) holds no run; name one of a run or of a sweep")
        jobs = [job for job in read_all(folders) if job.state != "not started"]
    except (RunError, OSError) as error:
        return say_error(error, 2)
    try:
        compare(jobs, f"{len(jobs)} runs", out)
    except (RunError, OSError) as error:
        return say_error(error, 1)
    return 0


if __name__ == "__main__":
    main()
