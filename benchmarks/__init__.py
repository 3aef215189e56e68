"""Time jconv against its peers on named grids of cases: `python -m benchmarks --help`."""
