"""JSON Schema of the configuration, for editors."""

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import CoreSchema, TaggedUnionSchema, TupleSchema

from descent.schemas.config.base import kind_tag
from descent.schemas.config.experiment import ExperimentConfig

FILE = "experiment.schema.json"
"""Name of the committed copy, beside this file."""

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The draft that editors understand; pydantic's own is 2020-12, from which only ``prefixItems`` matters here."""

SEVERAL = "several values: each is tried"


class _EditorSchema(GenerateJsonSchema):
    """Tells members of unions apart by ``kind``, says what can be swept, and drops titles that only repeat a key."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def tuple_schema(self, schema: TupleSchema) -> JsonSchemaValue:
        json_schema = super().tuple_schema(schema)
        if "prefixItems" in json_schema:
            json_schema["items"] = json_schema.pop("prefixItems")[0]
        return json_schema

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> JsonSchemaValue:
        choices: Mapping[Any, CoreSchema] = schema["choices"]
        members = {tag.removeprefix("="): self.generate_inner(choice) for tag, choice in choices.items()}
        if schema["discriminator"] is kind_tag:
            mapping = {kind: member["$ref"] for kind, member in members.items()}
            references = [{"$ref": reference} for reference in dict.fromkeys(mapping.values())]
            return {"oneOf": references, "discriminator": {"propertyName": "kind", "mapping": mapping}}
        members["many"] = {"title": SEVERAL, **members["many"]}
        return {"oneOf": list(members.values())}


def json_schema() -> dict[str, Any]:
    """The schema (draft 7) of a configuration file."""
    schema = ExperimentConfig.model_json_schema(by_alias=True, schema_generator=_EditorSchema)
    for part in [schema, *schema["$defs"].values()]:
        properties: dict[str, Any] = part.get("properties", {})
        for key, property_schema in properties.items():
            if SEVERAL in str(property_schema):
                ranges = ", or a range" if "LogRange" in str(property_schema) else ""
                property_schema["description"] += f" (can be swept: write a list{ranges})"
            if key == "kind":
                property_schema.pop("default", None)
                part["required"] = ["kind", *(name for name in part.get("required", ()) if name != "kind")]
    return {"$schema": DIALECT, **schema, "title": "descent experiment"}
