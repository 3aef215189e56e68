"""What a fit found, to be seen: figures with the sentences above them, the page, and what a notebook shows."""
