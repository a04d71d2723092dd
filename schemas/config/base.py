"""What all parts of a configuration have in common."""

from typing import Annotated, Any, Union, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, GetCoreSchemaHandler, Tag
from pydantic_core import CoreSchema, PydanticCustomError

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
    """The tag that the key ``kind`` chooses, with "=", so that it is never mistaken for a key."""
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return None if kind is None else f"={kind}"


class ByKind:
    """Of a union: the key ``kind`` chooses the member, by the words that each allows for it."""

    def __get_pydantic_core_schema__(self, union: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        tagged = (
            Annotated[member, Tag(f"={kind}")]
            for member in get_args(union)
            for kind in get_args(member.model_fields["kind"].annotation)
        )
        return handler.generate_schema(Annotated[Union[tuple(tagged)], Discriminator(kind_tag)])  # noqa: UP007
