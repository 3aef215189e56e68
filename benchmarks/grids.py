"""The grids by name, and what of one a run is asked for."""

from fnmatch import fnmatchcase

from benchmarks.losses import LOSSES
from benchmarks.networks import NETWORKS, Network
from benchmarks.problems import GRID, HELD_OUT, Problem

GRIDS: dict[str, tuple[Problem | Network, ...]] = {
    "main": GRID,
    "held-out": HELD_OUT,
    "losses": LOSSES,
    "networks": NETWORKS,
}


def select(grid: str, pattern: str | None = None, quick: bool = False) -> list[Problem | Network]:
    """The problems of a grid whose name or family fits a glob."""
    chosen = [p for p in GRIDS[grid] if not quick or p.quick]
    if pattern is not None:
        chosen = [p for p in chosen if fnmatchcase(p.name, pattern) or fnmatchcase(p.family, pattern)]
    if not chosen:
        raise SystemExit(f"no problem's name or family fits {pattern!r}; there are {[p.name for p in GRIDS[grid]]}")
    return chosen
