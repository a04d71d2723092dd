"""Tables in, arrays out: reading, roles, checks, honest splits, features fitted on training rows only.

Names are imported on first use: pandas and scikit-learn take seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from descent.data.errors import ColumnError, DataError, FeatureError, FoundError, SplitError, TableError
    from descent.data.features.feature_map import FeatureMap
    from descent.data.finding import Finding
    from descent.data.findings.examine import examine
    from descent.data.reading.dialect import Dialect
    from descent.data.reading.large import LargeTable, open_large
    from descent.data.reading.sampling import sampled
    from descent.data.reading.sources import stamp
    from descent.data.reading.tables import Table, find_column, read_table, table_of
    from descent.data.references.stack import stacked_outputs
    from descent.data.roles.inference import Inference, infer
    from descent.data.roles.roles import Column, Role
    from descent.data.splits.folds import fold_rows
    from descent.data.splits.splits import Split, split_rows
    from descent.data.target import Target

_NAMES = {
    "dialect": ("Dialect",),
    "errors": ("ColumnError", "DataError", "FeatureError", "FoundError", "SplitError", "TableError"),
    "features": ("FeatureMap",),
    "findings.examine": ("examine",),
    "findings.finding": ("Finding",),
    "folds": ("fold_rows",),
    "inference": ("Inference", "infer"),
    "large": ("LargeTable", "open_large"),
    "reading": ("stamp",),
    "references": ("stacked_outputs",),
    "roles": ("Column", "Role"),
    "sampling": ("sampled",),
    "splits": ("Split", "split_rows"),
    "tables": ("Table", "find_column", "read_table", "table_of"),
    "target": ("Target",),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "Column",
    "ColumnError",
    "DataError",
    "Dialect",
    "FeatureError",
    "FeatureMap",
    "Finding",
    "FoundError",
    "Inference",
    "LargeTable",
    "Role",
    "Split",
    "SplitError",
    "Table",
    "TableError",
    "Target",
    "examine",
    "find_column",
    "fold_rows",
    "infer",
    "open_large",
    "read_table",
    "sampled",
    "split_rows",
    "stacked_outputs",
    "stamp",
    "table_of",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value
