"""How columns become features."""

from typing import Protocol

USUAL_COLUMNS = 2000
"""The limit of `FeatureOptions.max_columns` where the user set none."""


class FeatureOptions(Protocol):
    """`schemas.FeatureSettings` is one."""

    @property
    def degree(self) -> int: ...  # noqa: D102
    @property
    def interaction_only(self) -> bool: ...  # noqa: D102
    @property
    def scale(self) -> str: ...  # noqa: D102
    @property
    def impute(self) -> str: ...  # noqa: D102
    @property
    def rare(self) -> float: ...  # noqa: D102
    @property
    def encode(self) -> str: ...  # noqa: D102
    @property
    def max_levels(self) -> int: ...  # noqa: D102
    @property
    def max_columns(self) -> int: ...  # noqa: D102
