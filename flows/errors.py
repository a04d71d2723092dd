"""Errors of a run.

RunError        a failure in the run that has a plain explanation (exit code 1)
"""


class RunError(RuntimeError):
    """A run could not be finished; the message is for the user and complete."""
