"""What the mathematics refuses, as one small tree.

::

    MLError (ValueError)
    ├── OptionError       a setting outside what is allowed, or an unknown name
    ├── ArrayError        wrong shape, NaN or infinity, no rows
    ├── TargetError       targets that are no classes of the model, or one class only
    └── CheckpointError   a checkpoint that is missing, damaged, or of another training

Every message names the argument, what came, and what is allowed.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class MLError(ValueError):
    """Base of everything that `ml` raises about its input."""


class OptionError(MLError):
    """A setting outside what is allowed, or an unknown name."""


class ArrayError(MLError):
    """An array of the wrong shape, with NaN or infinity, or without rows."""


class TargetError(MLError):
    """Targets that are not classes of the model, or all of one class."""


class CheckpointError(MLError):
    """A checkpoint that is missing, damaged, or belongs to another training."""


def check_name(argument: str, name: object, allowed: Iterable[str]) -> None:
    """Raise `OptionError` unless ``name`` is one of the allowed names; suggest the nearest."""
    names = list(allowed)
    if name in names:
        return
    near = get_close_matches(str(name), names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise OptionError(f"{argument} is {name!r}; allowed are {', '.join(names)}{hint}")
