"""The gallery in `docs/`: pictures of runs, each with the command of its run and a sentence with that run's numbers."""
