"""What a table is refused for, as one small tree.

::

    DataError (ValueError)
    ├── FileError       missing, a folder, empty, damaged, broken at a line, not UTF-8
    ├── ColumnError     a column that is not there, twice there, or holds what it must not
    ├── TargetError     a target that cannot be learned or a label that was never seen
    ├── SplitError      too few rows, groups or members of a class for three parts
    └── FeatureError    too many features, or a stored feature map that cannot be trusted

The text of each is a finished message for the user: which file, column or row, what is wrong, what to do.
"""


class DataError(ValueError):
    """Base of everything that `data` refuses."""


class FileError(DataError):
    """A file that cannot be read as a table."""


class ColumnError(DataError):
    """A column that is missing, ambiguous, or holds what its role does not allow."""


class TargetError(DataError):
    """A target that cannot be learned, or a label that no training row had."""


class SplitError(DataError):
    """A table that cannot be cut in three."""


class FeatureError(DataError):
    """Too many features, or stored features that cannot be loaded."""
