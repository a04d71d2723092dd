"""Errors of a run.

RunError        a failure in the run that has a plain explanation (exit code 1)
UsageError      an option or a variable of the environment that cannot be meant (exit code 2)
"""


class RunError(RuntimeError):
    """A run could not be finished; the message is for the user and complete."""


class UsageError(ValueError):
    """What a command was told cannot be meant; the message is for the user and complete."""
