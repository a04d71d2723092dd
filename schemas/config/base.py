"""What all parts of a configuration have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

REFUSED = "refused"
"""Type of the errors that ``refuse`` makes."""


def refuse(text: str) -> PydanticCustomError:
    """An error for validators to raise; its message reaches the user word for word, ``<value>`` being the input."""
    return PydanticCustomError(REFUSED, "{text}", {"text": text})


class ConfigModel(BaseModel):
    """A strict, frozen value: nothing is converted, and unknown keys are errors."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_by_alias=True,
        validate_by_name=True,  # `lambda` is a keyword of Python: there it is written `lambda_`
        serialize_by_alias=True,
        defer_build=True,  # imports stay cheap; default parts are made by model_construct, which builds nothing
    )


def kind_tag(value: object) -> str | None:
    """For unions whose member the key ``kind`` chooses: its tag, with "=", so that it is never mistaken for a key."""
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return None if kind is None else f"={kind}"
