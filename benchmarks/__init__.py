"""Time jconv against its peers on a named grid of problems: `python -m benchmarks --help`."""
