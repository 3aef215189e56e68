"""What a fit found, as numbers: its optimum, its report, the spread of its seeds, how far its filters moved."""
