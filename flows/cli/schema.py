"""``descent schema``."""

EXAMPLES = "Example:  descent schema > experiment.schema.json"


def schema() -> None:
    """Print the JSON Schema of experiment files, for editors."""
    import json

    from descent.schemas import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
