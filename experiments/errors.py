"""The error of a run that could not go on, and what to do about a missing package."""

INSTALL = "install the extra `experiments`, as `uv run --extra experiments` does"


class RunError(RuntimeError):
    """A run ended for a reason that its user can act on. The message is one line with the cause and the fix."""
