"""What goes wrong with a table; every message is finished: what is wrong, where, and what to do.

ValueError
└── DataError
    ├── TableError      the file cannot be read as a table
    ├── ColumnError     a column is missing, or cannot play its role
    │   └── FoundError  a check found what makes training pointless
    ├── SplitError      the rows cannot be cut in three honest parts
    └── FeatureError    no features can be made of the columns
"""

from descent.data.finding import Finding


class DataError(ValueError):
    """A table cannot be used as asked."""


class TableError(DataError):
    """The file cannot be read as a table."""


class ColumnError(DataError):
    """A column is missing, or cannot play its role."""


class FoundError(ColumnError):
    """A check found what makes training pointless: a finding of severity error."""

    def __init__(self, table: str, finding: Finding) -> None:
        super().__init__(f"{table}: {finding.evidence}. {finding.action[:1].upper()}{finding.action[1:]}")
        self.finding = finding


class SplitError(DataError):
    """The rows cannot be cut in three honest parts."""


class FeatureError(DataError):
    """No features can be made of the columns."""
