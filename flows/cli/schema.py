"""``descent schema``."""

import json

from descent.schemas import json_schema


def schema() -> None:
    """Print the JSON Schema of experiment files."""
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
