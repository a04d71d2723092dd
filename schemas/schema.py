"""JSON Schema of the configuration, for editors."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import CoreSchema, TaggedUnionSchema

from .experiment import ExperimentConfig

FILE = "experiment.schema.json"
"""Name of the committed copy, beside this file."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _EditorSchema(GenerateJsonSchema):
    """Says how unions are told apart, and leaves out titles that only repeat a key."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> JsonSchemaValue:
        json_schema = super().tagged_union_schema(schema)
        if getattr(schema["discriminator"], "__name__", "") != "kind_tag":
            return json_schema
        choices: Mapping[Any, CoreSchema] = schema["choices"]
        mapping = {tag.removeprefix("="): self.generate_inner(choice)["$ref"] for tag, choice in choices.items()}
        members = [{"$ref": reference} for reference in dict.fromkeys(mapping.values())]
        return {"oneOf": members, "discriminator": {"propertyName": "kind", "mapping": mapping}}


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of a configuration file."""
    schema = ExperimentConfig.model_json_schema(by_alias=True, schema_generator=_EditorSchema)
    for part in [schema, *schema["$defs"].values()]:
        properties = part.get("properties", {})
        if "kind" in properties:
            properties["kind"].pop("default", None)
            part["required"] = ["kind", *(key for key in part.get("required", ()) if key != "kind")]
    return {"$schema": DIALECT, **schema, "title": "descent experiment"}
