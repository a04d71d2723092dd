"""Unions whose member is chosen by the key ``kind``."""


def kind_tag(value: object) -> str | None:
    """Tag of the member that a value names; with "=", so that a tag is never mistaken for a key."""
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return None if kind is None else f"={kind}"
