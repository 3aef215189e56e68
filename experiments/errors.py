"""The error of a run that could not go on."""


class RunError(RuntimeError):
    """A run ended for a reason that its user can act on. The message is one line with the cause and the fix."""
