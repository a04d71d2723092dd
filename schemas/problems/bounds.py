"""Broken bounds of numbers and lengths in words."""

from typing import Any

from pydantic import ValidationError

SIGNS = {
    "greater_than_equal": ("ge", "≥"),
    "greater_than": ("gt", ">"),
    "less_than_equal": ("le", "≤"),
    "less_than": ("lt", "<"),
}


def bound(kind: str, context: dict[str, Any]) -> str:
    """``must be ≥ 0`` for an error of a type in ``SIGNS`` with its context."""
    key, sign = SIGNS[kind]
    limit = context[key]
    return f"must be {sign} {limit:g}"


def broken_bound(error: ValidationError) -> str:
    """The first problem of a single number that broke a bound."""
    first = error.errors(include_url=False)[0]
    return bound(first["type"], first["ctx"]) if first["type"] in SIGNS else "out of bounds"
