"""What goes wrong with a table; every message is finished: what is wrong, where, and what to do.

ValueError
└── DataError
    ├── TableError      the file cannot be read as a table
    ├── ColumnError     a column is missing, or cannot play its role
    ├── SplitError      the rows cannot be cut in three honest parts
    └── FeatureError    no features can be made of the columns
"""


class DataError(ValueError):
    """A table cannot be used as asked."""


class TableError(DataError):
    """The file cannot be read as a table."""


class ColumnError(DataError):
    """A column is missing, or cannot play its role."""


class SplitError(DataError):
    """The rows cannot be cut in three honest parts."""


class FeatureError(DataError):
    """No features can be made of the columns."""
