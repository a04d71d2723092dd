"""A whole number, or one word instead of it."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, ValidatorFunctionWrapHandler, WrapValidator

from descent.schemas.config.base import refuse


def _whole_or(word: str) -> WrapValidator:
    """Accept a whole number ≥ 1 or the word; one message for both, where a plain union would give two."""

    def check(value: Any, _handler: ValidatorFunctionWrapHandler) -> Any:
        if value == word or (type(value) is int and value >= 1):
            return value
        raise refuse(f"<value> is not allowed: write a whole number ≥ 1, or {word}")

    return WrapValidator(check)


BatchSize = Annotated[Annotated[int, Field(ge=1)] | Literal["full"], _whole_or("full")]
"""Rows per step, or "full" for all of them."""

Workers = Annotated[Annotated[int, Field(ge=1)] | Literal["auto"], _whole_or("auto")]
"""Number of training processes, or "auto" for the processors of the machine."""

Header = Annotated[Annotated[int, Field(ge=1)] | Literal["none"], _whole_or("none")]
"""A line of a file, or "none" for a file without a header."""

SIZE = re.compile(r"\d+(\.\d+)?\s*[kKMGT]B")


def _size(value: Any, _handler: ValidatorFunctionWrapHandler) -> Any:
    if value == "auto" or (
        isinstance(value, str) and SIZE.fullmatch(value) and float(re.split("[ kKMGT]", value)[0]) > 0
    ):
        return value
    raise refuse("<value> is not allowed: write a size such as 2GB or 500MB, or auto")


Memory = Annotated[str, WrapValidator(_size), Field(pattern=r"^(auto|\d+(\.\d+)?\s*[kKMGT]B)$")]
"""An amount of memory such as 2GB (10⁹ bytes each), or "auto" for half of what the machine or container has."""
